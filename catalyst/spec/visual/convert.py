"""Either form as the other, and nothing lost.

A visual document is written as YAML plus a `visual:` section: the difference between the document and the one that the
YAML alone would give. The other way, the natural document of the YAML gets that difference laid over it, is read back,
and whatever is not read as the same flow (because the YAML was edited since) is written again from the YAML, so that
the YAML wins and the editor keeps its positions. Comments and formatting of a YAML file travel in the JSON as
`catalyst.source` of the workflow and come back as long as the flow is the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from catalyst.diagnostics import Diagnostic, Located, Span
from catalyst.spec.load import load_tree
from catalyst.spec.names import usable_name
from catalyst.spec.tree import LocatedMap, plain
from catalyst.spec.visual.from_flow import Keys, document_of
from catalyst.spec.visual.load import VisualFlow, load_visual
from catalyst.spec.visual.mend import mended
from catalyst.spec.visual.patch import apply_patch, difference, same
from catalyst.spec.visual.reader import read_json
from catalyst.spec.visual.yaml_writer import write_yaml

SECTION = "visual"
PROJECT_FILE = "catalyst.yaml"


@dataclass(frozen=True, slots=True)
class Converted:
    """What came out. `text` is the one file, None when there are several or errors; `files` has all, path to text."""

    text: str | None
    files: dict[str, str] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()


def to_yaml(source: str, filename: str) -> Converted:
    """A visual file as YAML: one file, or a project with one flow per workflow. Errors come with places in the JSON."""
    loaded = load_visual(source, filename)
    if loaded.has_errors:
        return Converted(None, {}, loaded.diagnostics)
    raw, _ = read_json(source, filename)
    document = plain(raw)
    trees = [plain(flow.tree) for flow in loaded.flows]
    keys = [_keys_of(flow, document) for flow in loaded.flows]
    sources = [_kept_source(document, flow, tree) for flow, tree in zip(loaded.flows, trees, strict=True)]
    base = _consistent(list(zip(trees, keys, sources, strict=True)))
    side = difference(base, document)
    patched = apply_patch(base, side)
    texts: dict[str, str] = {}
    folder = "flows/" if len(trees) > 1 else ""
    for index, (flow, tree) in enumerate(zip(loaded.flows, trees, strict=True)):
        section = _keys_section(flow, keys[index]) | _order_section(flow.key, patched, document)
        section |= side if index == 0 else {}
        text = sources[index] or write_yaml(tree)
        texts[f"{folder}{flow.name}.yaml"] = _with_section(text, section)
    if len(trees) > 1:
        texts[PROJECT_FILE] = _project_text(document)
    only = next(iter(texts.values())) if len(trees) == 1 else None
    return Converted(only, texts | loaded.files, loaded.diagnostics)


def to_visual(source: str, filename: str) -> Converted:
    """A YAML flow as a visual file; errors of the YAML's form come with their places."""
    return project_to_visual({filename: source})


def project_to_visual(files: Mapping[str, str]) -> Converted:
    """The flows of a project (path to text; only YAML files count) as one visual file."""
    found: list[Diagnostic] = []
    flows: list[tuple[str, LocatedMap, str]] = []
    project: dict[str, Any] | None = None
    for path, source in sorted(files.items()):
        if not path.endswith((".yaml", ".yml")) and len(files) > 1:
            continue
        tree, wrong = load_tree(source, path)
        found += wrong
        if tree is None:
            continue
        if path.rsplit("/", 1)[-1] == PROJECT_FILE:
            project = plain(tree)
        else:
            flows.append((path, tree, source))
    if any(item.severity == "error" for item in found):
        return Converted(None, {}, tuple(found))
    if not flows:
        first = min(files, default="flow.yaml")
        found.append(Diagnostic("E153", "error", "there is no flow to convert", Span.start_of(first)))
        return Converted(None, {}, tuple(found))
    text = json.dumps(_document(flows, project), indent=2, ensure_ascii=False) + "\n"
    return Converted(text, {"flow.json": text}, tuple(found))


def _document(flows: list[tuple[str, LocatedMap, str]], project: dict[str, Any] | None) -> dict[str, Any]:
    """The visual document of some flows, with what an editor had added to them."""
    flows = sorted(flows, key=lambda flow: not _section_of(flow[1]).keys() & {"set", "drop"})
    parts: list[tuple[dict[str, Any], Keys, str]] = []
    side: dict[str, Any] = {}
    for path, tree, source in flows:
        section = _section_of(tree)
        bare = {key: value for key, value in plain(tree).items() if key != SECTION}
        name = bare["name"] if isinstance(bare.get("name"), str) else usable_name(path.rsplit("/", 1)[-1].split(".")[0])
        nodes = section.get("ids")
        keys = Keys(str(section.get("workflow", name)), nodes if isinstance(nodes, dict) else {})
        text = _without_section(source, tree)
        parts.append((bare, keys, "" if text == write_yaml(bare) else text))
        side = side or {key: section[key] for key in ("set", "drop") if key in section}
    base = _consistent(parts)
    patched = apply_patch(base, side)
    if project is not None and not side:
        patched["catalyst"] = {"project": project}
    for (_, tree, _), (_, keys, _) in zip(flows, parts, strict=True):
        _in_order(patched, keys.workflow, _section_of(tree).get("order"))
    wanted = {keys.workflow: bare for bare, keys, _ in parts}
    return mended(base, patched, wanted, {keys.workflow: keys for _, keys, _ in parts})


