"""Prints one Python expression; in comes an `ast.expr`, out comes its text.

`ast.unparse` does the work but for two things. f-strings print differently on 3.11 and 3.12 (and what 3.12 prints 3.11
cannot read), so `JoinedStr` is printed here, with holes that hold no quote, brace or backslash of their own. Long or
multi-line text is printed as adjacent literals, a line each, because that is how a person writes a prompt.
"""

from __future__ import annotations

import ast
import copy
import re

_LONG = 72
"""Text longer than this is split over several literals; it leaves room for the indent in a line of 100."""
_LONGEST_LINE = 100
"""A line of such a text stays in one literal up to this, so that two halves do not take the place of one."""
_LONGEST_ARGUMENT = 112
"""A text of one line that is all of a call's arguments stays one literal up to this: in a line of 120 its halves would
end up beside each other.
"""

_MARK = "__catalyst_text_{}__"
_MARKED = re.compile(r"__catalyst_text_(\d+)__")


def to_source(expr: ast.expr) -> str:
    """The expression as text on which 3.11, 3.12 and 3.13 agree."""
    if isinstance(expr, (ast.Constant, ast.JoinedStr)):
        return _text(expr, parenthesised=False) or ast.unparse(expr)
    printer = _TextMarker()
    marked = printer.visit(copy.deepcopy(expr))  # the marks must not stay in the caller's tree
    printed = ast.unparse(marked)
    return _MARKED.sub(lambda match: printer.texts[int(match[1])], printed) if printer.texts else printed


def fits_fstring(expr: ast.expr) -> bool:
    """Whether the expression can stand in the braces of an f-string on every supported Python, and reads well there."""
    if any(isinstance(node, _NOT_IN_HOLES) for node in ast.walk(expr)):
        return False
    printed = ast.unparse(expr)
    return len(printed) <= _LONGEST_HOLE and not any(char in printed for char in '"\\{}\n!')


_LONGEST_HOLE = 80
"""Room for `ctx.input['user']['name'] if ctx.input['user'] is not None else 'nobody'`."""
_NOT_IN_HOLES = (ast.GeneratorExp, ast.JoinedStr, ast.Lambda, ast.NamedExpr, ast.Await)


def joined(parts: list[str | ast.expr]) -> ast.expr:
    """Text and expressions joined: an f-string when every expression fits into one, else a sum of strings.

    Every expression must already be a string in Python's eyes, or be formatted by `str` as wanted.
    """
    merged = _merge_text(parts)
    if len(merged) == 1 and isinstance(merged[0], str):
        return ast.Constant(merged[0])
    if all(isinstance(part, str) or fits_fstring(part) for part in merged):
        return ast.JoinedStr([_piece(part) for part in merged])
    operands = [ast.Constant(part) if isinstance(part, str) else part for part in merged]
    total = operands[0]
    for operand in operands[1:]:
        total = ast.BinOp(total, ast.Add(), operand)
    return total


def after_text(text: str, rest: ast.expr) -> ast.expr:
    """Text, and behind it what is a string in Python already; one literal or f-string where the rest is one."""
    match rest:
        case ast.Constant(value=str() as more):
            return ast.Constant(text + more)
        case ast.JoinedStr(values=[ast.Constant(value=str() as more), *others]):
            return ast.JoinedStr([ast.Constant(text + more), *others])
        case ast.JoinedStr(values=values):
            return ast.JoinedStr([ast.Constant(text), *values])
    return joined([text, rest])


def _merge_text(parts: list[str | ast.expr]) -> list[str | ast.expr]:
    merged: list[str | ast.expr] = []
    for part in parts:
        text = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else part
        if isinstance(text, str) and merged and isinstance(merged[-1], str):
            merged[-1] += text
        elif text != "":
            merged.append(text)
    return merged or [""]


def _piece(part: str | ast.expr) -> ast.expr:
    return ast.Constant(part) if isinstance(part, str) else ast.FormattedValue(value=part, conversion=-1)


