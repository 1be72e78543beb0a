"""What runs in process, for pytest-benchmark: `pytest benchmarks --benchmark-only`. Nothing asserts a time.

`pytest benchmarks --benchmark-disable` runs each once: that they work, and that requests take the short way.
"""

import asyncio
import sys

import pytest

from benchmarks.contenders import probes
from benchmarks.emitted import Emitted, finish, flow_text
from benchmarks.make_flow import make_flow
from benchmarks.parts import chain, expressions
from benchmarks.sampling import Asker
from benchmarks.service.work import PATH
from catalyst.api import compile_flow

FLOWS = {"chain_ten": "chain_ten", "expressions": "expressions", "score_order": "three_nodes"}
SUM = {
    "path": "Grace",
    "fallback": "nowhere",
    "filtered": ["article-5", "article-6", "article-7", "article-8", "article-9"],
    "text": "Dear Grace, your ORDER",
    "count": 45,
}


@pytest.fixture(scope="module")
def emitted():
    return Emitted({name: flow_text(flow) for name, flow in FLOWS.items()})


@pytest.fixture
def ask(emitted):
    """Sends the order to the app, in this process; gives the status."""

    async def asked(times):
        asker = Asker(emitted.app, PATH, probes()[0].body)
        async with emitted.app.router.lifespan_context(emitted.app) as state:
            await asker.ask(times, state or {})
        return asker.status

    return lambda times=1: asyncio.run(asked(times))


@pytest.mark.parametrize("nodes", [10, 100, 1000])
def test_compile(benchmark, nodes):
    source = make_flow(nodes)
    rounds = 1 if nodes == 1000 else 3
    result = benchmark.pedantic(compile_flow, (source,), rounds=rounds, warmup_rounds=1 if nodes < 1000 else 0)
    assert result.ok


def test_chain_of_ten(benchmark, emitted):
    run = emitted.runs["chain_ten"]
    assert benchmark(lambda: finish(run(emitted.context(chain.GIVEN)))) == {"text": "ten is 14"}


def test_chain_of_ten_by_hand_without_timings(benchmark, emitted):
    assert benchmark(lambda: finish(chain.chain_by_hand(emitted.context(chain.GIVEN)))) == {"text": "ten is 14"}


def test_expressions(benchmark, emitted):
    run = emitted.runs["expressions"]
    assert benchmark(lambda: finish(run(emitted.context(expressions.GIVEN)))) == SUM


def test_expressions_by_hand(benchmark, emitted):
    assert benchmark(lambda: finish(expressions.by_hand(emitted.context(expressions.GIVEN)))) == SUM


def test_expressions_jinja2(benchmark, emitted):
    assert benchmark(lambda: finish(expressions.jinja(emitted.context(expressions.GIVEN)))) == SUM


def test_a_hundred_requests(benchmark, ask):
    assert benchmark(lambda: ask(100)) == 200


def called(work):
    """Files of the Python functions and owners of the C functions that are called meanwhile."""
    files, owners = set(), set()

    def note(frame, event, argument):
        if event == "call":
            files.add(frame.f_code.co_filename.replace("\\", "/"))
        elif event == "c_call":
            owners.add(type(getattr(argument, "__self__", None)).__module__)

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return files, owners


def test_a_good_request_takes_the_short_way_and_the_quick_reader(ask):
    files, owners = called(ask)
    assert any(file.endswith("app/runtime/endpoint.py") for file in files)
    assert not [file for file in files if file.endswith(("fastapi/routing.py", "starlette/routing.py"))]
    assert any(owner.startswith("msgspec") for owner in owners)
    assert not any(owner.startswith("pydantic_core") for owner in owners)
