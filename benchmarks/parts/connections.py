"""Many connections at once: 1,000 and then 5,000 for a minute each, under the two servers that people use."""

from __future__ import annotations

import importlib.util
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from benchmarks.bench import Bench, CannotMeasure, Round, Rounds
from benchmarks.contenders import Contender, Running, dumped, emitted, only_right, probes, start
from benchmarks.emitted import flow_text, write_flow
from benchmarks.service.work import order
from benchmarks.table import Goal, Line, made_of, plain, total

ORDER = 60
UVICORN, GRANIAN = "emitted, uvicorn", "emitted, granian"
CONNECTIONS = (1000, 5000)
OWN = 200
"""Files that a process has open besides its connections, at most."""


def measure(bench: Bench) -> Rounds:
    """`SERVER, CONNECTIONS` -> one long round: errors, time-outs, latencies, memory early and late."""
    seconds, settled = (10, 3) if bench.quick else (60, 10)
    possible = [number for number in CONNECTIONS if number + OWN <= _files(max(CONNECTIONS) + OWN)]
    for number in set(CONNECTIONS) - set(possible):
        bench.skip(f"{number} connections", f"needs {number + OWN} open files; `ulimit -Hn` allows fewer")
    if not possible:
        raise CannotMeasure("too few open files are allowed: see `ulimit -Hn`")
    found: dict[str, list[Round]] = {}
    with tempfile.TemporaryDirectory() as folder:
        write_flow(flow_text("three_nodes"), Path(folder))
        for contender in _servers(bench, Path(folder)):
            with start(bench, [contender], probes()[0].body) as servers:
                for title, server in only_right(bench, servers).items():
                    for number in possible:
                        bench.say(f"  {title}: {number} connections for {seconds} s")
                        found[f"{title}, {number}"] = [_long(bench, server, number, seconds, settled)]
    return found


def _files(wanted: int) -> int:
    """How many files we and what we start may have open, after asking for enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        return allowed
    return wanted if soft == resource.RLIM_INFINITY else soft


def _servers(bench: Bench, folder: Path) -> list[Contender]:
    found = [emitted(folder, UVICORN)]
    if importlib.util.find_spec("granian") is None:
        bench.skip(GRANIAN, "granian is not installed: pip install granian")
        return found
    options = ("--interface", "asgi", "--loop", "uvloop", "--host", "127.0.0.1", "--backlog", "8192")
    command = (sys.executable, "-m", "granian", *options, "--port", "{port}", "app.main:app")
    return [*found, replace(found[0], title=GRANIAN, command=command)]


def _long(bench: Bench, server: Running, connections: int, seconds: int, settled: int) -> Round:
    body = dumped(order())
    with ThreadPoolExecutor(1) as beside:
        memory = beside.submit(
            _early_and_late, lambda: (server.server.memory() or {}).get("pss", 0.0), seconds, settled
        )
        load = bench.generator().run(
            server.request(body), connections=connections, seconds=seconds, timeout=10.0, cores=bench.cores().load
        )
        early, late = memory.result()
    return {
        "per_second": load.per_second,
        "errors": float(load.failed),
        "timeouts": float(load.errors.get("timeout", 0)),
        "p50_us": load.latency["p50"],
        "p99_us": load.latency["p99"],
        "max_us": load.latency["max"],
        "early_mb": early,
        "late_mb": late,
    }


def _early_and_late(look: Callable[[], float], seconds: int, settled: int) -> tuple[float, float]:
    """Memory when the load has settled, and just before it ends."""
    time.sleep(settled)
    early = look()
    time.sleep(max(0, seconds - settled - 1))
    return early, look()


def lines(rounds: Rounds) -> list[Line]:
    """Errors and time-outs, how much later the late answers are, how memory grows; for each server."""
    found = []
    for title, each in rounds.items():
        ratios = [one["p99_us"] / one["p50_us"] for one in each]
        found.append(total(f"{title} connections: errors and time-outs of 10 s", Goal("less", 0), "", each, "errors"))
        found.append(made_of(f"{title} connections: p99 over p50", Goal("less", 3), "x", ratios))
        if all(one["early_mb"] for one in each):
            growth = [(one["late_mb"] / one["early_mb"] - 1) * 100 for one in each]
            what = f"{title} connections: growth of memory once settled"
            found.append(made_of(what, Goal("less", 2), "%", growth))
        found.append(plain(f"{title} connections: requests/s", Goal("more"), "/s", each, "per_second"))
    return found
