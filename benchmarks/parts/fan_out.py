"""Work that waits: four calls of 200 ms at the same time, and graphs of sleeping nodes against what they need."""

from __future__ import annotations

import asyncio
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench, CannotMeasure, Round, Rounds
from benchmarks.contenders import EMITTED, SERVICE, UVICORN, emitted, start
from benchmarks.emitted import Emitted, flow_text, write_flow
from benchmarks.table import Goal, Line, made_of, plain
from catalyst.measure.exchange import Connection, Request
from catalyst.measure.figures import figure
from catalyst.measure.servers import free_port, running

ORDER = 50
CALLS = "four calls of 200 ms"
ALONE = "one call of 200 ms, asked directly"
GRAPHS = "random graphs of sleeping nodes"
ASKED = 10
"""Requests in a round."""
TOGETHER = 10
"""Graphs that run at the same time in one loop."""
PATH = "/api/v1/fan_out/execute"


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes that sleep: how long, in milliseconds, and which earlier ones each waits for."""

    sleeps: Sequence[int]
    needs: Sequence[Sequence[int]]

    def critical_path(self) -> float:
        """Milliseconds of the longest way through it: no order of running can be quicker."""
        ends: list[float] = []
        for sleep, needs in zip(self.sleeps, self.needs, strict=True):
            ends.append(sleep + max((ends[each] for each in needs), default=0.0))
        return max(ends)

    def flow(self, name: str) -> str:
        """As a flow."""
        lines = [f"catalyst: 1\nname: {name}\nnodes:"]
        for number, (sleep, needs) in enumerate(zip(self.sleeps, self.needs, strict=True)):
            waits = f"needs: [{', '.join(f'n{each}' for each in needs)}], " if needs else ""
            lines.append(f"  n{number}: {{type: wait, {waits}with: {{for: {sleep}ms}}}}")
        return "\n".join([*lines, "output: {done: true}", ""])


def random_graph(seed: int) -> Graph:
    """Six to fourteen nodes of 20 to 120 ms; each waits for up to three earlier ones."""
    chance = random.Random(seed)
    size = chance.randint(6, 14)
    needs = [sorted(chance.sample(range(number), min(number, chance.randint(0, 3)))) for number in range(size)]
    return Graph([chance.randint(20, 120) for _ in range(size)], needs)


def measure(bench: Bench) -> Rounds:
    """Milliseconds of the calls; makespan over critical path of each graph."""
    return {**_calls(bench), GRAPHS: asyncio.run(_graphs(20 if bench.quick else 200))}


def _calls(bench: Bench) -> dict[str, list[Round]]:
    """Asked one after another, over a connection that stays open; the slow server has the core of the load."""
    port = free_port()
    slow = f"http://127.0.0.1:{port}"
    command = [sys.executable, *UVICORN, "slow:app", "--port", str(port)]
    with tempfile.TemporaryDirectory() as folder:
        write_flow(flow_text("fan_out"), Path(folder))
        given = emitted(Path(folder), path=PATH, env={**os.environ, "SLOW_URL": slow})
        with (
            running(command, Request(f"{slow}/"), cwd=SERVICE, cores=bench.cores().load),
            start(bench, [given], b"{}") as servers,
        ):
            if not servers:
                raise CannotMeasure("the emitted service did not start")
            asked = {CALLS: servers[EMITTED].request(b"{}"), ALONE: Request(f"{slow}/alone")}
            return bench.take_turns(asked, lambda name: {"ms": _milliseconds(asked[name])})


def _milliseconds(request: Request) -> float:
    """The median of some answers."""
    each = []
    with Connection(request.url) as connection:
        for _ in range(ASKED):
            began = time.perf_counter()
            answer = connection.ask(request)
            each.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                raise CannotMeasure(f"{request.url}: {answer.status} {answer.body[:500]!r}")
    return median(each)


async def _graphs(count: int) -> list[Round]:
    """One round for each graph."""
    graphs = {f"graph_{seed}": random_graph(seed) for seed in range(count)}
    emitted_graphs = Emitted({name: graph.flow(name) for name, graph in graphs.items()})
    found: list[Round] = []
    names = list(graphs)
    for first in range(0, count, TOGETHER):
        some = names[first : first + TOGETHER]
        spans = await asyncio.gather(*(_makespan(emitted_graphs, name) for name in some))
        for name, span in zip(some, spans, strict=True):
            needed = graphs[name].critical_path()
            found.append({"ms": span, "critical_ms": needed, "over": span / needed})
    return found


async def _makespan(emitted_graphs: Emitted, name: str) -> float:
    began = time.perf_counter()
    await emitted_graphs.runs[name](emitted_graphs.context({}))
    return (time.perf_counter() - began) * 1000


def lines(rounds: Rounds) -> list[Line]:
    """The joined calls; the middle one of the graphs, and the worst."""
    graphs = [each["over"] for each in rounds[GRAPHS]]
    title = f"makespan of {len(graphs)} random graphs of sleeping nodes over the critical path"
    return [
        plain(
            "fan-out of four calls of 200 ms, joined, through the service", Goal("less", 205), "ms", rounds[CALLS], "ms"
        ),
        plain("one call of 200 ms, asked directly", Goal("less"), "ms", rounds[ALONE], "ms"),
        made_of(title, Goal("less", 1.03), "x", graphs),
        Line(f"{title}, the worst of them", Goal("less"), "x", figure([max(graphs)]), (max(graphs),)),
    ]
