"""How often Python looks for reference cycles while something is compiled.

Nearly everything that a compilation makes lives until its end. Looking through it again and again makes the time grow
faster than the flow: a node of a thousand costs twice as much as a node of fifty.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = (50_000, 20, 100)  # objects, rounds, rounds


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Look for cycles seldom for a while; one who has turned the collector off, or down further, keeps that."""
    before = gc.get_threshold()
    if 0 < before[0] < _SELDOM[0]:
        gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
