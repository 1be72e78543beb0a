"""Looks over emitted Python and accepts only what this compiler makes.

A second line of defence: user text can only be a constant by construction, and this pass would notice an emitter that
forgot. Whatever is not on the lists is a bug of the compiler, never of the flow.
"""

from __future__ import annotations

import ast
import re

from catalyst.diagnostics import CompilerBug
from catalyst.pysource.names import FORBIDDEN_NAMES

_NODES = (
    ast.expr_context,
    ast.operator,
    ast.unaryop,
    ast.boolop,
    ast.cmpop,
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Slice,
    ast.Call,
    ast.keyword,
    ast.BinOp,
    ast.UnaryOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.Tuple,
    ast.Starred,
    ast.JoinedStr,
    ast.FormattedValue,
    ast.Lambda,
    ast.arguments,
    ast.arg,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.comprehension,
)
_NAME = re.compile(r"_?[A-Za-z][A-Za-z0-9_]*")
_CONTEXT_FIELDS = frozenset({"input", "vars"})
"""Forbidden as names, but fields of the run's context."""


def verify_expression(expr: ast.expr) -> ast.expr:
    """The expression itself. Raises `CompilerBug` when it holds anything this compiler does not make."""
    for node in ast.walk(expr):
        if not isinstance(node, _NODES):
            raise CompilerBug(f"emitted a {type(node).__name__}")
        match node:
            case ast.Name(id=name) | ast.arg(arg=name):
                _verify_name(name)
            case ast.keyword(arg=arg):
                if arg is None:
                    raise CompilerBug("emitted a ** argument")
                _verify_name(arg, keyword=True)
            case ast.Attribute(value=value, attr=name):
                _verify_attribute(value, name)
            case ast.Call(func=function):
                if not isinstance(function, (ast.Name, ast.Attribute, ast.Lambda)):
                    raise CompilerBug("emitted a call of a value")
            case ast.Constant(value=value):
                if not (value is None or isinstance(value, (str, int, float))):
                    raise CompilerBug(f"emitted a constant of type {type(value).__name__}")
            case ast.FormattedValue(conversion=conversion, format_spec=spec):
                if conversion != -1 or spec is not None:
                    raise CompilerBug("emitted a format specification")
            case ast.comprehension(is_async=is_async):
                if is_async:
                    raise CompilerBug("emitted an async comprehension")
    return expr


def _verify_name(name: str, *, keyword: bool = False) -> None:
    if not _NAME.fullmatch(name) or "__" in name or (name in FORBIDDEN_NAMES and not keyword):
        raise CompilerBug("emitted a name that is not on the list")


def _verify_attribute(value: ast.expr, name: str) -> None:
    of_context = isinstance(value, ast.Name) and name in _CONTEXT_FIELDS
    if not of_context:
        _verify_name(name)
