"""Turns whatever a node raised into an error of the flow, and says which `catch` or `retry` words it answers to."""

import re

from .errors import FlowError, NodeError, RaisedError, TooLarge, is_too_large, locate

# What may be told to a caller for errors that are not ours; the exception's own text never is.
_CONNECTION_TITLE = "could not reach the other side"
_STATUS_WORD = re.compile(r"[1-5](?:xx|\d\d)")


class FinalFailure(FlowError):
    """An error that must not be tried again, such as a stream that broke after its first words were sent."""


def as_failure(error: BaseException, node: str | None = None) -> FlowError:
    """`error` as an error of the flow, with `node` as its place unless a node inside has claimed it already.

    Errors of the flow keep their kind, status and texts. Time-outs become `timeout` (504), lost or refused connections
    `connection` (502); anything else takes its class name as kind and leads to status 500.
    """
    if isinstance(error, RaisedError | NodeError):
        error.node = error.node or node
        return error
    known = TooLarge() if is_too_large(error) else error
    if isinstance(known, FlowError):
        place = locate(error)  # what stands in line inside another node has not claimed it
        failure = NodeError(
            known.title,
            kind=known.kind,
            status=known.status,
            detail=known.detail,
            node=known.node or (place.node if place is not None else node),
            upstream=known.upstream,
            retry_after=known.retry_after,
            errors=known.errors,
        )
    elif isinstance(error, TimeoutError):
        failure = NodeError("time ran out", kind="timeout", status=504, node=node)
    elif isinstance(error, ConnectionError):
        failure = NodeError(_CONNECTION_TITLE, kind="connection", status=502, node=node)
    else:
        failure = NodeError("the node failed", kind=type(error).__name__, status=500, node=node)
    failure.__cause__ = error
    return failure


def matches(error: BaseException, words: tuple[str, ...]) -> bool:
    """Whether one of `words` means this error.

    A word is a kind (`timeout`, `connection`, `http`, `expression`, ...), a status another service gave or a `raise`
    node chose (`409`, `4xx`), or the name of an exception class that the error or one of its causes is an instance of.
    """
    return any(_means(word, error) for word in words)


def _means(word: str, error: BaseException) -> bool:
    if _STATUS_WORD.fullmatch(word):
        status = _status_of(error)
        return status is not None and (word == str(status) or word == f"{status // 100}xx")
    current: BaseException | None = error
    while current is not None:
        if isinstance(current, FlowError) and current.kind == word:
            return True
        if any(word == kind.__name__ for kind in type(current).__mro__):
            return True
        current = current.__cause__
    return word == as_failure(error).kind


def _status_of(error: BaseException) -> int | None:
    """The status that `4xx` and the like are about: not the one that a time-out or a wrong value is answered with."""
    if isinstance(error, FlowError):
        return error.status if error.upstream is None and error.kind == "raised" else error.upstream
    return None
