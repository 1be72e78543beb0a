"""What runs in process, for pytest-benchmark: `pytest benchmarks --benchmark-only`. Nothing asserts a time."""

import pytest

from benchmarks.inprocess import GIVEN, Emitted, chain_by_hand, expressions_by_hand, finish
from benchmarks.make_flow import make_flow
from catalyst.api import compile_flow


@pytest.fixture(scope="module")
def emitted():
    return Emitted("chain_ten", "expressions")


@pytest.mark.parametrize("nodes", [10, 100, 1000])
def test_compile(benchmark, nodes):
    source = make_flow(nodes)
    rounds = 1 if nodes == 1000 else 3
    result = benchmark.pedantic(compile_flow, (source,), rounds=rounds, warmup_rounds=1 if nodes < 1000 else 0)
    assert result.ok


def test_chain_of_ten(benchmark, emitted):
    run = emitted.runs["chain_ten"]
    assert benchmark(lambda: finish(run(emitted.context({"number": 5})))) == {"text": "ten is 14"}


def test_chain_of_ten_by_hand_without_timings(benchmark, emitted):
    assert benchmark(lambda: finish(chain_by_hand(emitted.context({"number": 5})))) == {"text": "ten is 14"}


def test_expressions(benchmark, emitted):
    run = emitted.runs["expressions"]
    assert benchmark(lambda: finish(run(emitted.context(GIVEN)))) == 45


def test_expressions_by_hand(benchmark, emitted):
    assert benchmark(lambda: finish(expressions_by_hand(emitted.context(GIVEN)))) == 45
