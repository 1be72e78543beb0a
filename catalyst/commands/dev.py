"""`catalyst dev`: builds, serves, and does both again whenever the flow changes.

A flow with errors is shown and leaves the server as it was. Files that the owner edited are never written over. The
server is a process of its own that ends when this one does, however that happens.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
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
from catalyst.commands.run import end
from catalyst.commands.targets import default_output, flow_target
from catalyst.commands.watch import Stamp, watched
from catalyst.diagnostics import CompilerBug

if TYPE_CHECKING:
    from catalyst.project.write import WriteReport

_LOOK = 0.15
"""Seconds between two looks at the files."""
_SETTLE = 0.03
"""Seconds without a further change after which a change counts as complete."""
_PATIENCE = 0.5
"""Seconds that a server has to finish its requests before a restart; a restart is to take less than one."""


@dataclass(slots=True)
class _Server:
    """The running service, and a process that stands by to become the next one."""

    folder: Path
    arguments: list[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    standby: subprocess.Popen[bytes] | None = None

    @property
    def runs(self) -> bool:
        """Whether the process is alive."""
        return self.process is not None and self.process.poll() is None

    def restart(self) -> None:
        """Stop the old process, if there is one, and let the one that stands by serve."""
        self._end(self.process)
        ready = self.standby if self.standby is not None and self.standby.poll() is None else self._spawn()
        assert ready.stdin is not None
        ready.stdin.write(b"\n")
        ready.stdin.flush()
        self.process, self.standby = ready, self._spawn()

    def stop(self) -> None:
        """End both processes and wait until they have."""
        self._end(self.standby)
        self._end(self.process)
        self.process = self.standby = None

    def _spawn(self) -> subprocess.Popen[bytes]:
        from catalyst.project.assets import templates_dir  # noqa: PLC0415 - start-up time

        script = templates_dir() / "run" / "serve.py"
        command = [sys.executable, str(script), str(self.folder.resolve()), *self.arguments]
        variables = {**os.environ, **self.environment, "PYTHONDONTWRITEBYTECODE": "1"}
        # Its own session: Ctrl+C reaches this process only, which then ends the server in order.
        return subprocess.Popen(  # noqa: S603 - our own script
            command, stdin=subprocess.PIPE, stdout=2, env=variables, start_new_session=True
        )

    @staticmethod
    def _end(process: subprocess.Popen[bytes] | None) -> None:
        if process is None:
            return
        if process.poll() is None:
            end(process, _PATIENCE)
        if process.stdin is not None:
            process.stdin.close()


@dataclass(slots=True)
class _Session:
    """One `catalyst dev`: what was built last and from what."""

    flow: Path
    output: Path | None
    server: _Server
    no_code: bool
    sources: dict[str, str] = field(default_factory=dict)

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
        if folder != self.server.folder:
            self.server.stop()
            self.server.folder = folder
        written = write(result, self.server.folder, "keep")
        if not written.ok:
            report.show(written.diagnostics, {})
            self._say_waiting()
            return
        if _changed(written) or not self.server.runs:
            say_changes(written, self.server.folder)
            self.server.restart()
            host, port = self.server.arguments[1::2]
            say(f"built in {time.monotonic() - began:.2f} s; http://{host}:{port}/docs, Ctrl+C stops", "bold")

    def _say_waiting(self) -> None:
        went_on = "the last good version goes on" if self.server.runs else "nothing is served yet"
        say(f"{went_on}; waiting for a change", "yellow")


def _changed(written: WriteReport) -> bool:
    return bool(written.created or written.updated or written.removed)


def dev(flow: Path, output: Path | None, *, host: str, port: int, env_file: Path | None, no_code: bool) -> int:
    """Build and serve until interrupted; gives the exit code."""
    flow_target(flow)
    arguments = ["--host", host, "--port", str(port)]
    server = _Server(Path(), arguments, read_env_file(env_file))
    session = _Session(flow, output, server, no_code)
    try:
        _serve(session)
    finally:
        server.stop()
    return INTERRUPTED


def _serve(session: _Session) -> None:
    """Rebuild now and on every change; ends only by an exception."""
    before = None
    while True:
        now = watched(session.flow, session.sources)
        if now != before:
            before = _settled(session, now)
            _rebuild_unless_broken(session)
        _notice_end(session.server)
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


def _notice_end(server: _Server) -> None:
    """Say once when the server ended by itself."""
    if server.process is not None and not server.runs:
        code = server.process.returncode
        server.process = None
        say(f"the server ended (exit code {code}); it starts again on the next change", "red")
