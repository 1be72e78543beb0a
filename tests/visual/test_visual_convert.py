"""Either form as the other: nothing is lost, and what was edited since wins."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalyst.spec.flow import load_flow
from catalyst.spec.load import load_tree
from catalyst.spec.visual.convert import SECTION, project_to_visual, to_visual, to_yaml
from catalyst.spec.visual.load import load_visual
from catalyst.spec.visual.patch import apply_patch, difference, plain, same
from catalyst.spec.visual.yaml_writer import write_yaml
from tests.visual.visual_support import document, edge, load, node

ROOT = Path(__file__).parents[2]
TRIAGE = (ROOT / "examples/visual_triage/flow.json").read_text()

FLOW = """\
# A comment on top.
catalyst: 1
name: orders   # trailing
description: Take an order.
triggers:
  - http: {method: POST, path: /orders, auth: api_key, rate_limit: 100/minute}
  - schedule: {cron: "0 6 * * *", overlap: queue}
input:
  order_id: string
  total: {type: number, min: 0, default: 1.0}
types:
  Score: {risk: number}
env: {RISK_URL: "http://127.0.0.1:9001"}
secrets: [PAY_TOKEN]
vars: {limit: 0.8, words: ["on", "yes", "1"]}
defaults: {timeout: 10s, retry: {max_attempts: 2, errors: [timeout]}}
settings: {timeout: 1m, concurrency: 5}

nodes:
  # What it costs.
  score:
    type: http
    with: {method: POST, url: "{{ env.RISK_URL }}/score", json: {total: "{{ input.total }}"}}
    output: Score
    retry: {max_attempts: 3}
    on_error: {default: {risk: 1.0}}
  risky:
    type: switch
    cases:
      - when: "{{ nodes.score.output.risk > vars.limit }}"
        do: {held: {type: respond, with: {status: 202, body: {status: held}}}}
  lines:
    type: map
    over: "{{ [1, 2] }}"
    as: line
    do: {double: {type: set, with: {value: "{{ line * 2 }}"}}}
  note:
    type: set
    if: "{{nodes.score.output.risk > 0.1}}"
    needs: [risky]
    with: {value: {text: "a: b # c", lines: "one\\ntwo\\n"}}
  pause: {type: wait, needs: risky, with: {for: 1500ms}}
  count:
    type: loop
    state: {n: 0}
    while: "{{ loop.state.n < 3 }}"
    max_iterations: 5
    do: {say: {type: log, with: {message: "{{ loop.index }}"}}}
    next: {n: "{{ loop.state.n + 1 }}"}
  ask:
    type: llm
    timeout: 30s
    with: {provider: openai, model: gpt-5.4-mini, prompt: "Hi {{ input.order_id }}", stream: true}
    fallback: [{provider: groq, model: x}]
output:
  text: {type: string, value: "{{ nodes.ask.output.text }}", stream: true}
