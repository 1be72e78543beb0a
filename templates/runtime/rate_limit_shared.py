"""How often a caller may come, counted in Redis, so that all processes of a service share it.

Without an address of Redis each process counts by itself. It does the same while Redis does not answer: the service
stays up, and callers are still held back.
"""

from time import monotonic

from . import logs
from .errors import FlowError
from .pools import ConnectionPools, PoolKey
from .rate_limit import RateLimit, too_often
from .store import Store
from .store_patience import soon
from .store_redis import RedisStore

_PAUSE = 1.0
"""Seconds for which Redis is left alone when it has not answered: no request waits for it meanwhile."""


class SharedRateLimit(RateLimit):
    """`SharedRateLimit("POST /orders", 100, 60.0, REDIS)`: a hundred requests a minute for each caller of the route."""

    __slots__ = ("_ask_again", "_count", "_place", "_route")

    def __init__(self, route: str, count: int, seconds: float, place: PoolKey[Store]) -> None:
        super().__init__(count, seconds)
        self._route = route
        self._count = count
        self._place = place
        self._ask_again = 0.0

    async def take(self, caller: str, pools: ConnectionPools) -> None:
        """Count one request of `caller`. Raises RequestError (429) with the seconds to wait."""
        store = pools[self._place]
        if not isinstance(store, RedisStore) or monotonic() < self._ask_again:
            return await super().take(caller, pools)
        try:
            take = store.take(f"{self._route} {caller}", self._count, self._seconds)
            wait = await soon(store, take)
        except FlowError as error:
            self._ask_again = monotonic() + _PAUSE
            logs.write("warning", "the store of a rate limit does not answer; this process counts", kind=error.kind)
            return await super().take(caller, pools)
        if wait > 0:
            raise too_often(wait)
        return None
