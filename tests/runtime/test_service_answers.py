"""Answers, problems and HTTP manners of a workflow's endpoint."""

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import Field, with_config
from starlette.middleware.cors import CORSMiddleware
from typing_extensions import TypedDict

from templates.runtime.errors import ExpressionError, FlowError, NodeError, RaisedError
from templates.runtime.host import Limits
from templates.runtime.reply import Reply
from templates.runtime.service import NO_TELEMETRY
from templates.runtime.workflow import HttpTrigger
from tests.runtime.service_parts import STRICT, Told, make_app, serving, workflow


def test_an_answer_is_the_output_with_id_and_timings(fast_path: bool) -> None:
    with serving(make_app(fast_path=fast_path)) as server:
        answer = server.post({"query": "hello"})
    assert answer.status_code == 200
    assert answer.json() == {"text": "hello x20"}
    assert answer.headers["content-type"] == "application/json"
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-execution-id"])
    assert re.fullmatch(r"total;dur=\d+\.\d+, shout;dur=\d+\.\d+", answer.headers["server-timing"])


def test_every_wrong_field_is_named_and_no_value_repeated(fast_path: bool) -> None:
    with serving(make_app(fast_path=fast_path)) as server:
        answer = server.post({"limit": "hunter2", "passwrod": "hunter3"})
    problem = answer.json()
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert {(each["field"], each["type"]) for each in problem["errors"]} == {
        ("query", "missing"),
        ("limit", "int_type"),
        ("passwrod", "extra_forbidden"),
    }
    assert all(each["loc"][0] == "body" and each["message"] for each in problem["errors"])
    assert problem["execution_id"] == answer.headers["x-execution-id"]
    assert "hunter" not in answer.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"query": "ab"', 400),
        (b"\xff\xfe", 400),
        (b'{"query": "\\ud800"}', 400),
        (b'{"query": "ab", "limit": NaN}', 422),
        (b'{"query": "ab", "query": "cd"}', 422),
        (b'{"query": "ab", "qu\\u0065ry": "c:d"}', 422),
        (b'{"query": "ab", "limit": 1, "limit": 1}', 422),
        (b"[]", 422),
        (b"null", 422),
        (b"", 422),
        (b'{"query": ' + b"[" * 5000 + b"]" * 5000 + b"}", 400),
        (b'{"query": "a:b \\u003a"}', 200),
        (b'{ "query" : "http://x:80" , "limit" : 5 }', 200),
    ],
)
def test_a_body_is_checked_as_json(body: bytes, status: int, fast_path: bool) -> None:
    with serving(make_app(fast_path=fast_path)) as server:
        answer = server.client.post("/api/v1/echo/execute", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.json().get("status", 200) == status


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ('Application/JSON;charset="UTF-8"', 200),
        ("application/vnd.api+json", 200),
        ("application/json; charset=utf-7", 415),
        ("application/json; odata=verbose", 200),
        ("application/json; v=1; charset=utf-8; q=1", 200),
        ("application/json; v=1; charset=latin-1", 415),
        ("application/jsonx", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        (None, 415),
    ],
)
def test_only_json_is_taken(kind: str | None, status: int, fast_path: bool) -> None:
    with serving(make_app(fast_path=fast_path)) as server:
        headers = {"content-type": kind} if kind else {}
        answer = server.client.post("/api/v1/echo/execute", content=b'{"query": "ab"}', headers=headers)
    assert answer.status_code == status


def test_a_compressed_body_is_refused_as_such(fast_path: bool) -> None:
    with serving(make_app(fast_path=fast_path)) as server:
        answers = {
            name: server.post({"query": "ab"}, headers={"content-encoding": name})
            for name in ("gzip", "br, gzip", "identity")
        }
    assert [answer.status_code for answer in answers.values()] == [415, 415, 200]
    assert answers["gzip"].json()["title"] == "The body must not be compressed"
    assert answers["gzip"].headers["accept-encoding"] == "identity"


