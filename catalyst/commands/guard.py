"""The one place where a command's failures become exit codes.

0 fine, 1 the flow is wrong, 2 the command line is wrong, 70 a bug of Catalyst, 130 interrupted, 141 nobody reads on.
"""

from __future__ import annotations

import os
import platform
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from types import FrameType

from catalyst import __version__
from catalyst.commands.console import cannot_write, discard, say
from catalyst.commands.problems import COMMAND_IS_WRONG, INTERRUPTED, OUR_BUG, PIPE_CLOSED, CommandProblem
from catalyst.diagnostics import CompilerBug

_interrupts: list[int] = []
"""Numbers of the signals that came."""


def guarded(action: Callable[[], int]) -> int:
    """Run a command; gives its exit code and lets no exception out."""
    _listen_to_signals()
    try:
        code = action()
    except CommandProblem as problem:
        say_problem(str(problem), problem.help)
        return problem.code
    except BrokenPipeError:
        discard(sys.stdout)
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return report_bug(error)
    return code


def report_outside(error: Exception) -> int:
    """Say what went wrong outside of any command, where only help and the version are written; gives the exit code."""
    if not isinstance(error, OSError):
        return report_bug(error)
    discard(sys.stdout)
    say_problem(cannot_write(error))
    return COMMAND_IS_WRONG


def say_problem(message: str, help: str | None = None) -> None:
    """What is wrong with the command, on standard error."""
    say(f"error: {message}", "bold red")
    for line in (help or "").splitlines():
        say(f"  = help: {line}")


def _listen_to_signals() -> None:
    """SIGTERM and a closed terminal end a command as Ctrl+C does, so that nothing it started is left behind."""
    signal.signal(signal.SIGTERM, _interrupt)
    # What is ignored stays so: Ctrl+C in the background of a script, a closed terminal under nohup.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    _interrupts.append(number)
    raise KeyboardInterrupt


def end_if_interrupted() -> None:
    """Raise KeyboardInterrupt again when one was lost: an extension module that is being imported may swallow it."""
    if _interrupts:
        raise KeyboardInterrupt


def report_bug(error: Exception) -> int:
    """Say that Catalyst is at fault, where it was, and where the traceback is; gives the exit code."""
    details = "".join(traceback.format_exception(error))
    say("error: this is a bug of Catalyst, not of your flow", "bold red")
    if isinstance(error, CompilerBug):
        say(f"  what: {error}")
        if error.span is not None:
            say(f"  --> {error.span.file}:{error.span.line}:{error.span.column}")
    place = _keep(details)
    if place is not None:
        say(f"  = help: please report it and add {place}, which says where it happened")
    if os.environ.get("CATALYST_TRACEBACK") == "1":
        say(details)
    return OUR_BUG


def _keep(details: str) -> str | None:
    """Write the traceback into a file of the temp folder; gives its path."""
    about = f"catalyst {__version__}, Python {platform.python_version()}, {platform.system()}\n{sys.argv!r}\n\n"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="catalyst-bug-", suffix=".txt", delete=False, encoding="utf-8", errors="backslashreplace"
        ) as file:
            file.write(about + details)
            return file.name
    except OSError:
        return None
