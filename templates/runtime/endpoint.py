"""One HTTP trigger of a workflow, as an ASGI application: request in, run, answer out.

It stands behind both ways to a workflow, the short one (`short_way.py`) and the FastAPI route (`routes.py`), so both
behave alike. What is here runs for every request; that is why it is one straight line with few calls.
"""

import asyncio
import random
import re
from collections.abc import Mapping
from functools import partial
from time import monotonic_ns
from typing import Any

from starlette.types import Receive, Scope, Send

from . import answers, logs, problems
from .answers import Answer
from .context import ExecutionContext
from .guard import ClientGone, Guard
from .host import Host, Live, run_took_too_long
from .intake import Intake, read_body
from .reply import Reply
from .workflow import Answered, HttpTrigger, StreamedRun, Streamer, Workflow

Context = ExecutionContext[Any, Any, Any]
_NO_VALUES: Mapping[str, str] = {}
_EVENTS = b"text/event-stream"
_CLIENT_CLOSED_REQUEST = 499  # as proxies log it
_WEIGHT = re.compile(rb"q=([01](?:\.[0-9]{0,3})?)")


def new_execution_id() -> str:
    """32 hex digits. It names a run and is no secret, so a plain random number will do (a tenth of the time)."""
    return random.getrandbits(128).to_bytes(16, "big").hex()


