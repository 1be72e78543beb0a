"""Types of filters, tests and functions, as the table in `functions.py` declares them.

`default` is the same as `??` and becomes it here, so that later passes know one form of it only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from catalyst.diagnostics import did_you_mean, suggest
from catalyst.expressions.arguments import NOT_CONSTANT, Binding, Bound, bind, constant_of
from catalyst.expressions.check_operators import check_choice, check_equality, coalesced, refuse_secret, refuse_secrets
from catalyst.expressions.check_paths import is_path
from catalyst.expressions.checker import Checker, Facts, default_help, shown
from catalyst.expressions.functions import (
    ALIASES,
    FILTERS,
    FOREIGN,
    FUNCTIONS,
    REJECTED,
    TEST_ALIASES,
    TESTS,
    FilterCall,
    FilterSpec,
    FunctionSpec,
    Problem,
    TestSpec,
    desugar,
)
from catalyst.expressions.narrowing import facts_of
from catalyst.expressions.scope import RESERVED
from catalyst.expressions.tree import BoolOp, Call, Coalesce, Expr, Filter, Lambda, ListExpr, Literal_, Test
from catalyst.expressions.types import (
    ANY,
    BOOL,
    NONE,
    STR,
    AnyType,
    NullableType,
    SecretType,
    Type,
    UnionType,
    accepts,
    describe,
    is_secret,
    may_be_none,
    union,
    without_none,
)


def check_filter(checker: Checker, node: Filter, facts: Facts) -> Expr:
    """`value | name(args)`."""
    name = ALIASES.get(node.name, node.name)
    spec = FILTERS.get(name)
    if name == "default":
        return _check_default(checker, node, facts)
    if spec is None:
        _unknown_filter(checker, node)
        checker.check(node.value, facts)
        return node
    value = checker.check(node.value, facts, soft=spec.soft)
    secret = is_secret(value.type)
    piped = without_none(value.type) if secret else value.type
    piped = piped.inner if isinstance(piped, SecretType) else piped
    if secret and not spec.keeps_secret:
        refuse_secret(checker, value, f"passed through the filter `{name}`")
        return replace(node, name=name, value=value)
    piped = _accepted(checker, value, piped, spec)
    plain = desugar(replace(node, name=name), spec)
    if isinstance(plain, Problem):
        checker.error(plain.code, plain.message, checker.name_place(node), plain.help)
        return replace(node, name=name, value=value)
    node, spec = plain, FILTERS[plain.name]
    binding = bind(spec.arguments, node.args, node.kwargs, f"the filter `{name}`")
    call, checked = _checked_call(checker, node, binding, piped, facts, spec)
    if call is None:
        return replace(node, name=name, value=value)
    call = replace(call, present=_leaves_none_out(binding, spec.name))
    _report(checker, checker.name_place(node), checked, list(spec.check(call)))
    type_ = spec.result(call)
    args, kwargs = _written(node.args, node.kwargs, checked)
    return replace(node, value=value, args=args, kwargs=kwargs, type=SecretType(type_) if secret else type_)


def _leaves_none_out(binding: Binding, name: str) -> bool:
    """Whether what a filter asks of each item is never true of none."""
    test = next((bound.value for bound in binding.bound if bound.argument.name == "test"), None)
    if not isinstance(test, Lambda):
        return name == "select"
    return test.parameters[:1] in facts_of(test.body, name not in ("reject", "rejectattr"))


def _accepted(checker: Checker, value: Expr, piped: Type, spec: FilterSpec) -> Type:
    """The type that the filter sees; reports a value that it does not take."""
    if accepts(spec.accepts, piped):
        return piped
    if isinstance(piped, NullableType):
        if accepts(spec.accepts, piped.inner):
            checker.error("E204", "value may be missing or null", value, default_help(piped))
            return piped.inner
        piped = piped.inner
    if isinstance(piped, AnyType):
        return piped
    if any(accepts(spec.accepts, member) for member in members_of(piped)):
        return ANY
    help_ = f"it takes {describe(spec.accepts)}"
    if accepts(spec.accepts, STR):
        help_ += "; add `| string` before it"
    checker.error("E207", f"the filter `{spec.name}` does not take {shown(value)}", value, help_)
    return ANY


def members_of(type_: Type) -> tuple[Type, ...]:
    """The types that a union may be; nothing for any other type."""
    return type_.members if isinstance(type_, UnionType) else ()


def _check_default(checker: Checker, node: Filter, facts: Facts) -> Expr:
    """`x | default(d)` is `x ?? d`; `x | default(d, true)` is `(x ?? none) or d`."""
    binding = bind(FILTERS["default"].arguments, node.args, node.kwargs, "the filter `default`")
    if _report_binding(checker, node, binding):
        return node
    given = {bound.argument.name: bound.value for bound in binding.bound}
    positional = list(given.values())
    fallback = positional[0] if positional else Literal_(value="", start=node.end, end=node.end)
    falsy = positional[1] if len(positional) > 1 else None
    value = checker.check(node.value, facts, soft=True)
    checked = checker.check(fallback, facts)
    start, end = node.start, node.end
    if falsy is None or (isinstance(falsy, Literal_) and falsy.value is False):
        return coalesced(checker, Coalesce(value=value, fallback=checked, start=start, end=end), value, checked)
    if not (isinstance(falsy, Literal_) and isinstance(falsy.value, bool)):
        checker.error("E207", "the second argument of `default` is true or false", falsy)
    if refuse_secrets(checker, "given a fallback, or be one", value, checked):
        return node
    nothing = Literal_(value=None, type=NONE, start=node.value.end, end=node.value.end)
    soft = Coalesce(value=value, fallback=nothing, start=value.start, end=value.end, type=value.type)
    return BoolOp(
        op="or", left=soft, right=checked, type=union(without_none(value.type), checked.type), start=start, end=end
    )


def check_test(checker: Checker, node: Test, facts: Facts) -> Expr:
    """`value is name(args)`."""
    name = TEST_ALIASES.get(node.name, node.name)
    spec = TESTS.get(name)
    if spec is None:
        label = did_you_mean(node.name, TESTS)
        help_ = "a filter is written with `|`" if name in FILTERS else "see `catalyst explain E209`"
        checker.error("E209", f"unknown test `{node.name}`", checker.name_place(node), help_, label)
        checker.check(node.value, facts)
        return replace(node, type=BOOL)
    if spec.needs_path and not is_path(node.value):
        message = f"`is {spec.name}` needs a path such as input.name"
        checker.error("E211", message, node.value, "any other value is always defined; did you mean `is not none`?")
    value = checker.check(node.value, facts, soft=spec.soft or spec.needs_path)
    if refuse_secret(checker, value, "tested"):
        return replace(node, value=value, type=BOOL)
    type_ = value.type
    if not spec.soft and not spec.needs_path:
        type_ = _tested(checker, value, spec)
    binding = bind(spec.arguments, node.args, (), f"the test `{spec.name}`")
    call, checked = _checked_call(checker, node, binding, type_, facts, spec)
    if call is None:
        return replace(node, value=value, type=BOOL)
    _report(checker, checker.name_place(node), checked, list(spec.check(call)))
    if spec.name in ("eq", "ne") and checked:
        other = checked[0].value
        check_equality(checker, value, other, "!=" if spec.name == "ne" else "==", (node.start, node.end))
    elif spec.name == "in" and checked:
        container = checked[0].value
        for member in container.items if isinstance(container, ListExpr) else ():
            check_choice(checker, value.type, member)
    args, _ = _written(node.args, (), checked)
    return replace(node, name=spec.name, value=value, args=args, type=BOOL)


def _tested(checker: Checker, value: Expr, spec: TestSpec) -> Type:
    type_ = value.type
    if accepts(spec.accepts, type_):
        return type_
    if may_be_none(type_) and accepts(spec.accepts, without_none(type_)):
        checker.error("E204", "value may be missing or null", value, default_help(type_))
        return without_none(type_)
    checker.error(
        "E207", f"the test `{spec.name}` does not take {shown(value)}", value, f"it takes {describe(spec.accepts)}"
    )
    return ANY


def check_call(checker: Checker, node: Call, facts: Facts) -> Expr:
    """`name(args)`."""
    spec = FUNCTIONS.get(ALIASES.get(node.name, node.name))
    if spec is None:
        _unknown_function(checker, node)
        return node
    binding = bind(spec.arguments, node.args, node.kwargs, f"the function `{spec.name}`")
    call, checked = _checked_call(checker, node, binding, NONE, facts, spec)
    if call is None:
        return node
    _report(checker, checker.name_place(node), checked, list(spec.check(call)))
    args, kwargs = _written(node.args, node.kwargs, checked)
    type_ = spec.result(call)
    return replace(node, name=spec.name, args=args, kwargs=kwargs, type=type_)


def _checked_call(
    checker: Checker,
    node: Filter | Test | Call,
    binding: Binding,
    value: Type,
    facts: Facts,
    spec: FilterSpec | TestSpec | FunctionSpec,
) -> tuple[FilterCall | None, tuple[Bound, ...]]:
    """The call with its checked arguments; no call when an argument is wrong."""
    if _report_binding(checker, node, binding):
        return None, ()
    types: dict[str, Type] = {}
    constants: dict[str, Any] = {}
    checked: list[Bound] = []
    # Lambdas come last, because the types of their parameters may depend on the other arguments.
    for bound in sorted(binding.bound, key=lambda item: isinstance(item.values[0], Lambda)):
        if isinstance(bound.value, Lambda):
            result = _checked_lambda(checker, bound, FilterCall(value, types, constants), facts, spec)
        else:
            result = _checked_argument(checker, bound, facts, spec.name)
            _note_constant(constants, result)
        checked.append(result)
        types[bound.argument.name] = union(*(item.type for item in result.values))
    order = {bound.argument.name: position for position, bound in enumerate(binding.bound)}
    checked.sort(key=lambda item: order[item.argument.name])
    several = any(len(bound.values) > 1 for bound in checked)
    return FilterCall(value, types, constants, several=several), tuple(checked)


def _note_constant(constants: dict[str, Any], bound: Bound) -> None:
    values = [constant_of(value) for value in bound.values]
    if NOT_CONSTANT not in values:
        constants[bound.argument.name] = tuple(values) if bound.argument.variadic else values[0]


def _checked_argument(checker: Checker, bound: Bound, facts: Facts, what: str) -> Bound:
    argument = bound.argument
    values = tuple(checker.check(value, facts) for value in bound.values)
    for value in values:
        if is_secret(value.type):
            if not argument.secret:
                refuse_secret(checker, value, f"an argument of `{what}`")
            continue
        if argument.type is None:
            message = f"`{argument.name}` of `{what}` is a lambda"
            checker.error("E207", message, value, "write x => x.name")
        elif argument.literal and constant_of(value) is NOT_CONSTANT:
            help_ = "it is read when the flow is built, so it stands there in quotes"
            checker.error("E207", f"`{argument.name}` of `{what}` is a constant", value, help_)
        elif not accepts(argument.type, value.type):
            _wrong_argument(checker, argument.type, value, f"`{argument.name}` of `{what}`")
    return Bound(argument, values)


def _wrong_argument(checker: Checker, wanted: Type, value: Expr, what: str) -> None:
    if may_be_none(value.type) and accepts(wanted, without_none(value.type)):
        checker.error("E204", "value may be missing or null", value, default_help(value.type))
        return
    members = members_of(without_none(value.type))
    if any(accepts(wanted, member) for member in members):
        return  # one of several types: the helper checks at run time
    checker.error("E207", f"{what} takes {describe(wanted)}, not {shown(value)}", value)


def _checked_lambda(
    checker: Checker, bound: Bound, call: FilterCall, facts: Facts, spec: FilterSpec | TestSpec | FunctionSpec
) -> Bound:
    node = bound.value
    assert isinstance(node, Lambda)
    types: tuple[Type, ...] = ()
    if isinstance(spec, FilterSpec) and spec.lambda_parameters is not None:
        types = spec.lambda_parameters(call)
    else:
        checker.error("E207", f"`{spec.name}` takes no lambda", node)
        types = (ANY,) * len(node.parameters)
    if not _names_are_right(checker, node, len(types), spec.name):
        return bound
    outer = dict(checker.parameters)
    checker.parameters.update(zip(node.parameters, types, strict=True))
    body = checker.check(node.body, frozenset(fact for fact in facts if fact[0] not in node.parameters))
    checker.parameters.clear()
    checker.parameters.update(outer)
    if is_secret(body.type):
        refuse_secret(checker, body, "the result of a lambda")
        body = replace(body, type=ANY)
    return Bound(bound.argument, (replace(node, body=body, type=body.type),))


def _names_are_right(checker: Checker, node: Lambda, wanted: int, called: str) -> bool:
    """Whether a lambda has as many parameters as its filter gives, each with a name of its own."""
    names = node.parameters
    place = (node.start, node.start + len(names[0])) if len(names) == 1 else (node.start, node.body.start)
    if len(names) != wanted:
        form = "x => ..." if wanted == 1 else "(total, x) => ..."
        checker.error("E207", f"`{called}` takes a lambda of another form", place, f"write {form}")
        return False
    if len(set(names)) != len(names):
        checker.error("E215", f"both parameters are called `{names[0]}`", place, "choose another name")
        return False
    taken = [name for name in names if name in RESERVED]
    for name in taken:
        checker.error("E215", f"`{name}` is taken and cannot be a lambda parameter", place, "choose another name")
    return not taken


def _report_binding(checker: Checker, node: Filter | Test | Call, binding: Binding) -> bool:
    for message, place in binding.problems:
        checker.error("E207", message, place if place is not None else checker.name_place(node))
    return bool(binding.problems)


def _report(checker: Checker, name: tuple[int, int], checked: tuple[Bound, ...], problems: list[Problem]) -> None:
    places: Mapping[str, Expr] = {bound.argument.name: bound.value for bound in checked}
    for problem in problems:
        place = places.get(problem.argument) if problem.argument else None
        report = checker.warn if problem.code.startswith("W") else checker.error
        report(problem.code, problem.message, place if place is not None else name, problem.help)


def _written(
    args: tuple[Expr, ...], kwargs: tuple[tuple[str, Expr], ...], checked: tuple[Bound, ...]
) -> tuple[tuple[Expr, ...], tuple[tuple[str, Expr], ...]]:
    """The checked arguments as they were written: positional ones first."""
    new = {(value.start, value.end): value for bound in checked for value in bound.values}
    return (
        tuple(new[(arg.start, arg.end)] for arg in args),
        tuple((name, new[(value.start, value.end)]) for name, value in kwargs),
    )


def _unknown_filter(checker: Checker, node: Filter) -> None:
    place = checker.name_place(node)
    name = node.name
    wanted = FOREIGN.get(name)
    if name in REJECTED:
        checker.error("E208", f"there is no filter `{name}`", place, REJECTED[name])
        return
    if wanted is None and name in TESTS and name not in FILTERS:
        wanted = f"is {name}"
    wanted = wanted or _filter_like(name)
    close = suggest(name, [*FILTERS, *ALIASES])
    help_ = f"write {wanted}" if wanted else None
    if wanted is None and close is None:
        help_ = "see `catalyst explain E208` for the list of filters"
    label = "" if wanted else did_you_mean(name, [*FILTERS, *ALIASES])
    checker.error("E208", f"unknown filter `{name}`", place, help_, label)


def _filter_like(name: str) -> str | None:
    """The filter that is meant by a name in other letters: `toJSON` is `tojson`, which is `json`."""
    plain = name.lower()
    wanted = ALIASES.get(plain, plain)
    return wanted if wanted in FILTERS else None


def _test_like(name: str) -> str | None:
    """The test that is meant by `is_defined` or `isEmpty`."""
    plain = name.lower().removeprefix("is").lstrip("_")
    return plain if plain in TESTS and plain != name.lower() else None


def _unknown_function(checker: Checker, node: Call) -> None:
    place = checker.name_place(node)
    name = node.name
    label = did_you_mean(name, FUNCTIONS)
    if name in ("env", "secrets", "input", "vars", "nodes"):
        checker.error("E210", f"`{name}` is not a function", place, f"write {name}.NAME")
        return
    if name in REJECTED:
        checker.error("E210", f"there is no function `{name}`", place, REJECTED[name])
        return
    if ALIASES.get(name, name) in FILTERS:
        help_ = f"`{name}` is a filter; write value | {ALIASES.get(name, name)}"
    elif name in FOREIGN:
        wanted = FOREIGN[name]
        help_ = f"write value | {wanted}" if wanted in FILTERS else f"write {wanted}"
    elif _filter_like(name):
        help_ = f"write value | {_filter_like(name)}"
    elif _test_like(name):
        help_ = f"write value is {_test_like(name)}"
    else:
        help_ = f"functions are: {', '.join(FUNCTIONS)}; filters are written value | filter"
    checker.error("E210", f"unknown function `{name}`", place, help_, label)
