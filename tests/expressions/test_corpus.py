"""The bad inputs of tests/corpus: every `expression` line does what its label says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from templates.runtime.errors import ExpressionError
from tests.expressions.support import compile_text, environment, run_python

CORPUS = Path(__file__).parent.parent / "corpus" / "payloads.jsonl"
LINES = [
    line for line in map(json.loads, CORPUS.read_text(encoding="utf-8").splitlines()) if line["where"] == "expression"
]


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line["id"]))
def test_line_does_what_its_label_says(line: dict[str, Any]) -> None:
    compiled = compile_text(line["payload"])
    expect = line["expect"]
    if expect == "compile_error":
        assert compiled.errors
        return
    if compiled.python is None:
        assert expect in ("runtime_error", "missing"), [error.message for error in compiled.errors]
        return
    if expect in ("runtime_error", "missing"):
        with pytest.raises(ExpressionError) as caught:
            run_python(compiled.python, compiled.helpers, environment())
        assert "some text" not in caught.value.title
        return
    value = run_python(compiled.python, compiled.helpers, environment())
    assert expect == "ok" or isinstance(value, str)


def test_literals_are_kept() -> None:
    plain = [line for line in LINES if line["expect"] == "literal" and "{{" not in line["payload"]]
    assert plain
    for line in plain:
        compiled = compile_text(line["payload"])
        assert compiled.python is not None
        assert run_python(compiled.python, {}, {}) == line["payload"]


def test_all_lines_are_read() -> None:
    assert len(LINES) == 191
