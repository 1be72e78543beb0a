"""Whether an answer inside a node can simply leave the workflow's function.

Goes in: a control node. Comes out: True where each `respond` inside it stands at the very end of its body, on a way
that is straight in line: then `return` skips just what the answer should skip. Anything else goes on after the answer,
and a flag says that there was one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalyst.codegen.functions import needs_function
from catalyst.graph.model import Body, Form, LoopForm, Step, SwitchForm, TryForm, bodies_of
from catalyst.graph.plan import Run


def can_leave(step: Step) -> bool:
    """Whether every answer inside the node can be a `return`."""
    if needs_function(step):
        return False
    straight = list(_straight_bodies(step.form))
    return all(_ends_with_answer(body) if body in straight else not _answers(body) for _, body in bodies_of(step.form))


def all_behind(step: Step, rest: Sequence[Step]) -> bool:
    """Whether each of the steps that are still to come waits for the step, directly or not."""
    behind = {step.id}
    for later in rest:
        if behind & set(later.after):
            behind.add(later.id)
    return all(later.id in behind for later in rest)


def _straight_bodies(form: Form | None) -> Iterator[Body]:
    """Bodies that are written in line and whose end is the end of the node."""
    match form:
        case SwitchForm(cases, default):
            yield from (body for _, body in cases)
            if default is not None:
                yield default
        case LoopForm(body=body):
            yield body
        case TryForm(body, catches):
            yield body
            yield from (catch.body for catch in catches)


def _ends_with_answer(body: Body) -> bool:
    """Whether whatever answers in the body has nothing behind it but what waits for it."""
    runs = [item.id if isinstance(item, Run) else None for item in body.plan]
    order = [body.step(id_) for id_ in runs if id_ is not None]
    for step in body.steps:
        if not _may_answer(step):
            continue
        if step.id not in runs or runs.index(step.id) < _last_group(runs):
            return False
        rest = order[order.index(step) + 1 :]
        if rest if step.form is None else not (can_leave(step) and all_behind(step, rest)):
            return False
    return True


def _last_group(runs: list[str | None]) -> int:
    """The position of the last group of lanes; -1 when there is none."""
    return max((index for index, id_ in enumerate(runs) if id_ is None), default=-1)


def _may_answer(step: Step) -> bool:
    return step.may_answer or step.type.name == "respond"


def _answers(body: Body) -> bool:
    return any(_may_answer(step) for step in body.steps)
