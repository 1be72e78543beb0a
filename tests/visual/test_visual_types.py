"""Every type of the editor's table: what it becomes, or why not."""

import ast
from types import SimpleNamespace
from typing import Any

import pytest

from catalyst.expressions.scope import Scope
from catalyst.expressions.types import INT, ListType
from catalyst.spec.visual.catalog import ALL_TYPES, NOT_YET, REFUSED, TRANSLATIONS
from tests.expressions.support import record, run_text
from tests.visual.visual_support import document, edge, load, node, nodes_of, one, only_tree, problems, problems_of

TABLE = [
    "anthropicCompletion",
    "openaiCompletion",
    "groqCompletion",
    "azureOpenaiCompletion",
    "embeddingGenerate",
    "promptTemplate",
    "agenticToolCall",
    "llmRouter",
    "qdrantSearch",
    "qdrantUpsert",
    "qdrantScroll",
    "qdrantPayload",
    "postgresQuery",
    "directusQuery",
    "graphqlQuery",
    "graphqlMutation",
    "redisOperation",
    "httpRequest",
    "gmailOperation",
    "webhookSend",
    "condition",
    "switch",
    "loop",
    "parallel",
    "aggregate",
    "retry",
    "delay",
    "earlyReturn",
    "editFields",
    "javascriptFunction",
    "pythonFunction",
    "jsonTransform",
    "mapArray",
    "filterArray",
    "reduceArray",
    "splitArray",
    "streamStart",
    "streamChunk",
    "streamEnd",
    "streamMerge",
    "streamBuffer",
    "cryptoGenerate",
    "executionData",
    "globalVariable",
    "errorHandler",
    "log",
    "metrics",
    "rateLimit",
    "validate",
    "workflowCall",
    "resultDedup",
    "confidenceScore",
    "conferenceContext",
    "directusSDK",
]


def test_the_whole_table_is_known():
    assert sorted([*TABLE, "catalyst"]) == ALL_TYPES


@pytest.mark.parametrize("kind", sorted(NOT_YET))
def test_types_without_equivalent_are_named(kind):
    ((code, message),) = problems(document({"x": node(kind, {"anything": 1})}))
    assert code == "E155"
    assert kind in message
    assert "`x`" in message


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_refused_types_say_why(kind):
    loaded = load(document({"x": node(kind, {"code": "return 1"})}))
    (item,) = loaded.diagnostics
    assert item.code == "E156"
    assert "pythonFunction" in item.help
    assert not loaded.flows[0].complete


def test_unknown_types_get_a_suggestion():
    (item,) = load(document({"x": node("httpReqest")})).diagnostics
    assert (item.code, item.label) == ("E154", "did you mean `httpRequest`?")


LLM = {"model": "m", "prompt": "Hi {{ input }}", "system": "Be kind.", "maxTokens": 5, "temperature": 0, "stream": True}


@pytest.mark.parametrize(
    ("kind", "provider"),
    [("anthropicCompletion", "anthropic"), ("openaiCompletion", "openai"), ("groqCompletion", "groq")],
)
def test_completions(kind, provider):
    made = one(kind, LLM)
    assert made == {
        "type": "llm",
        "with": {
            "provider": provider,
            "model": "m",
            "system": "Be kind.",
            "prompt": "Hi {{ input }}",
            "temperature": 0,
            "max_tokens": 5,
            "stream": True,
        },
    }


def test_azure_takes_its_deployment():
    made = one("azureOpenaiCompletion", {"deployment": "d", "messages": [{"role": "user", "content": "Hi"}]})
    assert made["with"] == {"provider": "azure", "model": "d", "messages": [{"role": "user", "content": "Hi"}]}


def test_completion_needs_model_and_prompt():
    assert problems_of({"x": node("openaiCompletion")}) == ["E157", "E157"]


def test_prompt_template_with_variables():
    config = {
        "template": "{{ greeting }}, {{ name | upper }}!",
        "variables": {"greeting": "Dear", "name": "{{ input.name }}"},
    }
    assert one("promptTemplate", config)["with"] == {"text": "{{ 'Dear' }}, {{ input.name | upper }}!"}


