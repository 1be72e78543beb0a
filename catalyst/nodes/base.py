"""What a node type is: its settings, what it gives, and how it is written as Python.

A node type is one file in `nodes/types/` with a `Params` model, a few functions, and `NODE = NodeType(...)`. Nothing
else names it: the catalog finds it by file name, and docs, JSON Schema, golden cases and suggestions are made from it.

Three kinds, by how they come out:
- `value`: no I/O. The node is an expression in line.
- `call`: I/O. The node is an async function of its own, wrapped by the runtime's `@node` with time-out and retries.
- `control`: the language's control flow; `graph.control` gives it meaning and `codegen.control` writes it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

from catalyst.diagnostics import Diagnostics, Span
from catalyst.expressions.tree import Hole, Ref
from catalyst.expressions.types import ANY, Type
from catalyst.nodes.settings import Expr, Params, Shape
from catalyst.pysource.body import Body

P = TypeVar("P", bound=Params)

KEY_KINDS = frozenset({"input", "output", "local", "var", "execution"})
"""Kinds of references that a cache key is made of; the environment and secrets are the same in every run."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """What stands behind a parameter of a user's function, as another module can write it."""

    text: str
    names: tuple[tuple[str, str, str], ...] = ()
    """Names in the text that have to be imported: the name, from which module, and what is imported of it."""
    converted: bool = False
    """Whether data has to be made into it, or it into data: a dataclass, an enum, a set."""
    read_only: bool = False
    """Whether it only reads the items, as `Sequence` does: they may be of a narrower type then."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a user's function."""

    name: str
    type: Type
    required: bool
    annotation: Annotation | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """A user's Python function, read from its source: parameters in order, the result, and whether it is async."""

    parameters: tuple[Parameter, ...]
    result: Type
    is_async: bool
    accepts_any_keyword: bool = False
    words: str = ""
    """The docstring."""
    result_annotation: Annotation | None = None


@dataclass(frozen=True, slots=True)
class CalledFlow:
    """Another workflow as a `call` sees it."""

    name: str
    input: Type
    output: Type
    description: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    """A program of the project's settings that serves tools; `env` names what it gets of the environment."""

    command: tuple[str, ...]
    env: tuple[str, ...] = ()


class Site(Protocol):
    """A node while it is checked: what is known about its expressions and surroundings."""

    node_id: str
    span: Span
    declared: Type | None
    """The type named by the node's `output:` key."""
    found: Diagnostics
    secrets: frozenset[str]
    """The secrets that the flow declares."""
    time_limit: float | None
    """Seconds that one try may take."""

    def type_of(self, value: Expr) -> Type:
        """The type of a checked expression."""

    def shape_type(self, shape: Shape) -> Type:
        """The type of a YAML value with expressions in it."""

    def span_of(self, *path: str | int) -> Span:
        """Where a setting stands; the node where it has no place of its own."""

    def type_named(self, text: object, *path: str | int) -> Type:
        """The type that a setting names (`Verdict`, `array<string>`); reports what is unknown and gives ANY."""

    def function(self, module: str, name: str, *path: str | int) -> Signature | None:
        """A function of the user's project; reports what is missing. None where sources are not at hand."""

    def called_flow(self, path: str, *setting: str | int) -> CalledFlow | None:
        """The flow that a `call` names; reports what is missing."""

    def program(self, name: str) -> Program | None:
        """A program that the project's settings name."""

    def refs_in(self, value: Expr, hole: Hole) -> tuple[Ref, ...]:
        """What one hole of a checked template reads."""

    def hole_types(self, value: Expr) -> tuple[Type, ...]:
        """The types of a template's holes, in order; `any` for those that are not checked."""

    def beside(self, name: str) -> str | None:
        """The text of a file beside the flow; None where there is none."""

    def need_secret(self, name: str, *path: str | int) -> None:
        """Report it when the flow does not declare the secret."""


