"""Nothing that is read is passed over in silence: what has no effect is a warning where it stands."""

import pytest

from tests.visual.visual_support import document, load, node

LOOP = {"items": "{{ input.l }}", "body": {"a": node("log", {"message": "x"})}}
ROUTES = {"prompt": "x", "models": [{"model": "gpt-5.4", "condition": "input.n > 3"}, "gpt-5.4-mini"]}


@pytest.mark.parametrize(
    ("kind", "config", "named"),
    [
        ("mapArray", {"items": "{{ input.l }}", "expression": "item", "parallel": True}, "parallel"),
        ("loop", LOOP | {"maxConcurrent": 3}, "maxConcurrent"),
        ("delay", {"until": "{{ input.t }}", "duration": 5}, "duration"),
        ("switch", {"expression": "input.n", "cases": [1], "default": 5}, "default"),
        ("llmRouter", ROUTES | {"routingStrategy": "order"}, "asked in order"),
        ("llmRouter", ROUTES | {"routerModel": "gpt-5.4-mini"}, "routerModel"),
        (
            "agenticToolCall",
            {"model": "gpt-5.4", "prompt": "x", "tools": [{"name": "f", "strict": True}]},
            "strict",
        ),
    ],
)
def test_settings_without_effect(kind, config, named):
    (item,) = load(document({"x": node(kind, config)})).diagnostics
    assert item.code == "W150"
    assert named in item.message


def test_what_surrounds_the_nodes_without_effect():
    raw = document({"x": node("log", {"message": "x"})}, output={"type": "json", "schema": {"type": "array"}})
    raw["workflows"]["main"]["trigger"] = {"type": "subworkflowTrigger", "config": {"path": "/x"}}
    raw["config"] = {"runtime": "python", "pythonVersion": "3.12", "framework": "FastAPI", "port": 9000}
    found = sorted((item.code, item.message.split("`")[1]) for item in load(raw).diagnostics)
    assert found == [("W150", "config"), ("W150", "port"), ("W150", "schema")]
