"""Trees back to text: in our own language with as few parentheses as it needs, and in Jinja's for comparison in tests.

Goes in: a tree as parsed. Comes out: text that parses to an equal tree but for positions. In Jinja's dialect
everything is parenthesised, and what Jinja has no form for is written out: `a ?? b` as a condition, `~` through a
filter named `text`.
"""

from __future__ import annotations

from collections.abc import Callable

from catalyst.expressions.tree import (
    Binary,
    BoolOp,
    Call,
    Coalesce,
    Compare,
    Conditional,
    DictExpr,
    Expr,
    Filter,
    Get,
    Hole,
    Index,
    Lambda,
    ListExpr,
    Literal_,
    Name,
    Ref,
    Slice,
    Template,
    Test,
    Text,
    Unary,
)

(
    _CONDITION,
    _OR,
    _AND,
    _NOT,
    _COMPARE,
    _COALESCE,
    _SUM,
    _JOIN,
    _PRODUCT,
    _POWER,
    _TEST,
    _FILTER,
    _SIGN,
    _POSTFIX,
    _ATOM,
) = range(15)
_BINARY_LEVEL = {
    "+": _SUM,
    "-": _SUM,
    "~": _JOIN,
    "*": _PRODUCT,
    "/": _PRODUCT,
    "//": _PRODUCT,
    "%": _PRODUCT,
    "**": _POWER,
}


def template_text(template: Template) -> str:
    """A template as it stands in a flow file."""
    parts = (
        part.value if isinstance(part, Text) else "{{ " + expression_text(part.expr) + " }}" for part in template.parts
    )
    return "".join(parts)


def expression_text(node: Expr) -> str:
    """An expression in our own language."""
    return _print(node, _CONDITION)


def _print(node: Expr, least: int) -> str:
    text, level = _plain(node)
    return f"({text})" if level < least else text


def _plain(node: Expr) -> tuple[str, int]:
    """The text of a node, and how tightly it binds."""
    match node:
        case Literal_(value=value):
            return literal_text(value), _ATOM
        case Name(name=name):
            return name, _ATOM
        case Ref():
            return ref_text(node), _POSTFIX
        case ListExpr(items=items):
            return "[" + ", ".join(expression_text(item) for item in items) + "]", _ATOM
        case DictExpr(items=pairs):
            return "{" + ", ".join(f"{literal_text(key)}: {expression_text(each)}" for key, each in pairs) + "}", _ATOM
        case Get(value=inner, key=key, optional=optional):
            return f"{_print(inner, _POSTFIX)}{'?.' if optional else '.'}{key}", _POSTFIX
        case Index(value=inner, key=index, optional=optional):
            return f"{_print(inner, _POSTFIX)}{'?[' if optional else '['}{expression_text(index)}]", _POSTFIX
        case Slice():
            return f"{_print(node.value, _POSTFIX)}[{_bounds(node, expression_text)}]", _POSTFIX
        case Call(name=name, args=args, kwargs=kwargs):
            return f"{name}({_arguments(args, kwargs, expression_text)})", _ATOM
        case Filter(value=inner, name=name, args=args, kwargs=kwargs):
            given = f"({_arguments(args, kwargs, expression_text)})" if args or kwargs else ""
            return f"{_print(inner, _FILTER)} | {name}{given}", _FILTER
        case Test(value=inner, name=name, args=args, negated=negated):
            given = f"({_arguments(args, (), expression_text)})" if args else ""
            return f"{_print(inner, _FILTER)} is {'not ' if negated else ''}{name}{given}", _TEST
        case Unary(op="not", value=inner):
            return f"not {_print(inner, _NOT)}", _NOT
        case Unary(op=sign, value=inner):
            return f"{sign}{_print(inner, _SIGN)}", _SIGN
        case Lambda(parameters=parameters, body=body):
            names = parameters[0] if len(parameters) == 1 else f"({', '.join(parameters)})"
            return f"{names} => {expression_text(body)}", _CONDITION
        case _:
            return _operator(node)


def _operator(node: Expr) -> tuple[str, int]:
    match node:
        case Binary(op=op, left=left, right=right):
            level = _BINARY_LEVEL[op]
            return f"{_print(left, level)} {op} {_print(right, level + 1)}", level
        case BoolOp(op=word, left=left, right=right):
            level = _OR if word == "or" else _AND
            return f"{_print(left, level)} {word} {_print(right, level + 1)}", level
        case Compare(first=first, rest=rest):
            chain = "".join(f" {op} {_print(operand, _COALESCE)}" for op, operand in rest)
            return _print(first, _COALESCE) + chain, _COMPARE
        case Coalesce(value=value, fallback=fallback):
            return f"{_print(value, _SUM)} ?? {_print(fallback, _COALESCE)}", _COALESCE
        case Conditional(then=then, condition=condition, otherwise=otherwise):
            text = f"{_print(then, _OR)} if {_print(condition, _OR)} else {_print(otherwise, _CONDITION)}"
            return text, _CONDITION
        case _:
            raise TypeError(type(node).__name__)


