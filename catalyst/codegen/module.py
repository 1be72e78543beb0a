"""One Python module while it is written: its imports, constants, classes and functions, and every name in it.

Names that the flow's author chose (node ids, state values, items) are kept for local variables; an import that would
hide one comes in under another name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from catalyst.codegen.tidy import tidied
from catalyst.pysource.body import Body
from catalyst.pysource.imports import Imports
from catalyst.pysource.names import Names

RUNTIME = "app.runtime"

_SHORT = 100
"""A constant up to this stays on one line."""


@dataclass(frozen=True, slots=True, order=True)
class Connection:
    """A pool to a service whose address is a secret."""

    constant: str
    """Its name in `app/connections.py`."""
    module: str
    """The runtime module that makes it."""
    function: str
    """The function there that takes the pool's name."""
    secret: str
    """Attribute of `Secrets` with the address; empty for what is embedded because no secret is declared."""
    arguments: tuple[str | tuple[str, ...], ...] = ()
    """What the function takes besides: a text, or lists of words."""
    statements: tuple[str, ...] = ()
    """SQL that makes the tables of what is embedded; the function takes all of it as one text."""
    handed_on: tuple[str, ...] = ()
    """Environment variables that a program gets from the service."""


@dataclass(frozen=True, slots=True)
class OwnMetric:
    """A metric that nodes count."""

    name: str
    kind: str
    description: str
    labels: tuple[str, ...]


@dataclass(slots=True)
class Needs:
    """What a project needs because of what its modules use."""

    runtime: set[str] = field(default_factory=set)
    """Runtime modules."""
    pools: set[tuple[str, str]] = field(default_factory=set)
    """(runtime module, name of the pool's key)."""
    connections: set[Connection] = field(default_factory=set)
    metrics: set[OwnMetric] = field(default_factory=set)
    distributions: set[str] = field(default_factory=set)
    addresses: set[tuple[str, bool]] = field(default_factory=set)
    """(environment variable with the address of a service, whether it must be set)."""
    libraries: set[str] = field(default_factory=set)
    """Modules of the user's `lib`."""

    def add(self, other: Needs) -> None:
        """Take over another module's needs."""
        self.runtime |= other.runtime
        self.pools |= other.pools
        self.connections |= other.connections
        self.metrics |= other.metrics
        self.distributions |= other.distributions
        self.addresses |= other.addresses
        self.libraries |= other.libraries


class Module:
    """Collects the parts of a module; `text()` puts them in order."""

    def __init__(self, docstring: str, authors_names: Iterable[str] = ()) -> None:
        self.docstring = docstring
        self.imports = Imports()
        self.needs = Needs()
        self.names = Names(frozenset({"ctx", "group", "error"}))
        self.authors_names = frozenset(authors_names)
        self.names.reserve(*self.authors_names)
        self.classes: list[str] = []
        self.constants: list[str] = []
        self.functions: list[str] = []
        self.end: list[str] = []
        self._imported: dict[tuple[str, str], str] = {}

    def use(self, module: str, name: str) -> str:
        """Import from the runtime; gives the local name."""
        self.needs.runtime.add(module)
        return self.use_package(f"{RUNTIME}.{module}", name)

    def use_package(self, module: str, name: str) -> str:
        """Import from anywhere else; without a name the module itself. Gives the local name."""
        key = (module, name)
        if key not in self._imported:
            if not name:
                self._imported[key] = self.imports.add_module(module)
                self.names.reserve(module.partition(".")[0])
            else:
                self._imported[key] = self.imports.add(module, name, self._free(name))
            if module.startswith("lib."):
                self.needs.libraries.add(module)
        return self._imported[key]

    def _free(self, name: str) -> str:
        if name not in self.names:
            self.names.reserve(name)
            return name
        return self.names.take(f"{name}_" if not name.endswith("_") else name)

    def finish(self) -> None:
        """Leave out names and imports that nothing needed in the end: an emitter may have found a plainer form."""
        self.functions = [tidied(function) for function in self.functions]
        self.imports.keep_only(self._names_read())
        prefix = f"{RUNTIME}."
        imported = {name.removeprefix(prefix) for name in self.imports.modules() if name.startswith(prefix)}
        self.needs.runtime = imported | {module for module, _ in self.needs.pools}

    def text(self) -> str:
        """The whole module, not formatted yet."""
        body = Body()
        body.line(docstring_literal(self.docstring))
        body.line()
        for line in self.imports.lines():
            body.line(line)
        above: str | None = None
        for part in (*self.constants, *self.classes, *self.functions, *self.end):
            for _ in range(2 if above is None else _blank_lines(above, part)):
                body.line()
            body.line(part.rstrip("\n"))
            above = part
        return body.text()

    def _names_read(self) -> set[str]:
        """The names that the code reads."""
        code = "\n".join(part for group in (self.constants, self.classes, self.functions, self.end) for part in group)
        return {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}


def _blank_lines(above: str, below: str) -> int:
    """How many blank lines stand between two parts of a module: constants stand together, the long ones loosely."""
    if any(part.startswith(("class ", "def ", "async def ", "@", "if ")) for part in (above, below)):
        return 2
    return 0 if all("\n" not in part and len(part) <= _SHORT for part in (above, below)) else 1


def docstring_literal(text: str) -> str:
    """The text as a docstring; what would end it or hide in it is escaped."""
    inner = text.strip()
    plain = inner.isprintable() or all(char.isprintable() or char == "\n" for char in inner)
    if plain and '"""' not in inner and "\\" not in inner and not inner.endswith('"'):
        return f'"""{inner}\n"""' if "\n" in inner else f'"""{inner}"""'
    return repr(inner)
