"""How requests/s change with the number of nodes, the number of workflows beside, and the size of the body."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.bench import Bench, CannotMeasure, Rounds
from benchmarks.contenders import (
    BY_HAND,
    EMITTED,
    Contender,
    Running,
    by_hand,
    dumped,
    emitted,
    loaded,
    start,
)
from benchmarks.emitted import flow_text, write_flow, write_project
from benchmarks.pictures import Picture
from benchmarks.service.work import order
from benchmarks.table import Goal, Line, over
from catalyst.measure.figures import Figure, figure

ORDER = 100
SECONDS = 2
CONNECTIONS = 8
"""Few, so that a second is enough for each to get an answer to a megabyte."""
NODES = (1, 3, 10, 30, 100, 300)
ROUTES = (1, 10, 50, 200)
SIZES = {
    64: "64 B",
    256: "256 B",
    1024: "1 KB",
    4096: "4 KB",
    16384: "16 KB",
    65536: "64 KB",
    262144: "256 KB",
    1000000: "1 MB",
}
AXES = {"nodes": NODES, "routes": ROUTES, "bytes": tuple(SIZES)}


def measure(bench: Bench) -> Rounds:
    """`CONTENDER, NUMBER nodes|routes|bytes` -> requests/s, CPU."""
    with tempfile.TemporaryDirectory() as folder:
        return {**_nodes(bench, Path(folder)), **_routes(bench, Path(folder)), **_sizes(bench, Path(folder))}


def _points(bench: Bench, axis: str) -> Sequence[int]:
    """All of them, or the first, one in the middle, and the last."""
    every = AXES[axis]
    return (every[0], every[len(every) // 2], every[-1]) if bench.quick else every


def _nodes(bench: Bench, folder: Path) -> Rounds:
    contenders = []
    for number in _points(bench, "nodes"):
        write_flow(chain(number), folder / f"nodes_{number}")
        contenders.append(emitted(folder / f"nodes_{number}", f"{EMITTED}, {number} nodes", "/api/v1/chain/execute"))
    body = dumped({"number": 5})
    with start(bench, contenders, body) as servers:
        return _race(bench, {title: (server, body) for title, server in servers.items()})


def chain(nodes: int) -> str:
    """A flow of so many nodes in a row."""
    lines = ["catalyst: 1\nname: chain\ninput: {number: integer}\nnodes:"]
    last = "input.number"
    for number in range(nodes):
        lines.append(f'  n{number}: {{type: set, with: {{value: "{{{{ {last} + {number} }}}}"}}}}')
        last = f"nodes.n{number}.output"
    return "\n".join([*lines, f'output: {{number: "{{{{ {last} }}}}"}}', ""])


def _routes(bench: Bench, folder: Path) -> Rounds:
    """The one in the middle is asked."""
    contenders: list[Contender] = []
    source = flow_text("three_nodes")
    for number in _points(bench, "routes"):
        names = [f"score_order_{each}" for each in range(number)]
        project = folder / f"routes_{number}"
        write_project({name: source.replace("name: score_order\n", f"name: {name}\n") for name in names}, project)
        path = f"/api/v1/{names[number // 2]}/execute"
        contenders.append(emitted(project, f"{EMITTED}, {number} routes", path))
        other = by_hand(f"{BY_HAND}, {number} routes", "fastapi_routes", path)
        contenders.append(replace(other, env={**os.environ, "ROUTES": str(number)}))
    body = dumped(order())
    with start(bench, contenders, body) as servers:
        return _race(bench, {title: (server, body) for title, server in servers.items()})


def _sizes(bench: Bench, folder: Path) -> Rounds:
    write_flow(flow_text("three_nodes"), folder / "sizes")
    contenders = [emitted(folder / "sizes"), by_hand(BY_HAND, "fastapi_app")]
    with start(bench, contenders, dumped(order())) as servers:
        asked = {
            f"{title}, {size} bytes": (server, dumped(order(size)))
            for size in _points(bench, "bytes")
            for title, server in servers.items()
        }
        return _race(bench, asked)


def _race(bench: Bench, asked: Mapping[str, tuple[Running, bytes]]) -> Rounds:
    for server, body in asked.values():
        status, _ = server.answer(body)
        if status != 200:
            raise CannotMeasure(f"{server.contender.title} says {status} to {len(body)} bytes")
        loaded(bench, server, body, connections=CONNECTIONS, seconds=1)
    return bench.take_turns(asked, lambda title: loaded(bench, *asked[title], connections=CONNECTIONS, seconds=SECONDS))


def lines(rounds: Rounds) -> list[Line]:
    """The far ends over the near ones."""
    found = []
    few, many = _ends(rounds, EMITTED, "routes")
    most, least = rounds[f"{EMITTED}, {many} routes"], rounds[f"{EMITTED}, {few} routes"]
    beside = f"with {many} workflows in the project over {few}"
    if "cpu_us" in most[0]:
        found.append(over(f"CPU time of a request {beside}", Goal("less", 1.05), most, least, "cpu_us"))
    found.append(over(f"requests/s {beside}", Goal("more"), most, least, "per_second"))
    few, many = _ends(rounds, EMITTED, "nodes")
    what = f"requests/s with {many} trivial nodes over {few}"
    found.append(
        over(what, Goal("more"), rounds[f"{EMITTED}, {many} nodes"], rounds[f"{EMITTED}, {few} nodes"], "per_second")
    )
    for size in _places(rounds, EMITTED, "bytes"):
        theirs = rounds.get(f"{BY_HAND}, {size} bytes")
        if theirs and size in (64, 1000000):
            what = f"three nodes and a branch, {SIZES[size]}: requests/s over {BY_HAND}"
            found.append(over(what, Goal("more"), rounds[f"{EMITTED}, {size} bytes"], theirs, "per_second"))
    return found


def _ends(rounds: Rounds, contender: str, axis: str) -> tuple[int, int]:
    places = _places(rounds, contender, axis)
    return places[0], places[-1]


def _places(rounds: Rounds, contender: str, axis: str) -> list[int]:
    """The points of an axis that were measured, in order."""
    return [each for each in AXES[axis] if f"{contender}, {each} {axis}" in rounds]


def pictures(rounds: Rounds) -> list[Picture]:
    """One for each axis."""
    every = (
        ("nodes", "Requests/s by number of trivial nodes", "nodes in the flow", None, False),
        ("routes", "Requests/s by number of workflows in the project", "workflows", None, False),
        ("bytes", "Requests/s by size of the body", "body", SIZES, True),
    )
    return [
        Picture(f"growth-{axis}", title, x, "requests/s", _series(rounds, axis), labels, log_y)
        for axis, title, x, labels, log_y in every
    ]


def _series(rounds: Rounds, axis: str) -> dict[str, list[tuple[int, Figure]]]:
    found = {}
    for contender in (EMITTED, BY_HAND):
        places = _places(rounds, contender, axis)
        each = {place: rounds[f"{contender}, {place} {axis}"] for place in places}
        if each:
            found[contender] = [(place, figure(one["per_second"] for one in some)) for place, some in each.items()]
    return found
