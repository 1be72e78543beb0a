"""A wrong visual file gives findings, never an exception."""

import json
import random
from pathlib import Path

from catalyst.spec.flow import flow_from_tree
from catalyst.spec.visual.catalog import ALL_TYPES
from catalyst.spec.visual.load import load_visual

SOURCE = (Path(__file__).parents[2] / "examples/visual_triage/flow.json").read_text()
JUNK = [
    None,
    True,
    0,
    -1,
    1.5,
    "",
    "x",
    "{{ nodes.x.output }}",
    "{{",
    [],
    {},
    [1],
    {"a": 1},
    ["a"],
    {"type": "static", "value": []},
]


def mutated(value, chance, pick: random.Random):
    if pick.random() < chance:
        return pick.choice([*JUNK, pick.choice(ALL_TYPES)])
    if isinstance(value, dict):
        pairs = {
            key if pick.random() > chance else pick.choice(["", "é", "a b", "type", "nodes"]): inner
            for key, inner in value.items()
        }
        return {key: mutated(inner, chance, pick) for key, inner in pairs.items()}
    return [mutated(inner, chance, pick) for inner in value] if isinstance(value, list) else value


def check(text: str) -> None:
    loaded = load_visual(text, "flow.json")
    for flow in loaded.flows:
        flow_from_tree(flow.tree, "flow.json")
    assert loaded.flows or loaded.has_errors


def test_mutated_values():
    for seed in range(1500):
        pick = random.Random(seed)
        check(json.dumps(mutated(json.loads(SOURCE), pick.choice([0.005, 0.02, 0.1]), pick)))


def test_mutated_text():
    for seed in range(500):
        pick = random.Random(seed)
        at = pick.randrange(len(SOURCE))
        check(
            SOURCE[:at]
            + pick.choice(["", '"', "{", "}", ",", "\\", "\n", "\x00", "[" * 80])
            + SOURCE[at + pick.randrange(4) :]
        )


def test_any_type_with_any_setting():
    names = (
        "expression items cases code fields url method auth retry children body options type weights template variables"
    )
    for seed in range(1500):
        pick = random.Random(seed)
        config = {name: pick.choice(JUNK) for name in pick.sample(names.split(), 4)}
        nodes = {
            "a": {"type": pick.choice(ALL_TYPES), "config": config},
            "b": {"type": pick.choice(ALL_TYPES), "config": {}},
        }
        check(json.dumps({"workflows": {"w": {"nodes": nodes, "edges": [{"source": "a", "target": "b"}]}}}))
