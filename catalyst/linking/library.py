"""The user's Python functions, read from their source and never imported or run.

Goes in: the text of files below `lib/`. Comes out: a function's signature as types of the flow, with the annotations
that say how data becomes what the function takes, and what it gives becomes data again.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from catalyst.diagnostics import did_you_mean
from catalyst.expressions.types import ANY, Type
from catalyst.linking.library_modules import Library, LibraryModule
from catalyst.linking.library_types import AnnotationReader
from catalyst.nodes.base import Annotation, Parameter, Signature

Function = ast.FunctionDef | ast.AsyncFunctionDef


def read_signature(module: str, name: str, read: Callable[[str], str | None]) -> Signature | str | None:
    """The signature of `name` in `module` (`lib.scoring`); text says what is wrong with it."""
    library = Library(read)
    found = library.module(module)
    if isinstance(found, str):
        return found
    functions = {node.name: node for node in found.tree.body if isinstance(node, Function)}
    function = functions.get(name)
    if function is None:
        return _not_there(found, name, functions)
    if _gives_one_by_one(function):
        return f"`{name}` gives its values one by one (`yield`); return a list of them"
    if function.args.posonlyargs:
        return f"`{name}` has parameters that cannot be given by name; take the `/` away"
    try:
        return _signature(function, found, library)
    except RecursionError:
        return f"the types of `{name}` are nested too deep to be read"


def _not_there(module: LibraryModule, name: str, functions: dict[str, Function]) -> str:
    origin, _, original = (module.imported.get(name) or "").partition(":")
    if origin.startswith("lib."):
        return f"`{module.path}` only imports `{name}`; write `{origin}:{original}`"
    close = did_you_mean(name, functions)
    return f"`{module.path}` has no function `{name}`" + (f"; {close}" if close else "")


def _gives_one_by_one(function: Function) -> bool:
    """Whether it is a generator; functions and classes inside it have `yield`s of their own."""
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in _own_nodes(function))


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*Function.__args__, ast.ClassDef, ast.Lambda)):
            waiting += ast.iter_child_nodes(node)


def _signature(function: Function, module: LibraryModule, library: Library) -> Signature | str:
    arguments = function.args
    positional = arguments.args
    first_default = len(positional) - len(arguments.defaults)
    given = [(argument, number < first_default) for number, argument in enumerate(positional)]
    given += [
        (argument, default is None)
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    free = frozenset(each.name for each in getattr(function, "type_params", ()))
    parameters: list[Parameter] = []
    for argument, required in given:
        reader = AnnotationReader(library, module, of_result=False, free=free)
        type_, annotation = _read(reader, argument.annotation)
        if reader.unclear:
            return _unclear(f"parameter `{argument.arg}` of `{function.name}`", reader.unclear)
        parameters.append(Parameter(argument.arg, type_, required, annotation))
    reader = AnnotationReader(library, module, of_result=True, free=free)
    result, annotation = _read(reader, function.returns)
    if reader.unclear:
        return _unclear(f"the result of `{function.name}`", reader.unclear)
    return Signature(
        tuple(parameters),
        result,
        isinstance(function, ast.AsyncFunctionDef),
        _more(AnnotationReader(library, module, of_result=False, free=free), arguments.kwarg),
        ast.get_docstring(function) or "",
        annotation,
    )


def _more(reader: AnnotationReader, argument: ast.arg | None) -> Parameter | None:
    """What `**more` takes under each name; an annotation that is no type of data is left to the function."""
    if argument is None:
        return None
    type_, annotation = _read(reader, argument.annotation)
    return Parameter(argument.arg, ANY, False) if reader.unclear else Parameter(argument.arg, type_, False, annotation)


def _read(reader: AnnotationReader, annotation: ast.expr | None) -> tuple[Type, Annotation | None]:
    if annotation is None:
        return ANY, None
    return reader.type_of(annotation), reader.written(annotation)


def _unclear(what: str, why: str) -> str:
    return (
        f"{what} cannot be told as data: {why}; "
        "take str, int, float, bool, datetime, list, dict, a TypedDict, a dataclass, an Enum or a pydantic model"
    )
