"""What the vector nodes do: write, search, read on, change and delete points of a collection.

Times are bounded by the node. Errors are those of `vector_store`.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

from qdrant_client import models
from typing_extensions import TypedDict

from .context import ExecutionContext
from .errors import FlowError
from .pools import PoolKey
from .run_log import log_event
from .vector_points import (
    OWN_ID,
    checked_limit,
    checked_vector,
    invalid,
    point_id,
    point_ids,
    shown_id,
    shown_payload,
    to_filter,
    to_point,
    together,
)
from .vector_store import VectorStore

__all__ = ["change_payload", "delete", "read_payload", "scroll", "search", "together", "upsert"]

Context = ExecutionContext[Any, Any, Any]
Pool = PoolKey[VectorStore]
Distance = Literal["cosine", "dot", "euclid", "manhattan"]
Filter = Mapping[str, Any]

_DISTANCES: Mapping[Distance, str] = {
    "cosine": "Cosine",
    "dot": "Dot",
    "euclid": "Euclid",
    "manhattan": "Manhattan",
}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")
_BATCH = 256
"""Points of one request."""


class Written(TypedDict):
    """What came of an upsert: the ids, in the order of the points."""

    count: int
    ids: list[str]


async def upsert(
    ctx: Context,
    pool: Pool,
    collection: str,
    points: Sequence[object],
    *,
    distance: Distance = "cosine",
    wait: bool = True,
) -> Written:
    """Write points, new ones and those whose id is known. Makes the collection when it is missing."""
    name = _checked(collection)
    if not isinstance(points, list):
        raise invalid("points are a list of {id, vector, payload}")
    ready = [to_point(point) for point in points]
    sizes = {len(point.vector) for point in ready if isinstance(point.vector, list)}
    if len(sizes) > 1:
        raise invalid("the vectors are not equally long")
    store = ctx.pools[pool]
    for size in sizes:
        await store.prepare(name, size, _DISTANCES[distance])
    try:
        for start in range(0, len(ready), _BATCH):
            await store.call(partial(_write, name, ready[start : start + _BATCH], wait))
    except FlowError:
        store.forget(name)
        raise
    return {"count": len(ready), "ids": [shown_id(point.id, point.payload) for point in ready]}


def _write(collection: str, points: list[models.PointStruct], wait: bool, client: Any) -> Any:
    return client.upsert(collection, points=points, wait=wait)


async def search(
    ctx: Context,
    node: str,
    pool: Pool,
    collection: str,
    vector: object,
    *,
    limit: int = 10,
    threshold: float | None = None,
    filter: Filter | None = None,
    payload: bool | list[str] = True,
    vectors: bool = False,
) -> list[dict[str, Any]]:
    """The points nearest to the vector, the best first. In a collection that is not there yet there are none."""
    name, near, wanted = _checked(collection), checked_vector(vector), to_filter(filter)
    most, store = checked_limit(limit), ctx.pools[pool]
    try:
        found = await store.call(
            lambda client: client.query_points(
                name,
                query=near,
                query_filter=wanted,
                limit=most,
                score_threshold=threshold,
                with_payload=_with_own_id(payload),
                with_vectors=vectors,
            )
        )
    except FlowError as error:
        if error.kind == "invalid_request":
            await store.check_size(name, len(near))
        if error.kind != "not_found":
            raise
        log_event(ctx, "warning", node, "the collection is not there yet", collection=name)
        return []
    return [{**_shown(point), "score": float(point.score)} for point in found.points]


async def scroll(
    ctx: Context,
    pool: Pool,
    collection: str,
    *,
    limit: int = 100,
    after: str | None = None,
    filter: Filter | None = None,
    payload: bool | list[str] = True,
    vectors: bool = False,
) -> dict[str, Any]:
    """One page of a collection: its points in the order of their ids, and what to ask for next (None at the end)."""
    name, wanted = _checked(collection), to_filter(filter)
    most, offset = checked_limit(limit), point_id(after) if after is not None else None
    points, following = await ctx.pools[pool].call(
        lambda client: client.scroll(
            name,
            scroll_filter=wanted,
            limit=most,
            offset=offset,
            with_payload=_with_own_id(payload),
            with_vectors=vectors,
        )
    )
    return {"points": [_shown(point) for point in points], "next": str(following) if following is not None else None}


async def delete(
    ctx: Context, pool: Pool, collection: str, *, ids: list[Any] | None = None, filter: Filter | None = None
) -> None:
    """Delete points by their ids, or those that a filter finds."""
    name = _checked(collection)
    selector = point_ids(ids) if ids is not None else to_filter(filter)
    if selector is None:
        raise invalid("an empty filter would delete everything")
    if selector:
        await ctx.pools[pool].call(lambda client: client.delete(name, points_selector=selector, wait=True))


async def read_payload(ctx: Context, pool: Pool, collection: str, id: object) -> dict[str, Any] | None:
    """The payload of one point; None when there is no such point."""
    name, wanted = _checked(collection), point_id(id)
    found = await ctx.pools[pool].call(lambda client: client.retrieve(name, [wanted], with_payload=True))
    return shown_payload(found[0].payload) if found else None


async def change_payload(
    ctx: Context,
    pool: Pool,
    collection: str,
    id: object,
    *,
    set: Mapping[str, Any] | None = None,
    replace: Mapping[str, Any] | None = None,
    remove: list[str] | None = None,
) -> None:
    """Lay keys over a point's payload, put another one in its place, or take keys away. Raises FlowError (404)."""
    name, wanted = _checked(collection), point_id(id)
    store = ctx.pools[pool]
    found = await store.call(lambda client: client.retrieve(name, [wanted], with_payload=[OWN_ID]))
    if not found:
        raise FlowError("there is no point of this id", kind="not_found", status=404)
    if set is not None:
        await store.call(lambda client: client.set_payload(name, payload=dict(set), points=[wanted], wait=True))
    if replace is not None:
        whole = {**replace, **(found[0].payload or {})}
        await store.call(lambda client: client.overwrite_payload(name, payload=whole, points=[wanted], wait=True))
    if remove is not None:
        keys = [key for key in remove if key != OWN_ID]
        await store.call(lambda client: client.delete_payload(name, keys=keys, points=[wanted], wait=True))


def _shown(point: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {"id": shown_id(point.id, point.payload), "payload": shown_payload(point.payload)}
    if point.vector is not None:
        shown["vector"] = point.vector
    return shown


def _with_own_id(payload: bool | list[str]) -> bool | list[str]:
    """Which keys to ask for; the text that an id was made of is always among them."""
    if payload is True:
        return True
    return [*payload, OWN_ID] if payload else [OWN_ID]


def _checked(collection: object) -> str:
    """The name, which becomes a part of addresses and paths."""
    if isinstance(collection, str) and _NAME.fullmatch(collection):
        return collection
    raise invalid("the name of a collection is letters, digits, `_`, `-` and `.`")
