"""What people who know FastAPI do with an app: the workflows on it behave like any other route."""

from typing import Any

import httpx2
import pytest
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response, WebSocket
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.openapi.utils import get_openapi
from fastapi.testclient import TestClient
from pydantic import with_config
from typing_extensions import TypedDict

from templates.runtime.openapi import DescribedRoute
from templates.runtime.service import NO_TELEMETRY
from templates.runtime.short_way import ShortWay
from templates.runtime.sse import EventStream
from templates.runtime.workflow import HttpTrigger
from tests.runtime.service_parts import STRICT, Slow, Told, echo, make_app, serving, wait_until, workflow

PATH = "/api/v1/echo/execute"
BODY = {"query": "ab"}


@with_config(STRICT)
class _Word(TypedDict):
    query: str


async def _give_back(ctx: Any) -> Told:
    return {"text": ctx.input["query"]}


async def _only_friends(x_friend: str = Header("")) -> None:
    if x_friend != "yes":
        raise HTTPException(403)


def test_an_app_that_is_started_again_answers_as_before(fast_path: bool) -> None:
    app = make_app(fast_path=fast_path)
    stacks = []
    for _ in range(3):
        with TestClient(app) as client:
            assert client.post(PATH, json=BODY).status_code == 200
            stacks.append(app.middleware_stack)
        assert client.post(PATH, json=BODY).status_code == 503
    assert stacks[0] is stacks[1] is stacks[2]
    assert isinstance(stacks[0], ShortWay) is fast_path


def test_middleware_written_as_a_function_and_compression(fast_path: bool) -> None:
    app = make_app(fast_path=fast_path)

    @app.middleware("http")
    async def mark(request: Request, call_next: Any) -> Response:
        answer: Response = await call_next(request)
        answer.headers["x-marked"] = request.method
        return answer

    app.add_middleware(GZipMiddleware, minimum_size=1)
    with TestClient(app) as client:
        good, wrong = client.post(PATH, json=BODY), client.post(PATH, json={})
    assert [answer.status_code for answer in (good, wrong)] == [200, 422]
    assert [answer.headers["x-marked"] for answer in (good, wrong)] == ["POST", "POST"]
    assert [answer.headers["content-encoding"] for answer in (good, wrong)] == ["gzip", "gzip"]
    assert good.json() == {"text": "ab x20"}


def test_middleware_may_ask_for_the_route(fast_path: bool) -> None:
    """Those that count or log by route look there once the answer has come."""
    by_name = HttpTrigger("PUT", "/words/{query}", parameters={"query": "path"}, parameters_type=_Word)
    app = make_app(workflow(), workflow(name="word", trigger=by_name, input_type=_Word), fast_path=fast_path)
    seen: list[Any] = []

    @app.middleware("http")
    async def note(request: Request, call_next: Any) -> Response:
        answer: Response = await call_next(request)
        scope = request.scope
        seen.append((scope["route"].path, scope["route"].name, scope["path_params"], scope["endpoint"].__name__))
        return answer

    with TestClient(app) as client:
        client.post(PATH, json=BODY)
        client.put("/words/two%20of%20them")
    assert seen == [(PATH, "echo", {}, "answer"), ("/words/{query}", "word", {"query": "two of them"}, "answer")]


@pytest.mark.parametrize("prefix", ["", "/behind"])
def test_behind_a_proxy_that_adds_a_prefix(prefix: str, fast_path: bool) -> None:
    """Proxies cut the prefix off or leave it; the app is told of it either way."""
    with TestClient(make_app(fast_path=fast_path), root_path="/behind") as client:
        answer = client.post(f"{prefix}{PATH}", json=BODY)
        described = client.get(f"{prefix}/openapi.json").json()
    assert answer.json() == {"text": "ab x20"}
    assert described["servers"] == [{"url": "/behind"}]


