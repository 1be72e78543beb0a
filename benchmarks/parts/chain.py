"""A chain of ten trivial nodes in process, with its timings: beside the same by hand, and beside LangGraph."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from benchmarks.bench import Bench, CannotMeasure, Round, Rounds
from benchmarks.emitted import Emitted, flow_text
from benchmarks.inprocess import CALLS, Contender, in_pieces, same_results
from benchmarks.peers.catalogue import find_peer, versions
from benchmarks.table import Goal, Line, made_of

ORDER = 30
GIVEN = {"number": 5}
CHAIN, BY_HAND, NOTHING = "chain of ten", "chain of ten, by hand", "no nodes"
LANGGRAPH, LANGGRAPH_ONE = "chain of ten, LangGraph", "chain of one, LangGraph"


async def chain_by_hand(ctx: Any) -> object:
    """The chain of ten without any timing."""
    one = ctx.input["number"] + 1
    two = one + 2
    three = two - 3
    four = three + 4
    five = four + 5
    six = five - 6
    seven = six + 7
    eight = seven + 8
    nine = eight - 9
    return {"text": f"ten is {nine}"}


async def nothing(ctx: Any) -> object:
    """A run without nodes: what making the context costs."""
    return {}


def measure(bench: Bench) -> Rounds:
    """CPU microseconds of a run."""
    emitted = Emitted({"chain_ten": flow_text("chain_ten")})
    contenders: dict[str, Contender] = {
        CHAIN: (emitted.runs["chain_ten"], GIVEN),
        BY_HAND: (chain_by_hand, GIVEN),
        NOTHING: (nothing, GIVEN),
    }
    same_results(emitted, contenders[CHAIN], contenders[BY_HAND])
    found: dict[str, list[Round]] = {name: [] for name in contenders}
    calls = CALLS // 4 if bench.quick else CALLS
    peer = _langgraph(bench)
    for _ in range(bench.rounds):
        for name, each in in_pieces(emitted, contenders, calls).items():
            found[name].append(each)
        for name, each in (_ask(peer) if peer else {}).items():
            found.setdefault(name, []).append(each)
    return found


def _langgraph(bench: Bench) -> list[str] | None:
    """The command that measures LangGraph; None, noted, when it cannot be had."""
    if not bench.with_peers:
        return None
    peer = find_peer("langgraph")
    try:
        peer.contender()
    except CannotMeasure as reason:
        bench.skip(LANGGRAPH, str(reason))
        return None
    bench.versions[peer.title] = versions(peer)
    return [str(peer.bin / "python"), str(peer.folder / "chain.py")]


def _ask(command: list[str]) -> dict[str, Round]:
    out = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    ten, one = (json.loads(out)[name] for name in ("ten", "one"))
    return {LANGGRAPH: {"cpu_us": ten}, LANGGRAPH_ONE: {"cpu_us": one}}


def lines(rounds: Rounds) -> list[Line]:
    """What a node costs, its work and its timing together; and how many of them a node of LangGraph is."""
    mine = _per_node(rounds, CHAIN, NOTHING, 10)
    found = [made_of("a trivial node in a chain of ten, in process, with its timing", Goal("less", 0.35), "µs", mine)]
    if LANGGRAPH in rounds:
        theirs = _per_node(rounds, LANGGRAPH, LANGGRAPH_ONE, 9)
        each = [two / one for one, two in zip(mine, theirs, strict=True)]
        found.append(made_of("a trivial node of LangGraph over it, in process", Goal("more", 300), "x", each))
    return found


def _per_node(rounds: Rounds, long: str, short: str, more: int) -> list[float]:
    """What each further node adds to a run: what a run costs whatever its length is left out."""
    both = zip(rounds[long], rounds[short], strict=True)
    return [(one["cpu_us"] - two["cpu_us"]) / more for one, two in both]
