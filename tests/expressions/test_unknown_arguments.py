"""Arguments whose types nobody knows before the run: whatever comes, a value or an `ExpressionError` comes out."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from catalyst.expressions.functions import FILTERS, FUNCTIONS, TESTS, Argument
from catalyst.expressions.scope import Scope
from catalyst.expressions.types import ANY, FLOAT, INT, STR, ListType, MapType, Type
from templates.runtime.errors import ExpressionError
from tests.expressions.support import Compiled, compile_text, record, run_python

GIVEN: list[Any] = [None, True, -1, 3, 1.5, 10**30, 2**4096, float("nan"), "", "k", [1], {"k": 1}]
PIPED: dict[str, tuple[Type, list[Any]]] = {
    "any": (ANY, [*GIVEN, [2, 1], ["b", "A"], [{"k": 1}, {"k": 2}]]),
    "string": (STR, ["", "a k b"]),
    "integer": (INT, [0, 7]),
    "float": (FLOAT, [2.5]),
    "strings": (ListType(STR), [[], ["b", "A", "b"]]),
    "integers": (ListType(INT), [[], [2, 1]]),
    "map": (MapType(INT), [{}, {"k": 1}]),
}


def _call(arguments: tuple[Argument, ...], unknown: Argument) -> str | None:
    """The arguments of a call with one that is not known, and those that it cannot do without."""
    others = [each for each in arguments if each.required and each is not unknown]
    if unknown.literal or unknown.type is None or any(each.literal or each.type is None for each in others):
        return None
    if unknown.required or unknown.variadic:
        return ", ".join("input.given" for _ in [unknown, *others])
    return ", ".join([*("input.given" for _ in others), f"{unknown.name}=input.given"])


SOURCES = [
    *(
        f"input.piped | {spec.name}({call})"
        for spec in FILTERS.values()
        for unknown in spec.arguments
        if (call := _call(spec.arguments, unknown)) is not None
    ),
    *(
        f"input.piped is {spec.name}({call})"
        for spec in TESTS.values()
        for unknown in spec.arguments
        if (call := _call(spec.arguments, unknown)) is not None
    ),
    *(f"{spec.name}(input.given)" for spec in FUNCTIONS.values() if spec.arguments),
]


@pytest.mark.parametrize("kind", PIPED)
@pytest.mark.parametrize("source", SOURCES)
def test_any_argument_gives_a_value_or_an_error_of_ours(source: str, kind: str) -> None:
    type_, values = PIPED[kind]
    compiled = compile_text(f"{{{{ {source} }}}}", Scope(input=record(piped=type_, given=ANY)))
    if compiled.python is None:
        assert {error.code for error in compiled.errors} <= {"E207", "E233", "E205"}
        return
    for piped in values:
        for given in GIVEN:
            said = _complaint(compiled, piped, given)
            assert repr(given) not in said or len(repr(given)) < 8, "an error shows no value"


def _complaint(compiled: Compiled, piped: Any, given: Any) -> str:
    """What the error says; "" when there is a value. Anything but an `ExpressionError` fails the test."""
    assert compiled.python is not None
    try:
        run_python(compiled.python, compiled.helpers, {"ctx": SimpleNamespace(input={"piped": piped, "given": given})})
    except ExpressionError as error:
        return error.title
    return ""


def test_an_argument_of_a_known_type_is_not_looked_at_again() -> None:
    scope = Scope(input=record(text=STR, number=INT, given=ANY))
    assert compile_text("{{ input.text | startswith(input.text) }}", scope).python == (
        "ctx.input['text'].startswith(ctx.input['text'])"
    )
    assert compile_text("{{ input.text | startswith(input.given) }}", scope).python == (
        "ctx.input['text'].startswith(a_string('startswith', ctx.input['given']))"
    )
    assert compile_text("{{ input.text | truncate(input.given | int) }}", scope).python == (
        "truncate(ctx.input['text'], to_int(ctx.input['given']))"
    )
