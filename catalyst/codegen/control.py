"""Writes the control-flow nodes: `if`, `for`, `while`, `try`, and branches in tasks."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, assert_never

from catalyst.codegen.frame import Frame, Key, Variable
from catalyst.codegen.scribe import StepScribe
from catalyst.expressions.check_names import PROBLEM
from catalyst.expressions.types import (
    INT,
    AnyType,
    BoolType,
    ListType,
    MapType,
    NoneType,
    ObjectType,
    Type,
    without_none,
)
from catalyst.expressions.variance import assignable
from catalyst.graph.model import AgentForm, Body, LoopForm, MapForm, ParallelForm, Step, SwitchForm, ToolForm, TryForm


class BodyWriter(Protocol):
    """Writes the bodies inside a control node; `steps.Writer`."""

    def body(self, frame: Frame, body: Body, *, top: bool, leaves: bool) -> None:
        """The steps of a body, as statements of the frame."""


class Keeper(Protocol):
    """Records what an in-line node gave; `steps.Sequence`."""

    def is_read(self, step: Step) -> bool:
        """Whether anybody reads the step's output."""

    def keep(self, step: Step, value: str) -> None:
        """Write the line that records it."""


def write_form(writer: BodyWriter, frame: Frame, keeper: Keeper, step: Step, *, leaves: bool) -> None:
    """The control node in line; its value goes into the step's variable."""
    FormWriter(writer, frame, keeper, step, leaves=leaves).write()


def write_form_value(writer: BodyWriter, frame: Frame, step: Step) -> None:
    """The control node as the body of a function that returns its value."""
    # What stands in for it on an error is its caller's business.
    form = FormWriter(writer, frame, None, replace(step, output=step.given), leaves=False)
    form.write()
    if form.target is None:
        return
    if step.may_answer:
        with frame.body.block(f"if {frame.read(('answered', step.id), BoolType())}:"):
            frame.body.line(f"return {form.nothing(step.given)}")
    frame.body.line(f"return {form.target.name}")


def write_tools(writer: BodyWriter, frame: Frame, step: Step) -> dict[int, tuple[str, str]]:
    """By number, the functions of an agent's tools that are nodes, each with the adapter of its arguments."""
    form = FormWriter(writer, frame, None, step, leaves=False)
    tools = step.form.tools if isinstance(step.form, AgentForm) else ()
    return {tool.number: form.tool(tool) for tool in tools}


