"""`catalyst verify`: proves that a built project evaluates no text."""

from __future__ import annotations

from pathlib import Path

from catalyst.commands.console import progress, put, put_json, say
from catalyst.commands.problems import FINE, FLOW_IS_WRONG, CommandProblem
from catalyst.commands.targets import existing_folder, reason


def verify(folder: Path, *, as_json: bool) -> int:
    """Look at every Python file of the project; gives the exit code, 1 when something could evaluate text."""
    from catalyst.project.verify import verify_project  # noqa: PLC0415 - after the arguments are known to be good

    existing_folder(folder)
    try:
        with progress(f"verifying {folder} ..."):
            found = verify_project(folder)
    except OSError as error:
        raise CommandProblem(f"`{error.filename or folder}` cannot be read: {reason(error)}") from None
    if as_json:
        violations = [{"file": item.path, "line": item.line, "message": item.message} for item in found]
        put_json({"ok": not found, "violations": violations})
    else:
        for item in found:
            put(f"{item.path}:{item.line}: {item.message}")
        if found:
            say(f"{len(found)} {'place' if len(found) == 1 else 'places'} in {folder} could evaluate text", "bold red")
        else:
            say(f"{folder}: nothing evaluates text", "green")
    return FLOW_IS_WRONG if found else FINE
