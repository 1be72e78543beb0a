"""Models behind OpenAI's chat completions protocol: OpenAI, Azure, Groq, and whatever speaks it (`base_url`)."""

import os
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import openai
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from .errors import FlowError
from .http_client import TIMEOUT
from .llm import (
    Completion,
    LlmPool,
    LlmRequest,
    Model,
    OnToken,
    completion,
    cut_short,
    refused,
    status_error,
    transport_error,
)


@dataclass(frozen=True, slots=True)
class OpenAI(Model):
    """A model at OpenAI (OPENAI_BASE_URL overrides the address), or at `base_url`."""

    def address(self) -> str | None:
        """Where the service is; None leaves it to the SDK."""
        return self.base_url or os.environ.get("OPENAI_BASE_URL")

    def limit_name(self) -> str:
        """What the limit of tokens is called; services that only imitate the protocol know the older name."""
        return "max_tokens" if self.base_url is not None else "max_completion_tokens"

    async def ask(self, pool: LlmPool, request: LlmRequest, on_token: OnToken | None) -> Completion:
        """The model's answer. Raises FlowError."""
        url, key = self.address(), self.api_key
        client = pool.client(("openai", url or "", key), lambda http: _client(http, url, key))
        body = _body(self, request)
        try:
            if on_token is None:
                return _answer(await client.chat.completions.create(**body))
            return await _stream(client, body, on_token)
        except openai.APIStatusError as error:
            raise status_error(error.status_code, error.response.headers) from error
        except openai.APIConnectionError as error:
            raise transport_error(error) from error
        except (openai.OpenAIError, httpx.HTTPError, ValueError) as error:
            raise _other_error(error) from error


class Groq(OpenAI):
    """A model at Groq; GROQ_BASE_URL overrides the address."""

    __slots__ = ()

    def address(self) -> str:
        """Where the service is."""
        return self.base_url or os.environ.get("GROQ_BASE_URL") or "https://api.groq.com/openai/v1"


class AzureOpenAI(OpenAI):
    """A deployment at Azure; its resource is `base_url` or AZURE_OPENAI_ENDPOINT."""

    __slots__ = ()

    def address(self) -> str:
        """Where the resource answers in this protocol."""
        url = self.base_url or os.environ.get("AZURE_OPENAI_ENDPOINT")
        if url is None:
            raise FlowError("AZURE_OPENAI_ENDPOINT is not set", kind="invalid_request")
        return url if "/openai/v1" in url else url.rstrip("/") + "/openai/v1"

    def limit_name(self) -> str:
        """What the limit of tokens is called."""
        return "max_completion_tokens"


def _client(http: httpx.AsyncClient, url: str | None, key: str) -> openai.AsyncOpenAI:
    # Local services take any key; the SDK wants one.
    return openai.AsyncOpenAI(api_key=key or "none", base_url=url, http_client=http, max_retries=0, timeout=TIMEOUT)


def _body(model: OpenAI, request: LlmRequest) -> dict[str, Any]:
    system = [{"role": "system", "content": request.system}] if request.system else []
    body: dict[str, Any] = {"model": model.name, "messages": [*system, *request.messages]}
    if model.temperature is not None:
        body["temperature"] = model.temperature
    if model.max_tokens is not None:
        body[model.limit_name()] = model.max_tokens
    if request.output is not None:
        output = request.output
        json_schema = {"name": output.name, "schema": output.schema, "strict": output.closed}
        body["response_format"] = {"type": "json_schema", "json_schema": json_schema}
    return body


def _answer(answer: ChatCompletion) -> Completion:
    if not answer.choices:
        raise FlowError("the model gave no answer", kind="invalid_response", status=502)
    choice = answer.choices[0]
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise refused()
    usage = answer.usage
    tokens = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, 0)
    # Some compatible services leave the reason out of a whole answer.
    return completion(choice.message.content or "", answer.model, choice.finish_reason or "stop", *tokens)


async def _stream(client: openai.AsyncOpenAI, body: dict[str, Any], on_token: OnToken) -> Completion:
    texts: list[str] = []
    reason: str | None = None
    name, tokens = str(body["model"]), (0, 0)
    chunk: ChatCompletionChunk
    async with await client.chat.completions.create(
        **body, stream=True, stream_options={"include_usage": True}
    ) as stream:
        async for chunk in stream:
            name = chunk.model or name
            if chunk.usage:
                tokens = (chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
            for choice in chunk.choices[:1]:
                reason = choice.finish_reason or reason
                if choice.delta.refusal or reason == "content_filter":
                    raise refused()
                if choice.delta.content:
                    texts.append(choice.delta.content)
                    on_token(choice.delta.content)
    if reason is None:
        raise cut_short()
    return completion("".join(texts), name, reason, *tokens)


def _other_error(error: Exception) -> FlowError:
    if isinstance(error, openai.APIError) and isinstance(error.body, dict):
        # An error told in the middle of a stream.
        limited = "rate_limit" in f"{error.type} {error.code}"
        return status_error(429 if limited else 500)
    return transport_error(error)
