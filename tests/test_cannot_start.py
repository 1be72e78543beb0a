"""A built service that cannot start in its surroundings says why and what to do, whichever way it is started."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from catalyst.api import compile_flow
from catalyst.commands.run import place_files
from catalyst.measure.servers import free_port

FLOW = """\
catalyst: 1
name: reads
env: [API_URL, OTHER_URL]
secrets: [API_TOKEN]
settings: {fast_path: FAST}
nodes:
  asked:
    type: http
    with:
      url: "{{ env.API_URL }}/x"
      params: {other: "{{ env.OTHER_URL }}"}
      auth: {bearer: "{{ secrets.API_TOKEN }}"}
      http2: HTTP2
"""
SETTINGS = {"API_URL": "http://127.0.0.1:1", "OTHER_URL": "x", "API_TOKEN": "hush"}
BY_HAND = ["uvicorn", "app.main:app"]


@pytest.mark.parametrize("fast_path", ["true", "false"])
@pytest.mark.parametrize("program", [["app"], BY_HAND], ids=["app", "uvicorn"])
def test_missing_settings(program: list[str], fast_path: str, tmp_path: Path) -> None:
    place_files(compile_flow(FLOW.replace("FAST", fast_path).replace("HTTP2", "false")).files, tmp_path)
    code, said = _start(program, tmp_path, {"API_URL": "http://127.0.0.1:1"})
    assert code != 0
    assert "missing settings: OTHER_URL, API_TOKEN" in said
    assert "set them in the environment" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("program", [["app"], BY_HAND], ids=["app", "uvicorn"])
@pytest.mark.parametrize("http2", [False, True])
def test_a_proxy_that_cannot_be_used(program: list[str], http2: bool, tmp_path: Path) -> None:
    flow = FLOW.replace("FAST", "true").replace("HTTP2", str(http2).lower())
    place_files(compile_flow(flow).files, tmp_path)
    code, said = _start(program, tmp_path, {**SETTINGS, "ALL_PROXY": "socks5://me:hush@127.0.0.1:1"})
    assert code != 0
    assert "ALL_PROXY names a socks5:// proxy, and only http and https can be used" in said
    assert "Set ALL_PROXY to an http:// or https:// address, or unset it" in said
    assert "Traceback" not in said
    assert "hush" not in said


def _start(program: list[str], folder: Path, settings: dict[str, str]) -> tuple[int, str]:
    proxies = {"http_proxy", "https_proxy", "all_proxy"}
    kept = {name: value for name, value in os.environ.items() if name.lower() not in proxies and name not in SETTINGS}
    command = [sys.executable, "-m", *program, "--port", str(free_port())]
    done = subprocess.run(
        command, check=False, cwd=folder, env={**kept, **settings}, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout + done.stderr
