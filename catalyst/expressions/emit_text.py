"""Python of text: templates with holes, and `~`.

Text with simple holes is an f-string. Where a hole does not fit, or where the same large value stands twice so that
text could double from step to step, the helper `concat` joins and holds the limit of 8 MB.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from catalyst.expressions.emit_paths import steps_of
from catalyst.expressions.emitter import Emitter
from catalyst.expressions.references import walk
from catalyst.expressions.sinks import RULES, Sink
from catalyst.expressions.tree import Binary, Expr, Get, Hole, Literal_, Ref, Text
from catalyst.expressions.types import FloatType, IntType, NumberType, SecretType, StrType, Type, UnionType
from catalyst.pysource.source import fits_fstring, joined

Wrap = Callable[[Expr, ast.expr], ast.expr]
"""Makes a string of a hole's value in its own way, such as a path segment that is quoted."""


def emit_parts(emitter: Emitter, parts: Sequence[Text | Hole], sink: Sink, wrap: Wrap | None) -> ast.expr:
    """A scalar of text and holes as one string."""
    pieces: list[str | Expr] = []
    for part in parts:
        pieces += [part.value] if isinstance(part, Text) else _flattened(part.expr)
    if wrap is not None:
        wrapped = [piece if isinstance(piece, str) else wrap(piece, emitter.emit(piece)) for piece in pieces]
        alone = wrapped[0] if len(wrapped) == 1 else ""
        return joined(wrapped) if isinstance(alone, str) else alone
    return _joined(emitter, pieces, sink)


def emit_concat(emitter: Emitter, node: Binary) -> ast.expr:
    """`a ~ b ~ c`."""
    return _joined(emitter, _flattened(node), Sink.TEXT)


def _flattened(node: Expr) -> list[str | Expr]:
    """The operands of a chain of `~`, in order; constant text as text."""
    found: list[str | Expr] = []
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, Binary) and current.op == "~":
            pending += [current.right, current.left]
        elif isinstance(current, Literal_) and isinstance(current.value, str):
            found.append(current.value)
        else:
            found.append(current)
    return found


def _joined(emitter: Emitter, pieces: list[str | Expr], sink: Sink) -> ast.expr:
    values = [piece if isinstance(piece, str) else emitter.emit(piece) for piece in pieces]
    alone = pieces[0] if len(pieces) == 1 else ""
    if not isinstance(alone, str) and isinstance(alone.type, StrType) and not isinstance(values[0], str):
        return values[0]
    if sink is not Sink.TEXT and not RULES[sink].takes_none:
        values = [_scalar(emitter, piece, value, sink) for piece, value in zip(pieces, values, strict=True)]
        pieces = ["" if isinstance(piece, str) else _text_like(piece) for piece in pieces]
    exprs = [piece for piece in pieces if not isinstance(piece, str)]
    if not _may_double(exprs):
        in_text = [_as_text(emitter, piece, value) for piece, value in zip(pieces, values, strict=True)]
        if len(in_text) == 1 and not isinstance(in_text[0], str) and in_text[0] is not values[0]:
            return in_text[0]  # the helper gives text
        if all(isinstance(value, str) or fits_fstring(value) for value in in_text):
            return joined(in_text)
    given = [ast.Constant(value) if isinstance(value, str) else value for value in values if value != ""]
    return emitter.helper("text", "concat", *given)


def _text_like(piece: Expr) -> Expr:
    """A stand-in of type string, for a piece whose Python is a string already."""
    return piece if isinstance(piece.type, (StrType, SecretType)) else _AS_TEXT


_AS_TEXT = Literal_(value="", start=0, end=0, type=StrType())


def _as_text(emitter: Emitter, piece: str | Expr, value: str | ast.expr) -> str | ast.expr:
    """A value as it stands in an f-string; numbers and text need no conversion there."""
    if isinstance(piece, str) or isinstance(value, str) or prints_itself(piece.type):
        return value
    if isinstance(value, ast.Constant) and value.value in _WORDS:
        return _WORDS[value.value]
    return emitter.helper("text", "text", value)


_WORDS: dict[object, str] = {None: "", True: "true", False: "false"}


def prints_itself(type_: Type) -> bool:
    """Whether `str` prints a value of the type as the language does."""
    inner = type_.inner if isinstance(type_, SecretType) else type_
    if isinstance(inner, UnionType):
        return all(prints_itself(member) for member in inner.members)
    return isinstance(inner, (StrType, IntType, FloatType, NumberType))


def prints_as_number(type_: Type) -> bool:
    """Whether its text is short whatever the value."""
    return isinstance(type_, (IntType, FloatType, NumberType))


def _scalar(emitter: Emitter, piece: str | Expr, value: str | ast.expr, sink: Sink) -> str | ast.expr:
    """A value for a place that takes no none, list or object; what the types leave open is checked in the run."""
    if isinstance(piece, str) or isinstance(value, str) or prints_itself(piece.type):
        return value
    return emitter.helper("text", "some_text", value, ast.Constant(sink.value))


PathOf = tuple[tuple[str, ...], tuple[str, ...]]


def _may_double(pieces: list[Expr]) -> bool:
    """Whether a text could grow twofold each time: the state of a loop, or one node's output twice."""
    outputs: list[PathOf] = []
    for piece in pieces:
        base, steps = steps_of(piece)
        if isinstance(base, Ref) and base.kind == "output" and not prints_as_number(piece.type):
            outputs.append((base.path, tuple(step.key for step in steps if isinstance(step, Get))))
        for node in walk(piece):
            if isinstance(node, Ref) and node.kind == "local" and node.path[:2] == ("loop", "state"):
                return True
    return len(outputs) != len(set(outputs))
