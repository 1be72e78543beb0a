"""Values of any kind in any place of a flow, and wrong files beside it: findings, never an exception.

`CATALYST_MUTATIONS` sets how many are tried, `CATALYST_SEED` which, as for tests/test_mutations.py.
"""

import copy
import datetime
import json
import os
import random
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalyst.api import compile_flow
from catalyst.spec.load import load_tree
from tests.emitted import GOLDEN
from tests.test_mutations import CHANGES, EXAMPLES, SEED, flows, try_one

COUNT = int(os.environ.get("CATALYST_MUTATIONS", "100"))

VALUES: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 10**30, 10**400, 1e308, float("inf"), "", "x", [], {}, [1], [None], [[]], {"a": 1}),
    *({"": 1}, {1: 2}, {None: 1}, {"type": "set"}, ["a", "a"], {"default": None}, {"goto": "n1"}, b"xx"),
    *(datetime.date(2024, 1, 1), datetime.datetime(2024, 1, 1, 5, tzinfo=datetime.UTC)),
    *("{{ 1 }}", "{{ none }}", "{{ [1, 2] }}", "{{ input }}", "{{ input.nope }}", "a {{ 1 }} b", "{{", "{{ nodes }}"),
    *("{{ secrets.X }}", "-1s", "0s", "1e9d", "999999999999h", "string[]", "array<array<integer>>", "../x", "./x.yaml"),
    *("class", "__class__", " a b ", "a.b", "a[0]", "*", "%s", "{0}", "'", '"', "\\", "\n", "\0", "\u2028", "é" * 500),
    *("https://", "http://[::1", "sqlite://", "select {{ 1 }}", "select * from t where a = '{{ 1 }}'", ";", "--"),
)
WRITTEN = (
    *("0o17", "017", "1_000", "0x1f", "1:30", "2024-01-01", "2024-01-01T00:00:00Z", "~", "yes", "on", "!!binary aGk="),
    *(
        "!!set {a}",
        "!!str 1",
        "!foo bar",
        "&a [1, *a]",
        "*nope",
        "{<<: {a: 1}}",
        "<<",
        "|-",
        "? a",
        "- ",
        ".inf",
        ".nan",
    ),
    *("!!float nan", "1e999", "!!omap [a: 1]", "{a: 1, a: 2}", '"\\x00"', '"\\ud800"', "@x", "`x", "%x", "[", "{"),
)
"""How YAML may write a value; put into the text as it stands."""
PYTHON = (
    *("async ", "-> int", "-> Undefined", "*args", "**kw", "/", "*,", "= ...", "Literal['a', None, b'x']", "Any"),
    *("Annotated[int, 1]", "int | None", "list", "tuple[int, ...]", "Callable[[int], str]", "Iterator[int]", "yield 1"),
    *("class X: pass\n", "@dataclass\n", "from lib import nope\n", "raise SystemExit\n", "1/0\n", "\0", "\ufeff", "é"),
    *("# -*- coding: latin-1 -*-\n", "type X = int\n", "TypedDict", "Enum", "'''", '"""', ")", "(", "\t", "\\\n"),
    *("match x:\n", "[" * 80, "(" * 200, "-" * 3000 + "1", "int | " * 800 + "int", "list[" * 90 + "int" + "]" * 90),
)
SQL = (
    *("create table t (a int);", "primary key", "references x(y)", "--", "/*", "'", '"', "`", "[a]", "serial", "jsonb"),
    *(
        "text[]",
        "numeric(10,2)",
        "varchar(",
        "generated always as identity",
        "check (a > 0)",
        "$$",
        "alter table",
        ";;",
    ),
    *("create type mood as enum ('a');", "create view v as select 1;", "drop table", "pragma x;", "\0", "\ufeff", "é"),
    *(
        "attach database 'x' as y;",
        "create virtual table",
        "create temp table",
        "create schema s;",
        "begin;",
        "commit;",
    ),
    *("with recursive r as (select 1 union all select 1 from r) select * from r;", "create table x as select 1;"),
    *("create table t (a int, a int);", "select load_extension('x');", "copy t from stdin;", "strict", "without rowid"),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of everything inside a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    """What stands at a path."""
    for key in path:
        value = value[key]
    return value


@cache
def trees() -> list[tuple[str, Any]]:
    """Every flow at hand as data."""
    read = [(name, json.loads(json.dumps(load_tree(text, name)[0]))) for name, text in flows()]
    return [(name, tree) for name, tree in read if isinstance(tree, dict) and {"catalyst", "workflows"} & {*tree}]


def with_another_value(tree: Any, chance: random.Random, words: dict[str, str]) -> None:
    """Put something else at one place, mostly a setting of a node; `words` collects what is to be written as it is."""
    known = list(places(tree))
    inside = [path for path in known if "with" in path or "config" in path] or known
    path = chance.choice(inside if chance.random() < 0.8 else known)
    holder = at(tree, path[:-1])
    match chance.randrange(10):
        case 0:
            del holder[path[-1]]
        case 1 if isinstance(holder, dict):
            other = chance.choice([each[-1] for each in known if isinstance(each[-1], str)])
            holder[other] = copy.deepcopy(chance.choice(VALUES))
        case 2:
            holder[path[-1]] = copy.deepcopy(at(tree, chance.choice(known)))
        case 3 | 4:
            word = f"WORD{len(words)}X"
            words[word] = chance.choice(WRITTEN)
            holder[path[-1]] = word
        case _:
            holder[path[-1]] = copy.deepcopy(chance.choice(VALUES))


def test_values_of_any_kind_in_any_place() -> None:
    chance = random.Random(SEED)
    for number in range(COUNT):
        name, tree = chance.choice(trees())
        tree, words = copy.deepcopy(tree), dict[str, str]()
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            with_another_value(tree, chance, words)
        if name.endswith(".json"):
            text = json.dumps(_with_text_keys(tree), default=str)
        else:
            text = yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)
        for word, written in words.items():
            text = text.replace(word, written)
        try_one(f"{SEED}/{number}", name, text)


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _with_text_keys(item) for key, item in value.items()}
    return [_with_text_keys(item) for item in value] if isinstance(value, list) else value


