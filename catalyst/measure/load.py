"""Drives a packaged load generator, `wrk` or `oha`: one request, sent again and again over some connections.

```python
generator = find_generator()                          # raises NoLoadGenerator, which says how to get one
load = generator.run(request, connections=32, seconds=10, cores=(1,))
load.per_second, load.latency["p99"], load.errors
```
A run is bounded in time: the generator stops by itself, and is stopped when it does not.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalyst.measure import processes
from catalyst.measure.exchange import Request
from catalyst.measure.problems import LoadFailed, NoLoadGenerator

_PERCENTS = (1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99)
_REQUIRED = ("p50", "p90", "p99", "p99.9", "max")
_SLACK = 15.0
"""Seconds that a generator may take beyond its duration and the time-out of a request."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of a load generator found."""

    requests: int
    """Answers of any status that came in time."""
    seconds: float
    per_second: float
    latency: Mapping[str, float]
    """Microseconds: `p50`, `p90`, `p99`, `p99.9`, `max` at least, in rising order."""
    errors: Mapping[str, int]
    """How many of each kind, of those that happened: `status` (400 and above), `connect`, `read`, `write`, `timeout`,
    `other`. Only those of `status` are among `requests`."""

    @property
    def failed(self) -> int:
        """Errors of all kinds."""
        return sum(self.errors.values())

    @property
    def succeeded(self) -> int:
        """Answers below 400."""
        return self.requests - self.errors.get("status", 0)

    def as_data(self) -> dict[str, Any]:
        """As it stands in result files."""
        return {
            "requests": self.requests,
            "seconds": self.seconds,
            "per_second": self.per_second,
            "latency_us": dict(self.latency),
            "errors": dict(self.errors),
        }


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a generator is to do."""

    request: Request
    connections: int
    seconds: int
    threads: int
    timeout: float
    folder: Path
    """Where it may write files for the generator."""


@dataclass(frozen=True, slots=True)
class Generator:
    """A load generator that is installed."""

    name: str
    path: str
    _command: Callable[[str, _Plan], list[str]]
    _read: Callable[[str], Load]

    def run(
        self,
        request: Request,
        *,
        connections: int = 32,
        seconds: int = 10,
        threads: int = 1,
        timeout: float = 10.0,
        cores: Sequence[int] | None = None,
    ) -> Load:
        """Send the request for that many seconds. Raises LoadFailed when there is no result.

        `timeout` seconds without an answer are an error of a request; `threads` counts for wrk only.
        """
        with tempfile.TemporaryDirectory(prefix="catalyst-load-") as folder:
            plan = _Plan(request, connections, seconds, min(threads, connections), timeout, Path(folder))
            out = self._output(self._command(self.path, plan), seconds + timeout + _SLACK, cores)
        try:
            return self._read(out)
        except (ValueError, KeyError, TypeError):
            raise LoadFailed(f"the output of {self.name} cannot be read: {out.strip()[-500:]}") from None

    def _output(self, command: Sequence[str], limit: float, cores: Sequence[int] | None) -> str:
        process = processes.start(command, cores=cores, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            raise LoadFailed(f"{self.name} did not end within {limit:.0f} s") from None
        finally:
            processes.end(process)
        if process.returncode != 0:
            said = (err or out).decode("utf-8", "replace").strip()[-500:]
            raise LoadFailed(f"{self.name} failed (exit code {process.returncode}): {said}")
        return out.decode("utf-8", "replace")


def find_generator() -> Generator:
    """`wrk` where it is installed, else `oha`. Raises NoLoadGenerator."""
    for name, (command, read) in _GENERATORS.items():
        path = shutil.which(name)
        if path is not None:
            return Generator(name, path, command, read)
    raise NoLoadGenerator(
        "no load generator was found: neither `wrk` nor `oha` is on the PATH",
        help="install one of them: apt install wrk, brew install wrk (or oha), cargo install oha",
    )


# wrk


def _wrk_command(path: str, plan: _Plan) -> list[str]:
    script = plan.folder / "request.lua"
    script.write_text(_wrk_script(plan.request), encoding="ascii")
    options = [f"-t{plan.threads}", f"-c{plan.connections}", f"-d{plan.seconds}s"]
    # wrk takes whole seconds.
    return [path, *options, "--timeout", f"{math.ceil(plan.timeout)}s", "-s", str(script), plan.request.url]


_WRK_RESULT = '\n{"requests": %d, "microseconds": %d, "max": %.1f, "latency": {%s}, "errors": {%s}}\n'


def _wrk_script(request: Request) -> str:
    """Lua that sets the request, and prints what came out as one line of JSON."""
    headers = [f"wrk.headers[{_lua(name)}] = {_lua(value)}" for name, value in request.headers.items()]
    percents = ", ".join(f"{percent:g}" for percent in _PERCENTS)
    return "\n".join(
        [
            f"wrk.method = {_lua(request.method)}",
            *([f"wrk.body = {_lua(request.body)}"] if request.body else []),
            *headers,
            "done = function(summary, latency)",
            "  local shown = {}",
            f"  for _, percent in ipairs({{{percents}}}) do",
            """    shown[#shown + 1] = string.format('"p%g": %.1f', percent, latency:percentile(percent))""",
            "  end",
            "  local errors = {}",
            "  for _, kind in ipairs({'status', 'connect', 'read', 'write', 'timeout'}) do",
            """    errors[#errors + 1] = string.format('"%s": %d', kind, summary.errors[kind])""",
            "  end",
            f"  io.write(string.format({_lua(_WRK_RESULT)},",
            "    summary.requests, summary.duration, latency.max,",
            "    table.concat(shown, ', '), table.concat(errors, ', ')))",
            "end",
            "",
        ]
    )


