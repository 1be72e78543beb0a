"""Recognises lines of Python that black would leave as they are.

Goes in: a module, then line by line its shape: names, numbers and texts stand for each other, so that the thousands of
lines of a module have some dozens of shapes. Comes out: what kind of line it is, or None when only black can tell.

For a line that is not too long black looks at the kinds of tokens and at the space between them, never at what a name
or a text is. So a shape is looked at once: its expressions are replaced, from the inside out, by a letter, wherever
they are spelled with the spaces that black sets; what is left must be a statement of the plain sort. Whatever black
might change (needless parentheses, slices, powers, trailing commas, odd quotes) is not in the grammar.
"""

from __future__ import annotations

import functools
import keyword
import re
from enum import Enum, auto


class Kind(Enum):
    """What matters of a line for the lines around it."""

    PLAIN = auto()
    IMPORT = auto()
    COMMENT = auto()
    DOCSTRING = auto()
    DECORATOR = auto()
    OPENS = auto()
    """The head of a block that is neither a function nor a class."""
    FUNCTION = auto()
    CLASS = auto()

    @property
    def opens(self) -> bool:
        """Whether a block follows."""
        return self in (Kind.OPENS, Kind.FUNCTION, Kind.CLASS)


UNKNOWN = "?"
"""Stands for a text that black may spell in another way; a line that begins with it goes on from the line before."""

_ODD = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_OPAQUE = re.compile(
    rf"""(?P<comment>\#[^\n]*+)
    | (?P<docs>["]{{3}}(?:[^"\\]|\\.|"(?!""))*["]{{3}})
    | (?P<text>(?<!\w)f?"(?:[^"\\{_ODD}]|\\[nrt\\])*"(?!") | (?<!\w)'[^'"\\{_ODD}]*+"[^'\\{_ODD}]*+')
    | (?:\b[A-Za-z]{{1,2}})?(?:["]{{3}}(?:[^"\\]|\\.|"(?!""))*["]{{3}} | [']{{3}}(?:[^'\\]|\\.|'(?!''))*[']{{3}}
        | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*')""",
    re.VERBOSE | re.DOTALL,
)
"""Comments and literals, one after another: what may hold anything."""
_COMMENT = re.compile(r"# \S(?:.*\S)?")
_DOCSTRING = re.compile(r'"""[^\s"\\](?:[^"\\\x00-\x1f]*[^\s"\\])?"""')
_KEYWORDS = "|".join(word for word in keyword.kwlist if word not in ("True", "False", "None"))
_NAME = re.compile(rf"\b(?!(?:{_KEYWORDS})\b)[^\W\d]\w*")
_NUMBER = re.compile(r"\b[0-9]+(?:\.[0-9]+)?\b")


def shapes(source: str) -> list[str]:
    """The shape of each line of a module."""
    return _NUMBER.sub("7", _NAME.sub("x", _OPAQUE.sub(_stand_in, source))).split("\n")


def _stand_in(match: re.Match[str]) -> str:
    """`"` for a text, `'` for a docstring, `#` for a comment."""
    text = match[0]
    if match["text"] is not None:
        return '"'
    if match["comment"] is not None and _COMMENT.fullmatch(text):
        return "#"
    if match["docs"] is not None and _DOCSTRING.fullmatch(text):
        return "'"
    return UNKNOWN + f"\n{UNKNOWN}" * text.count("\n")


def _several(item: str) -> str:
    return rf"{item}(?:, {item})*"


# `x` is an expression that a dot or a bracket may follow, `E` any other one.
_ANY = "[xE]"
_ITEM = rf"\*?{_ANY}"
_PAIR = rf"(?:{_ANY}: |\*\*){_ANY}"
_ARGUMENT = rf"(?:x=|\*\*?)?{_ANY}"
_EACH = rf"(?:(?: async)? for {_several('x')} IN {_ANY}(?: if {_ANY})*)+"
_SYMBOLS = r"[-+*/%|&^@<>]|//|[<>=!]="
_WORDS = "and|or|in|not in|is|is not"
_NO_VALUE_BEFORE = r"(?<![\w)\]}])"

