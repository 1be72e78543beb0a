"""Every figure that the project promises, measured in one run: `python benchmarks/run.py [--quick] [--json FILE]`.

Prints goal and result of each line. Nothing here is a test: on a busy machine figures are worse, so ratios of
contenders that took turns say more than seconds. `--json` keeps every round with versions, machine and date.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import compiler  # noqa: E402 - these stand beside this file
import inprocess  # noqa: E402
from service import speed, startup  # noqa: E402

from catalyst.measure.facts import facts  # noqa: E402
from catalyst.measure.figures import Figure, figure, ratio  # noqa: E402

Rounds = Mapping[str, Sequence[Mapping[str, float]]]
PACKAGES = ("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "pydantic", "orjson", "black", "lark")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table."""

    what: str
    goal: float
    more_is_better: bool
    unit: str
    found: Figure

    @property
    def is_met(self) -> bool:
        return self.found.median >= self.goal if self.more_is_better else self.found.median <= self.goal


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds; for a look, not for results")
    parser.add_argument("--json", type=Path, help="keep every round in this file")
    parser.add_argument("--show", type=Path, metavar="FILE", help="measure nothing, print the table of a kept result")
    options = parser.parse_args()
    if options.show:
        print(shown(table(json.loads(options.show.read_text())["rounds"])))
        return
    rounds = {name: _measured(name, measure) for name, measure in plan(options.quick).items()}
    lines = table(rounds)
    print(shown(lines))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({**facts(PACKAGES), "rounds": rounds}, indent=1) + "\n")


def plan(quick: bool) -> dict[str, Callable[[], Rounds]]:
    """What is measured, part by part."""
    few, seconds = (2, 1) if quick else (7, 4)
    sizes = (10, 100) if quick else (10, 100, 1000)
    return {
        "service": lambda: speed.measure(few, seconds),
        "startup": lambda: startup.measure(few),
        "inprocess": lambda: inprocess.measure(few),
        "commands": lambda: compiler.measure_commands(few),
        "growth": lambda: compiler.measure_growth(2 if quick else 3, sizes),
    }


def _measured(name: str, measure: Callable[[], Rounds]) -> Rounds:
    print(f"{name} ...", file=sys.stderr, flush=True)
    return measure()


def table(rounds: Mapping[str, Rounds]) -> list[Line]:
    """The lines, out of the rounds of all parts (also those of a result file)."""
    service, start, quick = rounds["service"], rounds["startup"], rounds["inprocess"]
    commands, growth = rounds["commands"], rounds["growth"]
    emitted, by_hand, bare = speed.EMITTED, speed.BASE, "bare ASGI"
    title = "three nodes and a branch, 1 KB: "
    lines = [
        _ratio(title + "requests/s over FastAPI by hand", 2.0, service[emitted], service[by_hand], "per_second"),
        _ratio(
            title + "CPU per request, FastAPI by hand over emitted", 2.0, service[by_hand], service[emitted], "cpu_us"
        ),
        _ratio(title + "CPU per request, bare ASGI over emitted", 0.5, service[bare], service[emitted], "cpu_us"),
        _node_cost(quick),
        _ratio(
            "five expressions: time over the same by hand",
            1.3,
            quick["expressions"],
            quick["expressions, by hand"],
            "cpu_us",
            less=True,
        ),
        _ratio("start to first answer over FastAPI by hand", 1.3, start[emitted], start[by_hand], "seconds", less=True),
        _plain("memory when idle (PSS)", 60, "MB", start[emitted], "megabytes"),
        _plain("`catalyst build`, ten nodes, cold: CPU", 1.0, "s", commands["build of 10 nodes"], "cpu_s"),
        _plain("`catalyst --help`: CPU", 0.25, "s", commands["help"], "cpu_s"),
    ]
    if "1000" in growth:
        lines.append(_plain("compile 1,000 nodes, in process: CPU", 10, "s", growth["1000"], "cpu_s"))
        lines.append(_ratio("compile 1,000 nodes over 10 nodes", 110, growth["1000"], growth["10"], "cpu_s", less=True))
    return lines


def _ratio(
    what: str,
    goal: float,
    one: Sequence[Mapping[str, float]],
    two: Sequence[Mapping[str, float]],
    field: str,
    *,
    less: bool = False,
) -> Line:
    found = ratio([each[field] for each in one], [each[field] for each in two])
    return Line(what, goal, not less, "x", found)


def _plain(what: str, goal: float, unit: str, rounds: Sequence[Mapping[str, float]], field: str) -> Line:
    return Line(what, goal, False, unit, figure(one[field] for one in rounds))


def _node_cost(rounds: Rounds) -> Line:
    """What a node adds to a run, its work and its timing together."""
    chain, empty = rounds["chain of ten"], rounds["no nodes"]
    costs = [(one["cpu_us"] - two["cpu_us"]) / 10 for one, two in zip(chain, empty, strict=True)]
    return Line("a node without I/O, with its timing, in a chain of ten", 0.5, False, "µs", figure(costs))


def shown(lines: Sequence[Line]) -> str:
    """The table as Markdown."""
    rows = ["| what | goal | result | spread | met |", "|---|---|---|---|---|"]
    for line in lines:
        sign = "≥" if line.more_is_better else "≤"
        low, high = _number(line.found.low), _number(line.found.high)
        met = "yes" if line.is_met else "**no**"
        goal, result = f"{sign} {line.goal:g} {line.unit}", f"{_number(line.found.median)} {line.unit}"
        rows.append(f"| {line.what} | {goal} | {result} | {low} to {high} | {met} |")
    return "\n".join(rows)


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 20 else f"{value:.0f}"


if __name__ == "__main__":
    main()
