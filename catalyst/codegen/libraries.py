"""What the author's own Python in `lib/` needs of the runtime.

Goes in: the text of its files; nothing is imported or run. Comes out: the runtime modules that it imports, and the
pool of Redis where one of them looks for it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping

from catalyst.codegen.connections import redis_connection
from catalyst.codegen.module import RUNTIME, Needs

_LOOK_FOR_A_STORE = frozenset({"cached", "rate_limiter"})
"""Runtime modules that use the service's Redis when it has one."""


def library_needs(modules: Collection[str], secrets: Mapping[str, str]) -> Needs:
    """The needs of files that import these runtime modules. `secrets`: declared secret -> its attribute."""
    needs = Needs(runtime=set(modules))
    connection = redis_connection(secrets)
    if connection is not None and needs.runtime & _LOOK_FOR_A_STORE:
        needs.connections.add(connection)
    return needs


def runtime_imports(text: str) -> Iterator[str]:
    """The names of `app/runtime/NAME.py` that a file imports, whether there is one or not."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # what is no Python is reported where its functions are read
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == RUNTIME:
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{RUNTIME}."):
            yield (node.module or "").split(".")[2]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[2] for alias in node.names if alias.name.startswith(f"{RUNTIME}."))
