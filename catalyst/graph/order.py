"""In which order steps can run: sorts what depends on what, and finds cycles.

The order is the author's wherever the dependencies leave a choice, so that the code reads like the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush


def topological(ids: Sequence[str], after: Mapping[str, Sequence[str]]) -> tuple[list[str], list[str]]:
    """(the ids in order, those that stand in or behind a cycle); `after[id]` names what must come first."""
    position = {id_: number for number, id_ in enumerate(ids)}
    waiting = {id_: len(set(after.get(id_, ()))) for id_ in ids}
    followers: dict[str, list[str]] = {id_: [] for id_ in ids}
    for id_ in ids:
        for before in set(after.get(id_, ())):
            followers[before].append(id_)
    ready = [position[id_] for id_ in ids if not waiting[id_]]
    heapify(ready)
    ordered: list[str] = []
    while ready:
        id_ = ids[heappop(ready)]
        ordered.append(id_)
        for follower in followers[id_]:
            waiting[follower] -= 1
            if not waiting[follower]:
                heappush(ready, position[follower])
    done = set(ordered)
    return ordered, [id_ for id_ in ids if id_ not in done]


def find_cycle(stuck: Sequence[str], after: Mapping[str, Sequence[str]]) -> list[str]:
    """One cycle among the ids that could not be sorted, as a path that ends where it begins."""
    among = set(stuck)
    path: list[str] = []
    seen: dict[str, int] = {}
    current = stuck[0]
    while current not in seen:
        seen[current] = len(path)
        path.append(current)
        current = next(before for before in after[current] if before in among)
    cycle = path[seen[current] :]
    cycle.reverse()  # from cause to effect
    return [*cycle, cycle[0]]
