"""Ways in which a command ends early that are no bug of Catalyst."""

from __future__ import annotations

FINE = 0
FLOW_IS_WRONG = 1
COMMAND_IS_WRONG = 2
OUR_BUG = 70
INTERRUPTED = 130
PIPE_CLOSED = 141


class CommandProblem(Exception):
    """What was asked for cannot be done: `str()` says why, `help` what to try; `code` is the exit code."""

    def __init__(self, message: str, *, help: str | None = None, code: int = COMMAND_IS_WRONG) -> None:
        super().__init__(message)
        self.help = help
        self.code = code
