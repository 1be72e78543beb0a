"""Models behind OpenAI's chat completions protocol: OpenAI, Azure, Groq, and whatever speaks it (`base_url`)."""

import os
from dataclasses import dataclass
from typing import Any

import httpx2 as httpx
import openai
from openai.types.chat import ChatCompletion

from .errors import FlowError
from .httpx_client import TIMEOUT
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
from .llm_events import read_events, text_of, unreadable


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
        except (openai.OpenAIError, httpx.HTTPError, ValueError) as error:
            raise transport_error(error) from error


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
    # Messages go around the SDK's search for names to translate, which has nothing to find and takes long.
    sent: dict[str, Any] = {"messages": [*system, *request.messages]}
    body: dict[str, Any] = {"model": model.name, "messages": (), "extra_body": sent}
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
    if not isinstance(answer, ChatCompletion):
        # The SDK gives the text of what is no JSON.
        raise unreadable()
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
    said = _Said(str(body["model"]), on_token)
    create = client.chat.completions.with_streaming_response.create
    async with create(**body, stream=True, stream_options={"include_usage": True}) as response:
        await read_events(response.http_response.aiter_bytes(), said.take)
    if said.reason is None:
        raise cut_short()
    return completion("".join(said.texts), said.model, said.reason, *said.tokens)


class _Said:
    """What a stream has said so far."""

    def __init__(self, model: str, on_token: OnToken) -> None:
        self.texts: list[str] = []
        self.reason: str | None = None
        self.model = model
        self.tokens = (0, 0)
        self._on_token = on_token

    def take(self, chunk: dict[str, Any]) -> bool:
        """One event; the end has a sign of its own. Raises FlowError for a refusal and for an error told in between."""
        if chunk.get("error"):
            raise _told(chunk["error"])
        self.model = chunk.get("model") or self.model
        if usage := chunk.get("usage"):
            self.tokens = (usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0)
        for choice in chunk.get("choices", ())[:1]:
            delta = choice.get("delta") or {}
            self.reason = choice.get("finish_reason") or self.reason
            if delta.get("refusal") or self.reason == "content_filter":
                raise refused()
            if text := delta.get("content"):
                self.texts.append(text_of(text))
                self._on_token(text)
        return False


def _told(error: Any) -> FlowError:
    """An error told in the middle of a stream."""
    names = f"{error.get('type')} {error.get('code')}" if isinstance(error, dict) else ""
    return status_error(429 if "rate_limit" in names else 500)
