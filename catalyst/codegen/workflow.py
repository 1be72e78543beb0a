"""One workflow becomes one Python module: types, a function per I/O node, the workflow function, and its `Workflow`.

Goes in: the graph of a workflow and the names that the project uses. Comes out: the module, not formatted yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from catalyst.codegen.annotations import Annotations
from catalyst.codegen.connections import CONNECTIONS, redis_connection
from catalyst.codegen.frame import FlowNames, Frame
from catalyst.codegen.models import precise, write_input, write_output, write_request
from catalyst.codegen.module import Module, docstring_literal
from catalyst.codegen.scribe import StepScribe, constant_tree
from catalyst.codegen.steps import Writer
from catalyst.codegen.usage import find_usage
from catalyst.expressions.types import NoneType
from catalyst.graph.describe import graph_facts
from catalyst.graph.model import (
    AgentForm,
    Body,
    LoopForm,
    MapForm,
    OutputField,
    ParallelForm,
    Route,
    Step,
    TryForm,
    Workflow,
    all_steps,
    bodies_of,
)
from catalyst.pysource.names import constant_case, snake_case
from catalyst.pysource.source import to_source
from catalyst.spec.triggers import STREAM_EVENTS


@dataclass(frozen=True, slots=True)
class ProjectNames:
    """Names that all modules of a project share."""

    env: Mapping[str, str]
    """Environment variable -> attribute of `Env`."""
    secrets: Mapping[str, str]
    workflows: Mapping[str, str]
    """Flow name -> module name below `app.workflows`."""
    calls: Mapping[str, Mapping[str, str]]
    """Flow name -> what its `call`s name -> flow name."""


def constant_name(flow: str) -> str:
    """The name of a workflow's `Workflow` constant."""
    return constant_case(flow)


def emit_workflow(workflow: Workflow, names: ProjectNames) -> Module:
    """The workflow's module."""
    return WorkflowModule(workflow, names, authors_names(workflow)).write()


