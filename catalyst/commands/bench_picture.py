"""What `catalyst bench` found, as a picture: latency by percentile of every round, and the time of each node.

matplotlib draws it; it comes with `catalyst[bench]` and is imported only when a picture is wanted.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from catalyst.commands.bench_rounds import Round
from catalyst.commands.bench_shown import Outcome
from catalyst.commands.problems import CommandProblem
from catalyst.commands.targets import reason
from catalyst.measure.events import Streams
from catalyst.measure.figures import percentile

_SUFFIXES = (".svg", ".png")
_NODES = 20
"""Nodes that are drawn: those that take longest."""


def check_picture(path: Path) -> None:
    """Raise `CommandProblem` when no such picture can be drawn; called before anything is measured."""
    if path.suffix.lower() not in _SUFFIXES:
        raise CommandProblem(f"`{path}` is neither an .svg nor a .png file")
    if importlib.util.find_spec("matplotlib") is None:
        advice = "pip install 'catalyst[bench]' brings it"
        raise CommandProblem("a picture needs the package `matplotlib`, which is not installed", help=advice)


def draw(outcome: Outcome, path: Path) -> None:
    """Write the picture. Raises `CommandProblem` when the file cannot be written."""
    import matplotlib  # noqa: PLC0415 - half a second

    matplotlib.use("agg")
    # Text stays text, and nothing depends on the day: a picture in a repository changes only with its figures.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "catalyst", "text.parse_math": False})
    from matplotlib.figure import Figure  # noqa: PLC0415

    picture = Figure(figsize=(10, 4.5), layout="constrained")
    left, right = picture.subplots(1, 2)
    _draw_latency(left, outcome.rounds)
    _draw_nodes(right, outcome.nodes())
    route = outcome.target.route
    picture.suptitle(
        f"{outcome.target.workflow.name}, {route.method} {route.path}, {outcome.plan.connections} connections"
    )
    try:
        picture.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
    except OSError as error:
        raise CommandProblem(f"`{path}` cannot be written: {reason(error)}") from None


def _draw_latency(axes: Any, rounds: Sequence[Round]) -> None:
    for number, each in enumerate(rounds, 1):
        _draw_line(axes, each.load.latency, f"round {number}")
        if isinstance(each.load, Streams):
            _draw_line(axes, each.load.first_event, f"round {number}, first event")
    axes.set_title("latency by percentile")
    axes.set_ylabel("ms")
    axes.set_ylim(bottom=0)
    axes.tick_params("x", rotation=60)
    axes.grid(axis="y", alpha=0.3)
    axes.legend()


def _draw_line(axes: Any, latency: Mapping[str, float], label: str) -> None:
    axes.plot(list(latency), [value / 1000 for value in latency.values()], marker="o", label=label)


def _draw_nodes(axes: Any, nodes: Mapping[str, Sequence[float]]) -> None:
    axes.set_title("time of each node: median, and up to p99")
    if not nodes:
        axes.text(0.5, 0.5, "no times were seen", ha="center", transform=axes.transAxes)
        axes.set_axis_off()
        return
    longest = sorted(nodes, key=lambda node: percentile(nodes[node], 50))[-_NODES:]
    medians = [percentile(nodes[node], 50) for node in longest]
    above = [percentile(nodes[node], 99) - median for node, median in zip(longest, medians, strict=True)]
    axes.barh(longest, medians, xerr=[[0.0] * len(longest), above], capsize=3)
    axes.set_xlabel("ms")
    axes.grid(axis="x", alpha=0.3)