def _consistent(parts: list[tuple[dict[str, Any], Keys, str]]) -> dict[str, Any]:
    """The document that the YAML alone gives."""
    base = _base_document(parts)
    wanted = {keys.workflow: tree for tree, keys, _ in parts}
    return mended(base, base, wanted, {keys.workflow: keys for _, keys, _ in parts})


def _base_document(parts: list[tuple[dict[str, Any], Keys, str]]) -> dict[str, Any]:
    """The natural document, with the text of YAML files that the writer would write differently."""
    document = document_of([(tree, keys) for tree, keys, _ in parts])
    for _, keys, source in parts:
        if source:
            document["workflows"][keys.workflow]["catalyst"]["source"] = source
    return document


def _keys_of(flow: VisualFlow, document: Mapping[str, Any]) -> Keys:
    """What the document calls a flow and those of its nodes whose identifier is another word."""
    nodes = document["workflows"][flow.key].get("nodes")
    names = nodes if isinstance(nodes, dict) else {}
    made = flow.tree["nodes"]
    changed = {usable_name(key): key for key in names if usable_name(key) != key and usable_name(key) in made}
    return Keys(flow.key, changed)


def _keys_section(flow: VisualFlow, keys: Keys) -> dict[str, Any]:
    section: dict[str, Any] = {"workflow": keys.workflow} if keys.workflow != flow.name else {}
    return section | ({"ids": dict(keys.nodes)} if keys.nodes else {})


def _order_section(key: str, patched: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    """The order of a workflow's nodes, where laying the difference over the natural document changes it."""
    before, after = (list(raw["workflows"][key].get("nodes") or ()) for raw in (document, patched))
    return {"order": before} if before != after else {}


def _in_order(document: dict[str, Any], key: str, order: Any) -> None:
    """Put the nodes of a workflow in an order; those that it does not name come last."""
    workflow = document.get("workflows", {}).get(key)
    nodes = workflow.get("nodes") if isinstance(workflow, dict) else None
    if isinstance(nodes, dict) and isinstance(order, list):
        known = [str(name) for name in order if str(name) in nodes]
        workflow["nodes"] = {name: nodes[name] for name in [*known, *(name for name in nodes if name not in known)]}


def _kept_source(document: Mapping[str, Any], flow: VisualFlow, tree: Mapping[str, Any]) -> str:
    """The YAML text that a workflow was converted from, when it still says the same."""
    own = document["workflows"][flow.key].get("catalyst")
    source = own.get("source") if isinstance(own, dict) else None
    if not isinstance(source, str):
        return ""
    before, found = load_tree(source, flow.name)
    if before is None or found:
        return ""
    known = {"catalyst": 1, "name": tree.get("name")} | plain(before)
    return source if same(known, tree) and list(known["nodes"]) == list(tree["nodes"]) else ""


def _section_of(tree: LocatedMap) -> dict[str, Any]:
    section = tree.get(SECTION)
    return plain(section) if isinstance(section, dict) else {}


def _with_section(text: str, section: Mapping[str, Any]) -> str:
    if not section:
        return text
    return f"{text if text.endswith(chr(10)) else text + chr(10)}\n{write_yaml({SECTION: section})}"


def _without_section(source: str, tree: LocatedMap) -> str:
    """The text of a YAML file without its `visual:` section."""
    key = next((name for name in tree if name == SECTION), None)
    if not isinstance(key, Located):
        return source
    lines = source.splitlines(keepends=True)
    later = [name.span.line for name in tree if isinstance(name, Located) and name.span.line > key.span.line]
    start, end = key.span.line - 1, min(later, default=len(lines) + 1) - 1
    before = "".join(lines[:start])
    # The blank line above the section came with it.
    before = before[:-1] if before.endswith("\n\n") else before
    return before + "".join(lines[end:])


def _project_text(document: Mapping[str, Any]) -> str:
    own = document.get("catalyst")
    project = own.get("project") if isinstance(own, dict) else None
    if isinstance(project, dict):
        return write_yaml(project)
    metadata = document.get("metadata")
    title = metadata.get("projectName") if isinstance(metadata, dict) else None
    return write_yaml({"catalyst": 1, "name": usable_name(str(title or "")).lower() or "project"})
