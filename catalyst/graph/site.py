"""A node while it is checked: types its expressions and answers the questions of its node type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from catalyst.diagnostics import Diagnostics, Located, Span
from catalyst.expressions.check import Checked, check_template
from catalyst.expressions.references import walk
from catalyst.expressions.scope import Scope
from catalyst.expressions.tree import Hole, Ref
from catalyst.expressions.types import ANY, NEVER, NONE, FieldType, ListType, ObjectType, StrType, Type, union
from catalyst.graph.types import NamedTypes, type_of_constant
from catalyst.nodes.base import CalledFlow, Program, Signature
from catalyst.nodes.settings import Expr, Shape
from catalyst.spec.inputs import as_field
from catalyst.spec.model import FieldSpec
from catalyst.spec.tree import LocatedMap, key_span_at, span_at
from catalyst.spec.typetext import names_in
from catalyst.spec.validate import validate


class Neighbours(Protocol):
    """What a flow can reach beyond its own file."""

    def signature(self, module: str, name: str) -> Signature | str | None:
        """A user's function; text says what is wrong with it; None where sources are not at hand."""

    def programs(self) -> Mapping[str, Program]:
        """The programs that the project's settings name."""

    def called_flow(self, path: str) -> CalledFlow | str | None:
        """Another flow; text says what is wrong with it; None where it has errors of its own."""

    def beside(self, name: str) -> str | None:
        """The text of a file beside the flow, which then belongs to the project; None where there is none."""


@dataclass(slots=True)
class NodeSite:
    """Implements `nodes.base.Site`."""

    node_id: str
    span: Span
    settings: LocatedMap
    declared: Type | None
    found: Diagnostics
    types: NamedTypes
    neighbours: Neighbours
    secrets: frozenset[str]
    checked: dict[Expr, Checked] = field(default_factory=dict)
    signatures: dict[tuple[str, str], Signature] = field(default_factory=dict)
    """Of the functions that the node calls, by module and name, once they were asked for."""
    files: dict[str, str] = field(default_factory=dict)
    """Texts beside the flow, once they were asked for."""
    time_limit: float | None = None
    """Seconds that one try may take, once that is known."""

    def check(self, expressions: Iterable[tuple[str, Expr]], scope: Scope) -> None:
        """Check expressions in a scope; what is checked already stays as it is."""
        for label, expr in expressions:
            if expr.template is None or expr.text is None or expr in self.checked:
                continue
            what = f"`{label}`" if label else "this value"
            checked = check_template(expr.template, scope, expr.text, expected=expr.expected, sink=expr.sink, what=what)
            self.found.extend(checked.diagnostics)
            self.checked[expr] = checked

    def type_of(self, value: Expr) -> Type:
        """The type of a checked expression or of a constant."""
        if value.is_constant:
            return type_of_constant(value.constant)
        checked = self.checked.get(value)
        return widened(checked.type) if checked is not None else ANY

    def shape_type(self, shape: Shape) -> Type:
        """The type of a YAML value with expressions in it."""
        return shape_type(shape, self.type_of)

    def span_of(self, *path: str | int) -> Span:
        """Where a setting stands; the node where it has no place of its own."""
        return (
            key_span_at(self.settings, path, self.span)
            if _has(self.settings, path)
            else span_at(self.settings, path[:-1], self.span)
        )

    def type_named(self, text: Any, *path: str | int) -> Type:
        """The type that a setting names; reports what is unknown and gives ANY."""
        span = self.span_of(*path)
        located = text if isinstance(text, (Located, LocatedMap)) else Located(str(text), span)
        spec, problems = validate(FieldSpec, as_field(located), filename=span.file, what=f"`{path[-1]}`")
        self.found.extend(replace(problem, span=span) for problem in problems)
        if spec is None:
            return ANY
        for name in names_in(spec.full_type):
            if name.name not in self.types.names():
                known = ", ".join(self.types.names()) or "none are declared"
                self.found.error("E244", f"there is no type `{name.name}`", span, help=f"types of this flow: {known}")
        return self.types.field_type(spec)

    def function(self, module: str, name: str, *path: str | int) -> Signature | None:
        """A function of the user's project; reports what is missing."""
        signature = self.neighbours.signature(module, name)
        if isinstance(signature, str):
            self.found.error("E430", signature, self.span_of(*path), help="functions live in `lib/`, beside the flow")
            return None
        if signature is not None:
            self.signatures[module, name] = signature
        return signature

    def called_flow(self, path: str, *setting: str | int) -> CalledFlow | None:
        """The flow that a `call` names; reports what is missing."""
        called = self.neighbours.called_flow(path)
        if isinstance(called, str):
            self.found.error(
                "E431",
                called,
                self.span_of(*setting),
                help="name a flow file relative to this one, such as ./enrich.yaml",
            )
            return None
        return called

    def program(self, name: str) -> Program | None:
        """A program that the project's settings name."""
        return self.neighbours.programs().get(name)

    def refs_in(self, value: Expr, hole: Hole) -> tuple[Ref, ...]:
        """What one hole of a checked template reads."""
        checked = self.checked.get(value)
        for part in checked.template.parts if checked is not None else ():
            if isinstance(part, Hole) and (part.start, part.end) == (hole.start, hole.end):
                return tuple(node for node in walk(part.expr) if isinstance(node, Ref))
        return ()

    def hole_types(self, value: Expr) -> tuple[Type, ...]:
        """The types of a template's holes, in order."""
        holes = [
            part for part in (value.template.parts if value.template is not None else ()) if isinstance(part, Hole)
        ]
        checked = self.checked.get(value)
        known = {
            (part.start, part.end): part.expr.type
            for part in (checked.template.parts if checked is not None else ())
            if isinstance(part, Hole)
        }
        return tuple(known.get((hole.start, hole.end), ANY) for hole in holes)

    def beside(self, name: str) -> str | None:
        """The text of a file beside the flow; None where there is none."""
        text = self.neighbours.beside(name)
        if text is not None:
            self.files[name] = text
        return text

    def need_secret(self, name: str, *path: str | int) -> None:
        """Report it when the flow does not declare the secret."""
        if name not in self.secrets:
            message = f"the key `{name}` is not a declared secret"
            self.found.error("E303", message, self.span_of(*path), help=f"add it: secrets: [{name}]")


def _has(settings: LocatedMap, path: tuple[str | int, ...]) -> bool:
    value: Any = settings
    for item in path:
        if isinstance(value, Mapping) and item in value:
            value = value[str(item)]
        elif isinstance(value, list) and isinstance(item, int) and item < len(value):
            value = value[item]
        else:
            return False
    return True


def widened(type_: Type) -> Type:
    """A text that the checker knows letter by letter is a string like any other once it is kept."""
    return StrType() if isinstance(type_, StrType) and type_.choices is not None and len(type_.choices) == 1 else type_


def shape_type(shape: Shape, type_of: Any) -> Type:
    """The type of a YAML value, given the types of its leaves."""
    if isinstance(shape, dict):
        return ObjectType(tuple((key, FieldType(shape_type(item, type_of))) for key, item in shape.items()))
    if isinstance(shape, list):
        return ListType(union(*(shape_type(item, type_of) for item in shape)) if shape else NEVER)
    if shape is None:
        return NONE
    result: Type = type_of(shape)
    return result
