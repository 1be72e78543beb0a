"""Writes the steps of a body: in line, as calls of node functions, side by side in task groups, each under its
condition.

Goes in: a `Body` with its plan. Comes out: statements in the frame's body, and functions in the module.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass

from catalyst.codegen.answers import all_behind, can_leave
from catalyst.codegen.control import write_form
from catalyst.codegen.frame import Frame, Variable, found_present, narrowable
from catalyst.codegen.functions import call_source, needs_function
from catalyst.codegen.lanes import LaneWriter, connect
from catalyst.codegen.scribe import StepScribe
from catalyst.codegen.tidy import UNWANTED
from catalyst.codegen.usage import Usage, ids_inside
from catalyst.expressions.check_names import PROBLEM
from catalyst.expressions.types import (
    NONE,
    AnyType,
    BoolType,
    FloatType,
    IntType,
    NoneType,
    NullableType,
    StrType,
    Type,
    nullable,
)
from catalyst.expressions.variance import assignable
from catalyst.graph.model import ALWAYS, Body, Fallback, Goto, Step
from catalyst.graph.plan import Plan, Together, steps_of
from catalyst.nodes.settings import Shape
from catalyst.nodes.types.raise_ import RaiseParams
from catalyst.nodes.types.respond import RespondParams

_EMPTY = re.compile(r"\[\]|\{\}")


@dataclass(slots=True)
class Writer:
    """Writes one workflow."""

    usage: Usage
    continues: bool = False
    """Whether anything was written that goes on after the answer."""

    def body(self, frame: Frame, body: Body, *, top: bool, leaves: bool) -> None:
        """The steps of a body. `leaves`: a `return` here skips just what an answer inside it should skip."""
        Sequence(self, frame, body, top=top, leaves=leaves).write(body.plan)


class Sequence:
    """The steps of one body in one function."""

    def __init__(self, writer: Writer, frame: Frame, body: Body, *, top: bool, leaves: bool) -> None:
        self.writer = writer
        self.frame = frame
        self.body = body
        self.top = top
        self.leaves = leaves
        self.steps = {step.id: step for step in body.steps}
        self.marked: set[str] = set()
        """Steps whose comment is written already."""
        self.left: set[str] = set()
        """Steps whose answer has ended the function, so that nobody behind them has to ask."""
        self.is_lane = False
        """Whether this function hands what its steps gave to others at its end, whatever happened."""
        self.group = frame.group
        """The variable of the groups of this body's lanes."""
        self.around = ""
        """The variable of the group that this function is a lane of."""

    def write(self, plan: Plan) -> None:
        """Write the items of a plan."""
        order = list(steps_of(plan))
        index = 0
        for item in _grouped(plan, self.steps):
            if isinstance(item, Together):
                self._together(item)
                index += len(list(steps_of((item,))))
            else:
                index += len(item)
                self._block(item, order[index:])

    # Steps under one condition

    def _block(self, steps: list[Step], rest: list[str]) -> None:
        """Steps that run under the same condition, as one `if`, or plainly when they always run."""
        first = steps[0]
        gate = self._gate(first)
        if not first.skippable and not gate:
            for number, step in enumerate(steps):
                self._step(step, [*(each.id for each in steps[number + 1 :]), *rest])
            return
        self._declare_outside(steps)
        self._declare_answers(steps, rest)
        if first.condition is not None:
            self.comment(first)  # above the `if`, for the condition can fail too
            self.marked.add(first.id)
        condition = self._condition(first)
        with self.frame.part() as inner, self.frame.wanting() as wanted, self.frame.under(condition):
            for number, step in enumerate(steps):
                self._step(step, [*(each.id for each in steps[number + 1 :]), *rest])
        wanted -= {variable.name for step in steps for variable in self._variables(step)}
        narrowing = self._narrowing(wanted, condition)
        if first.condition is None and set(narrowing) & set(condition.strip("()").split(" or ")):
            condition = ""  # one of several that must have run is needed itself
        parts = [part for part in (gate, *narrowing, condition) if part not in ("", "True")]
        if not parts:
            self.frame.body.extend(inner)  # the types say that it always runs
            return
        header = "False" if condition == "False" else " and ".join(parts)
        with self.frame.body.block(f"if {header}:"):
            self.frame.body.extend(inner)

    def _declare_outside(self, steps: list[Step]) -> None:
        """Variables that are read behind the block get a value for when it is not entered."""
        if not steps[0].skippable and not self.is_lane:
            return  # only an answer keeps them from running, and then nobody asks for what they gave
        inside = ids_inside(steps)
        for step in steps:
            outside = self.writer.usage.outputs.get(step.id, set()) - inside
            if (outside and not isinstance(step.output, NoneType)) or self._flag_is_output(step, inside):
                self._declare_missing(step)
            self._declare_error(step)
            if self._needs_flag(step, inside):
                flag = self.frame.define(("ran", step.id), f"{step.id}_ran", BoolType())
                if step.condition is None or isinstance(step.policy.on_error, Goto):
                    self.frame.body.line(f"{flag.name} = False")

    def _declare_missing(self, step: Step) -> None:
        """The variable for a step's output, none until it runs."""
        annotation = self._annotation(step, nullable(step.output))
        variable = self.frame.define(("output", step.id), step.id, step.output, optional=True)
        self.frame.body.line(f"{variable.name}: {annotation} = None")

    def _declare_answers(self, steps: list[Step], rest: list[str]) -> None:
        """Whether one of them answered is asked behind the block, too."""
        for number, step in enumerate(steps):
            behind = [*(each.id for each in steps[number + 1 :]), *rest]
            if not self._leaves(step, behind):
                self._declare_answered(step)

    def _flag_is_output(self, step: Step, inside: set[str]) -> bool:
        return narrowable(step.output) and bool(self.writer.usage.ran.get(step.id, set()) - inside)

    def _needs_flag(self, step: Step, inside: set[str]) -> bool:
        asked = set(self.writer.usage.statuses.get(step.id, set()))
        if not narrowable(step.output):
            asked |= self.writer.usage.ran.get(step.id, set()) - inside
        return bool(asked)

    def _variables(self, step: Step) -> list[Variable]:
        variable = self.frame.variables.get(("output", step.id))
        return [variable] if variable is not None else []

    def _condition(self, step: Step) -> str:
        """Whether the step runs, as Python; "" when there is nothing to ask."""
        if step.condition is not None:
            scribe = StepScribe(self.frame, step.checked, step)
            source = scribe.expr(step.condition)
            led_here = [self._flag(f"error:{id_}") for id_ in step.goto_from]
            if led_here and source != "False":
                source = f"({' or '.join(led_here)}) and ({source})"
            flag = self.frame.variables.get(("ran", step.id))
            if flag is not None and not isinstance(step.policy.on_error, Goto):
                known = isinstance(scribe.type_of(step.condition), BoolType)
                self.frame.body.line(f"{flag.name} = {source if known else f'bool({source})'}")
                return flag.name
            return f"({source})" if " or " in source or " if " in source else source
        parts = [self._flag(atom) for atom in sorted(step.atoms - {ALWAYS})]
        if not parts:
            return ""
        return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"

    def _flag(self, atom: str) -> str:
        """Whether a node has run (or failed), as Python."""
        kind, _, id_ = atom.rpartition(":")
        if kind == "error":
            return f"{self.frame.read(('error', id_), nullable(PROBLEM))} is not None"
        if self.frame.find(("ran", id_)) is not None:
            return self.frame.read(("ran", id_), BoolType())
        variable = self.frame.find(("output", id_))
        return f"{self.frame.read(('output', id_), nullable(variable.type if variable else NONE))} is not None"

    def _narrowing(self, wanted: Iterable[str], condition: str) -> list[str]:
        return [f"{name} is not None" for name in sorted(set(wanted) - found_present(condition))]

    def _gate(self, step: Step) -> str:
        """What keeps the step from running once a branch before it has answered."""
        gates = [id_ for id_ in step.gates if id_ not in self.left]
        return " and ".join(f"not {self.frame.read(('answered', id_), BoolType())}" for id_ in gates)

    # One step

    def _step(self, step: Step, rest: list[str]) -> None:
        """A step, its condition being met."""
        if isinstance(step.params, RespondParams | RaiseParams):
            self.comment(step)
            self._tolerant(step, lambda: self._end(step, rest))
        elif needs_function(step):
            self._declare_answered(step)
            if step.policy.cache is not None:
                self.comment(step)  # its key is looked at here, which can fail
            self._tolerant(step, lambda: self._call(step))
        elif step.form is not None:
            self._tolerant(step, lambda: self._form(step, rest))
        else:
            self.comment(step)
            self._tolerant(step, lambda: self._in_line(step))
        if step.condition is None and not isinstance(step.policy.on_error, Goto):
            self._raise_flag(step)

    def _raise_flag(self, step: Step) -> None:
        flag = self.frame.variables.get(("ran", step.id))
        if flag is not None:
            self.frame.body.line(f"{flag.name} = True")

    def comment(self, step: Step) -> None:
        """The line that ties code to the flow; `errors.locate` reads it."""
        if step.id not in self.marked:
            self.frame.body.line(f"# {step.id}, {self.frame.flow.filename}:{step.span.line}")

    def _tolerant(self, step: Step, write: object) -> None:
        """Write the step; with `on_error`, inside a `try`."""
        assert callable(write)
        on_error = step.policy.on_error
        if on_error is None:
            write()
            return
        self._declare_for_errors(step)
        with self.frame.body.block("try:"):
            write()
            if isinstance(on_error, Goto):
                self._raise_flag(step)
        # A node's own function raises nothing else; what stands in line can fail in any way.
        kind = self.frame.use("errors", "FlowError") if needs_function(step) else "Exception"
        name = self.frame.error_name
        with self.frame.body.block(f"except {kind} as {name}:"):
            self._handle(step, on_error)

    def _declare_error(self, step: Step) -> None:
        """A variable for the node's error, when anybody asks for it."""
        usage = self.writer.usage
        asked = usage.errors.get(step.id) or usage.statuses.get(step.id)
        if step.policy.on_error is None or not asked or ("error", step.id) in self.frame.variables:
            return
        info = self.frame.flow.annotations.of(nullable(PROBLEM), step.id)
        variable = self.frame.define(("error", step.id), f"{step.id}_error", nullable(PROBLEM))
        self.frame.body.line(f"{variable.name}: {info} = None")

    def _declare_for_errors(self, step: Step) -> None:
        self._declare_error(step)
        usage = self.writer.usage
        jumps = isinstance(step.policy.on_error, Goto) and not narrowable(step.output)
        if jumps and usage.ran.get(step.id) and ("ran", step.id) not in self.frame.variables:
            flag = self.frame.define(("ran", step.id), f"{step.id}_ran", BoolType())
            self.frame.body.line(f"{flag.name} = False")
        goes_on = isinstance(step.policy.on_error, Goto)
        # What holds nodes keeps its value for the trace and for its lane, read or not; after an error there is none.
        keeps = goes_on and step.form is not None and not self.frame.quiet and not isinstance(step.given, NoneType)
        if ("output", step.id) in self.frame.variables or not (keeps or self.is_read(step)):
            return
        annotation = self._annotation(step, nullable(step.output) if goes_on else step.output)
        output = self.frame.define(("output", step.id), step.id, step.output, optional=goes_on)
        self.frame.body.line(f"{output.name}: {annotation}" + (" = None" if goes_on else ""))

    def _handle(self, step: Step, on_error: Fallback | Goto) -> None:
        tolerate = self.frame.use("node", "tolerate")
        self.frame.body.line(f"{tolerate}(ctx, {step.id!r}, {self.frame.error_name})")
        error = self.frame.variables.get(("error", step.id))
        if error is not None:
            as_failure = self.frame.use("failures", "as_failure")
            self.frame.body.line(f"{error.name} = {as_failure}({self.frame.error_name}, {step.id!r}).describe()")
        if isinstance(on_error, Fallback):
            scribe = StepScribe(self.frame, step.checked, step)
            value = scribe.as_type(step.output, on_error.value, scribe.shape(on_error.value))
            name = self.assign(step, value)
            self.keep(step, name or value)

    def _in_line(self, step: Step) -> None:
        scribe = StepScribe(self.frame, step.checked, step)
        if step.type.emit is not None:
            step.type.emit(step.params, scribe)
            return
        assert step.type.value is not None
        value = step.type.value(step.params, scribe)
        shape = getattr(step.params, "value", None)
        if shape is not None and not isinstance(step.given, AnyType):
            value = scribe.as_type(step.output, shape, value)
        name = self.assign(step, value)
        if self.frame.quiet and not name:
            self.frame.body.line(f"{UNWANTED} = {value}")  # it may fail, which others may wait for
        self.keep(step, name or value)

    def is_read(self, step: Step) -> bool:
        """Whether anybody reads the step's output; that of one which gives nothing is written as `None`."""
        if isinstance(step.output, NoneType):
            return False
        return bool(self.writer.usage.outputs.get(step.id)) or (
            narrowable(step.output) and bool(self.writer.usage.ran.get(step.id))
        )

    def assign(self, step: Step, value: str) -> str:
        """Put a value into the step's variable; gives its name, "" when nobody reads it."""
        variable = self.frame.variables.get(("output", step.id))
        if variable is not None:
            self.frame.body.line(f"{variable.name} = {value}")
            return variable.name
        if isinstance(step.output, NoneType) or not self.writer.usage.outputs.get(step.id):
            return ""
        variable = self.frame.define(("output", step.id), step.id, step.output)
        # What holds an empty list or object may be of any type; mypy wants to be told so.
        is_plain = _is_plain(step.output) and not (isinstance(step.output, AnyType) and _EMPTY.search(value))
        annotation = "" if is_plain else f": {self._annotation(step, step.output)}"
        self.frame.body.line(f"{variable.name}{annotation} = {value}")
        return variable.name

    def keep(self, step: Step, value: str) -> None:
        """Record an in-line step's output and time; inside rounds and items only the node around them does."""
        if self.frame.quiet:
            return
        started = self.frame.variables.get(("started", step.id))
        if started is None:
            self.frame.body.line(f"ctx.set_output({step.id!r}, {value})")
            return
        clock = self.frame.flow.module.use_package("time", "monotonic_ns")
        self.frame.body.line(f"ctx.finished({step.id!r}, {value}, {clock}() - {started.name})")

    def _annotation(self, step: Step, type_: Type) -> str:
        return self.frame.flow.annotations.of(type_, step.id)

    def _call(self, step: Step) -> None:
        source = call_source(self.writer, self.frame, step)
        known = self.is_read(step) or ("output", step.id) in self.frame.variables
        if known and not isinstance(step.given, NoneType):
            variable = self.frame.define(("output", step.id), step.id, step.output)
            given = f"await {source}"
            if not assignable(step.output, step.given):
                given = StepScribe(self.frame, step.checked, step).cast(step.output, given)
            self.frame.body.line(f"{variable.name} = {given}")
            return
        self.frame.body.line(f"await {source}")
        if known and not isinstance(step.output, NoneType):
            variable = self.frame.define(("output", step.id), step.id, step.output)
            self.frame.body.line(f"{variable.name} = None")

    def _form(self, step: Step, rest: list[str]) -> None:
        self.comment(step)
        leaves = self._leaves(step, rest)
        if not leaves:
            self._declare_answered(step)
        if step.may_answer and self.is_lane and self.is_read(step) and ("output", step.id) not in self.frame.variables:
            self._declare_missing(step)
        write_form(self.writer, self.frame, self, step, leaves=leaves)
        if step.may_answer and leaves:
            self.left.add(step.id)

    def _declare_answered(self, step: Step) -> None:
        """Whether an answer has ended the step, for what waits for it."""
        if step.may_answer and ("answered", step.id) not in self.frame.variables:
            flag = self.frame.define(("answered", step.id), f"{step.id}_answered", BoolType())
            self.frame.body.line(f"{flag.name} = False")

    def _leaves(self, step: Step, rest: list[str]) -> bool:
        """Whether an answer inside the step may leave this function, for there is nothing else to do in it."""
        return self.leaves and can_leave(step) and all_behind(step, [self.steps[id_] for id_ in rest])

    def _end(self, step: Step, rest: list[str]) -> None:
        """What ends the run or what holds it."""
        if isinstance(step.params, RespondParams):
            self._respond(step, step.params, rest)
        elif isinstance(step.params, RaiseParams):
            self._raise(step, step.params)

    def _respond(self, step: Step, params: RespondParams, rest: list[str]) -> None:
        scribe = StepScribe(self.frame, step.checked, step)
        reply = f"{self.frame.use('reply', 'Reply')}({', '.join(_reply_arguments(params, scribe))})"
        if self.leaves and not rest and not self.frame.closure:
            self.frame.body.line(f"return {reply}")
            return
        self.writer.continues = True
        self.frame.body.line(f"ctx.respond({reply})")
        self.keep(step, self.assign(step, "None") or "None")
        for flag in self.frame.ended_by_answer():
            self.frame.body.line(f"{flag} = True")

    def _raise(self, step: Step, params: RaiseParams) -> None:
        scribe = StepScribe(self.frame, step.checked, step)
        arguments = [scribe.text(params.title)]
        if not params.status.is_constant or params.status.constant != 500:
            arguments.append(f"status={scribe.expr(params.status)}")
        if params.detail is not None:
            arguments.append(f"detail={scribe.text(params.detail)}")
        arguments.append(f"node={step.id!r}")
        raised = f"{self.frame.use('errors', 'RaisedError')}({', '.join(arguments)})"
        cause = f" from {self.frame.handled_error}" if self.frame.handlers else ""
        self.frame.body.line(f"raise {raised}{cause}")

    # Side by side

    def _together(self, together: Together) -> None:
        inside = {id_ for lane in together.lanes for id_ in steps_of(lane.items)}
        group_ids = ids_inside([self.steps[id_] for id_ in inside])
        lanes = [LaneWriter(self, lane, group_ids) for lane in together.lanes]
        connect(lanes)
        for lane in lanes:
            if not lane.is_direct and not lane.is_inside:
                lane.write_function()
        group = f"{self.frame.use('tasks', 'InnerGroup' if self.around else 'TaskGroup')}({self.around})"
        with self.frame.body.block(f"async with {group} as {self.group}:"):
            for lane in lanes:
                if not lane.is_direct and lane.is_inside:
                    lane.write_function()
                lane.start()
        for lane in lanes:
            lane.collect()

    def beside(self, frame: Frame) -> Sequence:
        """The same body, written into the function of a lane."""
        twin = copy(self)
        twin.frame = frame
        twin.top = twin.leaves = False
        twin.marked = set()
        twin.is_lane = True
        twin.around, twin.group = self.group, frame.inner_group
        return twin