def test_http_request():
    config = {
        "url": "https://a.example.com/{{ input.id }}",
        "method": "POST",
        "headers": {"X-A": "1"},
        "queryParams": {"q": "{{ input.q }}"},
        "body": {"a": "{{ input.a }}"},
        "auth": {"type": "bearer", "token": "{{ secrets.TOKEN }}"},
    }
    assert one("httpRequest", config)["with"] == {
        "method": "POST",
        "url": "https://a.example.com/{{ input.id }}",
        "params": {"q": "{{ input.q }}"},
        "headers": {"X-A": "1"},
        "json": {"a": "{{ input.a }}"},
        "auth": {"bearer": "{{ secrets.TOKEN }}"},
    }


@pytest.mark.parametrize(
    ("auth", "wanted"),
    [
        ({"type": "none"}, None),
        ({"type": "basic", "username": "u", "password": "p"}, {"basic": {"user": "u", "password": "p"}}),
        ({"type": "apiKey", "config": {"header": "X-K", "key": "k"}}, {"header": {"name": "X-K", "value": "k"}}),
    ],
)
def test_http_auth(auth, wanted):
    assert one("httpRequest", {"url": "https://a.example.com", "auth": auth})["with"].get("auth") == wanted


def test_webhook_send():
    made = one("webhookSend", {"url": "https://a.example.com", "body": "plain", "retry": 2})
    assert made["with"] == {"method": "POST", "url": "https://a.example.com", "body": "plain"}
    assert made["retry"] == {"max_attempts": 3}
    signed = {"url": "https://a.example.com", "secret": "{{ secrets.S }}", "signatureHeader": "X-Hub"}
    assert one("webhookSend", signed)["with"]["sign"] == {"key": "{{ secrets.S }}", "header": "X-Hub"}
    signed = {"url": "https://a.example.com", "signature": {"secret": "{{ secrets.S }}", "algorithm": "sha256"}}
    assert one("webhookSend", signed)["with"]["sign"] == {"key": "{{ secrets.S }}"}
    assert problems_of({"x": node("webhookSend", {"url": "https://a.example.com", "signatureHeader": "s"})}) == ["E157"]


def test_loop_with_body_in_config():
    made = one(
        "loop",
        {
            "items": "{{ input.people }}",
            "itemVariable": "person",
            "parallel": True,
            "maxConcurrent": 4,
            "batchSize": 2,
            "continueOnError": True,
            "body": {"hello": node("promptTemplate", {"template": "Hi {{ person }}"})},
        },
    )
    assert made == {
        "type": "map",
        "over": "{{ input.people }}",
        "as": "person",
        "concurrency": 4,
        "batch": 2,
        "on_item_error": "skip",
        "do": {"hello": {"type": "template", "with": {"text": "Hi {{ person }}"}}},
    }


def test_loop_with_its_body_drawn_as_a_circle():
    nodes = {
        "each": node("loop", {"items": "{{ input.list }}"}),
        "one": node("log", {"message": "{{ item }}"}),
        "two": node("promptTemplate", {"template": "{{ item }}"}),
        "after": node("log", {"message": "done"}),
    }
    edges = [edge("each", "one", "body"), edge("one", "two"), edge("two", "each"), edge("each", "after", "output")]
    made = nodes_of(nodes, edges)
    assert list(made) == ["each", "after"]
    assert list(made["each"]["do"]) == ["one", "two"]
    assert made["each"]["do"]["two"]["needs"] == ["one"]
    assert made["after"]["needs"] == ["each"]


def test_loop_without_body():
    assert problems_of({"x": node("loop", {"items": "{{ input.list }}"})}) == ["E157"]


@pytest.mark.parametrize(("mode", "wanted"), [("race", "race"), ("allSettled", "settled")])
def test_parallel(mode, wanted):
    children = [{"id": "a", **node("log", {"message": "a"})}, {"id": "b", **node("log", {"message": "b"})}]
    made = one("parallel", {"mode": mode, "timeout": 1500, "children": children})
    assert made["mode"] == wanted
    assert made["timeout"] == "1500ms"
    assert made["branches"]["b"] == {"b": {"type": "log", "with": {"message": "b"}}}


def test_parallel_children_by_id_keep_their_edges():
    nodes = {
        "both": node("parallel", {"children": ["a", "b", "c"]}),
        "a": node("log", {"message": "a"}),
        "b": node("log", {"message": "b"}),
        "c": node("log", {"message": "c"}),
    }
    made = nodes_of(nodes, [edge("a", "b")])
    assert {name: list(branch) for name, branch in made["both"]["branches"].items()} == {"a": ["a", "b"], "c": ["c"]}


