"""The flows of a project: loaded from their files, linked where they call each other, built into graphs.

Goes in: files as text. Comes out: `Linked`: the graphs, in the order of the files, and every finding. A flow is built
when it is first asked for, so that one that calls another knows what that gives.
"""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from catalyst.diagnostics import Diagnostics, Span, did_you_mean
from catalyst.expressions.types import ANY
from catalyst.graph.model import Workflow, all_steps
from catalyst.graph.workflow import build_workflow, called_input
from catalyst.linking.databases import check_tables
from catalyst.linking.library import read_signature
from catalyst.linking.library_modules import read_module
from catalyst.linking.metrics import check_metrics
from catalyst.linking.vectors import check_vectors
from catalyst.nodes.base import CalledFlow, Program, Signature
from catalyst.spec.flow import flow_from_tree, load_flow
from catalyst.spec.model import Flow, ProjectFile
from catalyst.spec.tree import LocatedMap
from catalyst.spec.triggers import path_shape
from catalyst.spec.visual.detect import is_visual

Read = Callable[[str], "str | None"]


@dataclass(frozen=True, slots=True, eq=False)
class Unit:
    """One flow of one file."""

    name: str
    file: str
    flow: Flow | None
    tree: LocatedMap | None
    entry: bool
    """Whether the author named its file, or it is here because another flow calls it."""


@dataclass(slots=True)
class Linked:
    """What came of a set of files."""

    workflows: list[Workflow] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    found: Diagnostics = field(default_factory=Diagnostics)
    calls: dict[str, dict[str, str]] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=dict)
    """Files of the user's `lib` that are used or came with a flow: path -> text."""
    beside: dict[str, str] = field(default_factory=dict)
    """Files beside the flows that nodes are made of, such as `schema.sql`: name -> text."""
    sources: dict[str, str] = field(default_factory=dict)
    """All files that were read, for messages."""


