"""What a project reads from the environment is what its README and `.env.example` name."""

import ast
import re
from collections.abc import Iterator

import pytest

from catalyst.nodes.models import ADDRESSES as MODEL_ADDRESSES
from catalyst.nodes.types.rerank import ADDRESSES as RERANK_ADDRESSES
from catalyst.project.assets import runtime_names, runtime_source
from catalyst.project.variables import VARIABLES
from tests.emitted import EXAMPLES, example_result, golden_result

OF_A_LIBRARY = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}
"""Asked for by `urllib` and by the client of the SDKs; the modules say no name."""
READS = {"os.environ.get", "os.getenv", "given.text", "given.secret"}


def _names(tree: ast.Module) -> Iterator[str]:
    """The variables that a module reads by a name that stands in it."""
    texts = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in READS:
            name = node.args[0]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            name = node.slice
        else:
            continue
        found = texts.get(name.id) if isinstance(name, ast.Name) else getattr(name, "value", None)
        if isinstance(found, str):
            yield found


def test_the_table_is_what_the_runtime_reads() -> None:
    read: dict[str, set[str]] = {}
    for module in runtime_names():
        for name in _names(ast.parse(runtime_source(module))):
            read.setdefault(name, set()).add(module)
    addresses = {name for name in (*MODEL_ADDRESSES.values(), *RERANK_ADDRESSES.values()) if name}
    table = {each.name: set(each.readers) for each in VARIABLES if each.name not in OF_A_LIBRARY}
    assert {name: modules for name, modules in read.items() if name not in addresses} == table


@pytest.mark.parametrize("case", ["agent_mcp", "sql_write", "llm_route", "rag_answer"])
def test_everything_read_is_named(case: str) -> None:
    result = example_result(EXAMPLES / case) if (EXAMPLES / case).is_dir() else golden_result(case)
    carried = {path.removeprefix("app/runtime/").removesuffix(".py") for path in result.files}
    read = set(_names(ast.parse(result.files["app/settings.py"])))
    read |= {each.name for each in VARIABLES if each.readers & carried}
    read |= {name for workflow in result.workflows for each in workflow.programs.values() for name in each.env}
    listed = re.findall(r"^(?:# )?([A-Z][A-Z0-9_]*)=", result.files[".env.example"], re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert read <= set(listed)
    assert set(re.findall(r"^\| `([A-Z][A-Z0-9_]*)` \|", result.files["README.md"], re.MULTILINE)) == set(listed)


def test_what_is_embedded_can_write_in_the_container() -> None:
    """The file system of the container is read-only, and the service is not root."""
    files = example_result(EXAMPLES / "sales_report").files
    assert "DATA_DIR=/data" in files["Dockerfile"]
    assert "chown 10001 /data" in files["Dockerfile"]
    assert "data:/data" in files["compose.yaml"]
    assert "/data" not in golden_result("llm_route").files["compose.yaml"]