@pytest.mark.parametrize(
    ("strategy", "wanted"),
    [
        ("merge", "{{ nodes.a.output | merge(nodes.b.output) }}"),
        ("concat", "{{ nodes.a.output + nodes.b.output }}"),
        ("first", "{{ nodes.a.output ?? nodes.b.output }}"),
    ],
)
def test_aggregate(strategy, wanted):
    nodes = {
        "a": node("httpRequest", {"url": "https://a.example.com"}),
        "b": node("httpRequest", {"url": "https://b.example.com"}),
        "all": node("aggregate", {"strategy": strategy}),
    }
    assert nodes_of(nodes, [edge("a", "all"), edge("b", "all")])["all"]["with"]["value"] == wanted


def test_aggregate_of_what_ran():
    nodes = {
        "sure": node("editFields", {"mode": "replace", "fields": {"a": 1}}),
        "ask": node("condition", {"expression": "{{ input.x > 1 }}"}),
        "maybe": node("editFields", {"mode": "replace", "fields": {"b": 1}}),
        "all": node("aggregate", {}),
    }
    made = nodes_of(nodes, [edge("ask", "maybe", "true"), edge("sure", "all"), edge("maybe", "all")])
    assert made["all"]["with"]["value"] == "{{ nodes.sure.output | merge((nodes.maybe.output ?? {})) }}"


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({"duration": 1500}, {"for": "1500ms"}),
        ({"duration": 60_000}, {"for": "1m"}),
        ({"duration": "{{ input.ms }}"}, {"for": "{{ input.ms / 1000 }}"}),
        ({"until": "{{ input.when }}"}, {"until": "{{ input.when }}"}),
    ],
)
def test_delay(config, wanted):
    assert one("delay", config)["with"] == wanted


def test_early_return():
    made = one("earlyReturn", {"condition": "input.n > 3", "response": {"status": 202, "body": {"ok": True}}})
    assert made == {"type": "respond", "if": "{{ input.n > 3 }}", "with": {"status": 202, "body": {"ok": True}}}
    assert one("earlyReturn", {"response": {"a": 1}})["with"] == {"body": {"a": 1}}


def test_edit_fields():
    fields = {"a": 1, "b": "x {{ input.n }}", "c": {"type": "expression", "expression": "input.n + 1"}}
    assert one("editFields", {"mode": "replace", "fields": fields})["with"]["value"] == {
        "a": 1,
        "b": "x {{ input.n }}",
        "c": "{{ input.n + 1 }}",
    }
    merged = one("editFields", {"fields": {"it's": "x {{ input.n }}", "c": [1, None, True]}})
    assert merged["with"]["value"] == "{{ input | merge({'it\\'s': 'x ' ~ input.n, 'c': [1, none, true]}) }}"


def test_merge_keeps_the_incoming_object():
    nodes = {"a": node("httpRequest", {"url": "https://a.example.com"}), "b": node("editFields", {"fields": {"x": 1}})}
    made = nodes_of(nodes, [edge("a", "b")])
    assert made["b"]["with"]["value"] == "{{ nodes.a.output | merge({'x': 1}) }}"
    assert "needs" not in made["b"]


def test_static_values_stay_text():
    made = one(
        "editFields", {"mode": "replace", "fields": {"a": {"type": "static", "value": "{{ not an expression }}"}}}
    )
    assert made["with"]["value"] == {"a": "{{ '{{' }} not an expression }}"}


def test_python_function_with_a_body():
    text = "total = sum(data['prices'])\nnote = '''two\nlines'''\nreturn {'total': total}"
    loaded = load(
        document({"add-up": node("pythonFunction", {"code": text, "imports": ["math", "from json import dumps"]})})
    )
    made = only_tree(loaded)["nodes"]["add_up"]
    assert made["with"] == {"function": "lib.add_up:add_up", "args": {"data": "{{ input }}"}}
    module = ast.parse(loaded.files["lib/add_up.py"])
    assert [type(part).__name__ for part in module.body] == [
        "Expr",
        "ImportFrom",
        "Import",
        "ImportFrom",
        "FunctionDef",
    ]
    assert "'''two\nlines'''" in loaded.files["lib/add_up.py"]


def test_python_function_with_a_function():
    text = "def helper(x): return x\n\ndef main(order, rate=1.0):\n    return order\n"
    loaded = load(document({"x": node("pythonFunction", {"code": text, "async": True})}))
    assert only_tree(loaded)["nodes"]["x"]["with"] == {"function": "lib.x:main", "args": {"order": "{{ input }}"}}
    assert text.strip() in loaded.files["lib/x.py"]


