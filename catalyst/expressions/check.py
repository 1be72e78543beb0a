"""Gives every node of a template its type, resolves its names, and reports all that is wrong with it.

Goes in: a parsed template, the scope of its place, what the setting expects and where the value goes. Comes out: the
same tree with types and `Ref`s, its type, and the findings. Nothing here looks at Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from catalyst.diagnostics import Diagnostic, Located
from catalyst.expressions.check_calls import check_call, check_filter, check_test
from catalyst.expressions.check_names import check_name
from catalyst.expressions.check_operators import (
    check_binary,
    check_bool_op,
    check_coalesce,
    check_compare,
    check_conditional,
    check_dict,
    check_list,
    check_literal,
    check_unary,
)
from catalyst.expressions.check_paths import check_path, check_slice, path_key
from catalyst.expressions.check_sinks import check_expected, check_sink
from catalyst.expressions.checker import Checker, Facts, RefKey
from catalyst.expressions.parse import located
from catalyst.expressions.scope import Scope
from catalyst.expressions.sinks import Sink
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
    Text,
    Unary,
)
from catalyst.expressions.types import ANY, STR, SecretType, StrType, Type, is_secret, may_be_none, without_none


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked template. `refs` are the references in it, each as its kind and path, such as ("output", "search")."""

    template: Template
    type: Type
    diagnostics: tuple[Diagnostic, ...]
    refs: frozenset[RefKey]

    @property
    def has_errors(self) -> bool:
        """Whether Python cannot be made of it."""
        return any(diagnostic.severity == "error" for diagnostic in self.diagnostics)


def check_template(
    template: Template,
    scope: Scope,
    source: Located | str,
    *,
    expected: Type = ANY,
    sink: Sink = Sink.VALUE,
    what: str = "this setting",
) -> Checked:
    """Check a template that was parsed from `source`. `what` names the setting in messages, such as "`limit`"."""
    checker = Checker(scope, located(source), what, _check)
    parts: list[Text | Hole] = []
    right: list[Hole] = []
    for part in template.parts:
        if isinstance(part, Text):
            parts.append(part)
            continue
        errors = checker.error_count
        hole = replace(part, expr=checker.check(part.expr))
        parts.append(hole)
        if checker.error_count == errors:
            right.append(hole)
    type_ = _template_type(parts, template.whole)
    checked = replace(template, parts=tuple(parts), type=type_)
    # A hole that is wrong in itself has no type to speak of; the others are looked at all the same.
    check_sink(checker, checked, sink, frozenset(right))
    if checker.error_count == 0:
        check_expected(checker, checked, type_, expected)
    _check_dollar(checker, parts, right)
    return Checked(checked, type_, tuple(checker.diagnostics), frozenset(checker.refs))


def _check_dollar(checker: Checker, parts: Sequence[Text | Hole], right: Sequence[Hole]) -> None:
    """`${{ x }}` as a whole value: the value in GitHub Actions, an amount in dollars here."""
    match parts:
        case [Text(value="$"), Hole() as hole] if hole in right:
            inner = checker.source[hole.start + 2 : hole.end - 2].strip()
            operand = inner if isinstance(hole.expr, Name | Get | Ref) else f"({inner})"
            help_ = f"for the value alone write {{{{ {inner} }}}}; for an amount in dollars {{{{ '$' ~ {operand} }}}}"
            checker.warn("W109", "`${{ ... }}` gives text: a `$` and then the value", (0, hole.end), help_)


def _template_type(parts: Sequence[Text | Hole], whole: bool) -> Type:
    holes = [part.expr.type for part in parts if isinstance(part, Hole)]
    if whole and holes:
        return holes[0]
    if any(is_secret(type_) for type_ in holes):
        return SecretType(STR)
    if not holes:
        return StrType(("".join(part.value for part in parts if isinstance(part, Text)),))
    return STR


def _check(checker: Checker, node: Expr, facts: Facts, soft: bool) -> Expr:  # noqa: PLR0912 - a table
    match node:
        case Literal_():
            return check_literal(node)
        case Name():
            checked = check_name(checker, node)
            if may_be_none(checked.type) and path_key(node) in facts:
                return replace(checked, type=without_none(checked.type))
            return checked
        case Get() | Index():
            return check_path(checker, node, facts, soft)
        case Slice():
            return check_slice(checker, node, facts)
        case ListExpr():
            return check_list(checker, node, facts)
        case DictExpr():
            return check_dict(checker, node, facts)
        case Call():
            return check_call(checker, node, facts)
        case Filter():
            return check_filter(checker, node, facts)
        case Test():
            return check_test(checker, node, facts)
        case Unary():
            return check_unary(checker, node, facts)
        case Binary():
            return check_binary(checker, node, facts)
        case BoolOp():
            return check_bool_op(checker, node, facts)
        case Compare():
            return check_compare(checker, node, facts)
        case Conditional():
            return check_conditional(checker, node, facts)
        case Coalesce():
            return check_coalesce(checker, node, facts)
        case Lambda():
            checker.error("E103", "a lambda stands only in a filter", node, "write items | map(x => x.name)")
            return node
        case Ref():
            return node  # checked already
        case _:
            assert_never(node)
