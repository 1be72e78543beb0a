"""Serves built projects for `catalyst dev`, each start in a moment, and ends with it.

Usage: serve.py [ARGUMENTS of `python -m app`]. A line on standard input names the project to serve from now on; when
standard input ends, so does everything. What comes of a line is told on standard output: `serves`, or `broken CODE`
when the project cannot be imported and what ran before goes on; later `ended CODE` when the service ended by itself.

Importing the packages that projects need takes longer than everything else, so this process does that once and never
serves. For each start it forks: the new process has them all, imports the project, and serves when the old one is gone.
"""

import importlib
import importlib.util
import os
import runpy
import select
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

_ALWAYS = (
    "uvicorn",
    "uvloop",
    "httptools",
    "fastapi",
    "orjson",
    "msgspec",
    "pydantic",
    "prometheus_client",
    "pydantic.v1",
)
"""The last of them is what FastAPI looks at when it makes its first model, such as for `/docs`."""
_SOMETIMES = {
    "http_client": ("aiohttp",),
    "httpx_client": ("httpx2",),
    "llm_openai": ("openai",),
    "llm_anthropic": ("anthropic",),
    "schedule": ("cronsim",),
}
"""Runtime module -> packages that it needs."""
_IDLE = 10.0
"""Seconds without a change after which a package is imported that the flow may come to need."""
_PATIENCE = 0.5
"""Seconds that a service has to finish its requests before the next one starts; a restart is to take less than one."""


@dataclass(frozen=True, slots=True)
class _Service:
    """A process that serves a project, or is about to."""

    pid: int
    hold: int
    """A byte written here lets it serve; it ends when this is closed."""
    word: int
    """It writes a byte here when it has imported the project."""


def main() -> None:
    """Follow the lines on standard input until it ends."""
    ended = _notice_children()
    _import(_ALWAYS)
    ahead = [package for packages in _SOMETIMES.values() for package in packages]
    service: _Service | None = None
    try:
        while True:
            ready, _, _ = select.select([0, ended], [], [], _IDLE if ahead and service is not None else None)
            if not ready:
                _import([ahead.pop()])
            if ended in ready:
                os.read(ended, 1024)
                service = _still(service)
            if 0 in ready:
                project = _last_line()
                if project is None:
                    return
                service = _replace(service, project)
    finally:
        if service is not None:
            _end(service)


def _notice_children() -> int:
    """A descriptor that can be read whenever a child has ended."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    return reading


def _import(packages: Iterable[str]) -> None:
    for name in packages:
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)


def _last_line() -> str | None:
    """The last of the lines that wait on standard input, for what came before it is out of date; None at the end."""
    text = os.read(0, 65536)
    while text and not text.endswith(b"\n"):
        more = os.read(0, 65536)
        if not more:
            return None
        text += more
    return os.fsdecode(text).splitlines()[-1] if text else None


def _tell(what: str) -> None:
    with suppress(BrokenPipeError):
        os.write(1, f"{what}\n".encode())


def _replace(old: _Service | None, project: str) -> _Service | None:
    """Start a project; gives what serves from now on.

    The old service goes on when the new one cannot be imported, and when a newer one is named before it has been.
    """
    runtime = Path(project) / "app" / "runtime"
    for module, packages in _SOMETIMES.items():
        if (runtime / f"{module}.py").is_file():
            _import(packages)
    new = _fork(project, others=[] if old is None else [old.hold, old.word])
    if new.word not in select.select([new.word, 0], [], [])[0]:
        os.kill(new.pid, signal.SIGKILL)
        os.waitpid(new.pid, 0)
        _forget(new)
        return old
    if not os.read(new.word, 1):
        _tell(f"broken {_code(os.waitpid(new.pid, 0)[1])}")
        _forget(new)
        return old
    if old is not None:
        _end(old)
    os.write(new.hold, b"\n")
    _tell("serves")
    return new


def _still(service: _Service | None) -> _Service | None:
    """The service unless it has ended by itself."""
    if service is None:
        return None
    pid, status = os.waitpid(service.pid, os.WNOHANG)
    if not pid:
        return service
    _tell(f"ended {_code(status)}")
    _forget(service)
    return None


def _end(service: _Service) -> None:
    """Stop a service: politely, and for good when that takes too long."""
    deadline = time.monotonic() + _PATIENCE
    os.kill(service.pid, signal.SIGTERM)
    while not os.waitpid(service.pid, os.WNOHANG)[0]:
        if time.monotonic() > deadline:
            os.kill(service.pid, signal.SIGKILL)
            os.waitpid(service.pid, 0)
            break
        time.sleep(0.005)
    _forget(service)


def _forget(service: _Service) -> None:
    os.close(service.hold)
    os.close(service.word)


def _code(status: int) -> int:
    return os.waitstatus_to_exitcode(status)


def _fork(project: str, others: list[int]) -> _Service:
    """A new process that imports the project and waits for the word to serve it. `others` are not its business."""
    held, hold = os.pipe()
    word, said = os.pipe()
    pid = os.fork()
    if pid == 0:
        for descriptor in (hold, word, *others):
            os.close(descriptor)
        os.dup2(held, 0)
        os.dup2(2, 1)  # standard output is where this script tells what happens
        _serve(project, said)
    os.close(held)
    os.close(said)
    return _Service(pid, hold, word)


def _serve(project: str, said: int) -> NoReturn:
    """In the new process: import, wait, and run the project as `python -m app` does."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        sys.path[0] = project
        importlib.invalidate_caches()
        may_serve = threading.Event()
        threading.Thread(target=_watch_parent, args=(may_serve,), daemon=True).start()
        importlib.import_module("app.main")
        os.write(said, b"\n")
        may_serve.wait()
        runpy.run_module("app", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _watch_parent(may_serve: threading.Event) -> None:
    """The parent holds the other end of standard input: a byte is its word, and when it closes, this process ends."""
    while os.read(0, 1024):
        may_serve.set()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
    # Taking apart what was imported for the services would take longer than ending them.
    os._exit(0)
