"""Faults that a caller asks for, by the model's name or a header."""

import re
from collections import Counter
from dataclasses import dataclass

from starlette.requests import Request

HEADER = "x-stand-in-fault"
_FAULT = re.compile(r"(fail|cut|end|error|slow|nonsense|refuse)(?:-(\d+))?(?:-(\d+))?")


class CutConnection(Exception):
    """Ends a response in its middle: the server drops the connection."""


@dataclass(frozen=True)
class Fault:
    """What shall go wrong, and with which number."""

    kind: str = ""
    number: int = 0

    def after(self, kind: str, position: int) -> bool:
        """Whether a stream shall go wrong in this way at this token."""
        return self.kind == kind and position >= self.number


class Faults:
    """Remembers how often each `fail-STATUS-TIMES` has failed."""

    def __init__(self) -> None:
        self._failed: Counter[str] = Counter()

    def wanted(self, request: Request, model: str, turns: int) -> Fault:
        """The fault for this request. `turns`: how many answers the conversation has had."""
        text = request.headers.get(HEADER) or model
        match = _FAULT.fullmatch(text)
        if match is None:
            return Fault()
        kind, number, times = match[1], int(match[2] or 0), match[3]
        if kind == "fail" and times is not None:
            self._failed[text] += 1
            if self._failed[text] > int(times):
                del self._failed[text]
                return Fault()
        if kind == "nonsense" and match[2] is not None and turns >= number:
            return Fault()
        return Fault(kind, number)
