"""A project again, from the record of its last build and the texts of its flows as they are now.

Goes in: a `Record`, what is asked for, and how files are read. Comes out: what a whole build would give, or None when
that cannot be told without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from catalyst.codegen.fakes import Answer, calls_are_distinct, most_exact_first
from catalyst.codegen.tests import answers_constant
from catalyst.codegen.workflow import ProjectNames
from catalyst.diagnostics import CompilerBug
from catalyst.linking.flows import Read
from catalyst.rebuild.cut import Cut, changed, cut
from catalyst.rebuild.node import FlowContext, Rebuilt, rebuilt
from catalyst.rebuild.place import replaced
from catalyst.rebuild.record import Asked, FlowRecord, Record, digest
from catalyst.spec.flow import load_project
from catalyst.spec.model import ProjectFile
from catalyst.spec.source import check_source

_MOST = 20
"""Nodes that are built by themselves; where more have changed, a whole build is hardly slower."""


@dataclass(frozen=True, slots=True)
class Again:
    """What came out, and the record of it."""

    record: Record
    is_new: bool
    """Whether the record differs from the one before."""


def build_again(record: Record, asked: Asked, texts: Mapping[str, str], read: Read | None) -> Again | None:
    """The project as a whole build would give it; `texts` are those of the flow files that were asked for."""
    if record.asked != asked or not _reads_are_same(record, read):
        return None
    flows: list[FlowRecord] = []
    files = dict(record.files)
    for flow in record.flows:
        source = texts[flow.file] if flow.file in texts else read(flow.file) if read is not None else None
        if source is None:
            return None
        again = _flow_again(record, flow, source) if source != flow.source else _Changed(flow, {})
        if again is None:
            return None
        flows.append(again.flow)
        files |= again.files
    is_new = any(one.source != other.source for one, other in zip(flows, record.flows, strict=True))
    return Again(replace(record, flows=tuple(flows), files=files), is_new)


def _reads_are_same(record: Record, read: Read | None) -> bool:
    """Whether every other file that the build looked at is as it was."""
    return all(read is not None and digest(read(path)) == known for path, known in record.reads.items())


@dataclass(frozen=True, slots=True)
class _Changed:
    """A flow as it is now, and its files that have changed."""

    flow: FlowRecord
    files: Mapping[str, str]


def _flow_again(record: Record, flow: FlowRecord, source: str) -> _Changed | None:
    """A flow whose text has changed."""
    old, new = cut(flow.source), cut(source)
    if old is None or new is None or check_source(source, flow.file):
        return None
    numbers = changed(old, new)
    if numbers is None or len(numbers) > _MOST or any(old.names[number] not in flow.apart for number in numbers):
        return None
    try:
        nodes = _nodes_again(record, flow, old, new, numbers)
        if nodes is None or not _calls_are_known(flow, nodes):
            return None
        pairs = [pair for node in nodes.values() for pair in node.pairs]
        module = replaced(flow.module, record.files[flow.module], pairs, old, new, flow.file)
        calls = _calls_again(flow, nodes)
        tests = _tests_again(flow, calls, record.files[flow.tests], old)
    except CompilerBug:
        # Some nodes cannot be written by themselves. If it is a mistake of ours, the whole build tells.
        return None
    if module is None or tests is None:
        return None
    return _Changed(replace(flow, source=source, calls=calls), {flow.module: module, flow.tests: tests})


def _nodes_again(record: Record, flow: FlowRecord, old: Cut, new: Cut, numbers: list[int]) -> dict[str, Rebuilt] | None:
    names = ProjectNames(record.names["env"], record.names["secrets"], record.names["workflows"], {})
    context = FlowContext(flow.file, _shared(record.asked), names, flow.facts, flow.readers, flow.authors)
    found: dict[str, Rebuilt] = {}
    for number in numbers:
        node = rebuilt(old, new, number, context)
        if node is None:
            return None
        found[old.names[number]] = node
    return found


def _calls_are_known(flow: FlowRecord, nodes: Mapping[str, Rebuilt]) -> bool:
    """Whether the calls that the nodes made before are those of the record."""
    return flow.calls is None or all(flow.calls[id_] == node.calls_before for id_, node in nodes.items())


def _calls_again(flow: FlowRecord, nodes: Mapping[str, Rebuilt]) -> Mapping[str, list[Answer]] | None:
    """What the calls of each node answer in the tests; as it was, or None, where no call has changed."""
    new = {id_: node.calls for id_, node in nodes.items() if node.calls != node.calls_before}
    return {**(flow.calls or {}), **new} if new else flow.calls


def _tests_again(flow: FlowRecord, calls: Mapping[str, list[Answer]] | None, tests: str, parts: Cut) -> str | None:
    """The tests of a flow with what its calls answer now; None when the old answers are not found in them."""
    if calls == flow.calls:
        return tests
    if flow.calls is None or calls is None:
        return None
    before, after = ([each for answers in known.values() for each in answers] for known in (flow.calls, calls))
    if calls_are_distinct(before) != calls_are_distinct(after):
        return None  # whether the tests can tell what comes out may depend on it
    pair = (answers_constant("Answers", most_exact_first(before)), answers_constant("Answers", most_exact_first(after)))
    return replaced(flow.tests, tests, [pair], parts, parts, flow.file)


def _shared(asked: Asked) -> ProjectFile | None:
    return load_project(asked.project, "catalyst.yaml").project if asked.project is not None else None
