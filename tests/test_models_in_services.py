"""Emitted services that ask models, from the request to the provider's protocol: with the real SDKs, pools and streams,
against a server that speaks both protocols."""

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from fastapi.testclient import TestClient

from catalyst.api import compile_flow
from tests.emitted import findings, imported, write_files
from tests.standin.server import StandIn, running

BOTH = pytest.mark.parametrize("provider", ["openai", "anthropic"])


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with running() as server:
        yield server


@contextmanager
def service(flow: str, folder: Path, standin: StandIn, **env: str) -> Iterator[TestClient]:
    """The flow as a service with pools of its own."""
    result = compile_flow(flow)
    assert result.ok, findings(result)
    write_files(result.files, folder)
    addresses = {"OPENAI_BASE_URL": f"{standin.url}/v1", "ANTHROPIC_BASE_URL": standin.url}
    keys = {"OPENAI_API_KEY": "key-of-openai", "ANTHROPIC_API_KEY": "key-of-anthropic"}
    with (
        imported(folder),
        patch.dict(os.environ, {**addresses, **keys, **env}),
        TestClient(import_module("app.main").create_app()) as client,
    ):
        yield client


def head(name: str, fields: str) -> str:
    return f"""
catalyst: 1
name: {name}
input: {{{fields}}}
secrets: [OPENAI_API_KEY, ANTHROPIC_API_KEY]
"""


def events_of(client: TestClient, name: str, given: dict[str, Any]) -> list[tuple[str, Any]]:
    """The stream's events with their data."""
    answer = client.post(f"/api/v1/{name}/execute", json=given, headers={"Accept": "text/event-stream"})
    found = []
    for frame in answer.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in frame.splitlines() if line and not line.startswith(":"))
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


STREAMS = """
types: {Verdict: {label: {type: string, enum: [billing, other]}, reason: string}}
nodes:
  text:
    type: llm
    with: {provider: PROVIDER, model: "{{ input.model }}", prompt: "{{ input.text }}", stream: true}
    retry: {max_attempts: 2, delay: 1ms, errors: [timeout, connection, 5xx, http]}
  verdict:
    type: llm
    needs: [text]
    with: {provider: PROVIDER, model: "{{ input.judge }}", prompt: "{{ input.text }}", output: Verdict, stream: true}
    retry: {max_attempts: 1}
output:
  text: {type: string, value: "{{ nodes.text.output.text }}", stream: true}
  label: "{{ nodes.verdict.output.label }}"
  read: "{{ execution.usage.input_tokens }}"
"""


@pytest.fixture(params=["openai", "anthropic"])
def streaming(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestClient]:
    """A slow server, so that a stream goes out in pieces."""
    flow = head("streams", "text: string, model: string, judge: string") + STREAMS.replace("PROVIDER", request.param)
    with running(token_ms=3) as slow, service(flow, tmp_path, slow) as client:
        yield client


def test_text_and_typed_answers_stream_as_they_come(streaming):
    found = events_of(streaming, "streams", {"text": "I was charged twice", "model": "m", "judge": "m"})
    names = [name for name, _ in found]
    assert names[-1] == "done"
    done = found[-1][1]["output"]
    assert "".join(data["text"] for name, data in found if name == "token") == done["text"]
    grown = [data["output"] for name, data in found if name == "object"]
    assert len(grown) > 1
    assert grown[-1]["label"] == done["label"] == "billing"
    assert done["read"] > 0


@pytest.mark.parametrize("fault", ["cut-3", "end-3", "error-3"])
@pytest.mark.parametrize("where", ["model", "judge"])
def test_a_stream_that_dies_half_way_ends_with_an_error_event(streaming, fault, where):
    given = {"text": "I was charged twice", "model": "m", "judge": "m", where: fault}
    found = events_of(streaming, "streams", given)
    name, problem = found[-1]
    assert name == "error"
    assert problem["status"] == 502
    assert problem["node"] == ("text" if where == "model" else "verdict")
    assert "key-of" not in json.dumps(problem)
    assert [name for name, _ in found].count("error") == 1
    assert "done" not in [name for name, _ in found]
    if where == "model":
        assert [name for name, _ in found].count("token") == 3, "what was said is not said again"


