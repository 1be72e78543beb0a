"""From start to the first answer, and memory when idle: the emitted service beside FastAPI by hand; interleaved.

Both are started by uvicorn with uvloop and httptools. The time of a start is that of a clock (it includes what the
machine does besides) and CPU time (which does not wait for anybody); memory is PSS after the first answer.
"""

import tempfile
from pathlib import Path

from catalyst.measure.servers import free_port, running
from service.speed import BASE, EMITTED, HERE, build, command, request

Start = dict[str, float]


def measure(rounds: int) -> dict[str, list[Start]]:
    """Each round starts both once: seconds, CPU seconds and megabytes."""
    found: dict[str, list[Start]] = {EMITTED: [], BASE: []}
    with tempfile.TemporaryDirectory() as name:
        build(Path(name))
        for number in range(rounds + 1):
            for title, each in found.items():
                start = _start(title, Path(name) if title == EMITTED else HERE)
                if number:  # the first round writes the compiled files
                    each.append(start)
    return found


def _start(title: str, folder: Path) -> Start:
    port = free_port()
    with running(command(title, port), request(port), cwd=folder) as server:
        held = server.memory() or {"pss": 0.0}
        return {"seconds": server.seconds, "cpu_s": server.cpu_seconds() or 0.0, "megabytes": held["pss"]}
