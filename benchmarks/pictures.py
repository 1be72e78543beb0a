"""Draws what a result says: SVG files that are the same bytes for the same result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalyst.measure.figures import Figure

COLOURS = ("#0b6e4f", "#c0392b", "#5b6c7d", "#b8860b")
"""Of the contenders, ours first."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Lines over one axis, each point a median with the lowest and the highest round."""

    name: str
    """Of its file, without an ending."""
    title: str
    x: str
    y: str
    lines: Mapping[str, Sequence[tuple[int, Figure]]]
    labels: Mapping[int, str] | None = None
    """What stands at the points of the x axis, when it is not the number."""
    log_y: bool = False


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar for each contender, the longest first."""

    name: str
    title: str
    x: str
    bars: Mapping[str, Figure]


def draw(pictures: Iterable[Picture | Bars], folder: Path) -> list[Path]:
    """Write `NAME.svg` of each; gives their paths. Raises ImportError where matplotlib is not installed."""
    import matplotlib  # noqa: PLC0415 - only who draws needs it

    matplotlib.use("svg")
    # Names of elements are hashes with this salt, texts stay texts, no date is written: the same bytes each time.
    settings = {"svg.hashsalt": "catalyst", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10}
    folder.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(settings):
        return [_drawn(picture, folder) for picture in pictures]


def _drawn(picture: Picture | Bars, folder: Path) -> Path:
    from matplotlib.figure import Figure as Sheet  # noqa: PLC0415 - only who draws needs it

    height = 4.0 if isinstance(picture, Picture) else 0.8 + 0.36 * len(picture.bars)
    sheet = Sheet(figsize=(7.2, height), layout="constrained")
    axes = sheet.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(picture.title, loc="left")
    axes.set_xlabel(picture.x)
    if isinstance(picture, Picture):
        _lines(axes, picture)
    else:
        _bars(axes, picture)
    path = folder / f"{picture.name}.svg"
    sheet.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    return path


def _lines(axes: Any, picture: Picture) -> None:
    for colour, (title, points) in zip(COLOURS, picture.lines.items(), strict=False):
        places = [place for place, _ in points]
        middles = [each.median for _, each in points]
        below = [each.median - each.low for _, each in points]
        above = [each.high - each.median for _, each in points]
        axes.errorbar(places, middles, [below, above], label=title, color=colour, marker="o", markersize=4, capsize=2)
    axes.set_xscale("log")
    ticks = sorted({place for points in picture.lines.values() for place, _ in points})
    names = [(picture.labels or {}).get(place, f"{place:g}") for place in ticks]
    axes.set_xticks(ticks, names)
    axes.minorticks_off()
    axes.set_ylabel(picture.y)
    if picture.log_y:
        axes.set_yscale("log")
    else:
        axes.set_ylim(bottom=0)
    axes.grid(axis="y", color="#dddddd")
    axes.legend(frameon=False)


def _bars(axes: Any, picture: Bars) -> None:
    ordered = sorted(picture.bars.items(), key=lambda item: item[1].median)
    colours = [COLOURS[0] if title.startswith("emitted") else COLOURS[2] for title, _ in ordered]
    drawn = axes.barh([title for title, _ in ordered], [each.median for _, each in ordered], color=colours)
    axes.bar_label(drawn, [f"{each.median:,.0f}" for _, each in ordered], padding=3)
    axes.margins(x=0.12)
