"""From a file to a flow: the forms that are allowed, and what is said about those that are not."""

from __future__ import annotations

import pytest

from catalyst.api import compile_flow
from catalyst.diagnostics import Diagnostic
from catalyst.spec.flow import body_output, load_flow, load_project, parse_body
from catalyst.spec.load import load_tree
from catalyst.spec.model import Flow, NoType
from catalyst.spec.typetext import ArrayType, NamedType, OptionalType, RecordType, SimpleType
from tests.spec.samples import FLOW, flow_with


def flow_of(text: str) -> Flow:
    loaded = load_flow(text, "flow.yaml")
    assert loaded.diagnostics == ()
    assert loaded.flow is not None
    return loaded.flow


def found_in(text: str) -> list[tuple[str, int, int]]:
    return [(item.code, item.line, item.column) for item in load_flow(text, "flow.yaml").diagnostics]


def only(text: str) -> Diagnostic:
    found = load_flow(text, "flow.yaml").diagnostics
    assert len(found) == 1, found
    return found[0]


def test_the_whole_flow() -> None:
    flow = flow_of(FLOW)
    assert flow.name == "conference_search"
    http, schedule = flow.triggers[0].http, flow.triggers[1].schedule
    assert http is not None
    assert schedule is not None
    assert (http.method, http.path, http.status) == ("POST", "/api/v1/search", 200)
    assert http.auth is not None
    assert http.auth.secrets == ("API_KEY",)
    assert http.rate_limit is not None
    assert (http.rate_limit.count, http.rate_limit.seconds) == (100, 60.0)
    assert (schedule.cron, schedule.timezone, schedule.overlap) == ("0 6 * * *", "Europe/Madrid", "skip")
    assert flow.input["limit"].default == 20
    assert not flow.input["limit"].is_required
    assert flow.input["query"].is_required
    assert flow.input["tags"].full_type == OptionalType(ArrayType(SimpleType("string")))
    verdict = flow.types["Verdict"].full_type
    assert isinstance(verdict, RecordType)
    assert [(field.name, field.type) for field in verdict.fields] == [
        ("score", SimpleType("number")),
        ("reason", SimpleType("string")),
    ]
    assert flow.defaults.timeout is not None
    assert flow.defaults.timeout.seconds == 10.0
    assert flow.defaults.retry is not None
    assert flow.defaults.retry.errors == ("timeout", "429", "5xx")
    assert flow.settings.max_body == 1024 * 1024
    assert flow.settings.cors is not None
    assert flow.settings.cors.origins == ("*",)


def test_nodes_keep_what_belongs_to_their_type_raw() -> None:
    flow = flow_of(FLOW)
    people, judge, note = flow.nodes.values()
    assert (people.id, people.type, set(people.extra)) == ("people", "map", {"over", "as", "do"})
    assert people.id.span.line == 26
    assert judge.with_ is not None
    assert judge.with_["output"] == "Verdict"
    assert judge.if_ == "{{ nodes.people.output | length > 0 }}"
    assert judge.if_.span_of(9, 14).column == 19
    assert judge.cache is not None
    assert judge.cache.ttl == 86400
    assert note.needs == ("judge",)
    assert note.timeout is not None
    assert note.timeout.seconds is None


def test_bodies() -> None:
    raw = flow_of(FLOW).nodes["people"].extra["do"]
    nodes, found = parse_body(raw, "flow.yaml")
    assert found == []
    assert nodes["profile"].on_error is not None
    assert nodes["profile"].on_error.action == "default"
    tree, _ = load_tree('a: {type: set}\nb: {wth: 1}\nA: {type: x}\noutput: "{{ nodes.a.output }}"\n', "f")
    nodes, found = parse_body(tree, "f")
    assert list(nodes) == ["a", "b", "A"]
    assert [(item.code, item.line) for item in found] == [("E141", 2), ("E240", 3)]
    assert body_output(tree) == "{{ nodes.a.output }}"
    assert [item.code for item in parse_body([], "f")[1]] == ["E142"]


