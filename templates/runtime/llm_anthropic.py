"""Models behind Anthropic's messages protocol."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anthropic
import httpx2 as httpx
import orjson

from .httpx_client import TIMEOUT
from .llm import LlmPool, Model, OnToken
from .llm_answers import Answer, Tokens, cut_short, refused, status_error, tokens, transport_error
from .llm_anthropic_turns import kept, sent_system, sent_turns
from .llm_events import read_events, text_of, unreadable
from .llm_turns import LlmRequest, OutputSchema, Tool, ToolCall

# The protocol wants a limit; this is what a call without one gets.
MAX_TOKENS = 4_096

# What a model may think beside that, where it decides by itself how much.
THOUGHTS = 12_000

# Models that think whether they are asked to or not.
_THINKS_BY_ITSELF = re.compile(r"claude-(?:(?:haiku|sonnet|opus)-[5-9]|fable|mythos)")

_FINISH_REASONS = {"end_turn": "stop", "stop_sequence": "stop", "tool_use": "tool_calls", "max_tokens": "length"}

# Errors told in the middle of a stream come by name; these are the statuses they would have had.
_STATUSES = {"overloaded_error": 529, "rate_limit_error": 429, "authentication_error": 401, "timeout_error": 504}


@dataclass(frozen=True, slots=True)
class Anthropic(Model):
    """A model at Anthropic (ANTHROPIC_BASE_URL overrides the address), or at `base_url`."""

    async def ask(self, pool: LlmPool, request: LlmRequest, on_token: OnToken | None) -> Answer:
        """The model's answer. Raises FlowError."""
        url = self.base_url or os.environ.get("ANTHROPIC_BASE_URL")
        client = pool.client(("anthropic", url or "", self.api_key), lambda http: _client(http, url, self.api_key))
        body = _body(self, request)
        form = _forced_tool(request)
        try:
            if on_token is None:
                return _whole(await client.messages.create(**body), form)
            return await _stream(client, body, form, on_token)
        except anthropic.APIStatusError as error:
            raise status_error(error.status_code, error.response.headers) from error
        except (anthropic.AnthropicError, httpx.HTTPError, ValueError) as error:
            raise transport_error(error) from error


def _client(http: httpx.AsyncClient, url: str | None, key: str) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(
        api_key=key or "none", base_url=url, http_client=http, max_retries=0, timeout=TIMEOUT
    )


def _body(model: Anthropic, request: LlmRequest) -> dict[str, Any]:
    # Messages and tools go around the SDK's search for names to translate, which has nothing to find and takes long.
    sent: dict[str, Any] = {"messages": sent_turns(request.messages, model.name)}
    body: dict[str, Any] = {
        "model": model.name,
        "messages": (),
        "max_tokens": _limit(model),
        "extra_body": sent,
    }
    tools = [_tool(tool.name, tool.description, tool.schema) for tool in request.tools]
    form = _forced_tool(request)
    if request.output is not None and form is not None:
        tools.append(_tool(form, "Give the answer. Always answer with this.", request.output.schema))
        body["tool_choice"] = _choice(model, form, request.tools)
    how = _how(model, request.output if form is None else None)
    if how:
        body["output_config"] = how
    if model.effort is not None or model.thinking_tokens is not None:
        body["thinking"] = _thinking(model.thinking_tokens)
    if tools:
        sent["tools"] = tools
    if request.system:
        sent["system"] = sent_system(request.system, request.cache_system)
    elif tools and request.cache_system:
        tools[-1] |= kept(request.cache_system)
    if model.temperature is not None:
        # The service takes it; the SDK no longer has an argument for it.
        sent["temperature"] = model.temperature
    return body


def _limit(model: Anthropic) -> int:
    """The most tokens that it may answer with, thoughts included."""
    if model.max_tokens is not None:
        return model.max_tokens
    if model.thinking_tokens is not None:
        return MAX_TOKENS + model.thinking_tokens
    return MAX_TOKENS + (THOUGHTS if _thinks(model) else 0)


def _tool(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "description": description, "input_schema": schema}


def _choice(model: Anthropic, form: str, tools: Sequence[Tool]) -> dict[str, Any]:
    if _thinks(model):
        return {"type": "auto"}  # a model that thinks cannot be made to use a tool
    return {"type": "any"} if tools else {"type": "tool", "name": form}


def _how(model: Anthropic, output: OutputSchema | None) -> dict[str, Any]:
    """How it shall answer: in which format, and with how much effort."""
    effort = {"effort": model.effort} if model.effort is not None else {}
    return {**effort, "format": _format(output)} if output is not None else effort


def _thinks(model: Anthropic) -> bool:
    asked = model.effort is not None or model.thinking_tokens is not None
    return asked or _THINKS_BY_ITSELF.search(model.name) is not None


def _thinking(tokens: int | None) -> dict[str, Any]:
    """So many tokens of thought at most; without a number the model decides by itself."""
    return {"type": "adaptive"} if tokens is None else {"type": "enabled", "budget_tokens": tokens}


