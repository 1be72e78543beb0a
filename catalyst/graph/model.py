"""The graph: what a flow means once its names are resolved, its types known and its order decided.

Frozen values; `build.py` makes them, `codegen` prints them. An expression stays the `Expr` that the settings hold; what
the checker made of it is in the `checked` map of the step that owns it.

When a step runs is written down in three parts:
- `condition`: the step's own `if`; a step that has one is asked even when all it depends on was skipped.
- `any_of`: without an `if`, one of these must have run (empty: nothing to ask).
- `gates`: steps that hold a `respond`; when one of them answered, this step does not run.
`atoms` sums it up for the type checker: the step has run exactly when one of its atoms is true; `ALWAYS` always is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from catalyst.diagnostics import Span
from catalyst.expressions.check import Checked
from catalyst.expressions.types import ObjectType, Type
from catalyst.graph.plan import Plan
from catalyst.nodes.base import NodeType, Program, Signature
from catalyst.nodes.settings import Expr, Params, Shape

ALWAYS = ""
"""The atom of what always runs."""

CheckedMap = Mapping[Expr, Checked]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When and how a node is tried again; times in seconds."""

    max_attempts: int
    backoff: Literal["exponential", "linear", "constant"]
    delay: float
    max_delay: float
    errors: tuple[str, ...]
    jitter: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class CachePolicy:
    """Keep a node's output for `ttl` seconds under a key, and its error for `errors` seconds."""

    ttl: float
    key: Shape | None
    shared: bool = False
    """Whether it is kept in Redis, where that is set."""
    max_entries: int | None = None
    """What memory holds of the node at most, where the flow says so."""
    errors: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Fallback:
    """`on_error: {default: value}`."""

    value: Shape


@dataclass(frozen=True, slots=True)
class Goto:
    """`on_error: {goto: node}`."""

    target: str


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """The common keys of a node; None where a thing is off."""

    timeout: float | None = None
    retry: RetryPolicy | None = None
    cache: CachePolicy | None = None
    on_error: Fallback | Goto | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """The steps of the flow or of a control node, in an order that respects what they wait for."""

    steps: tuple[Step, ...]
    plan: Plan
    value: Shape | None
    """What `output:` says; without it the value is that of `last`."""
    last: str | None
    type: Type
    checked: CheckedMap
    ends: bool
    """Whether the body never gives a value: it always raises or answers."""

    def step(self, id_: str) -> Step:
        """The step of that id."""
        return next(step for step in self.steps if step.id == id_)


@dataclass(frozen=True, slots=True, eq=False)
class SwitchForm:
    """`if / elif / else`."""

    cases: tuple[tuple[Expr, Body], ...]
    default: Body | None


@dataclass(frozen=True, slots=True, eq=False)
class ParallelForm:
    """Branches at the same time."""

    mode: Literal["all", "race", "settled", "stream"]
    branches: tuple[tuple[str, Body], ...]


@dataclass(frozen=True, slots=True, eq=False)
class MapForm:
    """A body for each item."""

    over: Expr
    item: str
    item_type: Type
    index: str
    concurrency: int
    batch: int | None
    on_item_error: Literal["fail", "skip", "collect"]
    body: Body


@dataclass(frozen=True, slots=True, eq=False)
class LoopForm:
    """A body again and again, with a state."""

    state: tuple[tuple[str, Shape, Type], ...]
    while_: Expr | None
    until: Expr | None
    max_iterations: int
    body: Body
    next: tuple[tuple[str, Shape], ...]


@dataclass(frozen=True, slots=True, eq=False)
class CatchForm:
    """One handler of a `try`."""

    errors: tuple[str, ...]
    name: str
    body: Body


@dataclass(frozen=True, slots=True, eq=False)
class TryForm:
    """A body with handlers."""

    body: Body
    catches: tuple[CatchForm, ...]
    finally_: Body | None


@dataclass(frozen=True, slots=True, eq=False)
class ToolForm:
    """Nodes that an agent can have run: the number of the tool among its tools, its name and arguments."""

    number: int
    name: str
    args: ObjectType
    body: Body


@dataclass(frozen=True, slots=True, eq=False)
class AgentForm:
    """The tools of an agent that are nodes of the flow."""

    tools: tuple[ToolForm, ...]


