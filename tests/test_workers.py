"""A built project with several worker processes says no more than with one: no access log, and the level asked for."""

import json
import sys
from pathlib import Path

import pytest

from catalyst.api import compile_flow
from catalyst.commands.run import place_files
from catalyst.measure.exchange import Request, ask
from catalyst.measure.servers import free_port, running

FLOW = """\
catalyst: 1
name: greet
input: {name: string}
nodes:
  said: {type: log, with: {message: "for {{ input.name }}", level: warning}}
  hello: {type: template, with: {text: "Hello {{ input.name }}"}}
output: {text: "{{ nodes.hello.output }}"}
"""


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("level", "loggers"), [("info", {"uvicorn.error", "app"}), ("warning", {"app"})])
def test_what_is_logged(workers: int, level: str, loggers: set[str], tmp_path: Path) -> None:
    place_files(compile_flow(FLOW).files, tmp_path)
    port = free_port()
    url = f"http://127.0.0.1:{port}/api/v1/greet/execute"
    request = Request(url, "POST", b'{"name": "Ada"}', {"content-type": "application/json"})
    options = ["--port", str(port), "--workers", str(workers), "--log-level", level]
    with running([sys.executable, "-m", "app", *options], request, cwd=tmp_path) as server:
        for _ in range(4):
            assert ask(request).status == 200
        lines = [json.loads(line) for line in server.log().splitlines()]
    assert {line["logger"] for line in lines} == loggers
    assert sum(line["message"] == "for Ada" for line in lines) == 5
