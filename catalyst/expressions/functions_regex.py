"""Filters that search with regular expressions; patterns are constants that are checked at build time."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from catalyst.expressions.functions_model import Argument, EmitCall, FilterCall, FilterSpec, Problem
from catalyst.expressions.functions_python import Emit, always, helper_call
from catalyst.expressions.regex_safety import regex_problem
from catalyst.expressions.types import BOOL, INT, STR, Type, UnionType, nullable

GROUP = "regex"
PATTERN = Argument("pattern", STR, literal=True)
_MOST_CHARACTERS = 1_000
_DOLLAR_GROUP = re.compile(r"\$[1-9&]")


def pattern_python(function: str, *names: str) -> Emit:
    """A call of a helper of the runtime module `regexes`."""

    def emit(call_: EmitCall) -> ast.expr:
        return helper_call(call_, "regexes", function, ("pattern", *names))

    return emit


def pattern_is_safe(call_: FilterCall) -> Iterator[Problem]:
    """Whether the pattern compiles and cannot take exponential time."""
    pattern = call_.constant("pattern")
    if not isinstance(pattern, str):
        return
    if len(pattern) > _MOST_CHARACTERS:
        yield Problem("E230", f"the regex has more than {_MOST_CHARACTERS:,} characters", None, "pattern")
        return
    compiled = _compiled(pattern)
    if isinstance(compiled, str):
        yield Problem("E230", f"the regex is not valid: {compiled}", None, "pattern")
        return
    problem = regex_problem(pattern)
    if problem is not None:
        help_ = "let each repetition start with, or end at, something that it does not repeat itself: (\\w+,)+"
        yield Problem("E214", problem, help_, "pattern")


def _compiled(pattern: str) -> re.Pattern[str] | str:
    """The compiled pattern, or why it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(pattern)
    except re.error as error:
        return error.msg if error.pos is None else f"{error.msg} at character {error.pos + 1}"
    except (OverflowError, RecursionError, Warning) as error:
        return "it is nested too deep" if isinstance(error, RecursionError) else str(error)


def _group_exists(call_: FilterCall) -> Iterator[Problem]:
    yield from pattern_is_safe(call_)
    compiled, group = _compiled(str(call_.constant("pattern", ""))), call_.constant("group", 0)
    if isinstance(compiled, str) or isinstance(group, bool):
        return
    known = group in compiled.groupindex if isinstance(group, str) else 0 <= group <= compiled.groups
    if not known:
        yield Problem("E232", f"the regex has no group `{group}`", f"it has {compiled.groups} groups", "group")


def _replacement_fits(call_: FilterCall) -> Iterator[Problem]:
    yield from pattern_is_safe(call_)
    compiled, replacement = _compiled(str(call_.constant("pattern", ""))), call_.constant("replacement")
    if isinstance(compiled, str) or not isinstance(replacement, str):
        return
    try:
        # A pattern that matches nothing: the template is read, and its groups are looked up, before the search.
        re.sub(f"(?!){_groups(compiled)}", replacement, "")
        compiled.sub(replacement, "")
    except (re.error, IndexError) as error:
        yield Problem("E230", f"the replacement is not valid: {error}", "a group is \\1 or \\g<name>", "replacement")
        return
    if _DOLLAR_GROUP.search(replacement) and compiled.groups:
        yield Problem("E230", "the replacement means a group with `$`", "write \\1 instead of $1", "replacement")


def _groups(compiled: re.Pattern[str]) -> str:
    """As many groups, with the same names, as the pattern has."""
    names = {number: name for name, number in compiled.groupindex.items()}
    numbers = range(1, compiled.groups + 1)
    return "".join(f"(?P<{names[number]}>)" if number in names else "()" for number in numbers)


def _maybe_text(call_: FilterCall) -> Type:
    return nullable(STR)


FILTERS = (
    FilterSpec(
        name="regex_match",
        group=GROUP,
        summary="Whether a regular expression is found anywhere in the text; `^` and `$` tie it to the ends.",
        example=("'order-17' | regex_match('^order-\\\\d+$')", True),
        accepts=STR,
        arguments=(PATTERN,),
        result=always(BOOL),
        emit=pattern_python("regex_match"),
        check=pattern_is_safe,
    ),
    FilterSpec(
        name="regex_find",
        group=GROUP,
        summary="The first match in the text, or one group of it by number or name; none when there is no match.",
        example=("'order-17' | regex_find('(\\\\d+)', 1)", "17"),
        accepts=STR,
        arguments=(PATTERN, Argument("group", UnionType((INT, STR)), required=False, default=0, literal=True)),
        result=_maybe_text,
        emit=pattern_python("regex_find", "group"),
        check=_group_exists,
    ),
    FilterSpec(
        name="regex_replace",
        group=GROUP,
        summary="The text with `replacement` for each match; the replacement may hold groups as `\\1` or `\\g<name>`.",
        example=("'a1b22' | regex_replace('\\\\d+', '#')", "a#b#"),
        accepts=STR,
        arguments=(PATTERN, Argument("replacement", STR, literal=True)),
        result=always(STR),
        emit=pattern_python("regex_replace", "replacement"),
        check=_replacement_fits,
    ),
)
