"""What must hold for every entry of the filter, test and function tables."""

import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from catalyst.expressions.functions import ALIASES, FILTERS, FOREIGN, FUNCTIONS, REJECTED, TEST_ALIASES, TESTS
from tests.expressions.functions_support import evaluate

ROOT = Path(__file__).parents[2]
WANTED = """
default string int float bool type json fromjson upper lower title capitalize trim replace truncate indent
wordcount split lines startswith endswith contains slug pad regex_match regex_find regex_replace length first
last join reverse sort unique min max sum batch map select reject selectattr rejectattr groupby list filter
find sort_by pluck slice append flatten compact zip index_by avg items dictsort keys values merge pick omit
get round abs ceil floor urlencode urldecode base64 base64decode sha256 sha1 md5 hmac_sha256 escape_html
datetime date timestamp date_add
"""
WANTED_TESTS = """
defined undefined none string number integer float boolean true false mapping object sequence list iterable
even odd divisibleby empty lower upper eq ne lt le gt ge sameas in contains matching startswith endswith
"""


def test_all_of_the_language_is_there() -> None:
    assert set(WANTED.split()) <= set(FILTERS)
    assert set(WANTED_TESTS.split()) <= {*TESTS, *TEST_ALIASES}
    assert {"now", "uuid", "random", "range", "min", "max"} <= set(FUNCTIONS)
    assert {"lowercase", "uppercase", "parse", "tojson", "format"} <= set(ALIASES)


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_filter_example(name: str) -> None:
    source, value = FILTERS[name].example
    assert re.search(rf"\|\s*{name}\b", source)
    assert _with_type(evaluate(source)) == _with_type(value)


@pytest.mark.parametrize("name", sorted(TESTS))
def test_test_example(name: str) -> None:
    source, value = TESTS[name].example
    given: dict[str, Any] = {"name": None}
    if name == "undefined":  # `input.other` would be an error of the flow, where all fields are known
        given, source = {"name": {}}, "input.name.other is undefined"
    assert evaluate(source, given, typed=False) is value


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_function_example(name: str) -> None:
    spec = FUNCTIONS[name]
    value = evaluate(spec.example[0])
    assert _with_type(value) == _with_type(spec.example[1]) if spec.pure else value is not None


@pytest.mark.parametrize("name", sorted({**FILTERS, **TESTS}))
def test_summaries_are_sentences(name: str) -> None:
    for table in (FILTERS, TESTS):
        if name in table:
            summary = table[name].summary
            assert summary[0].isupper() or summary[0] == "`"
            assert summary.endswith(".")


def test_names_lead_somewhere() -> None:
    assert all(target in FILTERS for target in ALIASES.values())
    assert all(target in TESTS for target in TEST_ALIASES.values())
    assert all(target in FILTERS or not target.isidentifier() for target in FOREIGN.values())
    assert not set(REJECTED) & {*FILTERS, *ALIASES}
    assert not set(FOREIGN) & {*FILTERS, *ALIASES}


def test_helpers_take_the_names_of_the_arguments() -> None:
    """Arguments are passed on by name, so a helper that calls one differently would fail in the run only."""
    called = set()
    for path in sorted((ROOT / "catalyst/expressions").glob("functions_*.py")):
        text = path.read_text()
        called |= set(re.findall(r'helper(?:_call)?\((?:call_, )?"(\w+)", "(\w+)", \(([^)]*)\)', text))
    assert called
    for module, function, names in sorted(called):
        parameters = inspect.signature(getattr(import_module(f"templates.runtime.{module}"), function)).parameters
        for name in re.findall(r"\w+", names):
            assert name in parameters, f"{module}.{function} has no parameter {name}"


def test_every_code_is_explained() -> None:
    codes = set()
    for path in (ROOT / "catalyst/expressions").glob("functions_*.py"):
        codes |= set(re.findall(r'Problem\(\s*"([EW]\d+)"', path.read_text()))
    assert codes
    for code in sorted(codes - {"E202"}):
        assert (ROOT / f"catalyst/explanations/{code}.md").read_text().startswith("# ")


def _with_type(value: Any) -> Any:
    """The value with the types of all its parts, because 1, 1.0 and true are equal in Python."""
    if isinstance(value, list):
        return [_with_type(item) for item in value]
    if isinstance(value, dict):
        return {key: _with_type(item) for key, item in value.items()}
    return type(value).__name__, value
