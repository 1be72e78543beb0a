"""Builds a flow, runs the emitted code and the reference in the same virtual world, and says where they differ."""

from __future__ import annotations

import asyncio
import importlib
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from catalyst.api import Result, compile_flow
from tests.flows.clock import now, run_virtually
from tests.flows.generate import Case
from tests.flows.lists import KINDS
from tests.flows.reference import Reference
from tests.flows.world import World

RUNTIME = Path(__file__).parents[2] / "templates" / "runtime"
VALUES = frozenset({"set", "template", "http", "switch", "parallel", "map", "loop", "try", "call", *KINDS})


@dataclass
class Seen:
    """What can be seen of a run, in a form that can be compared."""

    ended: Any
    """("output", value), ("problem", kind, status, node), with the answer before it when there was one."""
    answer: Any
    calls: list[tuple[str, float, float, str]]
    logs: list[str]
    outputs: dict[str, Any] = field(default_factory=dict)
    """What the nodes of the flow itself gave, those that ran."""
    end: float = 0.0
    failed: list[Any] = field(default_factory=list)
    """All failures that there were, handled or not, each with its time."""
    together: list[Any] = field(default_factory=list)
    """The answers given in the moment of the first one: which of them counts is open."""
    answered: list[str] = field(default_factory=list)
    """Nodes that an answer inside them ended; what they gave is nobody's business."""


def build(case: Case) -> Result:
    """Compile a case's flow."""
    return compile_flow(case.source, filename="flow.yaml", read=case.files.get)


def differences(case: Case, result: Result) -> list[str]:
    """What differs between the emitted code and the reference; nothing is as it should be."""
    expected, found = expect(case), observe(case, result)
    for id_ in expected.answered:
        found.outputs.pop(id_, None)
    if found.answer in expected.together:
        expected.answer = found.answer
    if expected.failed:
        # What stood ready in the very moment in which something failed may have been done or not.
        moments = {time for _, time in expected.failed}
        expected.calls, found.calls = (
            [call for call in mine if call in others or call[1] not in moments]
            for mine, others in ((expected.calls, found.calls), (found.calls, expected.calls))
        )
        found.logs = expected.logs
        answers = {each[2] for each in (expected.answer, found.answer) if each}
        if expected.ended[0] == "problem" and answers == {found.end}:
            found.answer = expected.answer
        if expected.ended[0] == "problem":
            found.outputs = {id_: found.outputs.get(id_, value) for id_, value in expected.outputs.items()}
        if {(found.ended, found.end), (expected.ended, found.end)} <= set(expected.failed):
            # Which of several failures in one moment counts is open, and with it what had begun in that moment.
            found.ended, expected.end = expected.ended, found.end
            for seen in (expected, found):
                seen.calls = [call for call in seen.calls if call[1] < found.end]
    names = ["ended", "answer", "end", "calls", "logs", "outputs"]
    return [line for name in names for line in _differ(name, getattr(expected, name), getattr(found, name))]


def _differ(name: str, expected: Any, found: Any) -> list[str]:
    if isinstance(expected, dict):
        keys = [*expected, *(key for key in found if key not in expected)]
        return [line for key in keys for line in _differ(f"{name}[{key}]", expected.get(key, "-"), found.get(key, "-"))]
    if isinstance(expected, list):
        lines = [f"{name}: only the reference has {item}" for item in expected if item not in found]
        return lines + [f"{name}: only the emitted code has {item}" for item in found if item not in expected]
    return [] if expected == found else [f"{name}: the reference says {expected!r}, the emitted code {found!r}"]


def expect(case: Case) -> Seen:
    """What should happen."""
    world = World(case.seed)
    reference = Reference(case.source, world, case.files)
    run = run_virtually(reference.run({"opt": None, **case.input}))
    failure = run.failure
    ended = ("problem", failure.kind, failure.status, failure.node) if failure else ("output", canonical(run.output))
    kinds = {id_: raw["type"] for id_, raw in reference.flow["nodes"].items()}
    outputs = {
        id_: canonical(state.output)
        for id_, state in run.states.items()
        if kinds[id_] in VALUES and state.ran and not state.ended
    }
    seen = _seen(ended, run.answers[0] if run.answers else None, world, run.logs, outputs, run.end)
    seen.together = [_shown(answer) for answer in run.answers if answer[2] == run.answers[0][2]]
    seen.answered = [id_ for id_, state in run.states.items() if state.ended]
    seen.failed = [(("problem", each.kind, each.status, each.node), round(each.time, 5)) for each in run.failures]
    return seen


def observe(case: Case, result: Result) -> Seen:
    """What the emitted code does."""
    with Loaded(result) as loaded:
        return loaded.run(case)


def _seen(ended: Any, answer: Any, world: World, logs: list[Any], outputs: dict[str, Any], end: float) -> Seen:
    shown = _shown(answer) if answer is not None else None
    if answer is not None and ended[0] == "output":
        ended = ("answered",)
    # A call that is given up in the moment it starts may as well not have started.
    made = [call for call in world.calls if call.fate == "done" or call.end > call.start]
    calls = sorted((call.key, round(call.start, 5), round(call.end, 5), call.fate) for call in made)
    return Seen(ended, shown, calls, sorted(canonical(log) for log in logs), outputs, round(end, 5))


def _shown(answer: tuple[int, Any, float]) -> tuple[int, str, float]:
    return answer[0], canonical(answer[1]), round(answer[2], 5)


def canonical(value: Any) -> str:
    """A value as text: the same text is the same value of the same type."""
    return json.dumps(_without_details(value), sort_keys=True)


