"""Answers of a declared type: the model is given the type's JSON Schema, its answer is checked, and a wrong one is sent
back with what is wrong about it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Generic, TypeVar, Unpack

import orjson
from pydantic import TypeAdapter, ValidationError

from .errors import FlowError
from .llm import Context, LlmOptions, Model, OnToken, answer_of, first_answer
from .llm_turns import LlmRequest, Message, OutputSchema

T = TypeVar("T")

# How often a model is told what is wrong before it counts as failed.
MAX_REPAIRS = 2

_FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*", re.DOTALL)


async def complete_as(
    ctx: Context,
    node: str,
    models: Sequence[Model],
    *,
    messages: Sequence[Message],
    output: TypeAdapter[T],
    max_repairs: int = MAX_REPAIRS,
    **options: Unpack[LlmOptions],
) -> T:
    """The answer of the first of `models` that gives one of the type `output`.

    Raises FlowError of kind `invalid_output` when the last model is still wrong after `max_repairs` corrections.
    """
    shape = _shape(output)
    request = LlmRequest(tuple(messages), options.get("system"), shape.schema)

    async def ask(model: Model, on_token: OnToken | None) -> T:
        return await _ask(ctx, node, model, request, shape, max_repairs)

    return await first_answer(ctx, node, models, ask, options)


async def _ask(ctx: Context, node: str, model: Model, request: LlmRequest, shape: "_Shape[T]", repairs: int) -> T:
    for _ in range(repairs):
        answer = await answer_of(ctx, node, model, request)
        try:
            return shape.read(answer.text)
        except ValidationError as error:
            request = _with_correction(request, answer.text, error)
    answer = await answer_of(ctx, node, model, request)
    try:
        return shape.read(answer.text)
    except ValidationError:
        raise FlowError(
            "the model's answer has another shape than declared", kind="invalid_output", status=502
        ) from None


def _with_correction(request: LlmRequest, text: str, error: ValidationError) -> LlmRequest:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    lines = "\n".join(f"- {'.'.join(map(str, each['loc'])) or 'answer'}: {each['msg']}" for each in problems[:20])
    said: Message = {"role": "assistant", "content": text or "(nothing)"}
    told: Message = {
        "role": "user",
        "content": f"That does not fit the schema:\n{lines}\nAnswer again, with nothing but JSON that fits it.",
    }
    return replace(request, messages=(*request.messages, said, told))


@dataclass(frozen=True, slots=True)
class _Shape(Generic[T]):
    """A type as providers want it: an object at the top. Another type is the `value` of such an object."""

    adapter: TypeAdapter[T]
    schema: OutputSchema
    wrapped: bool

    def read(self, text: str) -> T:
        """The answer as data of the type. Raises ValidationError."""
        fenced = _FENCED.fullmatch(text)
        plain = fenced[1] if fenced else text
        if self.wrapped:
            plain = _unwrapped(plain)
        return self.adapter.validate_json(plain)


def _unwrapped(text: str) -> str:
    """What stands under `value`; the text itself when the model left the object out."""
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return orjson.dumps(data["value"]).decode() if isinstance(data, dict) and "value" in data else text


@lru_cache(maxsize=256)
def _shape(adapter: TypeAdapter[T]) -> _Shape[T]:
    schema = adapter.json_schema()
    wrapped = schema.get("type") != "object"
    if wrapped:
        shared = schema.pop("$defs", None)
        schema = {"type": "object", "properties": {"value": schema}, "required": ["value"]}
        if shared:
            schema["$defs"] = shared
    closed = _close(schema)
    return _Shape(adapter, OutputSchema("answer", schema, closed), wrapped)


# What providers do not enforce, or refuse; the answer is held to it afterwards.
_LIMITS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern")


def _close(schema: Any) -> bool:
    """Say of each object that it has no other fields, and of limits what they are in words.

    Gives False when some part is open: a map, or anything at all.
    """
    if not isinstance(schema, dict):
        return schema is not True
    limits = [f"{name} {schema.pop(name)}" for name in _LIMITS if name in schema]
    if limits:
        schema["description"] = "; ".join([*filter(None, [schema.get("description")]), *limits])
    parts = [*schema.get("$defs", {}).values(), *schema.get("anyOf", []), *schema.get("allOf", [])]
    closed = bool(schema.keys() & {"type", "anyOf", "allOf", "$ref", "enum", "const"})
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        parts += properties.values()
        # A model is asked for fields with a default, too; it may leave them out where nobody enforces the schema.
        needed = {*schema.get("required", ()), *(name for name, part in properties.items() if "default" in part)}
        if needed:
            schema["required"] = [name for name in properties if name in needed]
        for part in properties.values():
            part.pop("default", None)
        closed = bool(properties) and needed == set(properties)
        if closed and schema.get("additionalProperties", False) is False:
            schema["additionalProperties"] = False
        else:
            closed = False
    elif schema.get("type") == "array":
        parts.append(schema.get("items", {}))
    inner = [_close(part) for part in parts]  # all of them, since each is also changed
    return closed and all(inner)
