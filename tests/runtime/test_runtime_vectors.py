"""Vectors in Qdrant as it is embedded, in memory and on disk, and over the protocol of a server, which may fail."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from templates.runtime.errors import CannotStart, FlowError
from templates.runtime.pools import ConnectionPools
from templates.runtime.vector_points import point_id, shown_id, to_filter
from templates.runtime.vector_store import vector_pool
from templates.runtime.vectors import change_payload, delete, read_payload, scroll, search, upsert
from tests.runtime.support import make_context
from tests.standin import qdrant_api
from tests.standin.server import serving

POOL = vector_pool("qdrant")
SEA = {"id": "sea", "vector": [1.0, 0.0], "payload": {"title": "The Sea"}}
SKY = {"id": 5, "vector": [0.0, 1.0], "payload": {"title": "The Sky", "pages": 40}}


def working(work: Callable[[Any], Awaitable[Any]], address: str = "memory:") -> Any:
    async def run() -> Any:
        async with ConnectionPools.opened([POOL.at(address)]) as pools:
            return await work(make_context(pools))

    return asyncio.run(run())


def test_what_is_written_is_found() -> None:
    async def work(ctx: Any) -> Any:
        written = await upsert(ctx, POOL, "books", [SEA, SKY])
        assert written == {"count": 2, "ids": ["sea", "5"]}
        found = await search(ctx, "n", POOL, "books", [0.9, 0.1], limit=1)
        assert [(hit["id"], hit["payload"]) for hit in found] == [("sea", {"title": "The Sea"})]
        assert found[0]["score"] > 0.9
        first = await scroll(ctx, POOL, "books", limit=1)
        second = await scroll(ctx, POOL, "books", limit=1, after=first["next"])
        assert sorted(point["id"] for page in (first, second) for point in page["points"]) == ["5", "sea"]
        assert second["next"] is None
        await delete(ctx, POOL, "books", ids=["sea"])
        return [point["id"] for point in (await scroll(ctx, POOL, "books"))["points"]]

    assert working(work) == ["5"]


def test_it_is_kept_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))

    async def write(ctx: Any) -> None:
        await upsert(ctx, POOL, "books", [SEA])

    async def read(ctx: Any) -> Any:
        return await read_payload(ctx, POOL, "books", "sea")

    working(write, "")
    assert working(read, "") == {"title": "The Sea"}


def test_two_processes_cannot_share_what_is_embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))

    async def run() -> str:
        other = vector_pool("other")
        async with ConnectionPools.opened([POOL, other]) as pools:
            ctx = make_context(pools)
            await upsert(ctx, POOL, "books", [SEA])
            with pytest.raises(FlowError) as caught:
                await upsert(ctx, other, "books", [SKY])
            assert await pools.ready(5.0) == {"qdrant": True, "other": False}
            return f"{caught.value.kind} {caught.value.title}"

    assert asyncio.run(run()).startswith(
        "connection the embedded vectors are in use by another process; set QDRANT_URL"
    )


@pytest.mark.parametrize("several", [2, 20])
def test_a_collection_is_made_once(several: int) -> None:
    async def work(ctx: Any) -> Any:
        points = [{"id": number, "vector": [1.0, float(number)]} for number in range(several)]
        await asyncio.gather(*(upsert(ctx, POOL, "books", [point]) for point in points))
        return len((await scroll(ctx, POOL, "books"))["points"])

    assert working(work) == several


def test_payloads_change() -> None:
    async def work(ctx: Any) -> Any:
        await upsert(ctx, POOL, "books", [SEA])
        await change_payload(ctx, POOL, "books", "sea", set={"read": True})
        seen = [await read_payload(ctx, POOL, "books", "sea")]
        await change_payload(ctx, POOL, "books", "sea", remove=["title"])
        seen.append(await read_payload(ctx, POOL, "books", "sea"))
        await change_payload(ctx, POOL, "books", "sea", replace={"a": 1})
        seen.append(await read_payload(ctx, POOL, "books", "sea"))
        # Its id is still the one that it was given.
        assert [point["id"] for point in (await scroll(ctx, POOL, "books"))["points"]] == ["sea"]
        with pytest.raises(FlowError, match="no point of this id"):
            await change_payload(ctx, POOL, "books", "sky", set={"read": True})
        return seen

    assert working(work) == [{"title": "The Sea", "read": True}, {"read": True}, {"a": 1}]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({"kind": "novel"}, ["1", "3"]),
        ({"kind": ["essay", "poem"]}, ["2", "4"]),
        ({"kind": {"not": "novel"}}, ["2", "4"]),
        ({"kind": {"not": ["novel", "poem"]}}, ["2"]),
        ({"pages": {"gte": 100, "lt": 300}}, ["2"]),
        ({"pages": 300}, ["3"]),
        ({"price": 1.5}, ["1"]),
        ({"pages": {"exists": False}}, ["4"]),
        ({"pages": {"exists": True}, "kind": "novel"}, ["1", "3"]),
        ({"any": [{"kind": "poem"}, {"pages": {"lt": 100}}]}, ["1", "4"]),
        ({"all": [{"kind": "novel"}, {"pages": {"gt": 100}}]}, ["3"]),
        ({"none": [{"kind": "novel"}, {"kind": "poem"}]}, ["2"]),
        ({"on": {"gte": "2026-01-01T00:00:00Z"}}, ["3"]),
        ({"on": {"gte": datetime(2026, 1, 1, tzinfo=UTC), "lt": None}}, ["3"]),
        ({"pages": {"lt": None}}, ["1", "2", "3", "4"]),
        ({"price": [1.5, "x", None]}, ["1"]),
        ({"pages": [90, 300.0]}, ["1", "3"]),
        ({"sold": True}, ["2"]),
        ({}, ["1", "2", "3", "4"]),
    ],
)
def test_filters(wanted: dict[str, Any], ids: list[str]) -> None:
    payloads: list[dict[str, Any]] = [
        {"kind": "novel", "pages": 90, "price": 1.5},
        {"kind": "essay", "pages": 200, "sold": True},
        {"kind": "novel", "pages": 300, "on": "2026-05-01T00:00:00Z"},
        {"kind": "poem"},
    ]
    points = [{"id": at, "vector": [1.0, float(at)], "payload": each} for at, each in enumerate(payloads, 1)]

    async def work(ctx: Any) -> Any:
        await upsert(ctx, POOL, "books", points)
        return sorted(hit["id"] for hit in await search(ctx, "n", POOL, "books", [1.0, 1.0], filter=wanted))

    assert working(work) == ids


@pytest.mark.parametrize(
    "points",
    [
        [{"id": True, "vector": [1.0]}],
        [{"id": "a", "vector": []}],
        [{"id": "a", "vector": [float("nan")]}],
        [{"id": "a", "vector": ["1"]}],
        [{"id": "a"}],
        [{"id": "a", "vector": [1.0]}, {"id": "b", "vector": [1.0, 2.0]}],
        [{"id": "a", "vector": [1.0], "payload": "text"}],
        "points",
        [5],
    ],
)
def test_what_is_no_point_is_an_error(points: Any) -> None:
    async def work(ctx: Any) -> None:
        with pytest.raises(FlowError) as caught:
            await upsert(ctx, POOL, "books", points)
        assert caught.value.kind == "invalid_request"

    working(work)


def test_vectors_of_another_size_are_an_error() -> None:
    async def work(ctx: Any) -> str:
        await upsert(ctx, POOL, "books", [SEA])
        with pytest.raises(FlowError) as caught:
            await upsert(ctx, POOL, "books", [{"id": 1, "vector": [1.0, 2.0, 3.0]}])
        with pytest.raises(FlowError, match="takes vectors of 2 numbers, and is given one of 1"):
            await search(ctx, "n", POOL, "books", [1.0])
        return caught.value.title

    assert working(work) == "the collection takes vectors of 2 numbers, and is given one of 3"


def test_bounds_that_are_not_there_delete_nothing() -> None:
    async def work(ctx: Any) -> Any:
        await upsert(ctx, POOL, "books", [SEA, SKY])
        with pytest.raises(FlowError, match="would delete everything"):
            await delete(ctx, POOL, "books", filter={"any": [{"pages": {"gt": None}}]})
        return len((await scroll(ctx, POOL, "books"))["points"])

    assert working(work) == 2


@pytest.mark.parametrize("bounds", [{"gt": "x"}, {"gt": 1, "lt": "2026-01-01T00:00:00Z"}, {"gt": True}, {"gt": [1]}])
def test_bounds_that_are_none_of_ours(bounds: dict[str, Any]) -> None:
    with pytest.raises(FlowError, match="the bounds of `pages` are numbers, or points in time"):
        to_filter({"pages": bounds})


@pytest.mark.parametrize("name", ["", "a/b", "..", "a b", "a" * 300, "x?y=1"])
def test_names_cannot_lead_elsewhere(name: str) -> None:
    async def work(ctx: Any) -> None:
        with pytest.raises(FlowError, match="name of a collection"):
            await search(ctx, "n", POOL, name, [1.0])

    working(work)


UUID = "9ff9d2f4-1df7-4f53-8ae5-5bf6a2f4a3b1"


@pytest.mark.parametrize("given", ["7", "007", "sea", UUID, UUID.upper(), str(2**64), "-1"])
def test_ids_come_back_as_they_were_given(given: str) -> None:
    async def work(ctx: Any) -> Any:
        await upsert(ctx, POOL, "books", [{"id": given, "vector": [1.0]}])
        assert await read_payload(ctx, POOL, "books", given) == {}
        return [point["id"] for point in (await scroll(ctx, POOL, "books"))["points"]]

    assert working(work) == [given]
    assert shown_id(point_id(given), {"_id": given}) == given


def test_no_collection() -> None:
    async def work(ctx: Any) -> None:
        assert await search(ctx, "n", POOL, "nothing", [1.0]) == []
        with pytest.raises(FlowError) as caught:
            await scroll(ctx, POOL, "nothing")
        assert (caught.value.kind, caught.value.status) == ("not_found", 404)

    working(work)


@pytest.fixture(scope="module")
def qdrant() -> Iterator[tuple[str, Any]]:
    """A server's address with its key, and its state."""
    app = qdrant_api.create_app("k-1")
    with serving(app) as server:
        yield server.url.replace("http://", "http://:k-1@"), app.state