def test_python_function_that_is_not_python():
    assert problems_of({"x": node("pythonFunction", {"code": "return ]"})}) == ["E156"]


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({"expression": "a.b[0].c"}, "{{ input?.a?.b?[0]?.c }}"),
        ({"expression": "$.a", "language": "jsonata"}, "{{ input?.a }}"),
        ({"expression": "a", "language": "jmespath"}, "{{ input?.a }}"),
    ],
)
def test_json_transform_of_a_path(config, wanted):
    assert one("jsonTransform", config)["with"]["value"] == wanted


def test_json_transform_beyond_a_path():
    assert problems_of({"x": node("jsonTransform", {"expression": "$sum(a.b)"})}) == ["E156"]
    made = one("jsonTransform", {"expression": "a[*].b", "language": "jmespath"})
    assert made == {"type": "jmespath", "with": {"data": "{{ input }}", "expression": "a[*].b"}}


def test_lists():
    assert one("mapArray", {"items": "{{ input.l }}", "expression": "{{ item.price * 2 }}"})["with"]["value"] == (
        "{{ input.l | map(entry => entry.price * 2) }}"
    )
    assert one("filterArray", {"items": "input.l", "expression": "item.item > 2"})["with"]["value"] == (
        "{{ input.l | filter(entry => entry.item > 2) }}"
    )
    assert one("splitArray", {"items": "input.l", "batchSize": 3})["with"]["value"] == "{{ input.l | batch(3) }}"
    assert one("reduceArray", {"items": "input.l", "expression": "acc + item.price", "initial": 0})["with"][
        "value"
    ] == ("{{ input.l | reduce(0, (total, entry) => total + entry.price) }}")


@pytest.mark.parametrize(
    ("count", "wanted"),
    [(0, []), (1, [[1]]), (3, [[1, 2, 3]]), (4, [[1, 2, 3], [3, 4]]), (5, [[1, 2, 3], [3, 4, 5]])],
)
def test_lists_are_cut_with_an_overlap(count, wanted):
    config = {"items": "input.l", "batchSize": 3, "overlap": 1}
    template = one("splitArray", config)["with"]["value"]
    scope = Scope(input=record(l=ListType(INT)))
    ctx = SimpleNamespace(input={"l": list(range(1, count + 1))})
    assert run_text(template, scope, ctx=ctx) == wanted


def test_the_context_of_a_conference_is_the_owners_function():
    assert one("conferenceContext", {"userId": "{{ input.user }}", "eventId": 5}) == {
        "type": "python",
        "with": {"function": "lib.conference:context", "args": {"user_id": "{{ input.user }}", "event_id": 5}},
    }


def test_crypto_generate():
    assert one("cryptoGenerate", {"type": "uuid"})["with"]["value"] == "{{ uuid() }}"
    config = {"type": "hash", "options": {"algorithm": "sha256", "value": "{{ input.a }}-x"}}
    assert one("cryptoGenerate", config)["with"]["value"] == "{{ (input.a ~ '-x') | sha256 }}"
    assert problems_of({"x": node("cryptoGenerate", {"type": "salt"})}) == ["E155"]
    assert problems_of({"x": node("cryptoGenerate", {"type": "uuid", "options": {"version": 7}})}) == ["E153"]


def test_run_data_and_constants():
    assert one("executionData", {"operation": "get", "key": "executionId"})["with"]["value"] == "{{ execution.id }}"
    assert one("globalVariable", {"operation": "get", "variable": "MODEL"})["with"]["value"] == "{{ vars.MODEL }}"
    assert problems_of({"x": node("executionData", {"operation": "get", "key": "a"})}) == ["E157"]
    assert problems_of({"x": node("executionData", {"operation": "set", "key": "a"})}) == ["E157"]


@pytest.mark.parametrize(("kind", "key"), [("executionData", "key"), ("globalVariable", "variable")])
def test_values_are_kept_for_nodes_that_come_later(kind, key):
    made = nodes_of(
        {
            "read": node(kind, {"operation": "get", key: "A"}),
            "first": node(kind, {"operation": "set", key: "A", "value": "{{ input }}"}),
            "asked": node("condition", {"expression": "{{ input is empty }}"}),
            "second": node(kind, {"operation": "set", key: "A", "value": 2}),
        },
        [
            edge("first", "asked"),
            edge("asked", "second", "true"),
            edge("second", "read"),
            edge("asked", "read", "false"),
        ],
    )
    assert made["first"]["with"] == {"value": "{{ input }}"}
    assert made["second"]["with"] == {"value": 2}
    assert made["read"]["with"] == {"value": "{{ nodes.second.output ?? nodes.first.output }}"}


