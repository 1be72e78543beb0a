"""What stands around the runs: settings, logs, metrics, readiness, schedules, and the server's process."""

import asyncio
import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import socket
from typing import Any

import httpx2
import pytest
import uvicorn
from cronsim import CronSimError
from prometheus_client.parser import text_string_to_metric_families
from pydantic import with_config
from typing_extensions import TypedDict
from uvicorn.config import STARTUP_FAILURE
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from templates.runtime import logs
from templates.runtime.environment import Environment, MissingSettings
from templates.runtime.errors import NodeError
from templates.runtime.moments import Moment
from templates.runtime.pools import ConnectionPools, PoolKey
from templates.runtime.schedule import ScheduleTrigger
from templates.runtime.server import GracefulWorker
from templates.runtime.workflow import HttpTrigger
from tests.runtime.service_parts import STRICT, Told, _free_port, echo, make_app, serving, wait_until, workflow

ROOT = Path(__file__).parents[2]


def test_all_missing_settings_are_named_at_once() -> None:
    given = Environment({"PORT": "x", "EMPTY": "", "URL": "http://a", "FLAG": "Yes"})
    assert given.text("URL") == "http://a"
    assert given.text("OTHER", "default") == "default"
    assert given.boolean("FLAG") is True
    given.secret("TOKEN"), given.text("EMPTY"), given.integer("PORT")
    with pytest.raises(MissingSettings) as caught:
        given.check()
    assert caught.value.missing == ("TOKEN", "EMPTY")
    assert "PORT should be a whole number" in str(caught.value)
    assert "http://a" not in str(caught.value)


def test_secrets_do_not_show_themselves() -> None:
    given = Environment({"TOKEN": "hunter2"})
    assert "hunter2" not in repr(given.secret("TOKEN"))
    given.check()


def _logged(write: Any, secrets: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logs.JsonFormatter(secrets))
    logger = logging.getLogger("app")
    logger.addHandler(handler)
    try:
        write()
    finally:
        logger.removeHandler(handler)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_log_line_has_its_run_and_fields() -> None:
    def write() -> None:
        token = logs.CURRENT_RUN.set(("e" * 32, "echo"))
        logs.write("warning", "charged %s", node="charge", data={"n": 1, "when": datetime.now(UTC)})
        logs.CURRENT_RUN.reset(token)

    (line,) = _logged(write)
    assert line["message"] == "charged %s"
    assert (line["level"], line["execution_id"], line["workflow"], line["node"]) == (
        "warning",
        "e" * 32,
        "echo",
        "charge",
    )
    assert line["data"] == {"n": 1, "when": "<datetime>"}


def test_a_line_is_never_lost_for_what_json_cannot_hold() -> None:
    circle: list[Any] = [1]
    circle.extend([circle, circle])
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    given = {"none": float("nan"), "large": 10**5000, ("a", 1): 1, 2: {"circle": circle}, "deep": deep, "set": {1}}

    def write() -> None:
        logs.write("error", "odd", data=given, number=float("inf"), count=10**5000)

    (line,) = _logged(write)
    assert line["number"] == "inf"
    assert line["count"] == "<int of 16610 bits>"
    assert line["data"]["none"] == "nan"
    assert line["data"]["large"] == "<int of 16610 bits>"
    assert line["data"]["2"] == {"circle": [1, "<list>", "<list>"]}
    assert line["data"]["set"] == "<set>"
    assert "<list>" in json.dumps(line["data"]["deep"])


def test_logs_are_cut_and_secrets_taken_out_before() -> None:
    secret = 'canary-"1234'

    def write() -> None:
        logs.write("error", "x" * 3_995 + secret, data={"deep": [secret]}, title=secret)
        try:
            raise ValueError(secret)
        except ValueError as error:
            logs.write("error", "failed", error=error)
        logs.write("error", "long", data={"text": "y" * 100_000})

    lines = _logged(write, (secret,))
    assert "canary" not in json.dumps(lines)
    assert len(lines[0]["message"]) < 4_010
    assert lines[1]["error"] == "ValueError"
    assert "Traceback" in lines[1]["traceback"]
    assert len(lines[2]["data"]) <= 16_000


