"""Language models that always say the same, in the wire formats of OpenAI and Anthropic, in place of the network."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2 as httpx

TEXT = "Hello from a fake model."


def fake_llm() -> httpx.MockTransport:
    """A transport that answers every model: with TEXT, or with an example of the JSON Schema that it is asked for."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/embeddings"):
            return embedded(request)
        if request.url.path.endswith("/rerank"):
            return ranked(request)
        schema = wanted_schema(json.loads(request.content))
        return say(request, TEXT if schema is None else json.dumps(example_of(schema)))

    return httpx.MockTransport(answer)


def say(request: httpx.Request, text: str) -> httpx.Response:
    """The text as the answer to a request, in the format of the provider that it was sent to."""
    asked = json.loads(request.content)
    return _anthropic(asked, text) if request.url.path.endswith("/messages") else _openai(asked, text)


def embedded(request: httpx.Request) -> httpx.Response:
    """Vectors for the texts of a request: the same for the same text, as long as it is asked for."""
    asked = json.loads(request.content)
    size = asked.get("dimensions", 8)
    rows = [
        {"object": "embedding", "index": at, "embedding": [float(len(text) % (place + 2) + 1) for place in range(size)]}
        for at, text in enumerate(asked["input"])
    ]
    usage = {"prompt_tokens": len(rows), "total_tokens": len(rows)}
    return httpx.Response(200, json={"object": "list", "data": rows, "model": asked["model"], "usage": usage})


def ranked(request: httpx.Request) -> httpx.Response:
    """The documents of a request in their order, each less relevant than the one before."""
    asked = json.loads(request.content)
    count = min(len(asked["documents"]), asked.get("top_n", len(asked["documents"])))
    return httpx.Response(
        200, json={"results": [{"index": at, "relevance_score": 1 / (at + 1)} for at in range(count)]}
    )


def wanted_schema(asked: Mapping[str, Any]) -> Any:
    """The JSON Schema that a request asks for; None for plain text."""
    if forced_tool(asked) is not None:
        return asked["tools"][-1]["input_schema"]
    openai = asked.get("response_format", {}).get("json_schema", {})
    return openai.get("schema", asked.get("output_config", {}).get("format", {}).get("schema"))


def forced_tool(asked: Mapping[str, Any]) -> str | None:
    """The tool that holds the answer of a model that is told to use one: it comes after those that may be called."""
    return str(asked["tools"][-1]["name"]) if "tool_choice" in asked else None


def example_of(schema: Mapping[str, Any], shared: Mapping[str, Any] | None = None) -> Any:
    """The simplest value that fits a JSON Schema."""
    shared = schema.get("$defs", shared or {})
    if "$ref" in schema:
        return example_of(shared[schema["$ref"].rpartition("/")[2]], shared)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    for key in ("anyOf", "allOf"):
        if key in schema:
            return example_of(schema[key][0], shared)
    match schema.get("type"):
        case "object":
            return {name: example_of(part, shared) for name, part in schema.get("properties", {}).items()}
        case "array":
            return [example_of(schema.get("items", {}), shared)]
        case "string":
            return "2030-01-31T12:00:00Z" if schema.get("format") == "date-time" else "text"
        case "boolean":
            return False
        case "integer" | "number":
            return schema.get("minimum", 1)
    return None


def _openai(asked: Mapping[str, Any], text: str) -> httpx.Response:
    usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
    head: dict[str, Any] = {"id": "chatcmpl-1", "created": 1_767_225_600, "model": asked["model"]}
    if asked.get("stream"):
        deltas: list[dict[str, Any]] = [{"content": word} for word in _words(text)]
        choices: list[dict[str, Any]] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        choices.append({"index": 0, "delta": {}, "finish_reason": "stop"})
        chunks = [{**head, "object": "chat.completion.chunk", "choices": [choice]} for choice in choices]
        chunks.append({**head, "object": "chat.completion.chunk", "choices": [], "usage": usage})
        return _events([*(("", json.dumps(chunk)) for chunk in chunks), ("", "[DONE]")])
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return httpx.Response(200, json={**head, "object": "chat.completion", "choices": [choice], "usage": usage})


def _anthropic(asked: Mapping[str, Any], text: str) -> httpx.Response:
    block: dict[str, Any] = {"type": "text", "text": text}
    if (tool := forced_tool(asked)) is not None:
        block = {"type": "tool_use", "id": "toolu_1", "name": tool, "input": json.loads(text)}
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": asked["model"],
        "stop_sequence": None,
    }
    usage = {"input_tokens": 7, "output_tokens": 5}
    if asked.get("stream"):
        started = {**message, "content": [], "stop_reason": None, "usage": usage}
        texts = [{"type": "text_delta", "text": word} for word in _words(text)]
        events: list[dict[str, Any]] = [{"type": "message_start", "message": started}]
        events.append({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
        events += [{"type": "content_block_delta", "index": 0, "delta": text} for text in texts]
        events.append({"type": "content_block_stop", "index": 0})
        ended = {"stop_reason": "end_turn", "stop_sequence": None}
        events += [{"type": "message_delta", "delta": ended, "usage": usage}, {"type": "message_stop"}]
        return _events([(event["type"], json.dumps(event)) for event in events])
    return httpx.Response(200, json={**message, "content": [block], "stop_reason": "end_turn", "usage": usage})


def _words(text: str) -> Iterator[str]:
    for number, word in enumerate(text.split(" ")):
        yield word if number == 0 else f" {word}"


def _events(events: list[tuple[str, str]]) -> httpx.Response:
    """A stream of server-sent events; an event without a name has only data."""
    lines = [f"event: {name}\ndata: {data}\n\n" if name else f"data: {data}\n\n" for name, data in events]
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, content="".join(lines))
