"""A flow file from text to model: reading, validating, and the checks of names that need nothing but the file.

`Loaded.flow` is given whenever there is something that later passes can work on, even when there are errors; what was
wrong has then been left out of it. A node whose type is missing or wrong has a `NoType`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from catalyst.diagnostics import Diagnostic, Located, Span
from catalyst.spec.flow_checks import check_flow, check_shared, unknown_types, unknown_types_of
from catalyst.spec.load import load_tree
from catalyst.spec.model import Body, Defaults, Flow, FlowSettings, NodeSpec, ProjectFile
from catalyst.spec.names import meeting_names, name_problem, usable_name
from catalyst.spec.repair import with_any_type, without_places, without_wrong
from catalyst.spec.tree import LocatedList, LocatedMap, merged_maps
from catalyst.spec.validate import find_problems

__all__ = [
    "Loaded",
    "LoadedProject",
    "body_output",
    "flow_from_tree",
    "load_flow",
    "load_project",
    "parse_body",
    "with_shared",
]

M = TypeVar("M", bound=BaseModel)

_ENTRY = 2
"""How long the path of an entry of a section is, such as that of a node or an input."""
_NOT_A_TYPE = "E246"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a flow file."""

    flow: Flow | None
    tree: LocatedMap | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def has_errors(self) -> bool:
        """Whether anything found stops the build."""
        return any(item.severity == "error" for item in self.diagnostics)


@dataclass(frozen=True, slots=True)
class LoadedProject:
    """What came of a `catalyst.yaml`."""

    project: ProjectFile | None
    tree: LocatedMap | None
    diagnostics: tuple[Diagnostic, ...]


def load_flow(source: str, filename: str, shared: ProjectFile | None = None) -> Loaded:
    """The flow of a file, with what its project shares. Never raises.

    `filename` stands in messages, and its stem names a flow that has no name.
    """
    tree, found = load_tree(source, filename)
    if tree is None:
        return Loaded(None, None, tuple(found))
    loaded = flow_from_tree(tree, filename, shared)
    return Loaded(loaded.flow, tree, (*found, *loaded.diagnostics))


def flow_from_tree(tree: LocatedMap, filename: str, shared: ProjectFile | None = None) -> Loaded:
    """The flow that a tree describes, wherever the tree comes from; what it says itself goes before what is shared."""
    flow, found = _model_of(Flow, tree, filename, "the flow")
    if flow is None:
        return Loaded(None, tree, tuple(found))
    flow, name_errors = _with_name(flow, tree, filename)
    found += name_errors
    if not tree.get("nodes"):
        key = next((key for key in tree if key == "nodes"), None)
        span = key.span if isinstance(key, Located) else Span.start_of(filename)
        found.append(Diagnostic("E141", "error", "the flow has no nodes", span, "add at least one node below `nodes:`"))
        return Loaded(None, tree, tuple(found))
    found += check_flow(flow, tree, filename)
    flow = flow if shared is None else with_shared(flow, shared)
    found += unknown_types(flow, tuple(flow.types), filename)
    return Loaded(flow, tree, tuple(found))


def with_shared(flow: Flow, shared: ProjectFile) -> Flow:
    """A flow together with the types, names, defaults and settings of its project; those of the flow go first."""
    together: dict[str, Any] = {
        "types": {**shared.types, **flow.types},
        "env": {**shared.env, **flow.env},
        "secrets": {**shared.secrets, **flow.secrets},
        "vars": merged_maps(shared.vars, flow.vars),
        "requirements": tuple(dict.fromkeys((*shared.requirements, *flow.requirements))),
    }
    for name in ("defaults", "settings"):
        given: Defaults | FlowSettings = getattr(flow, name)
        base: Defaults | FlowSettings = getattr(shared, name)
        own = {key: getattr(given, key) for key in given.model_fields_set}
        together[name] = base.model_copy(update=own)
    return flow.model_copy(update=together)


