"""Python names for things of a flow; every name that reaches emitted code is made or checked here.

Only ASCII: Python folds other letters to compatibility forms, so that two spellings could be one name.
"""

from __future__ import annotations

import builtins
import keyword
import re

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")

SOFT_KEYWORDS = frozenset({"_", "case", "match", "type"})
"""Words that mean something in some places only. Written down, for each Python has its own list of them, and the same
flow is to give the same code under any."""

BUILTINS = frozenset(dir(builtins)) | {"asyncio", "ctx", "group", "error", "done", "self", "cls", "l", "I", "O"}
"""Names that would hide something, or look like something, that emitted code or its reader relies on."""


FORBIDDEN_NAMES = frozenset(
    [
        "eval",
        "exec",
        "compile",
        "getattr",
        "setattr",
        "delattr",
        "hasattr",
        "globals",
        "locals",
        "vars",
        "dir",
        "open",
        "input",
        "breakpoint",
        "help",
        "memoryview",
        "object",
        "super",
        "type",
        "classmethod",
        "staticmethod",
        "property",
        "exit",
        "quit",
        "format",
        "format_map",
        "mro",
        "print",
        "os",
        "sys",
        "subprocess",
        "importlib",
        "builtins",
        "f_globals",
        "f_locals",
        "f_builtins",
        "gi_frame",
        "cr_frame",
        "tb_frame",
        "f_back",
    ]
)
"""Names that no emitted expression may hold, whoever chose them: they reach beyond the data of the run."""


def is_plain_name(name: str) -> bool:
    """Whether a name can be bound without hiding anything, or looking as if it did."""
    if keyword.iskeyword(name) or name in SOFT_KEYWORDS or name in BUILTINS or name in FORBIDDEN_NAMES:
        return False
    return "__" not in name


def is_identifier(text: str) -> bool:
    """Whether the text can stand as a Python name as it is."""
    return bool(_IDENTIFIER.fullmatch(text)) and not keyword.iskeyword(text)


def words(text: str) -> list[str]:
    """The words of a name in any of the usual spellings: `getHTTPUser`, `get-user`, `get_user 2`."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", text))
    return [word for word in re.split(r"[^A-Za-z0-9]+", spaced) if word]


def snake_case(text: str) -> str:
    """A function, variable or module name."""
    return _startable("_".join(word.lower() for word in words(text)))


def pascal_case(text: str) -> str:
    """A class name."""
    return _startable("".join(word[0].upper() + word[1:] for word in words(text)))


def constant_case(text: str) -> str:
    """A module constant's name."""
    return _startable("_".join(word.upper() for word in words(text)))


def _startable(name: str) -> str:
    name = name[:60] or "unnamed"
    return f"n{name}" if name[0].isdigit() else name


class Names:
    """The names of one scope. What is taken once is not given again."""

    def __init__(self, taken: frozenset[str] = frozenset()) -> None:
        self._taken = set(taken)

    def take(self, wanted: str) -> str:
        """`wanted`, or `wanted_`, or `wanted_2` and so on when it is taken, a keyword or a builtin."""
        wanted = re.sub("__+", "_", wanted)
        name = wanted if is_plain_name(wanted) else f"{wanted}_"
        count = 2
        while name in self._taken:
            name = f"{wanted}_{count}"
            count += 1
        self._taken.add(name)
        return name

    def reserve(self, *names: str) -> None:
        """Keep names from being given."""
        self._taken.update(names)

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def child(self) -> Names:
        """A scope inside this one: it sees what is taken here and keeps its own to itself."""
        return Names(frozenset(self._taken))