class Scribe(Protocol):
    """What a node type writes with: the function body, and names for what it needs."""

    node_id: str
    output: Type
    time_limit: float | None
    """Seconds that one try may take."""

    @property
    def body(self) -> Body:
        """Where statements go."""

    def local(self, hint: str) -> str:
        """A name for a variable of the function that is written, which nothing else there has."""

    def constant(self, hint: str, source: str, annotation: str = "") -> str:
        """A constant of the module, called after the node and the hint; gives its name."""

    def use(self, module: str, name: str) -> str:
        """Import `name` from the runtime's `module`; gives the local name."""

    def use_package(self, module: str, name: str) -> str:
        """Import `name` from the standard library, a package or the user's `lib`; gives the local name."""

    def pool(self, module: str, name: str) -> str:
        """Like `use`, for a `PoolKey`: the project opens that pool in its lifespan."""

    def connection(self, module: str, function: str, secret: str, home: str, statements: tuple[str, ...] = ()) -> str:
        """Import the pool to the service at the address in `secret`, or to what is embedded in its place where the flow
        does not declare it. `home` is the secret that nodes of this kind look for (`DATABASE_URL`); another one must be
        declared. `function` of the runtime's `module` takes the pool's name and gives its `PoolKey`; it also takes
        the `statements` that make the tables of what is embedded, where there are any. Gives the local name.
        """

    def bound(self, name: str, type_: Type) -> AbstractContextManager[str]:
        """While it is open, a name of the node's own (`item`) stands for a Python variable; gives the variable."""

    def beside(self, name: str) -> str | None:
        """The text of a file beside the flow that the node's check has asked for."""

    def metric(self, name: str, kind: str, description: str, labels: tuple[str, ...]) -> str:
        """Import the metric of this name; the project makes it once. Gives the local name."""

    def program(self, name: str) -> str | None:
        """The pool of a program that the project's settings name; gives the local name, None where there is none."""

    def requires(self, *distributions: str) -> None:
        """The project needs these packages beyond what its runtime modules import."""

    def reads_address(self, variable: str, *, needed: bool) -> None:
        """The project looks at this environment variable for a service's address; it has another unless `needed`."""

    def expr(self, value: Expr) -> str:
        """An expression as Python text."""

    def tree(self, value: Expr) -> ast.expr:
        """An expression as a Python tree."""

    def parts(self, value: Expr) -> list[str | tuple[ast.expr, Type, tuple[Ref, ...]]]:
        """The pieces of a template: text, or a hole as (Python tree, type, what it reads)."""

    def shape(self, shape: Shape) -> str:
        """A YAML value with expressions as Python text."""

    def text(self, value: Expr) -> str:
        """An expression as Python text that gives a string, by the text rules of the language."""

    def text_tree(self, value: Expr) -> ast.expr:
        """The same as a Python tree."""

    def constant_text(self, value: object) -> str:
        """A constant as the language prints it in text."""

    def returns(self, source: str, given: Type) -> None:
        """Write `return source`; a value of unknown type is checked against the node's output type first."""

    def signature(self, module: str, name: str) -> Signature | None:
        """The signature of a user's function, when its source is at hand."""

    def type_of(self, value: Expr) -> Type:
        """The type of an expression."""

    def annotation(self, type_: Type) -> str:
        """A type as a Python annotation; declares classes and imports as needed."""

    def adapter(self, type_: Type, hint: str = "") -> str:
        """The name of a module constant that holds pydantic's `TypeAdapter` for the type. `hint` names a class that has
        to be made for it; by default the node does."""

    def annotation_as(self, annotation: Annotation) -> str:
        """An annotation of the user's Python, with the imports that it needs."""

    def adapter_as(self, annotation: Annotation, hint: str) -> str:
        """Like `adapter`, for an annotation of the user's Python."""

    def parameters_adapter(self, parameters: Sequence[Parameter], hint: str) -> str:
        """Like `adapter`, for the arguments of a user's function by name, each as the function takes it."""

    def secret(self, name: str) -> str | None:
        """The text of a secret, as a Python expression; None when the flow does not declare it."""

    def tool(self, number: int) -> tuple[str, str]:
        """The function that runs the nodes of an agent's tool, and the name of the `TypeAdapter` of its arguments."""

    def model_limits(self, provider: str) -> tuple[int | None, int | None]:
        """What the flow's settings say about a provider of models: requests at the same time, tokens in a minute."""

    def workflow(self, path: str) -> str:
        """Import another workflow; gives the name of its `Workflow` constant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeType(Generic[P]):
    """One node type. `name`, `summary` and `notes` are filled in by the catalog from the file."""

    kind: Literal["value", "call", "statement", "control"]
    params: type[P]
    output: Callable[[P, Site], Type] = lambda params, site: ANY
    emit: Callable[[P, Scribe], None] | None = None
    """Writes the body of the node's function, or the statements in line for `statement`."""
    value: Callable[[P, Scribe], str] | None = None
    """The expression of a `value` node."""
    check: Callable[[P, Site], None] | None = None
    """Reports what only this node type knows to be wrong."""
    safe_to_repeat: Callable[[P], bool] = lambda params: False
    """Whether retries are on unless the flow says otherwise."""
    default_timeout: float | None = 10.0
    """Seconds that one try may take when neither the node nor the flow says so; None: no limit, whatever the flow
    says.
    """
    each: Callable[[P], tuple[str, Expr, tuple[Expr, ...]] | None] = lambda params: None
    """A name that some settings may use, the list whose items it stands for, and those settings."""
    beside: frozenset[str] = frozenset()
    """Settings that stand beside `type`, not under `with`."""
    own_timeout: bool = False
    """Whether the node's own call takes the time-out (`scribe.time_limit`), so that the wrapper does not."""
    whole_with: str | None = None
    """The field that takes all of `with`, for node types whose settings are open."""
    is_shown: bool = True
    """Whether its output is worth sending to clients of the event stream when it has finished."""
    streams: Callable[[P], bool] | None = None
    """Whether the node sends tokens while it runs; None for types that never do."""
    example: str
    """A whole flow, as short as can be; it is built, checked and run by the tests and shown in the docs."""
    example_input: Mapping[str, Any] = field(default_factory=dict)
    example_files: Mapping[str, str] = field(default_factory=dict)
    """Other files that the example needs, by path beside the flow."""
    name: str = ""
    summary: str = ""
    notes: str = ""
    """What else the docs say: the rest of the file's docstring, in Markdown."""
