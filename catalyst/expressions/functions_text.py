"""Filters of text."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from catalyst.expressions.functions_model import Argument, EmitCall, FilterCall, FilterSpec, Problem
from catalyst.expressions.functions_python import (
    Emit,
    always,
    argument,
    bare,
    compare,
    constant,
    element,
    helper,
    helper_call,
    is_list,
    is_object,
    is_scalar,
    is_text,
    method,
)
from catalyst.expressions.types import ANY, BOOL, INT, OPEN_OBJECT, STR, BoolType, ListType, UnionType

GROUP = "text"


def _method(name: str, helper_name: str, *names: str) -> Emit:
    """A method of `str` where the value is known to be text, else a helper of the same meaning."""

    def emit(call_: EmitCall) -> ast.expr:
        given = [argument(call_, each) for each in names if each in call_.args]
        if is_text(bare(call_.value_type)):
            return method(call_.value, name, *[each for each in given if each is not None])
        return helper_call(call_, "strings", helper_name, names)

    return emit


def _replace(call_: EmitCall) -> ast.expr:
    old, new = call_.constants.get("old"), call_.constants.get("new")
    short = isinstance(old, str) and isinstance(new, str) and 0 < len(old) >= len(new)
    # A replacement that makes the text longer could make it very long; the helper has a limit.
    if short and is_text(bare(call_.value_type)) and "count" not in call_.args:
        return method(call_.value, "replace", constant(old), constant(new))
    return helper_call(call_, "strings", "replace", ("old", "new", "count"))


def _split(call_: EmitCall) -> ast.expr:
    sep = call_.constants.get("sep", " ")
    sure = "limit" not in call_.args and isinstance(sep, str) and sep != ""
    if sure and is_text(bare(call_.value_type)) and set(call_.args) <= set(call_.constants):
        return method(call_.value, "split", *([constant(sep)] if "sep" in call_.args else []))
    return helper_call(call_, "strings", "split", ("sep", "limit"))


def contains_python(call_: EmitCall) -> ast.expr:
    """The Python of the filter and of the test `contains`."""
    value, item = bare(call_.value_type), argument(call_, "item") or constant(None)
    known = call_.types.get("item", ANY)
    both_text = is_text(known) and (is_text(value) or is_object(value))
    members = element(value)
    # Python finds true in [1], so only members of one and the same kind go without the helper.
    alike = is_list(value) and is_scalar(members) and is_scalar(known)
    if both_text or (alike and isinstance(members, BoolType) == isinstance(known, BoolType)):
        return compare(item, ast.In(), call_.value)
    return helper_call(call_, "lists", "contains", ("item",))


def _lengths_fit(call_: FilterCall) -> Iterator[Problem]:
    length, end = call_.constant("length", 255), call_.constant("end", "...")
    if isinstance(length, int) and isinstance(end, str) and length < len(end):
        yield Problem("E232", f"`truncate` to {length} leaves no room for its end `{end}`", "give `end=''`", "length")


def _separator_given(call_: FilterCall) -> Iterator[Problem]:
    if call_.constant("sep") == "":
        yield Problem("E232", "`split` needs a separator that is not empty", "`x | list` gives the characters", "sep")


def _pad_fits(call_: FilterCall) -> Iterator[Problem]:
    if call_.constant("side", "left") not in {"left", "right"}:
        yield Problem("E232", "`pad` pads at the side `left` or `right`", None, "side")
    fill = call_.constant("fill", " ")
    if isinstance(fill, str) and len(fill) != 1:
        yield Problem("E232", "`pad` fills with exactly one character", None, "fill")


FILTERS = (
    FilterSpec(
        name="upper",
        group=GROUP,
        summary="The text in capitals.",
        example=("'abc' | upper", "ABC"),
        accepts=STR,
        arguments=(),
        result=always(STR),
        emit=_method("upper", "upper"),
        jinja=True,
    ),
    FilterSpec(
        name="lower",
        group=GROUP,
        summary="The text in small letters.",
        example=("'ABC' | lower", "abc"),
        accepts=STR,
        arguments=(),
        result=always(STR),
        emit=_method("lower", "lower"),
        jinja=True,
    ),
    FilterSpec(
        name="title",
        group=GROUP,
        summary="The text with a capital at the start of each word.",
        example=("'the end' | title", "The End"),
        accepts=STR,
        arguments=(),
        result=always(STR),
        emit=helper("strings", "title"),
        jinja=True,
    ),
    FilterSpec(
        name="capitalize",
        group=GROUP,
        summary="The text with a capital at its start and small letters behind.",
        example=("'the END' | capitalize", "The end"),
        accepts=STR,
        arguments=(),
        result=always(STR),
        emit=_method("capitalize", "capitalize"),
        jinja=True,
    ),
    FilterSpec(
        name="trim",
        group=GROUP,
        summary="The text without white space, or without any of `chars`, at both ends.",
        example=("'  abc ' | trim", "abc"),
        accepts=STR,
        arguments=(Argument("chars", STR, required=False),),
        result=always(STR),
        emit=_method("strip", "trim", "chars"),
        keeps_secret=True,
        jinja=True,
    ),
    FilterSpec(
        name="replace",
        group=GROUP,
        summary="The text with `new` in place of `old`, everywhere or the first `count` times.",
        example=("'a-b-c' | replace('-', '+', 1)", "a+b-c"),
        accepts=STR,
        arguments=(Argument("old", STR), Argument("new", STR), Argument("count", INT, required=False)),
        result=always(STR),
        emit=_replace,
        jinja=True,
    ),
    FilterSpec(
        name="truncate",
        group=GROUP,
        summary="The text cut to `length` characters with `end` behind, between words unless `killwords`.",
        example=("'the quick brown fox' | truncate(14)", "the quick..."),
        accepts=STR,
        arguments=(
            Argument("length", INT, required=False, default=255),
            Argument("killwords", BOOL, required=False, default=False),
            Argument("end", STR, required=False, default="..."),
            Argument("leeway", INT, required=False, default=0),
        ),
        result=always(STR),
        emit=helper("strings", "truncate", ("length", "killwords", "end", "leeway")),
        check=_lengths_fit,
    ),
    FilterSpec(
        name="indent",
        group=GROUP,
        summary="The text with each line but the first moved right by `width` spaces, or behind the text `width`.",
        example=("'a\\nb' | indent(2)", "a\n  b"),
        accepts=STR,
        arguments=(
            Argument("width", UnionType((INT, STR)), required=False, default=4),
            Argument("first", BOOL, required=False, default=False),
            Argument("blank", BOOL, required=False, default=False),
        ),
        result=always(STR),
        emit=helper("strings", "indent", ("width", "first", "blank")),
        jinja=True,
    ),
    FilterSpec(
        name="wordcount",
        group=GROUP,
        summary="How many words the text has.",
        example=("'to be, or not' | wordcount", 4),
        accepts=STR,
        arguments=(),
        result=always(INT),
        emit=helper("strings", "count_words"),
        jinja=True,
    ),
    FilterSpec(
        name="split",
        group=GROUP,
        summary="The parts between `sep`, or between white space; at most `limit` cuts from the left.",
        example=("'a,b,c' | split(',')", ["a", "b", "c"]),
        accepts=STR,
        arguments=(Argument("sep", STR, required=False), Argument("limit", INT, required=False)),
        result=always(ListType(STR)),
        emit=_split,
        check=_separator_given,
    ),
    FilterSpec(
        name="lines",
        group=GROUP,
        summary="The lines of the text, without their ends.",
        example=("'a\\nb' | lines", ["a", "b"]),
        accepts=STR,
        arguments=(),
        result=always(ListType(STR)),
        emit=_method("splitlines", "split_lines"),
    ),
    FilterSpec(
        name="startswith",
        group=GROUP,
        summary="Whether the text starts with `prefix`.",
        example=("'abc' | startswith('ab')", True),
        accepts=STR,
        arguments=(Argument("prefix", STR),),
        result=always(BOOL),
        emit=_method("startswith", "starts_with", "prefix"),
    ),
    FilterSpec(
        name="endswith",
        group=GROUP,
        summary="Whether the text ends with `suffix`.",
        example=("'abc' | endswith('bc')", True),
        accepts=STR,
        arguments=(Argument("suffix", STR),),
        result=always(BOOL),
        emit=_method("endswith", "ends_with", "suffix"),
    ),
    FilterSpec(
        name="contains",
        group=GROUP,
        summary="Whether a text has the text, a list the item, or an object the key `item`.",
        example=("['a', 'b'] | contains('b')", True),
        accepts=UnionType((STR, ListType(ANY), OPEN_OBJECT)),
        arguments=(Argument("item", ANY),),
        result=always(BOOL),
        emit=contains_python,
    ),
    FilterSpec(
        name="slug",
        group=GROUP,
        summary="The text as small letters, digits and single hyphens, fit for a file name or a URL.",
        example=("'Crème brûlée, please!' | slug", "creme-brulee-please"),
        accepts=STR,
        arguments=(),
        result=always(STR),
        emit=helper("strings", "slug"),
    ),
    FilterSpec(
        name="pad",
        group=GROUP,
        summary="The text brought to `width` characters with `fill` at the `side` left or right.",
        example=("'7' | pad(3, '0')", "007"),
        accepts=STR,
        arguments=(
            Argument("width", INT),
            Argument("fill", STR, required=False, default=" "),
            Argument("side", STR, required=False, default="left"),
        ),
        result=always(STR),
        emit=helper("strings", "pad", ("width", "fill", "side")),
        check=_pad_fits,
    ),
)
