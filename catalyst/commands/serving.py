"""The service that `catalyst dev` keeps running: a helper process that starts it anew, and is told what to start.

The helper (`templates/run/serve.py`) has what every project needs imported already, and ends when this process does,
however that happens.
"""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from catalyst.commands.problems import CommandProblem
from catalyst.commands.targets import reason

_PATIENCE = 3.0
"""Seconds that the helper has to end its service and itself."""


def check_address(host: str, port: int) -> None:
    """Raises `CommandProblem` when nothing can listen there now, which the service would say between its log lines."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0][0]
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        # What `create_server` adds would say the address twice.
        why = reason(error).partition(" (while")[0]
        message = f"`{host}:{port}` cannot be listened on: {why}"
        raise CommandProblem(message, help="choose another address with --port or --host") from None


@dataclass(slots=True)
class Service:
    """A project that is served at an address, whatever project that is at the moment."""

    arguments: list[str]
    environment: Mapping[str, str]
    runs: bool = False
    """Whether something is served, or about to be."""
    _serves: bool = False
    _helper: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def prepare(self) -> None:
        """Start the helper unless it runs; it needs a moment to import what projects need."""
        from catalyst.project.assets import templates_dir  # noqa: PLC0415 - start-up time

        if self._helper is not None and self._helper.poll() is None:
            return
        self.stop()
        command = [sys.executable, str(templates_dir() / "run" / "serve.py"), *self.arguments]
        variables = {**os.environ, **self.environment, "PYTHONDONTWRITEBYTECODE": "1"}
        # Its own session: Ctrl+C reaches this process only, which then ends the service in order.
        self._helper = subprocess.Popen(  # noqa: S603 - our own script
            command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables, start_new_session=True
        )

    def start(self, folder: Path) -> None:
        """Serve the project in a folder from now on, in the place of what was served."""
        self.prepare()
        assert self._helper is not None
        assert self._helper.stdin is not None
        with suppress(BrokenPipeError):  # the helper has just ended: `news` says so
            self._helper.stdin.write(os.fsencode(folder.resolve()) + b"\n")
        self.runs = True

    def news(self) -> list[str]:
        """What has happened since the last look: `serves`, `broken CODE` or `ended CODE`."""
        found: list[str] = []
        while self._helper is not None and self._helper.stdout is not None:
            if not select.select([self._helper.stdout], [], [], 0)[0]:
                break
            line = self._helper.stdout.readline().decode().strip()
            if not line:
                line = f"ended {self._helper.wait()}"
                self.stop()
            found.append(line)
            self._serves = line == "serves" or (self._serves and line.startswith("broken"))
            self.runs = self._serves
        return found

    def stop(self) -> None:
        """End the service and the helper, and wait until they have."""
        helper, self._helper = self._helper, None
        self.runs = self._serves = False
        if helper is None:
            return
        assert helper.stdin is not None
        assert helper.stdout is not None
        helper.stdin.close()
        try:
            helper.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            helper.kill()
            helper.wait()
        helper.stdout.close()
