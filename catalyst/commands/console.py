"""Prints: results on standard output, everything for people on standard error, with colours on a terminal.

NO_COLOR switches colours off, FORCE_COLOR on. rich is imported only when there is something to colour.
"""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from catalyst.commands.problems import CommandProblem

_PATIENCE = 0.6
"""Seconds of work before a line says what is going on."""


def put(text: str) -> None:
    """Print a result on standard output."""
    _write(sys.stdout, text + "\n")


def put_json(document: object) -> None:
    """Print one JSON document on standard output."""
    put(json_text(document))


def json_text(document: object) -> str:
    """The document as JSON; where standard output cannot hold all letters, with JSON's own escapes for them."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    try:
        text.encode((sys.stdout and sys.stdout.encoding) or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(document, indent=2)
    return text


def say(text: str = "", style: str = "") -> None:
    """Print a line for people on standard error; `style` is one of rich's, such as "bold red"."""
    if not style or not use_colour(sys.stderr):
        _write(sys.stderr, visible(text) + "\n")
        return
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second
    from rich.text import Text  # noqa: PLC0415

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(Text(visible(text), style=style))


def use_colour(stream: TextIO | None) -> bool:
    """Whether coloured text is wanted on a stream."""
    if stream is None or os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def visible(text: str) -> str:
    """The text without characters that would move the cursor, change colours or hide something."""
    return "".join(char if char.isprintable() or char == "\n" else _placeholder(char) for char in text)


def _placeholder(char: str) -> str:
    if char == "\t":
        return " "
    return char if "\ud800" > char > "\x9f" and char.isspace() else "\N{REPLACEMENT CHARACTER}"


def _write(stream: TextIO | None, text: str) -> None:
    """Write what the stream's encoding can hold; the rest as escapes."""
    if stream is None:  # closed by whoever started us
        return
    if isinstance(stream, io.TextIOWrapper) and stream.errors != "backslashreplace":
        stream.reconfigure(errors="backslashreplace")
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        discard(stream)
        raise CommandProblem(cannot_write(error)) from None


def cannot_write(error: OSError) -> str:
    """What to say when the output cannot be written."""
    return f"the output cannot be written: {(error.strerror or 'it failed').lower()}"


def discard(stream: TextIO) -> None:
    """Let what is still to be written to a broken stream go nowhere, so that the interpreter ends quietly."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def progress(text: str) -> Iterator[None]:
    """While inside, and once it takes long, show on a terminal what is going on."""
    if not use_colour(sys.stderr) or not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    watcher = threading.Thread(target=_show_when_late, args=(text, done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _show_when_late(text: str, done: threading.Event) -> None:
    if done.wait(_PATIENCE):
        return
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second

    with Console(stderr=True).status(visible(text)):
        done.wait()
