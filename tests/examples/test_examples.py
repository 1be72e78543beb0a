"""Every example is built, started as its README says, and answers each of its requests as written beside it.

The services that it calls are played by the stand-in; the clients are the real ones.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from openpyxl import load_workbook

from catalyst.api import compile_path
from catalyst.project.write import write_project
from scripts.demo import find_endpoint, has_body, split_input
from tests.standin.server import running

ROOT = Path(__file__).parents[2]
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SERVERS = ("DATABASE_URL", "REDIS_URL")
"""Not handed on: without them an example keeps its data in its own folder. `test_databases.py` is about real ones."""
EXAMPLES = sorted(folder for folder in (ROOT / "examples").iterdir() if folder.is_dir())


def source_of(folder: Path) -> Path:
    """What is compiled: the folder when it is a project, else its flow."""
    return folder if (folder / "catalyst.yaml").exists() else next(iter(sorted(folder.glob("flow.*"))))


@pytest.fixture(scope="module")
def standin() -> Iterator[str]:
    with running() as server:
        yield server.url


def environment(standin: str) -> dict[str, str]:
    return {
        **{
            name: value
            for name, value in os.environ.items()
            if not name.lower().endswith("_proxy") and name not in SERVERS
        },
        "API_URL": standin,
        "ANTHROPIC_BASE_URL": standin,
        "OPENAI_BASE_URL": f"{standin}/v1",
        "ANTHROPIC_API_KEY": "stand-in",
        "OPENAI_API_KEY": "stand-in",
    }


@pytest.fixture
def service(request: pytest.FixtureRequest, standin: str, tmp_path: Path) -> Iterator[str]:
    """The example of the test's parameter as a running process; gives its address."""
    result = compile_path(source_of(request.param))
    assert result.ok, [str(item) for item in result.diagnostics]
    assert write_project(result.files, tmp_path / "built").ok
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "app", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=tmp_path / "built", env=environment(standin), stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/ready", process, tmp_path / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        # A server that is told to stop ends by that signal, or with 0.
        assert process.wait(20) in (0, -signal.SIGTERM)


def wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"the service did not start:\n{log.read_text()}")


@pytest.mark.parametrize(
    ("folder", "service"),
    [(each, each) for each in EXAMPLES],
    ids=[each.name for each in EXAMPLES],
    indirect=["service"],
)
def test_answers_are_as_written(folder: Path, service: str, update_golden: bool) -> None:
    for path in [folder / "request.json", *sorted(folder.glob("request-*.json"))]:
        sent = json.loads(path.read_text("utf-8"))
        endpoint = find_endpoint(service, sent)
        url, body = split_input(endpoint, sent)
        answer = httpx.request(endpoint.method, service + url, json=body if has_body(endpoint) else None, timeout=60)
        given: dict[str, Any] = {"status": answer.status_code, "body": content_of(answer)}
        kept = folder / path.name.replace("request", "answer", 1)
        if update_golden and (not kept.exists() or json.loads(kept.read_text("utf-8")) != given):
            kept.write_text(json.dumps(given, indent=2, ensure_ascii=False) + "\n", "utf-8")
            print(f"rewrote {kept.relative_to(ROOT)}")
        assert given == json.loads(kept.read_text("utf-8")), f"{path.name}; accept it with pytest --update-golden"
        if endpoint.streams and given["status"] < 300:
            assert last_event(endpoint.method, service + url, body)["output"] == given["body"]


