"""Work that must not explode, held against a fixed piece of work of the same run instead of a clock on the wall."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_TIMES = 200
"""What explodes takes thousands of times as long, or never ends; what does not, a small part of one."""


@contextmanager
def bounded_work(what: str) -> Iterator[None]:
    """The work inside may take as much of the processor as some hundred times the fixed piece of work."""
    allowed = _TIMES * _piece()
    began = time.thread_time()
    yield
    spent = time.thread_time() - began
    assert spent < allowed, f"{what!r} took {spent / _piece():.0f} times the fixed piece of work"


@cache
def _piece() -> float:
    """Processor seconds of searching a long text without backtracking, some milliseconds on any machine."""
    text, pattern = "ab" * 2_000_000, re.compile("a[bc]d")
    began = time.thread_time()
    assert pattern.search(text) is None
    return time.thread_time() - began
