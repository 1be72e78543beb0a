"""Filters of objects."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from catalyst.expressions.functions_model import Argument, EmitCall, FilterCall, FilterSpec, Problem
from catalyst.expressions.functions_python import (
    LIST,
    OBJECT,
    always,
    argument,
    bare,
    call,
    helper,
    helper_call,
    is_object,
    method,
    subscript,
    value_of,
)
from catalyst.expressions.types import (
    ANY,
    BOOL,
    OPEN_OBJECT,
    STR,
    FieldType,
    ListType,
    MapType,
    ObjectType,
    Type,
    nullable,
    union,
    without_none,
)

GROUP = "object"


def _closed(type_: Type) -> ObjectType | None:
    known = bare(type_)
    return known if isinstance(known, ObjectType) and not known.open else None


def _values(call_: FilterCall) -> Type:
    known = _closed(call_.value)
    if known is not None and known.fields:
        return ListType(union(*(field.type for _, field in known.fields)))
    return ListType(value_of(call_.value))


def _keys(call_: EmitCall) -> ast.expr:
    if is_object(bare(call_.value_type)):
        return call("list", call_.value)
    return helper_call(call_, "objects", "keys_of")


def _values_python(call_: EmitCall) -> ast.expr:
    # The values of a TypedDict are `object` to a type checker, so only a map is asked directly.
    if isinstance(bare(call_.value_type), MapType):
        return call("list", method(call_.value, "values"))
    return helper_call(call_, "objects", "values_of")


def _merged(call_: FilterCall) -> Type:
    left, right = _closed(call_.value), _closed(call_.args.get("other", ANY))
    if left is not None and right is not None:
        fields = dict(left.fields)
        for name, field in right.fields:
            before = fields.get(name)
            if field.required or before is None:
                fields[name] = field
            else:
                fields[name] = FieldType(union(before.type, field.type), before.required)
        return ObjectType(tuple(fields.items()))
    both = bare(call_.value), bare(call_.args.get("other", ANY))
    if isinstance(both[0], MapType) and isinstance(both[1], MapType):
        return MapType(union(both[0].value, both[1].value))
    return OPEN_OBJECT


def _merge(call_: EmitCall) -> ast.expr:
    """A display where every field of both is known, so that a type checker knows what comes out."""
    other = argument(call_, "other")
    if other is None or not (_all_there(call_.value_type) and _all_there(call_.types.get("other", ANY))):
        return helper_call(call_, "objects", "merge", ("other",))
    entries = [*_entries(call_.value), *_entries(other)]
    constants = [key.value for key, _ in entries if isinstance(key, ast.Constant)]
    # What a helper gives is anything to a type checker.
    loose = any(key is None and isinstance(value, ast.Call) for key, value in entries)
    if loose or len(constants) != len(set(constants)):
        return helper_call(call_, "objects", "merge", ("other",))
    return ast.Dict([key for key, _ in entries], [value for _, value in entries])


def _all_there(type_: Type) -> bool:
    """Whether it is an object whose fields are known and always there."""
    return isinstance(type_, ObjectType) and not type_.open and all(field.required for _, field in type_.fields)


def _entries(tree: ast.expr) -> list[tuple[ast.expr | None, ast.expr]]:
    return list(zip(tree.keys, tree.values, strict=True)) if isinstance(tree, ast.Dict) else [(None, tree)]


def _picked(call_: FilterCall) -> Type:
    known, keys = _closed(call_.value), call_.constant("keys")
    if known is None or keys is None:
        return bare(call_.value) if isinstance(bare(call_.value), MapType) else OPEN_OBJECT
    return ObjectType(tuple((name, field) for name, field in known.fields if name in keys))


def _omitted(call_: FilterCall) -> Type:
    known, keys = _closed(call_.value), call_.constant("keys")
    if known is None or keys is None:
        return bare(call_.value) if isinstance(bare(call_.value), MapType) else OPEN_OBJECT
    return ObjectType(tuple((name, field) for name, field in known.fields if name not in keys))


def _keys_exist(call_: FilterCall) -> Iterator[Problem]:
    known = _closed(call_.value)
    if known is None:
        return
    names = [name for name, _ in known.fields]
    for key in call_.constant("keys") or ():
        if key not in names:
            have = "it has " + ", ".join(f"`{name}`" for name in names[:12]) if names else "it has no fields"
            yield Problem("E202", f"the object has no field `{key}`", have, "keys")


def _field(type_: Type, key: object) -> FieldType | None:
    known = bare(type_)
    return known.field(key) if isinstance(known, ObjectType) and isinstance(key, str) else None


def _got(call_: FilterCall) -> Type:
    field = _field(call_.value, call_.constant("key"))
    if field is not None:
        found = field.type if field.required else nullable(field.type)
    else:
        found = nullable(value_of(call_.value))
    return union(without_none(found), call_.args["default"]) if "default" in call_.args else found


def _get(call_: EmitCall) -> ast.expr:
    key, field = argument(call_, "key"), _field(call_.value_type, call_.constants.get("key"))
    if key is None or "default" in call_.args:
        return helper_call(call_, "objects", "lookup", ("key", "default"))
    if field is not None and field.required:
        return subscript(call_.value, key)
    if field is not None or isinstance(bare(call_.value_type), MapType):
        return method(call_.value, "get", key)
    return helper_call(call_, "objects", "lookup", ("key", "default"))


def _sides(call_: FilterCall) -> Iterator[Problem]:
    if call_.constant("by", "key") not in {"key", "value"}:
        yield Problem("E232", "`dictsort` sorts by `key` or by `value`", None, "by")


FILTERS = (
    FilterSpec(
        name="items",
        group=GROUP,
        summary="Pairs of a key and its value.",
        example=("{'a': 1} | items", [["a", 1]]),
        accepts=OBJECT,
        arguments=(),
        result=always(ListType(LIST)),
        emit=helper("objects", "items_of"),
        jinja=True,
    ),
    FilterSpec(
        name="dictsort",
        group=GROUP,
        summary="Pairs of a key and its value, in the order of the keys or, with `by='value'`, of the values.",
        example=("{'b': 1, 'a': 2} | dictsort", [["a", 2], ["b", 1]]),
        accepts=OBJECT,
        arguments=(
            Argument("case_sensitive", BOOL, required=False, default=False),
            Argument("by", STR, required=False, default="key", literal=True),
            Argument("reverse", BOOL, required=False, default=False),
        ),
        result=always(ListType(LIST)),
        emit=helper("objects", "sorted_items", ("case_sensitive", "by", "reverse")),
        check=_sides,
        jinja=True,
    ),
    FilterSpec(
        name="keys",
        group=GROUP,
        summary="The keys of an object.",
        example=("{'a': 1} | keys", ["a"]),
        accepts=OBJECT,
        arguments=(),
        result=always(ListType(STR)),
        emit=_keys,
    ),
    FilterSpec(
        name="values",
        group=GROUP,
        summary="The values of an object, in the order of its keys.",
        example=("{'a': 1} | values", [1]),
        accepts=OBJECT,
        arguments=(),
        result=_values,
        emit=_values_python,
    ),
    FilterSpec(
        name="merge",
        group=GROUP,
        summary="The keys of both objects; where both have one, the value of `other`.",
        example=("{'a': 1, 'b': 2} | merge({'b': 3})", {"a": 1, "b": 3}),
        accepts=OBJECT,
        arguments=(Argument("other", OBJECT),),
        result=_merged,
        emit=_merge,
    ),
    FilterSpec(
        name="pick",
        group=GROUP,
        summary="The object with these keys only.",
        example=("{'a': 1, 'b': 2} | pick('a')", {"a": 1}),
        accepts=OBJECT,
        arguments=(Argument("keys", STR, variadic=True),),
        result=_picked,
        emit=helper("objects", "pick", ("keys",)),
        check=_keys_exist,
    ),
    FilterSpec(
        name="omit",
        group=GROUP,
        summary="The object without these keys.",
        example=("{'a': 1, 'b': 2} | omit('a')", {"b": 2}),
        accepts=OBJECT,
        arguments=(Argument("keys", STR, variadic=True),),
        result=_omitted,
        emit=helper("objects", "omit", ("keys",)),
        check=_keys_exist,
    ),
    FilterSpec(
        name="get",
        group=GROUP,
        summary="The value of a key, or `default` when it is missing or none.",
        example=("{'a': 1} | get('b', 0)", 0),
        accepts=OBJECT,
        arguments=(Argument("key", STR), Argument("default", ANY, required=False)),
        result=_got,
        emit=_get,
    ),
)
