"""The table, the page and the pictures: made from rounds that are made up here."""

import re
from pathlib import Path

import pytest

from benchmarks import page, parts, results
from benchmarks.__main__ import main
from benchmarks.parts import (
    agent,
    builds,
    caching,
    chain,
    connections,
    expressions,
    fan_out,
    growth,
    http_calls,
    llm_stream,
    peers,
    rate_limit,
    request_profile,
    sql,
    startup,
    trivial,
    workers,
)
from benchmarks.table import Goal, columns, made_of, number, over, plain, shown, total

LOAD = {"requests": 1000.0, "per_second": 1000.0, "errors": 0.0, "p50_us": 900.0, "p99_us": 1800.0, "max_us": 3000.0}
SERVED = {**LOAD, "cpu_us": 50.0}
PROFILE = {"total_us": 30.0, **dict.fromkeys(request_profile.PIECES, 5.0)}
ROUNDS = {
    "trivial": {
        f"{title}, {size}": [SERVED] * 5
        for size in trivial.SIZES
        for title in (trivial.EMITTED, trivial.BY_HAND, trivial.BEST, trivial.PYDANTIC, trivial.MSGSPEC)
    },
    "peers": {title: [SERVED] * 5 for title in (peers.EMITTED, peers.BY_HAND, "LangGraph", "Node-RED")},
    "chain": {
        name: [{"cpu_us": cost}] * 5
        for name, cost in (
            (chain.CHAIN, 4.0),
            (chain.BY_HAND, 1.5),
            (chain.NOTHING, 1.0),
            (chain.LANGGRAPH, 2000.0),
            (chain.LANGGRAPH_ONE, 300.0),
        )
    },
    "expressions": {
        name: [{"cpu_us": cost}] * 5
        for name, cost in (
            (expressions.EMITTED, 2.1),
            (expressions.BY_HAND, 2.0),
            (expressions.JINJA, 51.0),
            (expressions.NOTHING, 1.0),
        )
    },
    "fan_out": {
        fan_out.CALLS: [{"ms": 203.0}] * 5,
        fan_out.ALONE: [{"ms": 201.0}] * 5,
        fan_out.GRAPHS: [{"ms": 303.0, "critical_ms": 300.0, "over": 1.01}] * 200,
    },
    "http_calls": {title: [SERVED] * 5 for title in (http_calls.EMITTED, http_calls.AIOHTTP, http_calls.HTTPX)},
    "llm_stream": {
        llm_stream.DIRECT: [{"first_ms": 5.0}] * 5,
        **{
            title: [{"first_ms": 7.0, "cpu_us": 40.0}] * 5
            for title in (llm_stream.EMITTED, llm_stream.RAW, llm_stream.SDK)
        },
    },
    "agent": {agent.THREE: [{"beyond_ms": 3.0, "cpu_ms": 3.5}] * 5},
    "connections": {
        f"{server}, {number}": [{**LOAD, "timeouts": 0.0, "early_mb": 50.0, "late_mb": 50.5}]
        for server in (connections.UVICORN, connections.GRANIAN)
        for number in connections.CONNECTIONS
    },
    "startup": {
        name: [{"seconds": 0.8, "cpu_s": 0.7, "pss_mb": 40.0}] * 5
        for name in (startup.EMITTED, startup.BY_HAND, startup.WITH_LLM)
    },
    "workers": {f"{count}, {workers.HEAVY}": [SERVED] * 5 for count in (workers.ONE, workers.TWO)},
    "sql": {
        sql.FOUR: [{"ms": 202.0}] * 5,
        **{title: [SERVED] * 5 for title in (sql.EMITTED, sql.HAND)},
    },
    "caching": {caching.HIT: [{"hit_us": 2.0}] * 5, caching.COLD: [{"computed": 1.0}] * 5},
    "rate_limit": {rate_limit.SHARED: [{"passed_each_10_s": 1_000.0, "early_ms": 0.0}] * 2},
    "builds": {
        name: [{"seconds": 2.0, "cpu_s": 1.9, "peak_mb": 90.0}] * 5
        for name in (
            builds.HELP,
            builds.AGAIN,
            "build of 10 nodes",
            "build of 1,000 nodes",
            "build of 5,000 nodes",
        )
    },
    "growth": {
        f"{title}, {place} {axis}": [SERVED] * 5
        for axis, places in growth.AXES.items()
        for place in places
        for title in (growth.EMITTED, growth.BY_HAND)
    },
    "request_profile": {
        **{f"{title}, in process": [PROFILE] * 5 for title in (request_profile.EMITTED, request_profile.BY_HAND)},
        **{title: [SERVED] * 5 for title in ("emitted", "FastAPI by hand", *request_profile.CONSTANT.values())},
    },
}
FACTS = {
    "date": "2026-11-20 14:29:54 UTC",
    "machine": {"cpu": "AMD EPYC", "cores": 2, "system": "Linux", "load": [0.5, 0.25, 0.125]},
    "python": "3.11.7",
    "versions": {"fastapi": "0.165.0"},
    "quick": False,
}
RESULT = results.Result(FACTS, ROUNDS, {"n8n": "cannot be installed: no | network"})


