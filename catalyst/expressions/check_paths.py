"""Types of paths: `a.b`, `a?.b`, `a[0]`, `a[1:2]`.

A path is checked as one chain from its root, because `?.` skips the rest of the chain and a `soft` chain (below `??`,
`default` and `is defined`) tolerates a step that leads nowhere.
"""

from __future__ import annotations

from dataclasses import replace

from catalyst.diagnostics import did_you_mean, listing
from catalyst.expressions.check_names import key_of, key_place, resolve_root
from catalyst.expressions.checker import DEFINED, Checker, Facts, PathKey, default_help, shown
from catalyst.expressions.functions import FILTERS
from catalyst.expressions.tree import Expr, Get, Index, Literal_, Name, Slice, Unary
from catalyst.expressions.types import (
    ANY,
    BYTES,
    NONE,
    STR,
    AnyType,
    DateTimeType,
    FieldType,
    FileType,
    IntType,
    ListType,
    MapType,
    NoneType,
    ObjectType,
    SecretType,
    StrType,
    Type,
    UnionType,
    describe,
    is_secret,
    may_be_none,
    nullable,
    union,
    without_none,
)

FILE_FIELDS = ObjectType(
    name="file",
    fields=(("filename", FieldType(STR)), ("content_type", FieldType(STR)), ("content", FieldType(BYTES))),
)


def path_key(node: Expr) -> PathKey | None:
    """The path that a tree spells, when it is names and constant keys only."""
    keys: list[str | int] = []
    while True:
        match node:
            case Name(name=name):
                return ("vars" if name == "global" else name, *reversed(keys))
            case Get(value=value, key=key):
                keys.append(key)
                node = value
            case Index(value=value, key=Literal_(value=constant)) if isinstance(constant, (str, int)):
                keys.append(constant)
                node = value
            case _:
                return None


def is_path(node: Expr) -> bool:
    """Whether `is defined` can be asked of it."""
    return isinstance(node, (Name, Get, Index))


def check_path(checker: Checker, node: Get | Index, facts: Facts, soft: bool) -> Expr:
    """A chain of steps, from its root or the expression it begins at."""
    steps: list[Get | Index] = []
    base: Expr = node
    root: Expr | None = None
    while isinstance(base, (Get, Index)) and root is None:
        root = resolve_root(checker, base)
        if root is None:
            steps.append(base)
            base = base.value
    if root is base:
        return node  # an error was found at the root
    current = root if root is not None else checker.check(base, facts)
    return _walk(checker, current, base, list(reversed(steps)), facts, soft)


def _walk(checker: Checker, current: Expr, written: Expr, steps: list[Get | Index], facts: Facts, soft: bool) -> Expr:
    """Take the steps in turn. `own` is the type without the none of a chain that was cut short by `?.`."""
    current = _narrowed(current, written, facts)
    own, skipping = current.type, False
    for step in steps:
        tolerant = soft or step.optional
        if may_be_none(own) and not isinstance(own, NoneType):
            skipping |= tolerant
            if not tolerant:
                _may_be_missing(checker, current)
        key = checker.check(step.key, facts) if isinstance(step, Index) else None
        found, may_miss = _step(checker, without_none(own), step, key, tolerant)
        key_path = path_key(step)
        if key_path in facts:
            found, skipping = without_none(found), False
        elif key_path is not None and (DEFINED, *key_path) in facts:
            found, skipping = _found(without_none(own), step, found), False
        elif may_miss and tolerant:
            skipping = True
        if step.optional and may_be_none(found):
            found, skipping = without_none(found), True  # `a?.b.c` is none when b is, too
        own = found
        type_ = nullable(own) if skipping else own
        if isinstance(step, Get):
            current = replace(step, value=current, type=type_)
        else:
            assert key is not None
            current = replace(step, value=current, key=key, type=type_)
    return current


def _found(type_: Type, step: Get | Index, otherwise: Type) -> Type:
    """The type behind a step that is known to lead somewhere: the field's own, which may be none by itself."""
    key = key_of(step)
    field = type_.field(key) if isinstance(type_, ObjectType) and key is not None else None
    return field.type if field is not None else otherwise


def _narrowed(node: Expr, written: Expr, facts: Facts) -> Expr:
    if may_be_none(node.type) and path_key(written) in facts:
        return replace(node, type=without_none(node.type))
    return node


def _may_be_missing(checker: Checker, node: Expr) -> None:
    help_ = "write `?.` behind it, or give the whole path a fallback: `?? ...`"
    checker.error("E204", "value may be missing or null", node, help_)


def _step(checker: Checker, type_: Type, step: Get | Index, key: Expr | None, tolerant: bool) -> tuple[Type, bool]:
    """The type behind one step, and whether the step may lead nowhere although the types fit."""
    match type_:
        case AnyType():
            return ANY, True
        case SecretType():
            checker.error("E301", "a secret has no fields", key_place(step), "a secret is used whole")
            return ANY, False
        case NoneType():
            if not tolerant:
                checker.error("E203", "none has no fields", key_place(step))
            return NONE, True
        case UnionType(members):
            return _union_step(checker, members, step, key, tolerant)
        case FileType():
            return _object_step(checker, FILE_FIELDS, step, key)
        case ObjectType():
            return _object_step(checker, type_, step, key)
        case MapType(value):
            if key is not None and not _may_be(key.type, StrType):
                checker.error("E205", f"keys of an object are strings, not {shown(key)}", key)
            return value, True
        case ListType() | StrType() if key is not None:
            if not _may_be(key.type, IntType):
                checker.error("E205", f"an index is an integer, not {shown(key)}", key, _index_help(type_, key))
            return (type_.item if isinstance(type_, ListType) else STR), True
        case _:
            _no_fields(checker, type_, step)
            return ANY, False


