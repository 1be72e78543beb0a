"""What `catalyst bench` shows of results that are hard to bring about: partly failed, nothing in time."""

import json
from collections.abc import Callable

import pytest

from catalyst.api import compile_flow
from catalyst.commands.bench_request import Target, target_of
from catalyst.commands.bench_rounds import Plan, Round
from catalyst.commands.bench_shown import Outcome, document, show
from catalyst.commands.problems import CommandProblem
from catalyst.measure.exchange import Answer
from catalyst.measure.load import Load

from .conftest import GREET

Shown = Callable[[Outcome], tuple[list[str], list[str]]]
LATENCY = {"p50": 1000.0, "p90": 2000.0, "p99": 3000.0, "p99.9": 4000.0, "max": 5_000_000.0}
FAILURE = {"status": 503, "title": "The service is busy\x1b[2J", "node": "hello", "source": "greet.yaml:5"}


@pytest.fixture
def target() -> Target:
    return target_of(compile_flow(GREET, filename="greet.yaml").workflows[0], None, None, {}, stream=False)


@pytest.fixture
def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shown:
    monkeypatch.setenv("NO_COLOR", "1")

    def show_it(outcome: Outcome) -> tuple[list[str], list[str]]:
        show(outcome)
        printed = capsys.readouterr()
        return printed.out.splitlines(), printed.err.splitlines()

    return show_it


def outcome(target: Target, *rounds: Round, memory: dict[str, float] | None = None) -> Outcome:
    return Outcome(target, "wrk", Plan(10, 32, len(rounds), 2), 1.25, memory, memory, rounds)


def test_rounds_and_nodes(target: Target, shown: Shown) -> None:
    rounds = [
        Round(
            Load(1000 * number, 1.0, 1000.0 * number, LATENCY, {}),
            10.0 * number,
            {"total": [1.0], "hello": [0.5]},
            None,
        )
        for number in (1, 3, 2)
    ]
    out, err = shown(outcome(target, *rounds, memory={"pss": 38.5, "rss": 60.0}))
    assert err == []
    assert out == [
        "greet, POST /api/v1/greet/execute",
        "2 workers; wrk, 32 connections, 3 rounds of 10 s",
        "",
        "                              median  lowest  highest",
        " requests/s                    2,000   1,000    3,000",
        " latency p50, ms                1.00    1.00     1.00",
        " latency p90, ms                2.00    2.00     2.00",
        " latency p99, ms                3.00    3.00     3.00",
        " latency p99.9, ms              4.00    4.00     4.00",
        " latency max, ms               5,000   5,000    5,000",
        " CPU per request, µs           20.00   10.00    30.00",
        " memory at start (PSS), MB     38.50",
        " memory afterwards (PSS), MB   38.50",
        " start to first answer, s       1.25",
        " errors                            0",
        "",
        " node   median ms  p99 ms  answers",
        " hello      0.500   0.500        3",
        " total      1.000   1.000        3",
    ]


def test_partly_failed(target: Target, shown: Shown) -> None:
    good = Round(Load(10, 1.0, 10.0, LATENCY, {}), None, {}, None)
    bad = Round(Load(10, 1.0, 10.0, LATENCY, {"status": 8, "timeout": 2}), None, {}, FAILURE)
    found = outcome(target, good, bad, good)
    assert (found.succeeded, found.failed, found.errors()) == (22, 10, {"status": 8, "timeout": 2})
    out, err = shown(found)
    assert " of these successful, /s    10.00    2.00    10.00" in out
    assert err == [
        "",
        "10 of 32 requests failed: 8 answered with an error status, 2 timed out",
        "  the first: 503 The service is busy\N{REPLACEMENT CHARACTER}[2J (hello, greet.yaml:5)",
    ]
    # Nothing is said of what this system does not tell.
    assert not any("CPU" in line or "memory" in line for line in out)
    kept = document(found)
    assert kept["errors"] == {"count": 10, "kinds": {"status": 8, "timeout": 2}, "first": FAILURE}
    assert kept["summary"]["cpu_us"] is None
    json.dumps(kept)


def test_nothing_in_time(target: Target, shown: Shown) -> None:
    nothing = Round(Load(0, 10.0, 0.0, dict.fromkeys(LATENCY, 0.0), {}), None, {}, None)
    out, err = shown(outcome(target, nothing))
    assert not any("latency" in line for line in out)
    assert err[1:3] == [
        "no request was answered before a round was over",
        "  = help: give the flow more time: --duration",
    ]


def test_which_first_answers_are_refused(target: Target) -> None:
    def problem(status: int, **more: object) -> Answer:
        body = json.dumps({"title": "T", "status": status, **more}).encode()
        return Answer(status, {"content-type": "application/problem+json"}, body)

    fine = [
        Answer(200, {}, b"{}"),
        Answer(404, {"content-type": "application/json"}, b'{"what a respond node": "says"}'),
        problem(409, node="no"),
        problem(429),
        problem(503),
        Answer(422, {"content-type": "application/problem+json"}, b"no JSON"),
    ]
    for answer in fine:
        target.check_first(answer)
    for status in (401, 404, 413, 422):
        with pytest.raises(CommandProblem, match=rf"refuses the example that was made for this flow: T \({status}\)"):
            target.check_first(problem(status))
