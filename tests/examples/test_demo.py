"""`scripts/demo`: it calls what it built, ends well with --once, and leaves nothing running when it is stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from openpyxl import load_workbook

from scripts.demo import Endpoint, events, settings, split_input

ROOT = Path(__file__).parents[2]
DEMO = [sys.executable, str(ROOT / "scripts/demo.py")]


def environment() -> dict[str, str]:
    keys = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "API_URL", "DATABASE_URL", "REDIS_URL")
    return {name: value for name, value in os.environ.items() if name not in keys} | {"PYTHONUNBUFFERED": "1"}


def test_once_ends_well() -> None:
    command = [*DEMO, "ticket_triage", "--once"]
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "stand-in" in done.stdout
    assert '"category": "billing"' in done.stdout
    assert "\x1b[" not in done.stdout


def test_a_file_is_kept_and_each_request_finds_its_route() -> None:
    name = "sales-2026-05-01-2026-05-31.xlsx"
    (ROOT / "build" / name).unlink(missing_ok=True)
    for _ in range(2):  # what the first run saved is no obstacle for the next
        command = [*DEMO, "sales_report", "--once"]
        done = subprocess.run(
            command, check=False, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "stand-in" not in done.stdout, "it needs none"
        assert f"kept as build/{name}" in done.stdout
    assert load_workbook(ROOT / "build" / name).sheetnames == ["Regions", "Orders"]


def test_nothing_is_left_after_ctrl_c() -> None:
    process = subprocess.Popen(
        [*DEMO, "digest"], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl+C" in line:
            break
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, "".join(lines) + rest
    urls = {
        word.strip("(),") for line in lines for word in line.split() if word.startswith(("http://127", "(http://127"))
    }
    ports = {urlsplit(url.strip("(")).port for url in urls}
    assert len(ports) >= 2, lines
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0, f"something still listens on {port}"


def test_real_keys_mean_real_services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env.example").write_text("# settings\nANTHROPIC_API_KEY=\n", "utf-8")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "real")
    monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    with ExitStack() as stack:
        found = settings(tmp_path, stack)
    assert found["ANTHROPIC_API_KEY"] == "real"
    assert "ANTHROPIC_BASE_URL" not in found


def test_input_is_split_between_path_and_body() -> None:
    endpoint = Endpoint("POST", "/teams/{team}/members", streams=False)
    assert split_input(endpoint, {"team": "search", "members": []}) == ("/teams/search/members", {"members": []})


def test_input_goes_into_the_query_where_the_route_has_it_there() -> None:
    endpoint = Endpoint("GET", "/teams/{team}/report", streams=False, query=frozenset({"since", "until"}))
    given = {"team": "search", "since": "2026-05-01", "until": "a b"}
    assert split_input(endpoint, given) == ("/teams/search/report?since=2026-05-01&until=a+b", {})


def test_events_are_read() -> None:
    lines = [b": still here\n", b"\n", b"id: 1\n", b"event: token\n", b'data: {"text": "a"}\n', b"\n"]
    assert list(events(lines)) == [("token", {"text": "a"})]
