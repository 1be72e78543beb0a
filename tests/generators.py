"""Stand-ins for the load generators: they take the same options, send a few requests and print in the same form.

`install(folder)` puts them there as executables, and gives a PATH on which they are found first.
"""

import json
import os
import re
import shutil
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

REAL = next((name for name in ("wrk", "oha") if shutil.which(name)), None)
needs_real_generator = pytest.mark.skipif(
    REAL is None, reason="neither wrk nor oha is installed here, and this test makes real load"
)
REQUESTS = 20
ROOT = Path(__file__).parents[1]
MODE = os.environ.get("STAND_IN_GENERATOR", "")


def install(folder: Path, *names: str) -> str:
    """Make the stand-ins, `wrk` if none is named; gives a PATH on which they come first."""
    folder.mkdir(exist_ok=True)
    for name in names or ("wrk",):
        place = folder / name
        place.write_text(
            f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
            f"from tests.generators import main\nmain({name!r})\n"
        )
        place.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def _wrk(arguments: list[str]) -> None:
    script = Path(arguments[arguments.index("-s") + 1]).read_text("ascii")
    method, body = (_strings(script, rf"^wrk\.{name} = (.*)$") for name in ("method", "body"))
    headers = re.findall(r"^wrk\.headers\[(.*)\] = (.*)$", script, re.MULTILINE)
    request = urllib.request.Request(
        arguments[-1],
        body[0] if body else None,
        {_text(name).decode(): _text(value).decode("latin-1") for name, value in headers},
        method=method[0].decode(),
    )
    statuses, took = _send(request)
    found = {
        "requests": len(statuses),
        "microseconds": int(sum(took) * 1e6),
        "max": max(took) * 1e6,
        "latency": {f"p{percent:g}": sorted(took)[len(took) // 2] * 1e6 for percent in (50, 90, 99, 99.9)},
        "errors": {"status": sum(status >= 400 for status in statuses), "connect": 0, "read": 0, "timeout": 0},
    }
    print(f"Running 1s test @ {arguments[-1]}\n  1 threads and 32 connections\nRequests/sec: {len(took)}")
    print(json.dumps(found))


def _strings(script: str, pattern: str) -> list[bytes]:
    return [_text(each) for each in re.findall(pattern, script, re.MULTILINE)]


def _text(lua: str) -> bytes:
    """What a Lua string literal holds."""
    return re.sub(rb"\\(\d{3})", lambda match: bytes([int(match[1])]), lua.encode("ascii")[1:-1])


def _oha(arguments: list[str]) -> None:
    if "--help" in arguments:
        print("  -j, --json  Print results as JSON" if "old" in MODE else "  --output-format <OUTPUT_FORMAT>")
        return
    assert ("--json" if "old" in MODE else "--output-format") in arguments
    headers = [arguments[at + 1].split(": ", 1) for at, each in enumerate(arguments) if each == "-H"]
    body = Path(arguments[arguments.index("-D") + 1]).read_bytes() if "-D" in arguments else None
    method = arguments[arguments.index("-m") + 1]
    statuses, took = _send(urllib.request.Request(arguments[-1], body, dict(headers), method=method))
    middle = sorted(took)[len(took) // 2]
    found = {
        "summary": {"total": sum(took), "slowest": max(took), "fastest": min(took)},
        "latencyPercentiles": {f"p{percent:g}": middle for percent in (10, 50, 90, 99, 99.9)},
        "statusCodeDistribution": {str(status): statuses.count(status) for status in statuses},
        "errorDistribution": {"aborted due to deadline": 7, "operation timed out": 2},
    }
    print(json.dumps(found))


def _send(request: urllib.request.Request) -> tuple[list[int], list[float]]:
    statuses, took = [], []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                answer.read()
                statuses.append(answer.status)
        except urllib.error.HTTPError as error:
            statuses.append(error.code)
        took.append(time.perf_counter() - began)
    return statuses, took


def main(name: str) -> None:
    """What the executables do; STAND_IN_GENERATOR makes them fail in one way or another."""
    if MODE == "fails":
        sys.exit("unable to connect to 127.0.0.1 Connection refused")
    if MODE == "babbles":
        print("Running 1s test\n{not JSON")
    elif MODE == "hangs":
        time.sleep(600)
    else:
        {"wrk": _wrk, "oha": _oha}[name](sys.argv[1:])
