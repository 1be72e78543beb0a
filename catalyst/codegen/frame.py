"""A function while it is written: which Python name every value has there.

A frame resolves what expressions refer to. A value that an enclosing function holds becomes a parameter of the inner
one the first time it is asked for; so a node's function takes exactly what it reads.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from catalyst.codegen.annotations import Annotations
from catalyst.codegen.module import Module
from catalyst.diagnostics import CompilerBug
from catalyst.expressions.check_names import PROBLEM
from catalyst.expressions.tree import Ref
from catalyst.expressions.types import INT, AnyType, BoolType, NoneType, NullableType, Type, nullable, without_none
from catalyst.graph.types import type_of_constant
from catalyst.nodes.base import Program
from catalyst.pysource.body import Body
from catalyst.pysource.names import Names, constant_case, is_plain_name

Key = tuple[str, ...]
"""What a value is: ("output", node), ("ran", node), ("error", node), ("local", name), ("state", name), ("index",),
("started", node)."""

LOOP = "loop_"
"""Stands for the `loop` object in an emitted expression until its parts are replaced by variables."""


@dataclass(slots=True)
class Variable:
    """A Python variable: its name, and whether it was declared to hold None as well."""

    name: str
    type: Type
    optional: bool = False


@dataclass(slots=True)
class FlowNames:
    """What all functions of one workflow module share."""

    module: Module
    annotations: Annotations
    env: dict[str, str]
    """Environment variable -> attribute of `ctx.env`."""
    secrets: dict[str, str]
    context: str
    """The module's name for its context type."""
    constants: dict[str, str] = field(default_factory=dict)
    """Flow constant -> module constant."""
    vars: dict[str, object] = field(default_factory=dict)
    programs: Mapping[str, Program] = field(default_factory=dict)
    model_limits: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    """Provider of models -> requests at the same time, and tokens in a minute."""
    filename: str = ""
    functions: list[tuple[tuple[int, int], str]] = field(default_factory=list)
    """Functions of nodes with the node's line and column, so that they can be put in the flow's order."""
    workflows: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What a `call` names -> (module, name of the other workflow's constant)."""


class Frame:
    """The names of one function, and the body that is written into it."""

    def __init__(self, flow: FlowNames, outer: Frame | None = None, *, closure: bool = False) -> None:
        self.flow = flow
        self.outer = outer
        self.closure = closure
        """A nested function: it sees the outer one's variables as they are."""
        self.names: Names = outer.names.child() if outer is not None else flow.module.names.child()
        self.variables: dict[Key, Variable] = {}
        self._parameters: list[Key] = []
        """Values that come from outside: their name and annotation."""
        self.body = Body()
        self.used: set[str] = set()
        """Names of variables that were read."""
        self.states: dict[str, Type] | None = None
        """The state of the innermost loop, when this function holds one."""
        self.open_forms: list[str] = []
        """Control nodes that are being written in this function, outer ones first."""
        self.quiet: bool = outer.quiet if outer is not None and closure else False
        """Whether in-line nodes keep their outputs to themselves, because they run again and again."""
        self._hidden: list[str] = []
        self._annotated: dict[str, tuple[str, Type]] = {}
        """What the names given out so far stand for; a name keeps its type in the whole function."""
        self.group = "group"
        """The variable for the task groups of this function."""
        self.inner_group = ""
        """The variable for those whose failure ends the group around this function, if it is a lane of one."""
        self.handlers = 0
        """How many handlers of errors the code that is written now stands in."""
        self.assured: frozenset[str] = frozenset()
        """Fields of the input, as Python, that an `if` around what is written now has found to be there."""
        self.wanted: set[str] = set()
        """Variables that were read as present although they were declared to hold None as well."""
        self._assigned_outside: dict[str, None] = {}
        """Variables of functions around this one that it assigns."""

    def define(self, key: Key, wanted: str, type_: Type, *, optional: bool = False) -> Variable:
        """A variable for a value; its name is the author's where that is free."""
        variable = self.variables.get(key)
        if variable is None:
            name = wanted if self._is_free(wanted) and self._fits(wanted, key, type_) else self.names.take(wanted)
            self._annotated.setdefault(name, (key[0], type_))
            self.names.reserve(name)
            variable = self.variables[key] = Variable(name, type_, optional)
        return variable

    def _is_free(self, wanted: str) -> bool:
        """Author's names are kept for variables; what stands in the way is a value that is in sight already."""
        return (
            wanted in self.flow.module.authors_names
            and is_plain_name(wanted)
            and wanted not in self._hidden
            and not any(variable.name == wanted for frame in self._frames() for variable in frame.variables.values())
        )

    @property
    def own_names(self) -> set[str]:
        """The variables of this function itself, which nobody around it can know anything of."""
        return {variable.name for variable in self.variables.values()}

    def hide(self, key: Key) -> Variable | None:
        """Take a value out of sight, for something inside has its name in the flow; it keeps its Python name."""
        variable = self.variables.pop(key, None)
        if variable is not None:
            self._hidden.append(variable.name)
        return variable

    def show(self, key: Key, variable: Variable) -> None:
        """Bring a hidden value back."""
        self._hidden.remove(variable.name)
        self.variables[key] = variable

    def _fits(self, wanted: str, key: Key, type_: Type) -> bool:
        """Whether a name that was given out before may be given out again; that of a loop's state has an annotation."""
        return wanted not in self._annotated or (key[0] != "state" and self._annotated[wanted] == (key[0], type_))

    def _frames(self) -> Iterator[Frame]:
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.outer

    @property
    def error_name(self) -> str:
        """The name of a caught error: one of its own inside a handler, for the end of a handler takes its name away."""
        return _error_name(self.handlers)

    @property
    def handled_error(self) -> str:
        """The name of the error that the innermost handler around here has caught; "" outside of handlers."""
        return _error_name(self.handlers - 1) if self.handlers else ""

    def find(self, key: Key) -> Variable | None:
        """The variable that holds a value, in this function or around it; makes no parameter."""
        return next((frame.variables[key] for frame in self._frames() if key in frame.variables), None)

    def read(self, key: Key, type_: Type) -> str:
        """The name to read a value by, as a parameter when it comes from outside."""
        variable = self._holder(key, type_)
        # Whoever reads has to make sure that it is there, not the function around, which may hold it on other terms.
        self._want(variable, type_)
        return variable.name

    def _holder(self, key: Key, type_: Type) -> Variable:
        variable = self.variables.get(key)
        if variable is not None:
            return variable
        if self.outer is None:
            raise CompilerBug(f"nothing holds {key}")
        if self.closure:
            return self.outer._holder(key, type_)
        held = self.outer._holder(key, type_)
        variable = self.variables[key] = Variable(held.name, held.type if held.optional else type_, held.optional)
        self._parameters.append(key)
        self.names.reserve(held.name)
        return variable

    def parameters(self) -> list[tuple[Key, Variable]]:
        """What comes from outside, once the function is written.

        What may be none outside may be so in here, too, unless the function takes it for granted: then the caller has
        to make sure of it.
        """
        found = [(key, self.variables[key]) for key in self._parameters]
        return [(key, replace(each, type=self._passed(each))) for key, each in found]

    def _passed(self, variable: Variable) -> Type:
        return nullable(variable.type) if variable.optional and variable.name not in self.wanted else variable.type

    def _want(self, variable: Variable, type_: Type) -> None:
        self.used.add(variable.name)
        if variable.optional and not isinstance(type_, (NullableType, NoneType, AnyType)):
            self.wanted.add(variable.name)

    @contextmanager
    def part(self) -> Iterator[Body]:
        """Write into a body of its own for a while, to see what it needs before its header is written."""
        whole, self.body = self.body, Body()
        try:
            yield self.body
        finally:
            self.body = whole

    @contextmanager
    def under(self, condition: str) -> Iterator[None]:
        """Write what stands below an `if`: fields of the input that it found to be there need no second look."""
        outer, self.assured = self.assured, self.assured | found_present(condition)
        try:
            yield
        finally:
            self.assured = outer

    @contextmanager
    def wanting(self) -> Iterator[set[str]]:
        """What is read as present for a while, apart from what was before, for one who makes sure of it."""
        before, self.wanted = self.wanted, set()
        try:
            yield self.wanted
        finally:
            self.wanted = before

    def ref(self, ref: Ref) -> ast.expr:
        """The Python of a reference."""
        match ref.kind:
            case "input":
                return self._input(ref)
            case "env":
                return _attribute("ctx", "env", self.flow.env[ref.path[0]])
            case "secret":
                holder = _attribute("ctx", "secrets", self.flow.secrets[ref.path[0]])
                return ast.Call(ast.Attribute(holder, "get_secret_value", ast.Load()), [], [])
            case "var":
                return self._var(ref)
            case "execution":
                return _EXECUTION[ref.path[0]] if ref.path else _whole_execution()
            case "output" if isinstance(ref.type, NoneType):
                return ast.Constant(None)
            case "output":
                return ast.Name(self.read(("output", ref.path[0]), ref.type), ast.Load())
            case "error":
                return ast.Name(self.read(("error", ref.path[0]), ref.type), ast.Load())
            case "status":
                return self._status(ref.path[0])
            case "local":
                return self._local(ref)
            case _:
                raise CompilerBug(f"a reference of kind {ref.kind} reached the code generator")

    def _input(self, ref: Ref) -> ast.expr:
        """A field of the input; one that only a condition elsewhere says to be there is asked for it."""
        value = _subscripts(_attribute("ctx", "input"), ref.path)
        if not ref.assured or ast.unparse(value) in self.assured:
            return value
        return ast.Call(ast.Name(self.use("values", "present"), ast.Load()), [value], [])

    def ended_by_answer(self) -> list[str]:
        """The flags of all control nodes that an answer written here ends, for it to raise; outer ones last."""
        flags: list[str] = []
        frame: Frame | None = self
        while frame is not None:
            for id_ in reversed(frame.open_forms):
                flag = self.find(("answered", id_))
                if flag is not None:
                    flags.append(flag.name)
            frame = frame.outer if frame.closure else None
        self._assigned_outside |= dict.fromkeys(name for name in flags if name not in self.own_names)
        return flags

    def whole_body(self) -> Body:
        """The body of a nested function: which outer variables it assigns, then its statements."""
        body = Body()
        if self._assigned_outside:
            body.line(f"nonlocal {', '.join(self._assigned_outside)}")
        body.extend(self.body)
        return body

    def loop_states(self) -> dict[str, Type] | None:
        """The state of the innermost loop around what is written now."""
        return next((frame.states for frame in self._frames() if frame.states is not None), None)

    def use(self, module: str, name: str) -> str:
        """Import a helper of the runtime."""
        return self.flow.module.use(module, name)

    def _var(self, ref: Ref) -> ast.expr:
        if not ref.path:
            keys: list[ast.expr | None] = [ast.Constant(name) for name in self.flow.vars]
            return ast.Dict(keys, [ast.Name(self._constant(name), ast.Load()) for name in self.flow.vars])
        return ast.Name(self._constant(ref.path[0]), ast.Load())

    def _constant(self, name: str) -> str:
        """The module constant of one of the flow's `vars`, declared when it is first used."""
        if name not in self.flow.constants:
            value = self.flow.vars[name]
            local = self.flow.module.names.take(constant_case(name))
            annotation = self.flow.annotations.of(type_of_constant(value), name)
            text = f"{local}: {annotation} = {value!r}" if isinstance(value, (dict, list)) else f"{local} = {value!r}"
            where = self.flow.module.classes if isinstance(value, (dict, list)) else self.flow.module.constants
            where.append(text)
            self.flow.constants[name] = local
        return self.flow.constants[name]

    def _status(self, node: str) -> ast.expr:
        error = ast.Name(self.read(("error", node), NullableType(PROBLEM)), ast.Load())
        failed = ast.Compare(error, [ast.IsNot()], [ast.Constant(None)])
        return ast.IfExp(failed, ast.Constant("error"), self._ok_or_skipped(node))

    def _ok_or_skipped(self, node: str) -> ast.expr:
        if self.find(("ran", node)) is None:
            return ast.Constant("ok")
        ran = ast.Name(self.read(("ran", node), BoolType()), ast.Load())
        return ast.IfExp(ran, ast.Constant("ok"), ast.Constant("skipped"))

    def _local(self, ref: Ref) -> ast.expr:
        if ref.path[0] == "loop":
            return _subscripts(ast.Name(LOOP, ast.Load()), ref.path[1:])
        return ast.Name(self.read(("local", ref.path[0]), ref.type), ast.Load())


class LoopParts(ast.NodeTransformer):
    """Replaces `loop_["state"]["n"]` and `loop_["index"]` by the variables that hold them."""

    def __init__(self, frame: Frame, states: dict[str, Type]) -> None:
        self.frame = frame
        self.states = states

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """A part of the loop object, or any other subscript with its parts visited."""
        match node:
            case ast.Subscript(
                value=ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value="state")),
                slice=ast.Constant(value=str() as state),
            ) if (
                name == LOOP
            ):
                return ast.Name(self.frame.read(("state", state), self.states[state]), ast.Load())
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value="index")) if name == LOOP:
                return ast.Name(self.frame.read(("index",), INT), ast.Load())
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value="state")) if name == LOOP:
                return self._state()
            case _:
                self.generic_visit(node)
                return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """The loop object as a whole."""
        if node.id != LOOP:
            return node
        index = ast.Name(self.frame.read(("index",), INT), ast.Load())
        return ast.Dict([ast.Constant("index"), ast.Constant("state")], [index, self._state()])

    def _state(self) -> ast.expr:
        values = [ast.Name(self.frame.read(("state", name), type_), ast.Load()) for name, type_ in self.states.items()]
        return ast.Dict([ast.Constant(name) for name in self.states], list(values))