def _may_be(type_: Type, kind: type) -> bool:
    return isinstance(type_, (AnyType, kind)) or (
        isinstance(type_, UnionType) and any(isinstance(member, kind) for member in type_.members)
    )


def _union_step(
    checker: Checker, members: tuple[Type, ...], step: Get | Index, key: Expr | None, tolerant: bool
) -> tuple[Type, bool]:
    """A step into one of several types: fine as long as one of them has it."""
    possible: list[Type] = []
    for member in members:
        trial = Checker(checker.scope, checker.source, checker.what, checker.dispatch)
        found, _ = _step(trial, member, step, key, tolerant)
        if not trial.diagnostics:
            possible.append(found)
    if not possible:
        _no_fields(checker, UnionType(members), step)
        return ANY, False
    return union(*possible), True


def _object_step(checker: Checker, type_: ObjectType, step: Get | Index, key: Expr | None) -> tuple[Type, bool]:
    name = key_of(step)
    if name is None:
        if key is not None and not _may_be(key.type, StrType):
            checker.error("E205", f"keys of an object are strings, not {shown(key)}", key)
        return ANY, True
    field = type_.field(name)
    if field is not None:
        return (field.type, False) if field.required else (nullable(field.type), False)
    if type_.open:
        return ANY, True
    names = [known for known, _ in type_.fields]
    message, help_ = _unknown_field(type_, step, name, names)
    checker.error("E202", message, key_place(step), help_, did_you_mean(name, names))
    return ANY, False


def _unknown_field(type_: ObjectType, step: Get | Index, name: str, names: list[str]) -> tuple[str, str | None]:
    below = path_key(step.value)
    if below in (("input",), ("vars",)):
        root = below[0]
        help_ = f"`{root}` has fields: {listing(names)}" if names else f"the flow declares no {root}"
        return f"`{root}` has no field `{name}`", help_
    help_ = f"it has fields: {listing(names)}" if names else "it has no fields"
    if name == "length" and "length" not in names:
        help_ = "for the number of its keys write `| length`"
    if type_.name:
        shown_name = describe(type_)
        return f"unknown field `{name}` on type `{shown_name}`", help_.replace("it has", f"`{shown_name}` has")
    return f"unknown field `{name}`", help_


def _index_help(type_: Type, key: Expr) -> str | None:
    if isinstance(type_, ListType) and isinstance(key.type, StrType):
        return "for one field of every item write `| map(x => x.name)`"
    return None


def _no_fields(checker: Checker, type_: Type, step: Get | Index) -> None:
    key = key_of(step)
    what = describe(type_) if not isinstance(type_, StrType) else "a string"
    what = what if what.startswith("a ") else f"{'an' if what[0] in 'aeiou' else 'a'} {what}"
    help_ = None
    if key in ("length", "size", "count"):
        help_ = "write `| length`"
    elif isinstance(type_, DateTimeType):
        help_ = "its parts are text of a format: `| date('YYYY')`"
    elif isinstance(type_, StrType) and key in FILTERS:
        help_ = f"write `| {key}`"
    elif isinstance(type_, ListType):
        item = without_none(type_.item)
        if isinstance(item, ObjectType) and key is not None and item.field(key) is not None:
            help_ = f"for every item write `| map(x => x.{key})`, for the first `[0].{key}`"
        else:
            help_ = "an item is read by its index: `[0]`"
    checker.error("E203", f"{what} has no field `{key}`" if key else f"{what} has no items", key_place(step), help_)


def check_slice(checker: Checker, node: Slice, facts: Facts) -> Expr:
    """`value[a:b:c]` of a list or of text."""
    value = checker.check(node.value, facts)
    type_ = without_none(value.type)
    if is_secret(type_):
        checker.error("E301", "a secret cannot be cut", value, "a secret is used whole")
        return replace(node, value=value)
    if may_be_none(value.type):
        checker.error("E204", "value may be missing or null", value, default_help(type_))
    if not isinstance(type_, (AnyType, ListType, StrType, UnionType)):
        checker.error("E205", f"a slice needs an array or a string, not {describe(type_)}", value)
    bounds = [_bound(checker, bound, facts) for bound in (node.lower, node.upper, node.step)]
    step = bounds[2]
    if isinstance(step, Literal_) and step.value == 0:
        checker.error("E205", "the step of a slice must not be 0", step)
    result = STR if isinstance(type_, StrType) else type_
    return replace(node, value=value, lower=bounds[0], upper=bounds[1], step=step, type=result)


def _bound(checker: Checker, node: Expr | None, facts: Facts) -> Expr | None:
    if node is None:
        return None
    checked = checker.check(node, facts)
    bare = checked.value if isinstance(checked, Unary) else checked
    if not isinstance(without_none(bare.type), (AnyType, IntType, NoneType)):
        checker.error("E205", f"the bounds of a slice are integers, not {shown(checked)}", checked)
    elif may_be_none(checked.type) and not isinstance(checked.type, NoneType):
        checker.error("E204", "value may be missing or null", checked, default_help(checked.type))
    return checked
