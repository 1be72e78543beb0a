"""What flows mean, a second time: every node is a task that waits for what it depends on, then does what is written.

Slow and plain on purpose. It reads the YAML and evaluates expressions by walking their trees; it knows nothing of the
compiler's graph, of plans or of emitted code. The rules are those of docs/language.md.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from catalyst.expressions.parse import parse_template
from catalyst.expressions.references import node_references
from catalyst.expressions.tree import Hole, Template
from catalyst.spec.load import load_tree
from catalyst.spec.units import parse_duration
from tests.expressions.interpreter import NoValue, in_text, interpret
from tests.flows import lists
from tests.flows.clock import now
from tests.flows.world import World, fits

RETRY: dict[str, Any] = {
    "max_attempts": 3,
    "delay": "200ms",
    "max_delay": "5s",
    "errors": ["timeout", "connection", "429", "5xx"],
}


@dataclass(eq=False)
class Failure(Exception):
    """An error of the flow. `status` answers the caller, `upstream` is what another service said."""

    kind: str
    status: int
    node: str | None
    title: str = ""
    detail: str | None = None
    upstream: int | None = None
    retry_after: float | None = None
    time: float = 0.0

    def described(self) -> dict[str, Any]:
        """What `err` and `.error` hold."""
        status = self.status if self.upstream is None else self.upstream
        return {"kind": self.kind, "status": status, "title": self.title, "detail": None, "node": self.node}

    def answers_to(self, words: Sequence[Any]) -> bool:
        """Whether one of the words of a `catch` or a `retry` means this error."""
        status = self.status if self.kind == "raised" else self.upstream
        known = {self.kind} if status is None else {self.kind, str(status), f"{status // 100}xx"}
        return any(str(word) in known for word in words)


@dataclass
class State:
    """A node of one run of a body."""

    done: asyncio.Event = field(default_factory=asyncio.Event)
    ran: bool = False
    failed: bool = False
    """It failed and another node goes on in its place."""
    ended: bool = False
    """An answer was given inside, or in something it waits for: nothing behind it runs."""
    output: Any = None
    error: dict[str, Any] | None = None
    status: str = "skipped"


@dataclass
class Computing:
    """What a cache holds: a value, or one on its way and how many wait for it."""

    task: asyncio.Future[Any]
    waiting: int = 0


@dataclass(frozen=True)
class Scope:
    """What a body can see."""

    states: Mapping[str, State]
    names: Mapping[str, Any]
    around: tuple[State, ...] = ()
    """The nodes that hold the body."""

    def inside(self, states: Mapping[str, State], **names: Any) -> Scope:
        return Scope({**self.states, **states}, {**self.names, **names}, self.around)

    def within(self, state: State) -> Scope:
        return Scope(self.states, self.names, (*self.around, state))

    def values(self) -> dict[str, Any]:
        nodes = {
            id_: {"output": state.output, "error": state.error, "status": state.status}
            for id_, state in self.states.items()
        }
        return {**self.names, "nodes": nodes}


@dataclass
class Run:
    """How a run ended and what it did."""

    output: Any = None
    failure: Failure | None = None
    answers: list[tuple[int, Any, float]] = field(default_factory=list)
    """Status, body and time of each answer that a `respond` gave; the first one counts."""
    end: float = 0.0
    logs: list[tuple[str, str, Any]] = field(default_factory=list)
    states: Mapping[str, State] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    """Every failure, handled or not."""


class Reference:
    """Runs one flow; `files` are the flows that it calls, `kept` is what caches hold."""

    def __init__(
        self, source: str, world: World, files: Mapping[str, str], kept: dict[str, Computing] | None = None
    ) -> None:
        tree, _ = load_tree(source, "flow.yaml")
        assert tree is not None
        self.flow: Mapping[str, Any] = tree
        self.world = world
        self.files = files
        self.kept = kept if kept is not None else {}
        self.record = Run()

    async def run(self, given: Mapping[str, Any]) -> Run:
        """Run to the end, background work included."""
        fields = self.flow.get("input", {})
        defaults = {name: spec.get("default") for name, spec in fields.items() if isinstance(spec, dict)}
        states = {id_: State() for id_ in self.flow["nodes"]}
        self.record.states = states
        outer = Scope({}, {"input": {**defaults, **given}, "vars": plain(self.flow.get("vars", {}))})
        try:
            self.record.output, _ = await self.body(self.flow["nodes"], outer, states, self.flow.get("output"))
        except Failure as failure:
            self.record.failure = failure
        self.record.end = now()
        return self.record

    # Bodies

    async def body(
        self, nodes: Mapping[str, Any], outer: Scope, states: Mapping[str, State], output: Any = None
    ) -> tuple[Any, bool]:
        """The value of a body, and whether it answered the caller."""
        scope = outer.inside(states)
        await together([self.node(id_, nodes, scope) for id_ in nodes])
        answered = any(state.ended or (state.ran and nodes[id_]["type"] == "respond") for id_, state in states.items())
        if output is not None and not (answered and nodes is not self.flow["nodes"]):
            if answered:
                return None, True
            return self.shape(output_values(output), scope, "output"), answered
        return states[list(nodes)[-1]].output, answered

    async def inner(self, raw: Mapping[str, Any], scope: Scope, **names: Any) -> Any:
        """The value of a body inside a node."""
        nodes, output = opened(raw)
        value, _ = await self.body(nodes, scope.inside({}, **names), {id_: State() for id_ in nodes}, output)
        return value

    async def node(self, id_: str, nodes: Mapping[str, Any], scope: Scope) -> None:
        """Wait for what the node depends on, then run or skip it."""
        raw, state = nodes[id_], scope.states[id_]
        reads = [read for read in dict.fromkeys(reads_of(raw)) if read in scope.states]
        sources = [other for other in nodes if goto_of(nodes[other]) == id_]
        before = [scope.states[other] for other in [*reads, *sources]]
        for other in before:
            await other.done.wait()
        if any(other.ended for other in before):
            state.ended = True
        elif self.runs(id_, raw, reads, sources, scope):
            await self.tolerate(id_, raw, scope, state)
        state.done.set()

    def runs(self, id_: str, raw: Mapping[str, Any], reads: list[str], sources: list[str], scope: Scope) -> bool:
        """The rule of language.md, "When does a node run?"; the target of a `goto` runs when one led there."""
        if sources and not any(scope.states[other].failed for other in sources):
            return False
        if "if" in raw:
            return bool(self.value(raw["if"], scope, id_))
        return bool(sources) or not reads or any(scope.states[read].ran for read in reads)

    async def tolerate(self, id_: str, raw: Mapping[str, Any], scope: Scope, state: State) -> None:
        """Run the node under its `on_error`."""
        on_error = raw.get("on_error")
        try:
            state.output = await (self.cached if "cache" in raw else self.attempts)(id_, raw, scope)
            state.ran, state.status = True, "ok"
        except Failure as failure:
            if not isinstance(on_error, dict):
                raise
            state.error, state.status = failure.described(), "error"
            if "default" in on_error:
                state.output, state.ran = self.shape(on_error["default"], scope, id_), True
            else:
                state.failed = True

    async def cached(self, id_: str, raw: Mapping[str, Any], scope: Scope) -> Any:
        """What is kept for the key; one computes it, who else asks waits. It stops when nobody waits any more."""
        try:
            key = f"{self.flow['name']} {id_} {json.dumps(self.value(raw['cache']['key'], scope, id_))}"
        except Failure as failure:
            failure.time = now()
            self.record.failures.append(failure)
            raise
        computing = self.kept.get(key)
        if computing is None:
            computing = self.kept[key] = Computing(asyncio.ensure_future(self.attempts(id_, raw, scope)))
        computing.waiting += 1
        try:
            return await asyncio.shield(computing.task)
        except Failure:
            if self.kept.get(key) is computing:
                del self.kept[key]
            raise
        finally:
            computing.waiting -= 1
            if not computing.waiting and not computing.task.done():
                del self.kept[key]
                computing.task.cancel()

    async def attempts(self, id_: str, raw: Mapping[str, Any], scope: Scope) -> Any:
        """Run the node again as long as its `retry` says so."""
        safe = raw["type"] == "http" and raw["with"].get("method", "GET") == "GET"
        retry = {**RETRY, **raw.get("retry", {})} if safe or "retry" in raw else {**RETRY, "max_attempts": 1}
        for attempt in range(1, retry["max_attempts"] + 1):
            try:
                return await self.attempt(id_, raw, scope)
            except Failure as failure:
                if attempt == retry["max_attempts"] or not failure.answers_to(retry["errors"]):
                    raise
                delay, most = parse_duration(retry["delay"]), parse_duration(retry["max_delay"])
                factor = {"exponential": 2 ** (attempt - 1), "linear": attempt, "constant": 1}
                pause = delay * factor[retry.get("backoff", "exponential")]
                await asyncio.sleep(min(pause if failure.retry_after is None else failure.retry_after, most))
        raise AssertionError

    async def attempt(self, id_: str, raw: Mapping[str, Any], scope: Scope) -> Any:
        """Run the node once, in the time it has."""
        limit = raw.get("timeout", "10s" if raw["type"] == "http" else None)
        try:
            async with asyncio.timeout(None if limit is None else parse_duration(limit)):
                return await self.perform(id_, raw, scope)
        except TimeoutError:
            failure = Failure("timeout", 504, id_, "time ran out")
        except Failure as known:
            failure = known
        failure.time = now()
        self.record.failures.append(failure)
        raise failure

    async def perform(self, id_: str, raw: Mapping[str, Any], scope: Scope) -> Any:
        """What the node gives."""
        given = raw.get("with", {})
        match raw["type"]:
            case "set":
                return self.shape(given["value"], scope, id_)
            case "template":
                return in_text(self.value(given["text"], scope, id_))
            case "log":
                text = in_text(self.value(given["message"], scope, id_))
                self.record.logs.append((id_, text, self.shape(given.get("data"), scope, id_)))
            case "wait":
                await asyncio.sleep(parse_duration(given["for"]))
            case "http":
                return await self.http(id_, raw, scope)
            case "raise":
                raise Failure("raised", given.get("status", 500), id_, in_text(self.value(given["title"], scope, id_)))
            case "respond":
                self.record.answers.append((given.get("status", 200), self.shape(given.get("body"), scope, id_), now()))
                for state in scope.around:
                    state.ended = True
            case "sort" | "dedupe" | "aggregate" | "join":
                return lists.result(raw["type"], self.shape(given, scope, id_))
            case "call":
                return await self.call(id_, raw, scope)
            case _:
                return await self.control(id_, raw, scope.within(scope.states[id_]))
        return None

    async def control(self, id_: str, raw: Mapping[str, Any], scope: Scope) -> Any:
        """A node that holds nodes."""
        forms = {"switch": self.switch, "parallel": self.parallel, "map": self.map, "loop": self.loop, "try": self.try_}
        return await forms[raw["type"]](id_, raw, scope)

    # Nodes that take time

    async def http(self, id_: str, raw: Mapping[str, Any], scope: Scope) -> Any:
        """One call and what its answer means."""
        given = raw["with"]
        path = urlsplit(in_text(self.value(given["url"], scope, id_))).path
        body = (
            json.dumps(self.shape(given["json"], scope, id_), separators=(",", ":")).encode()
            if "json" in given
            else b""
        )
        answer = await self.world.exchange(given.get("method", "GET"), path, body)
        if answer.status == 0:
            raise Failure("connection", 502, id_, "could not reach the other side")
        if answer.status >= 300:
            wait = float(answer.retry_after) if answer.retry_after else None
            title = f"the other side answered {answer.status}"
            raise Failure("http", 502, id_, title, upstream=answer.status, retry_after=wait)
        try:
            value = json.loads(answer.body)
        except ValueError:
            title = "the answer has another shape than declared" if "output" in raw else "the answer is not JSON"
            raise Failure("invalid_response", 502, id_, title) from None
        if not fits(path.split("/")[2] if "output" in raw else "any", value):
            raise Failure("invalid_response", 502, id_, "the answer has another shape than declared")
        return value

    async def call(self, id_: str, raw: Mapping[str, Any], scope: Scope) -> Any:
        """Another flow, in the same run."""
        inner = Reference(self.files[raw["workflow"].removeprefix("./")], self.world, self.files, self.kept)
        inner.record.logs, inner.record.failures = self.record.logs, self.record.failures
        run = await inner.run(self.shape(raw.get("with", {}), scope, id_))
        if run.failure is not None:
            raise run.failure
        return run.answers[0][1] if run.answers else run.output

    # Nodes that hold nodes

    async def switch(self, id_: str, raw: Mapping[str, Any], scope: Scope) -> Any:
        """The first case that holds."""
        for case in raw["cases"]:
            if self.value(case["when"], scope, id_):
                return await self.inner(case["do"], scope)
        return await self.inner(raw["default"], scope) if "default" in raw else None

    async def parallel(self, id_: str, raw: Mapping[str, Any], scope: Scope) -> Any:
        """All branches at once."""
        branches = {name: self.inner(body, scope) for name, body in raw["branches"].items()}
        mode = raw.get("mode", "all")
        if mode == "race":
            return await race(branches)
        if mode == "settled":
            return dict(zip(branches, await together([settled(each) for each in branches.values()]), strict=True))
        return dict(zip(branches, await together(list(branches.values())), strict=True))

    async def map(self, id_: str, raw: Mapping[str, Any], scope: Scope) -> Any:
        """The body for each item, `concurrency` at once, group after group."""
        items, policy = self.value(raw["over"], scope, id_), raw.get("on_item_error", "fail")
        results: dict[int, Any] = {}
        errors: dict[int, Any] = {}

        async def one(index: int) -> None:
            names = {raw.get("as", "item"): items[index], raw.get("index_as", "index"): index}
            try:
                results[index] = await self.inner(raw["do"], scope, **names)
            except Failure as failure:
                if policy == "fail":
                    raise
                errors[index] = failure.described()

        async def worker(left: Iterator[int]) -> None:
            for index in left:
                await one(index)

        size = raw.get("batch") or max(len(items), 1)
        for start in range(0, len(items), size):
            left = iter(range(start, min(start + size, len(items))))
            await together([worker(left) for _ in range(raw.get("concurrency", 1))])
        values = [results[index] for index in sorted(results)]
        if policy != "collect":
            return values
        return {"results": values, "errors": [{"index": at, "error": errors[at]} for at in sorted(errors)]}

    async def loop(self, id_: str, raw: Mapping[str, Any], scope: Scope) -> Any:
        """Rounds with a state. `next` sees the round's nodes and its state, `until` the nodes and the next state."""
        state = self.shape(raw.get("state", {}), scope, id_)
        nodes, _ = opened(raw["do"])
        for index in range(raw["max_iterations"]):
            outer = scope.inside({}, loop={"state": state, "index": index})
            if "while" in raw and not self.value(raw["while"], outer, id_):
                break
            states = {inner: State() for inner in nodes}
            _, answered = await self.body(nodes, outer, states)
            if answered:
                return None
            after = outer.inside(states)
            state = {**state, **self.shape(raw.get("next", {}), after, id_)}
            after = scope.inside({}, loop={"state": state, "index": index}).inside(states)
            if "until" in raw and self.value(raw["until"], after, id_):
                break
        return state

    async def try_(self, id_: str, raw: Mapping[str, Any], scope: Scope) -> Any:
        """The body; the first handler that takes its error; at the end `finally`, whatever happened.

        An error of `finally` does not bring back what is being called off.
        """
        try:
            return await self.guarded(raw, scope)
        finally:
            if "finally" in raw:
                try:
                    await self.inner(raw["finally"], scope)
                except Failure:
                    task = asyncio.current_task()
                    if task is not None and task.cancelling():
                        raise asyncio.CancelledError from None
                    raise

    async def guarded(self, raw: Mapping[str, Any], scope: Scope) -> Any:
        """The body and the handlers."""
        try:
            return await self.inner(raw["do"], scope)
        except Failure as failure:
            for catch in raw.get("catch", []):
                if not catch.get("errors") or failure.answers_to(catch["errors"]):
                    return await self.inner(catch["do"], scope, **{catch.get("as", "err"): failure.described()})
            raise

    # Values

    def shape(self, raw: Any, scope: Scope, node: str) -> Any:
        """Any YAML value with the expressions in it evaluated."""
        if isinstance(raw, dict):
            return {str(key): self.shape(item, scope, node) for key, item in raw.items()}
        if isinstance(raw, list):
            return [self.shape(item, scope, node) for item in raw]
        return self.value(raw, scope, node)

    def value(self, raw: Any, scope: Scope, node: str) -> Any:
        """One scalar: a constant, a whole expression, or text with expressions in it."""
        template = template_of(raw)
        if template is None:
            return str(raw) if isinstance(raw, str) else raw
        names = scope.values()
        try:
            found = [interpret(part.expr, names) if isinstance(part, Hole) else part.value for part in template.parts]
        except NoValue:
            raise Failure("expression", 500, node) from None
        holes = [isinstance(part, Hole) for part in template.parts]
        return found[holes.index(True)] if template.whole else "".join(in_text(part) for part in found)