def content_of(answer: httpx.Response) -> object:
    """What came back: JSON, or each sheet of a workbook with a line for each row."""
    if answer.headers["content-type"] != WORKBOOK:
        return without_ids(answer.json())
    book = load_workbook(BytesIO(answer.content))
    return {sheet.title: [line_of(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


def line_of(row: Iterable[object]) -> str:
    """The cells of a row as text."""
    return " | ".join("" if cell is None else str(cell) for cell in row)


def without_ids(body: object) -> object:
    """The answer without what differs from run to run."""
    if isinstance(body, dict):
        return {key: value for key, value in body.items() if key not in ("execution_id", "instance")}
    return body


def last_event(method: str, url: str, body: object) -> dict[str, object]:
    kind, data = "", ""
    with httpx.stream(method, url, json=body, headers={"Accept": "text/event-stream"}, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            kind = line[6:].strip() if line.startswith("event:") else kind
            data = line[5:].strip() if line.startswith("data:") else data
    assert kind == "done", (kind, data)
    found: dict[str, object] = json.loads(data)
    return found


rag_answer = pytest.mark.parametrize("service", [ROOT / "examples/rag_answer"], ids=["rag_answer"], indirect=True)


def document(text: str, audience: str = "everyone") -> dict[str, str]:
    return {"id": "opening", "title": "Opening hours", "audience": audience, "text": text}


def titles(service: str, question: str, **more: str) -> list[tuple[str, int]]:
    """The sources of an answer; none where the documents say nothing."""
    answer = httpx.post(f"{service}/api/v1/answer", json={"question": question, **more}, timeout=60)
    assert answer.status_code in (200, 404), answer.text
    return [(each["title"], each["passage"]) for each in answer.json().get("sources", [])]


@rag_answer
def test_a_document_is_replaced_as_a_whole(service: str) -> None:
    assert titles(service, "open on sunday") == []
    for texts, left in (
        (["The shop opens at nine on Saturday.", "The shop is closed on Sunday."], [("Opening hours", 2)]),
        (["The shop opens at nine on Saturday."], []),
    ):
        sent = {"documents": [document("\n\n".join(texts))]}
        answer = httpx.post(f"{service}/api/v1/documents", json=sent, timeout=60)
        assert (answer.status_code, answer.json()) == (201, {"documents": 1, "passages": len(texts)})
        assert [each for each in titles(service, "closed sunday") if each[1] == 2] == left


@rag_answer
def test_what_is_for_the_staff_is_found_by_the_staff_only(service: str) -> None:
    sent = {"documents": [document("The key to the shop lies with the baker.", audience="staff")]}
    httpx.post(f"{service}/api/v1/documents", json=sent, timeout=60).raise_for_status()
    assert titles(service, "where is the key to the shop?") == []
    assert titles(service, "where is the key to the shop?", reader="everyone") == []
    assert titles(service, "where is the key to the shop?", reader="staff") == [("Opening hours", 1)]


@rag_answer
def test_the_passages_come_before_the_first_word_of_the_answer(service: str) -> None:
    sent = {"documents": [document("The shop is closed on Sunday.")]}
    httpx.post(f"{service}/api/v1/documents", json=sent, timeout=60).raise_for_status()
    headers = {"Accept": "text/event-stream"}
    answer = httpx.post(f"{service}/api/v1/answer", json={"question": "closed sunday"}, headers=headers, timeout=60)
    found = answer.text.index('data: {"node":"found","output":[{"id":"opening#1"')
    assert found < answer.text.index("event: token") < answer.text.index("event: done")


@rag_answer
def test_a_document_without_a_word_is_refused(service: str) -> None:
    answer = httpx.post(f"{service}/api/v1/documents", json={"documents": [document(" \n\n ")]}, timeout=60)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["documents.0.text"]


@pytest.mark.parametrize("folder", EXAMPLES, ids=[each.name for each in EXAMPLES])
def test_each_says_what_it_shows(folder: Path) -> None:
    """The page of an example shows how to build it, and every request with its real answer."""
    text = (folder / "README.md").read_text("utf-8")
    assert "catalyst build" in text
    for path in sorted(folder.glob("answer*.json")):
        answer = json.loads(path.read_text("utf-8"))
        assert f"Status {answer['status']}:" in text
        assert json.dumps(answer["body"], indent=2, ensure_ascii=False) in text, path.name
    assert text.count("curl -i ") == len(list(folder.glob("request*.json")))
