"""What a build leaves behind for the next one: plain data, made of what was read and of what came out.

Goes in: what was linked and the files of the project. Comes out: a `Record`, and its form as JSON. Nothing in it is
ever run, and data that is not of this form gives no record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from catalyst.codegen.alone import TABLES
from catalyst.codegen.fakes import Answer, example_settings, http_calls
from catalyst.codegen.program import project_names, workflow_path
from catalyst.codegen.tests import tests_paths
from catalyst.codegen.usage import find_usage, ids_inside
from catalyst.codegen.workflow import authors_names
from catalyst.graph.model import Goto, Step, Workflow
from catalyst.graph.scope import Fact
from catalyst.linking.flows import Linked, Read
from catalyst.rebuild.cut import Cut, cut
from catalyst.rebuild.node import is_apart, with_inner
from catalyst.rebuild.types_data import to_data, type_from_data
from catalyst.spec.tree import LocatedMap

FORM = 1
"""Of the data; the compiler's own version is the business of whoever keeps it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a compilation is asked for, but for the flows' own texts."""

    name: str
    """Of the folder of a project; it may become the project's name."""
    entries: tuple[str, ...]
    """The flow files, in order."""
    project: str | None
    """The text of the project file."""
    no_code: bool


@dataclass(frozen=True, slots=True)
class FlowRecord:
    """A flow as it was built."""

    name: str
    file: str
    source: str
    module: str
    """Path of its module."""
    facts: Mapping[str, Fact]
    readers: Mapping[str, frozenset[str]]
    """Node -> the tables of its usage in which others stand."""
    authors: frozenset[str]
    apart: frozenset[str]
    """Nodes that can be built by themselves."""
    tests: str
    """Path of its tests."""
    calls: Mapping[str, list[Answer]] | None
    """Node -> what its calls answer in the tests; None where tests of several flows know of it."""


@dataclass(frozen=True, slots=True)
class Record:
    """A project as it was built."""

    asked: Asked
    name: str
    reads: Mapping[str, str | None]
    """Every other file that was looked at -> a digest of its text; None for one that was not there."""
    flows: tuple[FlowRecord, ...]
    names: Mapping[str, Mapping[str, str]]
    """`env`, `secrets` and `workflows` of `ProjectNames`."""
    files: Mapping[str, str]


