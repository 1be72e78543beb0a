"""Flows as `catalyst build` writes them: into a folder, or imported into this process. Never written by hand."""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

from catalyst.api import Result, compile_flow, compile_project
from catalyst.diagnostics import render

FLOWS = Path(__file__).parent / "flows"
PROJECT = "catalyst: 1\nname: benchmark\n"
Run = Callable[[Any], Coroutine[Any, Any, object]]


def flow_text(name: str) -> str:
    """The source of a flow in `benchmarks/flows`."""
    return (FLOWS / f"{name}.yaml").read_text(encoding="utf-8")


def write_flow(source: str, folder: Path) -> None:
    """The project of one flow."""
    _write(compile_flow(source), folder)


def write_project(flows: Mapping[str, str], folder: Path) -> None:
    """The project of some flows; they are given by name."""
    with tempfile.TemporaryDirectory() as name:
        sources = Path(name)
        (sources / "flows").mkdir()
        (sources / "catalyst.yaml").write_text(PROJECT, encoding="utf-8")
        for flow, source in flows.items():
            (sources / "flows" / f"{flow}.yaml").write_text(source, encoding="utf-8")
        _write(compile_project(sources), folder)


def _write(result: Result, folder: Path) -> None:
    if not result.ok:
        findings = "\n".join(render(item, result.sources.get(item.file)) for item in result.diagnostics)
        raise SystemExit(f"a flow of the benchmark does not compile:\n{findings}")
    for path, text in result.files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


class Emitted:
    """The workflows of some flows, imported."""

    def __init__(self, flows: Mapping[str, str]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            write_project(flows, Path(folder))
            _forget("app")
            sys.path.insert(0, folder)
            try:
                self.app: Any = importlib.import_module("app.main").app
                modules = {name: importlib.import_module(f"app.workflows.{name}") for name in flows}
                self._context: Any = importlib.import_module("app.runtime.context").ExecutionContext
                self.pools: Any = importlib.import_module("app.runtime.pools").ConnectionPools()
            finally:
                sys.path.remove(folder)
        self.runs: dict[str, Run] = {name: vars(module)[name] for name, module in modules.items()}

    def context(self, given: Mapping[str, Any]) -> Any:
        """A new context, as the endpoint makes one for each request."""
        return self._context(given, None, None, self.pools, workflow="benchmark", vars={}, execution_id="0" * 32)


def _forget(package: str) -> None:
    """What another project's package of the same name left behind."""
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]


def finish(run: Coroutine[Any, Any, object]) -> object:
    """The result of a run that never waits, without an event loop."""
    try:
        run.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("the run waits for something")