def test_rounds_of_every_part_are_made_up_here():
    assert set(parts.names()) == set(ROUNDS)


def test_every_line_has_a_name_of_its_own():
    whats = [line.what for line in RESULT.lines()]
    assert len(whats) > 40
    assert sorted(whats) == sorted(set(whats))


def test_goals_of_the_table():
    text = shown(RESULT.lines())
    assert "requests/s over FastAPI by hand | ≥ 3 x, better 3.5 | 1.00 x | 1.00 to 1.00 | **no** |" in text
    assert "over the critical path | ≤ 1.03 x | 1.01 x | 1.01 to 1.01 | yes |" in text
    assert "| memory of a build of 5,000 nodes | ≤ 500 MB | 90.0 MB |" in text
    assert "in process, with its timing | ≤ 0.35 µs | 0.30 µs |" in text
    assert "time of compiled Jinja2 over ours | ≥ 40 x | 45.5 x |" in text
    assert "growth of memory once settled | ≤ 2 % | 1.00 % |  | yes |" in text


def test_lines_out_of_rounds():
    one, two = [{"a": value} for value in (10.0, 30.0, 20.0)], [{"a": value} for value in (5.0, 10.0, 10.0)]
    ratio = over("ratio", Goal("more", 2.0), one, two, "a")
    assert (ratio.figure.median, ratio.figure.low, ratio.figure.high) == (2.0, 2.0, 3.0)
    assert ratio.rounds == (2.0, 3.0, 2.0)
    assert plain("plain", Goal("less"), "s", one, "a").figure.median == 20.0
    assert total("errors", Goal("less", 0), "", one, "a").figure.median == 60.0
    assert made_of("made", Goal("less"), "s", [3.0]).figure.low == 3.0


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [
        (Goal("more", 2.0), 2.0, True),
        (Goal("more", 2.0), 1.99, False),
        (Goal("less", 2.0), 2.0, True),
        (Goal("less", 2.0), 2.01, False),
        (Goal("less"), 2.0, None),
    ],
)
def test_met(goal, value, met):
    assert goal.is_met(value) is met


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.00491, "0.0049"), (3.14159, "3.14"), (31.4159, "31.4"), (314.159, "314"), (31415.9, "31,416")],
)
def test_numbers(value, text):
    assert number(value) == text


def test_columns():
    assert columns({"a": {"x": "1"}, "b": {"y": "2"}}, "name") == (
        "| name | x | y |\n|---|---|---|\n| a | 1 |  |\n| b |  | 2 |"
    )


def copy_of_the_page(folder):
    path = folder / "performance.md"
    path.write_text(page.PAGE.read_text())
    return path


def test_the_page_is_made_from_a_result(tmp_path):
    path = copy_of_the_page(tmp_path)
    written = page.write_page(RESULT, "some.json", path)
    text = path.read_text()
    assert shown(RESULT.lines()) in text
    assert "Every round is in `benchmarks/results/some.json`." in text
    assert "| LangGraph | 1,000 |" in text
    assert "- n8n: cannot be installed: no \\| network" in text
    assert [each.name for each in written[1:]] == [
        "peers.svg",
        "growth-nodes.svg",
        "growth-routes.svg",
        "growth-bytes.svg",
    ]
    pictures = set(re.findall(r"\]\((images/[^)]+)\)", text))
    assert pictures == {str(each.relative_to(tmp_path)) for each in written[1:]}


def test_the_same_result_gives_the_same_bytes(tmp_path):
    pytest.importorskip("matplotlib")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        page.write_page(RESULT, "some.json", copy_of_the_page(tmp_path / name))
    files = [{each.name: each.read_bytes() for each in (tmp_path / name).rglob("*.*")} for name in ("a", "b")]
    assert files[0] == files[1]
    assert not any(b"20" in re.findall(rb"<dc:date>(..)", each)[:1] for each in files[0].values())


def test_a_part_that_was_not_measured_leaves_its_block_alone(tmp_path):
    path = copy_of_the_page(tmp_path)
    page.write_page(RESULT, "some.json", path)
    before = path.read_text()
    found = page.blocks(results.Result(FACTS, {"chain": ROUNDS["chain"]}), "other.json")
    assert set(found) == {"table", "machine", "skipped"}
    assert "| LangGraph |" in page.replaced(before, "table", found["table"])


def test_a_page_without_the_marks():
    with pytest.raises(page.WrongPage, match="<!-- table: made from a result -->"):
        page.replaced("nothing here", "table", "rows")


def test_show_prints_the_table(tmp_path, capsys):
    path = tmp_path / "result.json"
    RESULT.save(path)
    assert main(["--show", str(path)]) == 0
    assert capsys.readouterr().out == shown(RESULT.lines()) + "\n"


def test_kept_results_are_results():
    kept = sorted(results.FOLDER.glob("*.json"))
    assert kept
    for path in kept:
        assert results.load(Path(path)).lines()