def test_a_secret_that_is_a_number_is_taken_out_and_the_line_stays() -> None:
    def write() -> None:
        logs.write("info", "charged", data={"pins": [123456, 1234567], "amount": 5})
        logs.write("error", "next", data={"amount": 5})

    logging.getLogger("app").setLevel(logging.INFO)
    first, second = _logged(write, ("123456",))
    logging.getLogger("app").setLevel(logging.NOTSET)
    assert first["message"] == "charged"
    assert "123456" not in json.dumps(first)
    assert second["data"] == {"amount": 5}


def test_an_unknown_error_is_logged_with_its_traceback_and_the_id_of_the_answer(fast_path: bool) -> None:
    async def fail(ctx: Any) -> Told:
        raise ValueError("a detail for the log")

    answers: list[httpx2.Response] = []

    def write() -> None:
        with serving(make_app(workflow(fail), fast_path=fast_path)) as server:
            answers.append(server.post())

    (line,) = [line for line in _logged(write) if line["message"] == "run failed"]
    assert line["execution_id"] == answers[0].headers["x-execution-id"]
    assert "a detail for the log" in line["traceback"]
    assert "a detail" not in answers[0].text


def test_metrics_tell_of_runs_and_failed_nodes(fast_path: bool) -> None:
    async def fail(ctx: Any) -> Told:
        raise NodeError("no crm", kind="http", status=502, node="crm")

    with serving(make_app(workflow(), workflow(fail, name="bad", trigger=_at("/bad")), fast_path=fast_path)) as server:
        server.post(), server.post(), server.post({}), server.post(path="/bad")
        text = server.client.get("/metrics").text
    values = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert values["workflow_runs_total", "echo", "ok"] == 2
    assert values["workflow_runs_total", "echo", "invalid"] == 1
    assert values["workflow_runs_total", "bad", "failed"] == 1
    assert values["workflow_node_errors_total", "bad", "crm"] == 1
    assert values["workflow_run_duration_seconds_count", "echo"] == 2
    assert values["workflow_run_duration_seconds_bucket", "+Inf", "echo"] == 2


def _at(path: str) -> Any:
    return HttpTrigger("POST", path)


@pytest.mark.parametrize(("state", "status"), [("good", 200), ("bad", 503), ("broken", 503)])
def test_ready_asks_every_pool(state: str, status: int) -> None:
    async def answers(pool: str) -> bool:
        if pool == "broken":
            raise OSError("secret host name")
        return pool == "good"

    async def nothing(*_: Any) -> Any:
        return None

    key: PoolKey[str] = PoolKey("store", nothing, nothing, answers)
    with serving(make_app(pools=ConnectionPools({key: state}))) as server:
        ready = server.client.get("/ready")
    assert ready.status_code == status
    assert "secret" not in ready.text


@pytest.mark.parametrize(
    ("cron", "after", "wanted"),
    [
        # The day when 02:30 comes twice: once. The day when it does not come at all: at 03:00.
        ("30 2 * * *", "2026-10-24T12:00+02:00", ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]),
        ("30 2 * * *", "2026-03-28T12:00+01:00", ["2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00"]),
        ("*/30 2 * * *", "2026-10-25T01:59+02:00", ["2026-10-25T02:00+02:00", "2026-10-25T02:30+02:00"]),
        ("0 6 * * 1-5", "2026-07-03T07:00+02:00", ["2026-07-06T06:00+02:00"]),
    ],
)
def test_schedules_know_when_clocks_change(cron: str, after: str, wanted: list[str]) -> None:
    times = ScheduleTrigger(cron, timezone="Europe/Madrid").times(datetime.fromisoformat(after))
    assert [next(times).isoformat(timespec="minutes") for _ in wanted] == wanted


def test_a_wrong_cron_is_an_error() -> None:
    with pytest.raises(CronSimError):
        ScheduleTrigger("61 * * * *").times(datetime.now(UTC))