@cache
def with_files() -> list[Path]:
    """The flows with a `lib` or a `schema.sql` beside them."""
    found = [
        *GOLDEN.glob("*/lib"),
        *GOLDEN.glob("*/schema.sql"),
        *EXAMPLES.glob("*/lib"),
        *EXAMPLES.rglob("schema.sql"),
    ]
    flows_there = [place for each in sorted(found) for place in sorted(each.parent.glob("flow.*"))]
    return [place for place in flows_there if "expected" not in place.parts]


def changed(name: str, text: str, chance: random.Random) -> str:
    """A file beside a flow, with mistakes."""
    words = SQL if name.endswith(".sql") else PYTHON
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        types = [found.span() for found in re.finditer(r"(?<=: )[\w\[\], |]+|(?<=-> )[\w\[\], |]+", text)]
        if types and chance.random() < 0.4:
            start, end = chance.choice(types)
            text = text[:start] + chance.choice(words) + text[end:]
        else:
            text = chance.choice(CHANGES)(text, chance)
    return text


def test_files_beside_a_flow_with_mistakes() -> None:
    chance = random.Random(SEED)
    assert {place.parent.name for place in with_files()} > {"sql_rows", "python_types"}
    for number in range(COUNT // 3):
        flow = chance.choice(with_files())
        kept: dict[str, str | None] = {}

        def read(name: str, folder: Path = flow.parent, kept: dict[str, str | None] = kept) -> str | None:
            if name not in kept:
                text = (folder / name).read_text("utf-8") if (folder / name).is_file() else None
                kept[name] = changed(name, text, chance) if text and name.endswith((".py", ".sql")) else text
            return kept[name]

        try_one(f"{SEED}/{number}", flow.name, flow.read_text("utf-8"), read)


LIB = {
    "lib/deep.py": f"def make(n: {'int | ' * 800}int) -> int:\n    return n\n",
    "lib/minus.py": f"def make(n: int = {'-' * 20_000}1) -> int:\n    return n\n",
    "lib/a.py": "from .b import B\n\n\ndef make(n: int) -> int:\n    return n\n",
    "lib/b.py": "class B:\n  x = (\n",
}
FOUND = {
    "the type of a node is the character 0": ('{type: "\\0", with: {value: 1}}', "E261"),
    "a measure of nothing": ("{type: aggregate, with: {items: [{a: 1}], fields: {t: {sum: null}}}}", "E144"),
    "a limit in no time": ("{type: rate_limit, with: {limit: 1, window: null}}", "E481"),
    "a key that ends never": ("{type: redis, with: {operation: expire, key: k, ttl: null}}", "E480"),
    "a tool that is wrong before one with arguments": (
        "{type: agent, model: m, tools: [.nan, {name: t, description: d, args: {day: string}, "
        'do: {x: {type: set, with: {value: "{{ args.day }}"}}}}], with: {prompt: x}}',
        "E131",
    ),
    "a file that one in `lib` imports is no Python": ('{type: python, with: {function: "lib.a:make"}}', "E430"),
    "a type that is nested too deep": ('{type: python, with: {function: "lib.deep:make"}}', "E430"),
    "Python that is nested too deep": ('{type: python, with: {function: "lib.minus:make"}}', "E430"),
}


@pytest.fixture
def usual_depth() -> Iterator[None]:
    """As deep as Python goes by itself: mypy, which other tests run in this process, lets it go deeper."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.parametrize("name", FOUND)
def test_what_went_wrong_once(name: str, usual_depth: None) -> None:
    node, code = FOUND[name]
    result = compile_flow(f"catalyst: 1\nname: found\nnodes:\n  one: {node}\n", filename="flow.yaml", read=LIB.get)
    assert code in [each.code for each in result.diagnostics], result.diagnostics