def test_values_are_kept_for_bodies_that_come_later():
    read = node("executionData", {"key": "total"})
    nodes = {
        "keep": node("executionData", {"key": "total", "value": 5}),
        "each": node("loop", {"items": "{{ input.l }}", "body": {"inner": read}}),
    }
    assert nodes_of(nodes, [edge("keep", "each")])["each"]["do"]["inner"]["with"] == {
        "value": "{{ nodes.keep.output }}"
    }
    nodes = {"each": node("loop", {"items": "{{ input.l }}", "body": {"keep": nodes["keep"]}}), "after": read}
    assert problems_of(nodes, [edge("each", "after")]) == ["E157"]


def test_error_handler_around_children():
    made = one(
        "errorHandler",
        {
            "errorTypes": ["timeout"],
            "fallback": [],
            "children": {"c": node("httpRequest", {"url": "https://a.example.com"})},
        },
    )
    assert made["type"] == "try"
    assert made["catch"] == [{"errors": ["timeout"], "do": {"x_fallback": {"type": "set", "with": {"value": []}}}}]


def test_error_handler_behind_a_node():
    nodes = {
        "call": node("httpRequest", {"url": "https://a.example.com"}),
        "check": node("errorHandler", {"fallback": {"a": 1}}),
        "good": node("log", {"message": "ok"}),
        "bad": node("log", {"message": "failed"}),
    }
    made = nodes_of(nodes, [edge("call", "check"), edge("check", "good", "success"), edge("check", "bad", "error")])
    assert made["call"]["on_error"] == {"default": {"a": 1}}
    assert made["check"]["with"]["value"] == "{{ nodes.call.error is none }}"
    assert made["good"]["if"] == "{{ nodes.check.output }}"
    assert made["bad"]["if"] == "{{ not nodes.check.output }}"


def test_error_handler_with_children_and_handles():
    inner = {"c": node("httpRequest", {"url": "https://a.example.com"})}
    nodes = {
        "guarded": node("errorHandler", {"fallback": {"a": 1}, "children": inner}),
        "good": node("log", {"message": "ok"}),
        "bad": node("log", {"message": "failed"}),
        "after": node("log", {"message": "over"}),
    }
    edges = [edge("guarded", "good", "success"), edge("guarded", "bad", "error"), edge("guarded", "after", "output")]
    made = nodes_of(nodes, edges)
    assert made["guarded"]["type"] == "try"
    assert made["guarded"]["on_error"] == {"default": {"a": 1}}
    assert "catch" not in made["guarded"]
    assert made["good"]["if"] == "{{ nodes.guarded.status == 'ok' }}"
    assert made["bad"]["if"] == "{{ nodes.guarded.status == 'error' }}"
    assert made["after"]["needs"] == ["guarded"]
    nodes["guarded"]["config"]["errorTypes"] = ["timeout"]
    assert problems_of(nodes, edges) == ["E158", "E158"]


def test_a_system_message_is_the_system_setting():
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "{{ input.q }}"}]
    made = one("openaiCompletion", {"model": "m", "messages": messages})["with"]
    assert (made["system"], made["messages"]) == ("Be brief.", messages[1:])
    both = one("openaiCompletion", {"model": "m", "systemPrompt": "x", "messages": messages[1:]})["with"]
    assert (both["system"], both["messages"]) == ("x", messages[1:])


def test_what_is_switched_off_is_not_there():
    http = {"url": "https://a.example.com", "method": "post", "pagination": {"enabled": False}}
    assert one("httpRequest", http)["with"] == {"method": "POST", "url": "https://a.example.com"}
    children = [{"id": "a", **node("log", {"message": "a"})}]
    settled = {"mode": "allSettled", "children": children, "failureStrategy": "continue"}
    assert one("parallel", settled)["mode"] == "settled"
    assert problems_of({"x": node("parallel", {**settled, "mode": "all"})}) == ["E157"]


def test_a_password_is_python_of_the_project():
    loaded = load(document({"x": node("cryptoGenerate", {"type": "password", "options": {"length": 12}})}))
    assert not loaded.diagnostics
    assert loaded.flows[0].tree["nodes"]["x"] == {"type": "python", "with": {"function": "lib.x:x"}}
    names: dict[str, Any] = {}
    exec(compile(loaded.files["lib/x.py"], "x.py", "exec"), names)
    first, second = names["x"](), names["x"]()
    assert (len(first), first.isalnum(), first != second) == (12, True, True)
    assert problems_of({"x": node("cryptoGenerate", {"type": "password", "options": {"length": 3}})}) == ["E157"]


