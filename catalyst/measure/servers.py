"""Starts a server on this machine and waits for its first answer.

```python
with running([sys.executable, "-m", "app", "--port", str(port)], request, cwd=folder, cores=(0,)) as server:
    server.first.status, server.seconds, server.cpu_seconds(), server.memory()
```
"""

from __future__ import annotations

import http.client
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from catalyst.measure import processes
from catalyst.measure.exchange import Answer, Request, ask
from catalyst.measure.problems import DidNotStart

_LOOK = 0.005
"""Seconds between two attempts to reach a server that is starting."""
_LOG_SHOWN = 8000


@dataclass(frozen=True, slots=True)
class Server:
    """A server that has given its first answer."""

    process: subprocess.Popen[bytes]
    first: Answer
    seconds: float
    """From the start of the process to the end of the first answer."""
    log_file: Path

    def cpu_seconds(self) -> float | None:
        """CPU time so far, of all its processes; None where the system does not say."""
        return processes.cpu_seconds(self.process.pid)

    def memory(self) -> dict[str, float] | None:
        """Megabytes of all its processes: `pss` and `rss`; None where the system does not say."""
        return processes.memory(self.process.pid)

    def log(self) -> str:
        """The last part of what it has printed."""
        return _tail(self.log_file)


@contextmanager
def running(
    command: Sequence[str],
    request: Request,
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    cores: Sequence[int] | None = None,
    patience: float = 60.0,
) -> Iterator[Server]:
    """Start the command, send `request` until it is answered (whatever the status), and end it afterwards.

    What it prints goes into a file. Raises DidNotStart when it ends by itself or gives no answer within `patience`
    seconds.
    """
    with tempfile.TemporaryDirectory(prefix="catalyst-server-") as folder:
        log_file = Path(folder) / "log.txt"
        with log_file.open("wb") as log:
            began = time.monotonic()
            process = processes.start(command, cores=cores, cwd=cwd, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            first = _first_answer(process, request, log_file, began + patience)
            yield Server(process, first, time.monotonic() - began, log_file)
        finally:
            processes.end(process)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _first_answer(process: subprocess.Popen[bytes], request: Request, log_file: Path, deadline: float) -> Answer:
    while True:
        try:
            return ask(request, max(deadline - time.monotonic(), 0.1))
        except (OSError, http.client.HTTPException) as error:
            last = error  # not yet listening, most likely
        if process.poll() is not None:
            raise DidNotStart(f"the server ended (exit code {process.returncode})", _tail(log_file))
        if time.monotonic() > deadline:
            raise DidNotStart(f"the server gave no answer in time ({last})", _tail(log_file))
        time.sleep(_LOOK)


def _tail(path: Path) -> str:
    return path.read_bytes()[-_LOG_SHOWN:].decode("utf-8", "replace")
