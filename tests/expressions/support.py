"""What the expression tests share: a scope with one of everything, compiling, running, and printing as a table line."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from catalyst.diagnostics import Diagnostic
from catalyst.expressions.check import check_template
from catalyst.expressions.parse import parse_template
from catalyst.expressions.python import to_python
from catalyst.expressions.scope import Scope
from catalyst.expressions.sinks import Sink
from catalyst.expressions.tree import Ref, Template
from catalyst.expressions.types import (
    ANY,
    BOOL,
    DATETIME,
    FLOAT,
    INT,
    NUMBER,
    STR,
    FieldType,
    ListType,
    MapType,
    ObjectType,
    StrType,
    Type,
    describe,
    may_be_none,
    nullable,
)
from catalyst.pysource.source import to_source


def record(type_name: str | None = None, *, is_open: bool = False, **fields: Type | FieldType) -> ObjectType:
    """An object type."""
    typed = tuple((name, each if isinstance(each, FieldType) else FieldType(each)) for name, each in fields.items())
    return ObjectType(typed, type_name, is_open)


USER = record("User", name=STR, age=nullable(INT), nick=FieldType(STR, False))
ITEM = record("Item", title=STR, price=FLOAT, qty=INT, tags=ListType(STR))
SCOPE = Scope(
    input=record(
        query=STR,
        id=INT,
        price=NUMBER,
        flag=BOOL,
        kind=StrType(("open", "closed")),
        tags=ListType(STR),
        numbers=ListType(INT),
        me=USER,
        user=nullable(USER),
        limit=nullable(INT),
        note=FieldType(STR, False),
        meta=MapType(INT),
        when=DATETIME,
        data=ANY,
        rows=ListType(record(id=INT, deep=record(t=STR))),
    ),
    nodes={
        "search": record("Search", items=ListType(ITEM), total=INT),
        "judge": nullable(record("Verdict", score=FLOAT, reason=nullable(STR))),
        "raw": ANY,
    },
    handled=frozenset({"judge"}),
    unreadable={"later": "`later` runs after this node"},
    vars=record(model=STR, s=STR, n=INT, l=ListType(INT), data=ANY),
    env=record(API_URL=STR),
    secrets=frozenset({"TOKEN"}),
)
ITEMS = [
    {"title": "Pen", "price": 1.5, "qty": 10, "tags": ["blue", "ink"]},
    {"title": "Desk", "price": 120.0, "qty": 1, "tags": []},
]
INPUT: dict[str, Any] = {
    "query": "Hello World 42",
    "id": 7,
    "price": 2.5,
    "flag": True,
    "kind": "open",
    "tags": ["b", "a", "b"],
    "numbers": [3, 1, 2],
    "me": {"name": "Ada", "age": None},
    "user": None,
    "limit": None,
    "note": None,
    "meta": {"x": 1},
    "when": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    "rows": [{"id": 1, "deep": {"t": "a"}}, {"id": 2, "deep": {"t": "b"}}],
    "data": {"x": {"y": [1, {"z": "deep"}]}, "n": 5, "s": "text", "b": True, "none": None},
}
VARS: dict[str, Any] = {"model": "m1", "s": "some text", "n": 3, "l": [1, 2, 3], "data": {"a b": 2, "class": "c"}}


class Secret:
    """Stands for pydantic's SecretStr."""

    def get_secret_value(self) -> str:
        return "hush"


def environment() -> dict[str, Any]:
    """The names that emitted code finds in a workflow function."""
    return {
        "ctx": SimpleNamespace(
            input=dict(INPUT),
            vars=dict(VARS),
            env=SimpleNamespace(api_url="http://api"),
            secrets=SimpleNamespace(token=Secret()),
            execution_id="run-1",
        ),
        "search": {"items": ITEMS, "total": 2},
        "judge": None,
        "judge_status": "skipped",
        "judge_error": None,
        "raw": {"list": [1, 2], "text": "raw"},
    }