class EverySoOften(ScheduleTrigger):
    """A schedule by tenths of a second, for tests that cannot wait a minute."""

    def times(self, after: datetime) -> Any:
        return (after + timedelta(milliseconds=100 * number) for number in range(1, 1000))


def test_a_schedule_runs_inside_the_server_and_logs_how_it_went() -> None:
    seen: list[Any] = []

    async def run(ctx: Any) -> Told:
        seen.append((ctx.input, ctx.execution_id))
        if len(seen) == 2:
            raise NodeError("no crm", kind="http", status=502, node="crm")
        return await echo(ctx)

    def write() -> None:
        trigger = EverySoOften("* * * * *", input={"query": "digest"})
        with serving(make_app(workflow(run, trigger=trigger))) as server:
            wait_until(lambda: len(seen) >= 3)
            assert server.client.get("/health").status_code == 200

    logging.getLogger("app").setLevel(logging.INFO)
    lines = _logged(write)
    logging.getLogger("app").setLevel(logging.NOTSET)
    assert seen[0][0] == {"query": "digest", "limit": 20}
    ended = {line["execution_id"]: line["message"] for line in lines if line["message"].startswith("run ")}
    assert [ended[execution_id] for _, execution_id in seen[:3]] == ["run finished", "run failed", "run finished"]
    count = len(seen)
    time.sleep(0.3)
    assert len(seen) == count


def test_a_schedule_gives_points_in_time_as_text() -> None:
    @with_config(STRICT)
    class Since(TypedDict):
        since: Moment

    seen: list[Any] = []

    async def run(ctx: Any) -> Told:
        seen.append(ctx.input["since"])
        return {"text": ""}

    trigger = EverySoOften("* * * * *", input={"since": "2024-01-05T10:00:00Z"})
    with serving(make_app(workflow(run, trigger=trigger, input_type=Since))) as server:
        wait_until(lambda: bool(seen))
        assert server.client.get("/health").status_code == 200
    assert seen[0] == datetime(2024, 1, 5, 10, tzinfo=UTC)


APP = """
import asyncio
import os
from contextlib import asynccontextmanager
from fastapi import FastAPI, WebSocket
from templates.runtime.environment import Environment
from templates.runtime.server import main
from templates.runtime import logs
from tests.runtime.service_parts import SECRETS, make_app, workflow

SECRET = SECRETS.api_keys.get_secret_value()

async def wait(ctx):
    logs.write("info", "running with " + SECRET)
    await asyncio.sleep(ctx.input["limit"] / 10)
    return {"text": "finished"}

app = make_app(workflow(wait))

@app.websocket("/talk")
async def talk(socket: WebSocket):
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)

@asynccontextmanager
async def broken(app):
    raise RuntimeError("no database")
    yield

if "FAIL" in os.environ:
    app = FastAPI(lifespan=broken)

def settings():
    given = Environment()
    given.secret("FIRST_KEY"), given.text("SECOND_URL")
    given.check()

if __name__ == "__main__":
    main("served:app", settings)
"""


@pytest.fixture
def program(tmp_path: Path) -> Any:
    (tmp_path / "served.py").write_text(APP)
    paths = os.pathsep.join((str(ROOT), str(tmp_path)))
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **env: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(tmp_path / "served.py"), *arguments]
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": paths, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


SET = {"FIRST_KEY": "k", "SECOND_URL": "u"}


