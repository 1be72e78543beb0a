"""What is measured is the quick way: a request to a workflow passes FastAPI's router by, and msgspec reads its body.

The emitted project is the one of the service benchmark; traps stand where the slow ways begin. Each trap is shown to
work by a request that has to go there. Nothing here looks at a clock.
"""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catalyst.api import compile_path
from catalyst.commands.run import place_files

FLOW = Path(__file__).parent / "flows" / "three_nodes.yaml"
PATH = "/api/v1/score_order/execute"
BODY = {
    "query": "conference in spring",
    "limit": 10,
    "customer": "Grace Hopper",
    "tags": ["new", "gift"],
    "lines": [{"sku": "article-1", "count": 2, "price": 9.5}],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The emitted project, importable as `app`; what other benchmarks imported under that name comes back."""
    folder = tmp_path_factory.mktemp("project")
    place_files(compile_path(FLOW).files, folder)
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "app"}
    sys.path.insert(0, str(folder))
    yield
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] == "app"]:
        del sys.modules[name]
    sys.modules.update(before)


@pytest.fixture
def ways(project: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TestClient, list[str]]]:
    """A client of the running service, and which ways its requests went."""
    went: list[str] = []
    intake = importlib.import_module("app.runtime.intake")
    make_reader = intake.quick_reader

    def watched(adapter: Any) -> Callable[[bytes], Any]:
        read = make_reader(adapter)

        def reader(body: bytes) -> Any:
            try:
                found = read(body)
            except intake.DOUBTS:
                went.append("doubt")
                raise
            went.append("quick reader")
            return found

        return reader

    monkeypatch.setattr(intake, "quick_reader", watched)
    app = importlib.import_module("app.main").create_app()
    route = app.router.middleware_stack

    async def watched_router(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            went.append("router")
        await route(scope, receive, send)

    monkeypatch.setattr(app.router, "middleware_stack", watched_router)
    with TestClient(app) as client:
        yield client, went


def test_a_request_goes_the_quick_way(ways: tuple[TestClient, list[str]]) -> None:
    client, went = ways
    answer = client.post(PATH, json=BODY)
    assert answer.status_code == 200
    assert answer.json()["message"].startswith("Hello Grace Hopper")
    assert "server-timing" in answer.headers
    assert went == ["quick reader"]


@pytest.mark.parametrize("body", [{**BODY, "limit": "ten"}, {**BODY, "more": 1}, {"query": "conference"}])
def test_a_wrong_body_is_read_again(body: dict[str, Any], ways: tuple[TestClient, list[str]]) -> None:
    client, went = ways
    assert client.post(PATH, json=body).status_code == 422
    assert went == ["doubt"]


def test_what_is_no_workflow_goes_through_the_router(ways: tuple[TestClient, list[str]]) -> None:
    client, went = ways
    assert client.get(PATH).status_code == 405
    assert client.get("/openapi.json").status_code == 200
    assert went == ["router", "router"]
