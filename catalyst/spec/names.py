"""Which names a flow file may give: node ids, inputs, types, variables, environment variables.

A name becomes an identifier of the emitted code, so it is plain ASCII; Python would fold other letters into these.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Annotated, Any

from catalyst.diagnostics import Diagnostic, Located, Span
from catalyst.spec.problems import Reader, kind_of, problem

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}\Z")
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_]+")
LONGEST_NAME = 63


def name_problem(name: str) -> tuple[str, str, str] | None:
    """Code, message and help for a name that cannot be used; None when it is fine."""
    shown = name if name.isprintable() and len(name) <= LONGEST_NAME + 1 else ascii(name)[:LONGEST_NAME]
    if not name:
        return "E242", "a name is missing", "give it a name such as `search`"
    if len(name) > LONGEST_NAME:
        return "E242", f"the name `{shown}` is too long", f"use at most {LONGEST_NAME} characters"
    if not _NAME.match(name):
        better = usable_name(name)
        hint = f"write `{better}`" if better else "start with a letter"
        return "E242", f"`{shown}` cannot be a name", f"names have letters, digits and `_` (ASCII); {hint}"
    if keyword.iskeyword(name):
        return "E243", f"`{name}` is a reserved word of Python", f"write `{name}_` or another name"
    if name.startswith("__") or set(name) == {"_"}:
        return "E243", f"the name `{name}` is reserved", "do not start it with two underscores"
    return None


def usable_name(text: str) -> str:
    """The closest usable name, such as `order_intake` for `order-intake`; "" when nothing is left of it."""
    name = _NOT_IN_NAME.sub("_", text).strip("_")[:LONGEST_NAME]
    if name and name[0].isdigit():
        name = f"_{name}"[:LONGEST_NAME]
    return f"{name}_" if keyword.iskeyword(name) else name


def normal_form(name: str) -> str:
    """Two names with the same normal form would meet in the emitted code or on a file system."""
    return _NOT_IN_NAME.sub("_", name).strip("_").lower()


def check_names(names: Iterable[str], what: str, default: Span) -> list[Diagnostic]:
    """Errors for names that cannot be used and for names that meet; `what` names their kind, such as "node id"."""
    found: list[Diagnostic] = []
    listed = list(names)
    for name in listed:
        wrong = name_problem(name)
        if wrong is not None:
            code, message, help_text = wrong
            span = name.span if isinstance(name, Located) else default
            found.append(Diagnostic(code, "error", f"{what}: {message}", span, help_text))
    return found + meeting_names(listed, what, default)


def meeting_names(names: Iterable[str], what: str, default: Span) -> list[Diagnostic]:
    """Errors for names that differ, but only in case or punctuation."""
    found: list[Diagnostic] = []
    seen: dict[str, str] = {}
    for name in names:
        first = seen.setdefault(normal_form(name), name)
        if first != name:
            span = name.span if isinstance(name, Located) else default
            message = f"the {what}s `{first}` and `{name}` are too much alike"
            found.append(
                Diagnostic("E240", "error", message, span, "make them differ in more than case or punctuation")
            )
    return found


def _read_name(value: Any) -> str:
    if not isinstance(value, str):
        raise problem("E142", f"a name is wanted, this is {kind_of(value)}")
    wrong = name_problem(value)
    if wrong is not None:
        raise problem(wrong[0], wrong[1], help=wrong[2])
    return value


def _read_flow_name(value: Any) -> str:
    name = _read_name(value)
    if name.startswith("_"):
        raise problem("E242", f"`{name}` cannot be the name of a flow", help="start it with a letter")
    return name


NAME_SCHEMA = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,62}$"}

Name = Annotated[str, Reader(_read_name, NAME_SCHEMA)]
"""An identifier that the author gives; keeps its place in the file."""

FlowName = Annotated[str, Reader(_read_flow_name, {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,62}$"})]
"""The name of a flow or a project, which stands in addresses and in names of files and packages as well."""
