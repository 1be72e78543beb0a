"""Everything the golden tables emit passes `mypy --strict`, with the type that the table says."""

from __future__ import annotations

from pathlib import Path

from mypy import api

from catalyst.expressions.types import (
    BoolType,
    FloatType,
    IntType,
    ListType,
    MapType,
    NullableType,
    NumberType,
    ObjectType,
    StrType,
    Type,
    describe,
)
from tests.expressions.support import compile_text
from tests.expressions.test_tables import TABLES, source_of

ROOT = Path(__file__).parent.parent.parent
HEADER = """
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict
from pydantic import SecretStr

class User(TypedDict):
    name: str
    age: int | None
    nick: NotRequired[str]

class Item(TypedDict):
    title: str
    price: float
    qty: int
    tags: list[str]

class Search(TypedDict):
    items: list[Item]
    total: int

class Verdict(TypedDict):
    score: float
    reason: str | None

class Problem(TypedDict):
    kind: str
    status: int
    title: str
    detail: str | None
    node: str | None

class Deep(TypedDict):
    t: str

class Row(TypedDict):
    id: int
    deep: Deep

class Input(TypedDict):
    rows: list[Row]
    query: str
    id: int
    price: float
    flag: bool
    kind: Literal["open", "closed"]
    tags: list[str]
    numbers: list[int]
    me: User
    user: User | None
    limit: int | None
    note: NotRequired[str]
    meta: dict[str, int]
    when: datetime
    data: Any

class Vars(TypedDict):
    model: str
    s: str
    n: int
    l: list[int]
    data: Any

class Env:
    api_url: str

class Secrets:
    token: SecretStr

class Context:
    input: Input
    vars: Vars
    env: Env
    secrets: Secrets
    execution_id: str
"""
PARAMETERS = (
    "ctx: Context, search: Search, judge: Verdict | None, "
    "judge_status: Literal['ok', 'error', 'skipped'], judge_error: Problem | None, raw: Any"
)


def python_type(type_: Type) -> str | None:
    """The annotation for a type; None where the test does not say."""
    match type_:
        case BoolType():
            return "bool"
        case IntType():
            return "int"
        case FloatType() | NumberType():
            return "float"
        case StrType():
            return "str"
        case ListType(item):
            inner = python_type(item)
            return f"list[{inner}]" if inner else "list[Any]"
        case MapType(value):
            inner = python_type(value)
            return f"dict[str, {inner}]" if inner else "dict[str, Any]"
        case NullableType(inner_type):
            inner = python_type(inner_type)
            return f"{inner} | None" if inner else None
        case ObjectType(name=str() as name) if name != "Problem":
            return name
        case _:
            return None


def test_what_the_tables_emit_is_typed(tmp_path: Path) -> None:
    imports: dict[str, str] = {}
    functions: list[str] = []
    sources: list[str] = []
    for table in TABLES:
        for line in table.read_text(encoding="utf-8").splitlines():
            compiled = compile_text(source_of(line).replace("\\n", "\n") if "{{" not in line else source_of(line))
            if compiled.python is None or not line.strip():
                continue
            imports.update(compiled.helpers)
            annotation = python_type(compiled.type)
            target = f"value: {annotation}" if annotation else "value"
            functions.append(
                f"def f{len(sources)}({PARAMETERS}) -> None:\n    {target} = {compiled.python}\n    print(value)"
            )
            sources.append(f"{source_of(line)} : {describe(compiled.type)}")
    lines = [f"from templates.runtime.{module} import {name}" for name, module in sorted(imports.items())]
    module = tmp_path / "emitted.py"
    module.write_text("\n".join([*lines, HEADER, *functions]), encoding="utf-8")
    out, err, status = api.run(
        ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache"), str(module)]
    )
    shown = module.read_text(encoding="utf-8").splitlines()
    wrong = [f"{line}\n    {shown[int(line.split(':')[1]) - 1]}" for line in out.splitlines() if ": error:" in line]
    assert status == 0, "\n".join(wrong) + err
    assert len(sources) > 100
