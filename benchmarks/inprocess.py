"""Measures what runs without a server: CPU time of calls, interleaved in small pieces."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from benchmarks.bench import Round
from benchmarks.emitted import Emitted, Run, finish

CALLS = 4000
"""Calls of each contender in a round."""
PIECES = 20
Contender = tuple[Run, Mapping[str, Any]]
"""A run, and the input of its context."""


def same_results(emitted: Emitted, *contenders: Contender) -> None:
    """Hold all of them to the result of the first."""
    results = [finish(run(emitted.context(given))) for run, given in contenders]
    if any(result != results[0] for result in results):
        raise SystemExit(f"not the same result: {results}")


def in_pieces(emitted: Emitted, contenders: Mapping[str, Contender], calls: int = CALLS) -> dict[str, Round]:
    """CPU microseconds of a run of each: that of the quickest tenth piece, which nothing disturbed."""
    pieces: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(PIECES):
        for name, (run, given) in contenders.items():
            pieces[name].append(_piece(emitted, run, given, calls // PIECES))
    return {name: {"cpu_us": sorted(each)[PIECES // 10]} for name, each in pieces.items()}


def _piece(emitted: Emitted, run: Run, given: Mapping[str, Any], calls: int) -> float:
    began = time.process_time_ns()
    for _ in range(calls):
        finish(run(emitted.context(given)))
    return (time.process_time_ns() - began) / calls / 1000
