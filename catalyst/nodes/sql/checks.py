"""What is wrong with the statements of a node, each with its place and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from catalyst.diagnostics import Span, did_you_mean, listing
from catalyst.expressions.types import AnyType, ListType, StrType, Type, describe
from catalyst.nodes.base import Site
from catalyst.nodes.settings import Expr
from catalyst.nodes.sql.result import Mistake, Unchecked, check_statement
from catalyst.nodes.sql.schema import Schema
from catalyst.nodes.sql.statement import MOST_TEXTS, FlowStatement
from catalyst.nodes.sql.tokens import hole_mark


@dataclass(frozen=True, slots=True)
class StatementCheck:
    """A statement to be checked. `numbered` is how many values are given for `$1` and on; None when it is not known."""

    path: tuple[str | int, ...]
    expr: Expr
    types: tuple[Type, ...]
    numbered: int | None


def check_statements(checks: Sequence[StatementCheck], site: Site, schema: Schema | None) -> None:
    """Report whatever is wrong with them."""
    unchecked: list[str] = []
    for each in checks:
        before = len(site.found)
        statement = FlowStatement(each.expr)
        _check_form(each, statement, site)
        _check_holes(each, statement, site)
        _check_numbers(each, statement, site)
        if schema is not None and len(site.found) == before:
            unchecked += _check_schema(each, statement, site, schema)
    if unchecked:
        message = f"the statement could not be checked with schema.sql: {unchecked[0]}"
        wish = "nothing is wrong with that on PostgreSQL; the embedded database may not be able to run it"
        site.found.warning("W440", message, site.span_of(*checks[0].path), help=wish)


def _check_form(each: StatementCheck, statement: FlowStatement, site: Site) -> None:
    span = site.span_of(*each.path)
    unclosed = statement.text.unclosed()
    second = statement.text.second_statement()
    if unclosed is not None:
        message = f"`{unclosed.text[:20].splitlines()[0]}` begins what does not end in this statement"
        site.found.error("E441", message, span, help="close the quote or the comment")
    elif not statement.text.first_word and not statement.places:
        site.found.error("E441", "there is no statement", span)
    elif second is not None:
        wish = "write them as a list: transaction: [first, second]"
        site.found.error("E441", "a query is one statement", statement.span_of_word(second.text, span), help=wish)
    elif statement.text.steers_a_transaction:
        word = statement.text.first_word
        wish = "`transaction: [...]` begins it, and ends it for good or for nothing when a statement fails"
        site.found.error("E441", f"`{word}` is for the node to say", statement.span_of_word(word, span), help=wish)


def _check_holes(each: StatementCheck, statement: FlowStatement, site: Site) -> None:
    span = site.span_of(*each.path)
    for number, where in statement.text.holes_in_quotes():
        message = f"a value cannot stand in {where}"
        wish = "take the quotes away: a value needs none; join texts inside of the braces: {{ '%' ~ input.word ~ '%' }}"
        site.found.error("E440", message, statement.span_of_hole(number, span), help=wish)
    for number in statement.misplaced(each.types):
        site.found.error(
            "E440",
            "only a name or a word of SQL can stand here, no value",
            statement.span_of_hole(number, span),
            help=_way_out(each.types[number] if number < len(each.types) else None),
        )
    for number, place in statement.places.items():
        type_ = each.types[number] if number < len(each.types) else None
        hole = statement.span_of_hole(number, span)
        is_one = type_ is not None and not isinstance(type_, AnyType | ListType)
        if place == "list" and type_ is not None and is_one and not _stands_in_brackets(statement, number):
            message = f"`in` needs a list, this is {describe(type_)}"
            site.found.error("E440", message, hole, help="write = for one value, or make it a list: [x]")
    if len(statement.texts(each.types)) > MOST_TEXTS:
        site.found.error("E440", f"these names make more than {MOST_TEXTS} statements", span, help="allow fewer")


def _stands_in_brackets(statement: FlowStatement, number: int) -> bool:
    mark = hole_mark(number)
    return any(before.kind == "(" and token.text == mark for before, token in pairwise(statement.text.tokens))


def _way_out(type_: Type | None) -> str:
    if isinstance(type_, StrType) and type_.choices:
        return "each of the choices must be a plain name, with `asc` or `desc` behind it where you like"
    return (
        "let it be one of known names: input: {sort: {type: string, enum: [name, created_at]}}; a type goes behind ::"
    )


def _check_numbers(each: StatementCheck, statement: FlowStatement, site: Site) -> None:
    span = site.span_of(*each.path)
    numbers = statement.text.parameters
    if numbers and statement.places:
        message = "the statement has both `$1` and {{ }}"
        site.found.error("E441", message, span, help="write all values in one of the two ways")
    elif each.numbered is not None and numbers != frozenset(range(1, each.numbered + 1)):
        wanted = max(numbers, default=0)
        message = (
            f"the statement has values up to ${wanted}, `params` gives {each.numbered}"
            if wanted
            else (f"`params` gives {each.numbered}, and the statement has no `$1`")
        )
        missing = sorted(frozenset(range(1, wanted + 1)) - numbers)
        wish = f"`${missing[0]}` is not used" if missing else "give one value for each number: params: [...]"
        site.found.error("E441", message, span, help=wish)


def _check_schema(each: StatementCheck, statement: FlowStatement, site: Site, schema: Schema) -> list[str]:
    """Report tables and columns that are not there; gives why a statement could not be checked."""
    span = site.span_of(*each.path)
    reasons: list[str] = []
    for texts in statement.texts(each.types).values():
        found = check_statement(schema, texts.embedded)
        reasons += [each.reason for each in found if isinstance(each, Unchecked)]
        mistakes = [each for each in found if isinstance(each, Mistake)]
        for mistake in mistakes:
            _report(mistake, statement, site, span)
        if mistakes:
            return []
    return reasons


def _report(found: Mistake, statement: FlowStatement, site: Site, span: Span) -> None:
    site.found.error(
        "E442",
        found.message,
        statement.span_of_word(found.word, span),
        label=did_you_mean(found.word, found.known),
        help=f"there are: {listing(found.known)}" if found.known else None,
    )