class Endpoint:
    """Serves one trigger of a workflow for the service that `host` is."""

    def __init__(self, host: Host, workflow: Workflow, trigger: HttpTrigger) -> None:
        self.workflow = workflow
        self.trigger = trigger
        self.route: dict[str, Any] = {}
        """What the scope of a request says of its route, once there is one."""
        self.intake = Intake(workflow, trigger, host.limits.max_body)
        self._host = host
        self._counts = host.metrics.counts[workflow.name]
        self._timeout = workflow.timeout if workflow.timeout is not None else host.limits.run_timeout
        self._is_silent = trigger.status in answers.WITHOUT_BODY
        self._guarded = trigger.auth is not None or trigger.rate_limit is not None

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send, path_values: Mapping[str, str] = _NO_VALUES
    ) -> None:
        """Answer a request. Raises only what was cancelled from outside."""
        execution_id = new_execution_id()
        in_logs = logs.CURRENT_RUN.set((execution_id, self.workflow.name))
        guard = Guard(receive, self._timeout)
        answer: Answer | None
        try:
            serving = self._serve(guard, execution_id, scope, receive, send, path_values)
            try:
                awaited = serving.send(None)
            except StopIteration as done:
                answer = done.value  # it never waited, as most runs without I/O
            else:
                answer = await guard.watch(serving, awaited)
        except asyncio.CancelledError:
            answer = self._cancelled(guard, execution_id)
        except ClientGone:
            answer = _unread()
            self._counts.refused("cancelled")
        except Exception as error:
            answer = self._refused(error, execution_id)
        finally:
            guard.stop()
            logs.CURRENT_RUN.reset(in_logs)
        if answer is not None:
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            await send({"type": "http.response.body", "body": answer.body})

    async def _serve(
        self,
        guard: Guard,
        execution_id: str,
        scope: Scope,
        receive: Receive,
        send: Send,
        path_values: Mapping[str, str],
    ) -> Answer | None:
        """Read the request and run the workflow; None when the answer has been streamed. Raises RequestError."""
        live = self._host.admit(scope)
        if self._guarded:
            await self._let_in(live, scope)
        media_type = self.intake.expect(scope)
        body = b""
        if self.intake.reads_body:
            message = await receive()
            body = message.get("body", b"")
            if message.get("more_body", False) or len(body) > self.intake.max_body or not body:
                body = await read_body(receive, self.intake.max_body, message)
        guard.body_is_read = True
        given = self.intake.take(scope, path_values, media_type, body)
        self._host.refuse_when_full()  # others may have come while the body was on its way
        answered = Answered() if self.workflow.continues else None
        ctx = ExecutionContext(
            given,
            live.env,
            live.secrets,
            live.pools,
            workflow=self.workflow.name,
            vars=self.workflow.vars,
            execution_id=execution_id,
            answer=answered,
        )
        streamer = self.workflow.stream
        if streamer is not None and _wants_events(scope):
            guard.stop()
            return await self._stream(streamer, self._streamed(ctx, answered), receive, send)
        return await self._run(ctx, answered, scope)

    async def _let_in(self, live: Live, scope: Scope) -> None:
        """Let the caller in before the body is read. Raises RequestError (401, 429)."""
        auth, rate = self.trigger.auth, self.trigger.rate_limit
        caller = live.checks[auth](scope) if auth is not None else _address(scope)
        if rate is not None:
            await rate.take(caller, live.pools)

    async def _run(self, ctx: Context, answered: Answered | None, scope: Scope) -> Answer:
        """Run to the end, or to the point where the workflow answers. Raises only CancelledError."""
        host, counts = self._host, self._counts
        host.running += 1
        counts.in_flight += 1
        status = "cancelled"
        try:
            if answered is not None:
                output = await host.run_until_answer(self.workflow, ctx, answered, self._timeout)
            else:
                output = await self.workflow.run(ctx)
            answer = self._answer(ctx, output, scope)
            status = "ok"
        except Exception as error:
            status = host.failed(self.workflow, error)
            answer = problems.answer(error, ctx.execution_id)
        finally:
            host.running -= 1
            counts.in_flight -= 1
            total = monotonic_ns() - ctx.started_ns
            counts.finished(status, total / 1e9)
        answer.headers.append((b"server-timing", answers.server_timing(total, ctx.timings)))
        return answer

    def _answer(self, ctx: Context, output: object, scope: Scope) -> Answer:
        """The response for what the workflow gave. `?trace=1` wraps it: `{"output": ..., "trace": {...}}`."""
        named = (b"x-execution-id", ctx.execution_id.encode("ascii"))
        if isinstance(output, Reply):
            answer = answers.from_reply(output)
            answer.headers.append(named)
            return answer
        if self._host.trace and b"trace=1" in scope["query_string"].split(b"&"):
            output = {"output": output, "trace": self._trace(ctx)}
        if self._is_silent:
            return Answer(self.trigger.status, [named], b"")
        body = answers.to_json(output)
        headers = [answers.JSON, (b"content-length", b"%d" % len(body)), named]
        return Answer(self.trigger.status, headers, body)

    def _trace(self, ctx: Context) -> dict[str, Any]:
        """What `?trace=1` adds: timings, and the outputs that a client of the event stream would see."""
        return {
            "execution_id": ctx.execution_id,
            "timings": answers.in_milliseconds(monotonic_ns() - ctx.started_ns, ctx.timings),
            **({"usage": ctx.used()} if ctx.totals else {}),
            "outputs": {
                node: answers.shown(ctx.node_outputs[node])
                for node in self.workflow.visible
                if node in ctx.node_outputs
            },
        }

    def _streamed(self, ctx: Context, answered: Answered | None) -> StreamedRun:
        return StreamedRun(
            ctx=ctx,
            run=self.workflow.run,
            timeout=self._timeout,
            events=self.trigger.events,
            visible=self.workflow.visible,
            keep=partial(self._host.keep, self.workflow),
            answered=answered,
        )

    async def _stream(self, streamer: Streamer, streamed: StreamedRun, receive: Receive, send: Send) -> Answer | None:
        """Send the run's events; None, or the answer to what ended it before the first of them."""
        host, counts, ctx = self._host, self._counts, streamed.ctx
        host.running += 1
        counts.in_flight += 1
        status = "cancelled"
        answer = None
        try:
            await streamer.serve(streamed, receive, send)
            status = "ok" if streamed.error is None else host.failed(self.workflow, streamed.error)
        except ClientGone:
            answer = _unread() if not streamed.started else None
        except Exception as error:
            status = host.failed(self.workflow, error)
            answer = problems.answer(error, ctx.execution_id)
        finally:
            host.running -= 1
            counts.in_flight -= 1
            counts.finished(status, (monotonic_ns() - ctx.started_ns) / 1e9)
        return answer

    def _cancelled(self, guard: Guard, execution_id: str) -> Answer:
        """What to say when the run was cancelled: 504 when it was our time limit."""
        cause = guard.caused()
        if cause is None:
            raise asyncio.CancelledError
        if cause == "client":
            return _unread()
        if guard.body_is_read:
            return self._refused(run_took_too_long(), execution_id)
        slow = problems.RequestError("The request took too long to arrive", kind="timeout", status=408)
        return self._refused(slow, execution_id)

    def _refused(self, error: Exception, execution_id: str) -> Answer:
        """The answer to a request that did not become a run."""
        self._counts.refused(self._host.failed(self.workflow, error))
        return problems.answer(error, execution_id)


def _unread() -> Answer:
    """The answer to a client that has left. The server drops it, but the owner's middleware may wait for one."""
    return Answer(_CLIENT_CLOSED_REQUEST, [(b"content-length", b"0")], b"")


def _wants_events(scope: Scope) -> bool:
    """Whether the caller asks for an event stream by name, and not for JSON rather (`q`, RFC 9110)."""
    for name, value in scope["headers"]:
        if name == b"accept" and b"text/event-stream" in value.lower():
            break
    else:
        return False
    weights: dict[bytes, float] = {}
    for name, value in scope["headers"]:
        if name == b"accept":
            weights |= _weights(value.lower())
    return weights.get(_EVENTS, 0.0) > 0.0 and weights[_EVENTS] >= weights.get(b"application/json", 0.0)


def _weights(accept: bytes) -> dict[bytes, float]:
    """How much each kind of content is wanted."""
    found = {}
    for part in accept.split(b","):
        kind, *options = part.replace(b" ", b"").replace(b"\t", b"").split(b";")
        weight = next((_WEIGHT.fullmatch(option) for option in options if option.startswith(b"q=")), None)
        found[kind] = float(weight[1]) if weight is not None else 1.0
    return found


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else "unknown"
