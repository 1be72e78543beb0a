"""The one table of filters, tests and functions: the checker, the emitter, the hints and the docs read it.

The entries stand in `functions_<group>.py`. Adding a filter is one entry there and, where plain Python does not say it,
one helper in `templates/runtime/`.
"""

from __future__ import annotations

from catalyst.expressions import (
    functions_any,
    functions_calls,
    functions_dates,
    functions_each,
    functions_encoding,
    functions_list,
    functions_number,
    functions_object,
    functions_order,
    functions_regex,
    functions_tests,
    functions_text,
)
from catalyst.expressions.functions_foreign import ALIASES, FOREIGN, REJECTED
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
from catalyst.expressions.functions_python import negate
from catalyst.expressions.functions_sugar import desugar
from catalyst.expressions.functions_tests import TEST_ALIASES

__all__ = [
    "ALIASES",
    "FILTERS",
    "FOREIGN",
    "FUNCTIONS",
    "REJECTED",
    "TESTS",
    "TEST_ALIASES",
    "Argument",
    "EmitCall",
    "FilterCall",
    "FilterSpec",
    "FunctionSpec",
    "LambdaCode",
    "Problem",
    "TestSpec",
    "desugar",
    "negate",
]

_GROUPS = (
    functions_any,
    functions_text,
    functions_regex,
    functions_list,
    functions_each,
    functions_order,
    functions_object,
    functions_number,
    functions_encoding,
    functions_dates,
)

FILTERS: dict[str, FilterSpec] = {spec.name: spec for group in _GROUPS for spec in group.FILTERS}
TESTS: dict[str, TestSpec] = {spec.name: spec for spec in functions_tests.TESTS}
FUNCTIONS: dict[str, FunctionSpec] = {spec.name: spec for spec in functions_calls.FUNCTIONS}
