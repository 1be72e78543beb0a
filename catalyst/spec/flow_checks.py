"""What a flow file says about its own names: do they exist, do they meet, do triggers and inputs agree.

Everything here needs only the file. What expressions read, and what node types want, is checked by later passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalyst.diagnostics import Diagnostic, Located, Span, did_you_mean, listing
from catalyst.spec.field_checks import check_field, check_value
from catalyst.spec.inputs import FieldSpec
from catalyst.spec.model import Flow, HttpTrigger, ScheduleTrigger, Shared
from catalyst.spec.names import check_names, meeting_names
from catalyst.spec.tree import LocatedMap, key_span_at, span_at
from catalyst.spec.triggers import path_parameters, path_shape
from catalyst.spec.typetext import SIMPLE_TYPES, NamedType, names_in, types_help
from catalyst.spec.validate import Place

_GENERIC = ("array", "map")
_CONSTANT = {
    "vars": "write a plain value; what is computed belongs in a `set` node",
    "env": "write a plain value; variables are read when the service starts",
}
_HOLE = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def check_shared(model: Shared, tree: LocatedMap, filename: str) -> list[Diagnostic]:
    """Names and types of what a flow and a project file have in common."""
    start = Span.start_of(filename)
    found: list[Diagnostic] = []
    found += meeting_names(_keys(tree, "types"), "type", start)
    found += check_names(_keys(tree, "vars"), "variable", start)
    found += _constants(tree, start)
    found += meeting_names(_keys(tree, "env"), "environment variable", start)
    found += meeting_names(_keys(tree, "secrets"), "secret", start)
    for name in sorted({key.lower() for key in model.env} & {key.lower() for key in model.secrets}):
        secret = next(key for key in model.secrets if key.lower() == name)
        message = f"`{secret}` is both an environment variable and a secret"
        span = key_span_at(tree, ("secrets", secret), start)
        found.append(Diagnostic("E240", "error", message, span, "declare it once; what must stay hidden is a secret"))
    for name in model.types:
        if name in SIMPLE_TYPES or name in _GENERIC:
            message = f"`{name}` is a type of the language and cannot be given another meaning"
            span = key_span_at(tree, ("types", name), start)
            found.append(Diagnostic("E243", "error", message, span, "choose another name"))
    return found + list(_loops(model, tree, start)) + list(_fields(model.types, ("types",), tree, start))


def check_flow(flow: Flow, tree: LocatedMap, filename: str) -> list[Diagnostic]:
    """Everything of `check_shared`, and inputs, triggers, node ids and the flow's own uses of types."""
    start = Span.start_of(filename)
    found = check_shared(flow, tree, filename)
    found += meeting_names(_keys(tree, "input"), "input", start)
    found += meeting_names(_keys(tree, "nodes"), "node id", start)
    found += _fields(flow.input, ("input",), tree, start)
    found += _routes(flow, tree, start)
    for index, trigger in enumerate(flow.triggers):
        if trigger.http is not None:
            found += _path_and_input(flow, trigger.http, ("triggers", index, "http"), tree, start)
        if trigger.schedule is not None:
            found += _schedule_input(flow, trigger.schedule, ("triggers", index, "schedule"), tree, start)
    return found


def unknown_types(flow: Flow, known: tuple[str, ...], filename: str) -> list[Diagnostic]:
    """Type names of a flow that nothing declares; `known` are those of the flow and of its project."""
    fields: list[FieldSpec] = [*flow.types.values(), *flow.input.values()]
    fields += [node.output for node in flow.nodes.values() if node.output is not None]
    if flow.output is not None:
        outputs = list((flow.output.fields or {}).values()) + ([flow.output.whole] if flow.output.whole else [])
        fields += [output.type for output in outputs if output.type is not None]
    return unknown_types_of(fields, known, filename)


def unknown_types_of(fields: Iterable[FieldSpec], known: tuple[str, ...], filename: str) -> list[Diagnostic]:
    """Type names in some fields that are not known, such as those of the nodes of a body."""
    start = Span.start_of(filename)
    names = (name for field in fields for name in named_types(field) if name.name not in known)
    return [unknown_type(name, known, start) for name in names]


def named_types(field: FieldSpec) -> Iterator[NamedType]:
    """All names from `types` that a field mentions, also inside of it."""
    if field.type is not None:
        yield from names_in(field.type)
    if field.items is not None:
        yield from named_types(field.items)
    for inner in (field.properties or {}).values():
        yield from named_types(inner)


def unknown_type(name: NamedType, known: tuple[str, ...], default: Span) -> Diagnostic:
    """The error for a type name that nothing declares."""
    help_text = f"`types` has: {listing(sorted(known))}" if known else types_help()
    label = did_you_mean(name.name, [*known, *SIMPLE_TYPES])
    return Diagnostic("E244", "error", f"unknown type `{name.name}`", name.span or default, help_text, label)


def _keys(tree: LocatedMap, section: str) -> list[str]:
    """The names of a section as they stand in the file; of a list, its items."""
    value = tree.get(section)
    if isinstance(value, dict):
        return list(value)
    items = value if isinstance(value, list) else []
    nested = [list(item) if isinstance(item, dict) else [item] for item in items]
    return [name for group in nested for name in group if isinstance(name, str)]


