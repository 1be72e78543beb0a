"""What costs something or gives another value each time is written once, however often its value is needed."""

# ruff: noqa: E501 - flows in one line each

import pytest

from catalyst.api import compile_flow
from tests.emitted import findings

HEAD = "catalyst: 1\nname: once\ninput: {s: string, xs: 'array<string>', data: any}\nnodes:\n"
READ = "output: {o: '{{ nodes.u.output }}'}\n"
FLOWS = {
    "a default that is recorded": '  u: {type: set, with: {value: "{{ input.s | int }}"}, on_error: {default: "{{ uuid() }}"}}\n',
    "a default of a node with a function": (
        '  u: {type: http, with: {url: "https://a.test/"}, on_error: {default: "{{ uuid() }}"}}\n'
    ),
    "a value that is recorded": '  u: {type: set, with: {value: "{{ uuid() }}"}}\n',
    "the list of a map": '  u: {type: map, over: "{{ [uuid()] }}", do: {n: {type: set, with: {value: "{{ item }}"}}}}\n',
    "the key of a cache": (
        '  u: {type: http, cache: {ttl: 1m, key: "{{ uuid() }}"}, with: {url: "https://a.test/"}}\n'
    ),
    "the body of an answer": '  r: {type: respond, with: {body: "{{ uuid() }}"}}\n  u: {type: set, with: {value: 1}}\n',
    "the start of a state": (
        '  u: {type: loop, state: {a: "{{ uuid() }}"}, max_iterations: 3, do: {n: {type: set, with: {value: 1}}}, next: {}}\n'
    ),
    "the middle of a comparison": "  u: {type: set, with: {value: \"{{ 'a' < uuid() < input.data.x }}\"}}\n",
}


@pytest.mark.parametrize("flow", FLOWS)
def test_written_once(flow: str) -> None:
    result = compile_flow(HEAD + FLOWS[flow] + READ)
    assert result.ok, findings(result)
    assert result.files["app/workflows/once.py"].count("new_uuid()") == 1
