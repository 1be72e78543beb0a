"""How a reader of one value says what is wrong with it.

A reader is a plain function from a raw value to a useful one. It raises `problem(...)`, which pydantic carries to
`validate`, where the path becomes a place in the file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


def problem(
    code: str, message: str, *, help: str = "", label: str = "", part: tuple[int, int] | None = None
) -> PydanticCustomError:
    """An error with our own code; `part` is from which to which offset of the text, where only a part is wrong."""
    start, end = part or (None, None)
    context = {"message": message, "help": help, "label": label, "start": start, "end": end}
    return PydanticCustomError(_as_literal(code), _as_literal("{message}"), context)


def _as_literal(text: str) -> Any:
    """pydantic types these arguments as literal strings, to keep user text out of templates; `{message}` does that."""
    return text


@dataclass(frozen=True)
class Reader:
    """Makes a function the validator of a field: `Annotated[float, Reader(read_duration, {...})]`."""

    read: Callable[[Any], Any]
    schema: dict[str, Any]
    """What an editor may know about the value: JSON Schema."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)

    def __hash__(self) -> int:
        return hash(self.read)


def kind_of(value: Any) -> str:
    """What a raw value is, in plain words."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, (list, tuple)) else "a map"
