"""Jinja's short forms with names in quotes, written out as lambdas.

Goes in: a filter call as parsed. Comes out: the same call with a lambda in place of each quoted name, so that checking
and emission meet one form only, and no name is ever looked up at run time:

    map('upper')                    map(item => item | upper)
    map(attribute='a.b', default=0) map(item => item.a.b | default(0))
    select('gt', 3)                 select(item => item is gt(3))
    selectattr('n', 'gt', 3)        select(item => item.n is gt(3))
    sort(attribute='name')          sort(attribute=item => item.name)
    unique('id')                    unique(attribute=item => item.id)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from catalyst.expressions.functions_model import FilterSpec, Problem
from catalyst.expressions.references import walk
from catalyst.expressions.tree import Expr, Filter, Get, Index, Lambda, Literal_, Name, Test

_CANONICAL = {"selectattr": "select", "rejectattr": "reject", "pluck": "map"}


def desugar(node: Filter, spec: FilterSpec, taken: Collection[str] = ()) -> Filter | Problem:
    """The call with lambdas in place of quoted names; `taken` are names that the new parameter must not hide.

    Gives a `Problem` when a name must be quoted and is not, or is no path.
    """
    sugared = [(position, argument) for position, argument in enumerate(spec.arguments) if argument.sugar]
    if not sugared:
        return node
    node = _key_first(node)
    position, argument = sugared[0]
    parameter = _fresh(node, taken)
    if node.name == "map" and any(name == "attribute" for name, _ in node.kwargs):
        return _map_attribute(node, parameter)
    if node.name in ("selectattr", "rejectattr"):
        return _attribute_test(node, parameter)
    given = node.args[position] if position < len(node.args) else dict(node.kwargs).get(argument.name)
    if given is None or isinstance(given, Lambda):
        return node
    text = given.value if isinstance(given, Literal_) else None
    if argument.sugar == "path":
        body = _walk(Name(name=parameter, start=given.start, end=given.end), given, text)
        if body is None:
            return _not_quoted(node, argument.name, "the name of a key in quotes, such as 'price', or a lambda")
        node, body = _with_default(node, body)
        return replace(_put(node, position, argument.name, _lambda(parameter, body)), name=_canonical(node.name))
    if not isinstance(text, str) or (node.kwargs and position < len(node.args) and argument.sugar == "test"):
        kind = "filter" if argument.sugar == "filter" else "test"
        return _not_quoted(node, argument.name, f"a lambda, or the name of a {kind} in quotes")
    subject = Name(name=parameter, start=given.start, end=given.end)
    rest = node.args[position + 1 :]
    if argument.sugar == "filter":
        body = _place(Filter(value=subject, name=text, args=rest, kwargs=node.kwargs, start=0, end=0), given)
    else:
        body = _place(Test(value=subject, name=text, args=rest, negated=False, start=0, end=0), given)
    return replace(node, args=(*node.args[:position], _lambda(parameter, body)), kwargs=())


_KEY_FIRST = frozenset({"unique", "sort", "min", "max"})
"""Filters whose first argument in Jinja is a switch that nobody gives by position: a text there can only be a key."""


def _key_first(node: Filter) -> Filter:
    """`unique('id')` is short for `unique(attribute='id')`, and so is a lambda there."""
    if node.name not in _KEY_FIRST or not node.args or any(name == "attribute" for name, _ in node.kwargs):
        return node
    first = node.args[0]
    if isinstance(first, Lambda) or (isinstance(first, Literal_) and isinstance(first.value, str)):
        return replace(node, args=node.args[1:], kwargs=(*node.kwargs, ("attribute", first)))
    return node


def _with_default(node: Filter, body: Expr) -> tuple[Filter, Expr]:
    """`groupby('k', default=d)`: the default is for items without the key, so it belongs into the lambda."""
    keywords = dict(node.kwargs)
    default = keywords.pop("default", None) or (node.args[1] if len(node.args) > 1 else None)
    if node.name != "groupby" or default is None or len(node.args) > 2:
        return node, body
    args = (default,)
    body = Filter(value=body, name="default", args=args, kwargs=(), start=body.start, end=body.end)
    return replace(node, args=node.args[:1], kwargs=tuple(keywords.items())), body


def _map_attribute(node: Filter, parameter: str) -> Filter | Problem:
    """`map(attribute='k', default=d)`."""
    keywords = dict(node.kwargs)
    given = keywords["attribute"]
    if isinstance(given, Lambda) or node.args or not set(keywords) <= {"attribute", "default"}:
        return _not_quoted(node, "each", "a lambda, the name of a filter, or attribute='key' with an optional default=")
    text = given.value if isinstance(given, Literal_) else None
    body = _walk(Name(name=parameter, start=given.start, end=given.end), given, text)
    if body is None:
        return _not_quoted(node, "each", "the name of a key in quotes, such as attribute='price'")
    if "default" in keywords:
        args = (keywords["default"],)
        body = Filter(value=body, name="default", args=args, kwargs=(), start=given.start, end=given.end)
    return replace(node, args=(_lambda(parameter, body),), kwargs=())


def _attribute_test(node: Filter, parameter: str) -> Filter | Problem:
    """`selectattr('k', 'test', argument)`; without a test, whether the value counts as true."""
    if not node.args or node.kwargs:
        return _not_quoted(node, "test", "the name of a key in quotes, then a test: 'price', 'gt', 10")
    given, *rest = node.args
    if isinstance(given, Lambda):
        return replace(node, name=_canonical(node.name))
    text = given.value if isinstance(given, Literal_) else None
    body = _walk(Name(name=parameter, start=given.start, end=given.end), given, text)
    test = rest[0].value if rest and isinstance(rest[0], Literal_) else None
    if body is None or (rest and not isinstance(test, str)):
        return _not_quoted(node, "test", "the name of a key in quotes, then a test: 'price', 'gt', 10")
    if rest:
        found = Test(value=body, name=str(test), args=tuple(rest[1:]), negated=False, start=0, end=0)
        body = _place(found, rest[0])
    return replace(node, name=_canonical(node.name), args=(_lambda(parameter, body),))


def _canonical(name: str) -> str:
    return _CANONICAL.get(name, name)


def _walk(subject: Expr, place: Expr, text: object) -> Expr | None:
    """`subject.a.b[0]` for the text "a.b.0"; None when it is not a path."""
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str) or not text or not all(text.split(".")):
        return None
    for step in text.split("."):
        if step.isascii() and step.isdigit() and len(step) <= 9:
            key = Literal_(value=int(step), start=place.start, end=place.end)
            subject = Index(value=subject, key=key, optional=False, start=place.start, end=place.end)
        else:
            subject = Get(value=subject, key=step, optional=False, start=place.start, end=place.end)
    return subject


def _put(node: Filter, position: int, name: str, value: Expr) -> Filter:
    """The call with another value for one argument."""
    if position < len(node.args):
        return replace(node, args=(*node.args[:position], value, *node.args[position + 1 :]))
    return replace(node, kwargs=tuple((key, value if key == name else old) for key, old in node.kwargs))


def _place(node: Filter | Test, place: Expr) -> Expr:
    return replace(node, start=place.start, end=place.end)


def _lambda(parameter: str, body: Expr) -> Lambda:
    return Lambda(parameters=(parameter,), body=body, start=body.start, end=body.end)


def _not_quoted(node: Filter, argument: str, wanted: str) -> Problem:
    return Problem("E234", f"`{node.name}` takes {wanted}", None, argument)


def _fresh(node: Filter, taken: Collection[str]) -> str:
    """A name for the parameter: `item`, or `item2` and so on where that means something already."""
    used = {*taken, *_names(node)}
    return next(name for name in _candidates() if name not in used)


def _candidates() -> Iterator[str]:
    yield "item"
    number = 2
    while True:
        yield f"item{number}"
        number += 1


def _names(node: Filter) -> Iterator[str]:
    """All bare names in the arguments; the piped value is outside of the lambda."""
    for argument in (*node.args, *(value for _, value in node.kwargs)):
        yield from (each.name for each in walk(argument) if isinstance(each, Name))
