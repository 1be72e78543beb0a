"""The one table of filters, tests and functions: the checker, the emitter, the hints and the docs read it.

The entries stand in `functions_<group>.py`. Adding a filter is one entry there and, where plain Python does not say it,
one helper in `templates/runtime/`.
"""

from __future__ import annotations

from catalyst.expressions.functions_model import (
    Argument,
    EmitCall,
    FilterCall,
    FilterSpec,
    FunctionSpec,
    LambdaCode,
    Problem,
    TestSpec,
)

__all__ = [
    "ALIASES",
    "FILTERS",
    "FOREIGN",
    "FUNCTIONS",
    "REJECTED",
    "TESTS",
    "Argument",
    "EmitCall",
    "FilterCall",
    "FilterSpec",
    "FunctionSpec",
    "LambdaCode",
    "Problem",
    "TestSpec",
]

FILTERS: dict[str, FilterSpec] = {}
TESTS: dict[str, TestSpec] = {}
FUNCTIONS: dict[str, FunctionSpec] = {}
ALIASES: dict[str, str] = {}
FOREIGN: dict[str, str] = {}
REJECTED: dict[str, str] = {}
