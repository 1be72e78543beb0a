"""Tests of the emitted project that run without keys and servers."""

from __future__ import annotations

from collections.abc import Sequence

from catalyst.codegen.program import Emitted
from catalyst.graph.model import Workflow


def emit_tests(emitted: Emitted, workflows: Sequence[Workflow]) -> dict[str, str]:
    """{path: text}: a module of tests for each workflow."""
    return {}
