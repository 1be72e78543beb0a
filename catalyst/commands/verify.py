"""`catalyst verify`: proves that a built project evaluates no text."""

from __future__ import annotations

from pathlib import Path

from catalyst.commands.console import progress, put, put_json, say
from catalyst.commands.guard import say_problem
from catalyst.commands.problems import FINE, FLOW_IS_WRONG, CommandProblem
from catalyst.commands.targets import existing_folder, reason


def verify(folder: Path, *, as_json: bool) -> int:
    """Look at every Python file of the project; gives the exit code, 1 when something could evaluate text.

    A folder that is no project proves nothing, so it does not pass either.
    """
    from catalyst.project.verify import is_project, verify_project  # noqa: PLC0415 - the arguments come first

    existing_folder(folder)
    try:
        with progress(f"verifying {folder} ..."):
            found = verify_project(folder)
    except OSError as error:
        raise CommandProblem(f"`{error.filename or folder}` cannot be read: {reason(error)}") from None
    built = is_project(folder)
    if as_json:
        violations = [{"file": item.path, "line": item.line, "message": item.message} for item in found]
        put_json({"ok": built and not found, "built": built, "violations": violations})
    else:
        for item in found:
            put(f"{item.path}:{item.line}: {item.message}")
        _say_result(folder, len(found), built=built)
    return FINE if built and not found else FLOW_IS_WRONG


def _say_result(folder: Path, count: int, *, built: bool) -> None:
    """What was found, in a line."""
    if count:
        say(f"{count} {'place' if count == 1 else 'places'} in {folder} could evaluate text", "bold red")
    elif built:
        say(f"{folder}: nothing evaluates text", "green")
    if not built:
        say_problem(f"`{folder}` is not a built project: there is no folder `app`", "name what `catalyst build` wrote")
