"""Which nodes a template reads, found before anything is checked: that is how the graph gets its edges.

Goes in: a template as parsed. Comes out: node ids, and names in general, in the order of their first use.
"""

from __future__ import annotations

from collections.abc import Iterator

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
    Unary,
)


def node_references(template: Template) -> tuple[str, ...]:
    """The ids in `nodes.<id>`, each once; `nodes['id']` counts too."""
    found: dict[str, None] = {}
    for expr in holes(template):
        for node in walk(expr):
            id_ = referenced_node(node)
            if id_ is not None:
                found.setdefault(id_)
    return tuple(found)


def root_names(template: Template) -> tuple[str, ...]:
    """The names that stand at the root of a path, each once, lambda parameters included."""
    names = (node.name for expr in holes(template) for node in walk(expr) if isinstance(node, Name))
    return tuple(dict.fromkeys(names))


def referenced_node(node: Expr) -> str | None:
    """The id when `node` is `nodes.<id>` itself, or a checked reference to a node."""
    match node:
        case Get(value=Name(name="nodes"), key=key):
            return key
        case Index(value=Name(name="nodes"), key=Literal_(value=str() as key)):
            return key
        case Ref(kind="output" | "status" | "error", path=(id_, *_)):
            return id_
        case _:
            return None


def holes(template: Template) -> Iterator[Expr]:
    """The expressions of a template in order."""
    return (part.expr for part in template.parts if isinstance(part, Hole))


def walk(expr: Expr) -> Iterator[Expr]:
    """The expression and everything below it, in the order of the text."""
    pending = [expr]
    while pending:
        node = pending.pop()
        yield node
        pending += reversed(children(node))


def children(node: Expr) -> tuple[Expr, ...]:
    """What stands directly below a node, in the order of the text."""
    match node:
        case Literal_() | Name() | Ref():
            return ()
        case ListExpr(items=items):
            return items
        case DictExpr(items=pairs):
            return tuple(value for _, value in pairs)
        case Get(value=value) | Unary(value=value):
            return (value,)
        case Index(value=value, key=key):
            return (value, key)
        case Slice(value=value, lower=lower, upper=upper, step=step):
            return (value, *(bound for bound in (lower, upper, step) if bound is not None))
        case Call(args=args, kwargs=kwargs):
            return (*args, *(value for _, value in kwargs))
        case Filter(value=value, args=args, kwargs=kwargs):
            return (value, *args, *(named for _, named in kwargs))
        case Test(value=value, args=args):
            return (value, *args)
        case Binary(left=left, right=right) | BoolOp(left=left, right=right):
            return (left, right)
        case Compare(first=first, rest=rest):
            return (first, *(operand for _, operand in rest))
        case Conditional(then=then, condition=condition, otherwise=otherwise):
            return (then, condition, otherwise)
        case Coalesce(value=value, fallback=fallback):
            return (value, fallback)
        case Lambda(body=body):
            return (body,)
