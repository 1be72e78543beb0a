"""A project again, from the record of its last build and the texts of its flows as they are now.

Goes in: a `Record`, what is asked for, and how files are read. Comes out: what a whole build would give, or None when
that cannot be told without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from catalyst.codegen.workflow import ProjectNames
from catalyst.diagnostics import CompilerBug
from catalyst.linking.flows import Read
from catalyst.rebuild.cut import Cut, changed, cut
from catalyst.rebuild.node import FlowContext, Pair, rebuilt
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
        if source != flow.source:
            module = _module_again(record, flow, source)
            if module is None:
                return None
            files[flow.module] = module
        flows.append(replace(flow, source=source))
    is_new = any(one.source != other.source for one, other in zip(flows, record.flows, strict=True))
    return Again(replace(record, flows=tuple(flows), files=files), is_new)


def _reads_are_same(record: Record, read: Read | None) -> bool:
    """Whether every other file that the build looked at is as it was."""
    return all(read is not None and digest(read(path)) == known for path, known in record.reads.items())


def _module_again(record: Record, flow: FlowRecord, source: str) -> str | None:
    """The module of a flow whose text has changed."""
    old, new = cut(flow.source), cut(source)
    if old is None or new is None or check_source(source, flow.file):
        return None
    numbers = changed(old, new)
    if numbers is None or len(numbers) > _MOST or any(old.names[number] not in flow.apart for number in numbers):
        return None
    try:
        pairs = _pairs(record, flow, old, new, numbers)
        if pairs is None:
            return None
        return replaced(flow.module, record.files[flow.module], pairs, old, new, flow.file)
    except CompilerBug:
        # Some nodes cannot be written by themselves. If it is a mistake of ours, the whole build tells.
        return None


def _pairs(record: Record, flow: FlowRecord, old: Cut, new: Cut, numbers: list[int]) -> list[Pair] | None:
    names = ProjectNames(record.names["env"], record.names["secrets"], record.names["workflows"], {})
    context = FlowContext(flow.file, _shared(record.asked), names, flow.facts, flow.readers, flow.authors)
    found: list[Pair] = []
    for number in numbers:
        pairs = rebuilt(old, new, number, context)
        if pairs is None:
            return None
        found += pairs
    return found


def _shared(asked: Asked) -> ProjectFile | None:
    return load_project(asked.project, "catalyst.yaml").project if asked.project is not None else None
