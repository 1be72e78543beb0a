"""Servers that do the same work, side by side: started together, held to the same answers, measured in turns."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.bench import Bench, CannotMeasure, Round, Rounds
from benchmarks.service.work import PATH, order
from catalyst.measure.exchange import Answer, Request, ask
from catalyst.measure.problems import DidNotStart, LoadFailed
from catalyst.measure.servers import Server, free_port, running

SERVICE = Path(__file__).parent / "service"
JSON = {"content-type": "application/json"}
UVICORN = ("-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
EMITTED = "emitted"
BY_HAND = "FastAPI by hand"
BEST = "FastAPI by hand, at its best"
PYDANTIC = "bare ASGI, pydantic"
MSGSPEC = "bare ASGI, msgspec"


@dataclass(frozen=True, slots=True)
class Contender:
    """How a server is started and asked."""

    title: str
    command: Sequence[str]
    """`{port}` stands for the port."""
    folder: Path
    path: str = PATH
    env: Mapping[str, str] | None = None
    inside: str | None = None
    """The field of the answer that holds what the others answer."""
    patience: float = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A contender that answers."""

    contender: Contender
    server: Server
    url: str

    def request(self, body: bytes) -> Request:
        """The request with this body."""
        return Request(self.url, "POST", body, JSON)

    def answer(self, body: bytes) -> tuple[int, Any]:
        """Status, and the data of an answer without an error."""
        answer = ask(self.request(body))
        return answer.status, self._data(answer) if answer.status < 400 else None

    def _data(self, answer: Answer) -> Any:
        data = json.loads(answer.body)
        return data[self.contender.inside] if self.contender.inside is not None else data


def emitted(folder: Path, title: str = EMITTED, path: str = PATH, env: Mapping[str, str] | None = None) -> Contender:
    """The emitted project in this folder, started as its README says."""
    command = (sys.executable, "-m", "app", "--log-level", "warning", "--port", "{port}")
    return Contender(title, command, folder, path, env)


def by_hand(title: str, module: str, path: str = PATH, folder: Path = SERVICE) -> Contender:
    """An app of `benchmarks/service`, under the same server as the emitted one."""
    return Contender(title, (sys.executable, *UVICORN, f"{module}:app", "--port", "{port}"), folder, path)


@contextmanager
def start(
    bench: Bench, contenders: Sequence[Contender], first: bytes, *, workers: int = 1
) -> Iterator[dict[str, Running]]:
    """All of them at once, on the core of the server; one that does not start is skipped, with what it said."""
    cores = bench.cores(workers).server
    with ExitStack() as stack:
        found: dict[str, Running] = {}
        for contender in contenders:
            port = free_port()
            url = f"http://127.0.0.1:{port}{contender.path}"
            command = [part.replace("{port}", str(port)) for part in contender.command]
            try:
                server = stack.enter_context(
                    running(
                        command,
                        Request(url, "POST", first, JSON),
                        cwd=contender.folder,
                        env=(
                            {name: text.replace("{port}", str(port)) for name, text in contender.env.items()}
                            if contender.env is not None
                            else None
                        ),
                        cores=cores,
                        patience=contender.patience,
                    )
                )
            except (DidNotStart, OSError) as error:
                said = getattr(error, "log", "").strip().splitlines()[-1:]
                bench.skip(contender.title, " ".join([str(error), *said]))
                continue
            found[contender.title] = Running(contender, server, url)
        yield found


@dataclass(frozen=True, slots=True)
class Probe:
    """A body, and what every contender has to make of it."""

    body: bytes
    answer: Any = field(default=None)
    """None: it has to be refused."""


def probes() -> list[Probe]:
    """Both branches, and an input that is wrong in three ways one after another."""
    small, large = order(1024), order(1024, price=95.0)
    wrong = [{**small, "query": "x"}, {**small, "limit": 51}, {**small, "lines": [{"sku": "a"}]}]
    accepted = {"message": f"Hello Grace Hopper, {len(small['query'].strip())}", "total": 152.0, "held": False}
    held = {
        "message": f"Hello Grace Hopper, we are checking {len(large['query'].strip())}",
        "total": 1520.0,
        "held": True,
    }
    return [Probe(dumped(small), accepted), Probe(dumped(large), held), *(Probe(dumped(each)) for each in wrong)]


def dumped(data: object) -> bytes:
    """Compact JSON."""
    return json.dumps(data, separators=(",", ":")).encode()


def only_right(bench: Bench, servers: Mapping[str, Running]) -> dict[str, Running]:
    """Those that answer every probe as they should; the others are skipped, with the answer they gave.

    Some answer before they are ready, with an error: so each has the patience of its start again.
    """
    right = {}
    for title, each in servers.items():
        wrong = _wrong(each, time.monotonic() + each.contender.patience)
        if wrong is None:
            right[title] = each
        else:
            bench.skip(title, wrong)
    return right


def _wrong(server: Running, deadline: float) -> str | None:
    """What is wrong with its answers when the time is over."""
    for probe in probes():
        while True:
            try:
                status, answer = server.answer(probe.body)
            except (OSError, ValueError, KeyError, TypeError) as error:
                status, answer = 0, repr(error)
            refused = 400 <= status < 600 and probe.answer is None
            if refused or (probe.answer is not None and answer == probe.answer):
                break
            if time.monotonic() > deadline:
                return f"not the right answer: {status} {answer} to {probe.body[:200].decode()}"
            time.sleep(0.2)
    return None


def loaded(
    bench: Bench, server: Running, body: bytes, *, connections: int = 32, seconds: int | None = None, workers: int = 1
) -> Round:
    """One round of load: requests/s, CPU microseconds a request, latency in microseconds, errors."""
    before = server.server.cpu_seconds()
    load = bench.generator().run(
        server.request(body),
        connections=connections,
        seconds=seconds or bench.seconds,
        cores=bench.cores(workers).load,
    )
    after = server.server.cpu_seconds()
    if not load.requests:
        raise LoadFailed(f"{server.contender.title} answered nothing: {dict(load.errors)}")
    found = {"requests": float(load.requests), "per_second": load.per_second, "errors": float(load.failed)}
    found.update({f"{name}_us": load.latency[name] for name in ("p50", "p99", "max")})
    if before is not None and after is not None:
        found["cpu_us"] = (after - before) * 1e6 / load.requests
    return found


def race(bench: Bench, servers: Mapping[str, Running], body: bytes, **how: int) -> Rounds:
    """Some rounds of each, in turns; a short one before, which does not count. Who fails in that one is skipped."""
    left = []
    for title, each in servers.items():
        try:
            loaded(bench, each, body, **{**how, "seconds": how.get("seconds", 1)})
        except LoadFailed as error:
            bench.skip(title, str(error))
        else:
            left.append(title)
    if not left:
        raise CannotMeasure("no contender is left")
    return bench.take_turns(left, lambda title: loaded(bench, servers[title], body, **how))
