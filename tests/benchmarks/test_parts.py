"""The parts themselves, as far as they run in a moment and without a server; the flows and files they measure."""

import ast
import asyncio
import importlib
import json
import re
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI

from benchmarks import __main__ as command
from benchmarks import contenders, parts
from benchmarks.bench import Bench, CannotMeasure, quick_bench
from benchmarks.contenders import Contender, Probe, Running, dumped, only_right, probes
from benchmarks.emitted import FLOWS, flow_text
from benchmarks.make_flow import make_flow
from benchmarks.parts import agent, builds, chain, expressions, growth, request_profile
from benchmarks.parts.fan_out import Graph, random_graph
from benchmarks.peers.catalogue import PEERS, versions
from benchmarks.results import load
from benchmarks.sampling import ELSE, started
from benchmarks.service.work import order
from catalyst.api import compile_flow
from catalyst.measure.exchange import Answer
from catalyst.measure.problems import LoadFailed


@pytest.mark.parametrize("part", [chain, expressions])
def test_in_process_parts_give_rounds_and_lines(part):
    bench = quick_bench()
    bench.with_peers = False
    rounds = part.measure(bench)
    assert {len(each) for each in rounds.values()} == {bench.rounds}
    assert all(set(one) == {"cpu_us"} for each in rounds.values() for one in each)
    assert part.lines(rounds)
    assert json.loads(json.dumps(rounds)) == rounds


def test_a_request_is_taken_apart_by_file():
    assert request_profile.piece("/x/app/runtime/quick_json.py", "read") == request_profile.BODY
    assert request_profile.piece("/x/fastapi/routing.py", "serialize_response") == request_profile.ANSWER
    assert request_profile.piece("/x/fastapi/routing.py", "app") == request_profile.AROUND
    assert request_profile.piece("/x/asyncio/base_events.py", "run") is None
    assert ELSE in request_profile.PIECES


def test_an_app_is_started_as_a_server_does():
    seen = []

    @asynccontextmanager
    async def lifespan(app):
        seen.append(app.middleware_stack is not None)
        if len(seen) > 1:
            raise RuntimeError("no database")
        yield {"pool": "open"}
        seen.append("stopped")

    async def state_of(app):
        async with started(app) as state:
            return dict(state)

    app = FastAPI(lifespan=lifespan)
    assert asyncio.run(state_of(app)) == {"pool": "open"}
    assert seen == [True, "stopped"]
    with pytest.raises(CannotMeasure, match="no database"):
        asyncio.run(state_of(app))


@pytest.mark.parametrize("size", [64, 256, 1024, 4096, 65536, 1000000])
def test_an_order_has_its_size(size):
    assert len(dumped(order(size))) == size


def test_critical_path():
    graph = Graph([50, 30, 20, 60, 10], [[], [], [0], [0, 1], [2]])
    assert graph.critical_path() == 110
    assert Graph([5], [[]]).critical_path() == 5


@pytest.mark.parametrize("seed", range(5))
def test_random_graphs_are_flows(seed):
    graph = random_graph(seed)
    assert graph == random_graph(seed)
    assert compile_flow(graph.flow("graph")).ok


def test_the_changed_flow_differs_in_one_node():
    before, after = make_flow(100), builds._one_changed(make_flow(100))
    assert sum(one != two for one, two in zip(before.splitlines(), after.splitlines(), strict=True)) == 1
    assert compile_flow(after).ok


def test_a_chain_of_any_length_compiles():
    assert compile_flow(growth.chain(1)).ok
    assert compile_flow(growth.chain(30)).ok


def test_turns():
    asked = []
    found = Bench(rounds=3).take_turns(["a", "b"], lambda name: asked.append(name) or {"asked": float(len(asked))})
    assert asked == ["a", "b"] * 3
    assert [one["asked"] for one in found["b"]] == [2.0, 4.0, 6.0]


class Saying:
    """A server that gives back what it is told to, whatever it is asked."""

    def __init__(self, answers):
        self.answers, self.contender = answers, Contender("some", (), None, patience=0.0)

    def answer(self, body):
        return self.answers[body]


def test_only_those_that_answer_rightly_are_measured():
    right = {each.body: (422 if each.answer is None else 200, each.answer) for each in probes()}
    lax = {body: (200, {"message": "fine"}) for body in right}
    bench = Bench()
    servers = {"right": Saying(right), "lax": Saying(lax)}
    assert list(only_right(bench, servers)) == ["right"]
    assert bench.skipped["lax"].startswith("not the right answer: 200 {'message': 'fine'}")


def test_an_answer_inside_a_field():
    contender = Contender("some", (), None, inside="result")
    found = Running(contender, None, "http://127.0.0.1:1")._data(Answer(200, {}, b'{"result": {"held": true}}'))
    assert found == {"held": True}


