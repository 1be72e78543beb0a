"""Models behind Anthropic's messages protocol."""

import os
from dataclasses import dataclass
from typing import Any

import anthropic
import httpx2 as httpx
import orjson

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

# The protocol wants a limit; this is what a call without one gets.
MAX_TOKENS = 4_096

_FINISH_REASONS = {"end_turn": "stop", "stop_sequence": "stop", "tool_use": "stop", "max_tokens": "length"}

# Errors told in the middle of a stream come by name; these are the statuses they would have had.
_STATUSES = {"overloaded_error": 529, "rate_limit_error": 429, "authentication_error": 401, "timeout_error": 504}


@dataclass(frozen=True, slots=True)
class Anthropic(Model):
    """A model at Anthropic (ANTHROPIC_BASE_URL overrides the address), or at `base_url`."""

    async def ask(self, pool: LlmPool, request: LlmRequest, on_token: OnToken | None) -> Completion:
        """The model's answer. Raises FlowError."""
        url = self.base_url or os.environ.get("ANTHROPIC_BASE_URL")
        client = pool.client(("anthropic", url or "", self.api_key), lambda http: _client(http, url, self.api_key))
        body = _body(self, request)
        try:
            if on_token is None:
                return _answer(await client.messages.create(**body))
            return await _stream(client, body, on_token)
        except anthropic.APIStatusError as error:
            raise status_error(error.status_code, error.response.headers) from error
        except (anthropic.AnthropicError, httpx.HTTPError, ValueError) as error:
            raise transport_error(error) from error


def _client(http: httpx.AsyncClient, url: str | None, key: str) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(
        api_key=key or "none", base_url=url, http_client=http, max_retries=0, timeout=TIMEOUT
    )


def _body(model: Anthropic, request: LlmRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model.name,
        "messages": list(request.messages),
        "max_tokens": model.max_tokens if model.max_tokens is not None else MAX_TOKENS,
    }
    if request.system:
        body["system"] = request.system
    if model.temperature is not None:
        # The service takes it; the SDK no longer has an argument for it.
        body["extra_body"] = {"temperature": model.temperature}
    if request.output is not None:
        body |= _structured(request.output.name, request.output.schema, request.output.closed)
    return body


def _structured(name: str, schema: dict[str, Any], closed: bool) -> dict[str, Any]:
    """A closed schema is the format of the answer; an open one, which that does not allow, the input of a tool that
    the model has to use."""
    if closed:
        return {"output_config": {"format": {"type": "json_schema", "schema": anthropic.transform_schema(schema)}}}
    tool = {"name": name, "description": "Give the answer.", "input_schema": schema}
    return {"tools": [tool], "tool_choice": {"type": "tool", "name": name}}


def _answer(message: anthropic.types.Message) -> Completion:
    if not isinstance(message, anthropic.types.Message):
        # The SDK gives the text of what is no JSON.
        raise unreadable()
    if message.stop_reason == "refusal":
        raise refused()
    texts = []
    for block in message.content:
        if block.type == "text":
            texts.append(block.text)
        elif block.type == "tool_use":
            texts.append(orjson.dumps(block.input).decode())
    reason = _FINISH_REASONS.get(str(message.stop_reason), str(message.stop_reason))
    return completion("".join(texts), message.model, reason, message.usage.input_tokens, message.usage.output_tokens)


async def _stream(client: anthropic.AsyncAnthropic, body: dict[str, Any], on_token: OnToken) -> Completion:
    said = _Said(str(body["model"]), on_token)
    async with client.messages.with_streaming_response.create(**body, stream=True) as response:
        await read_events(response.http_response.aiter_bytes(), said.take)
    if said.reason is None:
        raise cut_short()
    if said.reason == "refusal":
        raise refused()
    reason = _FINISH_REASONS.get(said.reason, said.reason)
    return completion("".join(said.texts), said.model, reason, said.read, said.written)


class _Said:
    """What a stream has said so far."""

    def __init__(self, model: str, on_token: OnToken) -> None:
        self.texts: list[str] = []
        self.reason: str | None = None
        self.model = model
        self.read = self.written = 0
        self._on_token = on_token

    def take(self, event: dict[str, Any]) -> bool:
        """One event; whether it was the last. Raises FlowError for an error told in between."""
        match event["type"]:
            case "content_block_delta":
                if text := event["delta"].get("text"):
                    self.texts.append(text_of(text))
                    self._on_token(text)
            case "message_start":
                message = event["message"]
                self.model, self.read = message["model"], message["usage"]["input_tokens"]
            case "message_delta":
                self.reason, self.written = event["delta"]["stop_reason"], event["usage"]["output_tokens"]
            case "error":
                raise status_error(_STATUSES.get(event["error"]["type"], 500))
        return bool(event["type"] == "message_stop")
