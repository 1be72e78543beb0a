"""Answers of a declared type: the model is given the type's JSON Schema, its answer is checked, and a wrong one is sent
back with what is wrong about it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, Generic, TypeVar, Unpack

import orjson
from pydantic import TypeAdapter, ValidationError

from .errors import FlowError
from .llm import Context, LlmOptions, Model, OnToken, answer_of, chosen, first_answer, request_of
from .llm_growing import Growing
from .llm_turns import LlmRequest, Message, OutputSchema
from .schemas import schema_of

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
    stream: bool = False,
    **options: Unpack[LlmOptions],
) -> T:
    """The answer of the first of `models` that gives one of the type `output`.

    With `stream`, and when somebody watches the run, what there is of the answer is shown as it grows, unchecked; when
    the model is asked again, it grows anew. Raises FlowError of kind `invalid_output` when the last model is still
    wrong after `max_repairs` corrections.
    """
    shape = shape_of(output)
    models = await chosen(ctx, node, models, messages, options)
    request = request_of(messages, options, output=shape.schema)

    async def ask(model: Model, on_token: OnToken | None) -> T:
        return await _ask(ctx, node, model, request, shape, max_repairs, show=stream)

    return await first_answer(ctx, node, models, ask, options)


async def _ask(
    ctx: Context, node: str, model: Model, request: LlmRequest, shape: "Shape[T]", repairs: int, *, show: bool
) -> T:
    for left in range(repairs, -1, -1):
        growing = Growing(partial(ctx.events.growing, node), shape.unwrapped) if show and ctx.events else None
        answer = await answer_of(ctx, node, model, request, growing.take if growing is not None else None)
        try:
            return shape.read(answer.text)
        except ValidationError as error:
            if left:
                request = _with_correction(request, answer.text, error)
    raise wrong_shape()


def _with_correction(request: LlmRequest, text: str, error: ValidationError) -> LlmRequest:
    return replace(request, messages=(*request.messages, *correction(text, error)))


def correction(text: str, error: ValidationError) -> tuple[Message, Message]:
    """What a model said, and what it is told of it."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    lines = "\n".join(f"- {'.'.join(map(str, each['loc'])) or 'answer'}: {each['msg']}" for each in problems[:20])
    said: Message = {"role": "assistant", "content": text or "(nothing)"}
    told: Message = {
        "role": "user",
        "content": f"That does not fit the schema:\n{lines}\nAnswer again, with nothing but JSON that fits it.",
    }
    return said, told


def wrong_shape() -> FlowError:
    """The model gave something else than what was asked for, however often it was told."""
    return FlowError("the model's answer has another shape than declared", kind="invalid_output", status=502)


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
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

    def unwrapped(self, data: Any) -> Any:
        """A part of the answer as a part of the value."""
        return data.get("value") if self.wrapped and isinstance(data, dict) else data


def _unwrapped(text: str) -> str:
    """What stands under `value`; the text itself when the model left the object out."""
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return orjson.dumps(data["value"]).decode() if isinstance(data, dict) and "value" in data else text


@lru_cache(maxsize=256)
def shape_of(adapter: TypeAdapter[T]) -> Shape[T]:
    """The type as providers want it."""
    schema = schema_of(adapter)
    wrapped = schema.get("type") != "object"
    if wrapped:
        shared = schema.pop("$defs", None)
        schema = {"type": "object", "properties": {"value": schema}, "required": ["value"]}
        if shared:
            schema["$defs"] = shared
    closed = _close(schema)
    return Shape(adapter, OutputSchema("answer", schema, closed), wrapped)


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
