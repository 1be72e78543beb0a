"""Building blocks of the models: text that keeps its place, raw data, lists, and the base class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from catalyst.diagnostics import Located
from catalyst.spec.problems import Reader, kind_of, problem
from catalyst.spec.tree import LocatedMap


class SpecModel(BaseModel):
    """A part of the flow file: unknown keys are errors, values are never converted, and nothing changes later."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        arbitrary_types_allowed=True,
        defer_build=False,
        validate_default=False,
    )


def _read_text(value: Any) -> str:
    if not isinstance(value, str):
        help_text = f'quote it: "{value}"' if isinstance(value, (int, float)) else ""
        raise problem("E142", f"text is wanted here, this is {kind_of(value)}", help=help_text)
    return value


def _read_map(value: Any) -> LocatedMap:
    if not isinstance(value, LocatedMap):
        raise problem("E142", f"a map of keys is wanted here, this is {kind_of(value)}")
    return value


def _keep(value: Any) -> Any:
    return value


def as_tuple(value: Any) -> Any:
    """Lists become tuples, so that models can be frozen; anything else stays for pydantic to refuse."""
    return tuple(value) if isinstance(value, list) else value


def one_or_many(value: Any) -> Any:
    """`needs: a` is short for `needs: [a]`."""
    return (value,) if isinstance(value, str) else as_tuple(value)


REFERENCE = "x-model"
"""Key in a schema of ours that stands for a reference to a model's schema; `schema.py` resolves it."""


def model_schema(name: str) -> dict[str, Any]:
    """The schema of a model, by its name."""
    return {REFERENCE: name}


def exactly_one(*names: str) -> dict[str, Any]:
    """What an editor has to know about keys of which one must be there, and no other."""
    return {"oneOf": [{"required": [name]} for name in names]}


def at_most_one(*names: str) -> dict[str, Any]:
    """What an editor has to know about keys that exclude each other."""
    pairs = [[one, other] for number, one in enumerate(names) for other in names[number + 1 :]]
    return {"allOf": [{"not": {"required": pair}} for pair in pairs]}


def _read_some_text(value: Any) -> str:
    text = _read_text(value)
    if not text:
        raise problem("E144", "this is empty")
    return text


def short_or_long(read: Callable[[Any], Any], *forms: dict[str, Any]) -> BeforeValidator:
    """A reader of short forms in front of a model, and the forms that an editor should know."""
    schema = forms[0] if len(forms) == 1 else {"anyOf": list(forms)} if forms else {}
    return BeforeValidator(read, json_schema_input_type=Annotated[Any, WithJsonSchema(schema)])


Text = Annotated[Located, Reader(_read_text, {"type": "string"})]
"""Text that knows its place in the file."""

SomeText = Annotated[Located, Reader(_read_some_text, {"type": "string", "minLength": 1})]
"""The same, but not empty."""

RawMap = Annotated[LocatedMap, Reader(_read_map, {"type": "object"})]
"""A map that a later pass looks into."""

Raw = Annotated[Any, Reader(_keep, {})]
"""Any shape, read by a later pass."""

AsTuple = BeforeValidator(as_tuple)
OneOrMany = short_or_long(one_or_many, {"type": "string"}, {"type": "array", "items": {"type": ["string", "integer"]}})