class Names:
    """Reads references as the emitted workflow does, and imports helpers from the runtime."""

    def __init__(self, scope: Scope = SCOPE) -> None:
        self.scope = scope
        self.used: dict[str, str] = {}

    def ref(self, ref: Ref) -> ast.expr:
        context = ast.Name("ctx", ast.Load())
        match ref.kind:
            case "input" | "var":
                root = ast.Attribute(context, "input" if ref.kind == "input" else "vars", ast.Load())
                return self._field(root, ref)
            case "env":
                return _attributes(context, "env", ref.path[0].lower())
            case "secret":
                secret = _attributes(context, "secrets", ref.path[0].lower(), "get_secret_value")
                return ast.Call(secret, [], [])
            case "execution":
                return _attributes(context, "execution_id")
            case "status" | "error":
                return ast.Name(f"{ref.path[0]}_{ref.kind}", ast.Load())
            case _:
                return ast.Name("_".join(ref.path), ast.Load())

    def _field(self, root: ast.expr, ref: Ref) -> ast.expr:
        if not ref.path:
            return root
        field = self.scope.input.field(ref.path[0]) if ref.kind == "input" else None
        if field is not None and not field.required and may_be_none(ref.type):
            return ast.Call(ast.Attribute(root, "get", ast.Load()), [ast.Constant(ref.path[0])], [])
        return ast.Subscript(root, ast.Constant(ref.path[0]), ast.Load())

    def cast(self, type_: Type, value: ast.expr) -> ast.expr:
        return value

    def use(self, module: str, name: str) -> str:
        self.used[name] = module
        return name


def _attributes(value: ast.expr, *names: str) -> ast.expr:
    for name in names:
        value = ast.Attribute(value, name, ast.Load())
    return value


@dataclass(frozen=True)
class Compiled:
    """What became of a source: Python and its type, or why there is none."""

    source: str
    python: str | None
    type: Type
    diagnostics: tuple[Diagnostic, ...]
    helpers: Mapping[str, str]
    template: Template | None

    @property
    def codes(self) -> list[str]:
        return [diagnostic.code for diagnostic in self.diagnostics]

    @property
    def errors(self) -> list[Diagnostic]:
        return [diagnostic for diagnostic in self.diagnostics if diagnostic.severity == "error"]

    def line(self) -> str:
        """`source => python : type`, or `source => CODE message`."""
        if self.python is None:
            shown = "; ".join(f"{error.code} {error.message}" for error in self.errors)
            return f"{one_line(self.source)} => {shown}"
        return f"{one_line(self.source)} => {one_line(self.python)} : {describe(self.type)}"


def one_line(text: str) -> str:
    return text.replace("\\\n", "\\\\n").replace("\n", "\\n")


def compile_text(
    source: str, scope: Scope = SCOPE, *, sink: Sink = Sink.VALUE, expected: Type = ANY, what: str = "this setting"
) -> Compiled:
    """Everything between a scalar of the flow and Python text."""
    parsed = parse_template(source)
    if parsed.template is None:
        return Compiled(source, None, ANY, parsed.diagnostics, {}, None)
    checked = check_template(parsed.template, scope, source, expected=expected, sink=sink, what=what)
    diagnostics = (*parsed.diagnostics, *checked.diagnostics)
    if any(diagnostic.severity == "error" for diagnostic in diagnostics):
        return Compiled(source, None, checked.type, diagnostics, {}, checked.template)
    names = Names(scope)
    python = to_source(to_python(checked.template, names, sink=sink))
    return Compiled(source, python, checked.type, diagnostics, names.used, checked.template)


def run_python(python: str, helpers: Mapping[str, str], names: Mapping[str, Any]) -> Any:
    """The value of emitted code, with the helpers it imports."""
    imported = {name: helper(module, name) for name, module in helpers.items()}
    return eval(python, {**imported, **names})  # the code under test is an expression


def helper(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"templates.runtime.{module}"), name)


def run_text(source: str, scope: Scope = SCOPE, **names: Any) -> Any:
    """The value of a source; fails when it does not compile."""
    compiled = compile_text(source, scope)
    assert compiled.python is not None, [f"{error.code} {error.message}" for error in compiled.errors]
    return run_python(compiled.python, compiled.helpers, {**environment(), **names})
