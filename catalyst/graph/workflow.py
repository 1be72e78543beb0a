"""A whole flow becomes a `Workflow`: input, names, triggers, nodes and output.

Goes in: a loaded `Flow` and what it can reach beyond its file. Comes out: the graph, or None when something is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from catalyst.diagnostics import Diagnostics, Span
from catalyst.expressions.check import Checked
from catalyst.expressions.scope import Scope
from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import (
    STR,
    FieldType,
    ListType,
    MapType,
    NullableType,
    ObjectType,
    Type,
    UnionType,
    accepts,
    describe,
    is_secret,
    nullable,
    settled,
)
from catalyst.graph.build import Builder
from catalyst.graph.draft import Drafter
from catalyst.graph.model import Body, Cron, EnvFact, InputFact, OutputField, Route, Step, Workflow, all_steps
from catalyst.graph.scope import Fact, Surroundings
from catalyst.graph.site import Neighbours, NodeSite
from catalyst.graph.types import NamedTypes, type_of_constant
from catalyst.nodes.settings import Expr, Shape, expressions_in, make_shape
from catalyst.nodes.types.agent import AgentParams
from catalyst.nodes.types.call import CallParams
from catalyst.spec.inputs import InputField
from catalyst.spec.inputs import OutputField as OutputSpecField
from catalyst.spec.model import Flow, HttpTrigger
from catalyst.spec.tree import LocatedMap, key_span_at, plain, span_at
from catalyst.spec.triggers import STREAM_EVENTS, path_parameters

_QUERY_METHODS = ("GET", "DELETE")
"""Methods whose requests have no body by custom: input comes from the query unless the flow says otherwise."""


def build_workflow(
    flow: Flow,
    tree: LocatedMap,
    filename: str,
    neighbours: Neighbours,
    found: Diagnostics,
    facts: Mapping[str, Fact] | None = None,
) -> Workflow | None:
    """The graph of a flow; everything that is wrong goes to `found`. None when this flow has errors.

    `facts` tell of nodes that are not among those of the flow, but can be read all the same.
    """
    before = len([item for item in found if item.severity == "error"])
    workflow = _Flow(flow, tree, filename, neighbours, found).build(facts or {})
    after = len([item for item in found if item.severity == "error"])
    return workflow if after == before else None


def input_type(flow: Flow) -> ObjectType:
    """The type of `input`: what is neither required nor has a default may be none."""
    types = NamedTypes(flow.types)
    return ObjectType(tuple((name, FieldType(_input_field(spec, types))) for name, spec in flow.input.items()))


def _input_field(spec: InputField, types: NamedTypes) -> Type:
    type_ = types.field_type(spec)
    may_be_missing = (spec.has_default and spec.default is None) or not (spec.is_required or spec.has_default)
    return nullable(type_) if may_be_missing else type_


def called_input(flow: Flow) -> ObjectType:
    """The input as a caller sees it: fields with a default may be left out."""
    types = NamedTypes(flow.types)
    return ObjectType(
        tuple((name, FieldType(_input_field(spec, types), spec.is_required)) for name, spec in flow.input.items())
    )


class _Flow:
    def __init__(self, flow: Flow, tree: LocatedMap, filename: str, neighbours: Neighbours, found: Diagnostics) -> None:
        self.flow = flow
        self.tree = tree
        self.filename = filename
        self.found = found
        self.neighbours = neighbours
        self.types = NamedTypes(flow.types)
        self.secrets = frozenset(str(name) for name in flow.secrets)
        self.name = str(flow.name)
        self.unsendable: set[str] = set()

    def build(self, facts: Mapping[str, Fact]) -> Workflow:
        """All parts, in the order in which they need each other."""
        body, around = self._body(facts)
        output, checked = self._output(around)
        output_type = self._output_type(output, body, checked)
        steps = list(all_steps(body))
        self._check_streams(output, checked, steps)
        return Workflow(
            name=self.name,
            description=str(self.flow.description or ""),
            file=self.filename,
            span=key_span_at(self.tree, ("name",), Span.start_of(self.filename)),
            input=input_type(self.flow),
            input_facts=tuple(self._fact(name, spec) for name, spec in self.flow.input.items()),
            types=self.types.objects(),
            vars=plain(self.flow.vars),
            env={str(name): EnvFact(spec.default, spec.description) for name, spec in self.flow.env.items()},
            secrets=tuple(sorted(self.secrets | self._trigger_secrets())),
            routes=self._routes(),
            crons=self._crons(),
            body=body,
            output=output,
            output_type=output_type,
            output_checked=checked,
            stream=any(
                field.stream for field in (output if isinstance(output, tuple) else (output,)) if field is not None
            ),
            timeout=self.flow.settings.timeout.seconds if self.flow.settings.timeout is not None else None,
            calls=tuple(dict.fromkeys(name for step in steps for name in _called(step))),
            requirements=tuple(str(line) for line in self.flow.requirements),
            programs=self.neighbours.programs(),
            model_limits={
                name: (limits.concurrency, limits.tokens_per_minute)
                for name, limits in self.flow.settings.models.items()
            },
            optional_secrets=self._optional_secrets(),
        )

    def _body(self, facts: Mapping[str, Fact]) -> tuple[Body, Surroundings]:
        drafter = Drafter(self.filename, self.found)
        nodes_span = span_at(self.tree, ("nodes",), Span.start_of(self.filename))
        draft = drafter.body(self.flow.nodes, None, nodes_span)
        builder = Builder(self.types, self.neighbours, self.secrets, self.flow.defaults, self.found)
        builder.everywhere = drafter.seen
        base = Scope(
            input=input_type(self.flow),
            vars=_object_of(plain(self.flow.vars)),
            env=ObjectType(tuple((str(name), FieldType(STR)) for name in self.flow.env)),
            secrets=self.secrets,
        )
        handled = frozenset(id_ for id_, fact in facts.items() if fact.handled)
        return builder.body_and_after(draft, Surroundings(base, facts, handled))

    def _output(
        self, around: Surroundings
    ) -> tuple[tuple[OutputField, ...] | OutputField | None, Mapping[Expr, Checked]]:
        spec = self.flow.output
        span = span_at(self.tree, ("output",), Span.start_of(self.filename))
        site = NodeSite("output", span, LocatedMap(span), None, self.found, self.types, self.neighbours, self.secrets)
        if spec is None:
            return None, {}
        scope = replace(
            around,
            unreadable=dict.fromkeys(around.unreadable, "it is inside another node; read the node that holds it"),
        ).scope(None)
        if spec.whole is not None:
            return self._field("output", spec.whole, site, scope, ("output",)), site.checked
        fields = [
            self._field(str(name), each, site, scope, ("output", str(name)))
            for name, each in (spec.fields or {}).items()
        ]
        return tuple(fields), site.checked

    def _field(
        self, name: str, spec: OutputSpecField, site: NodeSite, scope: Scope, path: tuple[str, ...]
    ) -> OutputField:
        value = make_shape(spec.value, Sink.OUTPUT)
        for _, expr in expressions_in(value):
            self.found.extend(expr.problems)
        site.check(expressions_in(value, name), scope)
        given = settled(site.shape_type(value))
        span = span_at(self.tree, (*path, "value"), site.span)
        declared = self.types.field_type(spec.type) if spec.type is not None else given
        if not is_secret(given) and not accepts(declared, given):
            declared = self._mended(name, declared, given, span, from_nodes=_from_nodes(value, site))
        return OutputField(name, value, declared, given, spec.stream, str(spec.description or ""))

    def _mended(self, name: str, declared: Type, given: Type, span: Span, *, from_nodes: bool) -> Type:
        """Report an output that is not of its declared type; gives the type that it has.

        Where only a skipped node makes it missing, the field may be none instead, and its type says so.
        """
        if from_nodes and accepts(nullable(declared), given):
            message = f"`{name}` is none when the node it comes from is skipped"
            wish = f"write {describe(declared)}?, or say what stands in for it: ?? ..."
            self.found.warning("W206", message, span, help=wish)
            return nullable(declared)
        message = f"`{name}` is declared as {describe(declared)}, this expression gives {describe(given)}"
        wish = "say what stands in for it: add | default(...)" if isinstance(given, NullableType) else ""
        self.found.error("E206", message, span, help=wish or None)
        return declared

    def _check_streams(self, output: Any, checked: Mapping[Expr, Checked], steps: Sequence[Step]) -> None:
        """Warn of a field that streams, but reads models that give their answer as a whole."""
        fields = output if isinstance(output, tuple) else (output,)
        for field in [each for each in fields if each is not None and each.stream]:
            refs = [ref for _, expr in expressions_in(field.value) if expr in checked for ref in checked[expr].refs]
            read = {ref[1] for ref in refs if ref[0] == "output"}
            models = [(step, step.type.streams) for step in steps if step.id in read]
            whole = [step.id for step, streams in models if streams is not None and not streams(step.params)]
            if whole and not any(streams is not None and streams(step.params) for step, streams in models):
                path = ("output", field.name, "stream") if isinstance(output, tuple) else ("output", "stream")
                span = span_at(self.tree, path, Span.start_of(self.filename))
                message = f"`{field.name}` streams, but `{whole[0]}` gives its answer as a whole"
                wish = f"write `stream: true` under `with` of `{whole[0]}`"
                self.found.warning("W207", message, span, help=wish)

    def _output_type(self, output: Any, body: Body, checked: Mapping[Expr, Checked]) -> Type:
        if output is None:
            return body.type
        if isinstance(output, OutputField):
            return output.type
        return ObjectType(tuple((field.name, FieldType(field.type)) for field in output))

    def _fact(self, name: str, spec: InputField) -> InputFact:
        limits = dict(self.types.limits(spec))
        return InputFact(
            name, _input_field(spec, self.types), spec.is_required, plain(spec.default), spec.description, limits
        )

    def _trigger_secrets(self) -> set[str]:
        auths = [trigger.http.auth for trigger in self.flow.triggers if trigger.http is not None]
        return {name for auth in auths if auth is not None for name in auth.secrets}

    def _optional_secrets(self) -> frozenset[str]:
        """Secrets that need not be set; what callers prove themselves with must be, or nobody could call."""
        optional = {str(name) for name, spec in self.flow.secrets.items() if not spec.required}
        return frozenset(optional - self._trigger_secrets())

    def _routes(self) -> tuple[Route, ...]:
        https = [trigger.http for trigger in self.flow.triggers if trigger.http is not None]
        if not self.flow.triggers and "triggers" not in self.flow.model_fields_set:
            https = [HttpTrigger.model_validate({})]
        return tuple(self._route(trigger) for trigger in https)

    def _route(self, trigger: HttpTrigger) -> Route:
        path = str(trigger.path) if trigger.path is not None else f"/api/v1/{self.name}/execute"
        in_path = path_parameters(path)
        locations: dict[str, str] = {}
        for name, spec in self.flow.input.items():
            where = "path" if name in in_path else spec.from_
            if where is None or where == "path":
                where = "path" if name in in_path else ("query" if trigger.method in _QUERY_METHODS else "body")
            if where != "body":
                locations[str(name)] = where
        self._check_parameters(locations)
        auth = trigger.auth.model_dump(exclude_none=True) if trigger.auth is not None else None
        rate = (trigger.rate_limit.count, trigger.rate_limit.seconds) if trigger.rate_limit is not None else None
        events = tuple(trigger.events) if trigger.events is not None else STREAM_EVENTS
        summary, description = str(trigger.summary or ""), str(trigger.description or "")
        return Route(trigger.method, path, auth, rate, events, locations, trigger.status, summary, description)

    def _check_parameters(self, locations: Mapping[str, str]) -> None:
        """Report inputs that are to come from a place where only text can stand."""
        for name, where in locations.items():
            type_ = self.types.field_type(self.flow.input[name])
            if name in self.unsendable or _comes_as_text(type_):
                continue
            self.unsendable.add(name)
            span = key_span_at(self.tree, ("input", name), Span.start_of(self.filename))
            message = f"`{name}` comes from the {where}, where {describe(type_)} cannot stand"
            wish = "take it from the body of a POST, or use text, numbers, booleans, dates or lists of them"
            self.found.error("E256", message, span, help=wish)

    def _crons(self) -> tuple[Cron, ...]:
        schedules = [trigger.schedule for trigger in self.flow.triggers if trigger.schedule is not None]
        return tuple(
            Cron(str(each.cron), str(each.timezone or "UTC"), each.overlap, plain(each.input or {}))
            for each in schedules
        )


def _called(step: Step) -> Iterator[str]:
    """What a step names as flows that it runs."""
    match step.params:
        case CallParams(workflow=workflow):
            yield workflow
        case AgentParams(tools=tools):
            yield from (tool.workflow for tool in tools if tool.workflow is not None)


def _comes_as_text(type_: Type) -> bool:
    """Whether a value of the type can be given as text, or as several texts."""
    match type_:
        case NullableType(inner) | ListType(inner):
            return _comes_as_text(inner)
        case UnionType(members):
            return any(_comes_as_text(member) for member in members)
        case _:
            return not isinstance(type_, (ObjectType, MapType))


def _from_nodes(value: Shape, site: NodeSite) -> bool:
    """Whether all that a value reads are outputs of nodes."""
    kinds = {ref[0] for _, expr in expressions_in(value) if expr in site.checked for ref in site.checked[expr].refs}
    return kinds == {"output"}


def _object_of(values: Mapping[str, Any]) -> ObjectType:
    return ObjectType(tuple((name, FieldType(type_of_constant(value))) for name, value in values.items()))
