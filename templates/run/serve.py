"""Serves a built project until its standard input ends. `catalyst dev` starts it; when dev is gone, so is the server.

Usage: serve.py PROJECT [ARGUMENTS of `python -m app`]. It waits for a line on standard input before it serves;
meanwhile it imports the packages that every project needs, so that the next restart takes a fraction of a second.
"""

import importlib.util
import os
import runpy
import select
import signal
import sys
import threading
from pathlib import Path

_ALWAYS = ("uvicorn", "uvloop", "httptools", "fastapi", "orjson", "pydantic", "prometheus_client")
_SOMETIMES = {
    "http_client": "aiohttp",
    "httpx_client": "httpx2",
    "llm_openai": "openai",
    "llm_anthropic": "anthropic",
    "schedule": "cronsim",
}
"""Runtime module -> package that it needs."""
_PATIENCE = 1.5
"""Seconds to wait before warming up, so that the server that has just been started gets the processor."""


def main() -> None:
    """Warm up unless there is no time for it, wait for the word, then run the project as `python -m app`."""
    project = sys.argv.pop(1)
    sys.path[0] = project
    # Ctrl+C and SIGTERM before the start end this process without a word.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ready, _, _ = select.select([0], [], [], _PATIENCE)
    if not ready:
        _warm_up(Path(project))
    if not os.read(0, 1):
        return
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    runpy.run_module("app", run_name="__main__", alter_sys=True)


def _warm_up(project: Path) -> None:
    used = [name for module, name in _SOMETIMES.items() if (project / "app" / "runtime" / f"{module}.py").is_file()]
    for name in (*_ALWAYS, *used):
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)


def _stop_with_parent() -> None:
    """The parent holds the other end of standard input."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
