"""What comes out is clean: types, lint, layout, the no-eval check; all golden cases and examples together."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalyst.api import Result, compile_flow
from catalyst.graph.examples import example_input
from catalyst.nodes.catalog import find_node_type, node_type_names
from catalyst.project.assets import templates_dir
from catalyst.project.verify import verify_module
from templates.tests.fake_llm import example_of, wanted_schema
from tests.emitted import World, every_project, findings, imported, node_result, serving, write_files

WHOLE = (
    "case_greet",
    "case_http_everything",
    "case_llm_stream",
    "case_project",
    "case_auth_and_rate",
    "node_python",
    "case_agent",
    "example_sales_report",
)
"""Projects whose own tests are run here, too; one for each part that only some projects have."""


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with every project in a folder of its own; the runtime, the same in all, is a link in all but one."""
    root = tmp_path_factory.mktemp("projects")
    for name, result in every_project().items():
        assert result.ok, findings(result)
        write_files({path: text for path, text in result.files.items() if not _is_runtime(path)}, root / name)
        if name != "case_greet":
            (root / name / "app" / "runtime").symlink_to(root / "case_greet" / "app" / "runtime")
    shutil.copytree(templates_dir() / "runtime", root / "case_greet" / "app" / "runtime")
    yield root
    shutil.rmtree(root, ignore_errors=True)


def _is_runtime(path: str) -> bool:
    return path.startswith("app/runtime/")


def run(*command: str, cwd: Path) -> None:
    """Run a tool; what it prints is the failure."""
    done = subprocess.run([sys.executable, "-m", *command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-8_000:]


def test_lint(projects: Path) -> None:
    run("ruff", "check", "--no-cache", "--quiet", ".", cwd=projects)


def test_layout(projects: Path) -> None:
    """The runtime, which is copied as it stands in the repository, is laid out there."""
    options = ("--check", "--quiet", "--diff", "--line-length", "120", "--target-version", "py311")
    run("black", *options, "--force-exclude", "/app/runtime/", ".", cwd=projects)


def test_types(projects: Path, tmp_path: Path) -> None:
    """One mypy for all: each project becomes a package of its own; the runtime, the same in all, is checked once."""
    for project in sorted(projects.iterdir()):
        for place in sorted(project.rglob("*.py")):
            path = place.relative_to(project)
            if not _is_runtime(path.as_posix()):
                _copy(place, tmp_path / project.name / path, project.name)
    for place in (templates_dir() / "runtime").glob("*.py"):
        _copy(place, tmp_path / "the_runtime" / place.name, "")
    (tmp_path / "mypy.ini").write_text(
        "[mypy]\nstrict = True\npython_version = 3.11\n[mypy-*.lib.*]\nignore_errors = True\n"
    )
    run(
        "mypy",
        "--cache-dir",
        str(tmp_path / "cache"),
        "--config-file",
        "mypy.ini",
        "--explicit-package-bases",
        ".",
        cwd=tmp_path,
    )


def _copy(source: Path, target: Path, package: str) -> None:
    text = re.sub(r"^from app\.runtime\b", "from the_runtime", source.read_text(encoding="utf-8"), flags=re.MULTILINE)
    text = re.sub(r"^from (app|lib|tests)\b", rf"from {package}.\1", text, flags=re.MULTILINE)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def test_nothing_is_evaluated() -> None:
    modules = {
        (path if _is_runtime(path) else f"{name}/{path}"): (path, text)
        for name, result in every_project().items()
        for path, text in result.files.items()
        if path.endswith(".py") and not path.startswith(("lib/", "tests/"))
    }
    for shown, (path, text) in modules.items():
        assert not verify_module(path, text), shown


def test_no_trace_of_catalyst() -> None:
    """An emitted project runs without the compiler."""
    for name, result in every_project().items():
        for path, text in result.files.items():
            if path.endswith(".py"):
                assert not re.search(r"^\s*(from|import) catalyst\b", text, re.MULTILINE), (name, path)


def test_runtime_is_copied_byte_for_byte() -> None:
    for result in every_project().values():
        for path, text in result.files.items():
            if _is_runtime(path):
                assert text.encode() == (templates_dir() / "runtime" / Path(path).name).read_bytes(), path


@pytest.mark.parametrize("name", node_type_names())
def test_node_example_runs(name: str, tmp_path: Path) -> None:
    """The example in a node type's file does what its page says, with the input that stands beside it."""
    node_type = find_node_type(name)
    assert node_type is not None
    result = node_result(name)
    assert result.ok, findings(result)
    write_files(result.files, tmp_path)
    person = {"id": 1, "name": "Ada"}
    page = {"people": {"nodes": [person], "pageInfo": {"hasNextPage": False, "endCursor": None}}}
    world = World(http=[{"url": "*/graphql", "json": {"data": page}}, {"url": "*", "json": person}], llm=[_any_answer])
    route = result.workflows[0].routes[0]
    with imported(tmp_path), serving(result, world) as client:
        answer = client.post(route.path, json=dict(node_type.example_input))
    assert answer.status_code < 500, answer.text
    if name != "raise":
        assert answer.status_code < 300, answer.text


def _any_answer(asked: dict[str, Any]) -> Any:
    """Text, or what fits the schema that a model was given."""
    schema = wanted_schema(asked)
    return "An answer." if schema is None else example_of(schema)


@pytest.mark.parametrize("name", WHOLE)
def test_own_tests_pass(name: str, tmp_path: Path) -> None:
    """An emitted project's tests pass where nothing but its own requirements is at hand."""
    write_files(every_project()[name].files, tmp_path)
    run("pytest", "-p", "no:cacheprovider", "-q", cwd=tmp_path)


def test_examples_are_valid_input() -> None:
    """READMEs and tests show an input; the declared fields, and no other, are in it."""
    for name, result in every_project().items():
        for workflow in result.workflows:
            known = {fact.name: fact for fact in workflow.input_facts}
            given = example_input(workflow)
            assert set(given) <= set(known), name
            assert {key for key, fact in known.items() if fact.required} <= set(given), name


PATTERNS = """
catalyst: 1
name: patterns
input:
  email: {type: string, pattern: '^[^@ ]+@[^@ ]+$'}
  day: {type: string, pattern: '^\\d{4}-\\d{2}-\\d{2}$'}
  slug: {type: string, pattern: '^[a-z0-9-]{3,20}$'}
  currency: {type: string, pattern: '^[A-Z]{3}$'}
  key: {type: string, pattern: '^[0-9a-f]{32}$'}
  word: {type: string, pattern: '^[a-z]+$', min_length: 6, max_length: 8}
nodes: {done: {type: set, with: {value: true}}}
"""


def test_examples_have_the_patterns_of_their_fields(tmp_path: Path) -> None:
    """A reader who copies the README's line gets an answer, not a 422."""
    result = compile_flow(PATTERNS)
    write_files(result.files, tmp_path)
    with imported(tmp_path), serving(result, World()) as client:
        answer = client.post("/api/v1/patterns/execute", json=example_input(result.workflows[0]))
    assert answer.status_code == 200, answer.text


def test_every_project_is_counted() -> None:
    assert len(every_project()) > 40
    assert all(isinstance(result, Result) for result in every_project().values())
