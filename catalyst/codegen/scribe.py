"""What a node type writes with: the node's expressions as Python, in the function that is being written."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from catalyst.codegen.connections import CONNECTIONS, connection_name
from catalyst.codegen.frame import Frame, LoopParts
from catalyst.codegen.metrics import METRICS, metric_constant
from catalyst.codegen.module import Connection, OwnMetric
from catalyst.expressions.check import Checked
from catalyst.expressions.python import expression_to_python, to_python
from catalyst.expressions.references import walk
from catalyst.expressions.tree import Compare, Hole, Ref, Text
from catalyst.expressions.types import ANY, AnyType, IntType, SecretType, StrType, Type
from catalyst.expressions.variance import assignable, is_certain
from catalyst.graph.model import Step
from catalyst.graph.site import shape_type, widened
from catalyst.graph.types import type_of_constant
from catalyst.nodes.base import Annotation, Parameter, Signature
from catalyst.nodes.settings import Expr, Shape
from catalyst.pysource.body import Body
from catalyst.pysource.conditions import negated
from catalyst.pysource.names import constant_case
from catalyst.pysource.source import to_source


class StepScribe:
    """Implements `nodes.base.Scribe` for one step in one function."""

    def __init__(self, frame: Frame, checked: Mapping[Expr, Checked], step: Step | None = None) -> None:
        self.frame = frame
        self.checked = checked
        self.step = step
        self.node_id = step.id if step is not None else ""
        self.output: Type = step.given if step is not None else ANY
        self.tools: dict[int, tuple[str, str]] = {}
        self.time_limit = step.policy.timeout if step is not None else None

    @property
    def body(self) -> Body:
        """Where statements go."""
        return self.frame.body

    def local(self, hint: str) -> str:
        """A name that nothing else in the function has; where the hint is taken, the node's name stands before it."""
        names = self.frame.names
        return names.take(hint if hint not in names else f"{self.node_id}_{hint}")

    def constant(self, hint: str, source: str, annotation: str = "") -> str:
        """A constant of the module; with an annotation it stands below the classes that this names."""
        module = self.frame.flow.module
        name = module.names.take(constant_case(f"{self.node_id}_{hint}"))
        if annotation:
            module.classes.append(f"{name}: {annotation} = {source}")
        else:
            module.constants.append(f"{name} = {source}")
        return name

    def use(self, module: str, name: str) -> str:
        """Import from the runtime."""
        return self.frame.flow.module.use(module, name)

    def use_package(self, module: str, name: str) -> str:
        """Import from the standard library, a package or the user's `lib`."""
        return self.frame.flow.module.use_package(module, name)

    def pool(self, module: str, name: str) -> str:
        """The key of a pool; the project opens it in its lifespan."""
        self.frame.flow.module.needs.runtime.add(module)
        self.frame.flow.module.needs.pools.add((module, name))
        return name

    def connection(self, module: str, function: str, secret: str, home: str, statements: tuple[str, ...] = ()) -> str:
        """The pool to the service at the address in a secret; the project opens it in its lifespan."""
        attribute = self.frame.flow.secrets.get(secret, "")
        constant = connection_name(secret, home, attribute)
        self.frame.flow.module.needs.connections.add(
            Connection(constant, module, function, attribute, statements=statements)
        )
        return self.use_package(CONNECTIONS, constant)

    @contextmanager
    def bound(self, name: str, type_: Type) -> Iterator[str]:
        """A name of the node's own."""
        key = ("local", name)
        hidden = self.frame.hide(key)
        yield self.frame.define(key, name, type_).name
        del self.frame.variables[key]
        if hidden is not None:
            self.frame.show(key, hidden)

    def beside(self, name: str) -> str | None:
        """A file beside the flow."""
        return self.step.files.get(name) if self.step is not None else None

    def metric(self, name: str, kind: str, description: str, labels: tuple[str, ...]) -> str:
        """A metric of the workflows' own; the project shows it on `/metrics`."""
        self.frame.flow.module.needs.metrics.add(OwnMetric(name, kind, description, labels))
        return self.use_package(METRICS, metric_constant(name))

    def program(self, name: str) -> str | None:
        """The pool of a program that the project's settings name."""
        program = self.frame.flow.programs.get(name)
        if program is None:
            return None
        given = (program.command, program.env) if program.env else (program.command,)
        constant = f"{name.upper()}_MCP"
        connection = Connection(constant, "agent_mcp", "mcp_program", "", given, handed_on=program.env)
        self.frame.flow.module.needs.connections.add(connection)
        return self.use_package(CONNECTIONS, constant)

    def requires(self, *distributions: str) -> None:
        """Packages that the project needs beyond what its runtime imports."""
        self.frame.flow.module.needs.distributions.update(distributions)

    def reads_address(self, variable: str, *, needed: bool) -> None:
        """An environment variable with the address of a service."""
        self.frame.flow.module.needs.addresses.add((variable, needed))

    def tree(self, value: Expr) -> ast.expr:
        """An expression as a Python tree."""
        if value.is_constant:
            return constant_tree(value.constant)
        return self._with_loop(to_python(self.checked[value].template, self.frame, sink=value.sink))

    def expr(self, value: Expr) -> str:
        """An expression as Python text."""
        return to_source(self.tree(value))

    def negated(self, value: Expr) -> str:
        """The opposite of a condition as Python text."""
        return to_source(negated(self.tree(value), in_order=self._compares_whole_numbers(value)))

    def _compares_whole_numbers(self, value: Expr) -> bool:
        parts = () if value.is_constant else self.checked[value].template.parts
        match parts:
            case (Hole(expr=Compare(first=first, rest=((_, second),))),):
                return isinstance(first.type, IntType) and isinstance(second.type, IntType)
        return False

    def text(self, value: Expr) -> str:
        """An expression as Python text that gives a string."""
        return to_source(self.text_tree(value))

    def text_tree(self, value: Expr) -> ast.expr:
        """An expression as a Python tree that gives a string."""
        if value.is_constant:
            return ast.Constant(self.constant_text(value.constant))
        template = self.checked[value].template
        if template.whole and not isinstance(template.type, (StrType, SecretType)):
            template = replace(template, whole=False)
        return self._with_loop(to_python(template, self.frame, sink=value.sink))

    def constant_text(self, value: object) -> str:
        """A constant as the language prints it in text."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)

    def parts(self, value: Expr) -> list[str | tuple[ast.expr, Type, tuple[Ref, ...]]]:
        """The pieces of a template."""
        if value.is_constant:
            return [str(value.constant)]
        pieces: list[str | tuple[ast.expr, Type, tuple[Ref, ...]]] = []
        for part in self.checked[value].template.parts:
            if isinstance(part, Text):
                pieces.append(part.value)
            elif isinstance(part, Hole):
                tree = self._with_loop(expression_to_python(part.expr, self.frame))
                refs = tuple(node for node in walk(part.expr) if isinstance(node, Ref))
                pieces.append((tree, part.expr.type, refs))
        return pieces

    def shape_tree(self, shape: Shape | None) -> ast.expr:
        """A YAML value with expressions as a Python tree."""
        if isinstance(shape, dict):
            keys: list[ast.expr | None] = [ast.Constant(key) for key in shape]
            return ast.Dict(keys, [self.shape_tree(item) for item in shape.values()])
        if isinstance(shape, list):
            return ast.List([self.shape_tree(item) for item in shape], ast.Load())
        return ast.Constant(None) if shape is None else self.tree(shape)

    def shape(self, shape: Shape | None) -> str:
        """A YAML value with expressions as Python text."""
        return to_source(self.shape_tree(shape))

    def type_of(self, value: Expr) -> Type:
        """The type of an expression."""
        return type_of_constant(value.constant) if value.is_constant else widened(self.checked[value].type)

    def shape_type(self, shape: Shape | None) -> Type:
        """The type of a YAML value with expressions."""
        return shape_type(shape, self.type_of) if shape is not None else type_of_constant(None)

    def annotation(self, type_: Type) -> str:
        """A type as a Python annotation."""
        return self.frame.flow.annotations.of(type_, self.node_id)

    def adapter(self, type_: Type, hint: str = "") -> str:
        """A module constant that holds pydantic's `TypeAdapter` for the type."""
        return self.frame.flow.annotations.adapter(type_, hint or self.node_id)

    def annotation_as(self, annotation: Annotation) -> str:
        """An annotation of the user's Python; what it names is imported from where it is."""
        tree = ast.parse(annotation.text, mode="eval").body
        local = {name: self.use_package(module, original) for name, module, original in annotation.names}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                node.id = local.get(node.id, node.id)
        return to_source(tree)

    def adapter_as(self, annotation: Annotation, hint: str) -> str:
        """A module constant that holds pydantic's `TypeAdapter` for an annotation of the user's Python."""
        return self.frame.flow.annotations.adapter_for(self.annotation_as(annotation), f"{self.node_id} {hint}")

    def parameters_adapter(self, parameters: Sequence[Parameter], hint: str) -> str:
        """The same for a function's arguments by name, each as the function takes it."""
        annotations, fields = self.frame.flow.annotations, []
        for each in parameters:
            if each.annotation is not None and each.annotation.converted:
                text = self.annotation_as(each.annotation)
            else:
                text = annotations.of(each.type, f"{hint} {each.name}")
            fields.append((each.name, text if each.required else annotations.not_required(text)))
        return annotations.adapter_for(annotations.record(fields, hint), hint)

    def secret(self, name: str) -> str | None:
        """The text of a declared secret."""
        if name not in self.frame.flow.secrets:
            return None
        return to_source(self.frame.ref(Ref(kind="secret", path=(name,), start=0, end=0)))

    def model_limits(self, provider: str) -> tuple[int | None, int | None]:
        """What the flow's settings say about a provider of models."""
        limits: tuple[int | None, int | None] = self.frame.flow.model_limits.get(provider, (None, None))
        return limits

    def signature(self, module: str, name: str) -> Signature | None:
        """The signature of the function that the node calls."""
        return self.step.signatures.get((module, name)) if self.step is not None else None

    def tool(self, number: int) -> tuple[str, str]:
        """The function of a tool's nodes, and the adapter of its arguments; `functions.py` has written them."""
        return self.tools[number]

    def workflow(self, path: str) -> str:
        """Import another workflow; gives the name of its `Workflow` constant."""
        module, name = self.frame.flow.workflows[path]
        return self.use_package(module, name)

    def returns(self, source: str, given: Type) -> None:
        """Write `return source`; what is not known to be of the node's type is checked first."""
        if isinstance(self.output, AnyType) or (not isinstance(given, AnyType) and assignable(self.output, given)):
            self.body.line(f"return {source}")
            return
        conform = self.use("conform", "conform")
        self.body.line(f"return {conform}({self.adapter(self.output)}, {source})")

    def as_type(self, wanted: Type, shape: Shape | None, source: str, hint: str = "") -> str:
        """The code of a value for where a type is wanted: what is open is checked in the run, and where only a type
        checker sees a difference, it is told.
        """
        given = self.shape_type(shape)
        if not isinstance(shape, Expr) or isinstance(wanted, AnyType):
            return source  # what is written out as an object or a list becomes what is wanted
        if isinstance(given, AnyType) or not (assignable(wanted, given) or is_certain(wanted, given)):
            return f"{self.use('conform', 'conform')}({self.adapter(wanted, hint)}, {source})"
        if assignable(wanted, given) or shape.is_constant or source[0] in "[{":
            return source
        return self.cast(wanted, source, hint)

    def cast(self, wanted: Type, source: str, hint: str = "") -> str:
        """The code of a value of which the type checker is told that it is of the type."""
        annotation = self.frame.flow.annotations.of(wanted, hint or self.node_id)
        return f"{self.use_package('typing', 'cast')}({annotation}, {source})"

    def _with_loop(self, tree: ast.expr) -> ast.expr:
        states = self.frame.loop_states()
        if states is None:
            return tree
        result: ast.expr = LoopParts(self.frame, states).visit(tree)
        return result


def constant_tree(value: object) -> ast.expr:
    """A YAML constant as Python."""
    if isinstance(value, dict):
        keys: list[ast.expr | None] = [ast.Constant(key) for key in value]
        return ast.Dict(keys, [constant_tree(item) for item in value.values()])
    if isinstance(value, list):
        return ast.List([constant_tree(item) for item in value], ast.Load())
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    assert value is None or isinstance(value, (str, int, float, bool))
    return ast.Constant(value)
