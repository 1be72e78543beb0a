"""The compiler: `catalyst build` in a new process, by number of nodes; a build again after one node has changed."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.bench import Bench, CannotMeasure, Round, Rounds
from benchmarks.make_flow import make_flow
from benchmarks.table import Goal, Line, made_of, plain
from catalyst.measure import processes

ORDER = 90
LIMIT = 600.0
"""Seconds that a build may take."""
HELP, AGAIN = "catalyst --help", "again, one of 1,000 nodes changed"
GOALS = {10: Goal("less", 0.6), 1000: Goal("less", 4), 5000: Goal("less", 22)}
ROOT = Path(__file__).parent.parent.parent
KILOBYTES_IN_MB = 1024 if sys.platform == "linux" else 1024 * 1024
"""What `ru_maxrss` counts in differs between systems."""


def measure(bench: Bench) -> Rounds:
    """Seconds, CPU seconds and the most memory of each command; the files of Python itself are compiled before."""
    if not hasattr(os, "wait4"):
        raise CannotMeasure("this system does not say what a process needed")
    sizes = [size for size in GOALS if not bench.quick or size <= 1000]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in sizes:
            (folder / f"{size}.yaml").write_text(make_flow(size), encoding="utf-8")
        (folder / "changed.yaml").write_text(_one_changed(make_flow(1000)), encoding="utf-8")
        _run(["--help"], folder)
        commands: dict[str, Callable[[], Round]] = {HELP: partial(_run, ["--help"], folder)}
        commands.update({_title(size): partial(_new, folder, f"{size}.yaml") for size in sizes})
        commands[AGAIN] = partial(_again, folder)
        return bench.take_turns(commands, lambda title: commands[title]())


def _title(size: int) -> str:
    return f"build of {size:,} nodes"


def _one_changed(flow: str) -> str:
    """The flow with another word in the text of a node in the middle of it."""
    before, mark, after = flow.partition('with: {text: "')
    rest = after.split('with: {text: "')
    middle = len(rest) // 2
    rest[middle] = "another " + rest[middle]
    return before + mark + 'with: {text: "'.join(rest)


def _new(folder: Path, flow: str) -> Round:
    """A build into a folder that is not there, with nothing kept from builds before."""
    with tempfile.TemporaryDirectory() as out:
        return _run(["build", str(folder / flow), "--output", f"{out}/project"], Path(out))


def _again(folder: Path) -> Round:
    """A build of the changed flow into the folder of a build of the flow as it was."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        shutil.copy(folder / "1000.yaml", out / "flow.yaml")
        _run(["build", "flow.yaml", "--output", "project"], out)
        shutil.copy(folder / "changed.yaml", out / "flow.yaml")
        return _run(["build", "flow.yaml", "--output", "project"], out)


def _run(arguments: Sequence[str], folder: Path) -> Round:
    """One command in a new process. What it keeps between builds, it keeps in this folder."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(folder / "cache")}
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        command = [sys.executable, "-m", "catalyst", *arguments]
        process = processes.start(command, cwd=folder, env=env, stdout=said, stderr=subprocess.STDOUT)
        try:
            used = _used(process, began + LIMIT)
        finally:
            processes.end(process)
        seconds = time.monotonic() - began
        if process.returncode:
            said.seek(0)
            end = said.read()[-500:].decode("utf-8", "replace")
            raise CannotMeasure(f"`catalyst {' '.join(arguments)}` failed ({process.returncode}): {end}")
    return {"seconds": seconds, "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / KILOBYTES_IN_MB}


def _used(process: subprocess.Popen[bytes], deadline: float) -> resource.struct_rusage:
    """Wait for its end; gives what it and those that it waited for used."""
    while True:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return used
        if time.monotonic() > deadline:
            raise CannotMeasure(f"a build took longer than {LIMIT:.0f} s")
        time.sleep(0.002)


def lines(rounds: Rounds) -> list[Line]:
    """Seconds of each size, of a build again over a whole one, and memory."""
    found = [plain("`catalyst --help`, new process", Goal("less"), "s", rounds[HELP], "seconds")]
    for size, goal in GOALS.items():
        if _title(size) in rounds:
            each = rounds[_title(size)]
            found.append(plain(f"`catalyst build`, {size:,} nodes, new process", goal, "s", each, "seconds"))
            found.append(plain(f"`catalyst build`, {size:,} nodes, in CPU time", Goal("less"), "s", each, "cpu_s"))
    whole = rounds[_title(1000)]
    share = [again["seconds"] / full["seconds"] * 100 for again, full in zip(rounds[AGAIN], whole, strict=True)]
    found.append(made_of("build again with one of 1,000 nodes changed, of a whole build", Goal("less", 40), "%", share))
    if _title(5000) in rounds:
        found.append(
            plain("memory of a build of 5,000 nodes", Goal("less", 500), "MB", rounds[_title(5000)], "peak_mb")
        )
    return found
