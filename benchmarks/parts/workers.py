"""Two workers over one.

With three cores the load has one of its own and the flow is the trivial one. With two, both workers need both, so the
flow does some milliseconds of work for each request: what makes the load then needs next to nothing beside them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.bench import Bench, CannotMeasure, Round, Rounds
from benchmarks.contenders import Contender, dumped, emitted, loaded, start
from benchmarks.emitted import flow_text, write_flow
from benchmarks.service.work import PATH, order
from benchmarks.table import Goal, Line, over
from catalyst.measure.cores import usable_cores

ORDER = 80
ONE, TWO = "one worker", "two workers"
HEAVY, LIGHT = "some milliseconds of work a request", "three nodes and a branch"
PATHS = {HEAVY: "/api/v1/heavy/execute", LIGHT: PATH}
FLOWS = {HEAVY: "heavy", LIGHT: "three_nodes"}


def measure(bench: Bench) -> Rounds:
    """`WORKERS, WORK` -> requests/s."""
    cores = len(usable_cores())
    if cores < 2:
        raise CannotMeasure("needs two cores")
    if cores < 3:
        bench.skip(f"two workers over one, {LIGHT}", "needs three cores: two for the workers and one for the load")
    found: dict[str, Sequence[Round]] = {}
    for work in (HEAVY, LIGHT) if cores > 2 else (HEAVY,):
        body = dumped({"size": 20_000} if work == HEAVY else order())
        with tempfile.TemporaryDirectory() as folder:
            write_flow(flow_text(FLOWS[work]), Path(folder))
            one = emitted(Path(folder), f"{ONE}, {work}", PATHS[work])
            two = replace(one, title=f"{TWO}, {work}", command=(*one.command, "--workers", "2"))
            found.update(_race(bench, [one, two], body))
    return found


def _race(bench: Bench, contenders: list[Contender], body: bytes) -> Rounds:
    """Both may use two cores; 32 connections."""
    with start(bench, contenders, body, workers=2) as servers:
        for each in servers.values():
            loaded(bench, each, body, seconds=1, workers=2)
        return bench.take_turns(servers, lambda title: loaded(bench, servers[title], body, workers=2))


def lines(rounds: Rounds) -> list[Line]:
    """Requests/s of two over one."""
    found = []
    for work in (LIGHT, HEAVY):
        one, two = rounds.get(f"{ONE}, {work}"), rounds.get(f"{TWO}, {work}")
        if one and two:
            found.append(over(f"`--workers 2` over one, {work}: requests/s", Goal("more", 1.8), two, one, "per_second"))
    return found
