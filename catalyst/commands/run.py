"""`catalyst run`: builds a flow into a temporary folder and runs it once, in a process of its own.

The process gets the input on its standard input and leaves a result file, so nothing that the flow prints can be taken
for its output. This process only compiles; it never imports what it built.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from catalyst.commands import report
from catalyst.commands.compiling import choose, compile_shown
from catalyst.commands.console import progress, put_json, say, use_colour
from catalyst.commands.env_file import read_env_file
from catalyst.commands.guard import say_problem
from catalyst.commands.problems import FINE, FLOW_IS_WRONG, INTERRUPTED, CommandProblem
from catalyst.commands.targets import existing, reason

_NO_INPUT = "{}"


def run(flow: Path, *, given: str | None, trace: bool, env_file: Path | None, name: str | None) -> int:
    """Run the flow once and print its output as JSON; gives the exit code."""
    text = read_input(given)
    environment = read_env_file(env_file)
    with progress(f"building {flow} ..."):
        result = compile_shown(flow, in_project=True)
    report.show(result.diagnostics, result.sources)
    if not result.ok:
        return FLOW_IS_WRONG
    workflow = choose(result.workflows, name, flow)
    with tempfile.TemporaryDirectory(prefix="catalyst-run-") as folder:
        try:
            place_files(result.files, Path(folder) / "project")
        except OSError as error:
            raise CommandProblem(f"`{folder}` cannot be written: {reason(error)}") from None
        outcome = _run_child(Path(folder), workflow.name, text, environment)
    if trace:
        _show_trace(outcome)
    return _finish(outcome)


def place_files(files: Mapping[str, str], folder: Path) -> None:
    """Write a compiled project into a new folder."""
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode("utf-8"))


def read_input(given: str | None) -> str:
    """The input as JSON text: as given, from `@file`, or from standard input for `-` and `@-`."""
    text = _NO_INPUT if given is None else given
    try:
        if text in ("-", "@-"):
            text = sys.stdin.buffer.read().decode("utf-8-sig")
        elif text.startswith("@"):
            text = existing(Path(text[1:])).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise CommandProblem(f"the input cannot be read: {reason(error)}") from None
    except UnicodeDecodeError:
        raise CommandProblem("the input is not UTF-8 text") from None
    try:
        json.loads(text)
    except ValueError as error:
        advice = """for example --input '{"name": "Ada"}', or --input @input.json"""
        raise CommandProblem(f"the input is not JSON: {error}", help=advice) from None
    except RecursionError:
        raise CommandProblem("the input is nested too deeply") from None
    return text


def _run_child(folder: Path, workflow: str, text: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """Start the process, wait for it, and read what it left. Raises KeyboardInterrupt when it was interrupted."""
    from catalyst.project.assets import templates_dir  # noqa: PLC0415 - start-up time

    script, result = templates_dir() / "run" / "run_once.py", folder / "result.json"
    command = [sys.executable, str(script), str(folder / "project"), workflow, str(result)]
    variables = {**os.environ, **environment, "PYTHONDONTWRITEBYTECODE": "1"}
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=2, env=variables)  # noqa: S603 - our own script
    try:
        child.communicate(text.encode("utf-8"))
    except KeyboardInterrupt:
        end(child)
        raise
    if not result.exists():
        if child.returncode in (INTERRUPTED, -signal.SIGINT):
            raise KeyboardInterrupt
        return {"crashed": child.returncode}
    found: dict[str, Any] = json.loads(result.read_bytes())
    return found


def end(child: subprocess.Popen[bytes], patience: float = 2.0) -> None:
    """Stop a process: politely, and after `patience` seconds for good."""
    child.terminate()
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def check_packages(names: Iterable[str]) -> None:
    """Raises `CommandProblem` for the first of the packages that is not installed."""
    for name in names:
        if importlib.util.find_spec(name) is None:
            raise missing_package(name)


def missing_package(name: str) -> CommandProblem:
    """What to say when a package is missing that built projects need."""
    advice = "pip install 'catalyst[serve]' brings what built flows need"
    return CommandProblem(f"the flow needs the package `{name}`, which is not installed", help=advice)


def _finish(outcome: Mapping[str, Any]) -> int:
    """Print the output, or say on standard error why there is none; gives the exit code."""
    if "output" in outcome:
        put_json(outcome["output"])
        if outcome.get("status", 200) != 200:
            say(f"the flow answered with status {outcome['status']}")
        return FINE
    if "missing" in outcome:
        _say_settings(outcome)
    elif "module" in outcome:
        raise missing_package(outcome["module"])
    elif "crashed" in outcome:
        say_problem(f"the run ended without a result (exit code {outcome['crashed']})")
    else:
        _say_failure(outcome["problem"])
    return FLOW_IS_WRONG


def _say_settings(outcome: Mapping[str, Any]) -> None:
    if outcome["missing"]:
        advice = "set them in the environment, or name a file with --env-file"
        say_problem(f"missing settings: {', '.join(outcome['missing'])}", advice)
    for wrong in outcome["wrong"]:
        say_problem(f"wrong setting: {wrong}")


def _say_failure(problem: Mapping[str, Any]) -> None:
    """A failed run in a few lines, then its problem document as a caller would get it."""
    where = ", ".join(str(problem[key]) for key in ("node", "source") if key in problem)
    say_problem(f"{problem['title']} ({problem['status']}{f'; {where}' if where else ''})")
    if problem.get("detail"):
        say(f"  {problem['detail']}")
    for error in problem.get("errors", ()):
        say(f"  {error.get('field') or 'input'}: {error.get('message', '')}")
    say(json.dumps(problem, indent=2, ensure_ascii=False))


def _show_trace(outcome: Mapping[str, Any]) -> None:
    """How long each node took, in the order in which they ended."""
    if "timings" not in outcome:
        return
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second
    from rich.table import Table  # noqa: PLC0415

    table = Table("node", box=None, header_style="bold")
    table.add_column("ms", justify="right")
    for node, milliseconds in outcome["timings"].items():
        table.add_row(node, f"{milliseconds:.3f}")
    table.add_row("total", f"{outcome['total']:.3f}", style="bold")
    Console(stderr=True, no_color=not use_colour(sys.stderr), highlight=False).print(table)
