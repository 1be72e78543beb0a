"""Small flows that once went wrong, found by the random ones."""

# ruff: noqa: E501 - flows in one line each

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

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
    "an answer that cannot be made has its stand-in, and the flow goes on": """
nodes:
  n1:
    type: switch
    cases:
      - when: "{{ input.b }}"
        do:
          n2: {type: respond, with: {body: "{{ 10 / (input.n - 3) }}"}, on_error: {default: 4}}
    default: {n3: {type: set, with: {value: 5}}}
  n4: {type: respond, if: "{{ not input.b }}", with: {body: "{{ 10 / (input.n - 3) }}"}, on_error: {goto: n5}}
  n5: {type: template, with: {text: "{{ nodes.n4.error?.kind }}"}}
  n6: {type: raise, if: "{{ input.b }}", with: {title: no}, on_error: {default: 11}}
output: {o: "{{ nodes.n1.output }}", p: "{{ nodes.n5.output }}", q: "{{ nodes.n6.output }}"}
""",
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
    "a mapped list that may be none by its fallback, and that nobody reads": """
nodes:
  n1: {type: map, over: "{{ input.xs }}", on_error: {default: null}, do: {n2: {type: set, with: {value: "{{ item }}"}}}}
  n3: {type: set, needs: [n1], with: {value: 1}}
output: {o: "{{ nodes.n3.output }}"}
""",
    "what is called off does not go on because its `finally` fails": """
nodes:
  n3:
    type: parallel
    mode: race
    branches:
      b0:
        n4:
          type: try
          do:
            n5:
              type: try
              do: {n6: {type: wait, with: {for: 5s}}}
              finally:
                n7: {type: http, with: {url: "http://api.test/n7/int"}}
                n8: {type: raise, with: {title: no}, needs: [n7]}
          catch: [{do: {n9: {type: set, with: {value: 1}}}}]
        n10: {type: http, needs: [n4], with: {url: "http://api.test/n10/int", method: POST}}
      b1:
        n11: {type: wait, with: {for: 400ms}}
output: {o: "{{ nodes.n3.output.branch }}"}
""",
    "a switch beside others that leaves by `goto` before it has a value": """
nodes:
  n1: {type: http, with: {url: "http://api.test/n1/int"}}
  n2:
    type: switch
    on_error: {goto: n7}
    cases:
      - when: "{{ input.b }}"
        do: {n3: {type: raise, with: {title: no}}}
    default:
      n4: {type: http, with: {url: "http://api.test/n4/int"}}
  n6: {type: set, needs: [n1], if: "{{ nodes.n2.error?.kind is none }}", with: {value: 1}}
  n7: {type: set, with: {value: 2}}
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
    "an inner loop starts with the state of the loop around it, whose index is its own": """
nodes:
  n1:
    type: loop
    state: {acc: [3], seen: []}
    max_iterations: 3
    do:
      n2:
        type: loop
        state: {acc: "{{ loop.state.acc + [loop.index] }}"}
        max_iterations: 2
        do: {n3: {type: set, with: {value: "{{ loop.index }}"}}}
        next: {acc: "{{ loop.state.acc + [nodes.n3.output, loop.index] }}"}
    next: {acc: "{{ nodes.n2.output.acc }}", seen: "{{ loop.state.seen + [loop.index] }}"}
output: {o: "{{ nodes.n1.output }}"}
""",
    "items of a map inside a map have the same name": """
nodes:
  n1:
    type: map
    over: "{{ input.xs }}"
    do:
      n2:
        type: map
        over: "{{ [item, index] }}"
        do: {n3: {type: set, with: {value: "{{ item + index }}"}}}
      n4: {type: template, with: {text: "{{ item }} {{ index }} {{ nodes.n2.output }}"}}
output: {o: "{{ nodes.n1.output }}"}
""",
    "nodes with names that emitted code uses itself": """
nodes:
  error: {type: http, with: {url: "http://api.test/error/list", method: POST}, on_error: {default: null}, output: "array<integer>"}
  group: {type: http, with: {url: "http://api.test/group/int", method: POST}, on_error: {default: 3}, output: integer}
  task: {type: set, with: {value: "{{ nodes.error.output ?? [nodes.group.output] }}"}}
  text:
    type: try
    do: {len: {type: http, with: {url: "http://api.test/len/int/{{ nodes.group.output }}"}}}
    catch:
      - do: {ctx: {type: template, with: {text: "{{ err.kind }} {{ nodes.error.output }} {{ nodes.task.output | length }}"}}}
  done:
    type: loop
    state: {index: 0, node: "{{ nodes.task.output }}"}
    until: "{{ loop.state.index > 2 }}"
    max_iterations: 5
    do: {list: {type: set, with: {value: "{{ loop.state.index + 1 + loop.index }}"}}}
    next: {index: "{{ nodes.list.output }}"}
  found: {type: map, over: "{{ nodes.task.output }}", concurrency: 2, as: str, index_as: int, do: {range: {type: template, with: {text: "{{ str }}{{ int }}"}}}}
  settle: {type: parallel, mode: settled, branches: {app: {uuid: {type: set, with: {value: "{{ nodes.done.output.index }}"}}}, as_failure: {wait: {type: wait, with: {for: 1ms}}}}}