def test_a_body_that_is_too_large_is_refused_however_it_comes(fast_path: bool) -> None:
    def in_pieces() -> Any:
        for _ in range(50):
            yield b" " * 1000

    with serving(make_app(fast_path=fast_path, limits=Limits(max_body=10_000))) as server:
        headers = {"content-type": "application/json"}
        whole = server.client.post("/api/v1/echo/execute", content=b" " * 10_001, headers=headers)
        pieces = server.client.post("/api/v1/echo/execute", content=in_pieces(), headers=headers)
        fitting = server.post({"query": "a" * 9_900})
    assert (whole.status_code, pieces.status_code, fitting.status_code) == (413, 413, 200)
    assert whole.json()["type"] == "urn:problem:too-large"


def test_wrong_path_and_method_are_problems_too(fast_path: bool) -> None:
    with serving(make_app(fast_path=fast_path)) as server:
        missing = server.client.get("/nothing")
        wrong = server.client.get("/api/v1/echo/execute")
    assert (missing.status_code, missing.json()["title"]) == (404, "Not Found")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    for answer in (missing, wrong):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["execution_id"] == answer.headers["x-execution-id"]


@pytest.mark.parametrize(
    ("error", "status", "shown"),
    [
        (
            RaisedError("No seats", status=409, detail="sold out", node="seats"),
            409,
            {"title": "No seats", "node": "seats"},
        ),
        (NodeError("crm answered 503", kind="http", status=502, node="crm", upstream=503), 502, {"node": "crm"}),
        (ExpressionError("a key is missing"), 500, {"type": "urn:problem:expression"}),
        (FlowError("slow down", kind="http", status=503, retry_after=1.2), 503, {}),
        (ValueError("password=hunter2"), 500, {"title": "Internal error", "type": "urn:problem:internal"}),
        (ExceptionGroup("many", [ValueError("hunter2"), RaisedError("Gone", status=410)]), 410, {"title": "Gone"}),
        (RaisedError("odd", status=200), 500, {}),
    ],
)
def test_errors_become_problems_without_the_text_of_exceptions(
    error: Exception, status: int, shown: dict[str, Any], fast_path: bool
) -> None:
    async def fail(ctx: Any) -> Told:
        raise error

    with serving(make_app(workflow(fail), fast_path=fast_path)) as server:
        answer = server.post()
    assert answer.status_code == status == answer.json()["status"]
    assert shown.items() <= answer.json().items()
    assert answer.headers["content-type"] == "application/problem+json"
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    if isinstance(error, FlowError) and error.retry_after:
        assert answer.headers["retry-after"] == "2"


# lookup, flow.yaml:11
async def _failing_node(ctx: Any) -> None:
    raise FlowError("it broke", kind="http", status=502)


async def _calls_failing_node(ctx: Any) -> None:
    await _failing_node(ctx)


def test_a_problem_names_the_node_and_its_line(fast_path: bool) -> None:
    with serving(make_app(workflow(_calls_failing_node), fast_path=fast_path)) as server:
        problem = server.post().json()
    assert (problem["node"], problem["source"]) == ("lookup", "flow.yaml:11")


@pytest.mark.parametrize(
    ("reply", "status", "kind", "body"),
    [
        (Reply({"held": True}, 202, {"X-Order": "7"}), 202, "application/json", b'{"held":true}'),
        (Reply("hé", 200), 200, "text/plain; charset=utf-8", "hé".encode()),
        (Reply("<p>", 200, {"Content-Type": "text/html"}), 200, "text/html", b"<p>"),
        (Reply(b"\x00\x01", 200), 200, "application/octet-stream", b"\x00\x01"),
        (Reply(None, 204), 204, None, b""),
        (
            Reply([2**70, datetime(2024, 1, 5, 10, tzinfo=UTC)], 200),
            200,
            "application/json",
            b'[1180591620717411303424,"2024-01-05T10:00:00+00:00"]',
        ),
        (Reply([1, 2**70, 1.5, None], 200), 200, "application/json", b"[1,1180591620717411303424,1.5,null]"),
    ],
)
def test_replies_keep_status_headers_and_body(
    reply: Reply, status: int, kind: str | None, body: bytes, fast_path: bool
) -> None:
    async def respond(ctx: Any) -> Reply:
        return reply

    with serving(make_app(workflow(respond), fast_path=fast_path)) as server:
        answer = server.post()
    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers.get("content-type") == kind
    if "X-Order" in reply.headers:
        assert answer.headers["x-order"] == "7"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "a\r\nSet-Cookie: x=1"},
        {"X-A": "a\nX: y"},
        {"X-A": "a\x00b"},
        {"X-A": "\u2028"},
        {"X-A": "trailing "},
        {"X-A": ""},
        {"X A": "b"},
        {"X:A": "b"},
        {"": "b"},
        {"Content-Length": "3"},
        {"Transfer-Encoding": "chunked"},
        {"Connection": "close"},
        {"Host": "evil.test"},
    ],
)
def test_reply_headers_that_could_break_out_are_refused(headers: dict[str, str], fast_path: bool) -> None:
    async def respond(ctx: Any) -> Reply:
        return Reply({}, 200, headers)

    with serving(make_app(workflow(respond), fast_path=fast_path)) as server:
        answer = server.post()
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:problem:header"
    assert "set-cookie" not in answer.headers


