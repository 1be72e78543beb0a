"""Jinja as a second opinion, with the named differences of the language pinned.

D1 a step is a key look-up only; D2 filters give lists; D3 text prints as ours does; D4 a fallback covers none too
(the printer writes it out); D5 what is missing chains silently and raises on any use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, StrictUndefined, Undefined
from jinja2.filters import FILTERS

from catalyst.expressions.printer import jinja_text
from catalyst.expressions.tree import Expr
from tests.expressions.interpreter import in_text


class Missing(StrictUndefined):
    """What is missing: a step into it is missing too, any use of it is an error."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, key: Any) -> Any:
        return self


class Oracle(Environment):
    def __init__(self) -> None:
        super().__init__(undefined=Missing)
        for name in ("map", "select", "reject", "selectattr", "rejectattr", "unique", "reverse", "batch", "items"):
            self.filters[name] = _as_list(name)
        self.filters["text"] = in_text
        self.globals["range"] = lambda *bounds: list(range(*bounds))

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Undefined):
            return obj
        if isinstance(argument, slice) and isinstance(obj, (list, str)):
            return obj[argument]
        if isinstance(obj, dict) and isinstance(argument, str) and argument in obj:
            return obj[argument]
        if isinstance(obj, (list, str)) and isinstance(argument, int) and -len(obj) <= argument < len(obj):
            return obj[argument]
        return self.undefined(obj=obj, name=argument)


def _as_list(name: str) -> Any:
    """The filter of Jinja, which may be lazy, as one that gives a list or text."""
    original = FILTERS[name]

    def eager(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        return result if isinstance(result, str) else list(result)

    for attribute in ("jinja_pass_arg",):
        if hasattr(original, attribute):
            setattr(eager, attribute, getattr(original, attribute))
    return eager


ORACLE = Oracle()


class OracleError(Exception):
    """Jinja gives no value."""


def ask_jinja(node: Expr, names: Mapping[str, Any]) -> Any:
    """The value that Jinja gives for a tree."""
    compiled = ORACLE.compile_expression(jinja_text(node), undefined_to_none=False)
    try:
        value = compiled(**names)
    except Exception as error:
        raise OracleError from error
    if _holds_missing(value):
        raise OracleError
    return value


def _holds_missing(value: Any) -> bool:
    if isinstance(value, Undefined):
        return True
    if isinstance(value, dict):
        return any(_holds_missing(each) for each in value.values())
    return isinstance(value, list) and any(_holds_missing(each) for each in value)
