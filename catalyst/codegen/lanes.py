"""Writes the lanes of a group: each a task, with a function of its own where it is more than one call.

Goes in: a lane of a plan, and the writer of the body that it belongs to. Comes out: the lane's function, the line that
starts it, and the line that takes over what it hands on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from catalyst.codegen.frame import Frame, Key
from catalyst.codegen.functions import call_source, needs_function
from catalyst.codegen.usage import Usage, ids_inside
from catalyst.expressions.types import Type, nullable
from catalyst.graph.model import Body, Step
from catalyst.graph.plan import Lane, Plan, Together, steps_of


class FlowWriter(Protocol):
    """Writes one workflow; `steps.Writer`."""

    usage: Usage

    def body(self, frame: Frame, body: Body, *, top: bool, leaves: bool) -> None:
        """The steps of a body, as statements of the frame."""


class BodySteps(Protocol):
    """The steps of the body that is being written; `steps.Sequence`."""

    @property
    def writer(self) -> FlowWriter:
        """The writer of the whole workflow."""

    @property
    def frame(self) -> Frame:
        """The function around the group."""

    @property
    def group(self) -> str:
        """The variable of the groups of this body's lanes."""

    @property
    def steps(self) -> Mapping[str, Step]:
        """The steps of the body by id."""

    def is_read(self, step: Step) -> bool:
        """Whether anybody reads the step's output."""

    def comment(self, step: Step) -> None:
        """The line that ties code to the flow."""

    def beside(self, frame: Frame) -> BodySteps:
        """The same body, written into the function of a lane."""

    def write(self, plan: Plan) -> None:
        """Write the items of a plan."""


