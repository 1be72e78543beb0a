"""Serves a built project until its standard input ends. `catalyst dev` starts it; when dev is gone, so is the server.

Usage: serve.py PROJECT [ARGUMENTS of `python -m app`].
"""

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    """Make the project importable and run it as `python -m app`."""
    project = sys.argv.pop(1)
    sys.path[0] = project
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    runpy.run_module("app", run_name="__main__", alter_sys=True)


def _stop_with_parent() -> None:
    """The parent holds the other end of standard input and never writes."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
