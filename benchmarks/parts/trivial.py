"""Three trivial nodes and a branch: the emitted service beside the same by hand, at three sizes of the body."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.bench import Bench, Rounds
from benchmarks.contenders import (
    BEST,
    BY_HAND,
    EMITTED,
    MSGSPEC,
    PYDANTIC,
    by_hand,
    dumped,
    emitted,
    only_right,
    probes,
    race,
    start,
)
from benchmarks.emitted import flow_text, write_flow
from benchmarks.service.work import order
from benchmarks.table import Goal, Line, over, plain

ORDER = 10
SIZES = {"1 KB": 1024, "256 B": 256, "4 KB": 4096}
GOALS = {
    ("1 KB", BY_HAND): Goal("more", 3.0, 3.5),
    ("1 KB", BEST): Goal("more"),
    ("1 KB", PYDANTIC): Goal("more", 0.9, 1.0),
    ("1 KB", MSGSPEC): Goal("more", 0.7, 0.8),
    ("256 B", BY_HAND): Goal("more", 2.8),
    ("4 KB", BY_HAND): Goal("more", 2.4),
}


def measure(bench: Bench) -> Rounds:
    """`CONTENDER, SIZE` -> requests/s, CPU, latencies."""
    with tempfile.TemporaryDirectory() as folder:
        write_flow(flow_text("three_nodes"), Path(folder))
        contenders = [
            emitted(Path(folder)),
            by_hand(BY_HAND, "fastapi_app"),
            by_hand(BEST, "fastapi_best"),
            by_hand(PYDANTIC, "bare_pydantic"),
            by_hand(MSGSPEC, "bare_msgspec"),
        ]
        with start(bench, contenders, probes()[0].body) as servers:
            right = only_right(bench, servers)
            found = {}
            for size, bytes_ in SIZES.items():
                rounds = race(bench, right, dumped(order(bytes_)))
                found.update({f"{title}, {size}": each for title, each in rounds.items()})
    return found


def lines(rounds: Rounds) -> list[Line]:
    """Requests/s over each of the others; what a request costs in CPU time, which other work disturbs less."""
    found = []
    for (size, other), goal in GOALS.items():
        mine, theirs = rounds.get(f"{EMITTED}, {size}"), rounds.get(f"{other}, {size}")
        if mine and theirs:
            what = f"three nodes and a branch, {size}: requests/s over {other}"
            found.append(over(what, goal, mine, theirs, "per_second"))
    return found + _cpu(rounds)


def _cpu(rounds: Rounds) -> list[Line]:
    mine = rounds.get(f"{EMITTED}, 1 KB")
    if not mine or "cpu_us" not in mine[0]:
        return []
    found = [plain("three nodes and a branch, 1 KB: CPU time of a request", Goal("less"), "µs", mine, "cpu_us")]
    for other in (BY_HAND, PYDANTIC, MSGSPEC):
        theirs = rounds.get(f"{other}, 1 KB")
        if theirs:
            what = f"three nodes and a branch, 1 KB: CPU time of {other} over ours"
            found.append(over(what, Goal("more"), theirs, mine, "cpu_us"))
    return found