def _format(output: OutputSchema) -> dict[str, Any]:
    return {"type": "json_schema", "schema": anthropic.transform_schema(output.schema)}


def _forced_tool(request: LlmRequest) -> str | None:
    """The tool whose input is the answer: a closed schema is the format of the answer, but an open one, which that does
    not allow, is the input of a tool that the model has to use."""
    if request.output is None or request.output.closed:
        return None
    name = request.output.name
    while any(tool.name == name for tool in request.tools):
        name += "_"
    return name


def _whole(message: anthropic.types.Message, form: str | None) -> Answer:
    if not isinstance(message, anthropic.types.Message):
        # The SDK gives the text of what is no JSON.
        raise unreadable()
    blocks = [block.to_dict(mode="json") for block in message.content]
    usage = _usage(message.usage.to_dict(mode="json"))
    return _answer(blocks, str(message.stop_reason), message.model, usage, form)


def _usage(usage: Mapping[str, Any]) -> Tokens:
    kept = usage.get("cache_read_input_tokens") or 0
    written = usage.get("cache_creation_input_tokens") or 0
    read = usage["input_tokens"] + kept + written
    return tokens(read, usage["output_tokens"], from_cache=kept, to_cache=written)


def _answer(blocks: Iterable[Mapping[str, Any]], reason: str, model: str, usage: Tokens, form: str | None) -> Answer:
    """What the blocks of an answer come down to."""
    if reason == "refusal":
        raise refused()
    texts: list[str] = []
    calls: list[ToolCall] = []
    thinking: list[Mapping[str, Any]] = []
    for block in blocks:
        match block:
            case {"type": "text", "text": text}:
                texts.append(text_of(text))
            case {"type": "tool_use", "name": name, "input": given} if name == form:
                # It may have said something before; the answer is only what is in the tool's input.
                return Answer(_json(given), usage, model, "stop")
            case {"type": "tool_use", "id": id, "name": name, "input": given}:
                calls.append({"id": text_of(id), "name": text_of(name), "arguments": _json(given)})
            case {"type": "thinking" | "redacted_thinking"}:
                thinking.append(block)
    told = _FINISH_REASONS.get(reason, reason)
    return Answer("".join(texts), usage, model, told, calls, thinking)


def _json(given: object) -> str:
    return given if isinstance(given, str) else orjson.dumps(given).decode()


async def _stream(
    client: anthropic.AsyncAnthropic, body: dict[str, Any], form: str | None, on_token: OnToken
) -> Answer:
    said = _Said(str(body["model"]), form, on_token)
    async with client.messages.with_streaming_response.create(**body, stream=True) as response:
        await read_events(response.http_response.aiter_bytes(), said.take)
    if said.reason is None:
        raise cut_short()
    return _answer(said.blocks(), said.reason, said.model, _usage(said.usage), form)


class _Said:
    """What a stream has said so far: the blocks of the answer, put together from their pieces."""

    def __init__(self, model: str, form: str | None, on_token: OnToken) -> None:
        self.reason: str | None = None
        self.model = model
        self.usage: dict[str, Any] = {"input_tokens": 0, "output_tokens": 0}
        self._form = form
        self._blocks: dict[int, dict[str, Any]] = {}
        self._pieces: dict[tuple[int, str], list[str]] = {}
        self._on_token = on_token

    def take(self, event: dict[str, Any]) -> bool:
        """One event; whether it was the last. Raises FlowError for an error told in between."""
        match event["type"]:
            case "content_block_delta":
                self._grow(event["index"], event["delta"])
            case "content_block_start":
                self._blocks[event["index"]] = dict(event["content_block"])
            case "message_start":
                message = event["message"]
                self.model = message["model"]
                self.usage.update(message["usage"])
            case "message_delta":
                self.reason = event["delta"]["stop_reason"]
                self.usage.update(event["usage"])
            case "error":
                raise status_error(_STATUSES.get(event["error"]["type"], 500))
        return bool(event["type"] == "message_stop")

    def _grow(self, index: int, delta: Mapping[str, Any]) -> None:
        for name, piece in delta.items():
            if name in ("text", "thinking", "signature", "partial_json") and piece:
                self._pieces.setdefault((index, name), []).append(text_of(piece))
                is_answer = name == "text" or (
                    name == "partial_json" and self._form is not None and self._blocks[index]["name"] == self._form
                )
                if is_answer:
                    self._on_token(piece)

    def blocks(self) -> list[dict[str, Any]]:
        """The whole blocks. The input of a tool is the text as it came: it need not be JSON."""
        for (index, name), pieces in self._pieces.items():
            text = "".join(pieces)
            block = self._blocks.setdefault(index, {"type": "text"})
            block["input" if name == "partial_json" else name] = text
        return [self._blocks[index] for index in sorted(self._blocks)]
