"""`catalyst new`: every starter builds, checks clean and runs at once."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from catalyst.commands.new import starters

from .conftest import Catalyst

NAMES = ["llm-stream", "minimal", "multi-flow", "sql"]


def test_the_starters_that_there_are(catalyst: Catalyst) -> None:
    assert sorted(starters()) == NAMES
    listed = catalyst("new", "--list", "--format", "json").data["starters"]
    assert [starter["name"] for starter in listed] == NAMES
    assert all(starter["description"].endswith(".") for starter in listed)


@pytest.mark.parametrize("starter", NAMES)
def test_each_builds_and_checks_clean(catalyst: Catalyst, tmp_path: Path, starter: str) -> None:
    done = catalyst("new", "My-Project", "--starter", starter, "--format", "json")
    assert done.code == 0
    created = done.data["created"]
    assert {"README.md", ".gitignore"} <= set(created)
    assert all((tmp_path / "My-Project" / file).is_file() for file in created)
    target = "My-Project/flow.yaml" if "flow.yaml" in created else "My-Project"
    checked = catalyst("check", "--strict", target)
    assert checked.code == 0, checked.err
    assert catalyst("build", target).code == 0
    assert (tmp_path / "My-Project" / "my_project" / "app" / "main.py").is_file()
    assert catalyst("verify", "My-Project/my_project").code == 0
    assert "/my_project/" in (tmp_path / "My-Project" / ".gitignore").read_text()


def test_minimal_runs(catalyst: Catalyst) -> None:
    catalyst("new", "first")
    done = catalyst("run", "first/flow.yaml", "--input", '{"name": "Ada", "loud": true}')
    assert done.data["greeting"] == "Hello ADA, welcome to your first flow."


def test_multi_flow_runs(catalyst: Catalyst) -> None:
    catalyst("new", "shop", "--starter", "multi-flow")
    given = {"lines": [{"product": "Tea", "quantity": 2, "price": 4.5}], "customer": "regular"}
    done = catalyst("run", "shop", "--flow", "quote", "--input", json.dumps(given))
    assert done.data == {"lines": [{"product": "Tea", "amount": 8.1}], "total": 8.1, "currency": "EUR"}
    priced = {"line": given["lines"][0]}
    done = catalyst("run", "shop/flows/price_line.yaml", "--input", json.dumps(priced))
    assert done.data == {"product": "Tea", "amount": 9.0}
    assert catalyst("check", "shop/flows/quote.yaml").code == 0
    alone = catalyst("build", "shop/flows/quote.yaml")
    assert "this flow is part of the project `shop`" in alone.err
    undecided = catalyst("run", "shop")
    assert undecided.code == 2
    assert "choose one with --flow: price_line, quote" in undecided.err
    assert "did you mean `quote`?" in catalyst("run", "shop", "--flow", "qoute").err


class Model(BaseHTTPRequestHandler):
    """As much of a model's API as one answer needs."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        message = {"role": "assistant", "content": f"About: {asked['messages'][-1]['content']}"}
        answer = {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": asked["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
        }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_llm_stream_runs_with_the_address_of_the_environment(catalyst: Catalyst) -> None:
    catalyst("new", "asker", "--starter", "llm-stream")
    with HTTPServer(("127.0.0.1", 0), Model) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = catalyst(
            "run",
            "asker/flow.yaml",
            "--input",
            '{"question": "the sky"}',
            OPENAI_API_KEY="stand-in",
            OPENAI_BASE_URL=f"http://127.0.0.1:{server.server_port}/v1",
        )
        server.shutdown()
    assert done.data == {"text": "About: the sky", "tokens": 5}, done.err


def test_what_is_there_is_never_touched(catalyst: Catalyst, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    done = catalyst("new", "mine")
    assert (done.code, list((tmp_path / "mine").iterdir())) == (2, [])


@pytest.mark.parametrize("name", ["9lives", "name: evil", "a\nb: c", "é", "-", "..", "x" * 80, "class", "Import"])
def test_names_that_cannot_be(catalyst: Catalyst, tmp_path: Path, name: str) -> None:
    assert catalyst("new", "--", name).code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_starter_that_is_not_there(catalyst: Catalyst) -> None:
    done = catalyst("new", "x", "--starter", "minimall")
    assert done.code == 2
    assert "did you mean `minimal`?" in done.err
    assert catalyst("new").code == 2


def test_sql_keeps_its_notes_without_a_server(catalyst: Catalyst, tmp_path: Path) -> None:
    catalyst("new", "notes", "--starter", "sql")
    data = str(tmp_path / "kept")
    given = json.dumps({"title": "Buy milk", "tags": ["home"]})
    for number in (1, 2):
        done = catalyst("run", "notes/flow.yaml", "--input", given, DATA_DIR=data)
        assert done.data == {"id": number, "titles": ["Buy milk"] * number, "count": number}, done.err
    assert (tmp_path / "kept" / "database.db").is_file()


def test_sql_finds_a_wrong_column(catalyst: Catalyst, tmp_path: Path) -> None:
    catalyst("new", "notes", "--starter", "sql")
    flow = tmp_path / "notes" / "flow.yaml"
    flow.write_text(flow.read_text().replace("map(n => n.title)", "map(n => n.titel)"))
    done = catalyst("check", "notes/flow.yaml")
    assert done.code == 1
    assert "did you mean `title`?" in done.out + done.err