class WorkflowModule:
    """The module of one workflow while it is written. `authors`: the names that the flow's author chose."""

    def __init__(self, workflow: Workflow, names: ProjectNames, authors: Iterable[str]) -> None:
        self.workflow = workflow
        self.project = names
        docstring = (
            f"{workflow.name}: {workflow.description}" if workflow.description else f"The workflow {workflow.name}."
        )
        self.module = Module(docstring, authors)
        self.function = self._take(snake_case(workflow.name))
        self.constant = self._take(constant_name(workflow.name))
        for name in workflow.types:
            self.module.names.reserve(name)
        self.annotations = Annotations(self.module)
        self._keep_type_names()

    def _take(self, name: str) -> str:
        if name in self.module.authors_names:
            return self.module.names.take(f"run_{name}")
        return self.module.names.take(name)

    def _keep_type_names(self) -> None:
        """Named types keep their names: they are declared under them when they are first used."""
        self.annotations.keep(self.workflow.types)

    def write(self) -> Module:
        """All parts of the module, in the order in which they need each other."""
        module, workflow = self.module, self.workflow
        input_class = write_input(module, self.annotations, workflow)
        output = write_output(module, self.annotations, workflow)
        requests = [
            write_request(module, self.annotations, workflow, route, n) for n, route in enumerate(workflow.routes)
        ]
        flow = self.flow_names(input_class)
        writer = Writer(find_usage(workflow))
        frame = Frame(flow)
        writer.body(frame, workflow.body, top=True, leaves=True)
        self._return(frame)
        module.functions += [text for _, text in sorted(flow.functions)]
        answers = any(step.type.name == "respond" for step in all_steps(workflow.body))
        result = _or_reply(output, module.use("reply", "Reply")) if answers else output
        module.functions.append(self._function(frame, flow.context, result))
        module.end.append(self._constant(flow, input_class, output, requests, writer))
        return module

    def flow_names(self, input_class: str) -> FlowNames:
        """What the functions of the module share."""
        return FlowNames(
            self.module,
            self.annotations,
            dict(self.project.env),
            dict(self.project.secrets),
            self._context(input_class),
            vars=dict(self.workflow.vars),
            filename=mark_name(self.workflow.file),
            workflows=self._called(),
            model_limits=self.workflow.model_limits,
            programs=self.workflow.programs,
        )

    def _context(self, input_class: str) -> str:
        """The module's name for its context type."""
        env = self.module.use_package("app.settings", "Env") if self.project.env else "None"
        secrets = self.module.use_package("app.settings", "Secrets") if self.project.secrets else "None"
        context = self.module.names.take("Context")
        generic = self.module.use("context", "ExecutionContext")
        self.module.classes.append(f"{context} = {generic}[{input_class}, {env}, {secrets}]")
        return context

    def _called(self) -> dict[str, tuple[str, str]]:
        called = self.project.calls.get(self.workflow.name, {})
        return {
            path: (f"app.workflows.{self.project.workflows[flow]}", constant_name(flow))
            for path, flow in called.items()
        }

    def _function(self, frame: Frame, context: str, result: str) -> str:
        text = "Run the workflow once; gives its output" + (", or an answer of its own." if "Reply" in result else ".")
        lines = [f"async def {self.function}(ctx: {context}) -> {result}:", f"    {docstring_literal(text)}"]
        body = frame.body.text().rstrip("\n")
        lines += ["    " + line if line else "" for line in body.split("\n")]
        return "\n".join(lines)

    def _return(self, frame: Frame) -> None:
        """The last lines: the output, unless the run has answered before."""
        workflow = self.workflow
        if workflow.body.ends and workflow.output is None:
            if not frame.body.has_left():
                frame.body.line(f"return {frame.use('reply', 'ANSWERED')}" if self._answers() else "return None")
            return
        own = {("answered", step.id) for step in workflow.body.steps}
        flags = sorted(variable.name for key, variable in frame.variables.items() if key in own)
        with frame.wanting() as wanted:
            source = self._output_source(frame)
        if flags:
            missing = [*flags, *(f"{name} is None" for name in sorted(wanted))]
            with frame.body.block(f"if {' or '.join(missing)}:"):
                frame.body.line(f"return {frame.use('reply', 'ANSWERED')}")
        frame.body.line(f"return {source}")

    def _answers(self) -> bool:
        return any(step.type.name == "respond" for step in all_steps(self.workflow.body))

    def _output_source(self, frame: Frame) -> str:
        workflow = self.workflow
        scribe = StepScribe(frame, workflow.output_checked)
        if workflow.output is None:
            last = workflow.body.last
            if last is None or isinstance(workflow.body.type, NoneType):
                return "None"
            return frame.read(("output", last), workflow.body.type)
        if isinstance(workflow.output, OutputField):
            return self._field(scribe, workflow.output)
        return "{" + ", ".join(f"{field.name!r}: {self._field(scribe, field)}" for field in workflow.output) + "}"

    def _field(self, scribe: StepScribe, field: OutputField) -> str:
        source = scribe.shape(field.value)
        return scribe.as_type(precise(field), field.value, source, f"{self.workflow.name} {field.name}")

    def _constant(self, flow: FlowNames, input_class: str, output: str, requests: list[Any], writer: Writer) -> str:
        """`GREET = Workflow(...)`: what the service has to know."""
        workflow, module = self.workflow, self.module
        triggers = [self._route(route, types) for route, types in zip(workflow.routes, requests, strict=True)]
        triggers += [self._cron(cron) for cron in workflow.crons]
        arguments = [
            f"name={workflow.name!r}",
            f"run={self.function}",
            f"input_type={input_class}",
            f"output_type={output}",
        ]
        if triggers:
            arguments.append(f"triggers=({', '.join(triggers)},)")
        if workflow.description:
            arguments.append(f"description={workflow.description!r}")
        if workflow.vars:
            arguments.append(f"vars={self._vars(flow)}")
        if workflow.stream:
            arguments.append(f"stream={module.use('sse', 'EventStream')}()")
        if workflow.timeout is not None:
            arguments.append(f"timeout={workflow.timeout!r}")
        visible = tuple(visible_names(workflow.body))
        if visible:
            arguments.append(f"visible={visible!r}")
        arguments.append(f"graph={to_source(constant_tree(graph_facts(workflow)))}")
        if writer.continues:
            arguments.append("continues=True")
        return f"{self.constant} = {module.use('workflow', 'Workflow')}({', '.join(arguments)})"

    def _vars(self, flow: FlowNames) -> str:
        """The flow's constants, by the names of the module's where it has them."""
        pairs = (
            f"{name!r}: {flow.constants.get(name) or to_source(constant_tree(value))}"
            for name, value in flow.vars.items()
        )
        return "{" + ", ".join(pairs) + "}"

    def _route(self, route: Route, types: Any) -> str:
        arguments = [repr(route.method), repr(route.path)]
        if route.auth:
            arguments.append(f"auth={self._auth(route.auth)}")
        if route.rate_limit is not None:
            arguments.append(f"rate_limit={self._rate_limit(route, *route.rate_limit)}")
        if route.events != STREAM_EVENTS:
            arguments.append(f"events={route.events!r}")
        if route.locations:
            arguments.append(f"parameters={dict(route.locations)!r}")
            arguments.append(f"parameters_type={types.parameters}")
        if types.body:
            arguments.append(f"body_type={types.body}")
        if route.status != 200:
            arguments.append(f"status={route.status}")
        words = {"summary": route.summary, "description": route.description}
        arguments += [f"{name}={text!r}" for name, text in words.items() if text]
        return f"{self.module.use('workflow', 'HttpTrigger')}({', '.join(arguments)})"

    def _rate_limit(self, route: Route, count: int, seconds: float) -> str:
        """Counted in Redis where the project has one."""
        connection = redis_connection(self.project.secrets)
        if connection is None:
            return f"{self.module.use('rate_limit', 'RateLimit')}({count}, {seconds!r})"
        self.module.needs.connections.add(connection)
        shared = self.module.use("rate_limit_shared", "SharedRateLimit")
        place = self.module.use_package(CONNECTIONS, connection.constant)
        return f"{shared}({f'{route.method} {route.path}'!r}, {count}, {seconds!r}, {place})"

    def _auth(self, auth: Mapping[str, Any]) -> str:
        kind, settings = next(iter(auth.items()))
        if kind == "basic":
            names = f"user={self._read(settings['user'])}, password={self._read(settings['password'])}"
            return f"{self.module.use('auth', 'Basic')}({names})"
        key = self._read(settings["secret"])
        if kind == "bearer":
            return f"{self.module.use('auth', 'Bearer')}({key})"
        header = "" if settings["header"] == "X-API-Key" else f", header={settings['header']!r}"
        return f"{self.module.use('auth', 'ApiKey')}({key}{header})"

    def _read(self, secret: str) -> str:
        """A function that takes a secret out of the project's secrets."""
        return f"lambda secrets: secrets.{self.project.secrets[secret]}"

    def _cron(self, cron: Any) -> str:
        arguments = [repr(cron.cron)]
        if cron.timezone != "UTC":
            arguments.append(f"timezone={cron.timezone!r}")
        if cron.overlap != "skip":
            arguments.append(f"overlap={cron.overlap!r}")
        if cron.input:
            arguments.append(f"input={to_source(constant_tree(dict(cron.input)))}")
        return f"{self.module.use('schedule', 'ScheduleTrigger')}({', '.join(arguments)})"


