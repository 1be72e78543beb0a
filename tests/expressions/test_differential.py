"""Emitted Python, a tree-walking interpreter and Jinja must agree on random well-typed expressions.

`CATALYST_EXAMPLES=20000 pytest tests/expressions/test_differential.py` runs more of them.
"""

from __future__ import annotations

import os
import re
from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, given, settings

from catalyst.expressions.parse import parse_template
from catalyst.expressions.printer import expression_text
from catalyst.expressions.tree import Expr, Hole
from templates.runtime.errors import ExpressionError
from tests.expressions.generate import INPUTS, SCOPE, expressions
from tests.expressions.interpreter import NoValue, interpret
from tests.expressions.oracle import OracleError, ask_jinja
from tests.expressions.support import compile_text, run_python

EXAMPLES = int(os.environ.get("CATALYST_EXAMPLES", "300"))
NOTHING = object()
REJECTED_ON_PURPOSE = {"E205", "E212", "E213"}
"""A division by a constant zero, and comparisons of constants that are never equal."""


def plain(node: Expr) -> str:
    return re.sub(r"(start|end)=\d+(, )?", "", repr(node))


def same(left: Any, right: Any) -> bool:
    """Equal, and of the same types all the way down."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(same(one, two) for one, two in zip(left, right, strict=True))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
@given(made=expressions(), data=INPUTS)
def test_three_ways_agree(made: tuple[Expr, bool], data: dict[str, Any]) -> None:
    node, has_twin = made
    source = "{{ " + expression_text(node) + " }}"
    parsed = parse_template(source)
    assert parsed.template is not None, [error.message for error in parsed.diagnostics]
    hole = parsed.template.parts[0]
    assert isinstance(hole, Hole)
    assert plain(hole.expr) == plain(node), "printing and parsing again gives another tree"

    compiled = compile_text(source, SCOPE)
    if compiled.python is None:
        assert {error.code for error in compiled.errors} <= REJECTED_ON_PURPOSE, [e.message for e in compiled.errors]
        return
    try:
        value = run_python(compiled.python, compiled.helpers, {"ctx": SimpleNamespace(input=data)})
    except ExpressionError as error:
        if "too large" in error.title:
            return  # numbers stay finite and below 4,096 bits; the others have no such limit
        value = NOTHING
    try:
        wanted = interpret(node, {"input": data})
    except (NoValue, TypeError, ZeroDivisionError):
        wanted = NOTHING
    assert same(value, wanted), compiled.python
    if has_twin:
        try:
            twin = ask_jinja(node, {"input": data})
        except OracleError:
            twin = NOTHING
        assert same(value, twin), compiled.python
