"""Expression text put together from pieces that remember where they came from.

The visual form says in keys and edges what the flow language says in one expression. Goes in: strings of the file.
Comes out: `Located` text whose every character still maps to the place it was taken from, so that an error in a
condition points into the JSON. Nothing here understands expressions beyond strings and brackets.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalyst.diagnostics import Located, Span


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text; `origin` is the string of the file that holds it from index `start` on, or None when made here."""

    text: str
    origin: Located | None = None
    start: int = 0


Code = tuple[Piece, ...]


def code(*parts: str | Code) -> Code:
    """Pieces in a row; strings of the file keep their places, other strings have none."""
    pieces: list[Piece] = []
    for part in parts:
        if isinstance(part, Located):
            pieces.append(Piece(str(part), part))
        elif isinstance(part, str):
            pieces.append(Piece(part))
        else:
            pieces.extend(part)
    return tuple(piece for piece in pieces if piece.text)


def text_of(parts: Code) -> str:
    """The bare text."""
    return "".join(piece.text for piece in parts)


def cut(text: Located, start: int, end: int) -> Code:
    """A part of a string of the file."""
    return code((Piece(text[start:end], text, start),))


@dataclass(frozen=True, slots=True)
class PieceOffsets:
    """Maps the joined text of pieces to the file."""

    starts: tuple[int, ...]
    pieces: tuple[Piece, ...]
    default: tuple[int, int]

    def position(self, offset: int) -> tuple[int, int]:
        """The place of a character; text that was made here stands where its neighbour stands."""
        if not self.pieces:
            return self.default
        index = max(bisect_right(self.starts, offset) - 1, 0)
        piece = self.pieces[index]
        if piece.origin is not None:
            return _position(piece, offset - self.starts[index])
        for before in reversed(self.pieces[:index]):
            if before.origin is not None:
                return _position(before, len(before.text))
        for after in self.pieces[index + 1 :]:
            if after.origin is not None:
                return _position(after, 0)
        return self.default


def _position(piece: Piece, offset: int) -> tuple[int, int]:
    origin = piece.origin
    if origin is None or origin.offsets is None:
        span = origin.span if origin is not None else None
        return (span.line, span.column) if span is not None else (1, 1)
    return origin.offsets.position(piece.start + offset)


def locate(parts: Code, span: Span) -> Located:
    """The pieces as one string of the file that stands at `span`."""
    starts: list[int] = []
    length = 0
    for piece in parts:
        starts.append(length)
        length += len(piece.text)
    exact = any(piece.origin is not None and piece.origin.offsets is not None for piece in parts)
    offsets = PieceOffsets(tuple(starts), parts, (span.line, span.column)) if exact else None
    return Located(text_of(parts), span, offsets)


def hole(parts: Code) -> Code:
    """`{{ parts }}`."""
    return code("{{ ", parts, " }}")


@dataclass(frozen=True, slots=True)
class Hole:
    """What stands between `{{` and `}}`."""

    inner: Code


def split_template(text: Located) -> list[Code | Hole]:
    """Plain text and holes of a template in order; braces that never close are plain text."""
    found: list[Code | Hole] = []
    at = 0
    while (start := text.find("{{", at)) != -1:
        end = _hole_end(text, start + 2)
        if end is None:
            break
        if start > at:
            found.append(cut(text, at, start))
        found.append(Hole(_stripped(text, start + 2, end)))
        at = end + 2
    if at < len(text):
        found.append(cut(text, at, len(text)))
    return found


def _stripped(text: Located, start: int, end: int) -> Code:
    inner = text[start:end]
    lead = len(inner) - len(inner.lstrip())
    return cut(text, start + lead, max(start + lead, start + len(inner.rstrip())))


def _hole_end(text: str, at: int) -> int | None:
    depth = 0
    while at < len(text):
        char = text[at]
        if char in "'\"":
            closing = _string_end(text, at)
            if closing is None:
                return None
            at = closing
            continue
        if char == "{":
            depth += 1
        elif char == "}":
            if depth == 0:
                if text.startswith("}}", at):
                    return at
            else:
                depth -= 1
        at += 1
    return None


def _string_end(text: str, at: int) -> int | None:
    quote, at = text[at], at + 1
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == quote:
            return at + 1
        else:
            at += 1
    return None


_TOKEN = re.compile(
    r"""(?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<number>\d[\w.]*)|(?P<word>[A-Za-z_]\w*)|(?P<dot>\?\.|\.)|\s+|.""",
    re.DOTALL,
)


def renamed(parts: Code, nodes: Mapping[str, str], words: Mapping[str, Code] | None = None) -> Code:
    """Give nodes their identifiers: `nodes.<id>` and `nodes['<id>']`; `words` replaces whole root names besides."""
    return code(*(_renamed_piece(piece, nodes, words or {}) for piece in parts))


def _renamed_piece(piece: Piece, nodes: Mapping[str, str], words: Mapping[str, Code]) -> Code:
    out: list[Code] = []
    at = kept = 0
    after_dot = False
    while at < len(piece.text):
        token = _TOKEN.match(piece.text, at)
        if token is None:
            break
        end, new = token.end(), None
        if token["word"] and not after_dot:
            if token["word"] == "nodes" and (access := _node_access(piece.text, token.end(), nodes)) is not None:
                end, new = access
            elif token["word"] in words:
                new = words[token["word"]]
        if new is not None:
            out += [_sub(piece, kept, at), new]
            kept = end
        after_dot = bool(token["dot"])
        at = end
    return code(*out, _sub(piece, kept, len(piece.text)))


def _sub(piece: Piece, start: int, end: int) -> Code:
    return (Piece(piece.text[start:end], piece.origin, piece.start + start),) if end > start else ()