AGENT = """
nodes:
  helper:
    type: agent
    with:
      provider: PROVIDER
      model: "{{ input.model }}"
      prompt: "{{ input.text }}"
      stream: true
      tools:
        - name: add
          description: One more.
          args: {n: integer}
          do: {more: {type: set, with: {value: {sum: "{{ args.n + 1 }}"}}}}
        - name: endless
          description: It never returns.
          timeout: 50ms
          do: {waits: {type: wait, with: {for: 1h}}}
  last: {type: set, needs: [helper], with: {value: "{{ nodes.helper.output.steps | map(s => s.tool) }}"}}
output:
  text: {type: string, value: "{{ nodes.helper.output.text }}", stream: true}
  tools: "{{ nodes.last.output }}"
"""


@BOTH
def test_every_step_of_an_agent_is_an_event_of_the_stream(provider, standin, tmp_path):
    flow = head("helps", "text: string, model: string") + AGENT.replace("PROVIDER", provider)
    first = '[["add", {"n": 1}], ["endless", {}], ["nobody", {"\u00e9": 1}]]'
    asked = f'Go\nround: {first}\nround: [["nobody", {{}}], ["add", {{"n": "x"}}]]'
    with service(flow, tmp_path, standin) as client:
        found = events_of(client, "helps", {"text": asked, "model": "m"})
        broken = events_of(client, "helps", {"text": "Tell of the sea.", "model": "cut-3"})
    calls = [data for name, data in found if name == "tool_call"]
    results = {data["id"]: data for name, data in found if name == "tool_result"}
    told = [
        (call["tool"], call["arguments"], *(results[call["id"]][part] for part in ("result", "error")))
        for call in calls
    ]
    nobody = "there is no such tool; there are: add, endless"
    assert told[:4] == [
        ("add", {"n": 1}, {"sum": 2}, None),
        ("endless", {}, None, "the tool gave nothing within 0.05 seconds"),
        ("nobody", {"\u00e9": 1}, None, nobody),
        ("nobody", {}, None, nobody),
    ]
    assert told[4][3].startswith("the arguments do not fit the schema: n: ")
    assert {data["node"] for data in calls} == {"helper"}
    name, last = found[-1]
    assert (name, last["output"]["tools"]) == ("done", [call["tool"] for call in calls])
    assert "".join(data["text"] for name, data in found if name == "token") == last["output"]["text"]
    assert [name for name, _ in broken] == ["token", "token", "token", "error"]


@BOTH
def test_nonsense_for_a_typed_answer_is_asked_again_and_then_a_problem(provider, standin, tmp_path):
    flow = head("typed", "model: string") + f"""
nodes:
  kind:
    type: classify
    with: {{provider: {provider}, model: "{{{{ input.model }}}}", text: I was charged, classes: [billing, other]}}
    retry: {{max_attempts: 1}}
output: {{kind: "{{{{ nodes.kind.output }}}}"}}
"""
    with service(flow, tmp_path, standin) as client:
        answer = client.post("/api/v1/typed/execute", json={"model": "nonsense-2"})
        assert answer.json() == {"kind": "billing"}
        problem = client.post("/api/v1/typed/execute", json={"model": "nonsense"})
        assert problem.status_code == 502
        assert problem.json()["type"] == "urn:problem:invalid_output"
        assert problem.json()["node"] == "kind"
        assert "unexpected" not in problem.text, "what the model said is nobody's business"


def test_another_provider_answers_before_the_first_token(standin, tmp_path):
    flow = head("two", "model: string") + """
nodes:
  answer:
    type: llm
    with: {provider: anthropic, model: "{{ input.model }}", prompt: Tell of the sea., stream: true}
    retry: {max_attempts: 1}
    fallback: [{provider: openai, model: gpt-5.4-mini, errors: [connection, 5xx]}]
output:
  text: {type: string, value: "{{ nodes.answer.output.text }}", stream: true}
  model: "{{ nodes.answer.output.model }}"
"""
    with service(flow, tmp_path, standin) as client:
        for fault in ("cut-0", "end-0", "fail-503"):
            found = events_of(client, "two", {"model": fault})
            assert found[-1][1]["output"]["model"] == "gpt-5.4-mini"
            told = "".join(data["text"] for name, data in found if name == "token")
            assert told == found[-1][1]["output"]["text"]
        refused = client.post("/api/v1/two/execute", json={"model": "fail-401"}).json()
        assert (refused["status"], refused["node"]) == (502, "answer")


