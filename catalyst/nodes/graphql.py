"""GraphQL documents in settings: the operation and its variables.

Goes in: the text of a document. Comes out: what kind of operation it is and which variables it declares, or a finding.
Only what the compiler has to know is looked at; the service knows its schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from catalyst.diagnostics import listing
from catalyst.spec.problems import Reader, problem

_TOKEN = re.compile(
    r'(?P<skip>[\s,\ufeff]+|#[^\r\n]*)|(?P<text>"""(?:\\"""|[^"]|"(?!""))*"""|"(?:\\.|[^"\\\r\n])*")'
    r"|(?P<name>\.\.\.|[$@]?[A-Za-z_][A-Za-z0-9_]*|-?[0-9][0-9.eE+-]*)|(?P<sign>[!$&()\[\]{}:=|@])"
)
_CLOSING = {")": "(", "]": "[", "}": "{"}
_KINDS = ("query", "mutation", "subscription")
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Operation:
    """The one operation of a document."""

    text: str
    kind: str
    variables: tuple[tuple[str, bool], ...]
    """Names, and whether they must be given."""

    @property
    def names(self) -> list[str]:
        """The names of the variables."""
        return [name for name, _ in self.variables]


def _read(value: Any) -> Operation:
    if not isinstance(value, str):
        raise problem("E142", "a GraphQL document is text")
    if "{{" in value:
        help_ = "write `$name` in the document and give its value under `variables`"
        raise problem("E465", "a GraphQL document is constant: values go into it as variables", help=help_)
    text = str(value).strip()
    tokens = list(_tokens(text))
    _check_brackets(tokens)
    return _operation(text, tokens)


Document = Annotated[Operation, Reader(_read, {"type": "string"})]


def _tokens(text: str) -> Iterator[str]:
    if len(text) > _MOST:
        raise problem("E465", f"a GraphQL document has at most {_MOST:,} characters")
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            line = text.count("\n", 0, position) + 1
            raise problem("E465", f"`{text[position]}` in line {line} of the document is not GraphQL")
        position = match.end()
        if match["skip"] is None:
            yield match[0]


def _check_brackets(tokens: list[str]) -> None:
    open_: list[str] = []
    for word in tokens:
        if word in "([{":
            open_.append(word)
        elif word in _CLOSING and (not open_ or open_.pop() != _CLOSING[word]):
            raise problem("E465", f"a `{word}` of the document closes nothing")
    if open_:
        raise problem("E465", f"a `{open_[-1]}` of the document is never closed")


def _operation(text: str, tokens: list[str]) -> Operation:
    """The operation among what stands outside of all brackets."""
    found: list[tuple[str, int]] = []
    depth = 0
    before = ""
    for position, word in enumerate(tokens):
        if depth == 0 and word in _KINDS and before not in ("fragment", "on"):
            found.append((word, position))
        elif depth == 0 and word == "{" and (not before or before == "}"):
            found.append(("query", position))
        depth += (word in "([{") - (word in _CLOSING)
        before = word
    if len(found) != 1:
        help_ = "write one `query { ... }` or `mutation { ... }`; fragments may stand beside it"
        raise problem("E465", f"the document has {len(found)} operations, and a call is one of them", help=help_)
    kind, start = found[0]
    if kind == "subscription":
        raise problem("E465", "a subscription goes on for ever, and a node ends", help="use a query, and ask again")
    return Operation(text, kind, tuple(_variables(tokens[start + 1 :])))


def _variables(tokens: list[str]) -> Iterator[tuple[str, bool]]:
    """What the operation declares between its parentheses."""
    start = next((at for at, word in enumerate(tokens) if word in "({"), len(tokens))
    if start == len(tokens) or tokens[start] == "{":
        return
    declared: list[tuple[str, bool]] = []
    depth = 0
    for at, word in enumerate(tokens[start:], start):
        depth += (word in "([{") - (word in _CLOSING)
        if depth == 0:
            break
        if depth == 1 and word.startswith("$") and tokens[at + 1 : at + 2] == [":"]:
            declared.append((word[1:], False))
        elif depth == 1 and declared and word in ("!", "="):
            declared[-1] = (declared[-1][0], word == "!")
    yield from declared


def variables_problem(operation: Operation, given: list[str]) -> tuple[str, str] | None:
    """What is wrong with the names of the variables that are given: message and help."""
    unknown = [name for name in given if name not in operation.names]
    if unknown:
        declared = listing(["$" + name for name in operation.names]) if operation.names else "none"
        return f"the document declares no variable `${unknown[0]}`", f"it declares: {declared}"
    missing = [name for name, needed in operation.variables if needed and name not in given]
    if missing:
        return f"the document needs the variable `${missing[0]}`", f"add `{missing[0]}:` under `variables`"
    return None