def found_present(condition: str) -> frozenset[str]:
    """What is known not to be None where a condition holds, as Python."""
    tree = ast.parse(condition, mode="eval").body if condition else None
    parts = tree.values if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And) else [tree]
    found: set[str] = set()
    for part in parts:
        match part:
            case ast.Subscript():
                found.add(ast.unparse(part))
            case ast.Compare(left=left, ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
                found.add(ast.unparse(left))
    return frozenset(found)


def _error_name(handlers: int) -> str:
    return "error" if handlers == 0 else f"error_{handlers + 1}"


def _attribute(root: str, *names: str) -> ast.expr:
    tree: ast.expr = ast.Name(root, ast.Load())
    for name in names:
        tree = ast.Attribute(tree, name, ast.Load())
    return tree


def _subscripts(tree: ast.expr, path: tuple[str, ...]) -> ast.expr:
    for key in path:
        tree = ast.Subscript(tree, ast.Constant(key), ast.Load())
    return tree


_EXECUTION: dict[str, ast.expr] = {
    "id": _attribute("ctx", "execution_id"),
    "workflow": _attribute("ctx", "workflow"),
    "started_at": ast.Call(_attribute("ctx", "start_time"), [], []),
    "usage": ast.Call(_attribute("ctx", "used"), [], []),
}


def _whole_execution() -> ast.expr:
    keys: list[ast.expr | None] = [ast.Constant(name) for name in _EXECUTION]
    return ast.Dict(keys, list(_EXECUTION.values()))


def narrowable(type_: Type) -> bool:
    """Whether `x is not None` tells that a node ran: its output is never none by itself."""
    return not isinstance(type_, (AnyType, NoneType, NullableType)) and without_none(type_) == type_