class LaneWriter:
    """One lane of a group: a task, the function that it runs when it is more than a call, and what it hands over."""

    def __init__(self, sequence: BodySteps, lane: Lane, group_ids: set[str]) -> None:
        self.sequence = sequence
        self.lane = lane
        self.ids = list(steps_of(lane.items))
        self.steps = [sequence.steps[id_] for id_ in self.ids]
        self.own = ids_inside(self.steps)
        self.group_ids = group_ids
        usage = sequence.writer.usage
        shared = [step for step in self.steps if usage.readers(step.id) - self.own]
        gates = {id_ for step in shared for id_ in step.gates}
        self.shared = [step for step in self.steps if step in shared or step.id in gates]
        first = self.steps[0]
        simple = len(self.steps) == 1 and needs_function(first) and not first.skippable and not first.gates
        self.is_direct = simple and first.policy.on_error is None and not lane.after and not first.may_answer
        self.sources: list[LaneWriter] = []
        """Lanes whose end this one waits for."""
        self.awaited = False
        """Whether another lane waits for this one."""
        self.exports: list[tuple[Key, Type, bool]] = []
        self.task = ""
        self.function = ""

    @property
    def _holds_groups(self) -> bool:
        return any(isinstance(item, Together) for item in self.lane.items)

    @property
    def is_inside(self) -> bool:
        """Whether the lane's function has to stand inside the group, for it reads the group or one of its tasks."""
        return bool(self.sources) or self._holds_groups

    def write_function(self) -> None:
        """The nested function that the lane runs."""
        outer = self.sequence.frame
        frame = Frame(outer.flow, outer, closure=True)
        if self._holds_groups:
            # It reads the group around it, so its own ones have other names.
            frame.group, frame.inner_group = frame.names.take("group"), frame.names.take("inner_group")
        keys = [(lane, _received(frame, lane)) for lane in self.sources]
        with frame.part() as steps:
            self.sequence.beside(frame).write(self.lane.items)
        for lane, names in keys:
            self._receive(frame, lane, names)
        frame.body.extend(steps)
        self.exports = [
            (key, variable.type, variable.optional)
            for step in self.shared
            for key, variable in frame.variables.items()
            if key[1:] == (step.id,) and key[0] in ("output", "ran", "error", "answered")
            # What is not declared outside of a condition is nobody's business outside of it.
            if not (key[0] == "output" and step.skippable and not variable.optional)
        ]
        names = [frame.variables[key].name for key, _, _ in self.exports]
        if names:
            frame.body.line(f"return {', '.join(names)}")
        self.function = outer.names.take(self._function_name())
        with outer.body.block(f"async def {self.function}() -> {self._result()}:"):
            outer.body.extend(frame.whole_body())
        outer.body.line()
        outer.wanted |= frame.wanted - frame.own_names
        outer.used |= frame.used

    def _receive(self, frame: Frame, lane: LaneWriter, names: list[str]) -> None:
        """Wait for another lane, and take what the steps here want of it."""
        wanted = [name if name in frame.used else "_" for name in names]
        if any(name != "_" for name in wanted):
            frame.body.line(f"{', '.join(wanted)} = await {lane.task}")
        elif lane.lane.name in self.lane.after:
            frame.body.line(f"await {lane.task}")

    def _function_name(self) -> str:
        if len(self.ids) == 1:
            return f"run_{self.ids[0]}"
        joint = "_then_" if len(self.ids) == 2 else "_to_"
        return f"{self.ids[0]}{joint}{self.ids[-1]}"[:60]

    def _result(self) -> str:
        annotations = self.sequence.frame.flow.annotations
        texts = [
            annotations.of(nullable(type_) if optional else type_, key[1]) for key, type_, optional in self.exports
        ]
        if not texts:
            return "None"
        return texts[0] if len(texts) == 1 else f"tuple[{', '.join(texts)}]"

    def start(self) -> None:
        """Create the task."""
        frame = self.sequence.frame
        if self.is_direct:
            step = self.steps[0]
            if step.policy.cache is not None:
                self.sequence.comment(step)
            source = call_source(self.sequence.writer, frame, step)
            if self.sequence.is_read(step):
                self.exports = [(("output", step.id), step.output, False)]
        else:
            source = f"{self.function}()"
        if not self.exports and not self.awaited:
            frame.body.line(f"{self.sequence.group}.create_task({source})")
            return
        self.task = frame.names.take(f"{self.lane.name}_task")
        frame.body.line(f"{self.task} = {self.sequence.group}.create_task({source})")

    def collect(self) -> None:
        """Take over what the lane hands over, once all lanes are done."""
        names = [self._taken_over(key, type_, optional=optional) for key, type_, optional in self.exports]
        if any(name != "_" for name in names):
            self.sequence.frame.body.line(f"{', '.join(names)} = {self.task}.result()")

    def _taken_over(self, key: Key, type_: Type, *, optional: bool) -> str:
        """The variable for something that the lane hands over; `_` when only other lanes of the group want it."""
        usage = self.sequence.writer.usage
        if key[0] != "answered" and not usage.readers_of(key[0], key[1]) - self.group_ids:
            return "_"
        return self.sequence.frame.define(key, _wanted_name(key), type_, optional=optional).name


def connect(lanes: list[LaneWriter]) -> None:
    """Find for each lane those to wait for: the ones that the plan names, and the ones that a condition inside asks.

    A step asks whether nodes ran that those before it depend on; these are done then, too, in lanes of their own.
    """
    names = {lane.lane.name: number for number, lane in enumerate(lanes)}
    place = {id_: number for number, lane in enumerate(lanes) for id_ in lane.own}
    sources = [{names[name] for name in lane.lane.after} for lane in lanes]
    for number, lane in enumerate(lanes):
        for step in lane.shared:
            asking = (place.get(reader, -1) for reader in lane.sequence.writer.usage.readers(step.id))
            for later in asking:
                if later > number:
                    sources[later].add(number)
    for lane, numbers in zip(lanes, sources, strict=True):
        lane.sources = [lanes[number] for number in sorted(numbers)]
        for source in lane.sources:
            source.awaited = True


def _received(frame: Frame, lane: LaneWriter) -> list[str]:
    """Names, inside a lane's function, for what another lane hands over."""
    return [
        frame.define(key, _wanted_name(key), type_, optional=may_miss).name for key, type_, may_miss in lane.exports
    ]


def _wanted_name(key: Key) -> str:
    return key[1] if key[0] == "output" else f"{key[1]}_{key[0]}"
