"""Builds one node twice, as it was and as it is, and says what has to be replaced by what.

Goes in: the file as it was and as it is, cut into nodes, and what is known of the others. Comes out: pairs of Python
texts, or None when anything but the node's own statements may have changed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from catalyst.codegen.alone import Alone, Amid, emit_alone
from catalyst.codegen.fakes import Answer, example_settings, http_calls, most_exact_first
from catalyst.codegen.frame import found_present
from catalyst.codegen.functions import needs_function
from catalyst.codegen.program import Emitted, workflow_path
from catalyst.codegen.tests import answers_constant, emit_tests
from catalyst.codegen.workflow import ProjectNames, authors_names, visible_names
from catalyst.diagnostics import Diagnostics
from catalyst.graph.describe import graph_facts
from catalyst.graph.draft import Draft, Drafter
from catalyst.graph.model import Goto, Step, Workflow, all_steps, bodies_of
from catalyst.graph.scope import Fact
from catalyst.graph.workflow import build_workflow
from catalyst.nodes.base import CalledFlow, Program, Signature
from catalyst.rebuild.cut import Cut
from catalyst.spec.flow import load_flow
from catalyst.spec.load import load_tree
from catalyst.spec.model import ProjectFile
from catalyst.spec.tree import LocatedMap

Pair = tuple[str, str]
"""A text as it was and as it is."""


@dataclass(frozen=True, slots=True)
class FlowContext:
    """What is known of a flow's nodes and of the project around it."""

    file: str
    shared: ProjectFile | None
    names: ProjectNames
    facts: Mapping[str, Fact]
    readers: Mapping[str, frozenset[str]]
    authors: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What has to be replaced for one node."""

    pairs: list[Pair]
    """The texts of its functions and statements, as they were and as they are; only those that differ."""
    calls_before: list[Answer]
    """What its calls answer in the tests."""
    calls: list[Answer]


@dataclass(frozen=True, slots=True)
class _Built:
    draft: Draft
    workflow: Workflow
    alone: Alone


def is_apart(step: Step) -> bool:
    """Whether what it reads and its own `if` decide whether a node runs, and only its readers ask what came of it."""
    return (
        not step.gates
        and not step.goto_from
        and not step.may_answer
        and not isinstance(step.policy.on_error, Goto)
        and not any(_looks_outside(each) for each in with_inner(step))
    )


def _looks_outside(step: Step) -> bool:
    return step.type.name in ("call", "python") or bool(step.signatures)


def rebuilt(old: Cut, new: Cut, index: int, context: FlowContext) -> Rebuilt | None:
    """What is new of a node; None when anything else may be new as well."""
    before = _build(old, index, context)
    after = _build(new, index, context) if before is not None else None
    if before is None or after is None:
        return None
    if before.workflow.body.steps[0].output != context.facts[old.names[index]].type:
        return None
    if _seen(before) != _seen(after) or _tests(before, context) != _tests(after, context):
        return None
    was, now = _texts(before.alone), _texts(after.alone)
    pairs = [pair for pair in zip(was, now, strict=True) if pair[0] != pair[1]]
    if not all(_bind_and_read_the_same(*pair) for pair in pairs):
        return None
    return Rebuilt(pairs, _calls(before), _calls(after))


class _AskedOutside(Exception):
    """The node looks at other files."""


class _Nobody:
    """Neighbours that end the attempt when they are asked."""

    def signature(self, module: str, name: str) -> Signature | str | None:
        """See `graph.site.Neighbours`."""
        raise _AskedOutside

    def programs(self) -> Mapping[str, Program]:
        """None: a node that starts one has a finding then, which ends the attempt, too."""
        return {}

    def called_flow(self, path: str) -> CalledFlow | str | None:
        """See `graph.site.Neighbours`."""
        raise _AskedOutside

    def beside(self, name: str) -> str | None:
        """The text of a file beside the flow."""
        raise _AskedOutside


def _build(cut: Cut, index: int, context: FlowContext) -> _Built | None:
    if not _is_whole(cut, index):
        return None
    loaded = load_flow(cut.only(index), context.file, context.shared)
    if loaded.flow is None or loaded.tree is None or loaded.diagnostics:
        return None
    flow = loaded.flow.model_copy(update={"output": None})
    drafts = Drafter(context.file, Diagnostics()).body(flow.nodes, None, loaded.tree.span).drafts
    if len(drafts) != 1 or any(id_ not in context.facts for id_ in drafts[0].reads):
        return None
    facts = {id_: context.facts[id_] for id_ in drafts[0].reads}
    found = Diagnostics()
    try:
        workflow = build_workflow(flow, loaded.tree, context.file, _Nobody(), found, facts)
    except _AskedOutside:
        return None
    if workflow is None or list(found) or len(workflow.body.steps) != 1 or not is_apart(workflow.body.steps[0]):
        return None
    amid = Amid(facts, context.readers.get(drafts[0].id, frozenset()), context.authors)
    return _Built(drafts[0], workflow, emit_alone(workflow, context.names, amid))


def _is_whole(cut: Cut, index: int) -> bool:
    """Whether a node's lines are the node and nothing more, so that what is behind them is read as it was."""
    tree, found = load_tree(cut.by_itself(index), "node")
    nodes = tree.get("nodes") if tree is not None and list(tree) == ["nodes"] else None
    return not found and isinstance(nodes, LocatedMap) and list(nodes) == [cut.names[index]]


