"""How long the compiler takes: the whole command in a fresh process, and growth with the number of nodes."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from make_flow import make_flow

from catalyst.api import compile_flow

COMMANDS = {"build of 10 nodes": ("build", "flow.yaml", "--force"), "help": ("--help",)}


def measure_commands(rounds: int) -> dict[str, list[dict[str, float]]]:
    """Seconds and CPU seconds of each command, interleaved; a first round, which writes .pyc files, does not count."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "flow.yaml").write_text(make_flow(10))
        for number in range(rounds + 1):
            for name, arguments in COMMANDS.items():
                spent = _run([sys.executable, "-m", "catalyst", *arguments], folder)
                if number:
                    found[name].append(spent)
    return found


def _run(command: list[str], folder: str) -> dict[str, float]:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"seconds": seconds, "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def measure_growth(rounds: int, sizes: tuple[int, ...]) -> dict[str, list[dict[str, float]]]:
    """CPU seconds and peak megabytes by number of nodes, each size in a process of its own that is already warm."""
    found: dict[str, list[dict[str, float]]] = {str(size): [] for size in sizes}
    for _ in range(rounds):
        for size in sizes:
            command = [sys.executable, __file__, str(size)]
            found[str(size)].append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
    return found


def _compile(size: int) -> dict[str, float]:
    """Compile twelve nodes first, so that what is loaded once does not count, then `size`."""
    if not compile_flow(make_flow(12)).ok:
        raise SystemExit("the flow is wrong")
    source = make_flow(size)
    repeats = max(1, 50 // size)
    began = time.process_time()
    for _ in range(repeats):
        compile_flow(source)
    spent = (time.process_time() - began) / repeats
    return {"cpu_s": spent, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


if __name__ == "__main__":
    print(json.dumps(_compile(int(sys.argv[1]))))
