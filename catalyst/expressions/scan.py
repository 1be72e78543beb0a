"""Finds the `{{ }}` holes of a scalar, outside the grammar.

Goes in: the text of a scalar. Comes out: its plain text and the places of its holes, and what is wrong with the
braces. The scanner knows strings and brackets, so that `{{ '}}' ~ {'a': {'b': 1}} }}` is one hole. It never looks at
the meaning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_BRACKETS = 100
"""How deep brackets may nest inside one hole."""


@dataclass(frozen=True, slots=True)
class HoleText:
    """The place of one hole: `start:end` with the braces, `inner_start:inner_end` without."""

    start: int
    end: int
    inner_start: int
    inner_end: int


@dataclass(frozen=True, slots=True)
class ScanProblem:
    """What is wrong with the braces at `start:end`."""

    code: str
    message: str
    start: int
    end: int
    help: str


@dataclass(frozen=True, slots=True)
class Scan:
    """A scalar taken apart: plain text and holes in order, and the problems."""

    parts: tuple[str | HoleText, ...]
    problems: tuple[ScanProblem, ...]


_STATEMENT = re.compile(
    r"\{%[-+]?\s*(?:if|elif|else|endif|for|endfor|set|endset|macro|endmacro|include|import|from|block|endblock|extends"
    r"|call|endcall|filter|endfilter|raw|endraw|with|endwith|do|autoescape|trans|assign|case|unless|switch)\b"
)
_STATEMENT_MESSAGE = "`{% %}` statements are Jinja templates, not expressions"
_STATEMENT_HELP = (
    "only {{ expressions }} stand in text; write {{ a if condition else b }}, a filter such as map(x => ...), "
    "or a `switch` or `map` node"
)
_DIALECT = re.compile(r"\{\{(?:#|/|>|\^|!--|!\s|~|-\s)")
_TOKEN = re.compile(r"""[\[\](){}"']""")
_STRING = re.compile(r'"(?:[^"\\\r\n]|\\[^\r\n])*"|\'(?:[^\'\\\r\n]|\\[^\r\n])*\'')
_CLOSES = {")": "(", "]": "[", "}": "{"}


def has_holes(text: str) -> bool:
    """Whether the text needs `parse_template`; other text stands for itself."""
    return "{{" in text or "{%" in text


def scan(text: str) -> Scan:
    """Take a scalar apart."""
    parts: list[str | HoleText] = []
    problems: list[ScanProblem] = []
    position = 0
    while True:
        opening = text.find("{{", position)
        plain_end = len(text) if opening < 0 else opening
        statement = _STATEMENT.search(text, position, plain_end)
        if statement and not any(problem.message == _STATEMENT_MESSAGE for problem in problems):
            problems.append(
                ScanProblem("E109", _STATEMENT_MESSAGE, statement.start(), statement.end(), _STATEMENT_HELP)
            )
        if plain_end > position:
            parts.append(text[position:plain_end])
        if opening < 0:
            return Scan(tuple(parts), tuple(problems))
        dialect = _DIALECT.match(text, opening)
        if dialect:
            position = _skip(text, opening)
            problems.append(_dialect_problem(dialect[0], opening, position))
            continue
        closing, problem = _closing(text, opening + 2)
        if problem:
            problems.append(problem)
            position = _skip(text, opening)
            continue
        position = closing + 2
        parts.append(HoleText(opening, position, opening + 2, closing))


def _skip(text: str, opening: int) -> int:
    """Where to go on behind a hole that cannot be read."""
    closing = text.find("}}", opening + 2)
    return len(text) if closing < 0 else closing + 2


_DIALECT_HELP = {
    "{{#": (
        "`{{#` is Dify or Handlebars syntax",
        "write {{ nodes.<id>.output.<field> }}; a condition is {{ a if condition else b }}",
    ),
    "{{/": (
        "`{{/` is Handlebars syntax",
        "a condition is {{ a if condition else b }}, a list {{ items | map(x => x.name) }}",
    ),
    "{{^": ("`{{^` is Handlebars syntax", "a condition is {{ a if condition else b }}"),
    "{{>": ("`{{>` is Handlebars syntax", "there are no partials; use a `template` node or a constant in `vars`"),
    "{{!": ("`{{!` is Handlebars syntax", "comments are YAML comments: # ..."),
    "{{~": ("`{{~` is Handlebars syntax", "write {{ expression }}; spaces around it are kept"),
    "{{-": ("`{{-` is Jinja or Go template syntax", "write {{ expression }}; use the filter trim to take spaces away"),
}


def _dialect_problem(found: str, start: int, end: int) -> ScanProblem:
    message, help_ = _DIALECT_HELP[found[:3]]
    return ScanProblem("E109", message, start, min(end, start + 3), help_)


def _closing(text: str, position: int) -> tuple[int, ScanProblem | None]:
    """The index of the `}}` that ends the hole whose inside begins at `position`."""
    opening = position - 2
    brackets: list[str] = []
    while True:
        match = _TOKEN.search(text, position)
        if match is None:
            return 0, _unclosed(text, opening)
        found, position = match[0], match.end()
        if found in "\"'":
            string = _STRING.match(text, match.start())
            if string is None:
                return _unclosed_string(text, opening, match.start())
            position = string.end()
        elif found in "([{":
            brackets.append(found)
            if len(brackets) > MAX_BRACKETS:
                message = f"brackets nest deeper than {MAX_BRACKETS}"
                return 0, ScanProblem(
                    "E106", message, match.start(), match.end(), "split the expression with `set` nodes"
                )
        elif brackets and brackets[-1] == _CLOSES[found]:
            brackets.pop()
        elif text.startswith("}}", match.start()):
            # Either all brackets are closed, or one is missing: the grammar says which.
            return match.start(), None


def _unclosed(text: str, opening: int) -> ScanProblem:
    return ScanProblem(
        "E101", "`{{` is never closed", opening, opening + 2, "close it with }}; for the text itself write {{ '{{' }}"
    )


_LINE_END_HELP = (
    "a line end in a string is `\\n`; where the value stands in double quotes, YAML has made a line end of that "
    "already: write `\\\\n` there, or put the value into a `|` or `>-` block"
)


def _unclosed_string(text: str, opening: int, start: int) -> tuple[int, ScanProblem | None]:
    end = min((index for index in (text.find("\n", start), text.find("}}", start)) if index >= 0), default=len(text))
    closing = text.find(text[start], start + 1)
    if text.startswith("\n", end) and 0 <= closing < text.find("}}", start):
        return 0, ScanProblem("E101", "the string goes over the end of a line", start, closing + 1, _LINE_END_HELP)
    return 0, ScanProblem(
        "E101",
        "the string is never closed",
        start,
        max(end, start + 1),
        f"close it with {text[start]} on the same line",
    )
