"""The corpus of bad inputs, built: whatever the text, the project that comes out is Python that means what was written.

Places tested here: ids, descriptions, defaults and paths. Expressions, requests, URLs and YAML have tests of their own.
"""

from __future__ import annotations

import ast
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from catalyst.api import Result, compile_flow
from catalyst.project.verify import verify_module

CORPUS = [json.loads(line) for line in (Path(__file__).parent / "corpus/payloads.jsonl").read_text().splitlines()]


def lines_of(where: str) -> list[Any]:
    return [pytest.param(line, id=line["id"]) for line in CORPUS if line["where"] == where]


def build(flow: dict[str, Any]) -> Result:
    """Compile a flow given as data; whatever comes out must be clean Python and readable files."""
    result = compile_flow(json.dumps(flow))
    for path, text in result.files.items():
        if path.endswith(".py"):
            ast.parse(text)
            if path.startswith("app/"):
                assert verify_module(path, text) == []
    if result.ok:
        tomllib.loads(result.files["pyproject.toml"])
        yaml.safe_load(result.files["compose.yaml"])
        yaml.safe_load(result.files[".github/workflows/ci.yml"])
    return result


def simple(**keys: Any) -> dict[str, Any]:
    return {"catalyst": 1, "name": "sample", "nodes": {"only": {"type": "set", "with": {"value": 1}}}} | keys


def constants(text: str) -> set[Any]:
    """All constants of a module, implicit concatenations joined."""
    return {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)}


@pytest.mark.parametrize("line", lines_of("node_id"))
def test_ids_are_names_or_errors(line: dict[str, Any]) -> None:
    ids = line["payload"].split("|") if line["class"] == "ident_collision" else [line["payload"]]
    nodes = {id_: {"type": "set", "with": {"value": number}} for number, id_ in enumerate(ids)}
    readable = {f"o{n}": "{{ nodes." + id_ + ".output }}" for n, id_ in enumerate(ids) if id_.isidentifier()}
    result = build(simple(nodes=nodes, output=readable or None))
    if line["expect"] == "compile_error":
        assert not result.ok
    if result.ok:
        namespace = run_module(result.files["app/workflows/sample.py"])
        assert namespace == list(range(len(ids)))


def run_module(text: str) -> list[Any]:
    """What the workflow function's `return` says for constant nodes, by following its assignments."""
    tree = ast.parse(text)
    function = next(node for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and node.name == "sample")
    known: dict[str, Any] = {}
    for statement in function.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            known[statement.targets[0].id] = ast.literal_eval(statement.value)
        if isinstance(statement, ast.Return):
            assert isinstance(statement.value, ast.Dict)
            return [known[ast.unparse(value)] for value in statement.value.values]
    raise AssertionError("the function returns nothing")


@pytest.mark.parametrize("line", lines_of("description"))
def test_descriptions_are_text(line: dict[str, Any]) -> None:
    text = line["payload"]
    described = {"type": "set", "description": text, "with": {"value": 1}}
    result = build(
        simple(
            description=text,
            nodes={"only": described},
            input={"word": {"type": "string", "description": text}},
            env={"THING": {"default": "x", "description": text}},
        )
    )
    if not result.ok:  # control characters cannot stand in a flow file at all
        assert {item.code for item in result.diagnostics} <= {"E127", "E128", "E129", "E130", "E121", "E126", "E125"}
        return
    assert text in constants(result.files["app/workflows/sample.py"])
    assert text in constants(result.files["app/main.py"])


@pytest.mark.parametrize("line", lines_of("default"))
def test_defaults_are_values(line: dict[str, Any]) -> None:
    if line["class"] == "schema_extension_code":
        result = build(simple(input={"word": {"type": "string", **json.loads(line["payload"])}}))
        assert "import evil" not in "".join(result.files.values())
        return
    result = build(simple(input={"word": {"type": "string", "default": line["payload"]}}))
    if result.ok:
        assert line["payload"] in constants(result.files["app/workflows/sample.py"])
    else:
        assert not line["payload"].isprintable()


@pytest.mark.parametrize("line", lines_of("path"))
def test_paths_lead_nowhere(line: dict[str, Any]) -> None:
    text = line["payload"]
    asked: list[str] = []

    def read(path: str) -> str | None:
        asked.append(path)
        return None

    named = compile_flow(json.dumps(simple(name=text)))
    called = compile_flow(json.dumps(simple(nodes={"c": {"type": "call", "workflow": text}})), read=read)
    code = {"type": "python", "with": {"function": f"{text}:run"}}
    used = compile_flow(json.dumps(simple(nodes={"p": code})), read=read)
    assert not named.ok
    assert not called.ok
    assert not used.ok
    assert not any(path.startswith(("/", "..")) or "\0" in path for path in asked)


WRITTEN_HEADERS = [line for line in CORPUS if line["class"] in ("crlf", "header_name")]


@pytest.mark.parametrize("line", WRITTEN_HEADERS, ids=lambda line: str(line["id"]))
def test_headers_that_cannot_be_sent_are_errors(line: dict[str, Any]) -> None:
    header = {line["payload"]: "x"} if line["class"] == "header_name" else {"X-Name": line["payload"]}
    sent = {"type": "http", "with": {"url": "https://example.com/", "headers": header}}
    answered = {"type": "respond", "with": {"headers": header}}
    assert not build(simple(nodes={"n": sent})).ok
    assert not build(simple(nodes={"n": answered})).ok