_BRACKET = re.compile(r"""\s*\[\s*(?:'([^'\\]*)'|"([^"\\]*)")\s*\]""")
_DOT = re.compile(r"\s*\.\s*")


def _node_access(text: str, at: int, nodes: Mapping[str, str]) -> tuple[int, Code] | None:
    """Where `nodes.<id>` ends when `nodes` ended at `at`, and its new text; None when nothing changes."""
    bracket = _BRACKET.match(text, at)
    if bracket is not None:
        key = bracket[1] if bracket[1] is not None else bracket[2]
        return (bracket.end(), code(f"nodes.{nodes[key]}")) if key in nodes else None
    dot = _DOT.match(text, at)
    if dot is None:
        return None
    for key in _changed(nodes):
        end = dot.end() + len(key)
        if text.startswith(key, dot.end()) and not re.match(r"\w", text[end : end + 1]):
            return end, code(f"nodes.{nodes[key]}")
    return None


class Ids(dict[str, str]):
    """What the file calls its nodes -> their identifiers; `changed` has those that differ, longest first."""

    def __init__(self, ids: Mapping[str, str]) -> None:
        super().__init__(ids)
        self.changed = sorted((key for key in ids if ids[key] != key), key=len, reverse=True)


def _changed(nodes: Mapping[str, str]) -> list[str]:
    return nodes.changed if isinstance(nodes, Ids) else Ids(nodes).changed


_READ = re.compile(r"(?<![\w.])nodes\s*\.\s*([A-Za-z_]\w*)|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)


def references(raw: Any) -> dict[str, None]:
    """The ids that expressions anywhere in a value read as `nodes.<id>`, in first-use order."""
    found: dict[str, None] = {}
    for text in strings_of(raw):
        if "{{" in text:
            for part in split_template(text if isinstance(text, Located) else Located(text, Span.start_of(""))):
                if isinstance(part, Hole):
                    found.update(read_names(part.inner))
    return found


def read_names(parts: Code) -> dict[str, None]:
    """The ids that one expression reads as `nodes.<id>`."""
    return {match[1]: None for match in _READ.finditer(text_of(parts)) if match[1]}


def strings_of(raw: Any) -> Iterator[str]:
    """All strings of a value, keys left out."""
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, Mapping):
        for value in raw.values():
            yield from strings_of(value)
    elif isinstance(raw, list):
        for value in raw:
            yield from strings_of(value)


_SIMPLE = re.compile(r"^(?:[A-Za-z_]\w*(?:\??\.\w+|\[\d+\])*|\d+(?:\.\d+)?|'[^'\\]*'|\w+\([^()]*\))$")
_BOOLEAN = re.compile(
    r"(?:==|!=|<=|>=|(?<![=])<|>|\bin\b|\bis\b|^\s*not\b|^(?:true|false)$|\|\s*(?:contains|startswith|endswith|bool|any|all|regex_match)\b[^|]*$)"
)
_SPLIT = re.compile(r"\bif\b|\belse\b|=>|\?\?")


def grouped(parts: Code) -> Code:
    """The expression, in parentheses unless it holds together by itself."""
    return parts if _SIMPLE.match(text_of(parts)) else code("(", parts, ")")


def as_boolean(parts: Code) -> Code:
    """The expression as true or false, whatever its type; comparisons stay as they are."""
    bare = _bare(text_of(parts))
    operands = re.split(r"\band\b|\bor\b", bare)
    if not _SPLIT.search(bare) and all(_BOOLEAN.search(operand.strip()) for operand in operands):
        return parts
    return code("true if ", parts, " else false")


def _bare(text: str) -> str:
    """The text without its strings and without what stands in brackets."""
    text = re.sub(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", "''", text, flags=re.DOTALL)
    while (shorter := re.sub(r"\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}", " ", text)) != text:
        text = shorter
    return text


def quoted(text: str) -> Code:
    """A string literal of the expression language."""
    plain = "".join(_ESCAPED.get(char) or (char if char.isprintable() else _escape(char)) for char in text)
    return code(f"'{plain}'")


_ESCAPED = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) <= 0xFFFF else char


def value_code(raw: Any) -> Code:
    """Any value, with holes in its strings, as one expression."""
    if isinstance(raw, Located):
        return _template_code(raw)
    if isinstance(raw, str):
        return quoted(raw)
    if raw is None or isinstance(raw, bool):
        return code({None: "none", True: "true", False: "false"}[raw])
    if isinstance(raw, Mapping):
        entries = [code(quoted(key), ": ", value_code(value)) for key, value in raw.items()]
        return code("{", *_comma(entries), "}")
    if isinstance(raw, list):
        return code("[", *_comma([value_code(value) for value in raw]), "]")
    return code(f"{raw!r}")


def _comma(items: list[Code]) -> list[str | Code]:
    out: list[str | Code] = []
    for index, item in enumerate(items):
        out += [", ", item] if index else [item]
    return out


def _template_code(text: Located) -> Code:
    parts = split_template(text)
    if len(parts) == 1 and isinstance(parts[0], Hole):
        return parts[0].inner
    joined: list[str | Code] = []
    for part in parts:
        joined += [" ~ "] if joined else []
        joined.append(grouped(part.inner) if isinstance(part, Hole) else quoted(text_of(part)))
    # A lone hole between texts would lose its text type without the empty string in front.
    return code(*joined) if joined else quoted("")


def expression_code(text: Located) -> Code:
    """A setting that is an expression by nature: with or without braces around it."""
    if any(isinstance(part, Hole) for part in split_template(text)):
        return _template_code(text)
    return _stripped(text, 0, len(text))


def escaped_braces(text: Located) -> Located:
    """Static text: what looks like a hole stays text."""
    if "{{" not in text:
        return text
    return locate(code(text.replace("{{", "{{ '{{' }}")), text.span)
