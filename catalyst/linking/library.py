"""The user's Python functions, read from their source and never imported or run.

Goes in: the text of a file below `lib/`. Comes out: a function's signature as types of the flow. What an annotation
says
beyond JSON data (a class of one's own, a type variable) is `any`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

from catalyst.diagnostics import did_you_mean
from catalyst.expressions.types import (
    ANY,
    BOOL,
    BYTES,
    DATETIME,
    FLOAT,
    INT,
    NONE,
    NUMBER,
    OPEN_OBJECT,
    STR,
    FieldType,
    ListType,
    MapType,
    ObjectType,
    StrType,
    Type,
    nullable,
    union,
)
from catalyst.nodes.base import Signature

_SIMPLE: dict[str, Type] = {
    "str": STR,
    "int": INT,
    "float": NUMBER,
    "bool": BOOL,
    "bytes": BYTES,
    "datetime": DATETIME,
    "datetime.datetime": DATETIME,
    "None": NONE,
    "list": ListType(ANY),
    "dict": OPEN_OBJECT,
}
_LISTS = frozenset({"list", "List", "Sequence", "Iterable", "Collection"})
_MAPS = frozenset({"dict", "Dict", "Mapping", "MutableMapping"})
_LONGEST = 1_000_000


def read_signature(module: str, name: str, read: Callable[[str], str | None]) -> Signature | str | None:
    """The signature of `name` in `module` (`lib.scoring`); text says what is wrong with it."""
    path = module.replace(".", "/") + ".py"
    source = read(path)
    if source is None:
        return f"there is no file `{path}`"
    if len(source) > _LONGEST:
        return f"`{path}` is too long to be read"
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        return f"`{path}` is not Python" + (f": line {line}" if line else "")
    functions = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    function = functions.get(name)
    if function is None:
        close = did_you_mean(name, functions)
        return f"`{path}` has no function `{name}`" + (f"; {close}" if close else "")
    return _signature(function, {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)})


def _signature(function: ast.FunctionDef | ast.AsyncFunctionDef, classes: dict[str, ast.ClassDef]) -> Signature | str:
    arguments = function.args
    if arguments.posonlyargs:
        return f"`{function.name}` has parameters that cannot be given by name; take the `/` away"
    positional = arguments.args
    first_default = len(positional) - len(arguments.defaults)
    parameters = [
        (argument.arg, _type(argument.annotation, classes), number < first_default)
        for number, argument in enumerate(positional)
    ]
    parameters += [
        (argument.arg, _type(argument.annotation, classes), default is None)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    result = _type(function.returns, classes)
    return Signature(
        tuple(parameters),
        result,
        isinstance(function, ast.AsyncFunctionDef),
        arguments.kwarg is not None,
        ast.get_docstring(function) or "",
    )


def _type(annotation: ast.expr | None, classes: dict[str, ast.ClassDef]) -> Type:
    match annotation:
        case ast.Constant(value=None):
            return NONE
        case ast.Constant(value=str() as text):
            return _quoted(text, classes)
        case ast.Name(id=name):
            return _SIMPLE.get(name) or _class(name, classes)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _either(_type(left, classes), _type(right, classes))
        case ast.Subscript(value=value, slice=inner):
            return _generic(ast.unparse(value).rpartition(".")[2], inner, classes)
        case ast.Attribute():
            return _SIMPLE.get(ast.unparse(annotation), ANY)
        case _:
            return ANY


def _quoted(text: str, classes: dict[str, ast.ClassDef]) -> Type:
    try:
        return _type(ast.parse(text, mode="eval").body, classes)
    except (SyntaxError, ValueError, RecursionError):
        return ANY


def _either(left: Type, right: Type) -> Type:
    if NONE in (left, right):
        return nullable(right if left == NONE else left)
    return NUMBER if {left, right} <= {INT, FLOAT, NUMBER} else union(left, right)


def _generic(name: str, inner: ast.expr, classes: dict[str, ast.ClassDef]) -> Type:
    if name in _LISTS:
        return ListType(_type(inner, classes))
    if name in _MAPS and isinstance(inner, ast.Tuple) and len(inner.elts) == 2:
        return MapType(_type(inner.elts[1], classes))
    if name == "Optional":
        return nullable(_type(inner, classes))
    if name == "Union" and isinstance(inner, ast.Tuple):
        types = [_type(element, classes) for element in inner.elts]
        result = union(*(type_ for type_ in types if type_ != NONE))
        return nullable(result) if NONE in types else result
    if name == "Literal":
        values = [
            e.value for e in (inner.elts if isinstance(inner, ast.Tuple) else [inner]) if isinstance(e, ast.Constant)
        ]
        if values and all(isinstance(value, str) for value in values):
            return StrType(tuple(str(value) for value in values))
    return ANY


def _class(name: str, classes: dict[str, ast.ClassDef]) -> Type:
    """A `TypedDict` of the same file is an object with its fields; any other class says nothing about JSON."""
    node = classes.get(name)
    if node is None or not any(ast.unparse(base).rpartition(".")[2] == "TypedDict" for base in node.bases):
        return ANY
    if node.keywords:
        return ANY
    others = {key: other for key, other in classes.items() if key != name}
    fields = [
        (item.target.id, FieldType(_type(item.annotation, others)))
        for item in node.body
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    ]
    return ObjectType(tuple(fields))