def _up(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/health").status_code == 200
    except httpx2.HTTPError:
        return False


def _status(port: int) -> int | None:
    """What a new request is answered with; None when nobody takes it."""
    try:
        url = f"http://127.0.0.1:{port}/api/v1/echo/execute"
        return httpx2.post(url, json={"query": "ab", "limit": 0}, timeout=2.0).status_code
    except httpx2.HTTPError:
        return None


def test_missing_settings_end_the_program_at_once(program: Any) -> None:
    process = program("--workers", "2")
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "FIRST_KEY, SECOND_URL" in err
    assert "Traceback" not in out + err


@pytest.mark.parametrize(
    ("workers", "number"), [("1", signal.SIGTERM), ("2", signal.SIGTERM), ("1", signal.SIGINT), ("2", signal.SIGINT)]
)
def test_a_stop_lets_requests_finish(program: Any, workers: str, number: signal.Signals) -> None:
    port = _free_port()
    process = program("--port", str(port), "--workers", workers, **SET)
    wait_until(lambda: _up(port), 20)
    command = ["curl", "-s", f"http://127.0.0.1:{port}/api/v1/echo/execute", "-H", "content-type: application/json"]
    with subprocess.Popen([*command, "-d", '{"query": "ab", "limit": 30}'], stdout=subprocess.PIPE, text=True) as call:
        time.sleep(0.4)
        process.send_signal(number)
        wait_until(lambda: _status(port) == 503)
        answer = call.communicate(timeout=10)[0]
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert json.loads(answer) == {"text": "finished"}
    assert "Traceback" not in out + err
    lines = out.splitlines()
    assert all(json.loads(line)["level"] in ("info", "warning") for line in lines)
    told = [json.loads(line) for line in lines if "running with" in line]
    assert {(line["message"], line["workflow"]) for line in told} == {("running with ***", "echo")}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_start_that_fails_ends_the_program_with_an_error(program: Any, workers: str) -> None:
    process = program("--port", str(_free_port()), "--workers", workers, **SET, FAIL="yes")
    out, err = process.communicate(timeout=20)
    assert process.returncode not in (0, None), out + err


class DiesWhenAsked(GracefulWorker):
    """A worker that ends just when its parent has asked whether it lives."""

    def target(self, sockets: list[socket] | None = None) -> None:
        self.child_conn.recv()
        os._exit(STARTUP_FAILURE)


def test_a_worker_that_ends_while_it_is_asked_does_not_keep_the_parent_waiting() -> None:
    worker = DiesWhenAsked(uvicorn.Config("none:app"), [])
    worker.start()
    asked = threading.Thread(target=worker.is_alive, args=(3600,), daemon=True)
    asked.start()
    asked.join(60)
    assert not asked.is_alive()
    assert not worker.is_alive(3600)
    worker.join()
    assert worker.exitcode == STARTUP_FAILURE


def test_a_port_that_is_no_number_is_said_without_a_traceback(program: Any) -> None:
    process = program(**SET, PORT="high")
    out, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert "invalid int value: 'high'" in err
    assert "Traceback" not in out + err


def test_a_websocket_does_not_hold_up_a_stop(program: Any) -> None:
    port = _free_port()
    process = program("--port", str(port), **SET)
    wait_until(lambda: _up(port), 20)
    with connect(f"ws://127.0.0.1:{port}/talk") as talk:
        talk.send("hello")
        assert talk.recv() == "hello"
        process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            talk.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    process.communicate(timeout=20)


def test_the_port_being_taken_is_said_without_a_traceback(program: Any) -> None:
    port = _free_port()
    first = program("--port", str(port), **SET)
    wait_until(lambda: _up(port), 20)
    second = program("--port", str(port), **SET)
    out, err = second.communicate(timeout=20)
    assert second.returncode != 0
    assert "address already in use" in out + err
    assert "Traceback" not in out + err
    assert first.poll() is None


def test_pools_are_opened_at_their_address_and_closed_again() -> None:
    seen: list[str] = []

    async def opened(address: str) -> str:
        seen.append(f"open {address}")
        return address

    async def closed(pool: str) -> None:
        seen.append(f"close {pool}")

    async def answers(pool: str) -> bool:
        if pool == "b:":
            await asyncio.sleep(60)
        return True

    one: PoolKey[str] = PoolKey("one", opened, closed, answers)
    two: PoolKey[str] = PoolKey("two", opened, closed, answers)

    async def work() -> dict[str, bool]:
        given = ConnectionPools(at={two: "memory:"})
        async with ConnectionPools.opened([one.at("b:"), two.at("c:")], given) as pools:
            assert pools[two] == "memory:"
            return await pools.ready(0.05)

    # One that does not answer does not hide what the others say.
    assert asyncio.run(work()) == {"one": False, "two": True}
    assert seen == ["open b:", "open memory:", "close memory:", "close b:"]
