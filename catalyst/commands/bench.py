"""`catalyst bench`: builds a flow into a temporary folder, serves it, loads it in rounds and says what came out.

The service is the emitted one, started by its own `python -m app` on the loopback address; nothing of the compiler runs
in it. While a load generator keeps all connections busy, one caller more asks now and then and keeps what the answers
say of each node (`Server-Timing`). All processes end when this one does.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from catalyst.commands import report
from catalyst.commands.bench_request import Target, target_of
from catalyst.commands.bench_rounds import Loading, Plan, load_rounds, load_streams, with_log
from catalyst.commands.bench_shown import Outcome, document, show
from catalyst.commands.compiling import choose, compile_shown
from catalyst.commands.console import progress, put_json, say
from catalyst.commands.env_file import read_env_file
from catalyst.commands.guard import end_if_interrupted
from catalyst.commands.problems import FINE, FLOW_IS_WRONG, CommandProblem
from catalyst.commands.run import check_packages, place_files, read_input
from catalyst.commands.targets import reason, write_text
from catalyst.measure.cores import share
from catalyst.measure.load import Generator, find_generator
from catalyst.measure.problems import DidNotStart, LoadFailed, NoLoadGenerator
from catalyst.measure.servers import free_port, running

if TYPE_CHECKING:
    from catalyst.api import Result

_NEEDED = ("uvicorn", "fastapi")
"""Packages without which no built project starts."""
_LONGEST = 3600
_OUTSIDE = ("http", "llm")
"""Types of nodes that call other services."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to measure, and where the result goes."""

    plan: Plan
    stream: bool
    output: Path | None
    plot: Path | None
    as_json: bool


def bench(
    flow: Path,
    *,
    given: str | None,
    env_file: Path | None,
    name: str | None,
    route: str | None,
    options: Options,
) -> int:
    """Measure the flow; gives the exit code: 1 when not one request succeeded."""
    generator = None if options.stream else _generator()
    _check_places(options)
    text = None if given is None else read_input(given)
    environment = read_env_file(env_file)
    with progress(f"building {flow} ..."):
        result = compile_shown(flow, in_project=True)
    if not options.as_json:
        report.show(result.diagnostics, result.sources)
    if not result.ok:
        if options.as_json:
            put_json(report.document(result.diagnostics))
        return FLOW_IS_WRONG
    _check_settings(result, environment)
    target = target_of(choose(result.workflows, name, flow), route, text, environment, stream=options.stream)
    check_packages(_NEEDED)
    _say_outside(result, target)
    outcome = _measure(result, target, environment, generator, options)
    return _finish(result, outcome, options)


def read_duration(text: str) -> int:
    """Whole seconds of "10", "10s" or "2m". Raises `CommandProblem`."""
    match = re.fullmatch(r"(\d{1,5})\s*(s|m)?", text.strip())
    seconds = int(match[1]) * (60 if match[2] == "m" else 1) if match is not None else 0
    if not 1 <= seconds <= _LONGEST:
        raise CommandProblem(f"`{text}` is no duration", help="whole seconds or minutes, up to an hour: 10s, 2m")
    return seconds


def _generator() -> Generator:
    try:
        return find_generator()
    except NoLoadGenerator as problem:
        raise CommandProblem(str(problem), help=problem.help) from None


def _check_places(options: Options) -> None:
    """Say before anything is measured that its result could not be kept."""
    for path in (options.output, options.plot):
        if path is not None and not path.parent.is_dir():
            raise CommandProblem(f"`{path}` cannot be written: there is no folder `{path.parent}`")
    if options.plot is not None:
        from catalyst.commands.bench_picture import check_picture  # noqa: PLC0415 - only when one is wanted

        check_picture(options.plot)


def _check_settings(result: Result, environment: Mapping[str, str]) -> None:
    """Name all settings that the service would miss, of whatever workflow."""
    values = {**os.environ, **environment}
    needed = {name for each in result.workflows for name, fact in each.env.items() if fact.default is None}
    needed |= {name for each in result.workflows for name in each.secrets}
    missing = sorted(name for name in needed if not values.get(name))
    if missing:
        advice = "set them in the environment, or name a file with --env-file"
        raise CommandProblem(f"missing settings: {', '.join(missing)}", help=advice, code=FLOW_IS_WRONG)


def _say_outside(result: Result, target: Target) -> None:
    """Say which nodes call other services: they do so for every request, and may cost money."""
    from catalyst.graph.model import all_steps  # noqa: PLC0415 - start-up time

    known = {workflow.name: workflow for workflow in result.workflows}
    reached = [target.workflow.name]
    for each in reached:
        reached += [name for name in known[each].calls if name in known and name not in reached]
    nodes = [step.id for each in reached for step in all_steps(known[each].body) if step.type.name in _OUTSIDE]
    if nodes:
        say(f"note: every request calls other services: {', '.join(dict.fromkeys(nodes))}", "yellow")


def _measure(
    result: Result,
    target: Target,
    environment: Mapping[str, str],
    generator: Generator | None,
    options: Options,
) -> Outcome:
    end_if_interrupted()
    try:
        with _serving(result, target, environment, options.plan.workers) as loading:
            return _load(loading, target, generator, options)
    except DidNotStart as problem:
        raise with_log(f"the service did not start: {problem}", problem.log) from None
    except LoadFailed as problem:
        raise CommandProblem(str(problem), help=problem.help, code=FLOW_IS_WRONG) from None


@contextmanager
def _serving(result: Result, target: Target, environment: Mapping[str, str], workers: int) -> Iterator[Loading]:
    """The built project as a running service that has answered once. Raises DidNotStart."""
    cores, port = share(workers), free_port()
    command = [sys.executable, "-m", "app", "--host", "127.0.0.1", "--port", str(port), "--workers", str(workers)]
    with tempfile.TemporaryDirectory(prefix="catalyst-bench-") as folder:
        try:
            place_files(result.files, Path(folder))
        except OSError as error:
            raise CommandProblem(f"`{folder}` cannot be written: {reason(error)}") from None
        request, variables = target.request(port), {**os.environ, **environment}
        with running(command, request, cwd=Path(folder), env=variables, cores=cores.server) as server:
            yield Loading(server, request, cores)


def _load(loading: Loading, target: Target, generator: Generator | None, options: Options) -> Outcome:
    server = loading.server
    before = server.memory()
    target.check_first(server.first)
    plan = options.plan
    rounds = load_streams(loading, plan) if generator is None else load_rounds(loading, generator, plan)
    return Outcome(
        target=target,
        generator="event streams" if generator is None else generator.name,
        plan=plan,
        start_seconds=server.seconds,
        memory_before=before,
        memory_after=server.memory(),
        rounds=tuple(rounds),
    )


def _finish(result: Result, outcome: Outcome, options: Options) -> int:
    found = report.document(result.diagnostics, **document(outcome))
    if options.output is not None:
        write_text(options.output, json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    if options.plot is not None:
        from catalyst.commands.bench_picture import draw  # noqa: PLC0415 - only when one is wanted

        draw(outcome, options.plot)
    if options.as_json:
        put_json(found)
    else:
        show(outcome)
    return FINE if outcome.succeeded else FLOW_IS_WRONG