@pytest.mark.parametrize(
    ("written", "action"), [("fail", "fail"), ("{default: null}", "default"), ("{goto: b}", "goto")]
)
def test_on_error(written: str, action: str) -> None:
    flow = flow_of(flow_with(nodes=f"{{a: {{type: set, on_error: {written}}}}}"))
    on_error = flow.nodes["a"].on_error
    assert on_error is not None
    assert on_error.action == action


@pytest.mark.parametrize(("written", "attempts"), [("false", 1), ("4", 4), ("{max_attempts: 2, delay: 1s}", 2)])
def test_retry(written: str, attempts: int) -> None:
    retry = flow_of(flow_with(nodes=f"{{a: {{type: set, retry: {written}}}}}")).nodes["a"].retry
    assert retry is not None
    assert retry.max_attempts == attempts


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("none", ()),
        ("api_key", ("API_KEY",)),
        ("bearer", ("BEARER_TOKEN",)),
        ("{basic: {user: U, password: P}}", ("U", "P")),
        ("{api_key: {header: X-Token, secret: T}}", ("T",)),
        ("{bearer: }", ("BEARER_TOKEN",)),
    ],
)
def test_auth(written: str, names: tuple[str, ...]) -> None:
    http = flow_of(flow_with(triggers=f"[{{http: {{auth: {written}}}}}]")).triggers[0].http
    assert http is not None
    assert (http.auth.secrets if http.auth else ()) == names


@pytest.mark.parametrize("written", ["[http]", "[{http: }]", "[{http: {}}]"])
def test_a_trigger_without_settings(written: str) -> None:
    assert flow_of(flow_with(triggers=written)).triggers[0].http is not None


def test_env_and_secrets_in_their_forms() -> None:
    flow = flow_of(
        flow_with(env="{A: x, B: {default: y, description: d}, C: , D: 5}", secrets="{K: {description: e}, L: }")
    )
    assert [(name, item.default, item.is_required) for name, item in flow.env.items()] == [
        ("A", "x", False),
        ("B", "y", False),
        ("C", None, True),
        ("D", "5", False),
    ]
    assert list(flow.secrets) == ["K", "L"]
    flow = flow_of(flow_with(env="[A, B]", secrets="[K, {L: {description: x}}]"))
    assert (list(flow.env), list(flow.secrets)) == (["A", "B"], ["K", "L"])


def test_output_in_its_forms() -> None:
    whole = flow_of(flow_with(output='"{{ nodes.a.output }}"')).output
    assert whole is not None
    assert whole.whole is not None
    assert whole.whole.value == "{{ nodes.a.output }}"
    typed = flow_of(flow_with(output='{type: string, value: "x", stream: true}')).output
    assert typed is not None
    assert typed.whole is not None
    assert typed.whole.stream
    fields = flow_of(flow_with(output='{a: 1, b: {c: ["x"]}, d: {type: string, value: y}}')).output
    assert fields is not None
    assert fields.fields is not None
    assert {name: field.value for name, field in fields.fields.items()} == {"a": 1, "b": {"c": ["x"]}, "d": "y"}
    assert flow_of(flow_with()).output is None


def test_an_expression_as_output_of_a_node_belongs_to_its_type() -> None:
    nodes = '{a: {type: switch, output: "{{ 1 }}"}, b: {type: http, output: {x: string}}}'
    flow = flow_of(flow_with(nodes=nodes))
    assert flow.nodes["a"].output is None
    assert flow.nodes["a"].extra["output"] == "{{ 1 }}"
    assert flow.nodes["b"].output is not None


def test_fields_long_and_short() -> None:
    flow = flow_of(
        flow_with(
            input="{a: string, b: {x: integer, y: {z: boolean}}, c: {type: array, items: string}, "
            "d: {type: object, properties: {e: T}}, f: {type: string, name: string}, g: {enum: [x, y]}, "
            "h: {type: string, from: header}, i: {type: string?, default: null}}",
            types="{T: {k: number}}",
        )
    )
    b = flow.input["b"].full_type
    assert isinstance(b, RecordType)
    assert isinstance(b.fields[1].type, RecordType)
    assert flow.input["c"].full_type == ArrayType(SimpleType("string"))
    d = flow.input["d"].full_type
    assert isinstance(d, RecordType)
    assert isinstance(d.fields[0].type, NamedType)
    f = flow.input["f"].full_type
    assert isinstance(f, RecordType)
    assert [field.name for field in f.fields] == ["type", "name"]
    assert flow.input["g"].full_type == SimpleType("string")
    assert flow.input["h"].from_ == "header"


