"""How often a caller may come, by the generic cell rate algorithm: one number per caller, no lists of requests.

A caller may use the whole allowance at once and then gets one request back every `seconds / count`. Callers are told
apart by their key, or by their address where no key is asked for. The count is kept in this process: with several
workers each allows that much (`rate_limit_shared.py` has them share it).
"""

from collections import OrderedDict
from time import monotonic

from .pools import ConnectionPools
from .problems import RequestError

_MAX_CALLERS = 100_000


class RateLimit:
    """`RateLimit(100, 60.0)`: a hundred requests a minute for each caller."""

    __slots__ = ("_callers", "_max_callers", "_seconds", "_step")

    def __init__(self, count: int, seconds: float, max_callers: int = _MAX_CALLERS) -> None:
        self._step = seconds / count
        self._seconds = seconds
        self._max_callers = max_callers
        # When each caller's allowance is whole again; the longest unseen caller comes first.
        self._callers: OrderedDict[str, float] = OrderedDict()

    async def take(self, caller: str, pools: ConnectionPools) -> None:
        """Count one request of `caller`. Raises RequestError (429) with the seconds to wait."""
        now = monotonic()
        whole_again = max(self._callers.get(caller, now), now) + self._step
        wait = whole_again - self._seconds - now
        # Adding up the steps of a full allowance may end a hair above it.
        if wait > self._step * 1e-6:
            raise too_often(wait)
        self._callers[caller] = whole_again
        self._callers.move_to_end(caller)
        if len(self._callers) > self._max_callers:
            self._callers.popitem(last=False)


def too_often(wait: float) -> RequestError:
    """A caller has to wait so many seconds."""
    return RequestError("Too many requests", kind="rate-limit", status=429, retry_after=wait)
