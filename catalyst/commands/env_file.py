"""Reads a file of environment variables: `NAME=value` lines, as Docker and most shells take them."""

from __future__ import annotations

import re
from pathlib import Path

from catalyst.commands.problems import CommandProblem
from catalyst.commands.targets import existing, reason

_LINE = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*=\s*(?P<value>.*)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def read_env_file(path: Path | None) -> dict[str, str]:
    """Name -> value; nothing for None. Raises `CommandProblem`, which names the line and never a value."""
    if path is None:
        return {}
    try:
        text = existing(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CommandProblem(f"`{path}` cannot be read: {reason(error)}") from None
    except UnicodeDecodeError:
        raise CommandProblem(f"`{path}` is not UTF-8 text") from None
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        if match is None or "\0" in stripped:
            raise CommandProblem(f"{path}:{number}: this is not NAME=value")
        found[match["name"]] = _value(match["value"])
    return found


def _value(text: str) -> str:
    """A value without its quotes and without a comment behind it; escapes count in double quotes only."""
    if text[:1] == "'" and "'" in text[1:]:
        return text[1 : text.index("'", 1)]
    quoted = re.match(r'"((?:[^"\\]|\\.)*)"', text)
    if quoted:
        return re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), quoted[1])
    return re.split(r"\s#", text, maxsplit=1)[0].strip()