class _TextMarker(ast.NodeTransformer):
    """Replaces texts that `ast.unparse` should not print by names, and keeps what they print as."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        return self._mark(node)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return self._mark(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """`(a and b) or c`, with the parentheses that readers want and Python does not."""
        if isinstance(node.op, ast.Or):
            node.values = [
                self._keep(f"({to_source(value)})") if isinstance(value, ast.BoolOp) else value for value in node.values
            ]
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        """`sum(x for x in y)` and `f("one" "two")`: what has parentheses of its own gets no second pair when alone."""
        alone = node.args[0] if len(node.args) == 1 and not node.keywords else None
        if isinstance(alone, ast.GeneratorExp):
            return self._keep(f"{to_source(node.func)}{to_source(alone)}")
        if isinstance(alone, (ast.Constant, ast.JoinedStr)):
            text = _argument(alone)
            if text is not None:
                return self._keep(f"{to_source(node.func)}{text}")
        self.generic_visit(node)
        return node

    def _mark(self, node: ast.Constant | ast.JoinedStr) -> ast.expr:
        text = _text(node, parenthesised=True)
        if (
            text is None
            and isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and _MARKED.search(node.value)
        ):
            text = repr(node.value)  # text of an author that looks like a mark must not be taken for one
        return node if text is None else self._keep(text)

    def _keep(self, text: str) -> ast.expr:
        self.texts.append(text)
        return ast.Name(_MARK.format(len(self.texts) - 1), ast.Load())


def _argument(node: ast.Constant | ast.JoinedStr) -> str | None:
    """The same for a text that is all of a call's arguments, with the call's parentheses."""
    parts = _parts(node)
    is_one_line = parts is not None and not any(isinstance(part, str) and "\n" in part for part in parts)
    if parts is not None and is_one_line and _LONG < _width(parts) <= _LONGEST_ARGUMENT:
        return f"({_literal(parts)})"
    text = _text(node, parenthesised=True) or ""
    return text if text.startswith("(") else None


def _text(node: ast.Constant | ast.JoinedStr, *, parenthesised: bool) -> str | None:
    """The literals that spell the text; None where `ast.unparse` does as well."""
    parts = _parts(node)
    if parts is None or (isinstance(node, ast.Constant) and _width(parts) <= _LONG):
        return None
    literals = _literals(parts)
    if len(literals) == 1:
        return literals[0]
    joined_literals = "\n".join(literals)
    # A literal on its own line needs the parentheses everywhere; inside a call black takes needless ones away.
    return f"(\n{joined_literals}\n)" if parenthesised or len(literals) > 1 else joined_literals


def _parts(node: ast.Constant | ast.JoinedStr) -> list[str | ast.expr] | None:
    """The pieces of a text; None for constants of other kinds."""
    if isinstance(node, ast.JoinedStr):
        return [_unpiece(value) for value in node.values]
    return [node.value] if isinstance(node.value, str) else None


def _unpiece(value: ast.expr) -> str | ast.expr:
    if isinstance(value, ast.Constant):
        return str(value.value)
    return value.value if isinstance(value, ast.FormattedValue) else value


def _literals(parts: list[str | ast.expr]) -> list[str]:
    """Each line of the text as a literal of its own; very long lines are split behind spaces."""
    if parts and _width(parts) <= _LONG:
        return [_literal(parts)]
    lines: list[list[str | ast.expr]] = [[]]
    for part in parts:
        for piece in _pieces(part) if isinstance(part, str) else [part]:
            if isinstance(piece, str) and lines[-1] and _width([*lines[-1], piece]) > _LONGEST_LINE:
                lines.append([])
            lines[-1].append(piece)
            if isinstance(piece, str) and (piece.endswith("\n") or _width(lines[-1]) >= _LONG):
                lines.append([])
    return [_literal(line) for line in lines if line] or ['""']


def _pieces(text: str) -> list[str]:
    """The text cut behind each newline, and long lines behind spaces."""
    pieces: list[str] = []
    for line in re.findall(r"[^\n]*\n|[^\n]+", text):
        pieces += (
            re.findall(rf".{{1,{_LONG}}}(?:\s+|$)|\S{{{_LONG},}}\s*", line, re.DOTALL) if len(line) > _LONG else [line]
        )
    return pieces if "".join(pieces) == text else [text]


def _width(line: list[str | ast.expr]) -> int:
    return sum(len(part) if isinstance(part, str) else len(ast.unparse(part)) + 2 for part in line)


def _literal(parts: list[str | ast.expr]) -> str:
    if all(isinstance(part, str) for part in parts):
        return _quoted("".join(str(part) for part in parts))
    body = "".join(_escaped(part) if isinstance(part, str) else "{" + ast.unparse(part) + "}" for part in parts)
    return f'f"{body}"'


def _quoted(text: str) -> str:
    return repr(text)


def _escaped(text: str) -> str:
    """Literal text inside the double quotes of an f-string."""
    inner = repr('"' + text)[2:-1]  # the leading double quote makes repr choose single quotes as the delimiter
    return inner.replace("\\'", "'").replace('"', '\\"').replace("{", "{{").replace("}", "}}")
