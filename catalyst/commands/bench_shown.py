"""What `catalyst bench` found, as a table for people and as a document for programs."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from catalyst.commands.bench_request import Target
from catalyst.commands.bench_rounds import Plan, Round
from catalyst.commands.console import put, say, use_colour, visible
from catalyst.measure.events import Streams
from catalyst.measure.facts import facts
from catalyst.measure.figures import Figure, figure, percentile

if TYPE_CHECKING:
    from rich.table import Table

_PACKAGES = ("catalyst", "fastapi", "starlette", "uvicorn", "uvloop", "httptools", "pydantic", "msgspec", "orjson")
_WIDTH = 100
_KINDS = {
    "status": "answered with an error status",
    "connect": "not connected",
    "read": "cut short",
    "write": "not sent",
    "timeout": "timed out",
    "event": "ended with an error event",
    "no stream": "answered without a stream",
}
_TOTAL = "total"
"""The name under which a service reports the time of the whole run."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """All rounds, and how they were made."""

    target: Target
    generator: str
    plan: Plan
    start_seconds: float
    memory_before: Mapping[str, float] | None
    memory_after: Mapping[str, float] | None
    rounds: tuple[Round, ...]

    @property
    def succeeded(self) -> int:
        """Requests of all rounds that were answered as they should."""
        return sum(each.load.succeeded for each in self.rounds)

    @property
    def failed(self) -> int:
        """Errors of all rounds."""
        return sum(each.load.failed for each in self.rounds)

    @property
    def failure(self) -> Mapping[str, Any] | None:
        """The first failure that was seen."""
        return next((each.failure for each in self.rounds if each.failure is not None), None)

    def errors(self) -> dict[str, int]:
        """Errors of all rounds by kind."""
        found: dict[str, int] = {}
        for each in self.rounds:
            for kind, count in each.load.errors.items():
                found[kind] = found.get(kind, 0) + count
        return found

    def nodes(self) -> dict[str, list[float]]:
        """Milliseconds of each node in all answers that were looked at; the whole run comes last."""
        found: dict[str, list[float]] = {}
        for each in self.rounds:
            for node, milliseconds in each.nodes.items():
                found.setdefault(node, []).extend(milliseconds)
        return dict(sorted(found.items(), key=lambda item: item[0] == _TOTAL))


# For people


def show(outcome: Outcome) -> None:
    """Print the tables on standard output, and on standard error what went wrong."""
    put(_tables(outcome, colour=use_colour(sys.stdout)))
    _say_errors(outcome)


def _tables(outcome: Outcome, *, colour: bool) -> str:
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second

    route, plan = outcome.target.route, outcome.plan
    console = Console(file=io.StringIO(), force_terminal=colour, highlight=False, width=_WIDTH)
    with console.capture() as shown:
        console.print(f"{outcome.target.workflow.name}, {route.method} {route.path}", style="bold", markup=False)
        how = [_counted(plan.connections, "connection"), f"{_counted(plan.rounds, 'round')} of {plan.seconds} s"]
        console.print(f"{_counted(plan.workers, 'worker')}; {outcome.generator}, {', '.join(how)}\n", markup=False)
        console.print(_load_table(outcome))
        if outcome.nodes():
            console.print()
            console.print(_node_table(outcome))
    return "\n".join(line.rstrip() for line in shown.get().rstrip().split("\n"))


def _load_table(outcome: Outcome) -> Table:
    from rich.table import Table  # noqa: PLC0415

    streams = isinstance(outcome.rounds[0].load, Streams)
    table = Table("", box=None, header_style="bold")
    for heading in ("median", "lowest", "highest"):
        table.add_column(heading, justify="right")
    for title, found in (_stream_lines if streams else _request_lines)(outcome.rounds):
        table.add_row(title, *(_number(value) for value in (found.median, found.low, found.high)))
    held = [("memory at start (PSS), MB", outcome.memory_before), ("memory afterwards (PSS), MB", outcome.memory_after)]
    for title, megabytes in held:
        if megabytes is not None:
            table.add_row(title, _number(megabytes["pss"]))
    table.add_row("start to first answer, s", _number(outcome.start_seconds))
    failed = outcome.failed
    table.add_row("errors", str(failed), style="bold red" if failed else "")
    return table


def _request_lines(rounds: Sequence[Round]) -> Iterator[tuple[str, Figure]]:
    yield "requests/s", figure(each.load.per_second for each in rounds)
    if any(each.load.failed for each in rounds):
        yield "of these successful, /s", figure(each.load.succeeded / each.load.seconds for each in rounds)
    yield from _latency_lines("latency", [each.load.latency for each in rounds if each.load.requests])
    yield from _cpu_line(rounds, "CPU per request")


def _stream_lines(rounds: Sequence[Round]) -> Iterator[tuple[str, Figure]]:
    loads = [each.load for each in rounds if isinstance(each.load, Streams)]
    yield "streams/s", figure(each.per_second for each in loads)
    yield "events/s", figure(each.events_per_second for each in loads)
    yield from _latency_lines("first event", [each.first_event for each in loads])
    yield from _latency_lines("whole stream", [each.latency for each in loads])
    yield from _cpu_line(rounds, "CPU per stream")


def _latency_lines(what: str, rounds: Sequence[Mapping[str, float]]) -> Iterator[tuple[str, Figure]]:
    for name in ("p50", "p90", "p99", "p99.9", "max"):
        values = [each[name] / 1000 for each in rounds if name in each]
        if values:
            yield f"{what} {name}, ms", figure(values)


def _cpu_line(rounds: Sequence[Round], title: str) -> Iterator[tuple[str, Figure]]:
    values = [each.cpu_us for each in rounds if each.cpu_us is not None]
    if values:
        yield f"{title}, µs", figure(values)


def _node_table(outcome: Outcome) -> Table:
    from rich.table import Table  # noqa: PLC0415

    table = Table("node", box=None, header_style="bold")
    for heading in ("median ms", "p99 ms", "answers"):
        table.add_column(heading, justify="right")
    for node, milliseconds in outcome.nodes().items():
        times = (f"{percentile(milliseconds, percent):.3f}" for percent in (50, 99))
        table.add_row(node, *times, str(len(milliseconds)), style="bold" if node == _TOTAL else "")
    return table


def _say_errors(outcome: Outcome) -> None:
    """How many failed, in which ways, and what the first failure said."""
    if not outcome.failed:
        if not outcome.succeeded:
            say("\nno request was answered before a round was over", "bold red")
            say("  = help: give the flow more time: --duration")
        return
    kinds = ", ".join(f"{count} {_KINDS.get(kind, kind)}" for kind, count in outcome.errors().items())
    asked = outcome.failed + outcome.succeeded
    everything = f"{outcome.failed} of {asked} requests failed" if outcome.succeeded else "all requests failed"
    say(f"\n{everything}: {kinds}", "bold red")
    failure = outcome.failure
    if failure is not None:
        where = ", ".join(str(failure[key]) for key in ("node", "source") if key in failure)
        status = failure.get("status", "no status")
        title = f" {visible(str(failure['title']))}" if "title" in failure else ""
        say(f"  the first: {status}{title}{f' ({where})' if where else ''}")
        if failure.get("detail"):
            say(f"  {visible(str(failure['detail']))}")
    if outcome.target.made_up and not outcome.succeeded:
        say("  = help: the input is an example made from the flow's types; --input gives one of your own")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 100 else f"{value:.2f}"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


# For programs


def document(outcome: Outcome) -> dict[str, Any]:
    """Everything that was found, with every round, and what it depends on."""
    return {
        "flow": outcome.target.workflow.name,
        "route": f"{outcome.target.route.method} {outcome.target.route.path}",
        "input_bytes": len(outcome.target.request(0).body),
        "generator": outcome.generator,
        "connections": outcome.plan.connections,
        "seconds": outcome.plan.seconds,
        "workers": outcome.plan.workers,
        "summary": _summary(outcome),
        "nodes": {node: _node(milliseconds) for node, milliseconds in outcome.nodes().items()},
        "memory_mb": {"start": outcome.memory_before, "after": outcome.memory_after},
        "start_s": outcome.start_seconds,
        "errors": {"count": outcome.failed, "kinds": outcome.errors(), "first": outcome.failure},
        "rounds": [{**each.load.as_data(), "cpu_us": each.cpu_us} for each in outcome.rounds],
        **facts(_PACKAGES),
    }


def _summary(outcome: Outcome) -> dict[str, Any]:
    """The medians of the rounds."""
    loads = [each.load for each in outcome.rounds]
    names = [name for name in loads[0].latency if all(name in each.latency for each in loads)]
    cpu = [each.cpu_us for each in outcome.rounds if each.cpu_us is not None]
    found: dict[str, Any] = {
        "per_second": figure(each.per_second for each in loads).median,
        "latency_us": {name: figure(each.latency[name] for each in loads).median for name in names},
        "cpu_us": figure(cpu).median if cpu else None,
    }
    streams = [each for each in loads if isinstance(each, Streams)]
    if streams:
        found["events_per_second"] = figure(each.events_per_second for each in streams).median
        firsts = [each.first_event["p50"] for each in streams if each.first_event]
        found["first_event_us"] = figure(firsts).median if firsts else None
    return found


def _node(milliseconds: Sequence[float]) -> dict[str, float]:
    return {
        "median_ms": percentile(milliseconds, 50),
        "p99_ms": percentile(milliseconds, 99),
        "answers": len(milliseconds),
    }
