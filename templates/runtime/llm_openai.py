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
class OpenAiProvider:
    """A service with this protocol: the environment variable that overrides its address, its address, and the path
    that belongs behind an address which is only a host."""

    name: str
    url_variable: str
    url: str | None = None
    path: str = ""

    async def ask(self, pool: LlmPool, model: Model, request: LlmRequest, on_token: OnToken | None) -> Completion:
        """The model's answer. Raises FlowError."""
        url = self._url(model)
        client = pool.client((self.name, url or "", model.api_key), lambda http: _client(http, url, model.api_key))
        # Services that only imitate the protocol know the older name of the limit.
        limit = "max_tokens" if model.base_url is not None and self.name != "azure" else "max_completion_tokens"
        body = _body(model, request, limit)
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

    def _url(self, model: Model) -> str | None:
        url = model.base_url or os.environ.get(self.url_variable) or self.url
        if url is None or not self.path or self.path in url:
            return url
        return url.rstrip("/") + self.path


OPENAI = OpenAiProvider("openai", "OPENAI_BASE_URL")
GROQ = OpenAiProvider("groq", "GROQ_BASE_URL", "https://api.groq.com/openai/v1")
AZURE = OpenAiProvider("azure", "AZURE_OPENAI_ENDPOINT", path="/openai/v1")


def _client(http: httpx.AsyncClient, url: str | None, key: str) -> openai.AsyncOpenAI:
    # Local services take any key; the SDK wants one.
    return openai.AsyncOpenAI(api_key=key or "none", base_url=url, http_client=http, max_retries=0, timeout=TIMEOUT)


def _body(model: Model, request: LlmRequest, limit: str) -> dict[str, Any]:
    system = [{"role": "system", "content": request.system}] if request.system else []
    body: dict[str, Any] = {"model": model.name, "messages": [*system, *request.messages]}
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.max_tokens is not None:
        body[limit] = request.max_tokens
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
    return completion(choice.message.content or "", answer.model, choice.finish_reason, *tokens)


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