def test_a_trace_is_shown_only_where_it_is_allowed(fast_path: bool) -> None:
    with serving(make_app(fast_path=fast_path, trace=True)) as server:
        traced = server.client.post("/api/v1/echo/execute?trace=1", json={"query": "ab"})
        plain = server.post({"query": "ab"})
    with serving(make_app(fast_path=fast_path)) as server:
        refused = server.client.post("/api/v1/echo/execute?trace=1", json={"query": "ab"})
    assert traced.json()["output"] == plain.json() == refused.json() == {"text": "ab x20"}
    assert traced.json()["trace"]["outputs"] == {"shout": "AB"}
    assert traced.json()["trace"]["execution_id"] == traced.headers["x-execution-id"]
    assert set(traced.json()["trace"]["timings"]) == {"total", "shout"}


def test_a_trace_shows_what_clients_may_see(fast_path: bool) -> None:
    async def run(ctx: Any) -> Told:
        ctx.set_output("shout", object())
        ctx.set_output("hidden", "not for clients")
        return {"text": "said"}

    with serving(make_app(workflow(run), fast_path=fast_path, trace=True)) as server:
        traced = server.post(path="/api/v1/echo/execute?trace=1").json()
    assert traced["output"] == {"text": "said"}
    assert traced["trace"]["outputs"] == {"shout": None}


def test_a_node_called_total_is_not_taken_for_the_whole_run(fast_path: bool) -> None:
    async def run(ctx: Any) -> Told:
        ctx.set_output("total", 7)
        await asyncio.sleep(0.02)
        return {"text": "said"}

    with serving(make_app(workflow(run), fast_path=fast_path, trace=True)) as server:
        traced = server.post(path="/api/v1/echo/execute?trace=1")
    names = [entry.partition(";")[0].strip() for entry in traced.headers["server-timing"].split(",")]
    assert names == ["total", "nodes.total"] == list(traced.json()["trace"]["timings"])
    timings = traced.json()["trace"]["timings"]
    assert timings["total"] > timings["nodes.total"]


@with_config(STRICT)
class FromRequest(TypedDict):
    item_id: int
    tag: Annotated[list[str], Field(default=[])]
    deep: Annotated[bool, Field(default=False)]
    x_tenant: Annotated[str, Field(default="none", max_length=5)]


@with_config(STRICT)
class FromBody(TypedDict):
    note: Annotated[str, Field(min_length=2)]


class Whole(FromRequest, FromBody):
    pass


def _parameter_workflow(method: str, body_type: Any) -> Any:
    sources: Any = {"item_id": "path", "tag": "query", "deep": "query", "x_tenant": "header"}
    trigger = HttpTrigger(
        method, "/items/{item_id}/notes", parameters=sources, parameters_type=FromRequest, body_type=body_type
    )

    async def give_back(ctx: Any) -> Any:
        return dict(ctx.input)

    return workflow(give_back, trigger=trigger, input_type=Whole, output_type=dict[str, Any])