def _lua(text: str | bytes) -> str:
    """A Lua string: letters and digits as they are, every other byte by its number."""
    data = text.encode("latin-1") if isinstance(text, str) else text
    return '"' + "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"\\{byte:03}" for byte in data) + '"'


def _read_wrk(out: str) -> Load:
    line = next(line for line in reversed(out.splitlines()) if line.startswith("{"))
    found = json.loads(line)
    seconds = found["microseconds"] / 1e6
    latency = {**found["latency"], "max": found["max"]}
    return _load(found["requests"], seconds, latency, found["errors"])


# oha


def _oha_command(path: str, plan: _Plan) -> list[str]:
    request = plan.request
    options = ["--no-tui", *_oha_json(path), "-z", f"{plan.seconds}s", "-c", str(plan.connections)]
    options += ["-t", f"{plan.timeout:g}s", "-r", "0", "-m", request.method]
    for name, value in request.headers.items():
        options += ["-H", f"{name}: {value}"]
    if request.body:
        body = plan.folder / "body"
        body.write_bytes(request.body)
        options += ["-D", str(body)]
    return [path, *options, request.url]


def _oha_json(path: str) -> list[str]:
    """How this version is asked for JSON: older ones know `--json` only, newer ones only `--output-format`."""
    told = subprocess.run([path, "--help"], capture_output=True, check=False, timeout=_SLACK)  # noqa: S603
    return ["--output-format", "json"] if b"--output-format" in told.stdout else ["--json"]


_OHA_DEADLINE = "aborted due to deadline"
"""What oha counts as an error of each request that was on its way when the time was over."""


def _read_oha(out: str) -> Load:
    found = json.loads(out)
    statuses = {int(status): int(count) for status, count in found["statusCodeDistribution"].items()}
    errors = {"status": sum(count for status, count in statuses.items() if status >= 400)}
    for text, count in found["errorDistribution"].items():
        if text != _OHA_DEADLINE:
            kind = _kind_of(text.lower())
            errors[kind] = errors.get(kind, 0) + int(count)
    percentiles = {name: value * 1e6 for name, value in found["latencyPercentiles"].items() if value is not None}
    slowest = found["summary"]["slowest"]
    latency = {**percentiles, "max": slowest * 1e6 if slowest is not None else None}
    return _load(sum(statuses.values()), found["summary"]["total"], latency, errors)


def _kind_of(text: str) -> str:
    if "timeout" in text or "timed out" in text:
        return "timeout"
    return "connect" if "connect" in text else "other"


_GENERATORS: Mapping[str, tuple[Callable[[str, _Plan], list[str]], Callable[[str], Load]]] = {
    "wrk": (_wrk_command, _read_wrk),
    "oha": (_oha_command, _read_oha),
}


def _load(requests: int, seconds: float, latency: Mapping[str, float | None], errors: Mapping[str, int]) -> Load:
    """Checked: a generator that found nothing says so with zeros or nulls. Raises KeyError for what is missing."""
    known = {
        name: float(value) if value is not None and math.isfinite(value) else 0.0 for name, value in latency.items()
    }
    if requests:
        known = dict(sorted(known.items(), key=lambda item: item[1]))
    missing = [name for name in _REQUIRED if name not in known]
    if missing and requests:
        raise KeyError(missing[0])
    known = {**dict.fromkeys(missing, 0.0), **known}
    happened = {kind: int(count) for kind, count in errors.items() if count}
    return Load(int(requests), float(seconds), requests / seconds if seconds else 0.0, known, happened)