def with_inner(step: Step) -> Iterator[Step]:
    """A step and those inside it."""
    yield step
    for _, body in bodies_of(step.form):
        yield from all_steps(body)


def _seen(built: _Built) -> tuple[object, ...]:
    """All that anything else of the project can see of a node."""
    workflow = built.workflow
    return (
        built.draft.reads,
        [_step_seen(step) for step in all_steps(workflow.body)],
        (graph_facts(workflow), list(visible_names(workflow.body)), sorted(authors_names(workflow))),
        built.alone.left,
        (built.alone.needs, built.alone.imported, len(built.alone.functions)),
    )


def _step_seen(step: Step) -> tuple[object, ...]:
    """What can be seen of a step; types with the words in them that they do not differ by."""
    policy = step.policy
    streams = step.type.streams
    return (
        (
            step.id,
            step.type.name,
            repr(step.output),
            repr(step.given),
            step.waits,
            step.may_answer,
            step.atoms,
            step.any_of,
        ),
        (step.after, step.reads, step.gates, step.goto_from, step.condition is None, dict(step.signatures)),
        (type(policy.on_error), policy.retry is None, policy.cache is None, policy.timeout is None),
        (needs_function(step), streams is not None and bool(streams(step.params))),
    )


def _tests(built: _Built, context: FlowContext) -> Mapping[str, str]:
    """The tests of a project that has only this node, but for what its calls answer.

    What they say of the node, those of the whole project say, too.
    """
    workflow = built.workflow
    module = context.names.workflows[workflow.name]
    emitted = Emitted(
        workflow.name,
        workflow.description,
        {workflow_path(module): "", "app/main.py": ""},
        built.alone.imported,
        built.alone.needs,
        workflow.env,
        workflow.secrets,
        workflow.optional_secrets,
        {workflow.name: module},
    )
    answers = answers_constant("Answers", most_exact_first(_calls(built)))
    return {path: text.replace(answers, "") for path, text in emit_tests(emitted, [workflow]).items()}


def _calls(built: _Built) -> list[Answer]:
    workflow = built.workflow
    return http_calls(all_steps(workflow.body), workflow, example_settings(workflow.env, [workflow]))


def _texts(alone: Alone) -> tuple[str, ...]:
    return (alone.statements, *alone.functions)


def _bind_and_read_the_same(before: str, after: str) -> bool:
    """Whether two texts bind and read the same names, and what stands behind them is not moved into either."""
    try:
        was, now = ast.parse(_inside(before)), ast.parse(_inside(after))
    except SyntaxError:
        return False
    return _names(was) == _names(now) and _end(was) is not None and _end(was) == _end(now)


def _inside(text: str) -> str:
    """Statements in a function, for they may wait for something."""
    return "async def alone():\n" + "\n".join("    " + line if line else "" for line in text.split("\n")) + "\n"


def _names(tree: ast.Module) -> set[tuple[str, str]]:
    found = {(type(each.ctx).__name__, each.id) for each in ast.walk(tree) if isinstance(each, ast.Name)}
    found |= {("arg", each.arg) for each in ast.walk(tree) if isinstance(each, ast.arg)}
    found |= {
        ("def", each.name) for each in ast.walk(tree) if isinstance(each, (ast.AsyncFunctionDef, ast.FunctionDef))
    }
    return found | {("error", each.name or "") for each in ast.walk(tree) if isinstance(each, ast.ExceptHandler)}


def _end(tree: ast.Module) -> tuple[object, ...] | None:
    """What the last statement is to those behind it; None for kinds that may become one with them.

    Below the `if` of a node stand others as well that run when it does. What it finds to be there, they rely on.
    """
    outer = tree.body[0]
    assert isinstance(outer, ast.AsyncFunctionDef)
    match outer.body[-1]:
        case ast.Expr() | ast.AsyncFunctionDef() | ast.Try() as last:
            return (type(last),)
        case ast.If(test=test, body=body, orelse=[]) if not isinstance(test, (ast.Name, ast.UnaryOp)):
            return (ast.If, found_present(ast.unparse(test)), len(body) == 1)
        case _:
            return None