def test_parameters_are_converted_and_the_body_is_not(fast_path: bool) -> None:
    with serving(make_app(_parameter_workflow("POST", FromBody), fast_path=fast_path)) as server:
        good = server.client.post(
            "/items/7/notes?tag=a&tag=b&deep=true&other=1", json={"note": "hi"}, headers={"X-Tenant": "acme"}
        )
        bad = server.client.post("/items/x/notes?deep=maybe", json={"note": 5}, headers={"X-Tenant": "toolong"})
    assert good.json() == {"item_id": 7, "tag": ["a", "b"], "deep": True, "x_tenant": "acme", "note": "hi"}
    assert bad.status_code == 422
    assert {tuple(each["loc"]) for each in bad.json()["errors"]} == {
        ("path", "item_id"),
        ("query", "deep"),
        ("header", "x_tenant"),
        ("body", "note"),
    }


def test_get_needs_no_body_and_head_works(fast_path: bool) -> None:
    with serving(make_app(_parameter_workflow("GET", None), fast_path=fast_path)) as server:
        answer = server.client.get("/items/7/notes")
        head = server.client.head("/items/7/notes")
        encoded = server.client.get("/items/%37/notes")
        slash = server.client.get("/items/7%2F8/notes")
    assert answer.json() == {"item_id": 7, "tag": [], "deep": False, "x_tenant": "none"}
    assert (head.status_code, head.content) == (200, b"")
    assert encoded.json()["item_id"] == 7
    assert slash.status_code == 404


def test_a_plain_path_goes_before_one_with_a_parameter(fast_path: bool) -> None:
    def named(name: str, path: str) -> Any:
        async def tell(ctx: Any) -> Told:
            return {"text": name}

        parameters: Any = {"item_id": "path"} if "{" in path else {"tag": "query"}
        trigger = HttpTrigger("GET", path, parameters=parameters, parameters_type=Optional)
        return workflow(tell, trigger=trigger, name=name, input_type=Optional)

    flows = [
        named("any_item", "/items/{item_id}"),
        named("latest", "/items/latest"),
        named("sub", "/items/{item_id}/x"),
    ]
    with serving(make_app(*flows, fast_path=fast_path)) as server:
        found = [server.client.get(path).json()["text"] for path in ("/items/latest", "/items/5", "/items/latest/x")]
    assert found == ["latest", "any_item", "sub"]


class Optional(TypedDict, total=False):
    item_id: str
    tag: str


def test_openapi_describes_input_output_and_errors() -> None:
    app = make_app(workflow(description="Says it back."), _renamed(_parameter_workflow("POST", FromBody), "notes"))
    schema = app.openapi()
    operation = schema["paths"]["/api/v1/echo/execute"]["post"]
    assert operation["operationId"] == "echo"
    assert operation["description"] == "Says it back."
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema["components"]["schemas"][body["$ref"].rsplit("/", 1)[1]]["required"] == ["query"]
    assert "application/problem+json" in operation["responses"]["422"]["content"]
    assert operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Told")
    notes = schema["paths"]["/items/{item_id}/notes"]["post"]
    assert {(each["name"], each["in"], each["required"]) for each in notes["parameters"]} == {
        ("item_id", "path", True),
        ("tag", "query", False),
        ("deep", "query", False),
        ("x-tenant", "header", False),
    }
    json.dumps(schema)


def _renamed(flow: Any, name: str) -> Any:
    return workflow(
        flow.run, trigger=flow.triggers[0], name=name, input_type=flow.input_type, output_type=flow.output_type
    )


def test_info_health_and_docs() -> None:
    with serving(make_app(workflow(description="Says it back.", graph={"nodes": ["shout"]}))) as server:
        info = server.client.get("/api/v1/echo/info").json()
        health = server.client.get("/health")
        docs = server.client.get("/docs")
    assert info["name"] == "echo"
    assert info["description"] == "Says it back."
    assert info["input"]["required"] == ["query"]
    assert "text" in info["output"]["properties"]
    assert info["graph"] == {"nodes": ["shout"]}
    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    assert "swagger" in docs.text


