"""The order in which the nodes of a group are written: what a node waits for stands above it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush


def in_order(before: Mapping[str, Iterable[str]], last: Iterable[str]) -> tuple[list[str], list[str]]:
    """Names in an order that puts `before[x]` above `x`, and those on a circle; `last` stand as late as they can."""
    late = set(last)
    place = {name: (name in late, index) for index, name in enumerate(before)}
    waiting = {name: {other for other in others if other in before} for name, others in before.items()}
    after: dict[str, list[str]] = {name: [] for name in before}
    for name, others in waiting.items():
        for other in others:
            after[other].append(name)
    done: list[str] = []
    ready = [(place[name], name) for name in before if not waiting[name]]
    heapify(ready)
    while ready:
        _, name = heappop(ready)
        done.append(name)
        for follower in after[name]:
            waiting[follower].discard(name)
            if not waiting[follower]:
                heappush(ready, (place[follower], follower))
    finished = set(done)
    return done, [name for name in before if name not in finished]


def circle(before: Mapping[str, Iterable[str]], stuck: list[str]) -> list[str]:
    """One circle among the nodes that never become ready, for the message."""
    members = set(stuck)
    path: list[str] = []
    name = stuck[0]
    while name not in path:
        path.append(name)
        name = next((other for other in sorted(before[name]) if other in members), name)
    return [*reversed(path[path.index(name) :]), path[-1]] if name in path else path
