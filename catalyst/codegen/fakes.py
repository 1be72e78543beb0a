"""What stands in for the world in an emitted project's tests: settings, and answers of the services it calls.

Goes in: the graph. Comes out: plain data, always the same, from which `tests.py` writes Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalyst.expressions.tree import Hole, Ref, Template
from catalyst.expressions.types import (
    AnyType,
    BoolType,
    BytesType,
    DateTimeType,
    FloatType,
    IntType,
    ListType,
    MapType,
    NullableType,
    NumberType,
    ObjectType,
    SecretType,
    StrType,
    Type,
    UnionType,
)
from catalyst.graph.model import EnvFact, Step, Workflow, all_steps
from catalyst.nodes.types.graphql import GraphqlParams
from catalyst.nodes.types.http import HttpParams

Answer = tuple[str, str, Any]
"""Method, pattern of the URL, body."""


def example_settings(env: Mapping[str, EnvFact], workflows: Sequence[Workflow]) -> dict[str, str]:
    """A value for every environment variable; where an address is wanted, one of its own."""
    addresses = {
        name for workflow in workflows for call in _calls(all_steps(workflow.body)) for name in _env_names(call)
    }
    return {name: _setting(name, fact.default, name in addresses) for name, fact in sorted(env.items())}


def _setting(name: str, default: str | None, is_address: bool) -> str:
    if is_address or (default or "").startswith(("http://", "https://")):
        return f"http://{name.lower().replace('_', '-')}.test"
    return default if default is not None else "text"


def example_secret(name: str) -> str:
    """What a secret holds in the tests."""
    return f"test-{name.lower().replace('_', '-')}"


def http_answers(workflow: Workflow, settings: Mapping[str, str]) -> list[Answer]:
    """What `most_exact_first` makes of the calls of the workflow."""
    return most_exact_first(http_calls(all_steps(workflow.body), workflow, settings))


def http_calls(steps: Iterable[Step], workflow: Workflow, settings: Mapping[str, str]) -> list[Answer]:
    """An answer for each call of some steps of a workflow, in their order."""
    return [(call.params.method, _address(call, workflow, settings), _answer(call)) for call in _calls(steps)]


def most_exact_first(calls: Iterable[Answer]) -> list[Answer]:
    """The answers with the most exact addresses first; one, the first, for each method and address."""
    answers: dict[tuple[str, str], Any] = {}
    for method, address, body in calls:
        answers.setdefault((method, address), body)
    ordered = sorted(answers.items(), key=lambda item: (-len(item[0][1].replace("*", "")), item[0]))
    return [(method, address, body) for (method, address), body in ordered]


def calls_are_distinct(calls: Iterable[Answer]) -> bool:
    """Whether every call has an address of its own or the same answer as the others there."""
    seen: dict[tuple[str, str], Any] = {}
    return all(seen.setdefault((method, address), body) == body for method, address, body in calls)


@dataclass(frozen=True, slots=True)
class _Call:
    """An `http` or `graphql` node and its settings."""

    step: Step
    params: HttpParams | GraphqlParams

    @property
    def template(self) -> Template | None:
        """The checked address; None for a constant one."""
        checked = self.step.checked.get(self.params.url)
        return checked.template if checked is not None else None


def _calls(steps: Iterable[Step]) -> Iterator[_Call]:
    for step in steps:
        if isinstance(step.params, HttpParams | GraphqlParams):
            yield _Call(step, step.params)


def _env_names(call: _Call) -> Iterator[str]:
    for part in call.template.parts if call.template is not None else ():
        if isinstance(part, Hole) and isinstance(part.expr, Ref) and part.expr.kind == "env":
            yield from part.expr.path[:1]


def _address(call: _Call, workflow: Workflow, settings: Mapping[str, str]) -> str:
    """The URL without its query, `*` where a value of the run stands."""
    template = call.template
    if template is None:
        return _pattern(str(call.params.url.constant))
    parts = (_hole(part.expr, workflow, settings) if isinstance(part, Hole) else part.value for part in template.parts)
    return _pattern("".join(parts))


def _hole(expr: object, workflow: Workflow, settings: Mapping[str, str]) -> str:
    if isinstance(expr, Ref) and expr.kind == "env":
        return settings.get(expr.path[0], "*")
    if isinstance(expr, Ref) and expr.kind == "var" and isinstance(workflow.vars.get(expr.path[0]), str):
        return str(workflow.vars[expr.path[0]])
    return "*"


def _pattern(url: str) -> str:
    """The address as the client sends it: no query, and a `/` behind a bare host."""
    address = re.sub(r"\*+", "*", re.split(r"[?#]", url)[0])
    return f"{address}/" if re.fullmatch(r"https?://[^/]+", address) else address


def _answer(call: _Call) -> Any:
    if isinstance(call.params, GraphqlParams):
        return {"data": _graphql_data(call.params, call.step)}
    match call.params.response:
        case "text":
            return "text"
        case "bytes":
            return b"bytes"
        case "full":
            return {}
        case _:
            return example_answer(call.step.given, call.step.id)


def _graphql_data(params: GraphqlParams, step: Step) -> Any:
    """Data in which the node finds what it looks for; of pages the only one."""
    if params.paginate is not None:
        data = _at(params.paginate.items, example_answer(step.given, step.id), {})
        return _at(params.paginate.page_info, {"hasNextPage": False, "endCursor": None}, data)
    part = step.given.field("data") if params.errors == "result" and isinstance(step.given, ObjectType) else None
    found = example_answer(part.type if part is not None else step.given, step.id)
    return _at(params.select, found, {}) if params.select else found


def _at(path: str, value: Any, data: dict[str, Any]) -> dict[str, Any]:
    """The data with a value at a path."""
    inner = data
    *around, last = path.split(".")
    for name in around:
        inner = inner.setdefault(name, {})
    inner[last] = value
    return data


def example_answer(type_: Type, name: str) -> Any:
    """What a service might answer: short, and such that a loop over pages ends."""
    match type_:
        case NullableType():
            return None
        case BoolType():
            return False
        case IntType():
            return 1
        case FloatType() | NumberType():
            return 1.5
        case StrType(choices=choices):
            return choices[0] if choices else name.replace("_", " ")
        case DateTimeType():
            return "2030-01-31T12:00:00Z"
        case BytesType():
            return "bytes"
        case ListType(item):
            return [] if isinstance(item, AnyType) else [example_answer(item, name)]
        case MapType(value):
            return {"key": example_answer(value, name)}
        case ObjectType(fields=fields):
            return {key: example_answer(field.type, key) for key, field in fields if field.required}
        case SecretType(inner):
            return example_answer(inner, name)
        case UnionType(members):
            return example_answer(members[0], name)
        case _:
            return {}
