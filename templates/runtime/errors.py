"""The errors a workflow knows about, and where in the flow they happened.

Every error carries a `kind` (what a flow's `catch` names), the HTTP `status` of the answer it leads to, and texts that
are safe to show: never the exception's own text, a value or a secret.
"""

import linecache
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from typing_extensions import TypedDict


class ErrorInfo(TypedDict):
    """What `err` holds inside a `catch`."""

    kind: str
    status: int
    title: str
    detail: str | None
    node: str | None


class CannotStart(Exception):
    """The service cannot start in these surroundings; the text says what to do, and holds no value."""


class FlowError(Exception):
    """An error of a run. `status` is what the caller of the service gets, `upstream` what another service gave.

    `errors` are the places of what is wrong with some data, as the problem document lists them.
    """

    def __init__(
        self,
        title: str,
        *,
        kind: str = "error",
        status: int = 500,
        detail: str | None = None,
        node: str | None = None,
        upstream: int | None = None,
        retry_after: float | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(title)
        self.title = title
        self.kind = kind
        self.status = status
        self.detail = detail
        self.node = node
        self.upstream = upstream
        self.retry_after = retry_after
        self.errors = tuple(errors)
        self.place: Place | None = None
        """Where it happened, for an error that is raised once more somewhere else."""

    def describe(self) -> ErrorInfo:
        """What `err` holds inside a `catch`."""
        return {
            "kind": self.kind,
            "status": self.upstream if self.upstream is not None else self.status,
            "title": self.title,
            "detail": self.detail,
            "node": self.node if self.node is not None else _node_of(self),
        }


class NodeError(FlowError):
    """A node failed; `__cause__` holds the error underneath."""


class ExpressionError(FlowError):
    """A value did not fit what an expression does with it: a missing key, a wrong type, a limit."""

    def __init__(self, title: str) -> None:
        super().__init__(title, kind="expression", status=500)


class TooLarge(ExpressionError):
    """Plain arithmetic gave a number that no float can hold, or that is too long to be written."""

    def __init__(self) -> None:
        super().__init__("the result of a calculation is too large")


class RaisedError(FlowError):
    """A `raise` node ended the run on purpose."""

    def __init__(self, title: str, *, status: int = 500, detail: str | None = None, node: str | None = None) -> None:
        super().__init__(title, kind="raised", status=status, detail=detail, node=node)


@dataclass(frozen=True, slots=True)
class Place:
    """A node and the line of the flow file that it comes from."""

    node: str
    source: str


def _node_of(error: BaseException) -> str | None:
    place = locate(error)
    return place.node if place is not None else None


_MARK = re.compile(r"\s*# (?P<node>[A-Za-z_]\w*), (?P<source>\S+:\d+)$")


def locate(error: BaseException) -> Place | None:
    """The node that was running when `error` was raised.

    The comment above each node names it and its line in the flow; the nearest one above the innermost line of a
    workflow function is the place. Gives None where no source is at hand.
    """
    place = None
    current: BaseException | None = error
    while current is not None:
        place = _innermost(current.__traceback__) or place
        if isinstance(current, FlowError) and current.place is not None:
            return current.place
        current = current.__cause__
    return place


def is_too_large(error: BaseException) -> bool:
    """Whether the flow's own arithmetic ran over. Python of the author's that does is no expression."""
    # The only ValueError of plain expressions is that of an integer with too many digits to be written.
    traceback = error.__traceback__ if isinstance(error, OverflowError | ValueError) else None
    file = None
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if _mark_above(code.co_filename, traceback.tb_lineno, code.co_firstlineno) is not None:
            file = code.co_filename
        if traceback.tb_next is None:
            return file == code.co_filename
        traceback = traceback.tb_next
    return False


def _innermost(traceback: TracebackType | None) -> Place | None:
    place = None
    while traceback is not None:
        code = traceback.tb_frame.f_code
        place = _mark_above(code.co_filename, traceback.tb_lineno, code.co_firstlineno) or place
        traceback = traceback.tb_next
    return place


def _mark_above(filename: str, line: int, first_line: int) -> Place | None:
    """The nearest mark above `line`, looking no further up than one line above the function and its decorators.

    Blocks and functions that have ended above the line, which stand further in, have marks of their own.
    """
    depth = None
    for number in range(line, max(0, first_line - 2), -1):
        text = linecache.getline(filename, number).rstrip()
        indent = len(text) - len(text.lstrip())
        if not text or (depth is not None and indent > depth):
            continue
        depth = indent
        match = _MARK.match(text)
        if match:
            return Place(match["node"], match["source"])
    return None
