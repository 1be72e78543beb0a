"""`requirements` of a flow: what goes into the project beside what the runtime needs."""

from pathlib import Path

import pytest

from catalyst.api import compile_flow, compile_project
from catalyst.spec.requirements import together

FLOW = """\
catalyst: 1
name: asks
requirements: {lines}
nodes: {{one: {{type: set, with: {{value: 1}}}}}}
"""


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (["b>=1", "a"], ["a", "b>=1"]),
        (["Big_Tool>=1", "big-tool<3"], ["Big_Tool<3,>=1"]),
        (["a[x]>=1", "a[y]"], ["a[x,y]>=1"]),
        (["a>=1; python_version < '3.12'", "a>=2"], ["a>=1; python_version < '3.12'", "a>=2"]),
    ],
)
def test_one_line_for_each_package(lines: list[str], wanted: list[str]) -> None:
    assert together(lines) == wanted


def test_a_flow_brings_its_packages() -> None:
    result = compile_flow(FLOW.format(lines="['numpy>=2,<3', 'pydantic>=2.14.1']"))
    lines = result.files["requirements.txt"].splitlines()
    assert "numpy>=2,<3" in lines
    assert [line for line in lines if line.startswith("pydantic")] == ["pydantic<3,>=2.14,>=2.14.1"]
    assert '"numpy>=2,<3"' in result.files["pyproject.toml"]


def test_packages_are_code_of_somebody() -> None:
    result = compile_flow(FLOW.format(lines="[numpy]"), no_code=True)
    assert [item.code for item in result.diagnostics] == ["E511"]
    assert "numpy" in result.diagnostics[0].message


def test_a_project_and_its_flows_ask_together(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "catalyst.yaml").write_text("catalyst: 1\nname: shop\nrequirements: [numpy>=2]\n")
    (tmp_path / "flows" / "asks.yaml").write_text(FLOW.format(lines="['numpy<3', rich]"))
    lines = compile_project(tmp_path).files["requirements.txt"].splitlines()
    assert {"numpy<3,>=2", "rich"} <= set(lines)