def test_a_flow_without_a_name_is_called_like_its_file() -> None:
    text = "catalyst: 1\nnodes: {a: {type: set}}\n"
    loaded = load_flow(text, "flows/My-Flow.yaml")
    assert loaded.flow is not None
    assert loaded.flow.name == "my_flow"
    assert [item.code for item in load_flow(text, "---.yaml").diagnostics] == ["E141"]


@pytest.mark.parametrize(
    ("sections", "code", "column"),
    [
        ({"catalyst": "2"}, "E146", 11),
        ({"catalyst": '"1"'}, "E146", 11),
        ({"name": "my-flow"}, "E242", 7),
        ({"name": "class"}, "E243", 7),
        ({"nam": "x"}, "E140", 1),
        ({"description": "5"}, "E142", 14),
        ({"triggers": "[{webhook: {}}]"}, "E245", 12),
        ({"triggers": "[queue]"}, "E245", 12),
        ({"triggers": "[{htp: {}}]"}, "E140", 13),
        ({"triggers": "[{http: {methd: GET}}]"}, "E140", 20),
        ({"triggers": "[{http: {method: GTE}}]"}, "E143", 28),
        ({"triggers": "[{http: {path: search}}]"}, "E144", 26),
        ({"triggers": "[{http: {path: /a/../b}}]"}, "E144", 29),
        ({"triggers": "[{http: {path: /a//b}}]"}, "E144", 28),
        ({"triggers": '[{http: {path: "/a/{id}"}}]'}, "E252", 31),
        ({"triggers": "[{http: {auth: apikey}}]"}, "E143", 26),
        ({"triggers": "[{http: {rate_limit: many}}]"}, "E145", 32),
        ({"triggers": "[{http: {}}, {http: {}}]"}, "E250", None),
        ({"triggers": '[{schedule: {cron: "0 25 * * *"}}]'}, "E247", 33),
        ({"triggers": '[{schedule: {cron: "0 6 * * *", timezone: Madird}}]'}, "E248", 53),
        ({"triggers": "[{schedule: {}}]"}, "E141", 13),
        ({"triggers": '[{schedule: {cron: "0 6 * * *", input: {x: 1}}}]'}, "E251", 51),
        ({"input": "{class: string}"}, "E243", 9),
        ({"input": "{a: strng}"}, "E244", 12),
        ({"input": "{a: str}"}, "E246", 12),
        ({"input": "{a: array<strin>}"}, "E244", 18),
        ({"input": "{a: {type: integer, default: x}}"}, "E255", 37),
        ({"input": "{a: {type: integer, default: 5, max: 4}}"}, "E255", 37),
        ({"input": "{a: {type: string, default: null}}"}, "E255", 36),
        ({"input": "{a: {type: string, enum: [a, 2]}}"}, "E255", 37),
        ({"input": "{a: {type: string, max: 4}}"}, "E255", 27),
        ({"input": "{a: {type: string, pattern: '('}}"}, "E144", 36),
        ({"input": "{a: {type: string, frm: path}}"}, "E140", 27),
        ({"input": "{a_b: string, A_B: string}"}, "E240", 22),
        ({"types": "{A: {b: 'A?'}}"}, "E253", 9),
        ({"types": "{string: {a: any}}"}, "E243", 9),
        ({"secrets": "{K: value}"}, "E142", 14),
        ({"env": "{PATH-X: a}"}, "E242", 7),
        ({"env": "{K: a}", "secrets": "[K]"}, "E240", None),
        ({"defaults": "{timeout: 10}"}, "E145", 21),
        ({"defaults": "{retry: {max_attempts: 0}}"}, "E144", 34),
        ({"defaults": "{retry: {backoff: expo}}"}, "E143", 29),
        ({"settings": "{durable: true}"}, "E249", 21),
        ({"settings": "{concurrency: 1.5}"}, "E142", 25),
        ({"nodes": "{}"}, "E141", 1),
        ({"nodes": "[]"}, "E142", 8),
        ({"nodes": "{a: {with: {}}}"}, "E141", 9),
        ({"nodes": "{a: 1}"}, "E142", 12),
        ({"nodes": "{a-b: {type: set}}"}, "E242", 9),
        ({"nodes": "{a: {type: set, timeout: 0s}}"}, "E145", 33),
        ({"nodes": "{a: {type: set, cache: {ttl: 0s}}}"}, "E145", 37),
        ({"nodes": "{a: {type: set, cache: {ttl: 1s, errors: 0ms}}}"}, "E145", 49),
        ({"nodes": "{a: {type: set, on_error: continue}}"}, "E144", 34),
        ({"nodes": "{a: {type: set, if: [x]}}"}, "E142", 28),
        ({"nodes": "{a: {type: set, cache: {key: x}}}"}, "E141", 24),
        ({"nodes": "{a: {type: set, output: Strng}}"}, "E244", 32),
        ({"output": "{a: {value: 1, strem: true}}"}, "E140", 24),
    ],
)
def test_one_mistake_gives_one_error_at_its_place(sections: dict[str, str], code: str, column: int | None) -> None:
    text = flow_with(**sections)
    found = only(text)
    assert found.code == code
    if column is not None:
        key = list(sections)[-1]
        line = next(number for number, content in enumerate(text.split("\n"), 1) if content.startswith(f"{key}:"))
        assert (found.line, found.column) == (line, column)