def load_project(source: str, filename: str) -> LoadedProject:
    """The shared part of a project, from the text of its `catalyst.yaml`. Never raises."""
    tree, found = load_tree(source, filename)
    if tree is None:
        return LoadedProject(None, None, tuple(found))
    project, problems = _model_of(ProjectFile, tree, filename, "the project file")
    found += problems
    if project is not None:
        found += check_shared(project, tree, filename)
        found += unknown_types_of(project.types.values(), tuple(project.types), filename)
    return LoadedProject(project, tree, tuple(found))


def _model_of(model: type[M], tree: LocatedMap, filename: str, what: str) -> tuple[M | None, list[Diagnostic]]:
    """The model made from what is right in the tree, and everything that is not."""
    made, problems = find_problems(model, tree, filename=filename, what=what)
    found = [diagnostic for _, diagnostic in problems]
    if made is not None:
        return made, found
    # First without just what is wrong, then without the entries that are still not right for lack of it.
    unread = [place for place, diagnostic in problems if diagnostic.code == _NOT_A_TYPE]
    wrong = [place for place, _ in problems if len(place) > _ENTRY and place not in unread]
    rest = with_any_type(without_places(tree, wrong), unread)
    made, left = find_problems(model, rest, filename=filename, what=what)
    if made is not None:
        return made, found
    try:
        return model.model_validate(without_wrong(rest, [place for place, _ in left])), found
    except ValidationError:
        return None, found


_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{kind}{number}" for kind in ("com", "lpt") for number in range(1, 10))]
)
"""Names that mean devices on Windows, where no file can be called so; a flow's name names a file."""


def _device_error(name: str, tree: LocatedMap, filename: str) -> list[Diagnostic]:
    if name.lower() not in _DEVICES:
        return []
    span = tree.value_spans.get("name", Span.start_of(filename))
    return [Diagnostic("E243", "error", f"no file can be called `{name}` on Windows", span, "choose another name")]


def _with_name(flow: Flow, tree: LocatedMap, filename: str) -> tuple[Flow, list[Diagnostic]]:
    """A flow without a name is called like its file."""
    if flow.name is not None:
        return flow, _device_error(flow.name, tree, filename)
    stem = usable_name(PurePath(filename).name.split(".")[0]).lower()
    if stem.startswith("_"):  # it began with a digit, but the name of a flow begins with a letter
        stem = f"flow{stem}"
    found = []
    if "name" not in tree and name_problem(stem) is not None:
        message = "the flow has no name, and its file's name cannot be one"
        found.append(Diagnostic("E141", "error", message, Span.start_of(filename), "add `name: my_flow`"))
    name = stem if name_problem(stem) is None else "flow"
    return flow.model_copy(update={"name": Located(name, Span.start_of(filename))}), found


def parse_body(raw: Any, filename: str) -> tuple[dict[str, NodeSpec], list[Diagnostic]]:
    """The nodes of a body (`do`, a branch, `default`, `catch`, `finally`), and what is wrong with them."""
    span = raw.span if isinstance(raw, (LocatedMap, LocatedList, Located)) else Span.start_of(filename)
    if not isinstance(raw, LocatedMap) or not raw:
        message = "a body is a map of named nodes" + ("; this one is empty" if raw in ({}, None) else "")
        return {}, [Diagnostic("E142", "error", message, span, "write do: {name: {type: ..., with: {...}}}")]
    wrapped = LocatedMap(span)
    wrapped.put(Located("nodes", span), raw.without("output") if body_output(raw) is not None else raw, span)
    body, found = _model_of(Body, wrapped, filename, "this body")
    found += meeting_names(list(raw), "node id", span)
    return (body.nodes if body is not None else {}), found


def body_output(raw: Any) -> Any:
    """The value that a body's own `output:` gives; None when it has none (a node called `output` is not one)."""
    if not isinstance(raw, LocatedMap) or "output" not in raw:
        return None
    value = raw["output"]
    return None if isinstance(value, dict) and isinstance(value.get("type"), str) else value