Form = SwitchForm | ParallelForm | MapForm | LoopForm | TryForm | AgentForm


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One node of the flow."""

    id: str
    type: NodeType[Any]
    params: Params
    span: Span
    description: str | None
    checked: CheckedMap
    condition: Expr | None
    any_of: tuple[str, ...]
    gates: tuple[str, ...]
    atoms: frozenset[str]
    after: tuple[str, ...]
    """Steps of the same body that must have finished first."""
    reads: frozenset[str]
    """All nodes read or needed, here and inside, but for those inside."""
    output: Type
    """What others see, a default on errors included."""
    given: Type
    """What the node itself gives."""
    policy: Policy
    form: Form | None
    waits: bool
    """Whether it can take time: I/O, or something inside that does."""
    may_answer: bool
    """Whether a `respond` inside it can keep it from completing."""
    goto_from: tuple[str, ...] = ()
    """Nodes whose failure leads here."""
    signatures: Mapping[tuple[str, str], Signature] = field(default_factory=dict)
    """Of the Python functions that it calls, by module and name, where their sources are at hand."""
    files: Mapping[str, str] = field(default_factory=dict)
    """Texts beside the flow that the node is made of: name -> text."""

    @property
    def skippable(self) -> bool:
        """Whether there are runs in which it does not run."""
        return ALWAYS not in self.atoms


@dataclass(frozen=True, slots=True)
class Route:
    """An HTTP route of a flow."""

    method: str
    path: str
    auth: Mapping[str, Any] | None
    rate_limit: tuple[int, float] | None
    events: tuple[str, ...]
    locations: Mapping[str, str]
    """Input field -> path, query or header, for those that do not come in the body."""
    status: int
    summary: str = ""
    """Its title in the API's documentation; the flow's name when empty."""
    description: str = ""
    """Its text there; the flow's when empty."""


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule of a flow."""

    cron: str
    timezone: str
    overlap: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class OutputField:
    """One field of the flow's output."""

    name: str
    value: Shape
    type: Type
    given: Type
    """The type of the value as written; the same, or unknown."""
    stream: bool
    description: str = ""


@dataclass(frozen=True, slots=True)
class InputFact:
    """What a flow says of one input field beyond its type; `constraints` in pydantic's words."""

    name: str
    type: Type
    required: bool
    default: Any
    description: str | None
    constraints: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Workflow:
    """A whole flow."""

    name: str
    description: str
    file: str
    span: Span
    input: ObjectType
    input_facts: tuple[InputFact, ...]
    types: Mapping[str, ObjectType]
    vars: Mapping[str, Any]
    env: Mapping[str, EnvFact]
    secrets: tuple[str, ...]
    routes: tuple[Route, ...]
    crons: tuple[Cron, ...]
    body: Body
    output: tuple[OutputField, ...] | OutputField | None
    """Named fields, one value for the whole, or None: the value of the body."""
    output_type: Type
    output_checked: CheckedMap
    stream: bool
    timeout: float | None
    calls: tuple[str, ...]
    """Names of the flows that it calls."""
    libraries: tuple[str, ...] = ()
    """Files of the user's `lib` that it uses."""
    requirements: tuple[str, ...] = ()
    """Packages that its own Python needs, as pip writes them."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    programs: Mapping[str, Program] = field(default_factory=dict)
    """Programs of the project's settings that serve tools."""
    model_limits: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    """Provider of models -> requests at the same time, and tokens in a minute."""
    optional_secrets: frozenset[str] = frozenset()
    """Those of its secrets that may be left out; they are empty text then."""


@dataclass(frozen=True, slots=True)
class EnvFact:
    """A declared environment variable."""

    default: str | None
    description: str | None


def bodies_of(form: Form | None) -> Iterator[tuple[str, Body]]:
    """The bodies inside a control form, each with a label for messages and pictures."""
    match form:
        case SwitchForm(cases, default):
            for number, (_, body) in enumerate(cases):
                yield f"case {number + 1}", body
            if default is not None:
                yield "default", default
        case ParallelForm(branches=branches):
            yield from branches
        case MapForm(body=body):
            yield "each", body
        case LoopForm(body=body):
            yield "round", body
        case TryForm(body, catches, finally_):
            yield "do", body
            for catch in catches:
                yield "catch " + (", ".join(catch.errors) or "all"), catch.body
            if finally_ is not None:
                yield "finally", finally_
        case AgentForm(tools=tools):
            for tool in tools:
                yield f"tool {tool.name}", tool.body
        case None:
            return


def all_steps(body: Body) -> Iterator[Step]:
    """Every step of a body and of what is inside, outer ones first."""
    for step in body.steps:
        yield step
        for _, inner in bodies_of(step.form):
            yield from all_steps(inner)
