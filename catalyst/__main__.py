"""The executable: the command `catalyst`, or `python -m catalyst`."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from contextlib import suppress

from catalyst.cli import main


def run() -> None:
    """Run a command, and end the process without taking apart what it made.

    To free hundreds of classes and every value of a compilation, one by one, takes a quarter of a small build's time.
    Nothing waits for it: what a command opens it closes, and what it writes it flushes.
    """
    try:
        main()
    except SystemExit as ending:
        if isinstance(ending.code, int) and threading.active_count() == 1:
            with suppress(OSError):  # nobody reads on: the interpreter knows what to do then
                _end_at_once(ending.code)
        raise


def _end_at_once(code: int) -> None:
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # closed by whoever started us
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
