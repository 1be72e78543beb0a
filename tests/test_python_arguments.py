"""The names of a `python` node's arguments stand in the code, so they can be names and nothing else."""

import pytest

from catalyst.api import compile_flow

FLOW = """\
catalyst: 1
name: named
input: {words: object}
nodes:
  call: {type: python, with: {function: "lib.kw:f", args: ARGS}}
output: {x: "{{ nodes.call.output }}"}
"""
LIBRARY = {"lib/kw.py": "def f(**kw: object) -> str:\n    return str(kw)\n"}


@pytest.mark.parametrize("args", ['{"a=print(1), b": 2}', '{"": 1}', '{"#": 1}', "{class: 1}", '"{{ input.words }}"'])
@pytest.mark.parametrize("read", [LIBRARY.get, None])
def test_what_is_no_name_is_refused(args: str, read: object) -> None:
    result = compile_flow(FLOW.replace("ARGS", args), read=read)  # type: ignore[arg-type]
    assert not result.ok
    assert [(item.code, item.span.line) for item in result.diagnostics] == [("E144", 5)]
    assert "argument" in result.diagnostics[0].message or "args" in result.diagnostics[0].message


def test_names_are_passed_on() -> None:
    result = compile_flow(FLOW.replace("ARGS", "{a_b: 1}"), read=LIBRARY.get)
    assert result.ok
    assert "f, a_b=1)" in result.files["app/workflows/named.py"]
