"""Which runtime modules and packages a project gets."""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path

import pytest

from catalyst.diagnostics import CompilerBug
from catalyst.project.assets import runtime_names, runtime_source, templates_dir
from catalyst.project.runtime import REQUIREMENTS, runtime_files, runtime_modules, third_party

ROOT = Path(__file__).parents[2]


def test_files_are_copied_byte_for_byte() -> None:
    for path, text in runtime_files(runtime_names()).items():
        assert text.encode() == (templates_dir() / "runtime" / Path(path).name).read_bytes()


def test_what_is_wanted_and_what_it_imports() -> None:
    assert runtime_modules(["context"]) == ["__init__", "context", "logs", "pools", "reply"]
    assert sorted(runtime_files(["reply"])) == ["app/runtime/__init__.py", "app/runtime/reply.py"]


@pytest.mark.parametrize("name", sorted(runtime_names()))
def test_every_module_comes_with_all_it_needs(name: str) -> None:
    chosen = set(runtime_modules([name]))
    for module in chosen:
        for node in ast.walk(ast.parse(runtime_source(module))):
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
                assert node.module in chosen


@pytest.mark.parametrize("name", sorted(runtime_names()))
def test_every_module_has_its_packages(name: str) -> None:
    assert set(third_party([name])) <= set(REQUIREMENTS.values())


def test_packages_of_emitted_sources_count() -> None:
    assert third_party([], ["orjson", "app.runtime.x", "os", "lib.mine"]) == ["orjson>=3.11,<4"]
    assert third_party([], ["starlette.types"]) == ["fastapi>=0.165,<1"]


@pytest.mark.parametrize("wrong", ["nothing", "../x", "os"])
def test_an_unknown_module_is_a_bug_of_ours(wrong: str) -> None:
    with pytest.raises(CompilerBug):
        runtime_modules([wrong])


def test_an_unknown_package_is_a_bug_of_ours() -> None:
    with pytest.raises(CompilerBug, match="numpy"):
        third_party([], ["numpy"])


def test_ranges_are_those_that_catalyst_is_tested_with() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert sorted(REQUIREMENTS.values()) == sorted(extras["serve"])


def test_nothing_of_the_standard_library_is_asked_for() -> None:
    assert not set(REQUIREMENTS) & set(sys.stdlib_module_names)