def ref_text(node: Ref) -> str:
    """A resolved reference as the author writes it."""
    roots = {"var": "vars", "secret": "secrets"}
    match node.kind:
        case "output" | "status" | "error":
            return f"nodes.{node.path[0]}.{node.kind}"
        case "local" | "lambda":
            return ".".join(node.path)
        case _:
            return ".".join((roots.get(node.kind, node.kind), *node.path))


def literal_text(value: str | float | bool | None) -> str:
    """A constant."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case str():
            return "'" + "".join(_escaped(char) for char in value) + "'"
        case _:
            return repr(value)


_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return char if char.isprintable() or ord(char) > 0xFFFF else f"\\u{ord(char):04x}"


def _bounds(node: Slice, show: Callable[[Expr], str]) -> str:
    lower, upper = (show(bound) if bound is not None else "" for bound in (node.lower, node.upper))
    return f"{lower}:{upper}" + (f":{show(node.step)}" if node.step is not None else "")


def _arguments(args: tuple[Expr, ...], kwargs: tuple[tuple[str, Expr], ...], show: Callable[[Expr], str]) -> str:
    return ", ".join([*(show(arg) for arg in args), *(f"{name}={show(value)}" for name, value in kwargs)])


def jinja_text(node: Expr) -> str:
    """An expression in Jinja's language. Lambdas and `?.` have no form there and raise ValueError."""
    return f"({_jinja(node)})"


def _jinja(node: Expr) -> str:  # noqa: PLR0912 - a table
    show = jinja_text
    match node:
        case Literal_(value=value):
            return literal_text(value)
        case Name(name=name):
            return name
        case ListExpr(items=items):
            return "[" + ", ".join(show(item) for item in items) + "]"
        case DictExpr(items=pairs):
            return "{" + ", ".join(f"{literal_text(key)}: {show(value)}" for key, value in pairs) + "}"
        case Get(value=inner, key=key, optional=False):
            return f"{show(inner)}[{literal_text(key)}]"
        case Index(value=inner, key=index, optional=False):
            return f"{show(inner)}[{show(index)}]"
        case Slice():
            return f"{show(node.value)}[{_bounds(node, show)}]"
        case Call(name=name, args=args, kwargs=kwargs):
            return f"{name}({_arguments(args, kwargs, show)})"
        case Filter(value=inner, name="default", args=(fallback,)):
            return _jinja_default(inner, fallback)
        case Filter(value=inner, name=name, args=args, kwargs=kwargs):
            return f"{show(inner)} | {name}({_arguments(args, kwargs, show)})"
        case Test(value=inner, name="none", negated=negated):
            text = f"({show(inner)} is undefined or {show(inner)} is none)"
            return f"not {text}" if negated else text
        case Test(value=inner, name=name, args=args, negated=negated):
            given = f"({_arguments(args, (), show)})" if args else ""
            return f"{show(inner)} is {'not ' if negated else ''}{name}{given}"
        case Unary(op=op, value=inner):
            return f"{op} {show(inner)}"
        case Binary(op="~", left=left, right=right):
            return f"({show(left)} | text) ~ ({show(right)} | text)"
        case Binary(op=op, left=left, right=right):
            return f"{show(left)} {op} {show(right)}"
        case BoolOp(op=word, left=left, right=right):
            return f"{show(left)} {word} {show(right)}"
        case Compare(first=first, rest=rest):
            return show(first) + "".join(f" {op} {show(operand)}" for op, operand in rest)
        case Coalesce(value=inner, fallback=fallback):
            return _jinja_default(inner, fallback)
        case Conditional(then=then, condition=condition, otherwise=otherwise):
            return f"{show(then)} if {show(condition)} else {show(otherwise)}"
        case _:
            raise ValueError(f"Jinja has no form for {type(node).__name__}")


def _jinja_default(value: Expr, fallback: Expr) -> str:
    shown = jinja_text(value)
    return f"{shown} if {shown} is defined and {shown} is not none else {jinja_text(fallback)}"


def holes_text(template: Template) -> tuple[str, ...]:
    """The expressions of a template, each as text."""
    return tuple(expression_text(part.expr) for part in template.parts if isinstance(part, Hole))
