"""When nodes run: handles, conditions on edges, joins, order, circles."""

import json

from tests.visual.visual_support import check_readable, document, edge, load, node, nodes_of, problems_of

ASK = node("condition", {"expression": "{{ input.n > 3 }}"})
HTTP = node("httpRequest", {"url": "https://a.example.com"})


def say(text: str = "x") -> dict:
    return node("log", {"message": text})


def test_a_condition_is_asked_once_and_guards_what_its_handles_lead_to():
    made = nodes_of({"ask": ASK, "yes": say(), "no": say()}, [edge("ask", "yes", "true"), edge("ask", "no", "false")])
    assert made["ask"] == {"type": "set", "with": {"value": "{{ input.n > 3 }}"}}
    assert made["yes"]["if"] == "{{ nodes.ask.output }}"
    assert made["no"]["if"] == "{{ not nodes.ask.output }}"
    assert "needs" not in made["yes"]


def test_conditions_that_are_no_comparison_become_true_or_false():
    made = nodes_of({"ask": node("condition", {"condition": "input.name"})})
    assert made["ask"]["with"]["value"] == "{{ true if input.name else false }}"


def test_targets_in_the_config_are_edges():
    ask = node("condition", {"expression": "input.n > 3", "trueTarget": "yes", "falseTarget": "no"})
    made = nodes_of({"ask": ask, "yes": say(), "no": say()})
    assert (made["yes"]["if"], made["no"]["if"]) == ("{{ nodes.ask.output }}", "{{ not nodes.ask.output }}")


def test_a_decision_behind_a_decision_may_be_skipped():
    nodes = {"one": ASK, "two": ASK, "end": say(), "other": say()}
    made = nodes_of(nodes, [edge("one", "two", "true"), edge("two", "end", "true"), edge("two", "other", "false")])
    assert made["two"]["if"] == "{{ nodes.one.output }}"
    assert made["end"]["if"] == "{{ nodes.two.output == true }}"
    assert made["other"]["if"] == "{{ nodes.two.output == false }}"


def test_a_join_runs_when_one_edge_is_taken_and_waits_for_all():
    nodes = {"ask": ASK, "more": ASK, "a": HTTP, "join": say()}
    made = nodes_of(nodes, [edge("ask", "a", "true"), edge("a", "join"), edge("more", "join", "true")])
    assert made["join"]["if"] == "{{ nodes.ask.output or nodes.more.output }}"
    assert made["join"]["needs"] == ["a"]


def test_both_branches_together_need_no_guard():
    nodes = {"ask": ASK, "a": HTTP, "b": HTTP, "join": say()}
    made = nodes_of(nodes, [edge("ask", "a", "true"), edge("ask", "b", "false"), edge("a", "join"), edge("b", "join")])
    assert made["join"] == {"type": "log", "needs": ["a", "b"], "with": {"message": "x"}}


def test_a_node_that_reads_something_sure_still_waits_for_its_edge():
    nodes = {"ask": ASK, "sure": HTTP, "a": HTTP, "end": say("{{ nodes.sure.output }}")}
    made = nodes_of(nodes, [edge("ask", "a", "true"), edge("a", "end")])
    # `sure` ran, so without a guard the node would run although its only edge was not taken.
    assert made["end"]["if"] == "{{ nodes.ask.output }}"
    assert made["end"]["needs"] == ["a"]


def test_switch_takes_one_handle():
    switch = node(
        "switch",
        {"expression": "input.kind", "cases": ["a", {"value": 2, "label": "two"}, {"condition": "input.n > 3"}]},
    )
    nodes = {"s": switch, "a": say(), "b": say(), "c": say(), "d": say()}
    edges = [edge("s", "a", "case0"), edge("s", "b", "two"), edge("s", "c", "case2"), edge("s", "d", "default")]
    made = nodes_of(nodes, edges)
    assert made["s"]["with"]["value"] == (
        "{{ 'case0' if input.kind == 'a' else 'case1' if input.kind == 2 else 'case2' if (input.n > 3) "
        "else 'default' }}"
    )
    assert [made[name]["if"] for name in "abcd"] == [
        f"{{{{ nodes.s.output == '{handle}' }}}}" for handle in ("case0", "case1", "case2", "default")
    ]


def test_a_condition_on_an_edge_is_a_decision_of_its_own():
    nodes = {"a": HTTP, "b": say(), "c": say()}
    edges = [edge("a", "b", condition="{{ nodes.a.output.ok == true }}"), edge("b", "c")]
    made = nodes_of(nodes, edges)
    assert made["a_to_b"] == {"type": "set", "with": {"value": "{{ nodes.a.output.ok == true }}"}}
    assert made["b"]["if"] == "{{ nodes.a_to_b.output }}"
    assert made["c"]["needs"] == ["b"]
    assert "if" not in made["c"]


def test_a_condition_on_an_edge_out_of_a_handle():
    nodes = {"ask": ASK, "b": say()}
    made = nodes_of(nodes, [edge("ask", "b", "true", condition="input.m > 1")])
    assert made["ask_to_b"] == {"type": "set", "if": "{{ nodes.ask.output }}", "with": {"value": "{{ input.m > 1 }}"}}
    assert made["b"]["if"] == "{{ nodes.ask_to_b.output == true }}"