def _constants(tree: LocatedMap, start: Span) -> Iterator[Diagnostic]:
    """Expressions in what is the same in every run; they would stay letter by letter."""
    for section, wish in _CONSTANT.items():
        for path in _texts_with_holes(tree.get(section), (section,)):
            if section == "env" and path[2:] == ("description",):
                continue
            shown = ".".join(map(str, path))
            message = f"`{shown}` is the same in every run, and cannot hold expressions"
            yield Diagnostic("E144", "error", message, span_at(tree, path, start), wish)


def _texts_with_holes(value: object, path: Place) -> Iterator[Place]:
    if isinstance(value, str) and _HOLE.search(value):
        yield path
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        yield from _texts_with_holes(item, (*path, key))


def _fields(fields: Mapping[str, FieldSpec], path: Place, tree: LocatedMap, start: Span) -> Iterator[Diagnostic]:
    for name, field in fields.items():
        yield from check_field(field, (*path, name), tree, start)


def _loops(model: Shared, tree: LocatedMap, start: Span) -> Iterator[Diagnostic]:
    """Types that contain themselves have no end."""
    uses = {name: [used.name for used in named_types(field)] for name, field in model.types.items()}
    done: set[str] = set()
    for name in uses:
        loop = _loop_from(name, uses, done)
        if loop:
            chain = " -> ".join(f"`{item}`" for item in loop)
            span = key_span_at(tree, ("types", loop[0]), start)
            help_text = "use `any` for one of these fields"
            yield Diagnostic("E253", "error", f"a type cannot contain itself: {chain}", span, help_text)


def _loop_from(name: str, uses: dict[str, list[str]], done: set[str]) -> list[str]:
    """The names of a loop that is reached from `name`, first and last the same; each loop is found once."""
    trail: list[str] = []
    stack = [(name, iter(uses[name]))] if name not in done else []
    while stack:
        current, following = stack[-1]
        if len(trail) < len(stack):
            trail.append(current)
        used = next((item for item in following if item in uses and item not in done), None)
        if used is None:
            done.add(current)
            stack.pop()
            trail.pop()
        elif used in trail:
            done.update(trail)
            return [*trail[trail.index(used) :], used]
        else:
            stack.append((used, iter(uses[used])))
    return []


def _routes(flow: Flow, tree: LocatedMap, start: Span) -> list[Diagnostic]:
    seen: set[tuple[str, str]] = set()
    found = []
    for index, trigger in enumerate(flow.triggers):
        if trigger.http is None:
            continue
        method, path = trigger.http.method, trigger.http.path or f"/api/v1/{flow.name}/execute"
        span = span_at(tree, ("triggers", index, "http", "path"), start)
        if (method, path_shape(path)) in seen:
            message = f"two triggers answer {method} {path}"
            found.append(Diagnostic("E250", "error", message, span, "give each its own path or method"))
        elif method == "GET" and path in (*_SERVICE_PATHS, f"/api/v1/{flow.name}/info"):
            message = f"GET {path} is a route that every service has"
            found.append(Diagnostic("E250", "error", message, span, "give the trigger another path"))
        seen.add((method, path_shape(path)))
    return found


_SERVICE_PATHS = ("/health", "/ready", "/metrics", "/docs", "/docs/oauth2-redirect", "/redoc", "/openapi.json")
"""Where an emitted service says how it is and what it takes."""


def _path_and_input(
    flow: Flow, trigger: HttpTrigger, path: Place, tree: LocatedMap, start: Span
) -> Iterator[Diagnostic]:
    """Path parameters are inputs, and inputs `from: path` stand in the path."""
    text = trigger.path or Located("", start)
    parameters = path_parameters(text)
    for name in parameters:
        if name not in flow.input:
            at = text.index("{" + name + "}")
            label = did_you_mean(name, flow.input)
            help_text = f"add `{name}: string` to `input`"
            span = text.span_of(at + 1, at + 1 + len(name)) if isinstance(text, Located) else start
            yield Diagnostic(
                "E252", "error", f"the path has `{{{name}}}`, but there is no such input", span, help_text, label
            )
        elif flow.input[name].from_ not in (None, "path"):
            span = span_at(tree, ("input", name, "from"), start)
            yield Diagnostic("E252", "error", f"`{name}` stands in the path of a trigger", span, "write `from: path`")
    for name, field in flow.input.items():
        if field.from_ == "path" and name not in parameters:
            span = span_at(tree, ("input", name, "from"), start)
            message = f"`{name}` comes from the path, but a trigger's path does not have `{{{name}}}`"
            yield Diagnostic("E252", "error", message, span, f"put {{{name}}} into the path")


def _schedule_input(
    flow: Flow, trigger: ScheduleTrigger, path: Place, tree: LocatedMap, start: Span
) -> Iterator[Diagnostic]:
    """A scheduled run has nobody to ask for its input."""
    given: Mapping[str, Any] = trigger.input or {}
    for name in given:
        if name not in flow.input:
            span = key_span_at(tree, (*path, "input", name), start)
            label = did_you_mean(name, flow.input)
            help_text = f"inputs are: {listing(list(flow.input))}" if flow.input else "the flow has no input"
            yield Diagnostic("E251", "error", f"the flow has no input `{name}`", span, help_text, label)
    for name, value in given.items():
        if name in flow.input:
            yield from check_value(value, flow.input[name], name, span_at(tree, (*path, "input", name), start))
    missing = [name for name, field in flow.input.items() if field.is_required and name not in given]
    if missing:
        names = listing([f"`{name}`" for name in missing])
        span = key_span_at(tree, path, start)
        help_text = "add `input:` to the schedule, or give the inputs a default"
        yield Diagnostic("E251", "error", f"the schedule gives no value for {names}", span, help_text)
