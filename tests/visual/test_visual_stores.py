"""Types of the editor that become nodes for stores, limits, schemas and GraphQL."""

import pytest

from tests.visual.visual_support import document, edge, load, node, nodes_of, one, problems_of


def test_postgres_query():
    given = {
        "connectionString": "{{ secrets.CRM_URL }}",
        "query": "select name from people where id = $1",
        "params": ["{{ input.id }}"],
        "timeout": 1500,
    }
    wanted = {"query": given["query"], "params": ["{{ input.id }}"], "connection": "CRM_URL"}
    found = one("postgresQuery", given)
    assert (found["type"], found["with"], found["timeout"]) == ("sql", wanted, "1500ms")
    assert one("postgresQuery", {"query": "select 1", "transaction": True})["with"] == {"query": "select 1"}
    several = {"transaction": ["delete from a", "delete from b"]}
    assert one("postgresQuery", several)["with"] == several


def test_statements_of_one_text_that_belong_together():
    query = "insert into a values ($1, 'b;$2'); -- c; $1\n\nupdate d set e = $2 where f = {{ input.f }};"
    made = one("postgresQuery", {"query": query, "params": ["{{ input.n }}", 5], "transaction": True})
    wanted = [
        "insert into a values ({{ input.n }}, 'b;$2')",
        "-- c; $1\n\nupdate d set e = {{ 5 }} where f = {{ input.f }}",
    ]
    assert made["with"] == {"transaction": wanted}
    made = one("postgresQuery", {"transaction": ["delete from a where b = $2"], "params": "{{ input.l }}"})
    assert made["with"] == {"transaction": ["delete from a where b = {{ input.l[1] }}"]}
    short = {"query": "delete from a; select $3", "params": [1], "transaction": True}
    assert problems_of({"x": node("postgresQuery", short)}) == ["E157"]


@pytest.mark.parametrize(
    ("kind", "config"),
    [
        ("postgresQuery", {"connectionString": "postgresql://root:word@host/x", "query": "select 1"}),
        ("redisOperation", {"url": "redis://host", "operation": "get", "key": "a"}),
        ("qdrantSearch", {"url": "http://host:6333", "collection": "a", "queryVector": [1]}),
    ],
)
def test_an_address_is_a_secret(kind, config):
    assert problems_of({"a": node(kind, config)}) == ["E157"]


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({"operation": "get", "key": "a:{{ input.id }}"}, {"operation": "get", "key": "a:{{ input.id }}"}),
        (
            {"operation": "set", "key": "a", "value": {"n": 1}, "ttl": 90, "url": "{{ secrets.CACHE }}"},
            {"operation": "set", "key": "a", "value": {"n": 1}, "ttl": "90s", "connection": "CACHE"},
        ),
        (
            {"operation": "set", "key": "a", "value": 1, "ttl": "{{ input.s }}"},
            {"operation": "set", "key": "a", "value": 1, "ttl": "{{ input.s }}"},
        ),
        ({"operation": "del", "key": "a"}, {"operation": "delete", "key": "a"}),
    ],
)
def test_redis_operation(config, wanted):
    assert one("redisOperation", config) == {"type": "redis", "with": wanted}


def test_the_handles_of_a_rate_limit():
    nodes = {
        "gate": node("rateLimit", {"key": "user", "limit": 5, "window": 60_000}),
        "on": node("log", {"message": "on"}),
        "off": node("log", {"message": "off"}),
        "took": node("editFields", {"fields": {"x": 1}}),
    }
    made = nodes_of(nodes, [edge("gate", "on", "allowed"), edge("gate", "off", "blocked"), edge("gate", "took")])
    assert made["gate"] == {
        "type": "rate_limit",
        "with": {"key": "user", "limit": 5, "window": "1m", "mode": "tell"},
    }
    assert made["on"]["if"] == "{{ nodes.gate.output.allowed }}"
    assert made["off"]["if"] == "{{ not nodes.gate.output.allowed }}"
    assert made["took"]["with"]["value"] == "{{ input | merge({'x': 1}) }}"
    assert problems_of({"a": node("rateLimit", {"limit": 5})}) == ["E157"]
    assert problems_of(nodes, [edge("gate", "on", "valid")]) == ["E158"]


SCHEMA = {"type": "object", "properties": {"id": {"type": "string", "pattern": "^{{2}}$"}}}


def test_the_handles_of_a_validation():
    nodes = {
        "gate": node("rateLimit", {"limit": 5, "window": "10s"}),
        "shape": node("validate", {"schema": SCHEMA, "data": "{{ input.raw }}", "strict": True}),
        "good": node("log", {"message": "good"}),
        "bad": node("earlyReturn", {"response": {"status": 422}}),
    }
    edges = [edge("gate", "shape", "allowed"), edge("shape", "good", "valid"), edge("shape", "bad", "invalid")]
    loaded = load(document(nodes, edges))
    assert not loaded.diagnostics
    made = loaded.flows[0].tree["nodes"]
    assert made["gate"]["with"]["window"] == "10s"
    assert made["shape"]["with"] == {"data": "{{ input.raw }}", "schema": SCHEMA, "on_invalid": "result"}
    assert made["good"]["if"] == "{{ nodes.shape.output?.valid == true }}"
    assert made["bad"]["if"] == "{{ nodes.shape.output?.valid == false }}"


