"""Calls of GraphQL services: `await ask(ctx, url, DOCUMENT, {"id": 1}, PERSON, path=["person"])`.

Errors of the service are errors of kind `graphql`. What they say is not passed on, for it may quote what was asked;
their places in the data and their codes are. Over HTTP everything is as with other calls (`http.py`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, Unpack, overload

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from .context import ExecutionContext
from .errors import FlowError
from .http import HostList, request_json
from .validation import place_of
from .values import soft

T = TypeVar("T")
Context = ExecutionContext[Any, Any, Any]

MAX_ITEMS = 100_000
_MAX_ERRORS = 20
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")


class GraphqlError(TypedDict):
    """An error of the service: where in the data, such as `people.0.name`, and its code; "" where it says none."""

    place: str
    code: str


class CallOptions(TypedDict, total=False):
    """What a call may be given besides."""

    headers: Mapping[str, Any]
    allow_hosts: HostList


@dataclass(frozen=True, slots=True)
class GraphqlAnswer(Generic[T]):
    """The data, and the errors that came with it."""

    data: T
    errors: list[GraphqlError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pages:
    """Where a page's items and its `{hasNextPage, endCursor}` are, and the variable that takes the cursor."""

    items: Sequence[str]
    info: Sequence[str]
    variable: str = "after"
    max_pages: int = 20


@overload
async def ask(
    ctx: Context,
    url: str,
    document: str,
    variables: Mapping[str, Any],
    adapter: None,
    *,
    path: Sequence[str] = (),
    **options: Unpack[CallOptions],
) -> Any: ...


@overload
async def ask(
    ctx: Context,
    url: str,
    document: str,
    variables: Mapping[str, Any],
    adapter: TypeAdapter[T],
    *,
    path: Sequence[str] = (),
    **options: Unpack[CallOptions],
) -> T: ...


async def ask(
    ctx: Context,
    url: str,
    document: str,
    variables: Mapping[str, Any],
    adapter: TypeAdapter[T] | None,
    *,
    path: Sequence[str] = (),
    **options: Unpack[CallOptions],
) -> T | Any:
    """The data, or what is at `path` in it, checked against the adapter. Raises FlowError when there are errors."""
    answer = await _send(ctx, url, document, variables, options)
    if answer.errors:
        raise _failed(answer.errors)
    return _checked(soft(answer.data, *path) if path else answer.data, adapter)


async def ask_all(
    ctx: Context,
    url: str,
    document: str,
    variables: Mapping[str, Any],
    adapter: TypeAdapter[T] | None,
    *,
    path: Sequence[str] = (),
    **options: Unpack[CallOptions],
) -> GraphqlAnswer[Any]:
    """The same with the errors beside what data there is."""
    answer = await _send(ctx, url, document, variables, options)
    data = soft(answer.data, *path) if path else answer.data
    if data is None and answer.errors:
        return GraphqlAnswer(None, answer.errors)
    return GraphqlAnswer(_checked(data, adapter), answer.errors)


async def ask_pages(
    ctx: Context,
    url: str,
    document: str,
    variables: Mapping[str, Any],
    adapter: TypeAdapter[list[T]] | None,
    pages: Pages,
    **options: Unpack[CallOptions],
) -> list[T]:
    """The items of all pages. Raises FlowError for more pages than may be, and for a cursor that goes in circles."""
    found: list[Any] = []
    cursors: set[str] = set()
    cursor: str | None = None
    for _ in range(pages.max_pages):
        data = await ask(ctx, url, document, {**variables, pages.variable: cursor}, None, **options)
        items = soft(data, *pages.items)
        if not isinstance(items, list):
            raise _unexpected("there is no list of items where the flow looks for it")
        found += items
        cursor = _next_cursor(data, pages)
        if cursor is None:
            whole: list[T] = _checked(found, adapter)
            return whole
        if cursor in cursors:
            raise _unexpected("a cursor leads to a page that was there before")
        if len(found) > MAX_ITEMS:
            raise _unexpected(f"there are more than {MAX_ITEMS:,} items")
        cursors.add(cursor)
    raise _unexpected(f"there are more than {pages.max_pages:,} pages")


def _next_cursor(data: Any, pages: Pages) -> str | None:
    """Where the next page begins; None after the last one."""
    info = soft(data, *pages.info)
    if not isinstance(info, dict) or not isinstance(info.get("hasNextPage"), bool):
        raise _unexpected("there is no `hasNextPage` where the flow looks for it")
    cursor = info.get("endCursor")
    if not info["hasNextPage"]:
        return None
    if not isinstance(cursor, str) or not cursor:
        raise _unexpected("there is a next page and no `endCursor`")
    return cursor


async def _send(
    ctx: Context, url: str, document: str, variables: Mapping[str, Any], options: CallOptions
) -> GraphqlAnswer[Any]:
    """The answer as it came."""
    answer = await request_json(ctx, "POST", url, None, json={"query": document, "variables": variables}, **options)
    if not isinstance(answer, dict) or ("data" not in answer and "errors" not in answer):
        raise _unexpected("the answer has neither `data` nor `errors`")
    errors = answer.get("errors") or []
    if not isinstance(errors, list):
        raise _unexpected("the errors of the answer are no list")
    return GraphqlAnswer(answer.get("data"), [_error(each) for each in errors[:_MAX_ERRORS]])


def _error(error: Any) -> GraphqlError:
    """What may be told of an error."""
    path, code = soft(error, "path"), soft(error, "extensions", "code")
    known = isinstance(code, str) and _CODE.fullmatch(code)
    return {"place": place_of(path) if isinstance(path, list) else "", "code": str(code) if known else ""}


def _failed(errors: Sequence[GraphqlError]) -> FlowError:
    words = [" at ".join(filter(None, (each["code"] or "an error", each["place"]))) for each in errors]
    detail = "; ".join(dict.fromkeys(words))[:500]
    return FlowError("the GraphQL service answered with errors", kind="graphql", status=502, detail=detail)


def _checked(data: Any, adapter: TypeAdapter[T] | None) -> Any:
    if adapter is None:
        return data
    try:
        return adapter.validate_python(data)
    except ValidationError as error:
        # Without the input: the text of this error may be shown.
        problems = error.errors(include_url=False, include_context=False, include_input=False)
    places = ", ".join(sorted({place_of(each["loc"]) or "the data" for each in problems}))
    raise _unexpected(f"not as declared: {places[:400]}")


def _unexpected(detail: str) -> FlowError:
    return FlowError("the answer has another shape than declared", kind="invalid_response", status=502, detail=detail)