def test_methods_that_nobody_wrote(fast_path: bool) -> None:
    read = workflow(echo, name="read", trigger=HttpTrigger("GET", "/read", parameters={}, body_type=None))
    with TestClient(make_app(workflow(), read, fast_path=fast_path)) as client:
        answers = {
            (method, path): client.request(method, path)
            for method in ("HEAD", "OPTIONS", "PUT")
            for path in (PATH, "/read")
        }
    assert {key: answer.status_code for key, answer in answers.items() if key != ("HEAD", "/read")} == {
        ("HEAD", PATH): 405,
        ("OPTIONS", PATH): 405,
        ("OPTIONS", "/read"): 405,
        ("PUT", PATH): 405,
        ("PUT", "/read"): 405,
    }
    assert answers["PUT", PATH].headers["allow"] == "POST"
    assert set(answers["PUT", "/read"].headers["allow"].split(", ")) == {"GET", "HEAD"}
    assert answers["HEAD", "/read"].content == b""


def test_a_websocket_may_stand_at_the_path_of_a_workflow(fast_path: bool) -> None:
    app = make_app(fast_path=fast_path)

    @app.websocket(PATH)
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(f"heard {await socket.receive_text()}")
        await socket.close()

    with TestClient(app) as client, client.websocket_connect(PATH) as talking:
        talking.send_text("you")
        assert talking.receive_text() == "heard you"
        assert client.post(PATH, json=BODY).status_code == 200


def test_a_dependency_that_is_overridden(fast_path: bool) -> None:
    app = make_app(fast_path=fast_path, dependencies=[Depends(_only_friends)])
    with TestClient(app) as client:
        before = client.post(PATH, json=BODY)
        app.dependency_overrides[_only_friends] = lambda: None
        after = client.post(PATH, json=BODY)
    assert (before.status_code, after.status_code) == (403, 200)


def test_the_routes_may_be_taken_over_by_another_app(fast_path: bool) -> None:
    inner = make_app(fast_path=fast_path)
    outer = FastAPI(lifespan=lambda _: inner.router.lifespan_context(inner), telemetry=NO_TELEMETRY)
    outer.include_router(inner.router, prefix="/inner", dependencies=[Depends(_only_friends)])
    with TestClient(outer) as client:
        stranger = client.post(f"/inner{PATH}", json=BODY)
        friend = client.post(f"/inner{PATH}", json=BODY, headers={"x-friend": "yes"})
        described = client.get("/openapi.json").json()["paths"]
    assert (stranger.status_code, friend.status_code) == (403, 200)
    assert f"/inner{PATH}" in described


def test_handlers_of_the_owner_are_for_his_own_routes(fast_path: bool) -> None:
    """As the documentation says: a workflow answers its own errors."""

    async def fail(ctx: Any) -> Any:
        raise ValueError("of the workflow")

    app = make_app(workflow(fail), fast_path=fast_path)

    @app.exception_handler(ValueError)
    @app.exception_handler(404)
    async def mine(request: Request, error: Exception) -> Response:
        return Response(f"mine: {error.__class__.__name__}", 400)

    @app.get("/own")
    async def own() -> None:
        raise ValueError("of a route")

    with TestClient(app) as client:
        answers = [client.get("/own"), client.get("/nowhere"), client.post(PATH, json=BODY)]
    assert [answer.text for answer in answers[:2]] == ["mine: ValueError", "mine: HTTPException"]
    assert (answers[2].status_code, answers[2].json()["type"]) == (500, "urn:problem:internal")


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_client_that_leaves_is_no_error_of_the_middleware(accept: str, fast_path: bool) -> None:
    """Middleware written as a function waits for an answer, whoever is there to take it."""
    slow, seen = Slow(), []
    app = make_app(workflow(slow, stream=EventStream()), fast_path=fast_path)

    @app.middleware("http")
    async def note(request: Request, call_next: Any) -> Response:
        try:
            answer: Response = await call_next(request)
        except RuntimeError as error:
            seen.append(str(error))
            raise
        seen.append(str(answer.status_code))
        return answer

    with serving(app) as server:
        with pytest.raises(httpx2.TimeoutException):
            server.post(BODY, headers={"accept": accept}, timeout=0.3)
        wait_until(lambda: bool(seen))
    assert (seen, slow.cancelled) == (["499"], 1)


