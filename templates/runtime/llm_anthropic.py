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
            raise status_error(_status(error), error.response.headers) from error
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
    texts: list[str] = []
    reason: str | None = None
    name, read, written = str(body["model"]), 0, 0
    event: anthropic.types.RawMessageStreamEvent
    async with await client.messages.create(**body, stream=True) as stream:
        async for event in stream:
            if event.type == "content_block_delta":
                if event.delta.type == "text_delta" and event.delta.text:
                    texts.append(event.delta.text)
                    on_token(event.delta.text)
            elif event.type == "message_start":
                name, read = event.message.model, event.message.usage.input_tokens
            elif event.type == "message_delta":
                reason, written = event.delta.stop_reason, event.usage.output_tokens
    if reason is None:
        raise cut_short()
    if reason == "refusal":
        raise refused()
    return completion("".join(texts), name, _FINISH_REASONS.get(reason, reason), read, written)


def _status(error: anthropic.APIStatusError) -> int:
    if error.status_code >= 400:
        return error.status_code
    return _STATUSES.get(str(error.type), 500)
