"""Picks the runtime modules that a project needs and the packages that those need.

Goes in: names of modules in `templates/runtime`. Comes out: them and whatever they import from each other, byte
for byte, and the requirement lines for what they import from elsewhere. Nothing here knows a flow or a node.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from catalyst.diagnostics import CompilerBug
from catalyst.project.assets import runtime_source
from catalyst.project.runtime_facts import runtime_facts

REQUIREMENTS = {
    "aiohttp": "aiohttp>=3.14,<4",
    "aiosqlite": "aiosqlite>=0.22,<1",
    "anthropic": "anthropic>=2.11,<3",
    "asyncpg": "asyncpg>=0.32,<1",
    "cronsim": "cronsim>=2.6,<3",
    "fastapi": "fastapi>=0.165,<1",
    "h2": "h2>=4.3,<5",
    "httptools": "httptools>=0.8,<1",
    "httpx2": "httpx2>=2.16,<3",
    "jmespath": "jmespath>=1.1,<2",
    "jsonschema": "jsonschema>=4.26,<5",
    "lxml": "lxml>=6.1,<7",
    "mcp": "mcp>=2.3,<3",
    "msgspec": "msgspec>=0.21,<1",
    "openai": "openai>=3.52,<4",
    "openpyxl": "openpyxl>=3.1.5,<4",
    "orjson": "orjson>=3.11,<4",
    "prometheus_client": "prometheus-client>=0.22,<1",
    "pydantic": "pydantic>=2.14,<3",
    "pypdf": "pypdf>=7.1,<8",
    "redis": "redis>=8.1,<9",
    "selectolax": "selectolax>=1.0,<2",
    "typing_extensions": "typing-extensions>=4.16,<5",
    "qdrant_client": "qdrant-client>=1.20,<2",
    "tzdata": "tzdata",
    "uvicorn": "uvicorn>=0.54,<1",
    "uvloop": "uvloop>=0.22,<1; platform_system != 'Windows'",
}
"""Import name to requirement line: the ranges that emitted projects are tested with."""

STUBS = {
    "asyncpg": "asyncpg-stubs>=0.32",
    "jmespath": "types-jmespath>=1.1",
    "jsonschema": "types-jsonschema>=4.26",
    "lxml": "types-lxml",
    "openpyxl": "types-openpyxl>=3.1.5",
}
"""Import name to what mypy needs for a package that has no types of its own."""

_BROUGHT = {
    "pydantic_core": ("pydantic",),
    "starlette": ("fastapi",),
    "uvicorn": ("uvicorn", "uvloop", "httptools"),
    "yarl": ("aiohttp",),
    "referencing": ("jsonschema",),
    # A slim container has no time zone database of its own.
    "zoneinfo": ("tzdata",),
}
"""Imports that stand for other distributions, or for more than one."""

_UNSEEN = {"http2": ("h2",)}
"""What runtime modules need without importing it: httpx2 loads this by itself when it speaks HTTP/2."""


def runtime_files(modules: Iterable[str]) -> dict[str, str]:
    """`app/runtime/<name>.py` to text for the named modules and all they import, with the package's `__init__`."""
    return {f"app/runtime/{name}.py": runtime_source(name) for name in runtime_modules(modules)}


def runtime_modules(modules: Iterable[str]) -> list[str]:
    """The named modules and all they import from each other, sorted; raises `CompilerBug` for an unknown name."""
    wanted = ["__init__", *modules]
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += runtime_facts(name).siblings
    return sorted(found)


def third_party(modules: Iterable[str], imported: Iterable[str] = ()) -> list[str]:
    """Requirement lines for the named runtime modules, what they import, and what else is imported; sorted."""
    roots: set[str] = set()
    for name in runtime_modules(modules):
        roots |= runtime_facts(name).packages | set(_UNSEEN.get(name, ()))
    roots |= {module.partition(".")[0] for module in imported}
    return sorted(REQUIREMENTS[root] for root in _distributions(roots))


def stubs(modules: Iterable[str]) -> list[str]:
    """Requirement lines for types of what the named runtime modules and those that they import use; sorted."""
    roots = {root for name in runtime_modules(modules) for root in runtime_facts(name).packages}
    return sorted(STUBS[root] for root in roots if root in STUBS)


def _distributions(roots: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for root in roots:
        for package in _BROUGHT.get(root, (root,)):
            if package in seen or (package in sys.stdlib_module_names or package in ("app", "lib")):
                continue
            if package not in REQUIREMENTS:
                raise CompilerBug(f"emitted code imports `{package}`, which has no requirement")
            seen.add(package)
            yield package
