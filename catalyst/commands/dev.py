"""`catalyst dev`: builds, serves, and does both again whenever the flow changes.

A flow with errors is shown and leaves the server as it was. Files that the owner edited are never written over. The
server is a process of its own that ends when this one does, however that happens (`serving.py`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from catalyst.commands import report
from catalyst.commands.build import say_changes, write
from catalyst.commands.compiling import compile_shown
from catalyst.commands.console import say
from catalyst.commands.env_file import read_env_file
from catalyst.commands.guard import say_problem
from catalyst.commands.problems import INTERRUPTED, OUR_BUG, CommandProblem
from catalyst.commands.run import check_packages
from catalyst.commands.serving import Service, check_address
from catalyst.commands.targets import default_output, flow_target
from catalyst.commands.watch import Stamp, watched
from catalyst.diagnostics import CompilerBug

if TYPE_CHECKING:
    from catalyst.project.write import WriteReport

_NEEDED = ("fastapi", "uvicorn")
_LOOK = 0.08
"""Seconds between two looks at the files."""
_SETTLE = 0.03
"""Seconds without a further change after which a change counts as complete."""


@dataclass(slots=True)
class _Session:
    """One `catalyst dev`: what was built last and from what."""

    flow: Path
    output: Path | None
    service: Service
    no_code: bool
    sources: dict[str, str] = field(default_factory=dict)
    folder: Path | None = None
    """Where the project is that was served last."""

    def rebuild(self) -> None:
        """Compile; when that works, write what changed and restart the server."""
        began = time.monotonic()
        try:
            result = compile_shown(self.flow, no_code=self.no_code)
        except CommandProblem as problem:
            say_problem(str(problem), problem.help)
            return
        self.sources = result.sources
        report.show(result.diagnostics, result.sources)
        if not result.ok:
            self._say_waiting()
            return
        folder = self.output if self.output is not None else default_output(self.flow, result.name)
        written = write(result, folder, "keep")
        if not written.ok:
            report.show(written.diagnostics, {})
            self._say_waiting()
            return
        if _changed(written) or folder != self.folder or not self.service.runs:
            say_changes(written, folder)
            self.service.start(folder)
            self.folder = folder
            host, port = self.service.arguments[1::2]
            say(f"built in {time.monotonic() - began:.2f} s; http://{host}:{port}/docs, Ctrl+C stops", "bold")

    def _say_waiting(self) -> None:
        went_on = "the last good version goes on" if self.service.runs else "nothing is served yet"
        say(f"{went_on}; waiting for a change", "yellow")


def _changed(written: WriteReport) -> bool:
    return bool(written.created or written.updated or written.removed)


def dev(flow: Path, output: Path | None, *, host: str, port: int, env_file: Path | None, no_code: bool) -> int:
    """Build and serve until interrupted; gives the exit code."""
    flow_target(flow)
    check_packages(_NEEDED)
    check_address(host, port)
    arguments = ["--host", host, "--port", str(port)]
    service = Service(arguments, read_env_file(env_file))
    try:
        service.prepare()
        _serve(_Session(flow, output, service, no_code))
    finally:
        service.stop()
    return INTERRUPTED


def _serve(session: _Session) -> None:
    """Rebuild now and on every change; ends only by an exception."""
    before = None
    while True:
        now = watched(session.flow, session.sources)
        if now != before:
            before = _settled(session, now)
            _rebuild_unless_broken(session)
        _say_news(session.service)
        time.sleep(_LOOK)


def _settled(session: _Session, now: dict[str, Stamp]) -> dict[str, Stamp]:
    """Wait until files stop changing: many editors empty a file before they write it."""
    while True:
        time.sleep(_SETTLE)
        later = watched(session.flow, session.sources)
        if later == now:
            return now
        now = later


def _rebuild_unless_broken(session: _Session) -> None:
    """A bug of ours is said, and the server goes on: the next change may avoid it."""
    try:
        session.rebuild()
    except CompilerBug as error:
        say_problem(
            f"a bug of Catalyst, not of your flow: {error}", f"`catalyst build` says more (exit code {OUR_BUG})"
        )


def _say_news(service: Service) -> None:
    """Say what became of the service, where that is not what was wanted."""
    for news in service.news():
        what, _, code = news.partition(" ")
        if what == "ended":
            say(f"the server ended (exit code {code}); it starts again on the next change", "red")
        elif what == "broken":
            went_on = "the last good version goes on" if service.runs else "nothing is served"
            say(f"the project cannot be imported, as said above; {went_on}", "red")