class Linker:
    """Loads and builds flows; `read` gives other files by their path relative to the project, or None."""

    def __init__(self, read: Read | None, shared: ProjectFile | None = None) -> None:
        self.read = read
        self.shared = shared
        self.linked = Linked()
        self._by_name: dict[str, Unit] = {}
        self._by_file: dict[str, list[Unit]] = {}
        self._built: dict[str, Workflow | None] = {}
        self._open: list[str] = []

    def add_file(self, filename: str, source: str, *, entry: bool = True) -> list[Unit]:
        """Load the flows of a file; findings go to `linked.found`."""
        self.linked.sources[filename] = source
        units = list(self._load(filename, source, entry=entry))
        self._by_file[filename] = units
        for unit in units:
            self._add(unit)
        return units

    def _load(self, filename: str, source: str, *, entry: bool) -> Iterator[Unit]:
        found = self.linked.found
        if not is_visual(source, filename):
            loaded = load_flow(source, filename, self.shared)
            found.extend(loaded.diagnostics)
            if loaded.flow is not None:
                yield Unit(str(loaded.flow.name), filename, loaded.flow, loaded.tree, entry)
            return
        # A tenth of the start-up time, and most flows are YAML.
        from catalyst.spec.visual.load import load_visual  # noqa: PLC0415

        visual = load_visual(source, filename)
        found.extend(visual.diagnostics)
        self.linked.libraries.update(visual.files)
        for each in visual.flows:
            if each.complete:
                loaded = flow_from_tree(each.tree, filename, self.shared)
                found.extend(loaded.diagnostics)
                if loaded.flow is not None:
                    yield Unit(str(loaded.flow.name), filename, loaded.flow, loaded.tree, entry)

    def _add(self, unit: Unit) -> None:
        other = self._by_name.get(unit.name)
        if other is not None:
            span = unit.tree.value_spans.get("name") if unit.tree is not None else None
            message = f"two flows are called `{unit.name}`; the other one is in {other.file}"
            self.linked.found.error(
                "E254", message, span or Span.start_of(unit.file), help="give each flow a name of its own"
            )
            return
        self._by_name[unit.name] = unit
        self.linked.units.append(unit)

    def build_all(self) -> Linked:
        """Build every flow that was added and those that they call."""
        for unit in list(self.linked.units):
            self._build(unit)
        for unit in self.linked.units:
            workflow = self._built.get(unit.name)
            if workflow is not None:
                self.linked.workflows.append(workflow)
        self._check_routes()
        check_metrics(self.linked.workflows, self.linked.found)
        check_tables(self.linked.workflows, self.linked.found)
        check_vectors(self.linked.workflows, self.linked.found)
        return self.linked

    def _build(self, unit: Unit) -> Workflow | None:
        if unit.name not in self._built:
            self._open.append(unit.name)
            self._built[unit.name] = None
            if unit.flow is not None and unit.tree is not None:
                neighbours = _Neighbours(self, unit)
                self._built[unit.name] = build_workflow(unit.flow, unit.tree, unit.file, neighbours, self.linked.found)
            self._open.pop()
        return self._built[unit.name]

    def _check_routes(self) -> None:
        """No two flows may answer to the same request."""
        seen: dict[tuple[str, str], str] = {}
        for workflow in self.linked.workflows:
            for route in workflow.routes:
                other = seen.setdefault((route.method, path_shape(route.path)), workflow.name)
                if other != workflow.name:
                    message = f"`{workflow.name}` and `{other}` have the same route {route.method} {route.path}"
                    self.linked.found.error("E321", message, workflow.span)

    def find(self, caller: Unit, wanted: str) -> Unit | str:
        """The flow that a `call` in `caller` names, by file or by name; text says what is wrong."""
        if wanted in self._by_name:
            return self._by_name[wanted]
        if not wanted.endswith((".yaml", ".yml", ".json")):
            close = did_you_mean(wanted, self._by_name)
            return f"there is no flow `{wanted}`" + (f"; {close}" if close else "")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(caller.file), wanted))
        if path.startswith(("..", "/")) or posixpath.isabs(wanted):
            return f"`{wanted}` is outside of the project"
        if path not in self._by_file:
            source = self.read(path) if self.read is not None else None
            if source is None:
                return f"there is no file `{path}`"
            self.add_file(path, source, entry=False)
        units = self._by_file[path]
        if len(units) != 1:
            return f"`{path}` has errors of its own" if not units else f"`{path}` holds several flows; name one of them"
        return units[0]

    def called(self, caller: Unit, wanted: str) -> CalledFlow | str | None:
        """What a `call` needs to know of the flow it names."""
        unit = self.find(caller, wanted)
        if isinstance(unit, str):
            return unit
        if unit.name in self._open:
            return "these flows call each other in a circle: " + " -> ".join(
                [*self._open[self._open.index(unit.name) :], unit.name]
            )
        workflow = self._build(unit)
        self.linked.calls.setdefault(caller.name, {})[wanted] = unit.name
        if workflow is None or unit.flow is None:
            return None
        answers = any(step.type.name == "respond" for step in all_steps(workflow.body))
        output = ANY if answers else workflow.output_type
        return CalledFlow(workflow.name, called_input(unit.flow), output, workflow.description)

    def signature(self, module: str, name: str) -> Signature | str | None:
        """A function of the user's `lib`; None where files cannot be read at all."""
        path = module.replace(".", "/") + ".py"
        if path in self.linked.libraries:
            return read_signature(module, name, self.linked.libraries.get)
        if self.read is None:
            return None
        signature = read_signature(module, name, self.read)
        wrong = self._keep_library(path) if isinstance(signature, Signature) else None
        return wrong or signature

    def beside(self, caller: Unit, name: str) -> str | None:
        """A file beside a flow, or beside the project file; it goes along with the project."""
        if self.read is None:
            return None
        near = posixpath.normpath(posixpath.join(posixpath.dirname(caller.file), name))
        for path in dict.fromkeys((near, name)):
            text = self.read(path)
            if text is not None:
                self.linked.sources[path] = self.linked.beside[path] = text
                return text
        return None

    def _keep_library(self, path: str) -> str | None:
        """Copy a file of `lib` and what it imports from there; text says what is wrong with one of them."""
        if path in self.linked.libraries or self.read is None:
            return None
        source = self.read(path)
        if source is None:
            return None
        self.linked.libraries[path] = source
        module = read_module(path, source)
        if isinstance(module, str):
            return module
        wrong = [self._keep_library(other) for other in imported_siblings(path, module)]
        return next(filter(None, wrong), None)


@dataclass(frozen=True, slots=True)
class _Neighbours:
    linker: Linker
    unit: Unit

    def signature(self, module: str, name: str) -> Signature | str | None:
        """See `graph.site.Neighbours`."""
        return self.linker.signature(module, name)

    def programs(self) -> Mapping[str, Program]:
        """See `graph.site.Neighbours`."""
        shared = self.linker.shared
        given = shared.mcp if shared is not None else {}
        return {
            str(name): Program(tuple(map(str, each.command)), tuple(map(str, each.env))) for name, each in given.items()
        }

    def called_flow(self, path: str) -> CalledFlow | str | None:
        """See `graph.site.Neighbours`."""
        return self.linker.called(self.unit, path)

    def beside(self, name: str) -> str | None:
        """See `graph.site.Neighbours`."""
        return self.linker.beside(self.unit, name)


def imported_siblings(path: str, module: ast.Module) -> list[str]:
    """Files of `lib` that a file of `lib` imports, as paths that may exist."""
    package = path.rpartition("/")[0].split("/")
    paths: list[str] = []
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = [*base, *(node.module.split(".") if node.module else [])]
            paths += _candidates(origin)
            paths += [candidate for alias in node.names for candidate in _candidates([*origin, alias.name])]
        elif isinstance(node, ast.Import):
            paths += [candidate for alias in node.names for candidate in _candidates(alias.name.split("."))]
    return [candidate for candidate in dict.fromkeys(paths) if candidate.startswith("lib/")]


def _candidates(module: list[str]) -> list[str]:
    return ["/".join(module) + ".py", "/".join([*module, "__init__.py"])]
