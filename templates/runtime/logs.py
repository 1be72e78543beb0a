"""Logs: one JSON object a line, in ASCII, so that no text from outside can forge a line or colour a terminal.

`write("info", "charged", node="charge", data={...})` adds the execution id by itself. Long texts are cut. Secrets never
reach a log by type; as a second net their values are also taken out of every line before it is cut.
"""

import json
import logging
import os
import sys
import traceback
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from math import isfinite
from typing import Any

# The execution id and the workflow of the run that is going on here.
CURRENT_RUN: ContextVar[tuple[str, str] | None] = ContextVar("current_run", default=None)

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
_MAX_TEXT = 4_000
_MAX_LINE = 16_000
_MIN_SECRET = 6
_MAX_DEPTH = 20
_MAX_BITS = 8_000  # Python refuses to write integers of more than 4,300 digits
_logger = logging.getLogger("app")


def write(level: str, message: str, *, error: BaseException | None = None, **fields: Any) -> None:
    """Log a message with fields. `level` is debug, info, warning, error or critical; `error` adds its traceback."""
    number = _LEVELS.get(level, 20)
    if _logger.isEnabledFor(number):
        # The text goes as an argument: it is data, not a format.
        _logger.log(number, "%s", message, exc_info=error, extra={"fields": fields})


class JsonFormatter(logging.Formatter):
    """Turns a record into a line of JSON; `secrets` are texts that must not appear in it."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        # Longest first, so that a secret that contains another goes as a whole; JSON escapes count as well.
        given = {
            text for secret in secrets for text in (secret, json.dumps(secret)[1:-1]) if len(secret) >= _MIN_SECRET
        }
        self._secrets = sorted(given, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """One line, never broken."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._clean(record.getMessage()),
        }
        run = CURRENT_RUN.get()
        if run is not None:
            entry["execution_id"], entry["workflow"] = run
        fields = record.__dict__.get("fields")
        if isinstance(fields, Mapping):
            entry.update({name: self._field(value) for name, value in fields.items() if value is not None})
        if record.exc_info and record.exc_info[1] is not None:
            entry["error"] = record.exc_info[1].__class__.__name__
            entry["traceback"] = self._clean("".join(traceback.format_exception(record.exc_info[1])), keep_end=True)
        return _dumped(entry)

    def _field(self, value: object) -> object:
        """The value as JSON data with secrets taken out, or its beginning as text when it is long."""
        if isinstance(value, int | float | bool):
            return value
        if isinstance(value, str):
            return self._clean(value)
        text = _dumped(value)
        clean = self._hide(text)
        if len(clean) > _MAX_LINE:
            return clean[:_MAX_LINE]
        try:
            return json.loads(clean)
        except ValueError:
            return clean  # a secret stood there as a number, or as more than one text

    def _clean(self, text: str, keep_end: bool = False) -> str:
        hidden = self._hide(text)
        if len(hidden) <= _MAX_TEXT:
            return hidden
        return "..." + hidden[-_MAX_TEXT:] if keep_end else hidden[:_MAX_TEXT] + "..."

    def _hide(self, text: str) -> str:
        for secret in self._secrets:
            if secret in text:
                text = text.replace(secret, "***")
        return text


def _dumped(value: object) -> str:
    """The value as JSON in ASCII. A line is never lost for something in it that JSON cannot hold."""
    try:
        return json.dumps(value, ensure_ascii=True, default=_described, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return json.dumps(_as_data(value), ensure_ascii=True)


def _as_data(value: object, around: tuple[int, ...] = ()) -> object:
    """The value with text for what JSON cannot hold: endless numbers, integers of pages, odd keys, circles.

    `around` are the identities of what it stands in.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, int):
        return value if value.bit_length() <= _MAX_BITS else f"<int of {value.bit_length()} bits>"
    if id(value) in around or len(around) == _MAX_DEPTH:
        return _described(value)
    around = (*around, id(value))
    if isinstance(value, Mapping):
        return {
            key if isinstance(key, str) else str(_as_data(key)): _as_data(inner, around) for key, inner in value.items()
        }
    return [_as_data(inner, around) for inner in value] if isinstance(value, list | tuple) else _described(value)


def _described(value: object) -> str:
    """What stands for a value that is not JSON: only its type, since its text is anybody's guess."""
    return f"<{type(value).__name__}>"


def configure(level: str | None = None, secrets: Iterable[str] = ()) -> None:
    """Send everything, the server's own messages too, to standard output as JSON lines.

    `level` is LOG_LEVEL of the environment, or info, when it is not given.
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS.get((level or os.environ.get("LOG_LEVEL", "info")).lower(), 20))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "fastapi"):
        logger = logging.getLogger(name)
        if not logger.handlers and not logger.propagate:
            continue  # the server has switched it off, as it does its access log
        logger.handlers.clear()
        logger.propagate = True
    for name in ("aiohttp", "httpx", "httpx2", "httpcore", "httpcore2", "openai", "anthropic", "mcp", "asyncio"):
        # These tell of every request, some with headers.
        logging.getLogger(name).setLevel(logging.WARNING)


def start(secrets: Iterable[str]) -> None:
    """Set logs up when nobody has (a worker process, `uvicorn app.main:app`); from now on hide `secrets`."""
    handlers = logging.getLogger().handlers
    if not handlers:
        configure(secrets=secrets)
    for handler in handlers:
        if isinstance(handler.formatter, JsonFormatter):
            handler.setFormatter(JsonFormatter(secrets))
