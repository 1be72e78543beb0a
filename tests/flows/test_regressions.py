"""Small flows that once went wrong, found by the random ones."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows.generate import Case
from tests.flows.harness import build, differences

INPUT = {"n": 3, "s": "abc", "b": True, "xs": [1, 2]}
HEAD = """\
catalyst: 1
name: found
input: {n: integer, s: string, b: boolean, xs: "array<integer>", opt: {type: integer, required: false}}
types: {Rep: {n: integer, s: string, ok: boolean, xs: "array<integer>", maybe: "integer?"}}
"""

FLOWS = {
    "a value that a branch reads says nothing about the nodes around the branch": """
nodes:
  n1: {type: http, if: false, with: {url: "http://api.test/n1/any"}}
  n2: {type: set, with: {value: "{{ nodes.n1.output }}"}}
  n3: {type: set, needs: [n1, n2], with: {value: "{{ input.s }}"}}
  n4:
    type: parallel
    if: "{{ input.b }}"
    branches:
      one:
        n7: {type: set, with: {value: 1}}
        n9: {type: template, with: {text: "v {{ nodes.n3.output }}"}}
        n8: {type: template, if: "{{ input.b }}", with: {text: "w {{ nodes.n7.output }}"}}
""",
    "of two nodes one has surely run": """
nodes:
  n1: {type: http, with: {url: "http://api.test/n1/list"}, output: "array<integer>", on_error: {goto: n2}}
  n2: {type: set, with: {value: "{{ nodes.n1.error?.kind ?? '' }}"}}
  n6:
    type: switch
    cases:
      - when: "{{ input.b and (nodes.n2.output is none) }}"
        do:
          n8: {type: template, with: {text: "{{ nodes.n1.output }}{{ nodes.n2.output }}"}}
output: {o: "{{ nodes.n6.output }}"}
""",
    "an empty list is mapped": """
nodes:
  n1: {type: map, over: [], on_item_error: skip, do: {n2: {type: template, with: {text: "{{ item }}"}}}}
output: {o: "{{ nodes.n1.output }}"}
""",
    "the output of a node that gives nothing": """
nodes:
  n1: {type: log, with: {message: hi}}
  n2: {type: wait, with: {for: 20ms}}
output: {o: "{{ nodes.n1.output }}", p: "{{ nodes.n2.output }}"}
""",
    "the target of a jump asks its own condition, too": """
nodes:
  n1: {type: http, with: {url: "http://api.test/n1/any"}, on_error: {goto: n2}}
  n2: {type: raise, if: "{{ input.b }}", with: {title: no more}}
output: {o: 1}
""",
    "an error that nobody had because the node was skipped": """
nodes:
  n1: {type: http, if: "{{ input.n > 5 }}", with: {url: "http://api.test/n1/any"}, on_error: {goto: n2}}
  n2: {type: set, with: {value: 1}}
output: {o: "{{ nodes.n2.output }}"}
""",
    "an answer in one branch of a switch and slow work beside it": """
nodes:
  n1: {type: http, if: "{{ input.b }}", with: {url: "http://api.test/n1/rep"}, output: Rep}
  n2: {type: wait, with: {for: 192ms}}
  n4:
    type: switch
    cases:
      - when: "{{ nodes.n1.output?.ok ?? true }}"
        do: {n8: {type: http, with: {url: "http://api.test/n8/int", method: POST}, output: integer}}
    default: {n15: {type: respond, with: {status: 404}}}
  n30: {type: http, needs: [n4], with: {url: "http://api.test/n30/list"}}
""",
}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", FLOWS)
def test_flows_that_went_wrong_once(name: str, seed: int) -> None:
    given: dict[str, Any] = INPUT if seed % 2 else {**INPUT, "b": False, "opt": 4}
    case = Case(seed, HEAD + FLOWS[name], {}, given)
    result = build(case)
    assert result.ok, result.diagnostics
    assert differences(case, result) == []