output: {o: "{{ nodes.done.output }}", text: "{{ nodes.text.output }}", error: "{{ nodes.error.output }}", found: "{{ nodes.found.output }}", settle: "{{ nodes.settle.output }}"}
""",
    "time runs out while the losers of a race clean up": """
nodes:
  n1:
    type: parallel
    mode: race
    timeout: 300ms
    branches:
      quick: {n2: {type: wait, with: {for: 10ms}}}
      slow:
        n3:
          type: try
          do: {n4: {type: wait, with: {for: 5s}}}
          finally: {n5: {type: http, with: {url: "http://api.test/n5/int", method: POST}}}
  n6: {type: http, needs: [n1], with: {url: "http://api.test/n6/int", method: POST}}
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
    "a step in a lane of its own asks about nodes that only the lane before it waits for": """
nodes:
  n1: {type: http, with: {url: "http://api.test/n1/any"}, on_error: {goto: n3}}
  n2: {type: http, if: "{{ input.b }}", with: {url: "http://api.test/n2/any"}, on_error: {default: null}}
  n3: {type: wait, with: {for: 98ms}}
  n4: {type: set, needs: [n1, n2], with: {value: 1}}
  n5: {type: http, with: {url: "http://api.test/n5/any/{{ nodes.n4.output ?? 3 }}"}, on_error: {default: null}}
""",
    "an answer in a lane inside a try, and values that are not there because of it": """
nodes:
  n1:
    type: try
    do:
      n2: {type: wait, with: {for: 20ms}}
      n3: {type: switch, needs: [n2], cases: [{when: "{{ input.b }}", do: {n4: {type: respond, with: {body: 1}}}}], default: {n5: {type: set, with: {value: 2}}}}
      n6: {type: wait, with: {for: 300ms}}
      n7: {type: set, needs: [n6], with: {value: "{{ nodes.n3.output }}"}}
  n8: {type: set, with: {value: "{{ nodes.n7a.output }}{{ nodes.n1.output }}"}}
  n7a: {type: http, with: {url: "http://api.test/n7a/any", method: POST}, on_error: {default: null}}
output: {o: "{{ nodes.n8.output }}", p: "{{ nodes.n1.output }}"}
""",
    "an answer in a branch, in an item and in a round ends the nodes around it": """
nodes:
  n1:
    type: parallel
    branches:
      one:
        n2: {type: respond, if: "{{ input.b }}", with: {body: 1}}
        n3: {type: set, with: {value: 2}}
      two: {n4: {type: http, with: {url: "http://api.test/n4/any"}, on_error: {default: null}}}
  n5: {type: log, needs: [n1], with: {message: behind the branches}}
  n6:
    type: map
    over: "{{ input.xs }}"
    concurrency: 2
    do:
      n7: {type: wait, with: {for: 5ms}}
      n8: {type: switch, needs: [n7], cases: [{when: "{{ item > 1 and input.b }}", do: {n9: {type: respond, with: {body: "{{ item }}"}}}}], default: {n10: {type: set, with: {value: "{{ item }}"}}}}
      n11: {type: set, with: {value: "{{ nodes.n8.output }}!"}}
  n12: {type: log, with: {message: "behind the items {{ nodes.n6.output }}"}}
  n13:
    type: loop
    state: {i: 0}
    while: "{{ loop.state.i < 3 }}"
    max_iterations: 5
    do:
      n14: {type: respond, if: "{{ input.b and loop.state.i == 1 }}", with: {body: "{{ loop.index }}"}}
      n15: {type: http, with: {url: "http://api.test/n15/any/{{ loop.index }}"}, on_error: {default: null}}
    next: {i: "{{ loop.state.i + 1 }}"}
  n16: {type: log, with: {message: "behind the rounds {{ nodes.n13.output }}"}}
""",
    "what stands behind an answer in its body goes on, what waits for the node does not": """
nodes:
  n1:
    type: switch
    cases:
      - when: "{{ input.b }}"
        do:
          n2: {type: respond, with: {body: 1}}
          n3: {type: log, needs: [n2], with: {message: in the body}}
  n4: {type: log, needs: [n1], with: {message: behind the switch}}
""",
    "an answer and an error do not wait for work that they do not depend on": """
nodes:
  n1: {type: wait, with: {for: 100ms}}
  n2: {type: wait, with: {for: 120ms}}
  n3: {type: respond, if: "{{ input.b }}", needs: [n1, n2], with: {body: 1}}
  n4: {type: wait, needs: [n1], with: {for: 2s}}
  n5: {type: raise, if: "{{ not input.b }}", needs: [n1, n2], with: {title: no more}}
""",
    "a node that gives nothing, with a stand-in for its output, in a lane": """
nodes:
  n1:
    type: loop
    state: {i: 0}
    max_iterations: 2
    do:
      n2: {type: try, do: {n3: {type: wait, with: {for: 20ms}}}, on_error: {default: null}}
      n4: {type: http, with: {url: "http://api.test/n4/any/{{ loop.index }}"}, on_error: {default: null}}
      n5: {type: set, with: {value: "{{ nodes.n4.output }}{{ nodes.n2.output }}{{ nodes.n2.status }}"}}
    next: {i: "{{ loop.state.i + 1 }}"}
output: {o: "{{ nodes.n1.output.i }}"}
""",
    "a loop whose body always answers": """
nodes:
  n1:
    type: loop
    state: {i: 0}
    while: "{{ loop.state.i < 3 }}"
    max_iterations: 5
    do:
      n2: {type: http, with: {url: "http://api.test/n2/any/{{ loop.index }}"}, on_error: {default: null}}
      n3: {type: respond, needs: [n2], with: {body: "{{ loop.index }}"}}
      n4: {type: http, needs: [n3], with: {url: "http://api.test/n4/any/{{ loop.index }}"}, on_error: {default: null}}
    next: {i: "{{ loop.state.i + 1 }}"}
  n5: {type: log, with: {message: "{{ nodes.n1.output.i }}"}}
""",
    "an expression that fails in a node inside another, or as the key of a cache, is the error of that node": """
nodes:
  n1: {type: set, with: {value: 1}}
  n2:
    type: switch
    timeout: 5s
    cases:
      - when: "{{ input.b }}"
        do: {n3: {type: set, with: {value: "{{ input.xs[input.n] }}"}}}
    default: {n4: {type: http, with: {url: "http://api.test/n4/int"}, cache: {ttl: 1m, key: "{{ input.xs[5] }}"}}}
""",
    "an error deep in a lane ends the lanes beside it at once, not when its own neighbours have cleaned up": """
nodes:
  n1: {type: wait, with: {for: 20ms}}
  n2:
    type: try
    needs: [n1]
    do: {n3: {type: wait, with: {for: 5s}}}
    finally: {n4: {type: http, with: {url: "http://api.test/n4/int"}, timeout: 4s}, n5: {type: wait, needs: [n4], with: {for: 2s}}}
  n6: {type: wait, needs: [n1], with: {for: 10ms}}
  n7: {type: raise, if: "{{ input.b }}", needs: [n6], with: {title: no more}}
  n8: {type: http, with: {url: "http://api.test/n8/int"}, timeout: 4s}
  n9: {type: log, needs: [n8], with: {message: beside}}
""",
    "a node with a time limit tells that it answered, and an answer elsewhere is not its own": """
nodes:
  n1: {type: respond, with: {body: early}}
  n2:
    type: switch
    timeout: 5s
    cases:
      - when: "{{ input.b }}"
        do: {n3: {type: wait, with: {for: 10ms}}, n4: {type: respond, needs: [n3], with: {body: late}}}
    default: {n5: {type: set, with: {value: 7}}}
  n6: {type: http, with: {url: "http://api.test/n6/any/{{ nodes.n2.output }}"}, on_error: {default: null}}
  n7: {type: log, with: {message: "{{ nodes.n2.output + 1 }}"}}
""",
}


FOUND = sorted((Path(__file__).parent / "found").glob("*.yaml"))
"""Large flows that went wrong: a value passed on that may be none, an answer deep inside, a value of a nested function,
values that a lane need not hand over."""


@pytest.mark.parametrize("path", FOUND, ids=lambda path: str(path.stem))
def test_large_flows_that_went_wrong_once(path: Path) -> None:
    case = Case(**yaml.safe_load(path.read_text(encoding="utf-8")))
    result = build(case)
    assert result.ok, result.diagnostics
    assert differences(case, result) == []


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", FLOWS)
def test_flows_that_went_wrong_once(name: str, seed: int) -> None:
    given: dict[str, Any] = INPUT if seed % 2 else {**INPUT, "b": False, "opt": 4}
    case = Case(seed, HEAD + FLOWS[name], {}, given)
    result = build(case)
    assert result.ok, result.diagnostics
    assert differences(case, result) == []
