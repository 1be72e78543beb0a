"""The cache in memory: what a hit costs, and how often 1,000 callers of a key that is not kept compute it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from benchmarks.bench import Bench, Round, Rounds
from benchmarks.table import Goal, Line, plain
from templates.runtime.cache import CACHE, MemoryCache, cached
from templates.runtime.context import ExecutionContext
from templates.runtime.pools import ConnectionPools

ORDER = 120
HITS = 100_000
CALLERS = 1_000
HIT, COLD = "cache, a hit", "cache, a cold key"


def measure(bench: Bench) -> Rounds:
    """Microseconds of a hit by the function that a cached node calls; computations of a cold key."""
    hits = HITS // 10 if bench.quick else HITS
    rounds = range(bench.rounds)
    return {HIT: [asyncio.run(_hit(hits)) for _ in rounds], COLD: [asyncio.run(_cold()) for _ in rounds]}


async def _hit(times: int) -> Round:
    ctx = _context()

    async def compute() -> dict[str, int]:
        return {"answer": 42}

    await cached(ctx, "node", ("a question", 1), 600.0, compute)
    started = time.perf_counter()
    for _ in range(times):
        await cached(ctx, "node", ("a question", 1), 600.0, compute)
    return {"hit_us": (time.perf_counter() - started) / times * 1e6}


async def _cold() -> Round:
    ctx, computed = _context(), 0

    async def compute() -> int:
        nonlocal computed
        computed += 1
        await asyncio.sleep(0.01)
        return computed

    await asyncio.gather(*(cached(ctx, "node", ("a question",), 600.0, compute) for _ in range(CALLERS)))
    return {"computed": float(computed)}


def _context() -> ExecutionContext[Any, Any, Any]:
    return ExecutionContext({}, None, None, ConnectionPools({CACHE: MemoryCache()}), workflow="measured")


def lines(rounds: Rounds) -> list[Line]:
    """Both figures."""
    return [
        plain("cache hit in memory", Goal("less", 3.0), "us", rounds[HIT], "hit_us"),
        plain(f"computations for {CALLERS:,} callers of a cold key", Goal("less", 1.0), "", rounds[COLD], "computed"),
    ]
