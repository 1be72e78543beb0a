"""What is known of each runtime module: what it imports, and that it evaluates no text.

Goes in: the name of a module in `templates/runtime`. Comes out: its `RuntimeFacts`. Parsing the modules of a project
and looking at every node of them takes 90 ms, a sixth of a small build, and gives the same each time; so the facts are
stored in `runtime_facts.json`, for each module with the digest of its text. A module that is not the one that was
looked at, or rules that are others, are looked at anew. `pytest tests/project/test_runtime_facts.py --update-golden`
writes the file anew.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from catalyst.project.assets import runtime_names, runtime_source
from catalyst.project.verify import Violation, verify_tree
from catalyst.pysource.walk import statements

STORED = Path(__file__).with_name("runtime_facts.json")
_RULES = ("evaluators.py", "suspects.py", "verify.py")
"""What decides whether a module passes."""


@dataclass(frozen=True, slots=True)
class RuntimeFacts:
    """What building a project needs to know of a runtime module."""

    siblings: tuple[str, ...]
    """The runtime modules that it imports directly, sorted."""
    packages: frozenset[str]
    """The root names of what it imports from outside its package."""
    violations: tuple[Violation, ...] = ()
    """Where it could evaluate text."""


@cache
def runtime_facts(name: str) -> RuntimeFacts:
    """The facts of one module. Raises `CompilerBug` for a name that does not exist."""
    source = runtime_source(name)
    stored = _stored().get(name)
    if stored is not None and stored["made_from"] == _digest(source):
        return RuntimeFacts(tuple(stored["siblings"]), frozenset(stored["packages"]))
    return find_facts(name, source)


def find_facts(name: str, source: str) -> RuntimeFacts:
    """The facts of a module with this text, whatever is stored."""
    tree = ast.parse(source)
    violations = tuple(verify_tree(f"app/runtime/{name}.py", tree))
    return RuntimeFacts(tuple(sorted(set(_siblings(tree)))), frozenset(_packages(tree)), violations)


def facts_text() -> str:
    """The content of `runtime_facts.json` for the modules as they are now, a line each. One that fails is left out."""
    modules = []
    for name in sorted(runtime_names()):
        source = runtime_source(name)
        facts = find_facts(name, source)
        if not facts.violations:
            parts = {"siblings": list(facts.siblings), "packages": sorted(facts.packages)}
            modules.append(f'{json.dumps(name)}: {json.dumps({"made_from": _digest(source), **parts})}')
    lines = ",\n".join(modules)
    return f'{{"rules": "{_rules_digest()}", "modules": {{\n{lines}\n}}}}\n'


@cache
def _stored() -> Mapping[str, Any]:
    try:
        stored = json.loads(STORED.read_text(encoding="utf-8"))
        modules: Mapping[str, Any] = stored["modules"] if stored["rules"] == _rules_digest() else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return modules


def _digest(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()


def _rules_digest() -> str:
    code = hashlib.sha256()
    for name in _RULES:
        code.update(Path(__file__).with_name(name).read_bytes())
    return code.hexdigest()


def _siblings(tree: ast.Module) -> Iterator[str]:
    for node in statements(tree):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            if node.module:
                yield node.module.partition(".")[0]
            else:
                yield from (alias.name for alias in node.names)


def _packages(tree: ast.Module) -> set[str]:
    roots: set[str] = set()
    for node in statements(tree):
        if isinstance(node, ast.Import):
            roots.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            roots.add(node.module.partition(".")[0])
    return roots
