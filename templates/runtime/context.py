"""What one run of a workflow carries from node to node.

The context goes by reference. `clone()` is for branches that run at the same time and write the same names: it shares
what cannot change and copies the outputs.
"""

import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import monotonic_ns
from typing import Any, Generic, Literal, Protocol, Self, TypeAlias, TypeVar

from typing_extensions import TypedDict

from .pools import ConnectionPools
from .reply import Reply

InputT = TypeVar("InputT")
EnvT = TypeVar("EnvT")
SecretsT = TypeVar("SecretsT")


class ToolCalled(TypedDict):
    """A model wants a tool to be called. `arguments` is what it gave, text where that is no JSON."""

    event: Literal["tool_call"]
    id: str
    tool: str
    arguments: object


class ToolGave(TypedDict):
    """What came of the call: a result, or what the model is told went wrong."""

    event: Literal["tool_result"]
    id: str
    tool: str
    result: object
    error: str | None
    ms: float


ToolEvent: TypeAlias = ToolCalled | ToolGave


class Events(Protocol):
    """Somebody who watches the run, such as the client of an event stream."""

    def partial(self, node: str, output: object) -> None:
        """A node finished."""

    def token(self, node: str, text: str) -> None:
        """A model said something."""

    def tool(self, node: str, event: ToolEvent) -> None:
        """An agent calls a tool, or has its result."""

    def own(self, node: str, name: str, data: object) -> None:
        """The flow itself has something to say."""

    def growing(self, node: str, output: object) -> None:
        """What a node has of its output so far; the next one takes its place."""


class Used(TypedDict):
    """Tokens of a run's models, and their cost in US dollars as far as the models' prices are known."""

    input_tokens: int
    output_tokens: int
    cost: float


class ExecutionContext(Generic[InputT, EnvT, SecretsT]):
    """The state of one run: its input, what its nodes gave, and the means that nodes work with."""

    __slots__ = (
        "_answer",
        "_answered",
        "_mark",
        "env",
        "events",
        "execution_id",
        "input",
        "node_outputs",
        "pools",
        "secrets",
        "started_at",
        "started_ns",
        "timings",
        "totals",
        "vars",
        "workflow",
    )

    def __init__(
        self,
        input: InputT,
        env: EnvT,
        secrets: SecretsT,
        pools: ConnectionPools,
        *,
        workflow: str,
        vars: Mapping[str, Any] | None = None,
        execution_id: str | None = None,
        events: Events | None = None,
        answer: Callable[[Reply], None] | None = None,
    ) -> None:
        self.input = input
        self.env = env
        self.secrets = secrets
        self.pools = pools
        self.workflow = workflow
        self.vars: Mapping[str, Any] = vars if vars is not None else {}
        self.execution_id = execution_id if execution_id is not None else uuid.uuid4().hex
        self.events = events
        self.node_outputs: dict[str, Any] = {}
        self.timings: dict[str, int] = {}
        self.totals: dict[str, float] = {}
        self.started_ns = self._mark = monotonic_ns()
        self.started_at: datetime | None = None
        self._answer = answer
        self._answered: list[Reply] = []

    def set_output(self, node: str, output: object) -> None:
        """Keep what an in-line node gave; its time is what has passed since the node before it ended."""
        now = monotonic_ns()
        self.timings[node] = now - self._mark
        self._mark = now
        self.node_outputs[node] = output
        if self.events is not None:
            self.events.partial(node, output)

    def set_timing(self, node: str, nanoseconds: int) -> None:
        """Keep how long a node took; a node that runs more than once adds up."""
        self.timings[node] = self.timings.get(node, 0) + nanoseconds
        self._mark = monotonic_ns()

    def finished(self, node: str, output: object, nanoseconds: int) -> None:
        """Keep what a node with a time of its own gave and how long it took; tell whoever watches."""
        self.set_timing(node, nanoseconds)
        self.node_outputs[node] = output
        if self.events is not None:
            self.events.partial(node, output)

    def used(self) -> Used:
        """What the models of this run have taken so far."""
        totals = self.totals
        return {
            "input_tokens": int(totals.get("input_tokens", 0)),
            "output_tokens": int(totals.get("output_tokens", 0)),
            "cost": totals.get("cost", 0.0),
        }

    def elapsed_ms(self) -> float:
        """Milliseconds since the run began."""
        return (monotonic_ns() - self.started_ns) / 1e6

    def start_time(self) -> datetime:
        """When the run began, in UTC; the clock is read when somebody asks first."""
        if self.started_at is None:
            self.started_at = datetime.now(UTC)
        return self.started_at

    def respond(self, reply: Reply) -> None:
        """Answer the caller now; the run goes on in the background. The first answer counts."""
        self._answered.append(reply)
        if self._answer is not None:
            self._answer(reply)

    @property
    def answered(self) -> bool:
        """Whether this run has answered its caller, here or in a branch."""
        return bool(self._answered)

    @property
    def answer(self) -> Reply | None:
        """The answer that was given; the first one counts."""
        return self._answered[0] if self._answered else None

    def for_call(self, input: Any, workflow: str, vars: Mapping[str, Any]) -> Self:
        """A context for another workflow of the project: the same run, with its own input, outputs and answer."""
        inner = self.clone()
        inner.input = input
        inner.workflow = workflow
        inner.vars = vars
        inner.node_outputs = {}
        inner.timings = {}
        inner.events = None
        inner._answer = None
        inner._answered = []
        return inner

    def clone(self) -> Self:
        """A context for a branch that runs beside others: same run, own outputs, shared timings and watchers."""
        twin = self.__class__.__new__(self.__class__)
        twin.input = self.input
        twin.env = self.env
        twin.secrets = self.secrets
        twin.pools = self.pools
        twin.workflow = self.workflow
        twin.vars = self.vars
        twin.execution_id = self.execution_id
        twin.events = self.events
        twin.node_outputs = self.node_outputs.copy()
        twin.timings = self.timings
        twin.totals = self.totals
        twin.started_ns = self.started_ns
        twin.started_at = self.started_at
        twin._mark = monotonic_ns()
        twin._answer = self._answer
        twin._answered = self._answered
        return twin
