"""Compiles and runs expressions for the tests of filters: once with all types known, once with none."""

import ast
from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from typing import Any

from catalyst.expressions.check import check_template
from catalyst.expressions.parse import parse_expression
from catalyst.expressions.python import to_python
from catalyst.expressions.scope import Scope
from catalyst.expressions.tree import Ref
from catalyst.expressions.types import (
    ANY,
    BOOL,
    DATETIME,
    FLOAT,
    INT,
    NONE,
    STR,
    FieldType,
    ListType,
    ObjectType,
    Type,
    union,
)
from catalyst.pysource.source import to_source


class CompileError(Exception):
    """The checker refused; the text starts with the code."""


class Names:
    """`input.x` reads as `given["x"]`; helpers keep their names."""

    def __init__(self) -> None:
        self.used: dict[str, str] = {}

    def ref(self, ref: Ref) -> ast.expr:
        value: ast.expr = ast.Name("given", ast.Load())
        for key in ref.path:
            value = ast.Subscript(value, ast.Constant(key), ast.Load())
        return value

    def cast(self, type_: Type, value: ast.expr) -> ast.expr:
        return value

    def use(self, module: str, name: str) -> str:
        assert self.used.setdefault(name, module) == module, f"two helpers are called {name}"
        return name


def type_of(value: Any) -> Type:
    """The exact type of a value."""
    if value is None:
        return NONE
    for kind, type_ in ((bool, BOOL), (int, INT), (float, FLOAT), (str, STR), (datetime, DATETIME)):
        if isinstance(value, kind):
            return type_
    if isinstance(value, list):
        return ListType(_item_type(value) if value else ANY)
    return ObjectType(tuple((key, FieldType(type_of(item))) for key, item in value.items()))


def _item_type(items: list[Any]) -> Type:
    """One type for all items; objects with the same keys have one type together."""
    if isinstance(items[0], dict) and all(isinstance(item, dict) and item.keys() == items[0].keys() for item in items):
        fields = ((key, union(*(type_of(item[key]) for item in items))) for key in items[0])
        return ObjectType(tuple((key, FieldType(type_)) for key, type_ in fields))
    return union(*map(type_of, items))


def compiled(source: str, given: Mapping[str, Any], *, typed: bool) -> tuple[str, Names, Type]:
    """The Python of an expression over `input`, whose fields are typed after `given` or are `any`."""
    fields = tuple((key, FieldType(type_of(value) if typed else ANY)) for key, value in given.items())
    parsed = parse_expression(source)
    assert parsed.template is not None, parsed.diagnostics
    checked = check_template(parsed.template, Scope(input=ObjectType(fields)), source)
    errors = [item for item in checked.diagnostics if item.severity == "error"]
    if errors:
        raise CompileError(f"{errors[0].code}: {errors[0].message}")
    names = Names()
    return to_source(to_python(checked.template, names)), names, checked.type


def evaluate(source: str, given: Mapping[str, Any] | None = None, *, typed: bool = True) -> Any:
    """The value of an expression. Raises `CompileError`, or what the run raises."""
    given = given or {}
    python, names, _ = compiled(source, given, typed=typed)
    helpers = {name: getattr(import_module(f"templates.runtime.{module}"), name) for name, module in names.used.items()}
    return eval(python, {**helpers, "given": given})
