"""`python -m benchmarks`: measures part by part, prints the table, keeps the result; compares and draws kept ones."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks import compare, page, parts, results
from benchmarks.bench import Bench, CannotMeasure, Rounds, quick_bench
from benchmarks.table import shown
from catalyst.measure.problems import MeasureProblem

WRONG_USE = 2
STOPPED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives its exit code."""
    options = _parse(arguments)
    try:
        if options.compare:
            return _compare(*options.compare)
        if options.page:
            return _page(options.page)
        if options.show:
            print(shown(results.load(options.show).lines()))
            return 0
        return _measure(options)
    except (results.WrongResult, page.WrongPage, MeasureProblem) as problem:
        print(f"error: {problem}", file=sys.stderr)
        if getattr(problem, "help", None):
            print(f"  help: {problem.help}", file=sys.stderr)  # type: ignore[union-attr]
        return WRONG_USE
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return STOPPED


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./scripts/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer, shorter rounds: for a look, not for results")
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", choices=parts.names(), help=f"these parts: {', '.join(parts.names())}"
    )
    parser.add_argument(
        "--peers",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="measure other products, too (default: yes)",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="where the result goes; benchmarks/results/ by default"
    )
    parser.add_argument("--show", type=Path, metavar="FILE", help="measure nothing, print the table of a kept result")
    parser.add_argument("--compare", nargs=2, type=Path, metavar=("A", "B"), help="name what got slower from A to B")
    parser.add_argument("--page", type=Path, metavar="FILE", help="put a kept result into docs/performance.md")
    return parser.parse_args(arguments)


def _measure(options: argparse.Namespace) -> int:
    bench = quick_bench() if options.quick else Bench()
    bench.with_peers = options.peers is not False
    path = options.json or results.default_path()
    results.check_place(path)
    measured: dict[str, Rounds] = {}
    for name, rounds in _parts(bench, options.only or parts.names()):
        measured[name] = rounds
        results.result(bench, measured).save(path)  # what is there by now, should the rest be stopped
    result = results.result(bench, measured)
    result.save(path)
    print(shown(result.lines()))
    for what, why in bench.skipped.items():
        print(f"skipped: {what}: {why}")
    print(f"kept in {path}", file=sys.stderr)
    return 0 if measured else 1


def _parts(bench: Bench, names: Iterable[str]) -> Iterable[tuple[str, Rounds]]:
    """Each part that could be measured; what went wrong in one does not take the others along."""
    for name in names:
        began = time.monotonic()
        bench.say(f"{name} ...")
        try:
            rounds = parts.part(name).measure(bench)
        except (CannotMeasure, MeasureProblem) as reason:
            bench.skip(name, " ".join([str(reason), *getattr(reason, "log", "").strip().splitlines()[-1:]]))
        else:
            bench.say(f"{name}: {time.monotonic() - began:.0f} s")
            yield name, rounds


def _compare(before: Path, after: Path) -> int:
    found = compare.compare(results.load(before), results.load(after))
    print(compare.shown(found))
    return 1 if found.slower else 0


def _page(path: Path) -> int:
    try:
        written = page.write_page(results.load(path), path.name)
    except ImportError:
        print("error: matplotlib is not installed: pip install -e .[bench]", file=sys.stderr)
        return WRONG_USE
    for each in written:
        print(f"wrote {each}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
