"""The rounds of `catalyst bench`: load from a generator, or event streams that are read; and what the answers say.

The load generator counts and times. Node times come from one caller more, which asks every few milliseconds and keeps
the `Server-Timing` of its answers, so they are times under load.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from catalyst.commands.bench_request import problem_in
from catalyst.commands.console import progress
from catalyst.commands.problems import FLOW_IS_WRONG, CommandProblem
from catalyst.measure.cores import Cores, pinned
from catalyst.measure.events import Streams, read_streams
from catalyst.measure.exchange import Answer, Connection, Request
from catalyst.measure.load import Generator, Load
from catalyst.measure.servers import Server

_PAUSE = 0.005
"""Seconds between two requests of the caller who looks at node times."""
_WARM_UP = 1
"""Seconds of load that do not count."""
_TIMEOUT = 30.0
"""Seconds that an answer may take; models need some."""
_BODY_SHOWN = 200
_LOG_SHOWN = 20
_ENTRY = re.compile(r"(?P<node>[^;,\s]+);dur=(?P<milliseconds>[0-9.]+)")


@dataclass(frozen=True, slots=True)
class Plan:
    """How the load is to be."""

    seconds: int
    connections: int
    rounds: int
    workers: int


@dataclass(frozen=True, slots=True)
class Loading:
    """A service that is ready for load."""

    server: Server
    request: Request
    cores: Cores


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found."""

    load: Load | Streams
    cpu_us: float | None
    """CPU microseconds of the service for a request; None where the system does not say."""
    nodes: Mapping[str, Sequence[float]]
    """Milliseconds of each node, and of `total`, in the answers that were looked at."""
    failure: Mapping[str, Any] | None
    """The first failure that was seen: `status`, and what its problem document says."""


def load_rounds(loading: Loading, generator: Generator, plan: Plan) -> list[Round]:
    """One round after another, after a short one that does not count. Raises LoadFailed or `CommandProblem`."""
    cores = loading.cores.load
    threads = min(plan.workers, len(cores)) if cores is not None else 1

    def load(seconds: int) -> Load:
        return generator.run(
            loading.request,
            connections=plan.connections,
            seconds=seconds,
            threads=threads,
            timeout=_TIMEOUT,
            cores=cores,
        )

    def measure() -> Round:
        with _sampling(loading) as samples:
            before = loading.server.cpu_seconds()
            found = load(plan.seconds)
            spent = _per_request(before, loading.server.cpu_seconds(), found.requests + samples.count)
        return Round(found, spent, samples.nodes, samples.failure)

    return _rounds(loading, plan, lambda: load(_WARM_UP), measure)


def load_streams(loading: Loading, plan: Plan) -> list[Round]:
    """The same for event streams, which this process reads itself."""

    def read(seconds: int) -> Streams:
        cores = loading.cores.load
        return read_streams(
            loading.request, connections=plan.connections, seconds=seconds, timeout=_TIMEOUT, cores=cores
        )

    def measure() -> Round:
        before = loading.server.cpu_seconds()
        found = read(plan.seconds)
        spent = _per_request(before, loading.server.cpu_seconds(), found.requests)
        samples = _Samples()
        for data in found.last:
            samples.take_last_event(data)
        failure = _failure(found.failure) if found.failure is not None else samples.failure
        return Round(found, spent, samples.nodes, failure)

    return _rounds(loading, plan, lambda: read(_WARM_UP), measure)


def _rounds(loading: Loading, plan: Plan, warm_up: Callable[[], object], measure: Callable[[], Round]) -> list[Round]:
    found = []
    try:
        with progress("warming up ..."):
            warm_up()
        for number in range(1, plan.rounds + 1):
            with progress(f"round {number} of {plan.rounds} ..."):
                found.append(measure())
    finally:
        _check_alive(loading.server)
    return found


def _per_request(before: float | None, after: float | None, requests: int) -> float | None:
    if before is None or after is None or not requests:
        return None
    return (after - before) * 1e6 / requests


def _check_alive(server: Server) -> None:
    code = server.process.poll()
    if code is not None:
        raise with_log(f"the service ended under load (exit code {code})", server.log())


def with_log(message: str, log: str) -> CommandProblem:
    """What happened to the service, with the end of what it said itself."""
    lines = log.strip().splitlines()[-_LOG_SHOWN:]
    return CommandProblem("\n  ".join([message, *lines]), code=FLOW_IS_WRONG)


# Looking at single answers


@dataclass(slots=True)
class _Samples:
    """What single answers of a round said."""

    count: int = 0
    nodes: dict[str, list[float]] = field(default_factory=dict)
    failure: Mapping[str, Any] | None = None

    def take(self, answer: Answer) -> None:
        """Keep the times of an answer, and the first failure."""
        self.count += 1
        if answer.status >= 400:
            self.failure = self.failure or _failure(answer)
            return
        for entry in _ENTRY.finditer(answer.headers.get("server-timing", "")):
            self.nodes.setdefault(entry["node"], []).append(float(entry["milliseconds"]))

    def take_last_event(self, data: bytes) -> None:
        """Keep what the last event of a stream says: times, or a problem document."""
        try:
            found = json.loads(data)
        except ValueError:
            return
        for node, milliseconds in found.get("timings", {}).items():
            self.nodes.setdefault(node, []).append(milliseconds)
        if "title" in found and "status" in found and "timings" not in found:
            self.failure = self.failure or _shown_failure(found)


def _failure(answer: Answer) -> dict[str, Any]:
    problem = problem_in(answer)
    if not problem:
        return {"status": answer.status, "detail": answer.body[:_BODY_SHOWN].decode("utf-8", "replace")}
    return {"status": answer.status, **_shown_failure(problem)}


def _shown_failure(problem: Mapping[str, Any]) -> dict[str, Any]:
    return {key: problem[key] for key in ("status", "title", "detail", "node", "source") if key in problem}


@contextmanager
def _sampling(loading: Loading) -> Iterator[_Samples]:
    """While inside, ask the service now and then."""
    samples, over = _Samples(), threading.Event()
    asker = threading.Thread(target=_sample, args=(loading, samples, over), daemon=True)
    asker.start()
    try:
        yield samples
    finally:
        over.set()
        asker.join(timeout=10)


def _sample(loading: Loading, samples: _Samples, over: threading.Event) -> None:
    with pinned(loading.cores.load), Connection(loading.request.url) as connection:
        while not over.wait(_PAUSE):
            try:
                samples.take(connection.ask(loading.request))
            except (OSError, http.client.HTTPException):
                continue  # such errors are counted by the load generator