class FormWriter:
    """Writes one control node."""

    def __init__(self, writer: BodyWriter, frame: Frame, keeper: Keeper | None, step: Step, *, leaves: bool) -> None:
        self.writer = writer
        self.frame = frame
        self.keeper = keeper
        self.step = step
        self.leaves = leaves
        self.scribe = StepScribe(frame, step.checked, step)
        self.target: Variable | None = None

    def write(self) -> None:
        """The whole node, and the line that records what it gave."""
        form = self.step.form
        self.frame.open_forms.append(self.step.id)
        self._start_clock()
        match form:
            case SwitchForm():
                self._switch(form)
            case ParallelForm():
                self._parallel(form)
            case MapForm():
                self._map(form)
            case LoopForm():
                self._loop(form)
            case TryForm():
                self._try(form)
            case AgentForm() | None:
                return
            case _:
                assert_never(form)
        self.frame.open_forms.pop()
        if self.keeper is not None and not _ends(form):
            self._keep(self.keeper)

    def _start_clock(self) -> None:
        """Note when a node begins that waits inside, for those in it take the time since the one before for theirs."""
        if self.keeper is None or self.frame.quiet or not self.step.waits or _ends(self.step.form):
            return
        started = self.frame.define(("started", self.step.id), f"{self.step.id}_started", INT)
        self.frame.body.line(f"{started.name} = {self._clock()}()")

    def _clock(self) -> str:
        return self.frame.flow.module.use_package("time", "monotonic_ns")

    def _keep(self, keeper: Keeper) -> None:
        """Record what the node gave; one that answered instead gave nothing."""
        value = self.target.name if self.target is not None else "None"
        answered = self.frame.variables.get(("answered", self.step.id))
        if answered is None or self.frame.quiet:
            keeper.keep(self.step, value)
            return
        with self.frame.body.block(f"if not {answered.name}:"):
            keeper.keep(self.step, value)

    # Values

    def _declare(self, annotation: str | None = None) -> Variable | None:
        """The variable for the node's value, when somebody wants it; declared where branches assign it."""
        if not self._is_wanted():
            return None
        known = self.frame.variables.get(("output", self.step.id))
        self.target = known or self.frame.define(("output", self.step.id), self.step.id, self.step.output)
        if known is None and annotation is not None:
            self.frame.body.line(f"{self.target.name}: {annotation}")
        return self.target

    def _is_wanted(self) -> bool:
        """Whether the value goes anywhere: inside rounds and items only where somebody reads it."""
        if isinstance(self.step.given, NoneType):
            return False
        known = ("output", self.step.id) in self.frame.variables
        return self.keeper is None or known or not self.frame.quiet or self.keeper.is_read(self.step)

    def _annotation(self, type_: Type) -> str:
        return self.frame.flow.annotations.of(type_, self.step.id)

    def _assign(self, value: str) -> None:
        """Give the node its value."""
        if not self._is_wanted():
            if value.startswith("await "):
                self.frame.body.line(value)
            return
        known = self.frame.variables.get(("output", self.step.id))
        if known is not None:
            self.target = known
            self.frame.body.line(f"{known.name} = {value}")
            return
        self.target = self.frame.define(("output", self.step.id), self.step.id, self.step.output)
        annotation = "" if isinstance(self.step.given, AnyType) else f": {self._annotation(self.step.output)}"
        self.frame.body.line(f"{self.target.name}{annotation} = {value}")

    def _branch(self, body: Body, frame: Frame | None = None, *, leaves: bool | None = None) -> None:
        self.writer.body(frame or self.frame, body, top=False, leaves=self.leaves if leaves is None else leaves)

    def _value(self, body: Body, frame: Frame | None = None) -> tuple[str | None, list[str]]:
        """What a body gives, as Python, None when it never gives anything; and when it gives nothing."""
        frame = frame or self.frame
        if body.ends:
            return None, []
        if body.value is None and (body.last is None or isinstance(body.step(body.last).output, NoneType)):
            return "None", []
        with frame.wanting() as wanted:
            value = self._value_source(body, frame)
        # Behind an answer the value may not be there; nobody asks for it then.
        missing = [frame.variables[key].name for key in _flags_before(body) if key in frame.variables]
        frame.used.update(missing)
        if missing:
            missing += [f"{name} is None" for name in sorted(wanted & frame.own_names)]
            wanted -= frame.own_names
        frame.wanted |= wanted
        return value, missing

    def _value_source(self, body: Body, frame: Frame) -> str:
        if body.value is not None:
            return StepScribe(frame, body.checked).shape(body.value)
        assert body.last is not None
        return frame.read(("output", body.last), body.type)

    def nothing(self, type_: Type) -> str:
        """Stands for a value that nobody asks for, because the run has answered instead."""
        return f"{self.frame.flow.module.use_package('typing', 'cast')}({self._annotation(type_)}, None)"

    def _return(self, inner: Frame, body: Body, record: str = "", started: str = "") -> None:
        """Let a nested function give the value of its body, recorded under a name when there is one.

        `started`: the variable that holds when the body began, where its time counts as a whole.
        """
        value, missing = self._value(body, inner)
        nothing = "return" if isinstance(body.type, NoneType) else f"return {self.nothing(body.type)}"
        if missing:
            with inner.body.block(f"if {' or '.join(missing)}:"):
                inner.body.line(nothing)
        if record and value is not None:
            if started:
                inner.body.line(f"ctx.finished({record!r}, {value}, {self._clock()}() - {started})")
            else:
                inner.body.line(f"ctx.set_output({record!r}, {value})")
        if isinstance(body.type, NoneType):
            return
        if value is not None:
            inner.body.line(f"return {value}")
        elif not inner.body.has_left():
            inner.body.line(nothing)

    # Forms

    def _switch(self, form: SwitchForm) -> None:
        target = self._declare(self._annotation(self.step.output))
        for number, (when, body) in enumerate(form.cases):
            condition = self.scribe.expr(when)
            with self.frame.body.block(f"{'if' if number == 0 else 'elif'} {condition}:"), self.frame.under(condition):
                self._case(body, target)
        if form.default is not None:
            with self.frame.body.block("else:"):
                self._case(form.default, target)
        elif target is not None:
            with self.frame.body.block("else:"):
                self.frame.body.line(f"{target.name} = None")

    def _case(self, body: Body, target: Variable | None) -> None:
        self._branch(body)
        value, missing = self._value(body)
        if target is not None and value is not None:
            self._unless(missing, f"{target.name} = {self._as_output(body.type, value)}")

    def _as_output(self, given: Type, value: str) -> str:
        """A body's value for the node's variable: a list of some of its kinds of items is not a list of all to mypy."""
        is_container = isinstance(without_none(given), ListType | MapType)
        if not is_container or assignable(self.step.output, given):
            return value
        return self.scribe.cast(self.step.output, value)

    def _unless(self, missing: list[str], line: str) -> None:
        """Write a line, under the condition that nothing of what it takes is missing."""
        if not missing:
            self.frame.body.line(line)
            return
        condition = f"not {missing[0]}" if len(missing) == 1 else f"not ({' or '.join(missing)})"
        with self.frame.body.block(f"if {condition}:"):
            self.frame.body.line(line)

    def _try(self, form: TryForm) -> None:
        target = self._declare(self._annotation(self.step.output))
        if not form.catches and form.finally_ is None:
            self._case(form.body, target)
            return
        with self.frame.body.block("try:"):
            self._case(form.body, target)
        if form.catches:
            with self.frame.body.block(f"except Exception as {self.frame.error_name}:"):
                self._catches(form, target)
        if form.finally_ is not None:
            with self.frame.body.block("finally:"):
                self._finally(form, form.finally_)

    def _finally(self, form: TryForm, body: Body) -> None:
        """What is done in any case; where a cancellation can come in, an error of it must not take that one's place."""
        bodies = (form.body, *(catch.body for catch in form.catches))
        may_be_cancelled = any(step.waits for each in bodies for step in each.steps)
        if not may_be_cancelled or all(step.type.name == "log" for step in body.steps):
            self._branch(body, leaves=False)
            return
        with self.frame.body.block(f"with {self.frame.use('tasks', 'staying_cancelled')}():"):
            self._branch(body, leaves=False)

    def _catches(self, form: TryForm, target: Variable | None) -> None:
        catch_all = next((number for number, catch in enumerate(form.catches) if not catch.errors), None)
        handlers = form.catches if catch_all is None else form.catches[: catch_all + 1]
        if len(handlers) == 1 and not handlers[0].errors:
            self._handler(handlers[0].name, handlers[0].body, target)
            return
        matches = self.frame.use("failures", "matches")
        for number, catch in enumerate(handlers):
            word = "if" if number == 0 else "elif"
            header = f"{word} {matches}({self.frame.error_name}, {catch.errors!r}):" if catch.errors else "else:"
            with self.frame.body.block(header):
                self._handler(catch.name, catch.body, target)
        if catch_all is None:
            with self.frame.body.block("else:"):
                self.frame.body.line("raise")

    def _handler(self, name: str, body: Body, target: Variable | None) -> None:
        key: Key = ("local", name)
        before = self.frame.hide(key)
        with self.frame.part() as inner:
            variable = self.frame.define(key, name, PROBLEM)
            self.frame.used.discard(variable.name)  # a handler before may have read its own error by this name
            self.frame.handlers += 1
            self._case(body, target)
            self.frame.handlers -= 1
        if variable.name in self.frame.used:
            as_failure = self.frame.use("failures", "as_failure")
            self.frame.body.line(f"{variable.name} = {as_failure}({self.frame.error_name}).describe()")
        else:
            log = self.frame.use("node", "tolerate")
            self.frame.body.line(f"{log}(ctx, {self.step.id!r}, {self.frame.error_name})")
        self.frame.body.extend(inner)
        self._restore(key, before)

    def _restore(self, key: Key, before: Variable | None) -> None:
        del self.frame.variables[key]
        if before is not None:
            self.frame.show(key, before)

    def _map(self, form: MapForm) -> None:
        waits = any(step.waits for step in form.body.steps)
        if waits or form.on_item_error != "fail":
            self._map_items(form)
        else:
            self._for(form)

    def _map_items(self, form: MapForm) -> None:
        inner = Frame(self.frame.flow, self.frame, closure=True)
        inner.quiet = True
        inner.names.reserve("ctx")
        item = inner.define(("local", form.item), form.item, form.item_type)
        index = inner.define(("local", form.index), form.index, INT)
        self._branch(form.body, inner, leaves=False)
        self._return(inner, form.body)
        name = self.frame.names.take(f"{self.step.id}_{form.item}")
        context = self.frame.flow.context
        item_text, result = self._annotation(form.item_type), self._annotation(form.body.type)
        with self.frame.body.block(
            f"async def {name}(ctx: {context}, {item.name}: {item_text}, {index.name}: int) -> {result}:"
        ):
            self.frame.body.extend(inner.whole_body())
        self.frame.body.line()
        self._take(inner)
        over = self.scribe.expr(form.over)
        options = [f"concurrency={form.concurrency}"] if form.concurrency != 1 else []
        options += [f"on_item_error={form.on_item_error!r}"] if form.on_item_error != "fail" else []
        options += [f"batch={form.batch}"] if form.batch is not None else []
        over = self._as_list(form, over)
        self._assign(f"await {self.frame.use('tasks', 'map_items')}({', '.join(['ctx', over, name, *options])})")

    def _as_list(self, form: MapForm, over: str) -> str:
        """A value of unknown type is checked to be a list before it is gone through."""
        if isinstance(self.scribe.type_of(form.over), ListType):
            return over
        return f"{self.frame.use('values', 'as_list')}({over})"

    def tool(self, tool: ToolForm) -> tuple[str, str]:
        """The function that runs a tool's nodes with the arguments that a model gave."""
        inner = Frame(self.frame.flow, self.frame, closure=True)
        inner.quiet = True
        inner.names.reserve("ctx")
        args = inner.define(("local", "args"), "args", tool.args)
        hint = f"{tool.name} args"
        kind = self.frame.flow.annotations.of(tool.args, hint)  # before the nodes' functions, which take them too
        self._branch(tool.body, inner, leaves=False)
        self._return(inner, tool.body)
        name = self.frame.names.take(f"{tool.name}_tool")
        result = self._annotation(tool.body.type)
        header = f"async def {name}(ctx: {self.frame.flow.context}, {args.name}: {kind}) -> {result}:"
        with self.frame.body.block(header):
            self.frame.body.extend(inner.whole_body())
        self.frame.body.line()
        self._take(inner)
        return name, self.frame.flow.annotations.adapter(tool.args, hint)

    def _take(self, inner: Frame) -> None:
        """Remember what a nested function reads from here."""
        self.frame.wanted |= inner.wanted - inner.own_names
        self.frame.used |= inner.used

    def _for(self, form: MapForm) -> None:
        over = self._as_list(form, self.scribe.expr(form.over))
        is_known = ("output", self.step.id) in self.frame.variables
        target = self._declare()
        if target is None:
            target = self.frame.define(("output", self.step.id), self.step.id, self.step.output)
        self.target = target
        annotation = "" if is_known else f": {self._annotation(self.step.output)}"
        if annotation and not isinstance(self.step.output, ListType):
            # By its own line: mypy takes a value that stands beside the annotation for any of its types.
            self.frame.body.line(f"{target.name}{annotation}")
            annotation = ""
        self.frame.body.line(f"{target.name}{annotation} = []")
        if over == "[]":
            return  # there is nothing to go through, and no type of it
        keys: list[Key] = [("local", form.item), ("local", form.index)]
        before = [self.frame.hide(key) for key in keys]
        quiet, self.frame.quiet = self.frame.quiet, True
        with self.frame.part() as inner:
            item = self.frame.define(keys[0], form.item, form.item_type)
            index = self.frame.define(keys[1], form.index, INT)
            self._branch(form.body, leaves=False)
            value, missing = self._value(form.body)
            if value is not None:
                self._unless(missing, f"{target.name}.append({value})")
        self.frame.quiet = quiet
        item_name = item.name if item.name in self.frame.used else "_"
        header = f"for {item_name} in {over}:"
        if index.name in self.frame.used:
            header = f"for {index.name}, {item_name} in enumerate({over}):"
        with self.frame.body.block(header):
            self.frame.body.extend(inner)
        for key, old in zip(keys, before, strict=True):
            self._restore(key, old)

    def _loop(self, form: LoopForm) -> None:
        keys: list[Key] = [("state", name) for name, _, _ in form.state] + [("index",)]
        sources = [self.scribe.as_type(type_, shape, self.scribe.shape(shape)) for _, shape, type_ in form.state]
        before = [self.frame.hide(key) for key in keys]
        variables = [self.frame.define(("state", name), name, type_) for name, _, type_ in form.state]
        for variable, source in zip(variables, sources, strict=True):
            self.frame.body.line(f"{variable.name}: {self._annotation(variable.type)} = {source}")
        states, self.frame.states = self.frame.states, {name: type_ for name, _, type_ in form.state}
        quiet, self.frame.quiet = self.frame.quiet, True
        with self.frame.part() as inner:
            index = self.frame.define(("index",), "index", INT)
            self._round(form)
        name = index.name if index.name in self.frame.used else "_"
        with self.frame.body.block(f"for {name} in range({form.max_iterations}):"):
            self.frame.body.extend(inner)
        self._bound_reached(form)
        self.frame.quiet = quiet
        self.frame.states = states
        pairs = ", ".join(
            f"{name!r}: {variable.name}" for (name, _, _), variable in zip(form.state, variables, strict=True)
        )
        for key, old in zip(keys, before, strict=True):
            self._restore(key, old)
        self._assign(f"{{{pairs}}}")

    def _round(self, form: LoopForm) -> None:
        if form.while_ is not None:
            with self.frame.body.block(f"if {self.scribe.negated(form.while_)}:"):
                self.frame.body.line("break")
        self._branch(form.body, leaves=self.leaves)
        if form.body.ends:
            if not self.frame.body.has_left():
                self.frame.body.line("break")  # the body has answered
            return
        with self.frame.part() as rest, self.frame.wanting() as wanted:
            self._next_round(form)
        if self.step.may_answer and not self.leaves:
            flag = self.frame.read(("answered", self.step.id), BoolType())
            missing = [f"{name} is None" for name in sorted(wanted & self.frame.own_names)]
            with self.frame.body.block(f"if {' or '.join([flag, *missing])}:"):
                self.frame.body.line("break")
            wanted -= self.frame.own_names
        self.frame.wanted |= wanted
        self.frame.body.extend(rest)

    def _next_round(self, form: LoopForm) -> None:
        if form.next:
            targets = ", ".join(self.frame.variables[("state", name)].name for name, _ in form.next)
            types = {name: type_ for name, _, type_ in form.state}
            values = ", ".join(
                self.scribe.as_type(types[name], shape, self.scribe.shape(shape)) for name, shape in form.next
            )
            self.frame.body.line(f"{targets} = {values}")
        if form.until is not None:
            with self.frame.body.block(f"if {self.scribe.expr(form.until)}:"):
                self.frame.body.line("break")

    def _bound_reached(self, form: LoopForm) -> None:
        """A loop that its bound ended, not its condition, says so in the log: its result may not be complete."""
        if form.while_ is None and form.until is None:
            return
        log_event = self.frame.use("run_log", "log_event")
        with self.frame.body.block("else:"):
            text = f"stopped after {form.max_iterations} rounds, its condition would go on"
            line = f"{log_event}(ctx, 'warning', {self.step.id!r}, {text!r})"
            if form.while_ is not None:
                with self.frame.body.block(f"if {self.scribe.expr(form.while_)}:"):
                    self.frame.body.line(line)
            else:
                self.frame.body.line(line)

    def _parallel(self, form: ParallelForm) -> None:
        functions = [(name, body, self._branch_function(form, name, body)) for name, body in form.branches]
        if form.mode == "race":
            self._race(functions)
            return
        task_names = {name: self.frame.names.take(f"{function}_task") for name, _, function in functions}
        wrap = f"{self.frame.use('tasks', 'settle')}({{}})" if form.mode == "settled" else "{}"
        group = self.frame.group
        with self.frame.body.block(f"async with {self.frame.use('tasks', 'TaskGroup')}() as {group}:"):
            for name, _, function in functions:
                started = wrap.format(f"{function}(ctx.clone())")
                self.frame.body.line(f"{task_names[name]} = {group}.create_task({started})")
        self._assign("{" + ", ".join(f"{name!r}: {task}.result()" for name, task in task_names.items()) + "}")

    def _branch_function(self, form: ParallelForm, name: str, body: Body) -> str:
        inner = Frame(self.frame.flow, self.frame, closure=True)
        inner.names.reserve("ctx")
        record = f"{self.step.id}.{name}" if form.mode != "race" else ""
        started = ""
        if record and any(step.waits for step in body.steps):
            started = inner.names.take("branch_started")
            inner.body.line(f"{started} = {self._clock()}()")
        self._branch(body, inner, leaves=False)
        self._return(inner, body, record, started)
        function = self.frame.names.take(f"{self.step.id}_{name}")
        result = "None" if isinstance(body.type, NoneType) else self._annotation(body.type)
        with self.frame.body.block(f"async def {function}(ctx: {self.frame.flow.context}) -> {result}:"):
            self.frame.body.extend(inner.whole_body())
        self.frame.body.line()
        self._take(inner)
        return function

    def _race(self, functions: list[tuple[str, Body, str]]) -> None:
        race = self.frame.use("tasks", "race")
        branches = ", ".join(f"{name!r}: lambda: {function}(ctx.clone())" for name, _, function in functions)
        kinds = {self._annotation(body.type) for _, body, _ in functions}
        if len(kinds) == 1:
            self._assign(f"await {race}({{{branches}}})")
            return
        branch = self.frame.use("tasks", "Branch")
        held = self.frame.names.take(f"{self.step.id}_branches")
        output = self.step.given.field("output") if isinstance(self.step.given, ObjectType) else None
        plain = sorted({kind.removesuffix(" | None") for kind in kinds} - {"None"})
        if output is not None and not all(assignable(output.type, body.type) for _, body, _ in functions):
            kinds, plain = set(), [self.frame.flow.module.use_package("typing", "Any")]  # lists of different kinds
        union = " | ".join([*plain, "None"] if any(kind.endswith("None") for kind in kinds) else plain)
        self.frame.body.line(f"{held}: dict[str, {branch}[{union}]] = {{{branches}}}")
        self._assign(f"await {race}({held})")


def _flags_before(body: Body) -> list[Key]:
    """Keys of the flags of nodes whose answer keeps a body's value from being there."""
    if body.value is not None:
        return [("answered", step.id) for step in body.steps if step.may_answer]
    last = body.step(body.last) if body.last is not None else None
    if last is None:
        return []
    return [("answered", id_) for id_ in [*last.gates, *([last.id] if last.may_answer else [])]]


def _ends(form: object) -> bool:
    """Whether nothing can stand behind the form: every way through it leaves the function."""
    if isinstance(form, SwitchForm):
        return form.default is not None and all(body.ends for _, body in form.cases) and form.default.ends
    return False
