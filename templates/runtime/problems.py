"""Errors as the caller of the service sees them: problem documents (RFC 9457).

```json
{"type": "urn:problem:timeout", "title": "score took too long", "status": 504, "instance": "urn:uuid:...",
 "execution_id": "...", "node": "score", "source": "order_intake.yaml:11"}
```
Titles and details are texts of the flow or of this package. What an exception says of itself, the input and secrets
never get in here; they would end up with whoever calls.
"""

import math
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from .answers import Answer, to_json
from .errors import FlowError, TooLarge, is_too_large, locate

PROBLEM_TYPE = "application/problem+json"
_MAX_ERRORS = 100
_MAX_NAME = 100
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,63}")


class RequestError(FlowError):
    """The request cannot be served; the workflow did not run. `headers` go with the answer."""

    def __init__(
        self,
        title: str,
        *,
        kind: str,
        status: int,
        detail: str | None = None,
        retry_after: float | None = None,
        headers: Sequence[tuple[str, str]] = (),
        errors: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(title, kind=kind, status=status, detail=detail, retry_after=retry_after, errors=errors)
        self.headers = tuple(headers)


def invalid(errors: Iterable[Mapping[str, Any]], place: str) -> RequestError:
    """The 422 problem for pydantic's errors about `place` (body, path, query, header): every field, never a value."""
    found = []
    for error in numbers_as_one(errors):
        path = [str(part)[:_MAX_NAME] if isinstance(part, str) else part for part in error["loc"]]
        field = ".".join(str(part) for part in path)
        found.append({"loc": [place, *path], "field": field, "message": error["msg"], "type": error["type"]})
    return merged([RequestError("The input is not valid", kind="validation", status=422, errors=found)])


def numbers_as_one(errors: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The errors, with one about a number where pydantic has two: it could be no integer, and it could be no float."""
    as_integer: Mapping[str, Any] | None = None
    for error in errors:
        loc = error["loc"]
        if as_integer is not None and loc[-1:] == ("float",) and loc[:-1] == as_integer["loc"][:-1]:
            yield {"loc": loc[:-1], "msg": "Input should be a valid number", "type": "number_type"}
            as_integer = None
            continue
        if as_integer is not None:
            yield as_integer
        is_integer = loc[-1:] == ("int",) and error["type"].startswith("int_")
        as_integer = error if is_integer else None
        if not is_integer:
            yield error
    if as_integer is not None:
        yield as_integer


def merged(problems: Sequence[RequestError]) -> RequestError:
    """One 422 problem for all places of a request; a long list is cut and says so."""
    errors = [error for problem in problems for error in problem.errors]
    many = f"the first {_MAX_ERRORS} of {len(errors)} errors" if len(errors) > _MAX_ERRORS else None
    first = problems[0]
    return RequestError(first.title, kind=first.kind, status=first.status, detail=many, errors=errors[:_MAX_ERRORS])


def as_flow_error(error: BaseException) -> FlowError:
    """The error to show for `error`: itself, the first known one in a group, or one that says nothing."""
    if isinstance(error, FlowError):
        return error
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            known = as_flow_error(inner)
            if known.kind != "internal":
                return known
    if is_too_large(error):
        return TooLarge()
    return FlowError("Internal error", kind="internal", status=500)


def document(error: BaseException, execution_id: str | None = None) -> dict[str, Any]:
    """The problem document of an error, as plain data."""
    known = as_flow_error(error)
    # A kind that is the class name of some exception says more than the caller should know.
    kind = known.kind if _KIND.fullmatch(known.kind) else "internal"
    found: dict[str, Any] = {"type": f"urn:problem:{kind}", "title": known.title, "status": status_of(known)}
    if known.detail:
        found["detail"] = known.detail
    if execution_id is not None:
        found["instance"] = uuid.UUID(execution_id).urn
        found["execution_id"] = execution_id
    if known.errors:
        found["errors"] = list(known.errors)
    if isinstance(known, RequestError):
        return found
    place = locate(known) or locate(error)
    node = known.node or (place.node if place else None)
    if node is not None:
        found["node"] = node
    if place is not None and place.node == node:
        found["source"] = place.source
    return found


def status_of(error: FlowError) -> int:
    """The status to answer with; whatever is not an error status becomes 500."""
    return error.status if 400 <= error.status <= 599 else 500


def answer(error: BaseException, execution_id: str | None = None) -> Answer:
    """The response for an error."""
    found = document(error, execution_id)
    body = to_json(found)
    headers = [(b"content-type", PROBLEM_TYPE.encode()), (b"content-length", b"%d" % len(body))]
    if execution_id is not None:
        headers.append((b"x-execution-id", execution_id.encode("ascii")))
    known = as_flow_error(error)
    if known.retry_after is not None:
        headers.append((b"retry-after", b"%d" % max(1, math.ceil(known.retry_after))))
    if isinstance(known, RequestError):
        headers.extend((name.encode("ascii"), value.encode("ascii")) for name, value in known.headers)
    return Answer(found["status"], headers, body)


def of_status(status: int, headers: Sequence[tuple[str, str]] = (), detail: object = None) -> RequestError:
    """A problem that is no more than its status, such as 404 or 405; `detail` is what a route of the owner says."""
    known = any(status == entry.value for entry in HTTPStatus)
    title = HTTPStatus(status).phrase if known else "Error"
    kind = "-".join(re.findall(r"[a-z0-9]+", title.lower()))
    said = detail if isinstance(detail, str) and detail != title else None
    return RequestError(title, kind=kind, status=status, headers=headers, detail=said)
