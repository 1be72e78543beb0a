"""How long nodes took, as `Server-Timing` says it: a node that waits inside shows its whole time."""

from pathlib import Path

import pytest

from catalyst.api import compile_flow
from tests.emitted import World, findings, imported, serving, write_files

FLOWS = {
    "switch": """
    cases:
      - when: "{{ input.b }}"
        do: {pause: {type: wait, with: {for: 20ms}}, last: {type: set, needs: [pause], with: {value: 1}}}
""",
    "try": """
    do: {pause: {type: wait, with: {for: 20ms}}, last: {type: set, needs: [pause], with: {value: 1}}}
    finally: {end: {type: log, with: {message: done}}}
""",
    "parallel": """
    branches:
      slow: {pause: {type: wait, with: {for: 20ms}}, last: {type: set, needs: [pause], with: {value: 1}}}
      quick: {other: {type: set, with: {value: 1}}}
""",
    "loop": """
    state: {n: 0}
    max_iterations: 2
    do: {pause: {type: wait, with: {for: 20ms}}, last: {type: set, needs: [pause], with: {value: 1}}}
    next: {n: "{{ nodes.last.output }}"}
""",
    "map": """
    over: [1, 2]
    do: {pause: {type: wait, with: {for: 20ms}}, last: {type: set, needs: [pause], with: {value: 1}}}
""",
}


@pytest.mark.parametrize("kind", FLOWS)
def test_a_control_node_took_at_least_as_long_as_what_is_inside(kind: str, tmp_path: Path) -> None:
    head = "catalyst: 1\nname: timed\ninput: {b: boolean}\nnodes:\n  whole:\n"
    after = "  after: {type: set, needs: [whole], with: {value: 2}}\noutput: {o: '{{ nodes.after.output }}'}\n"
    result = compile_flow(f"{head}    type: {kind}{FLOWS[kind]}{after}")
    assert result.ok, findings(result)
    write_files(result.files, tmp_path)
    with imported(tmp_path), serving(result, World()) as client:
        answer = client.post("/api/v1/timed/execute", json={"b": True})
    assert answer.status_code == 200, answer.text
    entries = (entry.split(";dur=") for entry in answer.headers["server-timing"].split(", "))
    took = {name: float(duration) for name, duration in entries}
    assert took["total"] >= took["whole"] >= took["pause"] > took["after"]
    assert took.get("whole.slow", took["whole"]) >= took["pause"]
