"""Other ways to run the same flow behind HTTP, each as its own documentation recommends, in its own environment."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.bench import Bench, CannotMeasure, Rounds
from benchmarks.contenders import BY_HAND, EMITTED, by_hand, dumped, emitted, only_right, probes, race, start
from benchmarks.emitted import flow_text, write_flow
from benchmarks.peers.catalogue import PEERS, versions
from benchmarks.pictures import Bars
from benchmarks.service.work import order
from benchmarks.table import Goal, Line, columns, middle, number, over
from catalyst.measure.figures import figure

ORDER = 20
SECONDS = 4


def measure(bench: Bench) -> Rounds:
    """Contender -> requests/s, CPU, latencies; 1 KB, 32 connections."""
    if not bench.with_peers:
        raise CannotMeasure("left out with --no-peers")
    found = []
    for peer in PEERS:
        bench.say(f"  {peer.title}: getting it ready, which takes minutes the first time")
        try:
            found.append(peer.contender())
        except CannotMeasure as reason:
            bench.skip(peer.title, str(reason))
        else:
            bench.versions[peer.title] = versions(peer)
    with tempfile.TemporaryDirectory() as folder:
        write_flow(flow_text("three_nodes"), Path(folder))
        contenders = [emitted(Path(folder)), by_hand(BY_HAND, "fastapi_app"), *found]
        with start(bench, contenders, probes()[0].body) as servers:
            # The slowest of them answer a few dozen requests a second.
            return race(bench, only_right(bench, servers), dumped(order()), seconds=max(bench.seconds, SECONDS))


def lines(rounds: Rounds) -> list[Line]:
    """Requests/s over each of them."""
    mine = rounds[EMITTED]
    return [
        over(f"the same flow: requests/s over {title}", Goal("more", 1.0), mine, each, "per_second")
        for title, each in rounds.items()
        if title not in (EMITTED, BY_HAND)
    ]


def table(rounds: Rounds) -> str:
    """All contenders, the quickest first."""
    ordered = sorted(rounds.items(), key=lambda item: -middle(item[1], "per_second"))
    base = middle(rounds[BY_HAND], "per_second") if BY_HAND in rounds else None
    rows = {}
    for title, each in ordered:
        speed = middle(each, "per_second")
        rows[title] = {
            "requests/s": number(speed),
            **({f"over {BY_HAND}": number(speed / base)} if base else {}),
            "CPU µs a request": number(middle(each, "cpu_us")) if "cpu_us" in each[0] else "",
            "p50 ms": number(middle(each, "p50_us") / 1000),
            "p99 ms": number(middle(each, "p99_us") / 1000),
        }
    return columns(rows, "contender")


def pictures(rounds: Rounds) -> list[Bars]:
    """All of them as bars."""
    bars = {title: figure(one["per_second"] for one in each) for title, each in rounds.items()}
    return [Bars("peers", "The same flow behind HTTP", "requests/s, 1 KB, one core", bars)]
