"""A workflow's graph as text, for tests and for `catalyst graph --format text`.

Goes in: the graph. Comes out: lines that show what was decided: order, what runs together, types, conditions, policies.

```
workflow order_intake(order_id: string, total: number) -> OrderIntakeOutput
  together
    score: http -> Score  [timeout 10s, retry 3]
    customer: http -> Customer  [timeout 10s]
  risky: switch -> none  after score, customer
    when nodes.score.output.risk > 0.8
      held: respond -> none
  output status: string
```
"""

from __future__ import annotations

from collections.abc import Iterator

from catalyst.expressions.types import FieldType, NullableType, ObjectType, Type, describe
from catalyst.graph.model import ALWAYS, Body, Fallback, Goto, OutputField, Policy, Step, Workflow, bodies_of
from catalyst.graph.picture import condition_text, group_labels
from catalyst.graph.plan import Plan, Run

_INDENT = "  "
_LONG = 10_000
"""Conditions are shown whole."""


def dump(workflow: Workflow) -> str:
    """The whole workflow, ending with a line break."""
    fields = ", ".join(f"{name}: {_field(field)}" for name, field in workflow.input.fields)
    lines = [f"workflow {workflow.name}({fields}) -> {_type(workflow.output_type)}"]
    lines += [f"{_INDENT}type {name} {_record(type_)}" for name, type_ in workflow.types.items()]
    lines += _body(workflow.body, 1)
    lines += _output(workflow)
    return "\n".join(lines) + "\n"


def _body(body: Body, depth: int) -> Iterator[str]:
    yield from _plan(body.plan, {step.id: step for step in body.steps}, depth)
    if body.value is not None:
        yield f"{_INDENT * depth}value: {_type(body.type)}"
    if body.ends:
        yield f"{_INDENT * depth}never gives a value"


def _plan(plan: Plan, steps: dict[str, Step], depth: int) -> Iterator[str]:
    for item in plan:
        if isinstance(item, Run):
            yield from _step(steps[item.id], depth)
            continue
        yield f"{_INDENT * depth}together"
        for lane in item.lanes:
            if len(lane.items) == 1 and not lane.after:
                yield from _plan(lane.items, steps, depth + 1)
                continue
            waits = f" waits for {', '.join(lane.after)}" if lane.after else ""
            yield f"{_INDENT * (depth + 1)}lane{waits}"
            yield from _plan(lane.items, steps, depth + 2)


def _step(step: Step, depth: int) -> Iterator[str]:
    parts = [f"{step.id}: {step.type.name} -> {_type(step.output)}"]
    if step.after:
        parts.append(f"after {', '.join(step.after)}")
    if step.condition is not None:
        parts.append(f"if {condition_text(step.condition, _LONG)}")
    if step.any_of:
        parts.append(f"unless all skipped: {', '.join(step.any_of)}")
    if step.gates:
        parts.append(f"unless answered by {', '.join(step.gates)}")
    if ALWAYS not in step.atoms:
        parts.append("may be skipped")
    if step.goto_from:
        parts.append(f"when {', '.join(step.goto_from)} failed")
    policy = ", ".join(_policy(step.policy))
    yield _INDENT * depth + "  ".join([*parts, f"[{policy}]"] if policy else parts)
    for label, (_, body) in zip(group_labels(step), bodies_of(step.form), strict=True):
        yield f"{_INDENT * (depth + 1)}{label}"
        yield from _body(body, depth + 2)


def _policy(policy: Policy) -> Iterator[str]:
    if policy.timeout is not None:
        yield f"timeout {policy.timeout:g}s"
    if policy.retry is not None:
        retry = policy.retry
        yield f"{retry.max_attempts} attempts on {' '.join(retry.errors)}"
    if policy.cache is not None:
        yield f"cache {policy.cache.ttl:g}s"
    match policy.on_error:
        case Fallback():
            yield "default on error"
        case Goto(target):
            yield f"on error goto {target}"
        case None:
            pass


def _output(workflow: Workflow) -> Iterator[str]:
    match workflow.output:
        case None:
            yield f"{_INDENT}output: the last value"
        case OutputField() as field:
            yield f"{_INDENT}output: {_type(field.type)}"
        case fields:
            for field in fields:
                yield f"{_INDENT}output {field.name}: {_type(field.type)}{', streamed' if field.stream else ''}"


def _type(type_: Type) -> str:
    """A type; records without a name of their own field by field."""
    if isinstance(type_, NullableType):
        return f"{_type(type_.inner)}?"
    return _record(type_) if isinstance(type_, ObjectType) and not type_.name else describe(type_)


def _record(type_: ObjectType) -> str:
    fields = ", ".join(f"{name}: {_field(field)}" for name, field in type_.fields)
    return f"{{{fields}}}" if type_.fields else "object"


def _field(field: FieldType) -> str:
    return f"{_type(field.type)}{'' if field.required else ' (optional)'}"
