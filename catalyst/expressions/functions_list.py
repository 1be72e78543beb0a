"""Filters that take lists apart and put them together."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from catalyst.expressions.emit_joins import Side, joined
from catalyst.expressions.functions_model import Argument, EmitCall, FilterCall, FilterSpec, LambdaCode, Problem
from catalyst.expressions.functions_python import (
    ELEMENTS,
    LIST,
    always,
    argument,
    bare,
    call,
    choose,
    code_of,
    constant,
    element,
    helper,
    helper_call,
    is_list,
    is_new_list,
    is_number,
    is_object,
    is_plain,
    is_text,
    local,
    method,
    stream,
    subscript,
)
from catalyst.expressions.types import (
    ANY,
    FLOAT,
    INT,
    NONE,
    STR,
    AnyType,
    IntType,
    ListType,
    Type,
    UnionType,
    describe,
    nullable,
    union,
    without_none,
)

GROUP = "list"


def can_be_walked(type_: Type) -> bool:
    """Whether `for` gives the elements that the filters see: a list, a text or an object for sure."""
    known = bare(type_)
    return is_list(known) or is_text(known) or is_object(known)


def _one_or_none(call_: FilterCall) -> Type:
    return nullable(element(call_.value))


def _same_list(call_: FilterCall) -> Type:
    known = bare(call_.value)
    return ANY if isinstance(known, (AnyType, UnionType)) else STR if is_text(known) else ListType(element(known))


def _list_of_elements(call_: FilterCall) -> Type:
    return ListType(element(call_.value))


def _length(call_: EmitCall) -> ast.expr:
    known = bare(call_.value_type)
    members = known.members if isinstance(known, UnionType) else (known,)
    if all(can_be_walked(member) for member in members):
        return call("len", call_.value)
    return helper_call(call_, "lists", "length")


def _end(call_: EmitCall, position: int, name: str) -> ast.expr:
    known = bare(call_.value_type)
    if (is_list(known) or is_text(known)) and is_plain(call_.value):
        return choose(call_.value, subscript(call_.value, constant(position)), constant(None))
    return helper_call(call_, "lists", name)


def _first(call_: EmitCall) -> ast.expr:
    return _end(call_, 0, "first")


def _last(call_: EmitCall) -> ast.expr:
    return _end(call_, -1, "last")


_LONG_SEPARATOR = 16


def _join(call_: EmitCall) -> ast.expr:
    separator = call_.constants.get("sep", "")
    # A long separator between many items could make a very long text; the helper has a limit.
    short = isinstance(separator, str) and len(separator) <= _LONG_SEPARATOR and set(call_.args) <= {"sep", "attribute"}
    code = code_of(call_, "attribute")
    item = call_.types.get("attribute", ANY) if code else element(call_.value_type)
    if not (short and is_list(bare(call_.value_type)) and ("sep" not in call_.args or "sep" in call_.constants)):
        return helper_call(call_, "lists", "join", ("sep", "attribute"))
    if is_text(item):
        parts = stream(code.body, code.parameters[0], call_.value) if code else call_.value
        return method(constant(separator), "join", parts)
    if isinstance(item, IntType):
        body = code or LambdaCode(("item",), local("item"))
        return method(constant(separator), "join", stream(call("str", body.body), body.parameters[0], call_.value))
    return helper_call(call_, "lists", "join", ("sep", "attribute"))


def _reverse(call_: EmitCall) -> ast.expr:
    known = bare(call_.value_type)
    if is_list(known) or is_text(known):
        return subscript(call_.value, ast.Slice(step=constant(-1)))
    return helper_call(call_, "lists", "backwards")


def _list(call_: EmitCall) -> ast.expr:
    if is_list(bare(call_.value_type)) and is_new_list(call_.value):
        return call_.value
    return call("list", call_.value) if can_be_walked(call_.value_type) else helper_call(call_, "lists", "as_list")


def _batch_type(call_: FilterCall) -> Type:
    return ListType(ListType(union(element(call_.value), call_.args.get("fill_with", element(call_.value)))))


def _batch_size(call_: FilterCall) -> Iterator[Problem]:
    size = call_.constant("linecount")
    if isinstance(size, int) and size < 1:
        yield Problem("E232", "`batch` needs at least one item per batch", None, "linecount")


def _slice(call_: EmitCall) -> ast.expr:
    known = bare(call_.value_type)
    lower, upper = argument(call_, "start"), argument(call_, "stop")
    if (is_list(known) or is_text(known)) and all(_is_int(kind) for kind in call_.types.values()):
        return subscript(call_.value, ast.Slice(lower, upper))
    return helper_call(call_, "values", "part", ("start", "stop"))


def _is_int(type_: Type) -> bool:
    return isinstance(type_, IntType)


def _appended(call_: FilterCall) -> ListType:
    return ListType(union(element(call_.value), call_.args.get("item", ANY)))


def _append(call_: EmitCall) -> ast.expr:
    item = argument(call_, "item") or constant(None)
    known = bare(call_.value_type)
    if isinstance(known, ListType):
        result = _appended(FilterCall(known, {"item": call_.types.get("item", ANY)}))
        sides = [
            Side(call_.value, known, result, read_only=True),
            Side(item, call_.types.get("item", ANY), result.item),
        ]

        def build(codes: Sequence[ast.expr]) -> ast.expr:
            return ast.List([ast.Starred(codes[0], ast.Load()), codes[1]], ast.Load())

        return joined(call_.cast, result, sides, build)
    return helper_call(call_, "lists", "append", ("item",))


def _flattened(call_: FilterCall) -> Type:
    inner = element(call_.value)
    if call_.constant("levels", 1) != 1 or ("levels" in call_.args and "levels" not in call_.constants):
        return LIST
    if isinstance(inner, ListType):
        return inner
    return LIST if isinstance(without_none(inner), (AnyType, UnionType, ListType)) else ListType(inner)


def _flatten(call_: EmitCall) -> ast.expr:
    if "levels" in call_.args or not (is_list(bare(call_.value_type)) and is_list(element(call_.value_type))):
        return helper_call(call_, "lists", "flatten", ("levels",))
    group, item = ast.Name("group", ast.Store()), ast.Name("item", ast.Store())
    loops = [ast.comprehension(group, call_.value, [], 0), ast.comprehension(item, local("group"), [], 0)]
    return ast.ListComp(local("item"), loops)


def _compacted(call_: FilterCall) -> ListType:
    return ListType(without_none(element(call_.value)))


def _compact(call_: EmitCall) -> ast.expr:
    result = _compacted(FilterCall(call_.value_type))
    found = helper_call(call_, "lists", "compact")
    # As the one type of items that may be none, one of several types is taken for `object`.
    return call_.cast(result, found) if isinstance(result.item, UnionType) else found


def _zipped(call_: FilterCall) -> Type:
    return ListType(ListType(union(element(call_.value), element(call_.args.get("other", ANY)))))


def numbers_wanted(call_: FilterCall) -> Iterator[Problem]:
    """Whether the items, or what `attribute` gives for them, may be numbers."""
    item = call_.args.get("attribute", element(call_.value))
    known = bare(item)
    members = known.members if isinstance(known, UnionType) else (known,)
    if known == NONE or not any(is_number(member) or isinstance(member, AnyType) for member in members):
        yield Problem("E233", f"adding up needs numbers, not {describe(item)}", "name a key: `attribute='k'`")


FILTERS = (
    FilterSpec(
        name="length",
        group=GROUP,
        summary="The number of items of a list, characters of a text or keys of an object.",
        example=("[1, 2, 3] | length", 3),
        accepts=ELEMENTS,
        arguments=(),
        result=always(INT),
        emit=_length,
        jinja=True,
    ),
    FilterSpec(
        name="first",
        group=GROUP,
        summary="The first item, or none when the list is empty.",
        example=("[1, 2, 3] | first", 1),
        accepts=ELEMENTS,
        arguments=(),
        result=_one_or_none,
        emit=_first,
        jinja=True,
    ),
    FilterSpec(
        name="last",
        group=GROUP,
        summary="The last item, or none when the list is empty.",
        example=("[1, 2, 3] | last", 3),
        accepts=ELEMENTS,
        arguments=(),
        result=_one_or_none,
        emit=_last,
        jinja=True,
    ),
    FilterSpec(
        name="join",
        group=GROUP,
        summary="The items as text with `sep` between; `attribute` names a key of the items to print instead.",
        example=("['a', 1, true] | join(', ')", "a, 1, true"),
        accepts=ELEMENTS,
        arguments=(
            Argument("sep", STR, required=False, default=""),
            Argument("attribute", None, required=False, sugar="path"),
        ),
        result=always(STR),
        emit=_join,
        lambda_parameters=lambda call_: (element(call_.value),),
        jinja=True,
    ),
    FilterSpec(
        name="reverse",
        group=GROUP,
        summary="The list, or the text, from its end to its start.",
        example=("[1, 2, 3] | reverse", [3, 2, 1]),
        accepts=ELEMENTS,
        arguments=(),
        result=_same_list,
        emit=_reverse,
        jinja=True,
    ),
    FilterSpec(
        name="list",
        group=GROUP,
        summary="A list of the items, of the characters of a text or of the keys of an object.",
        example=("'abc' | list", ["a", "b", "c"]),
        accepts=ELEMENTS,
        arguments=(),
        result=_list_of_elements,
        emit=_list,
        jinja=True,
    ),
    FilterSpec(
        name="batch",
        group=GROUP,
        summary="Lists of `linecount` items each; `fill_with` fills up the last one.",
        example=("[1, 2, 3] | batch(2, 0)", [[1, 2], [3, 0]]),
        accepts=ELEMENTS,
        arguments=(Argument("linecount", INT), Argument("fill_with", ANY, required=False)),
        result=_batch_type,
        emit=helper("lists", "batch", ("linecount", "fill_with")),
        check=_batch_size,
        jinja=True,
    ),
    FilterSpec(
        name="slice",
        group=GROUP,
        summary="The items from `start` up to, but not including, `stop`; the same as `x[start:stop]`.",
        example=("[1, 2, 3, 4] | slice(1, 3)", [2, 3]),
        accepts=UnionType((LIST, STR)),
        arguments=(Argument("start", INT), Argument("stop", INT, required=False)),
        result=_same_list,
        emit=_slice,
    ),
    FilterSpec(
        name="append",
        group=GROUP,
        summary="The list with one more item at its end.",
        example=("[1, 2] | append(3)", [1, 2, 3]),
        accepts=LIST,
        arguments=(Argument("item", ANY),),
        result=_appended,
        emit=_append,
    ),
    FilterSpec(
        name="flatten",
        group=GROUP,
        summary="The list with the items of inner lists in their place, `levels` deep.",
        example=("[1, [2, [3]]] | flatten", [1, 2, [3]]),
        accepts=LIST,
        arguments=(Argument("levels", INT, required=False, default=1),),
        result=_flattened,
        emit=_flatten,
    ),
    FilterSpec(
        name="compact",
        group=GROUP,
        summary="The list without items that are none or empty text.",
        example=("[1, none, 0, ''] | compact", [1, 0]),
        accepts=LIST,
        arguments=(),
        result=_compacted,
        emit=_compact,
    ),
    FilterSpec(
        name="zip",
        group=GROUP,
        summary="Pairs of the items of two lists, as many as the shorter one has.",
        example=("[1, 2] | zip(['a', 'b', 'c'])", [[1, "a"], [2, "b"]]),
        accepts=LIST,
        arguments=(Argument("other", LIST),),
        result=_zipped,
        emit=helper("lists", "zipped", ("other",)),
    ),
    FilterSpec(
        name="avg",
        group=GROUP,
        summary="The mean of a list of numbers, or none when it is empty.",
        example=("[1, 2, 6] | avg", 3.0),
        accepts=LIST,
        arguments=(),
        result=always(nullable(FLOAT)),
        emit=helper("lists", "average"),
        check=numbers_wanted,
    ),
)