class _Marker:
    """A middleware of the owner's: it sees the answer."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def marked(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-marked", b"yes")]
            await send(message)

        await self.app(scope, receive, marked if scope["type"] == "http" else send)


def test_the_owners_middleware_and_routes_work(fast_path: bool, caplog: pytest.LogCaptureFixture) -> None:
    app = make_app(fast_path=fast_path)
    app.add_middleware(_Marker)
    app.add_middleware(CORSMiddleware, allow_origins=["https://app.example"], allow_methods=["*"])

    @app.get("/mine")
    async def mine(number: int) -> dict[str, int]:
        if number == 0:
            raise HTTPException(418, "text of the owner")
        return {"number": 1 // (number - 1)}

    caplog.set_level("ERROR", "app")
    with serving(app) as server:
        answer = server.post({"query": "ab"}, headers={"origin": "https://app.example"})
        preflight = server.client.options(
            "/api/v1/echo/execute",
            headers={"origin": "https://app.example", "access-control-request-method": "POST"},
        )
        own = [server.client.get("/mine", params={"number": text}) for text in ("2", "x", "0", "1")]
    assert answer.headers["x-marked"] == "yes"
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert preflight.status_code == 200
    assert [each.status_code for each in own] == [200, 422, 418, 500]
    assert own[1].json()["errors"][0]["field"] == "number"
    assert (own[2].json()["type"], own[2].json()["detail"]) == ("urn:problem:i-m-a-teapot", "text of the owner")
    (logged,) = [record.__dict__["fields"] for record in caplog.records if record.getMessage() == "request failed"]
    assert logged == {"execution_id": own[3].json()["execution_id"], "path": "/mine"}
    assert "ZeroDivision" not in own[3].text
    assert {each.headers["content-type"] for each in own[1:]} == {"application/problem+json"}


def test_dependencies_of_the_whole_app_apply(fast_path: bool) -> None:
    async def only_friends(request: Request) -> None:
        if request.headers.get("x-friend") != "yes":
            raise HTTPException(403)

    with serving(make_app(fast_path=fast_path, dependencies=[Depends(only_friends)])) as server:
        stranger = server.post({"query": "ab"})
        friend = server.post({"query": "ab"}, headers={"x-friend": "yes"})
    assert (stranger.status_code, friend.status_code) == (403, 200)


def test_mounted_below_a_prefix(fast_path: bool) -> None:
    inner = make_app(_renamed(_parameter_workflow("GET", None), "notes"), workflow(), fast_path=fast_path)
    outer = FastAPI(lifespan=lambda _: inner.router.lifespan_context(inner), telemetry=NO_TELEMETRY)
    outer.mount("/below", inner)
    with serving(outer) as server:
        answers = [
            server.post({"query": "ab"}, path="/below/api/v1/echo/execute"),
            server.client.get("/below/items/7/notes"),
            server.client.get("/below/api/v1/echo/info"),
            server.client.get("/below/openapi.json"),
        ]
        outside = server.post({"query": "ab"})
    assert [each.status_code for each in answers] == [200] * 4
    assert outside.status_code == 404


def test_nothing_of_one_caller_reaches_another(fast_path: bool) -> None:
    async def slow_echo(ctx: Any) -> Told:
        ctx.set_output("shout", ctx.input["query"])
        await asyncio.sleep(0.02)
        return {"text": f"{ctx.input['query']}:{ctx.node_outputs['shout']}:{len(ctx.timings)}"}

    with serving(make_app(workflow(slow_echo), fast_path=fast_path)) as server:

        def call(number: int) -> tuple[str, str]:
            answer = server.post({"query": f"caller-{number}"})
            return answer.json()["text"], answer.headers["x-execution-id"]

        with ThreadPoolExecutor(16) as pool:
            found = list(pool.map(call, range(200)))
    assert [text for text, _ in found] == [f"caller-{number}:caller-{number}:1" for number in range(200)]
    assert len({execution_id for _, execution_id in found}) == 200


def test_defaults_are_not_shared_between_requests(fast_path: bool) -> None:
    async def change(ctx: Any) -> Any:
        ctx.input["tag"].append("seen")
        return {"count": len(ctx.input["tag"])}

    flow = _parameter_workflow("GET", None)
    changed = workflow(change, trigger=flow.triggers[0], input_type=Whole, output_type=dict[str, Any])
    with serving(make_app(changed, fast_path=fast_path)) as server:
        assert [server.client.get("/items/1/notes").json() for _ in range(3)] == [{"count": 1}] * 3