def test_a_server_by_its_address(qdrant: tuple[str, Any]) -> None:
    """Everything that the nodes do, over HTTP."""
    points = [{"id": number, "vector": [1.0, float(number)]} for number in range(1, 301)]

    async def work(ctx: Any) -> Any:
        assert await search(ctx, "n", POOL, "novels", [1.0, 0.0]) == []
        await asyncio.gather(*(upsert(ctx, POOL, "novels", [each], distance="dot") for each in (SEA, SKY)))
        written = await upsert(ctx, POOL, "many", points)
        assert written["count"] == 300
        hits = await search(ctx, "n", POOL, "novels", [0.9, 0.1], filter={"pages": {"exists": False}}, vectors=True)
        assert [(hit["id"], hit["payload"], hit["vector"]) for hit in hits] == [
            ("sea", {"title": "The Sea"}, [1.0, 0.0])
        ]
        some = await search(ctx, "n", POOL, "novels", [0.9, 0.1], threshold=0.5, payload=False)
        assert [(hit["id"], hit["payload"]) for hit in some] == [("sea", {})]
        first = await scroll(ctx, POOL, "many", limit=299)
        assert [point["id"] for point in (await scroll(ctx, POOL, "many", after=first["next"]))["points"]] == ["300"]
        await change_payload(ctx, POOL, "novels", "sea", set={"read": True})
        await change_payload(ctx, POOL, "novels", "sea", remove=["title"])
        assert await read_payload(ctx, POOL, "novels", "sea") == {"read": True}
        await change_payload(ctx, POOL, "novels", "sea", replace={"a": 1})
        with pytest.raises(FlowError, match="no point of this id"):
            await change_payload(ctx, POOL, "novels", "sand", set={"read": True})
        with pytest.raises(FlowError, match="takes vectors of 2 numbers, and is given one of 3"):
            await upsert(ctx, POOL, "novels", [{"id": 1, "vector": [1.0, 2.0, 3.0]}])
        with pytest.raises(FlowError, match="there is no such collection"):
            await scroll(ctx, POOL, "nothing")
        await delete(ctx, POOL, "novels", ids=["5"])
        await delete(ctx, POOL, "many", filter={"any": [{"_id": "no"}, {"pages": {"exists": False}}]})
        assert (await scroll(ctx, POOL, "many"))["points"] == []
        assert await ctx.pools.ready(5.0) == {"qdrant": True}
        return [(point["id"], point["payload"]) for point in (await scroll(ctx, POOL, "novels"))["points"]]

    assert working(work, qdrant[0]) == [("sea", {"a": 1})]