def test_probes_cover_both_branches_and_refusals():
    assert [each.answer and each.answer["held"] for each in probes()] == [False, True, None, None, None]
    assert all(isinstance(each, Probe) for each in probes())


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_peers_are_pinned_explained_and_readable(peer):
    assert versions(peer)
    assert all(re.fullmatch(r"\d+(\.\d+)+", version) for version in versions(peer).values())
    assert (peer.folder / "README.md").read_text().startswith("# ")
    for path in peer.folder.rglob("*.py"):
        ast.parse(path.read_text())
    for path in peer.folder.rglob("*.json"):
        json.loads(path.read_text())
    assert f"({peer.name}/README.md)" in (peer.folder.parent / "README.md").read_text()


def test_each_part_is_explained():
    text = (command.results.FOLDER.parent / "README.md").read_text()
    assert [name for name in parts.names() if f"| `{name}` |" not in text] == []


@pytest.fixture
def measured(monkeypatch):
    """The command with parts that are over at once: one that works, one that cannot, one that fails."""

    def measure(name):
        def made_up(bench):
            if name == "chain":
                raise CannotMeasure("no such thing here")
            if name == "trivial":
                raise LoadFailed("wrk fell over")
            return {title: [{"cpu_us": 2.0}] * 5 for title in (*NAMES,)} | {expressions.NOTHING: [{"cpu_us": 1.0}] * 5}

        return made_up

    for name in ("expressions", "chain", "trivial"):
        monkeypatch.setattr(parts.part(name), "measure", measure(name))


NAMES = (expressions.EMITTED, expressions.BY_HAND, expressions.JINJA)


def test_the_command_measures_prints_and_keeps(measured, tmp_path, capsys):
    path = tmp_path / "result.json"
    assert command.main(["--only", "trivial", "chain", "expressions", "--json", str(path)]) == 0
    out = capsys.readouterr().out
    assert "| five expressions: time over the same by hand | ≤ 1.3 x | 1.00 x | 1.00 to 1.00 | yes |" in out
    assert "skipped: chain: no such thing here" in out
    assert "skipped: trivial: wrk fell over" in out
    kept = load(path)
    assert set(kept.parts) == {"expressions"}
    assert kept.skipped == {"chain": "no such thing here", "trivial": "wrk fell over"}
    assert {"date", "machine", "python", "versions", "quick", "peers"} <= set(kept.facts)


def test_nothing_measured_is_a_failure(measured, tmp_path, capsys):
    assert command.main(["--only", "chain", "--json", str(tmp_path / "result.json")]) == 1


def test_a_place_for_the_result_is_looked_at_first(measured, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    for place in (tmp_path, tmp_path / "file" / "result.json"):
        assert command.main(["--only", "expressions", "--json", str(place)]) == 2
        assert capsys.readouterr().err.startswith(f"error: {place} cannot be written: ")


def test_an_unknown_part_is_said(capsys):
    with pytest.raises(SystemExit):
        command.main(["--only", "nonsense"])
    assert "nonsense" in capsys.readouterr().err


def test_who_answers_nothing_under_load_is_skipped(monkeypatch):
    def load(bench, server, body, **how):
        if server == "mute":
            raise LoadFailed("mute answered nothing")
        return {"per_second": 100.0}

    monkeypatch.setattr(contenders, "loaded", load)
    bench = Bench(rounds=2)
    assert contenders.race(bench, {"a": "a", "mute": "mute"}, b"") == {"a": [{"per_second": 100.0}] * 2}
    assert bench.skipped == {"mute": "mute answered nothing"}
    with pytest.raises(CannotMeasure):
        contenders.race(bench, {"mute": "mute"}, b"")


@pytest.mark.parametrize("name", sorted(path.stem for path in FLOWS.glob("*.yaml")))
def test_the_flows_that_are_measured_build(name):
    result = compile_flow(flow_text(name))
    assert [item.message for item in result.diagnostics] == []
    assert [workflow.name for workflow in result.workflows]


def test_the_model_of_the_agent_wants_the_tools_of_the_flow_and_then_answers(monkeypatch):
    """What the part relies on: the tools that it names are those of the flow, which compiles."""
    monkeypatch.syspath_prepend(contenders.SERVICE)
    model = importlib.import_module("tool_model_app")
    compiled = compile_flow(flow_text("agent_three"))
    assert compiled.ok
    turns = [{"role": "user", "content": "How are things?"}]
    for name in model.TOOLS:
        assert f'node_tool("{name}"' in compiled.files["app/workflows/agent_three.py"]
        (choice,) = json.loads(model._answer(json.dumps({"messages": turns}).encode()))["choices"]
        assert [call["function"]["name"] for call in choice["message"]["tool_calls"]] == [name]
        turns += [choice["message"], {"role": "tool", "content": "1"}]
    (choice,) = json.loads(model._answer(json.dumps({"messages": turns}).encode()))["choices"]
    assert choice["message"]["content"] == agent.GIVEN["text"]
    assert len(model.asked) == 4
