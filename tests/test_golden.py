"""Golden cases: a folder each, with a flow, the project that comes out, and runs of that project.

`runs.yaml` is a list. Of a run: `input` (or `request`: method, path, query, headers, body), what the world answers
(`http`: url pattern, method, status, json or text, fail, times, wait_for; `llm`: texts, values or {status}), and what
is wanted: `output` (the answer's JSON) or `problem` (part of the problem document), `status`, `headers`, `events`,
`calls` (what was asked over HTTP, in order; `calls_any_order`), `sent` (part of each call: json, content, headers),
`prompts` (part of each question to a model).
"""

import difflib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emitted import GOLDEN, World, findings, golden_cases, golden_result, imported, serving, write_files


def compared(path: str) -> bool:
    """Whether a file belongs to `expected/`: the rest is copied byte for byte into every project."""
    return not path.startswith(("app/runtime/", "tests/fake_"))


@pytest.mark.parametrize("case", golden_cases())
def test_golden(case: str, update_golden: bool) -> None:
    result = golden_result(case)
    assert result.ok, findings(result)
    folder = GOLDEN / case / "expected"
    wanted = {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in sorted(_files_in(folder))}
    made = {path: text for path, text in result.files.items() if compared(path)}
    if made == wanted:
        return
    differing = sorted(path for path in {*made, *wanted} if made.get(path) != wanted.get(path))
    if update_golden:
        shutil.rmtree(folder, ignore_errors=True)
        write_files(made, folder)
        print(f"rewrote {case}: {', '.join(differing)}")
        return
    pytest.fail(_difference(case, differing, wanted, made), pytrace=False)


def _files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def _difference(case: str, differing: list[str], wanted: dict[str, str], made: dict[str, str]) -> str:
    first = differing[0]
    lines = difflib.unified_diff(
        wanted.get(first, "").splitlines(),
        made.get(first, "").splitlines(),
        f"expected/{first}",
        f"made/{first}",
        "",
        "",
    )
    others = f"\nalso differing: {', '.join(differing[1:])}" if differing[1:] else ""
    accept = f"\nto accept: pytest tests/test_golden.py -k {case} --update-golden"
    return "\n".join([*lines]) + others + accept


@pytest.mark.parametrize("case", golden_cases())
def test_runs(case: str, tmp_path: Path) -> None:
    result = golden_result(case)
    assert result.ok, findings(result)
    runs = yaml.safe_load((GOLDEN / case / "runs.yaml").read_text(encoding="utf-8"))
    assert runs, "a case has at least one run"
    write_files(result.files, tmp_path)
    for number, run in enumerate(runs):
        with imported(tmp_path):
            wrong = _run(result, run)
        assert not wrong, f"run {number + 1}: {wrong}"


_KNOWN = frozenset(
    {
        "name",
        "input",
        "request",
        "env",
        "http",
        "llm",
        "status",
        "output",
        "problem",
        "headers",
        "events",
        "done",
        "calls",
    }
    | {"calls_any_order", "sent", "prompts", "then"}
)


def _run(result: Any, run: dict[str, Any]) -> str:
    """Do one run; what is not as wanted, or "" when all is."""
    assert run.keys() <= _KNOWN, f"unknown keys: {run.keys() - _KNOWN}"
    world = World(run.get("http", ()), run.get("llm", ()))
    with serving(result, world, run.get("env")) as client:
        response = client.request(**_request(result, run))
        for then in run.get("then", ()):
            response = client.request(**_request(result, {**run, **then}))
    checks = [_check_answer(run, response), _check_stream(run, response), _check_calls(run, world)]
    return next((wrong for wrong in checks if wrong), "")


def _request(result: Any, run: dict[str, Any]) -> dict[str, Any]:
    given = run.get("request", {})
    route = result.workflows[0].routes[0] if result.workflows[0].routes else None
    headers = dict(given.get("headers", {}))
    if "events" in run:
        headers["Accept"] = "text/event-stream"
    asked = {
        "method": given.get("method", route.method if route else "POST"),
        "url": given.get("path", route.path if route else ""),
        "params": given.get("query"),
        "headers": headers,
    }
    if "body" in given or "request" not in run:
        asked["json"] = given.get("body", run.get("input", {}))
    if "content" in given:
        asked["content"] = given["content"]
    return asked


def _check_answer(run: dict[str, Any], response: Any) -> str:
    if "events" in run:
        return ""
    status = run.get("status", run.get("problem", {}).get("status", 200))
    if response.status_code != status:
        return f"status {response.status_code}, wanted {status}: {response.text}"
    if "output" in run and response.json() != run["output"]:
        return f"output {response.text}, wanted {json.dumps(run['output'])}"
    if "problem" in run and not fits(run["problem"], response.json()):
        return f"problem {response.text}, wanted {json.dumps(run['problem'])}"
    if not fits(run.get("headers", {}), dict(response.headers)):
        return f"headers {dict(response.headers)}"
    return ""


def _check_stream(run: dict[str, Any], response: Any) -> str:
    if "events" not in run:
        return ""
    frames = [frame.split("\n") for frame in response.text.split("\n\n") if "event: " in frame]
    names = [line.removeprefix("event: ") for frame in frames for line in frame if line.startswith("event: ")]
    if names != run["events"]:
        return f"events {names}, wanted {run['events']}: {response.text}"
    data = json.loads(frames[-1][-1].removeprefix("data: "))
    return "" if fits(run.get("done", {}), data) else f"last event {data}, wanted {run['done']}"


def _check_calls(run: dict[str, Any], world: World) -> str:
    if "calls" in run and world.asked != run["calls"]:
        return f"calls {world.asked}, wanted {run['calls']}"
    if "calls_any_order" in run and sorted(world.asked) != sorted(run["calls_any_order"]):
        return f"calls {world.asked}, wanted {run['calls_any_order']} in any order"
    sent = [_sent(request) for request in world.requests]
    if "sent" in run and not (len(sent) == len(run["sent"]) and all(map(fits, run["sent"], sent))):
        return f"sent {sent}, wanted {run['sent']}"
    if "prompts" in run and not (
        len(run["prompts"]) == len(world.prompts) and all(map(fits, run["prompts"], world.prompts))
    ):
        return f"prompts {world.prompts}, wanted {run['prompts']}"
    return ""


def _sent(request: Any) -> dict[str, Any]:
    text = (request.content or b"").decode()
    is_json = request.headers.get("content-type") == "application/json"
    return {"json": json.loads(text) if is_json else None, "content": text, "headers": dict(request.headers)}


def fits(wanted: Any, given: Any) -> bool:
    """Whether `given` has everything that `wanted` names; maps may have more, lists may not."""
    if isinstance(wanted, dict):
        return isinstance(given, dict) and all(
            key in given and fits(value, given[key]) for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(given, list) and len(wanted) == len(given) and all(map(fits, wanted, given))
    return bool(wanted == given)


def test_every_case_is_small() -> None:
    for case in golden_cases():
        for source in (GOLDEN / case).glob("*.yaml"):
            if source.name != "runs.yaml":
                assert len(source.read_text(encoding="utf-8").splitlines()) <= 40, source