_PRIMARY = re.compile(
    "|".join(
        [
            r"x\.x",
            rf"x\((?:{_several(_ARGUMENT)}|{_ANY}{_EACH})?\)",
            rf"x\[{_several(_ANY)}\]",
            rf"{_NO_VALUE_BEFORE}\[(?:{_several(_ITEM)}|{_ANY}{_EACH})?\]",
            rf"{_NO_VALUE_BEFORE}\((?:{_ITEM},|{_ITEM}(?:, {_ITEM})+)?\)",
            rf"\{{(?:{_several(_PAIR)}|{_several(_ITEM)}|{_ANY}(?:: {_ANY})?{_EACH})?\}}",
            # Parentheses around an operand; around a whole expression black may take them away.
            rf"{_NO_VALUE_BEFORE}(?<!await )\(E\)(?=[.\[]| (?:{_SYMBOLS}|{_WORDS}) )",
            r"(?:(?<= [-+*/%|&^@<>] )|(?<= // )|(?<= [<>=!]= )|(?<= and )|(?<= or )|(?<=\bnot ))\(E\)",
        ]
    )
)
_OPERATIONS = "|".join(
    [
        rf"{_ANY}(?: (?:{_SYMBOLS}|{_WORDS}) {_ANY})+",
        rf"{_ANY} if {_ANY} else {_ANY}",
        rf"\b(?:not|await) {_ANY}",
        rf"\blambda(?: {_several('x')})?: {_ANY}",
        rf"{_NO_VALUE_BEFORE}-x",
    ]
)
_COMPOUND = re.compile(rf"(?<!\.)(?:{_OPERATIONS})(?![.(\[])")
_EACH_IN = re.compile(rf"\bfor ({_several('x')}) in ")
_SLICE = re.compile(r"\[[x7]?:[x7]?\]")

_VALUES = _several(_ANY)
_NAMES = _several("x")
_PARAMETER = rf"(?:\*{{0,2}}x(?:: {_ANY}(?: = {_ANY})?|={_ANY})?|\*|/)"
_WITH = rf"{_ANY}(?: as x)?"
_STATEMENTS = {
    Kind.COMMENT: "#",
    Kind.DOCSTRING: "'",
    Kind.DECORATOR: "@x",
    Kind.IMPORT: rf"import x(?: as x)?|from x import {_several('x(?: as x)?')}",
    Kind.FUNCTION: rf"(?:async )?def x(?:\({_several(_PARAMETER)}\))?(?: -> {_ANY})?:",
    Kind.CLASS: "class x:",
    Kind.OPENS: rf"(?:if|elif|while) {_ANY}:|else:|try:|finally:|except(?: {_ANY}(?: as x)?)?:"
    rf"|(?:async )?for {_NAMES} IN {_ANY}:|(?:async )?with {_several(_WITH)}:",
    Kind.PLAIN: "|".join(
        [
            rf"{_NAMES} = {_VALUES}",
            rf"x [-+*/]= {_ANY}",
            rf"x: {_ANY}(?: = {_ANY})?",
            rf"return(?: {_VALUES})?",
            rf"raise(?: {_ANY}(?: from {_ANY})?)?",
            rf"assert {_ANY}(?:, {_ANY})?",
            rf"yield(?: {_ANY})?",
            rf"(?:global|nonlocal) {_NAMES}",
            rf"{_ANY}|pass|break|continue",
        ]
    ),
}
_STATEMENT = re.compile("|".join(f"(?P<{kind.name}>{pattern})" for kind, pattern in _STATEMENTS.items()))

_DOUBTFUL = re.compile(
    "|".join(
        [
            r"""^["(\[{]""",
            r"\b(?:import|with|for) \(",
            r"\bfor [x, ]* in \(",
            r"\bclass x\(\)",
            r"""[\w)\]}"]\[\(""",
            r"""^[x.\[\]"7, ]*, \(""",
            r"7\.|\.7",
        ]
    )
)
"""Parentheses that black may take away, and numbers in front of a dot; in the grammar they would look harmless."""


@functools.lru_cache(maxsize=20_000)
def kind_of(shape: str) -> Kind | None:
    """What kind of line has that shape (without its indent); None for what black might print in another way."""
    if _DOUBTFUL.search(shape):
        return None
    rest = _SLICE.sub("[x]", shape).replace('f"', "x").replace('"', "x").replace("7", "x")
    rest = _EACH_IN.sub(r"for \1 IN ", rest)
    before = ""
    while rest != before:
        before = rest
        rest = _COMPOUND.sub("E", _PRIMARY.sub("x", rest))
    found = _STATEMENT.fullmatch(rest)
    return Kind[found.lastgroup] if found is not None and found.lastgroup is not None else None