def _without_details(value: Any) -> Any:
    """The same without the `detail` of errors, which is for people, and without what `join` found no row for.

    Where the types do not say which fields the other rows have, those are missing; elsewhere they are none.
    """
    if isinstance(value, dict):
        kept = {key: item for key, item in value.items() if not (item is None and str(key).startswith("r_"))}
        return {key: None if key == "detail" else _without_details(item) for key, item in kept.items()}
    return [_without_details(item) for item in value] if isinstance(value, list) else value


class Loaded:
    """An emitted package, imported as `app`; its runtime is imported once and stays."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.folder = Path(tempfile.mkdtemp(prefix="flow"))

    def __enter__(self) -> Loaded:
        prepare_runtime()
        for path, text in self.result.files.items():
            if path.startswith("app/") and not path.startswith("app/runtime/") and path.endswith(".py"):
                place = self.folder / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(text, encoding="utf-8")
        sys.modules["app"].__path__ = [str(self.folder / "app")]
        importlib.invalidate_caches()
        return self

    def __exit__(self, *reason: object) -> None:
        forget()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, case: Case) -> Seen:
        """Run the flow in a world of its own."""
        module = importlib.import_module(f"app.workflows.{self.result.name}")
        world = World(case.seed)
        logs: list[Any] = []
        RECORDER.logs = logs
        with patch("random.uniform", lambda low, high: high):
            return run_virtually(self._run(module, case, world, logs))

    async def _run(self, module: ModuleType, case: Case, world: World, logs: list[Any]) -> Seen:
        runtime = {name: sys.modules[f"app.runtime.{name}"] for name in ("context", "pools", "http", "reply", "cache")}
        workflow = getattr(module, self.result.name.upper())
        answers: list[tuple[int, Any, float]] = []
        ctx = runtime["context"].ExecutionContext(
            {"opt": None, **case.input},
            None,
            None,
            runtime["pools"].ConnectionPools(
                {runtime["http"].HTTP: WorldClient(world), runtime["cache"].CACHE: runtime["cache"].MemoryCache()}
            ),
            workflow=self.result.name,
            vars=workflow.vars,
            answer=lambda reply: answers.append((reply.status, reply.body, now())),
        )
        try:
            output = await workflow.run(ctx)
        except Exception as error:
            ended: Any = problem(error)
        else:
            ended = ("output", None)
            if isinstance(output, runtime["reply"].Reply):
                answers += [] if answers else [(output.status, output.body, now())]
            else:
                ended = ("output", canonical(output))
        end = now()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"left running: {left}"
        kinds = _kinds(case)
        outputs = {id_: canonical(value) for id_, value in ctx.node_outputs.items() if kinds.get(id_) in VALUES}
        return _seen(ended, answers[0] if answers else None, world, logs, outputs, end)


def _kinds(case: Case) -> dict[str, str]:
    from catalyst.spec.load import load_tree

    tree, _ = load_tree(case.source, "flow.yaml")
    assert tree is not None
    return {str(id_): str(raw["type"]) for id_, raw in tree["nodes"].items()}


def problem(error: Exception) -> tuple[str, str, int, str | None]:
    """An error as the caller of the service sees it."""
    problems = sys.modules["app.runtime.problems"]
    document: Mapping[str, Any] = problems.document(error)
    known = problems.as_flow_error(error)
    if known.kind == "internal":
        raise error
    return "problem", document["type"].removeprefix("urn:problem:"), document["status"], document.get("node")


class WorldClient:
    """The world as the client of the emitted code."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def send(self, request: Any, most: int) -> Any:
        exchange = sys.modules["app.runtime.http_exchange"]
        answer = await self.world.exchange(request.method, request.url.path, request.content or b"")
        if answer.status == 0:
            raise exchange.unreachable()
        headers = {"retry-after": answer.retry_after} if answer.retry_after else {}
        return exchange.Answer(answer.status, headers, answer.body)


class Recorder:
    """Stands in for the log: keeps what `log` nodes write."""

    def __init__(self) -> None:
        self.logs: list[Any] = []

    def __call__(self, ctx: Any, level: str, node: str, message: str, data: object = None, **fields: Any) -> None:
        if level == "info" and not fields:
            self.logs.append((node, message, data))


RECORDER = Recorder()


_KEPT: dict[str, ModuleType] = {}
"""`app` and its runtime, while no flow is loaded."""


def prepare_runtime() -> None:
    """Make `app.runtime` importable: the files of templates/runtime, which emitted projects hold copies of."""
    _drop()
    sys.modules.update(_KEPT)
    if _KEPT:
        return
    for name, path in (("app", RUNTIME.parent), ("app.runtime", RUNTIME)):
        module = ModuleType(name)
        module.__path__ = [str(path)]
        sys.modules[name] = module
    run_log = importlib.import_module("app.runtime.run_log")
    setattr(run_log, "log_event", RECORDER)  # noqa: B010 - mypy knows the module better than we want
    for name in ("context", "pools", "http", "reply", "problems", "tasks", "node", "cache"):
        importlib.import_module(f"app.runtime.{name}")


def forget() -> None:
    """Take `app` away, so that no other test finds it; the runtime is kept for the next flow."""
    _KEPT.update({name: module for name, module in sys.modules.items() if f"{name}.".startswith("app.runtime.")})
    _KEPT["app"] = sys.modules["app"]
    _drop()


def _drop() -> None:
    for name in [name for name in sys.modules if f"{name}.".startswith("app.")]:
        del sys.modules[name]