class Reads:
    """Reads files and remembers which."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self.seen: dict[str, str | None] = {}

    def __call__(self, path: str) -> str | None:
        """The text of a file; None when there is none."""
        text = self._read(path)
        self.seen[path] = text
        return text


def digest(text: str | None) -> str | None:
    """What stands for a text; None for none."""
    return None if text is None else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def make_record(
    asked: Asked, name: str, linked: Linked, files: Mapping[str, str], reads: Reads | None
) -> Record | None:
    """The record of a build in which nothing was found; None when a flow is not written such that it would help."""
    flows: list[FlowRecord] = []
    units = {unit.name: unit for unit in linked.units}
    names = project_names(linked.workflows, linked.calls)
    paths = tests_paths([names.workflows[workflow.name] for workflow in linked.workflows])
    env = {key: fact for workflow in linked.workflows for key, fact in workflow.env.items()}
    settings = example_settings(env, linked.workflows)
    together = {name for caller, called in linked.calls.items() for name in (caller, *called.values())}
    for workflow in linked.workflows:
        unit = units[workflow.name]
        source = linked.sources[unit.file]
        parts = cut(source)
        if parts is None or unit.tree is None or not _is_cut_right(parts, unit.tree):
            return None
        calls = _calls(workflow, settings) if workflow.name not in together else None
        module = workflow_path(names.workflows[workflow.name])
        flows.append(_flow_record(workflow, source, module, paths[len(flows)], calls))
    seen = reads.seen if reads is not None else {}
    others = {path: digest(text) for path, text in seen.items() if path not in {flow.file for flow in flows}}
    kept = {"env": names.env, "secrets": names.secrets, "workflows": names.workflows}
    return Record(asked, name, others, tuple(flows), kept, files)


def _is_cut_right(parts: Cut, tree: LocatedMap) -> bool:
    """Whether lines and the real reader agree on where the nodes are."""
    nodes = tree.get("nodes")
    if not isinstance(nodes, LocatedMap):
        return False
    real = [(str(key), span.line) for key, span in nodes.key_spans.items()]
    return real == [(name, start + 1) for name, start in zip(parts.names, parts.starts, strict=False)]


def _calls(workflow: Workflow, settings: Mapping[str, str]) -> dict[str, list[Answer]]:
    """What the calls of each node answer in the tests, in the order of the steps."""
    return {step.id: http_calls(with_inner(step), workflow, settings) for step in workflow.body.steps}


def _flow_record(
    workflow: Workflow, source: str, module: str, tests: str, calls: Mapping[str, list[Answer]] | None
) -> FlowRecord:
    usage = find_usage(workflow)
    facts: dict[str, Fact] = {}
    readers: dict[str, frozenset[str]] = {}
    for step in workflow.body.steps:
        facts[step.id] = _fact(step)
        inside = ids_inside([step])
        readers[step.id] = frozenset(name for name in TABLES if getattr(usage, name).get(step.id, set()) - inside)
    jumps = any(step.goto_from for step in workflow.body.steps)
    apart = frozenset(
        # Whether a node runs may hang on a jump elsewhere.
        step.id
        for step in workflow.body.steps
        if is_apart(step) and not (jumps and step.skippable)
    )
    authors = frozenset(authors_names(workflow))
    return FlowRecord(workflow.name, workflow.file, source, module, facts, readers, authors, apart, tests, calls)


def _fact(step: Step) -> Fact:
    """What others may know of a step; see `graph.build`."""
    atoms = frozenset({f"ok:{step.id}"}) if isinstance(step.policy.on_error, Goto) else step.atoms
    return Fact(step.output, atoms, step.policy.on_error is not None)


# As data


def record_to_text(record: Record) -> str | None:
    """The record as JSON; None for a flow whose types have no such form."""
    try:
        flows = [_flow_to_data(flow) for flow in record.flows]
    except TypeError:
        return None
    data = {
        "form": FORM,
        "asked": asdict(record.asked),
        "name": record.name,
        "reads": record.reads,
        "flows": flows,
        "names": {kind: dict(names) for kind, names in record.names.items()},
        "files": record.files,
    }
    return json.dumps(data)


def _flow_to_data(flow: FlowRecord) -> dict[str, Any]:
    types: dict[str, int] = {}
    nodes = {}
    for id_, fact in flow.facts.items():
        number = types.setdefault(json.dumps(to_data(fact.type)), len(types))
        apart = id_ in flow.apart
        nodes[id_] = [number, sorted(fact.atoms), fact.handled, sorted(flow.readers[id_]), apart]
    parts = {"name": flow.name, "file": flow.file, "source": flow.source, "module": flow.module, "tests": flow.tests}
    calls = None
    if flow.calls is not None:
        calls = {id_: [_answer_to_data(each) for each in answers] for id_, answers in flow.calls.items() if answers}
    types_ = [json.loads(text) for text in types]
    return {**parts, "types": types_, "nodes": nodes, "authors": sorted(flow.authors), "calls": calls}


def _answer_to_data(answer: Answer) -> list[Any]:
    method, address, body = answer
    return (
        [method, address, "bytes", body.decode("latin-1")] if isinstance(body, bytes) else [method, address, "", body]
    )


def _answer_from_data(data: list[Any]) -> Answer:
    method, address, kind, body = data
    return method, address, body.encode("latin-1") if kind == "bytes" else body


def record_from_text(text: str) -> Record | None:
    """The record that a text holds; None when it holds none of this form."""
    try:
        data = json.loads(text)
        if data["form"] != FORM:
            return None
        asked = data["asked"]
        return Record(
            Asked(asked["name"], tuple(asked["entries"]), asked["project"], asked["no_code"]),
            data["name"],
            data["reads"],
            tuple(_flow_from_data(each) for each in data["flows"]),
            data["names"],
            data["files"],
        )
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError):
        return None


def _flow_from_data(data: Mapping[str, Any]) -> FlowRecord:
    types = [type_from_data(each) for each in data["types"]]
    nodes: Mapping[str, Any] = data["nodes"]
    calls = data["calls"]
    return FlowRecord(
        data["name"],
        data["file"],
        data["source"],
        data["module"],
        {id_: Fact(types[each[0]], frozenset(each[1]), each[2]) for id_, each in nodes.items()},
        {id_: frozenset(each[3]) for id_, each in nodes.items()},
        frozenset(data["authors"]),
        frozenset(id_ for id_, each in nodes.items() if each[4]),
        data["tests"],
        {id_: [_answer_from_data(each) for each in calls.get(id_, [])] for id_ in nodes} if calls is not None else None,
    )
