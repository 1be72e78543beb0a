"""A Qdrant server's REST protocol, as its client speaks it, over the client's own embedded store."""

import asyncio
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from qdrant_client import QdrantClient, models
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Handler = Callable[[QdrantClient, str, dict[str, Any]], Any]


def create_app(key: str) -> Starlette:
    """The server; who has not this key is refused. `app.state.fault` is a status that it answers everything
    with, `slow` or `stranger`."""
    app = Starlette(
        routes=[
            Route("/collections", _answering(_collections), methods=["GET"]),
            Route("/collections/{name}", _answering(_describe), methods=["GET"]),
            Route("/collections/{name}", _answering(_create), methods=["PUT"]),
            Route("/collections/{name}/points", _answering(_upsert), methods=["PUT"]),
            Route("/collections/{name}/points", _answering(_retrieve), methods=["POST"]),
            Route("/collections/{name}/points/query", _answering(_query), methods=["POST"]),
            Route("/collections/{name}/points/scroll", _answering(_scroll), methods=["POST"]),
            Route("/collections/{name}/points/delete", _answering(_delete), methods=["POST"]),
            Route("/collections/{name}/points/payload", _answering(_set_payload), methods=["POST"]),
            Route("/collections/{name}/points/payload", _answering(_overwrite_payload), methods=["PUT"]),
            Route("/collections/{name}/points/payload/delete", _answering(_delete_payload), methods=["POST"]),
        ]
    )
    app.state.key = key
    app.state.store = QdrantClient(":memory:", force_disable_check_same_thread=True)
    app.state.fault = None
    app.state.open_connections = lambda: -1
    return app


def _answering(handle: Handler) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        state = request.app.state
        if request.headers.get("api-key") != state.key:
            return _wrong(401, "Must provide an API key")
        if state.fault == "slow":
            await asyncio.sleep(30)
        if state.fault == "stranger":
            return JSONResponse({"hello": "I am something else"})
        if state.fault is not None:
            return _wrong(state.fault, "the-secret-value")
        body = await request.json() if request.method != "GET" else {}
        try:
            result = handle(state.store, request.path_params.get("name", ""), body)
        except ValueError as error:
            told = str(error)
            status = 404 if "not found" in told else 409 if "already exists" in told else 400
            return _wrong(status, told)
        return JSONResponse({"result": _plain(result), "status": "ok", "time": 0.0})

    return endpoint


def _wrong(status: int, error: str) -> Response:
    headers = {"retry-after": "2"} if status == 429 else None
    return JSONResponse({"status": {"error": error}, "time": 0.0}, status, headers)


def _plain(result: Any) -> Any:
    if isinstance(result, BaseModel):
        return result.model_dump(mode="json")
    return [_plain(each) for each in result] if isinstance(result, list) else result


def _done() -> dict[str, Any]:
    return {"operation_id": 0, "status": "completed"}


def _selector(body: dict[str, Any]) -> Any:
    return body["points"] if "points" in body else models.Filter.model_validate(body["filter"])


def _filter(body: dict[str, Any]) -> models.Filter | None:
    return models.Filter.model_validate(body["filter"]) if body.get("filter") else None


def _collections(store: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    return store.get_collections()


def _describe(store: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    return store.get_collection(name)


def _create(store: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    return store.create_collection(name, vectors_config=models.VectorParams.model_validate(body["vectors"]))


def _upsert(store: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    points = [models.PointStruct.model_validate(point) for point in body["points"]]
    size = store.get_collection(name).config.params.vectors.size  # type: ignore[union-attr]
    if any(len(point.vector) != size for point in points):  # type: ignore[arg-type]
        raise ValueError("Wrong input: Vector dimension error")
    store.upsert(name, points)
    return _done()


def _retrieve(store: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    return store.retrieve(name, body["ids"], with_payload=body.get("with_payload", True))


def _query(store: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    return store.query_points(
        name,
        query=models.NearestQuery.model_validate(body["query"]),
        query_filter=_filter(body),
        limit=body["limit"],
        score_threshold=body.get("score_threshold"),
        with_payload=body["with_payload"],
        with_vectors=body["with_vector"],
    )


def _scroll(store: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    points, following = store.scroll(
        name,
        scroll_filter=_filter(body),
        limit=body["limit"],
        offset=body.get("offset"),
        with_payload=body["with_payload"],
        with_vectors=body["with_vector"],
    )
    return {"points": _plain(points), "next_page_offset": following}


def _delete(store: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    store.delete(name, _selector(body))
    return _done()


def _set_payload(store: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    store.set_payload(name, body["payload"], body["points"])
    return _done()


def _overwrite_payload(store: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    store.overwrite_payload(name, body["payload"], body["points"])
    return _done()


def _delete_payload(store: QdrantClient, name: str, body: dict[str, Any]) -> Any:
    store.delete_payload(name, body["keys"], body["points"])
    return _done()
