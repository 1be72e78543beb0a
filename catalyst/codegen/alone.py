"""One node of a workflow by itself, written as it is among the others, for a build in which only that node is new.

Goes in: a workflow that has only this node, and what the node stands among. Comes out: its statements and functions,
and everything else that writing it has left behind, for whoever wants to know whether two nodes leave the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from catalyst.codegen.frame import Frame
from catalyst.codegen.models import write_input
from catalyst.codegen.module import Needs
from catalyst.codegen.steps import Sequence, Writer
from catalyst.codegen.tidy import tidied
from catalyst.codegen.usage import OUTSIDE, Usage, find_usage
from catalyst.codegen.workflow import ProjectNames, WorkflowModule
from catalyst.expressions.check_names import PROBLEM
from catalyst.expressions.types import nullable
from catalyst.graph.model import ALWAYS, Workflow
from catalyst.graph.scope import Fact

_HEAD = "async def alone(ctx):"
_READ = "    ctx.read("
"""Starts the last line of the function around the statements: it reads what others read of the node."""

TABLES = ("outputs", "errors", "statuses", "ran", "answered")
"""The tables of a `Usage`."""


@dataclass(frozen=True, slots=True)
class Amid:
    """What a node stands among: what it reads, who reads it, and the names that the flow's author chose."""

    facts: Mapping[str, Fact]
    read_as: frozenset[str]
    """The tables of `Usage` in which others stand as readers of the node."""
    authors: frozenset[str]


@dataclass(frozen=True, slots=True)
class Alone:
    """What was written for a node, tidied but not laid out."""

    statements: str
    functions: tuple[str, ...]
    left: tuple[object, ...]
    """What else is there now: imports, classes, constants, variables, and what was asked of those around."""
    needs: Needs
    imported: frozenset[str]


def emit_alone(workflow: Workflow, names: ProjectNames, amid: Amid) -> Alone:
    """Write the only node of a workflow."""
    parts = WorkflowModule(workflow, names, amid.authors)
    flow = parts.flow_names(write_input(parts.module, parts.annotations, workflow))
    frame = Frame(flow)
    for id_, fact in amid.facts.items():
        frame.define(("output", id_), id_, fact.type, optional=ALWAYS not in fact.atoms)
        if fact.handled:
            frame.define(("error", id_), f"{id_}_error", nullable(PROBLEM))
    writer = Writer(_usage(workflow, amid))
    Sequence(writer, frame, workflow.body, top=False, leaves=False).write(workflow.body.plan)
    id_ = workflow.body.steps[0].id
    others_read = sorted(variable.name for key, variable in frame.variables.items() if key[1:] == (id_,))
    module = parts.module
    variables = {key: (each.name, repr(each.type), each.optional) for key, each in frame.variables.items()}
    left = (
        module.imports.lines(),
        (module.constants, module.classes, module.end, flow.constants),
        variables,
        (frame.used, frame.wanted, frame.whole_body().text().startswith("nonlocal")),
        (writer.continues, writer.usage),
    )
    functions = tuple(tidied(text) for _, text in sorted(flow.functions))
    statements = _tidied(frame.body.text(), others_read)
    return Alone(statements, functions, left, module.needs, frozenset(module.imports.modules()))


def _usage(workflow: Workflow, amid: Amid) -> Usage:
    usage = find_usage(replace(workflow, output=()))
    id_ = workflow.body.steps[0].id
    for name in TABLES:
        if name in amid.read_as:
            getattr(usage, name).setdefault(id_, set()).add(OUTSIDE)
    return usage


def _tidied(statements: str, others_read: list[str]) -> str:
    """The statements as they should stay in a function whose end reads these names."""
    inside = ["    " + line if line else "" for line in statements.rstrip("\n").split("\n")]
    text = tidied("\n".join([_HEAD, *inside, f"{_READ}{', '.join(others_read)})"]))
    return "\n".join(line.removeprefix("    ") for line in text.split("\n")[1:-1])
