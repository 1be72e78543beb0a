"""What a process and all that it started cost: CPU time and memory; and starting and ending such a family.

Costs are read from `/proc`; where there is none (macOS, Windows) they are None.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from catalyst.measure.cores import pinned

_PROC = Path("/proc")
_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def family(pid: int) -> list[int]:
    """The process and its descendants that are alive, itself first; only itself where there is no `/proc`."""
    children: dict[int, list[int]] = {}
    for place in _PROC.glob("[0-9]*"):
        fields = _stat(int(place.name))
        if fields:
            children.setdefault(int(fields[1]), []).append(int(place.name))
    found = [pid]
    for each in found:
        found.extend(children.get(each, ()))
    return found


def cpu_seconds(pid: int) -> float | None:
    """CPU time of the family so far, user and system, of those members too that have ended."""
    stats = [fields for each in family(pid) if (fields := _stat(each))]
    if not stats:
        return None
    # Its own user and system time, and that of its children that have ended.
    return sum(int(ticks) for fields in stats for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> dict[str, float] | None:
    """Megabytes that the family holds: `pss` (shared pages divided among those who share them) and `rss`."""
    found = {"pss": 0.0, "rss": 0.0}
    seen = False
    for each in family(pid):
        for line in _lines(_PROC / str(each) / "smaps_rollup"):
            name, _, rest = line.partition(":")
            if name.lower() in found:
                found[name.lower()] += int(rest.split()[0]) / 1024
                seen = True
    return found if seen else None


def start(
    command: Sequence[str],
    *,
    cores: Sequence[int] | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdout: int | IO[bytes] | None = None,
    stderr: int | IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, so that Ctrl+C reaches only us, who then end it with `end`.

    On Linux it also ends when the thread that started it is gone, however that happened.
    """
    with pinned(cores):
        return subprocess.Popen(  # noqa: S603 - the caller says what to run
            command,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            cwd=cwd,
            env=env,
            start_new_session=True,
            preexec_fn=_end_with_parent if _PRCTL is not None else None,  # noqa: PLW1509 - one call into the kernel
        )


def end(process: subprocess.Popen[bytes], patience: float = 5.0) -> None:
    """Stop a process of `start` and its descendants: politely, and after `patience` seconds for good."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()


def _end_with_parent() -> None:
    """In the new process: ask the kernel for SIGTERM when the parent is gone."""
    assert _PRCTL is not None
    _PRCTL(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _stat(pid: int) -> list[str]:
    """What follows the name in `/proc/PID/stat`, beginning with the state; empty when it is gone."""
    return "".join(_lines(_PROC / str(pid) / "stat")).rpartition(")")[2].split()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