"""


def tree_of(text: str) -> dict:
    tree, found = load_tree(text, "flow.yaml")
    assert not found
    return {key: value for key, value in plain(tree).items() if key != SECTION}


def yaml_of(raw: dict) -> str:
    converted = to_yaml(json.dumps(raw), "flow.json")
    assert converted.diagnostics == ()
    assert converted.text is not None
    return converted.text


def visual_of(text: str) -> dict:
    converted = to_visual(text, "flow.yaml")
    assert converted.diagnostics == ()
    return json.loads(converted.text)


def test_json_to_yaml_to_json():
    text = to_yaml(TRIAGE, "flow.json").text
    assert load_flow(text, "flow.yaml").diagnostics == ()
    assert same(visual_of(text), json.loads(TRIAGE))


def test_yaml_to_json_to_yaml_is_the_same_text():
    raw = visual_of(FLOW)
    loaded = load_visual(json.dumps(raw), "flow.json")
    assert [item.message for item in loaded.diagnostics] == []
    assert same(plain(loaded.flows[0].tree), tree_of(FLOW))
    assert yaml_of(raw) == FLOW


def test_yaml_to_json_uses_the_editors_types():
    nodes = visual_of(FLOW)["workflows"]["orders"]["nodes"]
    assert {name: entry["type"] for name, entry in nodes.items()} == {
        "score": "httpRequest",
        "risky": "catalyst",
        "lines": "catalyst",
        "note": "editFields",
        "pause": "delay",
        "count": "catalyst",
        "ask": "openaiCompletion",
    }
    assert all("position" in entry for entry in nodes.values())


def test_a_moved_node_keeps_the_comments_of_the_yaml():
    raw = visual_of(FLOW)
    raw["workflows"]["orders"]["nodes"]["score"]["position"] = {"x": 7.5, "y": -1}
    raw["workflows"]["orders"]["nodes"]["score"]["pinnedData"] = {"risk": None}
    text = yaml_of(raw)
    assert text.startswith(FLOW)
    assert same(visual_of(text), raw)


def test_a_node_changed_in_the_editor_changes_the_yaml():
    raw = visual_of(FLOW)
    raw["workflows"]["orders"]["nodes"]["ask"]["config"]["prompt"] = "Bye"
    text = yaml_of(raw)
    assert tree_of(text)["nodes"]["ask"]["with"]["prompt"] == "Bye"
    assert same(visual_of(text), raw)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Offer to call back.", "Ring at once."),
        ('if: "{{ nodes.is_empty.output }}"', "if: \"{{ input.message == '' }}\""),
        ("max_tokens: 400", "max_tokens: 500"),
        ("60/minute", "30/minute"),
        ("path: /api/v1/triage", "path: /triage"),
        ("needs: [settle]", "needs: [settle, letter]"),
        ("min_length: 1", "min_length: 2"),
        ("input.channel == 'phone'", "input.channel == 'fax'"),
        ("retry: {max_attempts: 3}", "retry: {max_attempts: 4}"),
        ("description: Which channel?", "description: What channel?"),
        ("    timeout: 3s\n", ""),
        ("  nothing:", "  extra:\n    type: log\n    with: {message: hi}\n  nothing:"),
        ('output: {value: "{{ nodes.answer.output }}", stream: true}', 'output: {a: "{{ nodes.answer.output.text }}"}'),
        ("vars: {MODEL: claude-sonnet-4-6,", "vars: {MODEL: other,"),
    ],
)
def test_an_edited_yaml_wins_and_the_editor_keeps_its_positions(old, new):
    text = to_yaml(TRIAGE, "flow.json").text
    assert old in text
    edited = text.replace(old, new, 1)
    raw = visual_of(edited)
    loaded = load_visual(json.dumps(raw), "flow.json")
    assert [item.message for item in loaded.diagnostics] == []
    assert same(plain(loaded.flows[0].tree), tree_of(edited))
    nodes, before = (
        raw["workflows"]["visual-triage"]["nodes"],
        json.loads(TRIAGE)["workflows"]["visual-triage"]["nodes"],
    )
    assert {key: nodes[key]["position"] for key in before} == {key: before[key]["position"] for key in before}
    assert nodes["answer"]["pinnedData"] == {"text": "Hello!"}


def test_a_node_deleted_in_the_yaml_is_gone_in_the_editor():
    text = to_yaml(TRIAGE, "flow.json").text
    start, end = text.index("  nothing:"), text.index("output: {value")
    edited = text[:start] + text[end:]
    raw = visual_of(edited)
    assert "nothing" not in raw["workflows"]["visual-triage"]["nodes"]
    loaded = load_visual(json.dumps(raw), "flow.json")
    assert same(plain(loaded.flows[0].tree), tree_of(edited))


def test_several_workflows_become_a_project_and_come_back():
    raw = document(
        {"x": node("log", {"message": "a"}), "y": node("workflowCall", {"workflow": "other-one"})}, [edge("x", "y")]
    )
    raw["workflows"]["other-one"] = {"nodes": {"z": node("log", {"message": "b"}, position={"x": 1, "y": 2})}}
    raw |= {"metadata": {"projectName": "Two flows"}, "globalVariables": {"a": 1}}
    converted = to_yaml(json.dumps(raw), "flow.json")
    assert converted.text is None
    assert sorted(converted.files) == ["catalyst.yaml", "flows/main.yaml", "flows/other_one.yaml"]
    back = project_to_visual(converted.files)
    restored = json.loads(back.text)
    restored.pop("catalyst", None)
    assert same(restored, raw)


def test_a_yaml_project_comes_back():
    files = {
        "catalyst.yaml": "catalyst: 1\nname: shop\nvars: {a: 1}\n",
        "flows/one.yaml": "catalyst: 1\nname: one\nnodes:\n  a: {type: log, with: {message: x}}  # hi\n",
        "flows/two.yaml": "catalyst: 1\nname: two\nvars: {b: 2}\nnodes:\n  b: {type: call, workflow: one}\n",
    }
    raw = json.loads(project_to_visual(files).text)
    back = to_yaml(json.dumps(raw), "flow.json")
    assert [item.message for item in back.diagnostics] == []
    assert {path: tree_of(text) for path, text in back.files.items()} == {
        path: tree_of(text) for path, text in files.items()
    }
    assert back.files["flows/one.yaml"].startswith(files["flows/one.yaml"])


def test_code_of_python_nodes_becomes_a_file():
    raw = document({"x": node("pythonFunction", {"code": "return data\n"})})
    converted = to_yaml(json.dumps(raw), "flow.json")
    assert sorted(converted.files) == ["lib/x.py", "main.yaml"]
    assert same(visual_of(converted.text), raw)


def test_errors_stop_the_conversion():
    assert to_yaml('{"a": }', "flow.json").text is None
    assert [item.code for item in to_yaml('{"a": }', "flow.json").diagnostics] == ["E150"]
    assert to_visual("a: [", "flow.yaml").text is None
    assert to_visual("a: [", "flow.yaml").diagnostics


@pytest.mark.parametrize("path", sorted(ROOT.glob("examples/**/*.yaml")), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_makes_the_round_trip(path):
    text = path.read_text()
    if path.name == "catalyst.yaml" or "\nnodes:" not in text:
        pytest.skip("not a flow")
    raw = visual_of(text)
    loaded = load_visual(json.dumps(raw), "flow.json")
    assert same({"name": None} | plain(loaded.flows[0].tree), {"name": loaded.flows[0].name} | tree_of(text))
    assert yaml_of(raw) == text


# Random documents: settings of any shape, edges that only lead forward, whatever an editor may add.
SAFE_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | SAFE_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SAFE_TEXT, inner, max_size=3),
    max_leaves=6,
)
NODES = st.one_of(
    st.builds(
        lambda v: node("editFields", {"mode": "replace", "fields": v}), st.dictionaries(SAFE_TEXT, VALUES, max_size=3)
    ),
    st.builds(lambda v: node("log", {"message": v}), SAFE_TEXT),
    st.builds(lambda v: node("delay", {"duration": v}), st.integers(0, 10_000_000)),
    st.just(node("condition", {"expression": "{{ input.n > 3 }}"})),
    st.just(node("switch", {"expression": "input.k", "cases": ["a", "b"]})),
    st.builds(lambda v: node("promptTemplate", {"template": v}), SAFE_TEXT),
    st.builds(lambda v: node("earlyReturn", {"response": v}), VALUES),
    st.just(node("loop", {"items": "input.l", "body": {}})),
)
HANDLES = {"condition": ["true", "false"], "switch": ["case0", "case1", "default"]}


@st.composite
def documents(draw):
    names = draw(st.lists(st.from_regex(r"[a-zA-Z][a-z0-9 -]{0,6}[a-z0-9]", fullmatch=True), min_size=1, max_size=6))
    nodes: dict = {}
    seen: set[str] = set()
    for index, name in enumerate(names):
        key = f"{name}-{index}"
        if key.lower().replace(" ", "-") in seen:
            continue
        seen.add(key.lower().replace(" ", "-"))
        nodes[key] = dict(draw(NODES))
        if nodes[key]["type"] == "loop":
            nodes[key] = node(
                "loop", {"items": "input.l", "body": {f"inner {index}": node("log", {"message": draw(SAFE_TEXT)})}}
            )
        if draw(st.booleans()):
            nodes[key]["position"] = {"x": draw(st.integers(-9, 9)), "y": draw(st.floats(-9, 9))}
        if draw(st.booleans()):
            nodes[key]["pinnedData"] = draw(VALUES)
        if draw(st.booleans()):
            nodes[key]["name"] = draw(SAFE_TEXT)
    edges = []
    keys = list(nodes)
    for index, target in enumerate(keys[1:], start=1):
        for source in draw(st.lists(st.sampled_from(keys[:index]), max_size=2, unique=True)):
            kind = nodes[source]["type"]
            if kind == "earlyReturn":
                continue
            handle = draw(st.sampled_from(HANDLES[kind])) if kind in HANDLES else None
            extra = {"condition": "input.m == 1"} if draw(st.integers(0, 4)) == 0 else {}
            edges.append(edge(source, target, handle, id=draw(SAFE_TEXT), **extra))
    raw = document(nodes, edges)
    raw["metadata"] = {"projectName": draw(SAFE_TEXT), "tags": draw(st.lists(SAFE_TEXT, max_size=2))}
    raw["globalVariables"] = draw(st.dictionaries(SAFE_TEXT, VALUES, max_size=2))
    return raw


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(documents())
def test_random_documents_make_the_round_trip(raw):
    loaded = load(raw)
    assert [item.message for item in loaded.diagnostics] == []
    text = yaml_of(raw)
    assert same(tree_of(text), plain(loaded.flows[0].tree))
    assert same(visual_of(text), raw)


@settings(max_examples=300)
@given(st.dictionaries(SAFE_TEXT, VALUES, max_size=4))
def test_the_yaml_writer_loses_nothing(data):
    read, found = load_tree(write_yaml(data) if data else "{}\n", "f.yaml")
    assert not found
    assert same(plain(read), data)


@settings(max_examples=300)
@given(st.dictionaries(SAFE_TEXT, VALUES, max_size=4), st.dictionaries(SAFE_TEXT, VALUES, max_size=4))
def test_a_difference_makes_the_new_from_the_old(old, new):
    assert same(apply_patch(old, difference(old, new)), new)


@pytest.mark.parametrize(
    "word",
    [
        "yes",
        "no",
        "on",
        "off",
        "null",
        "~",
        "y",
        "1e3",
        "0x1f",
        "1_000",
        "12:30",
        "2020-01-01",
        "=",
        "<<",
        ".5",
        "-",
        "? a",
        "a: b",
        "a #b",
        "",
        " a",
        "1.0",
        "@a",
        "`a",
        "%a",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
        "'",
        '"',
    ],
)
def test_words_that_parsers_take_for_something_else_are_quoted(word):
    import yaml

    text = write_yaml({"a": word, "b": [word, {"c": word}], word or "empty": 1})
    read = yaml.safe_load(text)
    assert read["a"] == word
    assert read["b"] == [word, {"c": word}]
    assert read[word or "empty"] == 1
