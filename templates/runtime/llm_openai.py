"""Models behind OpenAI's chat completions protocol: OpenAI, Azure, Groq, and whatever speaks it (`base_url`)."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2 as httpx
import openai
import orjson

from .errors import FlowError
from .httpx_client import TIMEOUT
from .llm import LlmPool, Model, OnToken
from .llm_answers import Answer, Tokens, cut_short, refused, status_error, tokens, transport_error
from .llm_events import read_events, text_of, unreadable
from .llm_openai_turns import sent_turns
from .llm_turns import LlmRequest, ToolCall

# Models that think unless they are told not to, and that take no tools in this protocol then.
_TOOLS_OR_THOUGHTS = re.compile(r"gpt-(?:5\.[6-9]|[6-9])")


@dataclass(frozen=True, slots=True)
class OpenAI(Model):
    """A model at OpenAI (OPENAI_BASE_URL overrides the address), or at `base_url`."""

    def address(self) -> str | None:
        """Where the service is; None leaves it to the SDK."""
        return self.base_url or os.environ.get("OPENAI_BASE_URL")

    def client(self, pool: LlmPool) -> openai.AsyncOpenAI:
        """The SDK's client for the model's address and key."""
        url, key = self.address(), self.api_key
        return pool.client(("openai", url or "", key), lambda http: _client(http, url, key))

    def limit_name(self) -> str:
        """What the limit of tokens is called; services that only imitate the protocol know the older name."""
        return "max_tokens" if self.base_url is not None else "max_completion_tokens"

    async def ask(self, pool: LlmPool, request: LlmRequest, on_token: OnToken | None) -> Answer:
        """The model's answer. Raises FlowError."""
        client, body = self.client(pool), _body(self, request)
        try:
            if on_token is None:
                # Plain data both ways: the SDK's objects for a question and its answer take as long as sending it.
                answer = await client.post("/chat/completions", cast_to=httpx.Response, body=body)
                return _whole(answer.content, self.name)
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
    body: dict[str, Any] = {"model": model.name, "messages": sent_turns(request.system, request.messages)}
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {"name": each.name, "description": each.description, "parameters": each.schema},
            }
            for each in request.tools
        ]
    if model.temperature is not None:
        body["temperature"] = model.temperature
    if model.effort is not None:
        body["reasoning_effort"] = model.effort
    elif request.tools and _TOOLS_OR_THOUGHTS.search(model.name):
        body["reasoning_effort"] = "none"
    if model.max_tokens is not None:
        body[model.limit_name()] = model.max_tokens
    if request.output is not None:
        output = request.output
        json_schema = {"name": output.name, "schema": output.schema, "strict": output.closed}
        body["response_format"] = {"type": "json_schema", "json_schema": json_schema}
    return body


def _whole(content: bytes, model: str) -> Answer:
    """The answer as it came. Raises FlowError, also for what is none of the protocol."""
    try:
        answer = orjson.loads(content)
        choices = answer["choices"]
        if not choices:
            raise FlowError("the model gave no answer", kind="invalid_response", status=502)
        return _answer(choices[0], _usage(answer.get("usage") or {}), answer.get("model") or model)
    except (orjson.JSONDecodeError, AttributeError, KeyError, IndexError, TypeError) as error:
        raise unreadable() from error


def _answer(choice: Mapping[str, Any], usage: Tokens, model: str) -> Answer:
    message, reason = choice["message"], choice.get("finish_reason")
    if message.get("refusal") or reason == "content_filter":
        raise refused()
    calls = [_wish(call) for call in message.get("tool_calls") or () if call.get("type", "function") == "function"]
    # Some compatible services leave the reason out of a whole answer, or say `stop` although they want tools.
    told = "tool_calls" if calls else reason or "stop"
    return Answer(text_of(message.get("content") or ""), usage, model, told, calls)


def _wish(call: Mapping[str, Any]) -> ToolCall:
    function = call["function"]
    return {"id": text_of(call["id"]), "name": text_of(function["name"]), "arguments": text_of(function["arguments"])}


def _usage(usage: Mapping[str, Any]) -> Tokens:
    details = usage.get("prompt_tokens_details") or {}
    return tokens(
        usage.get("prompt_tokens") or 0,
        usage.get("completion_tokens") or 0,
        from_cache=details.get("cached_tokens") or 0,
        to_cache=details.get("cache_write_tokens") or 0,
    )


async def _stream(client: openai.AsyncOpenAI, body: dict[str, Any], on_token: OnToken) -> Answer:
    said = _Said(str(body["model"]), on_token)
    create = client.chat.completions.with_streaming_response.create
    sent = {**body, "stream_options": {"include_usage": True}}
    # In this way the SDK does not search what is sent for names to translate, which has none and takes long.
    async with create(model=body["model"], messages=(), stream=True, extra_body=sent) as response:
        await read_events(response.http_response.aiter_bytes(), said.take)
    if said.reason is None:
        raise cut_short()
    calls = said.calls()
    return Answer("".join(said.texts), said.usage, said.model, "tool_calls" if calls else said.reason, calls)


class _Said:
    """What a stream has said so far."""

    def __init__(self, model: str, on_token: OnToken) -> None:
        self.texts: list[str] = []
        self.reason: str | None = None
        self.model = model
        self.usage = tokens(0, 0)
        self._calls: dict[int, _Call] = {}
        self._on_token = on_token

    def take(self, chunk: dict[str, Any]) -> bool:
        """One event; the end has a sign of its own. Raises FlowError for a refusal and for an error told in between."""
        if chunk.get("error"):
            raise _told(chunk["error"])
        self.model = chunk.get("model") or self.model
        if usage := chunk.get("usage"):
            self.usage = _usage(usage)
        for choice in chunk.get("choices", ())[:1]:
            delta = choice.get("delta") or {}
            self.reason = choice.get("finish_reason") or self.reason
            if delta.get("refusal") or self.reason == "content_filter":
                raise refused()
            for call in delta.get("tool_calls") or ():
                self._grow(call)
            if text := delta.get("content"):
                self.texts.append(text_of(text))
                self._on_token(text)
        return False

    def _grow(self, piece: Mapping[str, Any]) -> None:
        """A piece of a call. Some services number none and send each call at once."""
        begins = bool(piece.get("id"))
        at = piece.get("index", len(self._calls) if begins else len(self._calls) - 1)
        call = self._calls.setdefault(at, _Call())
        given = piece.get("function") or {}
        call.id = piece.get("id") or call.id
        call.name = given.get("name") or call.name
        call.arguments.append(text_of(given.get("arguments") or ""))

    def calls(self) -> list[ToolCall]:
        """The calls that the model wants, whole."""
        return [
            {"id": call.id, "name": call.name, "arguments": "".join(call.arguments)}
            for _, call in sorted(self._calls.items())
        ]


@dataclass(slots=True)
class _Call:
    """A call whose arguments are still coming."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


def _told(error: Any) -> FlowError:
    """An error told in the middle of a stream."""
    names = f"{error.get('type')} {error.get('code')}" if isinstance(error, dict) else ""
    return status_error(429 if "rate_limit" in names else 500)