def test_everything_wrong_is_told_at_once_and_the_rest_is_still_given() -> None:
    text = flow_with(
        nam="x",
        input="{a: {type: integer, default: x}, b: {typ: 1}, c: string}",
        nodes="{a: {typ: set}, b: {type: set, timeout: 5x, retry: {max_atempts: 1}}, c: {type: set, needs: [a]}}",
        settings="{docs: maybe}",
    )
    loaded = load_flow(text, "flow.yaml")
    codes = [item.code for item in sorted(loaded.diagnostics, key=lambda item: item.span)]
    assert codes == ["E141", "E145", "E140", "E140", "E255", "E142", "E142"]
    assert loaded.flow is not None
    assert list(loaded.flow.nodes) == ["a", "b", "c"]
    assert isinstance(loaded.flow.nodes["a"].type, NoType)
    assert list(loaded.flow.input) == ["a", "b", "c"]


def test_suggestions() -> None:
    assert only(flow_with(triggers="[{http: {methd: GET}}]")).label == "did you mean `method`?"
    assert only(flow_with(defaults="{retry: {backoff: exponental}}")).label == "did you mean `exponential`?"
    assert only(flow_with(input="{a: strng}")).label == "did you mean `string`?"
    assert only(flow_with(nodes="{a: {typ: set}}")).help == "is `typ` meant to be `type`?"


def test_a_project_shares_with_its_flows() -> None:
    project = load_project(
        "catalyst: 1\nname: shop\ntypes: {P: {a: string}}\nvars: {x: 1, y: 2}\ndefaults: {timeout: 5s}\n",
        "catalyst.yaml",
    )
    assert project.diagnostics == ()
    assert project.project is not None
    text = flow_with(input="{p: P}", vars="{x: 9}", defaults="{retry: 2}")
    loaded = load_flow(text, "flows/a.yaml", project.project)
    assert loaded.diagnostics == ()
    assert loaded.flow is not None
    assert dict(loaded.flow.vars) == {"x": 9, "y": 2}
    assert loaded.flow.defaults.timeout is not None
    assert loaded.flow.defaults.retry is not None
    assert [item.code for item in load_project("nodes: {}\nname: 1\n", "catalyst.yaml").diagnostics] == ["E140", "E142"]


@pytest.mark.parametrize(
    ("file", "name"), [("1abc.yaml", "flow_1abc"), ("_paging.yaml", "paging"), ("Ok-1.yaml", "ok_1")]
)
def test_whatever_a_file_is_called_its_flow_gets_a_name(file: str, name: str) -> None:
    result = compile_flow("catalyst: 1\nnodes: {a: {type: set, with: {value: 1}}}\n", filename=file)
    assert result.ok
    assert f"app/workflows/{name}.py" in result.files