def test_early_return_behind_a_handle_has_both_conditions():
    back = node("earlyReturn", {"condition": "input.m > 1 or input.k > 1", "response": "no"})
    made = nodes_of({"ask": ASK, "back": back}, [edge("ask", "back", "true")])
    assert made["back"]["if"] == "{{ nodes.ask.output and (input.m > 1 or input.k > 1) }}"


def test_ids_become_identifiers_also_inside_expressions():
    nodes = {"get-it": HTTP, "2nd": say("{{ nodes.get-it.output.x }} {{ nodes['get-it'].output }} nodes.get-it")}
    made = nodes_of(nodes, [edge("get-it", "2nd")])
    assert list(made) == ["get_it", "_2nd"]
    assert made["_2nd"]["with"]["message"] == "{{ nodes.get_it.output.x }} {{ nodes.get_it.output }} nodes.get-it"


def test_names_in_strings_of_expressions_stay():
    made = nodes_of({"a-b": HTTP, "c": say("{{ 'nodes.a-b' ~ nodes.a-b.output }}")})
    assert made["c"]["with"]["message"] == "{{ 'nodes.a-b' ~ nodes.a_b.output }}"


def test_ids_that_meet():
    assert problems_of({"a-b": HTTP, "a_b": HTTP}) == ["E159"]
    assert problems_of({"!!": HTTP}) == ["E159"]
    assert problems_of({"a": HTTP, "l": node("loop", {"items": "input.l", "body": {"A": HTTP}})}) == ["E159"]


def test_circles_are_named():
    found = load(
        document({"a": HTTP, "b": HTTP, "c": HTTP}, [edge("a", "b"), edge("b", "c"), edge("c", "a")])
    ).diagnostics
    assert [item.code for item in found] == ["E160"]
    assert found[0].message.count("->") == 3


def test_edges_need_both_ends_and_known_handles():
    (item,) = load(document({"first": HTTP}, [edge("first", "frist")])).diagnostics
    assert (item.code, item.label) == ("E158", "did you mean `first`?")
    (item,) = load(document({"ask": ASK, "b": HTTP}, [edge("ask", "b", "ture")])).diagnostics
    assert (item.code, item.label) == ("E158", "did you mean `true`?")
    assert problems_of({"a": HTTP, "b": HTTP}, [edge("a", "b", "true")]) == ["E158"]


def test_nodes_stand_in_the_order_in_which_they_run():
    nodes = {"last": say(), "middle": HTTP, "first": HTTP}
    assert list(nodes_of(nodes, [edge("first", "middle"), edge("middle", "last")])) == ["first", "middle", "last"]


def test_common_keys():
    keys = {
        "timeout": 2500,
        "retries": 2,
        "cache": {"enabled": True, "ttl": 60, "key": "{{ input.a }}"},
        "onError": "fallback",
        "fallbackValue": {"a": "{{ input.a }}"},
        "name": "Ask the server",
    }
    made = nodes_of({"x": {**HTTP, **keys}})["x"]
    assert made == {
        "type": "http",
        "description": "Ask the server",
        "with": {"url": "https://a.example.com"},
        "timeout": "2500ms",
        "retry": {"max_attempts": 3},
        "on_error": {"default": {"a": "{{ input.a }}"}},
        "cache": {"ttl": "1m", "key": "{{ input.a }}"},
    }
    assert nodes_of({"x": {**HTTP, "onError": "continue"}})["x"]["on_error"] == {"default": None}
    assert nodes_of({"x": {**HTTP, "cache": {"enabled": False, "ttl": 60}}})["x"].get("cache") is None


def test_shared_nodes_lie_under_the_node():
    raw = document({"x": {"sharedNode": "api", "config": {"method": "POST"}}})
    raw["sharedNodes"] = {"api": node("httpRequest", {"url": "https://a.example.com", "method": "GET"}, timeout=1000)}
    loaded = load(raw)
    assert not loaded.diagnostics
    made = loaded.flows[0].tree["nodes"]["x"]
    assert made["with"] == {"method": "POST", "url": "https://a.example.com"}
    assert made["timeout"] == "1s"


def test_errors_in_expressions_point_into_the_json():
    raw = document(
        {"a-long-id": HTTP, "ask": node("condition", {"expression": "nodes.a-long-id.output.x > oops"}), "y": say()}
    )
    raw["workflows"]["main"]["edges"] = [edge("ask", "y", "true")]
    text = json.dumps(raw, indent=1)
    loaded = load(raw)
    check_readable(loaded.flows[0].tree)
    value = loaded.flows[0].tree["nodes"]["ask"]["with"]["value"]
    assert value == "{{ nodes.a_long_id.output.x > oops }}"
    at = value.index("oops")
    span = value.span_of(at, at + 4)
    assert text.split("\n")[span.line - 1][span.column - 1 : span.end_column - 1] == "oops"


def test_a_thousand_nodes_in_a_row_and_beside_each_other():
    nodes = {f"n{index}": say() for index in range(1000)}
    made = nodes_of(nodes, [edge(f"n{index}", f"n{index + 1}") for index in range(999)])
    assert made["n999"]["needs"] == ["n998"]
    assert len(nodes_of(nodes)) == 1000


def test_an_edge_from_a_node_to_itself_is_a_circle():
    raw = document({"a": say(), "b": say()})
    raw["workflows"]["main"]["edges"] = [edge("a", "a"), edge("a", "b")]
    assert [(item.code, item.message) for item in load(raw).diagnostics] == [
        ("E160", "the edges go in a circle: a -> a")
    ]
