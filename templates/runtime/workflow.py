"""What the service needs to know about a workflow: its function, its types, and what starts it.

A workflow module ends with one `Workflow(...)`. Things that only some flows need come as objects of their own modules
(`sse.EventStream`, `auth.ApiKey`, `rate_limit.RateLimit`, `schedule.ScheduleTrigger`), so a project carries no more
than it uses.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from starlette.types import Receive, Scope, Send

from .context import ExecutionContext
from .pools import ConnectionPools
from .reply import Reply

Source = Literal["path", "query", "header"]
RunFunction = Callable[[ExecutionContext[Any, Any, Any]], Coroutine[Any, Any, object]]
Start = Callable[[Mapping[str, Any]], asyncio.Task[None]]


class Check(Protocol):
    """Decides who a caller is; made once the secrets are known."""

    def __call__(self, scope: Scope) -> str:
        """A name for the caller (never the key itself). Raises a problem with status 401."""


class Auth(Protocol):
    """How callers prove who they are; `auth.py` has the kinds."""

    def check(self, secrets: Any) -> Check:
        """Read the keys once, at start."""

    def scheme(self) -> dict[str, Any]:
        """The OpenAPI security scheme."""


class Rate(Protocol):
    """How often a caller may come; `rate_limit.py` and `rate_limit_shared.py` have the two there are."""

    async def take(self, caller: str, pools: ConnectionPools) -> None:
        """Count one request. Raises a problem with status 429."""


@dataclass(frozen=True, slots=True)
class HttpTrigger:
    """Runs the workflow when a request comes.

    `parameters` says which input fields come from the path, the query or a header (`x_token` is read from `x-token`);
    they arrive as text and are converted by `parameters_type`. The rest of the input is the JSON body, checked strictly
    against `body_type`. Without parameters the body is the workflow's whole input and both types may be left out; with
    parameters and no `body_type` no body is read. `summary` and `description` are for `/docs`, in the place of the
    workflow's own.
    """

    method: str
    path: str
    auth: Auth | None = None
    rate_limit: Rate | None = None
    events: tuple[str, ...] = ("partial", "token", "object", "tool_call", "tool_result", "event", "done", "error")
    parameters: Mapping[str, Source] = field(default_factory=dict)
    parameters_type: Any = None
    body_type: Any = None
    status: int = 200
    summary: str = ""
    description: str = ""


class Answered:
    """Takes the reply of a workflow that answers before it ends (`ctx.respond`); the first one counts."""

    __slots__ = ("reply",)

    def __init__(self) -> None:
        self.reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

    def __call__(self, reply: Reply) -> None:
        """Keep the reply."""
        if not self.reply.done():
            self.reply.set_result(reply)


@dataclass(slots=True)
class StreamedRun:
    """A run whose events are to be sent: what `Streamer.serve` is given, and how the run ended."""

    ctx: ExecutionContext[Any, Any, Any]
    run: RunFunction
    timeout: float
    events: tuple[str, ...]
    visible: tuple[str, ...]
    keep: Callable[[asyncio.Task[object]], None]
    answered: Answered | None = None
    started: bool = False
    """Whether the first event was sent."""
    error: Exception | None = None


class Streamer(Protocol):
    """Answers as a stream of events; `sse.EventStream`."""

    async def serve(self, streamed: StreamedRun, receive: Receive, send: Send) -> None:
        """Run the workflow and send its events. Raises what happens before anything was sent, or ClientGone."""


class BackgroundTrigger(Protocol):
    """Starts runs by itself while the service is up, such as `schedule.ScheduleTrigger`."""

    async def run(self, workflow: str, start: Start) -> None:
        """Call `start` with the input whenever it is time; ends only when cancelled."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow as the service sees it.

    `stream` is set when an output streams. `timeout` are the seconds a whole run may take (None: the service's limit).
    `visible` names the nodes whose outputs a client may see. `continues` says that work may go on after the answer.
    """

    name: str
    run: RunFunction
    input_type: Any
    output_type: Any
    triggers: tuple[HttpTrigger | BackgroundTrigger, ...] = ()
    description: str = ""
    vars: Mapping[str, Any] = field(default_factory=dict)
    stream: Streamer | None = None
    timeout: float | None = None
    visible: tuple[str, ...] = ()
    graph: Mapping[str, Any] = field(default_factory=dict)
    continues: bool = False