async def together(work: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """All results; the first error ends the others, which are waited for."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        await stop(tasks)
    failed = [task.exception() for task in tasks if task in done and task.exception() is not None]
    if failed and failed[0] is not None:
        raise failed[0]
    return [task.result() for task in tasks]


async def stop(tasks: Sequence[asyncio.Future[Any]]) -> None:
    """Cancel what still runs and wait for its end, clean-up included, also when we are cancelled meanwhile."""
    for task in tasks:
        task.cancel()
    cancelled = None
    while pending := [task for task in tasks if not task.done()]:
        try:
            await asyncio.wait(pending)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


async def race(branches: Mapping[str, Coroutine[Any, Any, Any]]) -> dict[str, Any]:
    """The first that succeeds; when none does, the first error."""
    tasks = {asyncio.ensure_future(work): name for name, work in branches.items()}
    first: BaseException | None = None
    pending = set(tasks)
    try:
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for task in [each for each in tasks if each in done]:
                if task.exception() is None:
                    return {"branch": tasks[task], "output": task.result()}
                first = first or task.exception()
    finally:
        await stop(list(tasks))
    assert first is not None
    raise first


async def settled(branch: Coroutine[Any, Any, Any]) -> dict[str, Any]:
    """How a branch ended."""
    try:
        value = await branch
    except Failure as failure:
        return {"ok": False, "output": None, "error": failure.described()}
    return {"ok": True, "output": value, "error": None}


def template_of(raw: Any) -> Template | None:
    """The template that a scalar is, if it is one."""
    return parse_template(raw).template if isinstance(raw, str) and "{{" in raw else None


def opened(raw: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    """The nodes of a body and its `output:`, which is a node only when it has a type."""
    nodes = dict(raw)
    if "output" in nodes and not (isinstance(nodes["output"], dict) and "type" in nodes["output"]):
        return nodes, nodes.pop("output")
    return nodes, None


def output_values(output: Any) -> Any:
    """The flow's output: fields may be written long."""
    if isinstance(output, dict):
        return {
            name: item["value"] if isinstance(item, dict) and "value" in item else item for name, item in output.items()
        }
    return output


def goto_of(raw: Mapping[str, Any]) -> str | None:
    """Where a node's failure leads."""
    on_error = raw.get("on_error")
    return on_error.get("goto") if isinstance(on_error, dict) else None


def reads_of(raw: Any) -> Iterator[str]:
    """All nodes that a node reads or needs, here and inside."""
    if isinstance(raw, dict):
        if isinstance(raw.get("needs"), list):
            yield from (str(id_) for id_ in raw["needs"])
        for item in raw.values():
            yield from reads_of(item)
    elif isinstance(raw, list):
        for item in raw:
            yield from reads_of(item)
    else:
        template = template_of(raw)
        if template is not None:
            yield from node_references(template)


def plain(value: Any) -> Any:
    """Raw YAML without its places."""
    return json.loads(json.dumps(value))
