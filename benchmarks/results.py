"""Result files: every round of every part, with what the figures depend on. JSON in `benchmarks/results/`."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import parts
from benchmarks.bench import Bench, Rounds
from benchmarks.table import Line
from catalyst.measure.facts import facts

FORMAT = 1
FOLDER = Path(__file__).parent / "results"
PACKAGES = [
    "fastapi",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "pydantic",
    "pydantic-core",
    "msgspec",
    "orjson",
    "httpx2",
    "openai",
    "granian",
    "black",
    "lark",
]


class WrongResult(Exception):
    """A file that is not a result; the text says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured in one run."""

    facts: Mapping[str, Any]
    """Date, machine, Python and versions; `quick`; versions of the peers."""
    parts: Mapping[str, Rounds]
    skipped: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> list[Line]:
        """The table, in its order."""
        known = [name for name in parts.names() if name in self.parts]
        return [line for name in known for line in parts.part(name).lines(self.parts[name])]

    def pictures(self) -> list[Any]:
        """What there is to draw."""
        known = [name for name in parts.names() if name in self.parts]
        return [picture for name in known for picture in parts.pictures(name, self.parts[name])]

    def save(self, path: Path) -> None:
        """Write it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        data = {"format": FORMAT, **self.facts, "skipped": self.skipped, "parts": self.parts}
        path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def result(bench: Bench, measured: Mapping[str, Rounds]) -> Result:
    """What has just been measured."""
    said = {**facts(PACKAGES), "quick": bench.quick, "peers": dict(bench.versions)}
    return Result(said, measured, dict(bench.skipped))


def load(path: Path) -> Result:
    """Read a result file. Raises WrongResult."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WrongResult(f"{path} cannot be read: {error}") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT or not isinstance(data.get("parts"), dict):
        raise WrongResult(f"{path} is not a result of this benchmark (format {FORMAT})")
    measured, skipped = data.pop("parts"), data.pop("skipped", {})
    del data["format"]
    unknown = sorted(set(measured) - set(parts.names()))
    if unknown:
        raise WrongResult(f"{path} has parts that are not known here: {', '.join(unknown)}")
    found = Result(data, measured, skipped)
    try:
        found.lines()
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        raise WrongResult(f"{path} lacks rounds that its lines are made from") from None
    return found


def check_place(path: Path) -> None:
    """Raise WrongResult when no result could be kept there; to be asked before anything is measured."""
    is_new = not path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"):
            pass
        if is_new:
            path.unlink()
    except OSError as error:
        raise WrongResult(f"{path} cannot be written: {error.strerror}") from None


def default_path() -> Path:
    """A new file, named after the day and the minute."""
    return FOLDER / time.strftime("%Y-%m-%d-%H%M.json")