def test_log():
    made = one("log", {"level": "warn", "message": "Hi", "data": {"a": 1}, "includeInput": True})
    assert made["with"] == {"level": "warning", "message": "Hi", "data": {"input": "{{ input }}", "data": {"a": 1}}}


def test_workflow_call():
    raw = document({"x": node("workflowCall", {"workflow": "in-ner", "input": {"a": "{{ input.a }}"}})})
    raw["workflows"]["in-ner"] = {"nodes": {"y": node("log", {"message": "x"})}}
    loaded = load(raw)
    assert not loaded.diagnostics
    made = next(flow for flow in loaded.flows if flow.name == "main").tree["nodes"]["x"]
    assert made == {"type": "call", "workflow": "in_ner", "with": {"a": "{{ input.a }}"}}
    assert one("workflowCall", {"callType": "http", "url": "https://a.example.com", "timeout": 2000}) == {
        "type": "http",
        "with": {"method": "POST", "url": "https://a.example.com"},
        "timeout": "2s",
    }
    assert problems_of({"x": node("workflowCall", {"workflow": "nowhere"})}) == ["E157"]


def test_confidence_score():
    config = {"weights": {"text": 0.5, "odd-name": 1.5}, "normalize": True}
    assert one("confidenceScore", config)["with"]["value"] == "{{ (input.text * 0.5 + input['odd-name'] * 1.5) / 2.0 }}"


def test_a_node_of_the_flow_language_word_for_word():
    raw = {
        "type": "loop",
        "if": "{{ input.go }}",
        "state": {"n": 0},
        "while": "{{ loop.state.n < 3 }}",
        "max_iterations": 5,
    }
    raw |= {"do": {"a": {"type": "log", "with": {"message": "x"}}}, "next": {"n": "{{ loop.state.n + 1 }}"}}
    assert one("catalyst", raw) == raw


@pytest.mark.parametrize("kind", sorted(set(TRANSLATIONS) - {"catalyst"}))
def test_unknown_settings_are_never_ignored(kind):
    found = load(document({"x": node(kind, {"zzz": 1})})).diagnostics
    assert any(item.code == "E157" and "`zzz`" in item.message and item.line == 8 for item in found)


def test_metrics():
    config = {"name": "orders.perHour", "value": "{{ input.n }}", "tags": {"country": "es"}, "type": "gauge"}
    assert one("metrics", config) == {
        "type": "metric",
        "with": {"name": "orders_per_hour", "kind": "gauge", "value": "{{ input.n }}", "labels": {"country": "es"}},
    }


def test_events_of_the_stream():
    nodes = {
        "made": node("editFields", {"mode": "replace", "fields": {"n": 1}}),
        "other": node("editFields", {"mode": "replace", "fields": {"n": 2}}),
        "begin": node("streamStart", {"format": "sse"}),
        "chunk": node("streamChunk", {"event": "progress", "data": {"done": "{{ nodes.made.output.n }}"}}),
        "merged": node("streamMerge", {"strategy": "interleave"}),
        "pieces": node("streamBuffer", {"size": 2}),
        "end": node("streamEnd", {"finalData": {"ok": True}}),
        "after": node("editFields", {"fields": {"x": 1}}),
    }
    edges = [edge("made", "begin"), edge("begin", "chunk"), edge("made", "merged"), edge("other", "merged")]
    made = nodes_of(nodes, [*edges, edge("made", "pieces"), edge("chunk", "end"), edge("end", "after")])
    assert made["begin"] == {
        "type": "event",
        "with": {"name": "stream_start", "data": "{{ nodes.made.output }}"},
    }
    assert made["chunk"]["with"] == {"name": "progress", "data": {"done": "{{ nodes.made.output.n }}"}}
    assert made["merged"]["with"]["data"] == "{{ [nodes.made.output, nodes.other.output] }}"
    assert made["pieces"]["with"]["data"] == "{{ nodes.made.output | batch(2) }}"
    assert made["end"]["with"] == {"name": "stream_end", "data": {"ok": True}}
    assert made["after"]["with"]["value"] == "{{ nodes.made.output | merge({'x': 1}) }}"
