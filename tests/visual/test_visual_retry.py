"""The group of the editor whose children are tried again: which of them, and after which errors."""

import pytest

from tests.visual.visual_support import document, load, node, one, problems_of

CALL = node("httpRequest", {"url": "https://a.example.com"})


def test_retry():
    made = one(
        "retry",
        {
            "maxAttempts": 4,
            "delay": 100,
            "backoff": "fixed",
            "children": {
                "call": node("httpRequest", {"url": "https://a.example.com"}),
                "say": node("log", {"message": "x"}),
            },
        },
    )
    assert made["type"] == "try"
    assert made["do"]["call"]["retry"] == {"max_attempts": 4, "delay": "100ms", "backoff": "constant"}
    assert "retry" not in made["do"]["say"]


@pytest.mark.parametrize(
    ("condition", "errors"),
    [
        ("{{ error.status == 503 }}", ["503"]),
        ("error.status >= 500 or (error.kind == 'timeout')", ["5xx", "timeout"]),
        ("{{ error.statusCode >= 400 && error.statusCode < 500 }}", ["4xx"]),
        ("error.status >= 400", ["4xx", "5xx"]),
        ("{{ error.status in [429, 503] || error.type in ['connection'] }}", ["429", "503", "connection"]),
        (["timeout", 429], ["timeout", "429"]),
        ({"type": "expression", "expression": "error.code == 'ConnectError'"}, ["ConnectError"]),
    ],
)
def test_the_condition_says_kinds_of_errors(condition, errors):
    made = one("retry", {"condition": condition, "children": {"call": CALL}})
    assert made["do"]["call"]["retry"] == {"max_attempts": 3, "errors": errors}


@pytest.mark.parametrize(
    "condition", ["input.n > 3", "error.status == 503 and input.n > 1", "error.message == 'x'", "true"]
)
def test_other_conditions_are_refused(condition):
    assert problems_of({"x": node("retry", {"condition": condition, "children": {"call": CALL}})}) == ["E157"]


def test_what_writes_is_not_done_twice():
    children = {
        "read": node("postgresQuery", {"query": "select 'delete' from a -- update"}),
        "write": node("postgresQuery", {"query": "with x as (delete from a returning b) select b from x"}),
        "count": node("redisOperation", {"operation": "incr", "key": "a"}),
        "put": node("redisOperation", {"operation": "set", "key": "a", "value": 1}),
        "told": node("graphqlMutation", {"endpoint": "https://a.example.com", "mutation": "mutation { a }"}),
        "posted": node("httpRequest", {"url": "https://a.example.com", "method": "POST"}),
        "replaced": node("httpRequest", {"url": "https://a.example.com", "method": "PUT"}),
        "wanted": node("postgresQuery", {"query": "delete from a"}, retries=1),
    }
    inside = {"each": node("loop", {"items": "{{ input.l }}", "body": children})}
    loaded = load(document({"x": node("retry", {"maxAttempts": 2, "children": inside})}))
    made = loaded.flows[0].tree["nodes"]["x"]["do"]["each"]["do"]
    assert [name for name, each in made.items() if "retry" in each] == ["read", "put", "replaced", "wanted"]
    warned = [item.message.split("`")[3] for item in loaded.diagnostics if item.code == "W150"]
    assert warned == ["write", "count", "told", "posted"]
