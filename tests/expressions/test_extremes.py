"""Values at the ends of what types allow: a value comes out, or an error of ours.

Plain arithmetic may also run over by itself, in the expression's own code: the runtime knows that for what it is
(`errors.is_too_large`, `tests/golden/numbers_too_large`). No helper may.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from types import TracebackType
from typing import Any

import pytest

from catalyst.expressions.functions import FILTERS, TESTS
from catalyst.expressions.scope import Scope
from catalyst.expressions.types import DATETIME, FLOAT, INT, NUMBER, STR, ListType, MapType, Type
from templates.runtime.errors import ExpressionError
from tests.expressions.support import Compiled, compile_text, record, run_python

LARGE = 2**4095
AT_THE_ENDS = [
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23))),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-23))),
    datetime(2026, 1, 1, tzinfo=UTC),
]
VALUES: dict[str, tuple[Type, list[Any]]] = {
    "whole": (INT, [0, -1, 2**63 - 1, LARGE, -LARGE]),
    "real": (FLOAT, [0.0, -0.0, 1e308, -1e308, 5e-324]),
    "number": (NUMBER, [0, LARGE, 1.5, 1e308]),
    "string": (STR, ["", "1e999", "9" * 5000, "inf", "nan", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59"]),
    "integers": (ListType(INT), [[], [LARGE, -LARGE]]),
    "numbers": (ListType(NUMBER), [[], [LARGE, 1.5], [1e308, 1e308]]),
    "strings": (ListType(STR), [[], ["", "B"]]),
    "map": (MapType(NUMBER), [{}, {"a": LARGE}]),
    "moment": (DATETIME, AT_THE_ENDS),
}
SCOPE = Scope(input=record(), nodes={name: type_ for name, (type_, _) in VALUES.items()})
ARGUMENTS = ("'a'", "1", "-1", "300", "-300", "'a', 'b', {0}", "'YYYY-MM-DD'", "x => x")


def _sources(name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What may be written about a value, and the nodes that it reads."""
    value = f"nodes.{name}.output"
    for other in VALUES:
        second = f"nodes.{other}.output"
        for operator in ("+", "-", "*", "/", "//", "%", "**", "<", "==", "~"):
            yield f"{value} {operator} {second}", (name, other)
        for spec in FILTERS.values():
            yield f"{value} | {spec.name}({second})", (name, other)
            for argument in spec.arguments[1:]:
                yield f"{value} | {spec.name}({argument.name}={second})", (name, other)
        for test in TESTS.values():
            yield f"{value} is {test.name}({second})", (name, other)
    for spec in FILTERS.values():
        yield f"{value} | {spec.name}", (name,)
        for arguments in ARGUMENTS:
            yield f"{value} | {spec.name}({arguments.format('nodes.whole.output')})", (name, "whole")


@pytest.mark.parametrize("name", VALUES)
def test_a_value_or_an_error_of_ours(name: str) -> None:
    tried = 0
    for source, read in _sources(name):
        compiled = compile_text(f"{{{{ {source} }}}}", SCOPE)
        if compiled.python is None:
            continue
        names = tuple(dict.fromkeys(read))
        for values in product(*(VALUES[each][1] for each in names)):
            tried += 1
            _run(compiled, dict(zip(names, values, strict=True)))
    assert tried > 500


def _run(compiled: Compiled, names: dict[str, Any]) -> None:
    assert compiled.python is not None
    try:
        run_python(compiled.python, compiled.helpers, names)
    except ExpressionError:
        pass
    except (OverflowError, ValueError) as error:
        if _innermost(error.__traceback__) != "<string>":
            pytest.fail(f"a helper lets an error of Python through: {compiled.source}")


def _innermost(traceback: TracebackType | None) -> str:
    """The file in which an error was raised."""
    assert traceback is not None
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback.tb_frame.f_code.co_filename
