"""What runs without a server: emitted workflows called directly, beside the same written by hand."""

import importlib
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from catalyst.api import compile_path

FLOWS = Path(__file__).parent / "flows"
GIVEN: Mapping[str, Any] = {
    "title": " order ",
    "customer": {"name": "Grace", "city": None},
    "lines": [{"sku": f"article-{number}", "price": number * 2.5, "count": number} for number in range(10)],
}
Run = Callable[[Any], Coroutine[Any, Any, object]]


class Emitted:
    """The workflows of `benchmarks/flows`, compiled, written to a folder and imported."""

    def __init__(self, *names: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            for name in names:
                _write(name, Path(folder))
            sys.path.insert(0, folder)
            self.runs: dict[str, Run] = {}
            for name in names:
                module = importlib.import_module(f"app.workflows.{name}")
                self.runs[name] = vars(module)[name]
            self._context = importlib.import_module("app.runtime.context").ExecutionContext
            self._pools = importlib.import_module("app.runtime.pools").ConnectionPools()
            sys.path.remove(folder)

    def context(self, given: Mapping[str, Any]) -> Any:
        """A new context, as the endpoint makes one for each request."""
        return self._context(given, None, None, self._pools, workflow="benchmark", vars={}, execution_id="0" * 32)


def _write(name: str, folder: Path) -> None:
    result = compile_path(FLOWS / f"{name}.yaml")
    if not result.ok:
        raise SystemExit(f"{name}.yaml does not compile: {result.diagnostics}")
    for path, text in result.files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


def finish(run: Coroutine[Any, Any, object]) -> object:
    """The result of a run that never waits, without an event loop."""
    try:
        run.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("the run waits for something")


async def chain_by_hand(ctx: Any) -> object:
    """The chain of ten without any timing."""
    one = ctx.input["number"] + 1
    two = one + 2
    three = two - 3
    four = three + 4
    five = four + 5
    six = five - 6
    seven = six + 7
    eight = seven + 8
    nine = eight - 9
    return {"text": f"ten is {nine}"}


async def nothing(ctx: Any) -> object:
    """A run without nodes: what making the context costs."""
    return {}


async def expressions_by_hand(ctx: Any) -> object:
    """The expressions as a person would write them."""
    given = ctx.input
    ctx.set_output("path", given["customer"]["name"])
    city = given["customer"]["city"]
    ctx.set_output("fallback", "nowhere" if city is None else city)
    ctx.set_output("filtered", [line["sku"] for line in given["lines"] if line["price"] > 10])
    ctx.set_output("text", f"Dear {given['customer']['name']}, your {given['title'].strip().upper()}")
    count = sum(line["count"] for line in given["lines"])
    ctx.set_output("count", count)
    return count


def measure(rounds: int, calls: int = 2000) -> dict[str, list[dict[str, float]]]:
    """CPU microseconds a run of each, interleaved in small pieces; the quickest tenth piece of a round counts."""
    emitted = Emitted("chain_ten", "expressions")
    contenders: dict[str, tuple[Run, Mapping[str, Any]]] = {
        "chain of ten": (emitted.runs["chain_ten"], {"number": 5}),
        "chain of ten, by hand": (chain_by_hand, {"number": 5}),
        "no nodes": (nothing, {"number": 5}),
        "expressions": (emitted.runs["expressions"], GIVEN),
        "expressions, by hand": (expressions_by_hand, GIVEN),
    }
    for one, two in (("chain of ten", "chain of ten, by hand"), ("expressions", "expressions, by hand")):
        results = [finish(run(emitted.context(given))) for run, given in (contenders[one], contenders[two])]
        if results[0] != results[1]:
            raise SystemExit(f"{one}: not the same result: {results}")
    found: dict[str, list[dict[str, float]]] = {name: [] for name in contenders}
    for _ in range(rounds):
        pieces: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(20):
            for name, (run, given) in contenders.items():
                pieces[name].append(_piece(emitted, run, given, calls // 20))
        for name, each in pieces.items():
            found[name].append({"cpu_us": sorted(each)[len(each) // 10]})
    return found


def _piece(emitted: Emitted, run: Run, given: Mapping[str, Any], calls: int) -> float:
    began = time.process_time_ns()
    for _ in range(calls):
        finish(run(emitted.context(given)))
    return (time.process_time_ns() - began) / calls / 1000