@BOTH
def test_an_upload_reaches_the_model(provider, standin, tmp_path):
    flow = head("look", "photo: file") + f"""
nodes:
  look:
    type: llm
    with: {{provider: {provider}, model: m, prompt: "Say what this is", files: ["{{{{ input.photo }}}}"]}}
output: {{seen: "{{{{ nodes.look.output.text }}}}"}}
"""
    photo = {"filename": "a.png", "content_type": "image/png", "content": "iVBORw0KGgo="}
    with service(flow, tmp_path, standin) as client:
        assert "image/png of 8 bytes" in client.post("/api/v1/look/execute", json={"photo": photo}).json()["seen"]
        wrong = client.post("/api/v1/look/execute", json={"photo": {**photo, "content": "AAAA", "content_type": ""}})
        assert wrong.status_code == 200, "its name says what it is"
        nameless = {"filename": "a", "content_type": "", "content": "AAAA"}
        problem = client.post("/api/v1/look/execute", json={"photo": nameless}).json()
        assert (problem["node"], problem["type"]) == ("look", "urn:problem:invalid_request")


def test_the_owners_prices_and_the_totals(standin, tmp_path):
    flow = head("costs", "question: string") + """
nodes:
  first: {type: llm, with: {provider: openai, model: house, prompt: "{{ input.question }}"}}
  second: {type: summarize, with: {provider: anthropic, model: other, text: "{{ nodes.first.output.text }}"}}
settings: {trace: true}
output:
  one: "{{ nodes.first.output.usage.cost }}"
  two: "{{ nodes.second.output.usage.cost }}"
  all: "{{ execution.usage.cost }}"
"""
    prices = tmp_path / "prices.json"
    prices.write_text(json.dumps({"house": {"input": 1000, "output": 1000}}))
    with service(flow, tmp_path / "project", standin, LLM_PRICES=str(prices)) as client:
        answer = client.post("/api/v1/costs/execute?trace=1", json={"question": "Tell of the sea."}).json()
        output, used = answer["output"], answer["trace"]["usage"]
        assert output["one"] == output["all"] == used["cost"] > 0
        assert output["two"] is None
        assert used["input_tokens"] > 4
        shown = client.get("/metrics").text.splitlines()
        assert f'llm_cost_dollars_total{{model="house",workflow="costs"}} {output["one"]}' in shown
        assert 'llm_answers_total{model="other",workflow="costs"} 1.0' in shown
        counted = [float(line.split()[1]) for line in shown if line.startswith("llm_tokens") and 'kind="input"' in line]
        assert sum(counted) == used["input_tokens"]


def test_limits_of_a_provider_hold_for_the_whole_service(tmp_path):
    flow = head("many", "question: string") + """
settings: {models: {openai: {concurrency: 1}}}
nodes:
  each:
    type: map
    over: "{{ range(6) }}"
    concurrency: 6
    do:
      answer: {type: llm, with: {provider: openai, model: m, prompt: "{{ input.question }}"}}
output: {count: "{{ nodes.each.output | length }}"}
"""
    with running(token_ms=1) as slow, service(flow, tmp_path, slow) as client:
        assert client.post("/api/v1/many/execute", json={"question": "Hi"}).json() == {"count": 6}
        assert slow.open_connections() == 1


@BOTH
def test_a_call_that_takes_too_long_leaves_no_connection(provider, tmp_path):
    flow = head("late", "question: string") + f"""
nodes:
  answer:
    type: llm
    with: {{provider: {provider}, model: slow-20000, prompt: "{{{{ input.question }}}}"}}
    timeout: 100ms
    retry: {{max_attempts: 1}}
output: {{text: "{{{{ nodes.answer.output.text }}}}"}}
"""
    with running() as slow, service(flow, tmp_path, slow) as client:
        problem = client.post("/api/v1/late/execute", json={"question": "Hi"})
        assert problem.json()["status"] == 504

        async def gone() -> None:
            async with asyncio.timeout(10):
                while slow.open_connections():  # noqa: ASYNC110 - the server is in another thread
                    await asyncio.sleep(0.01)

        asyncio.run(gone())
