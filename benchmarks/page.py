"""Writes what a result says into `docs/performance.md`: tables between marks, pictures beside the page.

A block of the page is `<!-- NAME: made from a result -->`, what is made, `<!-- end of NAME -->`; the text around
belongs to people. Whatever a result does not have is left as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.parts import peers, request_profile
from benchmarks.pictures import Bars, draw
from benchmarks.results import Result
from benchmarks.table import shown

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
IMAGES = "images"


class WrongPage(Exception):
    """A page that has no place for what is made."""


def write_page(result: Result, source: str, page: Path = PAGE) -> list[Path]:
    """Bring all blocks of the page up to date; gives what was written. `source` is the name of the result's file."""
    text = page.read_text(encoding="utf-8")
    for name, block in blocks(result, source).items():
        text = replaced(text, name, block)
    page.write_text(text, encoding="utf-8")
    return [page, *draw(result.pictures(), page.parent / IMAGES)]


def blocks(result: Result, source: str) -> dict[str, str]:
    """Name -> Markdown of each block that this result has something for."""
    makers: Mapping[str, Callable[[Result], str]] = {
        "table": lambda each: shown(each.lines()),
        "machine": lambda each: _machine(each, source),
        "peers": lambda each: peers.table(each.parts["peers"]) if "peers" in each.parts else "",
        "profile": lambda each: (
            request_profile.table(each.parts["request_profile"]) if "request_profile" in each.parts else ""
        ),
        "pictures": _pictures,
        "skipped": _skipped,
    }
    made = {name: make(result) for name, make in makers.items()}
    return {name: block for name, block in made.items() if block}


def replaced(page: str, name: str, block: str) -> str:
    """The page with another text in a block. Raises WrongPage."""
    begin, end = f"<!-- {name}: made from a result -->", f"<!-- end of {name} -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if len(pattern.findall(page)) != 1:
        raise WrongPage(f"the page has no single block `{begin}` ... `{end}`")
    return pattern.sub(lambda _: f"{begin}\n\n{block}\n\n{end}", page)


def _machine(result: Result, source: str) -> str:
    facts, machine = result.facts, result.facts["machine"]
    load = ", ".join(f"{value:.1f}" for value in machine["load"])
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    quick = " A quick look, with fewer and shorter rounds than a result has." if facts.get("quick") else ""
    return (
        f"{facts['date']}; {machine['cpu']}, {machine['cores']} cores, load {load} at the end; "
        f"Python {facts['python']}, {versions}.{quick} Every round is in `benchmarks/results/{source}`."
    )


def _pictures(result: Result) -> str:
    return "\n\n".join(
        f"![{picture.title}]({IMAGES}/{picture.name}.svg)"
        for picture in result.pictures()
        if not isinstance(picture, Bars)
    )


def _skipped(result: Result) -> str:
    """What was not measured, one line each."""
    if not result.skipped:
        return "Nothing was skipped in this run."
    return "\n".join(f"- {what}: {_one_line(why)}" for what, why in result.skipped.items())


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