def _reply_arguments(params: RespondParams, scribe: StepScribe) -> list[str]:
    arguments = [scribe.shape(params.body)] if params.body is not None else []
    if not params.status.is_constant or params.status.constant != 200:
        arguments.append(f"status={scribe.expr(params.status)}")
    if params.headers:
        pairs = [f"{name!r}: {_header(value, scribe)}" for name, value in params.headers.items()]
        arguments.append(f"headers={{{', '.join(pairs)}}}")
    return arguments


def _header(value: Shape, scribe: StepScribe) -> str:
    """A header's value as text; lists and maps as JSON."""
    if isinstance(value, (dict, list)):
        return f"{scribe.use('text', 'text')}({scribe.shape(value)})"
    return scribe.text(value)


def _grouped(plan: Plan, steps: dict[str, Step]) -> list[list[Step] | Together]:
    """Runs that stand next to each other and share their condition, as one block."""
    items: list[list[Step] | Together] = []
    for item in plan:
        if isinstance(item, Together):
            items.append(item)
            continue
        step = steps[item.id]
        last = items[-1] if items and isinstance(items[-1], list) else None
        if last is not None and step.condition is None and _condition_key(step) == _condition_key(last[0]):
            last.append(step)
        else:
            items.append([step])
    return items


def _condition_key(step: Step) -> tuple[frozenset[str], tuple[str, ...]]:
    return step.atoms, step.gates


def _is_plain(type_: Type) -> bool:
    """Whether mypy finds the type by itself."""
    return (
        isinstance(type_, (AnyType, StrType, IntType, FloatType, BoolType, NoneType))
        and not (isinstance(type_, StrType) and type_.choices is not None)
        and not isinstance(type_, NullableType)
    )