def test_validate_by_a_type():
    config = {"schema": "array<integer>", "strict": False}
    wanted = {"data": "{{ input }}", "type": "array<integer>", "on_invalid": "result", "strict": False}
    assert one("validate", config)["with"] == wanted
    (item,) = load(document({"x": node("validate", {"schema": SCHEMA, "strict": False})})).diagnostics
    assert item.code == "W150"
    assert problems_of({"x": node("validate")}) == ["E157"]


def test_result_dedup():
    made = one("resultDedup", {"items": "{{ input.l }}", "key": "id", "strategy": "last"})
    assert made == {"type": "dedupe", "with": {"items": "{{ input.l }}", "by": "id", "keep": "last"}}
    found = load(document({"x": node("resultDedup", {"strategy": "highestScore"})})).diagnostics
    assert [item.code for item in found] == ["E153"]


@pytest.mark.parametrize(("kind", "key"), [("graphqlQuery", "query"), ("graphqlMutation", "mutation")])
def test_graphql(kind, key):
    document_ = f"{key} One($id: Int!) {{ person(id: $id) {{ id }} }}"
    config = {
        "endpoint": "https://a.example.com/graphql",
        key: document_,
        "variables": {"id": "{{ input.id }}"},
        "auth": {"type": "bearer", "token": "{{ secrets.TOKEN }}"},
        "timeout": 2000,
    }
    assert one(kind, config) == {
        "type": "graphql",
        "with": {
            "url": "https://a.example.com/graphql",
            key: document_,
            "variables": {"id": "{{ input.id }}"},
            "auth": {"bearer": "{{ secrets.TOKEN }}"},
        },
        "timeout": "2s",
    }


def test_graphql_pages():
    config = {"endpoint": "https://a.example.com", "query": "query ($c: String) { l(after: $c) { n { id } p { x } } }"}
    pages = {"items": "l.n", "pageInfo": "l.p", "cursorVariable": "c", "maxPages": 3}
    made = one("graphqlQuery", {**config, "pagination": pages})
    assert made["with"]["paginate"] == {"items": "l.n", "page_info": "l.p", "variable": "c", "max_pages": 3}
    assert "paginate" not in one("graphqlQuery", {**config, "pagination": {"enabled": False}})["with"]
    assert problems_of({"x": node("graphqlQuery", {**config, "pagination": {"items": "l.n"}})}) == ["E157"]
    assert problems_of({"x": node("graphqlQuery", {**config, "pagination": {**pages, "zzz": 1}})}) == ["E153"]


def test_qdrant_search():
    config = {
        "url": "{{ secrets.QDRANT_URL }}",
        "collection": "books",
        "queryVector": "{{ nodes.meant.output }}",
        "limit": 3,
        "scoreThreshold": 0.5,
        "withPayload": ["title"],
        "withVectors": True,
        "filter": {
            "must": [
                {"key": "kind", "match": {"value": "{{ input.kind }}"}},
                {"key": "pages", "range": {"gte": 5, "lt": 9}},
                {"key": "kind", "match": {"except": ["essay"]}},
                {"should": [{"key": "a", "match": {"any": [1, 2]}}]},
            ],
            "must_not": [{"is_empty": {"key": "title"}}],
        },
    }
    assert one("qdrantSearch", config) == {
        "type": "vector_search",
        "with": {
            "collection": "books",
            "connection": "QDRANT_URL",
            "vector": "{{ nodes.meant.output }}",
            "limit": 3,
            "score_threshold": 0.5,
            "payload": ["title"],
            "with_vectors": True,
            "filter": {
                "all": [
                    {"kind": "{{ input.kind }}"},
                    {"pages": {"gte": 5, "lt": 9}},
                    {"none": [{"kind": ["essay"]}]},
                    {"any": [{"a": [1, 2]}]},
                ],
                "none": [{"title": {"exists": False}}],
            },
        },
    }
    plain = {"collection": "books", "queryVector": [1, 0], "filter": {"kind": "novel"}}
    assert one("qdrantSearch", plain)["with"]["filter"] == {"kind": "novel"}


@pytest.mark.parametrize(
    "condition", [{"has_id": [1]}, {"key": "a", "match": {"text": "x"}}, {"key": "a", "geo_radius": {}}, 3]
)
def test_filters_without_equivalent_are_named(condition):
    config = {"collection": "a", "queryVector": [1], "filter": {"must": [condition]}}
    assert problems_of({"a": node("qdrantSearch", config)}) == ["E157"]


def test_qdrant_writes_and_pages():
    points = [{"id": 1, "vector": [1, 0], "payload": {"a": 1}}]
    made = one("qdrantUpsert", {"collection": "c", "points": points, "wait": False})
    assert made == {"type": "vector_upsert", "with": {"collection": "c", "points": points, "wait": False}}
    made = one("qdrantScroll", {"collection": "c", "limit": 5, "offset": 7})
    assert made == {"type": "vector_scroll", "with": {"collection": "c", "limit": 5, "after": "7"}}
    made = one("qdrantPayload", {"collection": "c", "pointId": 1, "payload": {"a": 2}})
    assert made["with"] == {"collection": "c", "id": 1, "operation": "set", "payload": {"a": 2}}
    assert one("qdrantPayload", {"collection": "c", "pointId": 1})["with"]["operation"] == "get"