def _or_reply(output: str, reply: str) -> str:
    """The annotation of an output or an answer; None stands last, as readers expect."""
    if output == "None":
        return f"{reply} | None"
    plain = output.removesuffix(" | None")
    return f"{plain} | {reply}" + (" | None" if plain != output else "")


def authors_names(workflow: Workflow) -> Iterator[str]:
    """The names that the flow's author chose for values."""
    for step in all_steps(workflow.body):
        yield step.id
        match step.form:
            case MapForm(item=item, index=index):
                yield item
                yield index
            case LoopForm(state=state):
                yield from (name for name, _, _ in state)
                yield "index"
            case TryForm(catches=catches):
                yield from (catch.name for catch in catches)
            case _:
                pass


def visible_names(body: Body) -> Iterator[str]:
    """What a client may see of a run: the nodes that run once, and the branches of parallel nodes."""
    for step in body.steps:
        yield from _visible_step(step)


def _visible_step(step: Step) -> Iterator[str]:
    if step.type.kind != "statement" and step.type.name not in ("respond", "raise") and _is_shown(step):
        yield step.id
    if isinstance(step.form, (MapForm, LoopForm, AgentForm)):
        return
    for name, body in bodies_of(step.form):
        if isinstance(step.form, ParallelForm) and _value_is_shown(body):
            yield f"{step.id}.{name}"
        yield from visible_names(body)


def _is_shown(step: Step) -> bool:
    """Whether the output is for people; that of a control node is what its bodies give, or a loop's state."""
    if isinstance(step.form, (LoopForm, AgentForm)):
        return True
    return step.type.is_shown and all(_value_is_shown(body) for _, body in bodies_of(step.form))


def _value_is_shown(body: Body) -> bool:
    """What the author chose is shown, and so is the last node's output unless that is not."""
    return body.value is not None or body.last is None or _is_shown(body.step(body.last))


def mark_name(file: str) -> str:
    """The flow's file name as comments carry it: no spaces, nothing that ends a line."""
    return "".join(char if char.isalnum() or char in "._-" else "_" for char in PurePath(file).name)
