"""Typed answers while they grow: the JSON text so far, read as far as it goes."""

from collections.abc import Callable
from typing import Any

from pydantic_core import from_json

# Text is read again when it has grown by a fiftieth: a long answer is shown as smoothly as a short one, and costs no
# more than fifty times its length.
_STEP = 50


class Growing:
    """Collects an answer's text and shows the value that it holds so far, each time there is more of it."""

    def __init__(self, show: Callable[[Any], None], part_of: Callable[[Any], Any]) -> None:
        self._show = show
        self._part_of = part_of
        self._pieces: list[str] = []
        self._length = 0
        self._next = 1
        self._shown: Any = None

    def take(self, piece: str) -> None:
        """The next piece of the text."""
        self._pieces.append(piece)
        self._length += len(piece)
        if self._length < self._next:
            return
        self._next = self._length + self._length // _STEP + 1
        text = "".join(self._pieces)
        self._pieces = [text]
        # A number may go on: 1 is shown as soon as it is clear that it is not 17.
        value = _read(text.rstrip("0123456789+-.eE"))
        part = self._part_of(value)
        if part is not None and part != self._shown:
            self._shown = part
            self._show(part)


def _read(text: str) -> Any:
    """The value so far; None where there is none, or where the text is not JSON."""
    try:
        return from_json(text.removeprefix("```json"), allow_partial="trailing-strings")
    except ValueError:
        return None
