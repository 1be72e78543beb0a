"""Serializers for the files around the code: a value becomes text that its file reads back as the same value.

Goes in: text that may hold anything. Comes out: TOML strings, dotenv values, shell words, Markdown. Control characters
and those that reorder text never come out as they are.
"""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlencode

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,126}")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_./:@,+=?&%-]*")
_LONGEST_CELL = 300


def is_project_name(name: str) -> bool:
    """Whether a name can stand in file names, package names and URLs as it is."""
    return _NAME.fullmatch(name) is not None


def is_env_name(name: str) -> bool:
    """Whether a name can be that of an environment variable."""
    return _ENV_NAME.fullmatch(name) is not None


def toml_string(text: str) -> str:
    """A TOML basic string."""
    return '"' + "".join(_toml_char(char) for char in text) + '"'


def toml_list(items: Iterable[str], indent: str = "") -> str:
    """A TOML array of strings, an item a line."""
    lines = [f"{indent}  {toml_string(item)}," for item in items]
    return "\n".join(["[", *lines, f"{indent}]"]) if lines else "[]"


def _toml_char(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if 0xD800 <= ord(char) <= 0xDFFF:
        return "\N{REPLACEMENT CHARACTER}"
    if _is_hidden(char):
        return f"\\u{ord(char):04X}" if ord(char) <= 0xFFFF else f"\\U{ord(char):08X}"
    return char


def dotenv_value(text: str) -> str:
    """A value for a `.env` file, read the same by `docker compose`, python-dotenv and a POSIX shell.

    But for line ends: a shell keeps them as `\\n`.
    """
    if _PLAIN_VALUE.fullmatch(text):
        return text
    if "'" not in text and not any(_is_hidden(char) for char in text):
        return f"'{text}'"
    escaped = re.sub(r'(["\\$`])', r"\\\1", text).replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return '"' + "".join("\N{REPLACEMENT CHARACTER}" if _is_hidden(char) else char for char in escaped) + '"'


def markdown_text(text: str) -> str:
    """One paragraph that shows the text and nothing else: no markup, no HTML, no link."""
    line = " ".join(_visible(text).split())
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~$!&])", r"\\\1", line)
    return re.sub(r"^([-+=:]|\d+[.)])", _escape_first, escaped)


def _escape_first(match: re.Match[str]) -> str:
    """What would start a list or a rule."""
    return match[0][:-1] + "\\" + match[0][-1]


def markdown_cell(text: str) -> str:
    """The same for a cell of a table, cut where it would be too long for one."""
    text = text if len(text) <= _LONGEST_CELL else text[:_LONGEST_CELL] + "..."
    return markdown_text(text)


def fenced(code: str, language: str) -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{code}\n{fence}"


def curl_call(
    method: str,
    url: str,
    query: Iterable[tuple[str, str]] = (),
    headers: Iterable[tuple[str, str]] = (),
    body: object = None,
    *,
    buffered: bool = True,
) -> str:
    """A curl command for a POSIX shell, an option a line when it has a body or headers. `body` is JSON data."""
    pairs = list(query)
    target = url + ("?" + urlencode(pairs, errors="replace") if pairs else "")
    first = ["curl", *([] if buffered else ["-N"]), *([] if method == "GET" else ["-X", method]), target]
    options = [("-H", f"{name}: {_visible(value)}") for name, value in headers]
    if body is not None:
        options += [("-H", "Content-Type: application/json"), ("-d", json.dumps(body))]
    lines = [shlex.join(first), *(shlex.join(option) for option in options)]
    return " \\\n  ".join(lines)


def _visible(text: str) -> str:
    return "".join(" " if char.isspace() or _is_line_end(char) else _shown(char) for char in text)


def _shown(char: str) -> str:
    return "\N{REPLACEMENT CHARACTER}" if _is_hidden(char) else char


def _is_line_end(char: str) -> bool:
    return char in "\x85\u2028\u2029"


def _is_hidden(char: str) -> bool:
    """Control characters, marks that reorder or hide text, and halves of characters; joiners belong to scripts."""
    return char not in "\u200c\u200d" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")
