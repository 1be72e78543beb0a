"""GraphQL against a real service: data, errors, data beside errors, pages, and answers that are none."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from templates.runtime.errors import FlowError
from templates.runtime.graphql import Pages, ask, ask_all, ask_pages
from templates.runtime.http import HTTP
from templates.runtime.pools import ConnectionPools
from tests.runtime.support import Context, make_context, run
from tests.standin.server import StandIn

PEOPLE = """
query P($first: Int, $after: String) {
  people(first: $first, after: $after) { nodes { id } pageInfo { %s } }  # a page
}
"""
INFO = "hasNextPage endCursor"
LIST = Pages(["people", "nodes"], ["people", "pageInfo"])


class Person(TypedDict):
    id: int
    name: str


PERSON = TypeAdapter(Person)


def calling(work: Callable[[Context], Awaitable[Any]]) -> Any:
    """Run `work` with an open pool that is closed afterwards."""

    async def scenario() -> Any:
        async with ConnectionPools.opened([HTTP]) as pools:
            return await work(make_context(pools))

    return run(scenario())


def fails(work: Callable[[Context], Awaitable[Any]]) -> FlowError:
    with pytest.raises(FlowError) as caught:
        calling(work)
    return caught.value


@pytest.fixture
def url(standin: StandIn) -> str:
    return f"{standin.url}/graphql"


def test_data_is_typed(url: str) -> None:
    document = "query One($id: Int!) { person(id: $id) { id name } }"
    found = calling(lambda ctx: ask(ctx, url, document, {"id": 1}, PERSON, path=["person"]))
    assert found == {"id": 1, "name": "Ada Okafor"}
    error = fails(lambda ctx: ask(ctx, url, "{ person(id: 1) { id } }", {}, PERSON, path=["person"]))
    assert (error.kind, error.detail) == ("invalid_response", "not as declared: name")


def test_a_value_cannot_become_part_of_the_document(url: str) -> None:
    document = "query All($topic: String) { people(topic: $topic) { totalCount } }"
    hostile = {"topic": '") { nodes { email } } } #'}
    assert calling(lambda ctx: ask(ctx, url, document, hostile, None, path=["people", "totalCount"])) == 0


@pytest.mark.parametrize(
    ("document", "detail"),
    [
        ("{ broken }", "INTERNAL at broken"),
        ("{ person(id: 1) { id } broken }", "INTERNAL at broken"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_errors_are_errors_without_what_they_say(url: str, document: str, detail: str) -> None:
    error = fails(lambda ctx: ask(ctx, url, document, {}, None))
    assert (error.kind, error.status, error.detail) == ("graphql", 502, detail)


def test_data_beside_errors(url: str) -> None:
    document = "{ a: person(id: 1) { id } b: person(id: 999) { id } }"
    answer = calling(lambda ctx: ask_all(ctx, url, document, {}, None))
    assert answer.data == {"a": {"id": 1}, "b": None}
    assert answer.errors == [{"place": "b", "code": "NOT_FOUND"}]
    nothing = calling(lambda ctx: ask_all(ctx, url, "{ nothing }", {}, PERSON))
    assert (nothing.data, nothing.errors) == (None, [{"place": "", "code": "GRAPHQL_VALIDATION_FAILED"}])


def test_all_pages(url: str) -> None:
    adapter = TypeAdapter(list[dict[str, int]])
    found = calling(lambda ctx: ask_pages(ctx, url, PEOPLE % INFO, {"first": 5}, adapter, LIST))
    whole = calling(lambda ctx: ask(ctx, url, "{ people { nodes { id } } }", {}, None, path=["people", "nodes"]))
    assert found == whole
    assert len(found) > 10


@pytest.mark.parametrize(
    ("info", "pages", "detail"),
    [
        (INFO, Pages(LIST.items, LIST.info, max_pages=2), "there are more than 2 pages"),
        (INFO, Pages(["people"], LIST.info), "no list of items"),
        (INFO, Pages(LIST.items, ["people", "info"]), "no `hasNextPage`"),
        ("hasNextPage", LIST, "no `endCursor`"),
        (INFO, Pages(LIST.items, LIST.info, "other"), "was there before"),
    ],
)
def test_pages_that_do_not_end_well(url: str, info: str, pages: Pages, detail: str) -> None:
    error = fails(lambda ctx: ask_pages(ctx, url, PEOPLE % info, {"first": 2}, None, pages))
    assert detail in str(error.detail)


def test_what_is_no_graphql(standin: StandIn) -> None:
    error = fails(lambda ctx: ask(ctx, f"{standin.url}/echo", "{ a }", {}, None))
    assert "neither `data` nor `errors`" in str(error.detail)
    error = fails(lambda ctx: ask(ctx, f"{standin.url}/status/401", "{ a }", {}, None))
    assert (error.kind, error.upstream) == ("http", 401)
