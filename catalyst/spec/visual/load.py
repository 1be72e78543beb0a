"""`load_visual`: the text of a visual file becomes one raw tree per workflow, as if each were a YAML flow file.

Everything behind it (`flow_from_tree`, the checks, the emitter) is shared with YAML; positions point into the JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from catalyst.diagnostics import Diagnostic, Span
from catalyst.spec.names import normal_form
from catalyst.spec.tree import LocatedMap, key_span_at
from catalyst.spec.visual.code import Ids
from catalyst.spec.visual.group import translate_group
from catalyst.spec.visual.interface import (
    cors_of,
    flow_name,
    input_fields,
    limits,
    output_of,
    secrets_of,
    stream_events,
    triggers,
)
from catalyst.spec.visual.outline import build_outline
from catalyst.spec.visual.reader import read_json
from catalyst.spec.visual.report import At, Report, build, first_line, kind_of
from catalyst.spec.visual.step import Surroundings

_DOCUMENT_KEYS = [
    "schemaVersion",
    "projectType",
    "metadata",
    "config",
    "secrets",
    "globalVariables",
    "workflows",
    "sharedNodes",
    "catalyst",
]
_WORKFLOW_KEYS = [
    "id",
    "name",
    "description",
    "trigger",
    "input",
    "output",
    "nodes",
    "edges",
    "executionConfig",
    "metadata",
    "viewport",
    "position",
    "catalyst",
    "version",
]
_CONFIG_KEYS = ["runtime", "pythonVersion", "framework", "port", "cors"]
_BUILT = {"runtime": "python.*", "pythonVersion": r"\D*3\.1[1-9].*", "framework": "fastapi", "port": "8000"}
"""What a built project is, as the editor may write it: FastAPI, Python 3.11 or later, the port where none is given."""
_METADATA_KEYS = ["projectName", "description", "author", "createdAt", "updatedAt", "version", "tags"]


@dataclass(frozen=True, slots=True)
class VisualFlow:
    """One workflow: the name of its flow, what the file calls it, and its raw tree.

    `complete` is False when a node had to be left out because of an error; later passes would then complain about
    what refers to it.
    """

    name: str
    key: str
    tree: LocatedMap
    complete: bool = True


@dataclass(frozen=True, slots=True)
class VisualLoaded:
    """What a visual file holds; `files` are further files of the project, path to text."""

    flows: tuple[VisualFlow, ...]
    files: dict[str, str] = field(default_factory=dict)
    project: LocatedMap | None = None
    """What stood in `catalyst.yaml` when the file was made from a YAML project."""
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def has_errors(self) -> bool:
        """Whether anything found stops the build."""
        return any(item.severity == "error" for item in self.diagnostics)


def load_visual(source: str, filename: str) -> VisualLoaded:
    """Read a visual file; never raises for a wrong one. Flows are given for what could be understood."""
    raw, found = read_json(source, filename)
    report = Report()
    report.extend(found)
    if not report.has_errors and not isinstance(raw, LocatedMap):
        report.extend(
            [Diagnostic("E153", "error", f"the file holds {kind_of(raw)}, not an object", Span.start_of(filename))]
        )
    if not isinstance(raw, LocatedMap):
        return VisualLoaded((), {}, None, tuple(report))
    return _Document(raw, report).load()


class _Document:
    def __init__(self, raw: LocatedMap, report: Report) -> None:
        self.raw = raw
        self.report = report
        self.files: dict[str, str] = {}

    def load(self) -> VisualLoaded:
        """All workflows of the document."""
        raw, report = self.raw, self.report
        report.known_keys(raw, _DOCUMENT_KEYS, "the file")
        self.check_version()
        config = report.map_in(raw, "config", "`config`")
        report.known_keys(config, _CONFIG_KEYS, "`config`")
        self.check_config(config)
        report.known_keys(report.map_in(raw, "metadata", "`metadata`"), _METADATA_KEYS, "`metadata`")
        workflows = report.map_in(raw, "workflows", "`workflows`")
        if not workflows:
            report.error(
                "E153", "the file has no workflows", first_line(raw.span), help="add `workflows: {id: {nodes}}`"
            )
        names = self.names(workflows)
        shared = report.map_in(raw, "sharedNodes", "`sharedNodes`")
        flows = [
            self.workflow(key, workflow, names, shared) for key, workflow in workflows.items() if str(key) in names
        ]
        own = report.map_in(raw, "catalyst", "`catalyst`")
        project = own.get("project")
        located = project if isinstance(project, LocatedMap) else None
        return VisualLoaded(tuple(flows), self.files, located, tuple(report))

    def check_config(self, config: LocatedMap) -> None:
        """What the built project is anyway may be said; what it is not has no effect."""
        for key, known in _BUILT.items():
            value = config.get(key)
            if value is not None and not re.fullmatch(known, str(value).lower()):
                message = f"`{key}` of `config` has no effect in the built project"
                self.report.warning("W150", message, key_span_at(config, [key], config.span))

    def check_version(self) -> None:
        """Only version 1 is known, and only workflows."""
        version = self.report.text_in(self.raw, "schemaVersion", "`schemaVersion`")
        if version is not None and version.split(".")[0] != "1":
            message = f"this version of Catalyst reads schemaVersion 1, not `{version}`"
            self.report.error("E153", message, version.span)
        kind = self.report.text_in(self.raw, "projectType", "`projectType`")
        if kind is not None and kind != "workflow":
            self.report.error("E153", f"the project type `{kind}` is not a workflow", kind.span)

    def names(self, workflows: LocatedMap) -> dict[str, str]:
        """What the file calls a workflow -> the name of its flow."""
        found: dict[str, str] = {}
        taken: dict[str, str] = {}
        for key, workflow in workflows.items():
            name = flow_name(key)
            span = key_span_at(workflows, [key], workflows.span)
            if not isinstance(workflow, LocatedMap):
                message = f"workflow `{key}` must be an object, not {kind_of(workflow)}"
                self.report.error("E153", message, workflows.value_spans[key])
            elif not name:
                self.report.error("E159", f"the id `{key}` cannot become a name", span)
            elif normal_form(name) in taken:
                message = f"the workflow `{key}` meets `{taken[normal_form(name)]}`: both would become `{name}`"
                self.report.error("E159", message, span)
            else:
                taken[normal_form(name)] = str(key)
                found[str(key)] = name
        return found

    def workflow(self, key: str, raw: LocatedMap, names: dict[str, str], shared: LocatedMap) -> VisualFlow:
        """One workflow as the tree of a flow file."""
        report = self.report
        report.known_keys(raw, _WORKFLOW_KEYS, f"workflow `{key}`")
        outline = build_outline(raw, shared, report)
        own = report.map_in(raw, "catalyst", f"`catalyst` of workflow `{key}`")
        around = Surroundings(Ids(outline.ids), names, names[str(key)], len(names) > 1, report)
        nodes_span = raw.value_spans.get("nodes", raw.span)
        made = translate_group(outline.group, around, nodes_span, keep_order="catalyst" in raw)
        if not outline.group.nodes and not own and not report.has_errors:
            report.error("E153", f"workflow `{key}` has no nodes", first_line(raw.span))
        self.files |= made.files
        tree = self.top(raw, names[str(key)])
        streams, events = stream_events(raw, report)
        started = triggers(raw, events, report)
        if started is not None:
            tree["triggers"] = started
        tree |= self.shared_parts(raw)
        tree["nodes"] = made.nodes
        output = output_of(raw, made, streams=streams, report=report)
        if output is not None and ("catalyst" not in raw or raw.get("output") is not None):
            tree["output"] = output
        tree |= {name: At(value, own.value_spans[name]) for name, value in own.items() if name not in _EDITOR_KEYS}
        ordered = {name: tree[name] for name in _ORDER if name in tree} | tree
        return VisualFlow(names[str(key)], str(key), build(ordered, raw.span), made.whole)

    def top(self, raw: LocatedMap, name: str) -> dict[str, Any]:
        """Format, name and description."""
        tree: dict[str, Any] = {"catalyst": 1, "name": At(name, first_line(raw.span))}
        description = self.report.text_in(raw, "description", "`description`")
        title = self.report.text_in(raw, "name", "`name` of a workflow")
        if description or (title and title != name):
            tree["description"] = description or title
        return tree

    def shared_parts(self, raw: LocatedMap) -> dict[str, Any]:
        """`input`, `vars`, `secrets`, `defaults` and `settings`."""
        report, document = self.report, self.raw
        defaults, settings = limits(raw, report)
        trigger = raw.get("trigger")
        trigger_config = trigger.get("config") if isinstance(trigger, LocatedMap) else None
        own_cors = trigger_config.get("cors") if isinstance(trigger_config, LocatedMap) else None
        config = document.get("config")
        cors = cors_of(own_cors, report) or cors_of(
            config.get("cors") if isinstance(config, LocatedMap) else None, report
        )
        if cors is not None:
            settings["cors"] = cors
        variables = report.map_in(document, "globalVariables", "`globalVariables`")
        parts = {
            "input": input_fields(raw, report),
            "vars": variables,
            "secrets": secrets_of(document, report),
            "defaults": defaults,
            "settings": settings,
        }
        return {name: value for name, value in parts.items() if value}


_EDITOR_KEYS = frozenset({"source"})
_ORDER = [
    "catalyst",
    "name",
    "description",
    "triggers",
    "input",
    "types",
    "vars",
    "env",
    "secrets",
    "requirements",
    "defaults",
    "settings",
    "nodes",
    "output",
]
