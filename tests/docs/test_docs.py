"""The documentation holds: its flows are built and run, what is generated is current, its links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from catalyst.api import compile_flow
from catalyst.diagnostics import render
from catalyst.graph.examples import example_input
from catalyst.graph.model import Workflow
from catalyst.nodes.catalog import find_node_type
from scripts.docs_pages import DOCS, pages
from tests.emitted import imported, write_files
from tests.standin.server import running

ROOT = DOCS.parent
PAGES = sorted(
    [ROOT / "README.md", *DOCS.rglob("*.md"), *(ROOT / "examples").glob("*/README.md"), ROOT / "examples/README.md"]
)
_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_BESIDE = re.compile(r"with `([^`]+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def blocks() -> list[tuple[str, str]]:
    """(where, text) of every whole flow of the documentation."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8")
        for match in _BLOCK.finditer(text):
            wrong = text[: match.start()].rstrip().endswith("Wrong:")
            # Flows of the explanations that bring Python of their own need a `lib/` beside them.
            wrong = wrong or (page.name == "errors.md" and "type: python" in match[1])
            if match[1].startswith("catalyst: 1") and "nodes:" in match[1] and not wrong:
                line = text[: match.start()].count("\n") + 2
                found.append((f"{page.relative_to(ROOT)}:{line}", match[1]))
    return found


def other_files(where: str) -> dict[str, str]:
    """Files that a node's example reads, or that the page shows under a flow of its own."""
    page, _, line = where.partition(":")
    below = "\n".join((ROOT / page).read_text("utf-8").split("\n")[int(line) :])
    shown = _BESIDE.match(below.partition("\n```\n")[2].lstrip("\n"))
    if shown:
        return {shown[1]: shown[2]}
    name = Path(where.partition(":")[0]).stem
    node_type = find_node_type(name) if where.startswith("docs/nodes/") else None
    return dict(node_type.example_files) if node_type else {}


@pytest.mark.parametrize(("where", "text"), blocks(), ids=[where for where, _ in blocks()])
def test_flows_build(where: str, text: str) -> None:
    result = compile_flow(text, read=other_files(where).get)
    problems = [render(item, text) for item in result.diagnostics]
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="module")
def standin() -> Iterator[str]:
    with running() as server:
        yield server.url


@pytest.mark.parametrize(("where", "text"), blocks(), ids=[where for where, _ in blocks()])
def test_flows_run(where: str, text: str, standin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = compile_flow(text, read=other_files(where).get)
    write_files(result.files, tmp_path)
    workflow = result.workflows[0]
    for name in workflow.secrets:
        # What may be missing is missing: the address of a service, which is embedded then.
        monkeypatch.setenv(name, "" if name in workflow.optional_secrets else "test-key")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("API_URL", standin)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", standin)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{standin}/v1")
    monkeypatch.setenv("COHERE_BASE_URL", f"{standin}/v1")
    request = request_of(where, workflow)
    with imported(tmp_path), TestClient(import_module("app.main").create_app()) as client:
        response = client.request(**request)
    assert response.status_code < 400, response.text


def request_of(where: str, workflow: Workflow) -> dict[str, Any]:
    """An example of the flow's input as a request of its first route."""
    route = workflow.routes[0]
    given = dict(example_input(workflow))
    node_type = find_node_type(Path(where.partition(":")[0]).stem) if where.startswith("docs/nodes/") else None
    given |= dict(node_type.example_input) if node_type else {}
    path, query, body = str(route.path), {}, {}
    for name, value in given.items():
        place = route.locations.get(name, "body")
        if place == "path":
            path = path.replace("{" + name + "}", str(value))
        else:
            (query if place == "query" else body)[name] = value
    request: dict[str, Any] = {
        "method": route.method,
        "url": path,
        "params": query,
        "headers": {"X-API-Key": "test-key"},
    }
    return request if route.method == "GET" else {**request, "json": body}


def test_there_are_flows() -> None:
    assert len(blocks()) > 20


@pytest.mark.parametrize("name", sorted(pages()))
def test_generated_pages_are_current(name: str) -> None:
    path = DOCS / name
    assert path.exists(), f"{name} is missing; run scripts/docs"
    assert path.read_text("utf-8") == pages()[name], f"{name} is not current; run scripts/docs"


@cache
def anchors(page: Path) -> set[str]:
    """What a link into the page may name."""
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    found = set(re.findall(r'<a id="([^"]+)">', text))
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        found.add(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in _LINK.findall(text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        assert place.exists(), f"{page.relative_to(ROOT)} links to {target}"
        if anchor and place.suffix == ".md":
            assert anchor in anchors(place), f"{page.relative_to(ROOT)} links to {target}"