@pytest.mark.parametrize(
    ("fault", "kind", "status"),
    [
        (429, "http", 502),
        (500, "http", 502),
        (503, "http", 502),
        (404, "not_found", 404),
        (403, "auth", 502),
        (400, "invalid_request", 500),
        ("key", "auth", 502),
        ("slow", "timeout", 504),
        ("stranger", "invalid_response", 502),
    ],
)
def test_a_server_that_does_not_do_its_work(
    qdrant: tuple[str, Any], monkeypatch: pytest.MonkeyPatch, fault: Any, kind: str, status: int
) -> None:
    address, state = qdrant
    monkeypatch.setattr(state, "fault", fault, raising=False)
    monkeypatch.setattr("templates.runtime.vector_store._CONNECT_SECONDS", 1)
    address = address.replace("k-1", "k-2") if fault == "key" else address

    async def work(ctx: Any) -> FlowError:
        with pytest.raises(FlowError) as caught:
            await upsert(ctx, POOL, "books", [SEA])
        assert await ctx.pools.ready(5.0) == {"qdrant": False}
        return caught.value

    error = working(work, address)
    assert (error.kind, error.status) == (kind, status)
    assert error.retry_after == (2 if fault == 429 else None)
    assert "secret" not in error.title


def test_a_server_that_is_down() -> None:
    async def work(ctx: Any) -> None:
        with pytest.raises(FlowError) as caught:
            await search(ctx, "n", POOL, "books", [1.0])
        assert (caught.value.kind, caught.value.status) == ("connection", 503)
        assert await ctx.pools.ready(5.0) == {"qdrant": False}

    working(work, "http://127.0.0.1:1")


@pytest.mark.parametrize("address", ["localhost:6333", "http://host:port", "https://"])
def test_an_address_that_is_none(address: str) -> None:
    async def work(ctx: Any) -> None:
        return None

    with pytest.raises(CannotStart, match="the address of qdrant is no http"):
        working(work, address)
