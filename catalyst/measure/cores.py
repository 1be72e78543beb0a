"""Keeps the server and the load on cores of their own, where the system allows it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cores:
    """Numbers of the cores that each side may use; None when nothing is kept apart."""

    server: tuple[int, ...] | None
    load: tuple[int, ...] | None


def usable_cores() -> tuple[int, ...]:
    """The numbers of the cores that this process may use; empty where the system does not say."""
    if sys.platform != "linux":
        return ()
    return tuple(sorted(os.sched_getaffinity(0)))


def share(workers: int = 1) -> Cores:
    """A core for each worker, the others for the load; nothing is kept apart when there are not enough."""
    cores = usable_cores()
    if len(cores) <= workers:
        return Cores(None, None)
    return Cores(cores[:workers], cores[workers:])


@contextmanager
def pinned(cores: Sequence[int] | None) -> Iterator[None]:
    """Processes and threads that are started inside stay on these cores. None, or another system: no effect."""
    if cores is None or sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
