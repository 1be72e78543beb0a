"""Emission: user text stays data, names stay the compiler's, values are evaluated once, and helpers keep the limits."""

from __future__ import annotations

import ast

import pytest

from catalyst.diagnostics import CompilerBug
from catalyst.expressions.python import verify_expression
from catalyst.expressions.sinks import Sink
from templates.runtime.errors import ExpressionError
from tests.expressions.support import compile_text, environment, run_python, run_text

HOSTILE = [
    "__catalyst_text_0__",
    "'); import os; ('",
    '"""',
    "{__import__('os')}",
    "\\",
    "%s %(x)s",
    "${x}",
    "\u2028\x00\x1b[31m",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "shape",
    ["{}{{{{ input.query }}}}", "{{{{ ['{}', '" + "long " * 40 + "'] }}}}", "{{{{ input.meta['{}'] ?? '{}' }}}}"],
)
def test_user_text_stays_data(text: str, shape: str) -> None:
    quoted = text.replace("\\", "\\\\").replace("'", "\\'").replace("\x00", "\\u0000").replace("\x1b", "\\u001b")
    source = shape.replace("{}", "\x01").format().replace("\x01", quoted if "'" in shape else text)
    compiled = compile_text(source)
    assert compiled.python is not None, compiled.errors
    value = run_python(compiled.python, compiled.helpers, environment())
    assert value in (text + "Hello World 42", [text, "long " * 40], text)


@pytest.mark.parametrize(
    "python",
    [
        "eval('1')",
        "x.__class__",
        "getattr(x, 'y')",
        "[x async for x in y]",
        "f'{x!r}'",
        "f'{x:>10}'",
        "(y := 1)",
        "f(**x)",
        "x()()",
        "__import__",
        "b'x'",
        "1j",
        "open",
        "'{}'.format(x)",
        "(yield 1)",
    ],
)
def test_verify_refuses_what_is_never_emitted(python: str) -> None:
    with pytest.raises(CompilerBug):
        verify_expression(ast.parse(python, mode="eval").body)


@pytest.mark.parametrize(
    "name", ["class", "len", "ctx", "__x__", "_", "search", "get", "text", "lambda", "None_", "item"]
)
def test_lambda_parameters_never_capture(name: str) -> None:
    source = f"{{{{ nodes.search.output.items | map({name} => ({name}.tags | length) + nodes.search.output.total) }}}}"
    assert run_text(source) == [4, 2]


def test_nested_lambdas_keep_their_own_parameters() -> None:
    source = "{{ nodes.search.output.items | map(x => x.tags | map(y => y ~ x.title) | map(x => x | upper)) }}"
    assert run_text(source) == [["BLUEPEN", "INKPEN"], []]


def test_a_fallback_is_evaluated_only_when_needed() -> None:
    assert run_text("{{ input.data.n ?? 1 // (input.id - 7) }}") == 5
    with pytest.raises(ExpressionError):
        run_text("{{ input.data.nope ?? 1 // (input.id - 7) }}")


@pytest.mark.parametrize(
    "source",
    [
        "{{ 2 ** 100000 }}",
        "{{ 10 ** 1000 * 10 ** 1000 * 10 ** 1000 }}",
        "{{ range(input.id * 1000000) }}",
        "{{ input.id / (input.id - 7) }}",
        "{{ input.data.x + 1 }}",
        "{{ input.data.nope }}",
        "{{ input.tags[99] }}",
        "{{ 0 ** -1 }}",
        "{{ input.data.b + 1 }}",
    ],
)
def test_what_fails_in_the_run_is_an_expression_error(source: str) -> None:
    with pytest.raises(ExpressionError):
        run_text(source)


@pytest.mark.parametrize(
    "source", ["/users/{{ input.data.none }}", "/users/{{ input.data.x }}", "{{ input.data.none }}"]
)
def test_urls_take_no_none_and_no_object_that_the_types_left_open(source: str) -> None:
    compiled = compile_text(source, sink=Sink.URL)
    assert compiled.python is not None
    with pytest.raises(ExpressionError):
        run_python(compiled.python, compiled.helpers, environment())


def test_text_prints_by_the_rules() -> None:
    source = (
        "{{ input.flag }}|{{ input.limit }}|{{ input.price }}|{{ input.tags }}|{{ input.when }}|{{ input.data.x.y[1] }}"
    )
    assert run_text(source) == 'true||2.5|["b","a","b"]|2026-01-02T03:04:05+00:00|{"z":"deep"}'
