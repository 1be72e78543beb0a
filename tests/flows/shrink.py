"""Makes the flow of a failing seed as small as it gets: `python -m tests.flows.shrink SEED`."""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import yaml

from tests.flows.generate import Case, dump, random_case
from tests.flows.harness import build, differences

Path = tuple[Any, ...]
CONSTANTS = (0, "x", "{{ input.n }}", "{{ true }}", "{{ false }}")


def complaint(case: Case) -> str:
    """What is wrong with a case, without names and numbers; empty when nothing is, or when it is refused."""
    try:
        result = build(case)
        lines = differences(case, result) if result.ok else []
    except Exception as error:
        lines = [repr(error)]
    return re.sub(r"\d+", "#", lines[0]) if lines else ""


def shrunk(case: Case, budget: int = 400) -> Case:
    """The smallest case found that fails with the same kind of complaint."""
    kind = complaint(case)[:18]
    flow = yaml.safe_load(case.source)
    while budget > 0:
        for smaller in edits(flow):
            budget -= 1
            attempt = replace(case, source=dump(smaller))
            if complaint(attempt).startswith(kind):
                flow = smaller
                break
            if budget <= 0:
                break
        else:
            break
    return replace(case, source=dump(flow))


def edits(flow: Any) -> Iterator[Any]:
    """Smaller flows: without some part (large ones first), a body in place of its node, plainer expressions."""
    places = sorted(parts(flow), key=lambda path: -len(str(at(flow, path))))
    for path in places:
        if path[-1] not in ("type", "catalyst"):
            smaller = copy.deepcopy(flow)
            del at(smaller, path[:-1])[path[-1]]
            yield smaller
    for path in places:
        found = at(flow, path)
        inside = path[-1] in ("do", "default") or path[-2:-1] == ("branches",)
        if isinstance(found, dict) and inside and len(path) > 2:
            yield from lifted(flow, path, found)
    for path in places:
        found = at(flow, path)
        if isinstance(found, str) and "{{" in found and found not in CONSTANTS:
            for constant in CONSTANTS:
                smaller = copy.deepcopy(flow)
                at(smaller, path[:-1])[path[-1]] = constant
                yield smaller


def lifted(flow: Any, path: Path, body: dict[str, Any]) -> Iterator[Any]:
    """A body's nodes beside the node that holds them, in its place."""
    for length in range(len(path) - 1, 0, -1):
        holder = at(flow, path[:length])
        if isinstance(holder, dict) and "type" in holder:
            smaller = copy.deepcopy(flow)
            outer = at(smaller, path[: length - 1])
            renewed = {key: item for key, item in outer.items() if key != path[length - 1]} | body
            outer.clear()
            outer.update(renewed)
            yield smaller
            return


def parts(value: Any, path: Path = ()) -> Iterator[Path]:
    """The paths of everything inside a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from parts(item, (*path, key))


def at(value: Any, path: Path) -> Any:
    """What stands at a path."""
    for key in path:
        value = value[key]
    return value


def main() -> None:
    """Shrink the flow of each seed given, and print it with what is wrong."""
    for text in sys.argv[1:]:
        case = shrunk(random_case(int(text)))
        print(f"# seed {text}, input {case.input}\n# {complaint(case)}\n{case.source}")


if __name__ == "__main__":
    main()
