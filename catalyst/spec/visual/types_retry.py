"""The node type of the editor that tries its children again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from catalyst.diagnostics import Located
from catalyst.spec.tree import LocatedList, LocatedMap, located_key
from catalyst.spec.visual.code import strings_of, text_of
from catalyst.spec.visual.report import At
from catalyst.spec.visual.sql_text import writes
from catalyst.spec.visual.step import Draft, Step
from catalyst.spec.visual.types_io import retry_of

_REPEATABLE = frozenset({"http", "graphql", "llm", "agent", "embedding", "python", "call", "sql", "redis"})
_REPEATABLE |= {"vector_search", "vector_upsert", "vector_scroll", "vector_payload"}

_BODIES = ("do", "branches")
"""Keys of a node under which other nodes stand."""


def retry(step: Step) -> Draft:
    """A group whose children that talk to the outside are tried again; what would write twice is not."""
    children = step.body if step.body is not None else LocatedMap(step.span)
    step.raw("children")
    if step.body is None:
        step.missing("children")
    setting = retry_of(step, step.node.config)
    for name in ("maxAttempts", "delay", "backoff"):
        step.raw(name)
    kinds = _kinds(step)
    if kinds:
        setting.value["errors"] = At(kinds, step.span_of("condition"))
    return Draft("try", None, {"do": _all_with_retry(children, setting, step)})


def _all_with_retry(nodes: LocatedMap, setting: At, step: Step) -> LocatedMap:
    """The nodes, and those inside of them."""
    made = LocatedMap(nodes.span)
    for key, node in nodes.items():
        entry = _with_retry(key, node, setting, step) if isinstance(node, LocatedMap) else node
        made.put(located_key(key, nodes.span), entry, nodes.value_spans[key])
    return made


def _with_retry(key: str, node: LocatedMap, setting: At, step: Step) -> LocatedMap:
    made = node.without()
    for name in _BODIES:
        inner = node.get(name)
        if isinstance(inner, LocatedMap):
            groups = _branches(inner, setting, step) if name == "branches" else _all_with_retry(inner, setting, step)
            made.put(Located(name, inner.span), groups, inner.span)
    if "retry" in node or node.get("type") not in _REPEATABLE:
        return made
    if _writes(node):
        message = f"`retry` does not repeat `{key}`, which writes: it might write twice"
        help_text = "give the node `retries` of its own when that does no harm"
        step.report.warning("W150", message, node.span, help=help_text)
        return made
    made.put(Located("retry", setting.span), _tree(setting), setting.span)
    return made


def _branches(branches: LocatedMap, setting: At, step: Step) -> LocatedMap:
    made = LocatedMap(branches.span)
    for key, nodes in branches.items():
        made.put(located_key(key, branches.span), _all_with_retry(nodes, setting, step), branches.value_spans[key])
    return made


_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""Those of HTTP that leave the other side as it is when they come again."""
_SAFE_OPERATIONS = frozenset({"get", "set", "delete", "expire", "hget", "hset", "lrange"})


def _writes(node: LocatedMap) -> bool:
    """Whether a store or a service ends up with something else when the node is run twice."""
    given = node.get("with")
    settings = given if isinstance(given, LocatedMap) else LocatedMap(node.span)
    match node.get("type"):
        case "http":
            return str(settings.get("method", "GET")).upper() not in _SAFE_METHODS
        case "sql":
            return any(writes(text) for key in ("query", "transaction") for text in strings_of(settings.get(key)))
        case "redis":
            return settings.get("operation") not in _SAFE_OPERATIONS or bool(settings.get("nx"))
        case "graphql":
            return "mutation" in settings
        case _:
            return False


def _tree(setting: At) -> LocatedMap:
    tree = LocatedMap(setting.span)
    for key, value in setting.value.items():
        tree.put(Located(key, value.span), _plain(value), value.span)
    return tree


def _plain(value: At) -> Any:
    if isinstance(value.value, list):
        listed = LocatedList(value.span)
        for each in value.value:
            listed.put(Located(each, value.span), value.span)
        return listed
    return Located(value.value, value.span) if isinstance(value.value, str) else value.value


_STATUS = r"error\.(?:status|statusCode|status_code|upstream)"
_KIND = r"error\.(?:kind|type|code|name)"
_WORD = r"""['"](\w+)['"]"""
_ONE_STATUS = re.compile(rf"{_STATUS}\s*===?\s*(\d{{3}})")
_CLASS = re.compile(rf"{_STATUS}\s*>=\s*([45])00(?:\s*(?:and|&&)\s*{_STATUS}\s*(?:<\s*[56]00|<=\s*[45]99))?")
_SOME = re.compile(rf"(?:{_STATUS}|{_KIND})\s+in\s+\[([^\]]*)\]")
_ONE_KIND = re.compile(rf"{_KIND}\s*===?\s*{_WORD}")
_LISTED = re.compile(r"""\s*(?:(\d{3})|['"](\w+)['"])\s*""")


_HELP = "name kinds of errors: error.status == 503, error.status >= 500, error.kind == 'timeout', joined by `or`"


def _kinds(step: Step) -> list[str]:
    """The kinds of errors that `condition` names; none where there is no condition."""
    name, raw = step.raw("condition")
    if raw is None:
        return []
    if isinstance(raw, LocatedList):
        return [str(each) for each in raw]
    clauses = re.split(r"\s*(?:\bor\b|\|\|)\s*", text_of(step.code_of(raw)).strip())
    found: dict[str, None] = {}
    for clause in clauses:
        kinds = list(_of_clause(clause.strip().removeprefix("(").removesuffix(")").strip()))
        if not kinds:
            step.refuse(name, _HELP)
            return []
        found |= dict.fromkeys(kinds)
    return list(found)


def _of_clause(text: str) -> Iterator[str]:
    """The kinds of one comparison; none when it is another one."""
    if re.fullmatch(r"[45]xx|[45]\d\d|[a-z_]+", text) and text not in ("true", "false", "none"):
        yield text
    elif match := _ONE_STATUS.fullmatch(text) or _ONE_KIND.fullmatch(text):
        yield match[1]
    elif match := _CLASS.fullmatch(text):
        bounded = "<" in text
        yield f"{match[1]}xx"
        if match[1] == "4" and (not bounded or re.search(r"<\s*600|<=\s*599", text)):
            yield "5xx"
    elif match := _SOME.fullmatch(text):
        listed = [_LISTED.fullmatch(each) for each in match[1].split(",")]
        if all(listed):
            yield from (each[1] or each[2] for each in listed if each)
