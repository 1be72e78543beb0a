"""Text to tree: `{{ }}` holes become expression trees whose nodes know their place in the scalar.

Goes in: the text of a scalar. Comes out: a `Template` and diagnostics, one for each hole that cannot be read. Neither
the parser nor the tree builder recurses; after this pass no tree is deeper than 100, so later passes may.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from lark import Lark, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken, VisitError

from catalyst.diagnostics import Diagnostic, Located, Span
from catalyst.expressions.build import TreeBuilder, TreeProblem
from catalyst.expressions.hints import explain_unexpected
from catalyst.expressions.scan import MAX_BRACKETS, HoleText, ScanProblem, has_holes, scan
from catalyst.expressions.tables import load_parser
from catalyst.expressions.tree import Expr, Hole, Template, Text

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "MAX_NODES", "Parsed", "has_holes", "parse_expression", "parse_template"]

MAX_LENGTH = 8 * 1024
"""The longest expression, in characters."""
MAX_NODES = 3_000
"""The largest expression, in nodes of its tree."""
MAX_DEPTH = 100
"""The deepest expression, in nodes above each other."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a scalar says. Holes that cannot be read are left out of the template; None when nothing could be read."""

    template: Template | None
    diagnostics: tuple[Diagnostic, ...]


def parse_template(text: Located | str) -> Parsed:
    """Read a scalar with `{{ }}` holes. One that is a single hole keeps the type of its value."""
    source = located(text)
    scanned = scan(text)
    problems = list(scanned.problems)
    parts: list[Text | Hole] = []
    for part in scanned.parts:
        if isinstance(part, str):
            parts.append(Text(part))
            continue
        expr, problem = _parse_hole(text, part)
        if expr is not None:
            parts.append(Hole(expr, part.start, part.end))
        if problem is not None:
            problems.append(problem)
    diagnostics = tuple(_diagnostic(source, problem) for problem in problems)
    whole = _is_whole(scanned.parts)
    if whole:
        parts = [part for part in parts if isinstance(part, Hole)]
    readable = bool(parts) or not problems
    return Parsed(Template(tuple(parts), whole) if readable else None, diagnostics)


def parse_expression(text: Located | str) -> Parsed:
    """Read an expression that stands without braces, such as a guard of the visual form."""
    source = located(text)
    expr, problem = _parse_hole(text, HoleText(0, len(text), 0, len(text)))
    if problem is not None:
        return Parsed(None, (_diagnostic(source, problem),))
    assert expr is not None
    return Parsed(Template((Hole(expr, 0, len(text)),), whole=True), ())


def located(text: Located | str) -> Located:
    """The text with a place, made up where it has none."""
    return text if isinstance(text, Located) else Located(text, Span.start_of("<expression>"), _FlatOffsets(text))


@dataclass(frozen=True, slots=True)
class _FlatOffsets:
    """Places in a text that is a file of its own."""

    text: str

    def position(self, offset: int) -> tuple[int, int]:
        line_start = self.text.rfind("\n", 0, offset) + 1
        return self.text.count("\n", 0, offset) + 1, offset - line_start + 1


def _is_whole(parts: tuple[str | HoleText, ...]) -> bool:
    if len(parts) == 2 and parts[1] in ("\n", "\r\n"):
        parts = parts[:1]
    return len(parts) == 1 and isinstance(parts[0], HoleText)


def _diagnostic(source: Located, problem: ScanProblem) -> Diagnostic:
    excerpt = None
    if source.offsets is None:
        excerpt = source[problem.start : problem.end].strip()[:80] or None
    span = source.span_of(problem.start, problem.end)
    return Diagnostic(problem.code, "error", problem.message, span, problem.help or None, "", excerpt)


def _parse_hole(text: str, hole: HoleText) -> tuple[Expr | None, ScanProblem | None]:
    """The tree of one hole, or what is wrong with it."""
    inner = str(text[hole.inner_start : hole.inner_end])
    if not inner.strip():
        help_ = "write an expression such as {{ input.name }}; for the text itself write {{ '{{' }}"
        return None, ScanProblem("E102", "the expression is empty", hole.start, hole.end, help_)
    if len(inner) > MAX_LENGTH:
        message = f"the expression is longer than {MAX_LENGTH:,} characters"
        return None, ScanProblem("E104", message, hole.start, hole.start + 2, "split it with `set` nodes")
    if _deep_brackets(inner):
        message = f"brackets nest deeper than {MAX_BRACKETS}"
        return None, ScanProblem("E106", message, hole.start, hole.start + 2, "split it with `set` nodes")
    try:
        tree = _parser().parse(inner)
    except UnexpectedInput as error:
        return None, explain_unexpected(inner, _failure(error, inner), hole)
    return _build(tree, hole)


def _deep_brackets(inner: str) -> bool:
    """A cheap bound; strings may be counted too, which only matters for more than 100 of them."""
    return inner.count("(") + inner.count("[") + inner.count("{") > MAX_BRACKETS and bool(
        scan("{{" + inner + "}}").problems
    )


def _failure(error: UnexpectedInput, inner: str) -> tuple[int, int]:
    """Where the parser stopped: start and end in the hole's inside; at its end when more was expected."""
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        start = error.token.start_pos or 0
        return start, max(error.token.end_pos or start + 1, start + 1)
    if isinstance(error, UnexpectedCharacters):
        start = error.pos_in_stream or 0
        return start, start + 1
    assert isinstance(error, (UnexpectedToken, UnexpectedEOF))
    end = len(inner.rstrip())
    return end, end


@cache
def _parser() -> Lark:
    """The parser, made when the first hole is read."""
    return load_parser()


_NO_LEVEL = frozenset({"start", "arguments", "pair", "named", "test_name", "compare_op"})


def _size_problem(tree: Tree[Any], hole: HoleText) -> ScanProblem | None:
    """Whether a tree is too deep or too large, without recursion."""
    count = 0
    pending: list[tuple[Tree[Any], int]] = [(tree, 0)]
    while pending:
        node, depth = pending.pop()
        level = depth if node.data in _NO_LEVEL else depth + 1
        count += level != depth
        if level > MAX_DEPTH:
            message = f"the expression nests deeper than {MAX_DEPTH}"
            return ScanProblem("E106", message, hole.start, hole.start + 2, "split it with `set` nodes")
        if count > MAX_NODES:
            message = f"the expression has more than {MAX_NODES:,} parts"
            return ScanProblem("E105", message, hole.start, hole.start + 2, "split it with `set` nodes")
        pending += [(child, level) for child in node.children if isinstance(child, Tree)]
    return None


def _build(tree: Tree[Any], hole: HoleText) -> tuple[Expr | None, ScanProblem | None]:
    too_large = _size_problem(tree, hole)
    if too_large:
        return None, too_large
    try:
        expr: Expr = TreeBuilder(hole.inner_start).transform(tree)
    except VisitError as error:
        if not isinstance(error.orig_exc, TreeProblem):
            raise
        return None, error.orig_exc.problem
    return expr, None