def test_every_route_has_a_name_of_its_own_in_openapi() -> None:
    paths = ("/first", "/a/b", "/a.b", "/a-b", "/{query}")
    triggers = tuple(HttpTrigger("PUT", path) for path in paths)
    other = workflow(name="echo_put_a_b", trigger=HttpTrigger("POST", "/other"))
    described = make_app(workflow(triggers=triggers), other).openapi()["paths"]
    names = {path: operation["operationId"] for path, methods in described.items() for operation in methods.values()}
    assert names == {
        "/first": "echo",
        "/other": "echo_put_a_b",
        "/a/b": "echo_put_a_b_2",
        "/a.b": "echo_put_a_b_3",
        "/a-b": "echo_put_a_b_4",
        "/{query}": "echo_put_query",
    }


def test_models_of_openapi_are_made_when_it_is_asked_for() -> None:
    """No start waits for them, and an owner who makes OpenAPI from the routes, or includes them, gets all of it."""
    app = make_app(workflow())
    described = next(route for route in app.routes if isinstance(route, DescribedRoute))
    assert (described.path, described.methods, described.name) == (PATH, {"POST"}, "echo")
    assert not {"body_field", "response_field"} & vars(described).keys()
    own = get_openapi(title=app.title, version=app.version, routes=app.routes)["paths"]
    assert own == app.openapi()["paths"]
    around = FastAPI()
    around.include_router(make_app(workflow()).router, prefix="/v2")
    assert around.openapi()["paths"] == {f"/v2{path}": operation for path, operation in own.items()}
    assert own[PATH]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert own[PATH]["post"]["responses"]["200"]["content"]["application/json"]["schema"]


@pytest.mark.parametrize("status", [204, 205])
def test_a_status_without_a_body(status: int, fast_path: bool) -> None:
    app = make_app(workflow(trigger=HttpTrigger("POST", PATH, status=status)), trace=True, fast_path=fast_path)
    with serving(app) as server:
        answers = [server.post(BODY), server.post(BODY, path=f"{PATH}?trace=1")]
        wrong = server.post({})
    assert [(answer.status_code, answer.content) for answer in answers] == [(status, b"")] * 2
    assert all("x-execution-id" in answer.headers and "server-timing" in answer.headers for answer in answers)
    assert wrong.status_code == 422
    assert set(app.openapi()["paths"][PATH]["post"]["responses"]) == {str(status), "422", "default"}


def test_a_path_of_parameters_leaves_the_routes_of_the_service_to_it(fast_path: bool) -> None:
    triggers = tuple(
        HttpTrigger(method, path, parameters={"query": "path"}, parameters_type=_Word)
        for method, path in (("GET", "/{query}"), ("PUT", "/{query}"), ("GET", "/api/v1/{query}/info"))
    )
    app = make_app(workflow(_give_back, triggers=triggers, input_type=_Word), fast_path=fast_path)
    with serving(app) as server:
        own = ["/health", "/ready", "/metrics", "/docs", "/openapi.json", "/api/v1/echo/info"]
        answers = {path: server.client.get(path) for path in own}
        others = [server.client.get("/docks"), server.client.get("/api/v1/e/info"), server.client.put("/health")]
    assert {answer.status_code for answer in answers.values()} == {200}
    assert not any("x-execution-id" in answer.headers for answer in answers.values())
    assert [answer.json() for answer in others] == [{"text": "docks"}, {"text": "e"}, {"text": "health"}]


def test_a_route_may_have_words_of_its_own_in_openapi() -> None:
    triggers = (HttpTrigger("PUT", "/a", summary="Say it", description="Only here."), HttpTrigger("POST", "/b"))
    app = make_app(workflow(name="say_back", description="Says it back.", triggers=triggers))
    operations = [operation for methods in app.openapi()["paths"].values() for operation in methods.values()]
    assert [(each["summary"], each["description"]) for each in operations] == [
        ("Say it", "Only here."),
        ("say back", "Says it back."),
    ]
