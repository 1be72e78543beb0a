"""What surrounds the nodes: triggers, input, output, limits, secrets, several workflows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalyst.spec.visual.catalog import TRANSLATIONS
from tests.visual.visual_support import document, edge, load, node, only_tree, problems, problems_of, tree_of

SAY = {"x": node("editFields", {"mode": "replace", "fields": {"a": 1}})}
ASK = node("condition", {"expression": "input.n > 3"})
SET = SAY["x"]


def test_http_endpoint():
    config = {
        "method": "GET",
        "path": "/a/:id",
        "authentication": {"type": "apiKey", "config": {"header": "X-Key", "secret": "{{ secrets.KEY }}"}},
        "rateLimit": {"requests": 10, "window": "30s"},
        "cors": {"origins": ["*"]},
    }
    raw = document(SAY, trigger={"type": "httpEndpoint", "config": config}, input={"id": {"type": "string"}})
    raw["secrets"] = {"KEY": {}}
    made = only_tree(load(raw))
    assert made["triggers"] == [
        {
            "http": {
                "method": "GET",
                "path": "/a/{id}",
                "auth": {"api_key": {"header": "X-Key", "secret": "KEY"}},
                "rate_limit": "10/30s",
            }
        }
    ]
    assert made["settings"] == {"cors": {"origins": ["*"]}}


@pytest.mark.parametrize("kind", ["bearer", "basic", "none"])
def test_authentication(kind):
    raw = document(SAY, trigger={"type": "httpEndpoint", "config": {"authentication": {"type": kind}}})
    raw["secrets"] = {"BEARER_TOKEN": {}, "BASIC_USER": {}, "BASIC_PASSWORD": {}}
    made = only_tree(load(raw))
    assert made["triggers"][0]["http"].get("auth") == (None if kind == "none" else {kind: {}})


def test_scheduled_task():
    made = tree_of(
        SAY,
        trigger={
            "type": "scheduledTask",
            "config": {"schedule": "0 6 * * *", "timezone": "Europe/Madrid", "preventOverlap": True},
        },
    )
    assert made["triggers"] == [{"schedule": {"cron": "0 6 * * *", "timezone": "Europe/Madrid", "overlap": "skip"}}]


def test_subworkflow_has_no_trigger():
    assert tree_of(SAY, trigger={"type": "subworkflowTrigger"})["triggers"] == []


@pytest.mark.parametrize("kind", ["webhookReceiver", "websocketEndpoint", "queueConsumer", "httpEndpont"])
def test_other_triggers_are_errors(kind):
    assert problems_of(SAY, trigger={"type": kind}) == ["E161"]


def test_input():
    made = tree_of(
        SAY,
        input={
            "a": {
                "type": "string",
                "required": True,
                "description": "A",
                "validation": {"minLength": 2, "pattern": "^x"},
            },
            "b": {"type": "number", "default": 3, "validation": {"min": 1, "maximum": 9}},
            "c": {"type": "array", "items": {"type": "string"}},
            "d": {"type": "object", "properties": {"e": {"type": "integer"}}},
            "f": {"type": "array", "required": False},
        },
    )
    assert made["input"] == {
        "a": {"type": "string", "required": True, "description": "A", "min_length": 2, "pattern": "^x"},
        "b": {"type": "number", "default": 3, "min": 1, "max": 9},
        "c": {"items": {"type": "string"}},
        "d": {"properties": {"e": {"type": "integer"}}},
        "f": {"type": "array<any>", "required": False},
    }


def test_output_of_one_last_node_is_its_value():
    assert tree_of(SAY)["output"] == "{{ nodes.x.output }}"


def test_output_of_several_last_nodes_is_an_object_by_id():
    assert tree_of({"a": SET, "b": SET})["output"] == {"a": "{{ nodes.a.output }}", "b": "{{ nodes.b.output }}"}


def test_output_of_branches_is_the_one_that_ran():
    made = tree_of({"ask": ASK, "a": SET, "b": SET}, [edge("ask", "a", "true"), edge("ask", "b", "false")])
    assert made["output"] == "{{ nodes.a.output ?? nodes.b.output }}"


def test_output_of_last_nodes_that_may_both_run():
    made = tree_of({"one": ASK, "two": ASK, "a": SET, "b": SET}, [edge("one", "a", "true"), edge("two", "b", "true")])
    assert made["output"] == (
        "{{ nodes.a.output if nodes.b.output is none else nodes.b.output if nodes.a.output is none else "
        "{'a': nodes.a.output, 'b': nodes.b.output} }}"
    )


def test_streamed_output():
    made = tree_of(SAY, output={"type": "stream", "format": "sse", "events": ["token", "done"]})
    assert made["output"] == {"value": "{{ nodes.x.output }}", "stream": True}
    assert made["triggers"] == [{"http": {"events": ["token", "done"]}}]
    assert problems_of(SAY, output={"type": "stream", "format": "websocket"}) == ["E162"]
    assert problems_of(SAY, output={"type": "stream", "events": ["tokn"]}) == ["E153"]


def test_output_schema():
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
    assert tree_of(SAY, output={"type": "json", "schema": schema})["output"] == {
        "a": {"type": "integer", "value": "{{ nodes.x.output.a }}"},
        "b": {"value": "{{ nodes.x.output?.b }}"},
    }


def test_limits_secrets_and_constants():
    raw = document(SAY, executionConfig={"timeout": 30_000, "retries": 2, "retryDelay": 250, "retryBackoff": "linear"})
    raw |= {"secrets": {"A": {"required": True}, "B": {}}, "globalVariables": {"M": "m", "n": {"k": [1]}}}
    made = only_tree(load(raw))
    assert made["defaults"] == {"retry": {"max_attempts": 3, "delay": "250ms", "backoff": "linear"}}
    assert made["settings"] == {"timeout": "30s"}
    assert made["secrets"] == ["A", "B"]
    assert made["vars"] == {"M": "m", "n": {"k": [1]}}


def test_a_default_for_a_secret_is_not_used():
    raw = document(SAY)
    raw["secrets"] = {"A": {"default": "hunter2"}}
    (item,) = load(raw).diagnostics
    assert (item.code, item.severity) == ("W150", "warning")
    assert "hunter2" not in item.message


def test_several_workflows_are_several_flows():
    raw = document(SAY)
    raw["workflows"]["second-one"] = {"name": "The second", "nodes": SAY}
    loaded = load(raw)
    assert [(flow.name, flow.key) for flow in loaded.flows] == [("main", "main"), ("second_one", "second-one")]
    assert loaded.flows[1].tree["description"] == "The second"


def test_workflows_that_meet():
    raw = document(SAY)
    raw["workflows"]["Main"] = {"nodes": SAY}
    assert [code for code, _ in problems(raw)] == ["E159"]


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"workflows": []},
        {"workflows": {"a": 3}},
        {"workflows": {"a": {"nodes": {}}}},
        {"workflows": {"a": {"nodes": {"x": 3}}}},
        {"workflows": {"a": {"nodes": {"x": {"config": {}}}}}},
        {
            "workflows": {
                "a": {"nodes": {"x": {"type": "condition", "config": {"expression": "true"}, "timeout": "1s"}}}
            }
        },
        {"workflows": {"a": {"nodes": [{"type": "delay"}]}}},
        {"workflows": {"a": {"nodes": SAY, "edges": [3]}}},
        {"workflows": {"a": {"nodes": SAY, "edges": {"a": 1}}}},
        {"schemaVersion": "2.0.0", "workflows": {"a": {"nodes": SAY}}},
        {"workflows": {"a": {"nodes": SAY, "nods": {}}}},
        {"workflows": {"a": {"nodes": SAY, "input": {"a": 3}}}},
    ],
)
def test_wrong_shapes_are_errors_with_a_place(raw):
    found = load(raw).diagnostics
    assert {item.code for item in found} == {"E153"}
    assert all(item.line >= 1 for item in found)


def test_all_errors_of_a_file_at_once():
    nodes = {"a": node("gmailOperation"), "b": node("httpReqest"), "c": node("delay", {"durration": 3})}
    assert sorted(problems_of(nodes, [edge("a", "z")])) == ["E154", "E155", "E157", "E157", "E158"]


def test_a_secret_that_may_be_left_out():
    raw = document({"x": node("log", {"message": "x"})})
    raw["secrets"] = {"A": {"required": False}, "B": {"required": True, "description": "b"}, "C": {}}
    assert only_tree(load(raw))["secrets"] == {"A": {"required": False}, "B": {"description": "b"}, "C": {}}


def test_a_default_of_null_is_none_given():
    made = tree_of({"x": node("log", {"message": "x"})}, input={"a": {"type": "string", "default": None}})
    assert made["input"] == {"a": {"type": "string"}}


def test_an_unknown_rule_is_told_once():
    raw = {"a": {"type": "string", "validation": {"format": "email"}}}
    assert problems_of({"x": node("log", {"message": "x"})}, input=raw) == ["E153"]


def test_the_flow_of_everything_has_every_type():
    document = json.loads((Path(__file__).parent.parent / "golden/visual_all/flow.json").read_text(encoding="utf-8"))
    assert set(TRANSLATIONS) <= set(_types(document))


def _types(raw: Any) -> Iterator[str]:
    for value in raw.values() if isinstance(raw, dict) else raw if isinstance(raw, list) else ():
        yield from _types(value)
    if isinstance(raw, dict) and isinstance(raw.get("type"), str):
        yield raw["type"]
