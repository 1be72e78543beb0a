"""What figures depend on: the machine, its load, versions. Plain data for result files."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from catalyst.measure.cores import usable_cores


def facts(packages: Iterable[str] = ()) -> dict[str, Any]:
    """Date, machine, Python and the versions of packages; those that are not installed are left out."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M:%S %Z"),
        "machine": machine(),
        "python": platform.python_version(),
        "versions": versions(packages),
    }


def machine() -> dict[str, Any]:
    """The processor, how many cores may be used, the system, and the load of the last 1, 5 and 15 minutes."""
    cores = len(usable_cores()) or os.cpu_count()
    load = list(os.getloadavg()) if hasattr(os, "getloadavg") else []
    return {"cpu": _processor(), "cores": cores, "system": platform.platform(), "load": load}


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Name -> version of those that are installed."""
    found = {}
    for name in packages:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
