"""The files around the code read back as what went in, whatever the author wrote."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from catalyst.diagnostics import CompilerBug
from catalyst.project.quoting import curl_call, dotenv_value, fenced, markdown_text, toml_string
from catalyst.project.runtime import third_party
from catalyst.project.scaffold import Endpoint, EnvFact, FlowFacts, ProjectFacts, scaffold_files

# The public shapes of config injection and of breaking out of a docstring.
HOSTILE = [
    'x"\n[tool.evil]\na = "1',
    'x" && curl evil',
    "x\n  privileged: true",
    "x\nEVIL_VAR=1",
    "x: y # z",
    "- a\n- b",
    "@import url(//evil)",
    "x\\\ny",
    "%0aevil",
    "x=1;y=2",
    "x\n---\nevil: 1",
    '"""\nimport os; os.system("id")\n"""',
    "'''\nimport os\n'''",
    "a\\",
    'end with quote"',
    "\\N{LATIN SMALL LETTER A}",
    '\\x22\\x22\\x22 + __import__("os")',
    "\f",
    "\x1a",
    "a\r\nimport os  # noqa",
    "\u2028import os",
    "\u2029import os",
    "\x85import os",
    "{0.__class__}",
    "%(x)s %s %d",
    "${x} $(id) `id`",
    "{{ 7*7 }}",
    "{% raw %}",
    "\u202e\u2066 evil bidi",
    "\ufeffBOM",
    "\U0001f600 ok",
    "\ud800 half",
    "<script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "--> evil <!--",
    "A" * 5000,
    "coding: utf-7",
    "```\n# out\n```",
    "| a | b |\n|---|---|",
    "\x00\x07\x1b[31m",
]


def _facts(text: str = "plain", **changes: Any) -> ProjectFacts:
    endpoint = Endpoint("POST", "/api/v1/order-intake/execute", {"q": text}, (("page", text),), streams=True)
    flow = FlowFacts(
        "order_intake", "order-intake", "order_intake.yaml", text, (endpoint,), ("0 6 * * * Europe/Madrid",)
    )
    values: dict[str, Any] = {
        "name": "order_intake",
        "description": text,
        "flows": (flow,),
        "env": (EnvFact("RISK_URL", text, text), EnvFact("CRM_URL", None, text)),
        "secrets": ("CRM_TOKEN",),
        "requirements": tuple(third_party(["schedule"])),
        "has_lib": True,
    }
    return ProjectFacts(**{**values, **changes})


def _well_formed(text: str) -> str:
    return re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)


@pytest.mark.parametrize("text", HOSTILE)
def test_descriptions_break_no_file(text: str) -> None:
    plain, files = scaffold_files(_facts()), scaffold_files(_facts(text))
    same = {"Dockerfile", "compose.yaml", ".github/workflows/ci.yml", "requirements.txt", ".gitignore", ".dockerignore"}
    assert {path for path in files if files[path] == plain[path]} >= same
    project = tomllib.loads(files["pyproject.toml"])
    assert project["project"]["description"] == (" ".join(_well_formed(text).split()) or "The order_intake service.")
    assert set(project["tool"]) == {"hatch", "black", "ruff", "mypy", "pytest"}
    assert _names(files[".env.example"]) == ["RISK_URL", "CRM_URL", "CRM_TOKEN"]
    headings = [
        line for line in files["README.md"].splitlines() if line.startswith("#") and not line.startswith("# out")
    ]
    assert headings == [line for line in plain["README.md"].splitlines() if line.startswith("#")]
    for content in files.values():
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]", content)
        content.encode("utf-8")


def _names(dotenv: str) -> list[str]:
    return [line.partition("=")[0] for line in dotenv.split("\n") if line and not line.startswith("#")]


def test_what_it_says_of_the_project() -> None:
    files = scaffold_files(_facts())
    assert sorted(files) == [
        *(".dockerignore", ".env.example", ".github/workflows/ci.yml", ".gitignore"),
        *("Dockerfile", "README.md", "compose.yaml", "pyproject.toml", "requirements.txt"),
    ]
    project = tomllib.loads(files["pyproject.toml"])
    requirements = third_party(["schedule"])
    assert project["project"]["dependencies"] == files["requirements.txt"].split("\n")[:-1] == requirements
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["app", "lib"]
    assert "S" in project["tool"]["ruff"]["lint"]["select"]
    assert project["tool"]["mypy"]["strict"] is True
    assert "COPY lib ./lib" in files["Dockerfile"]
    assert "USER 10001" in files["Dockerfile"]
    compose = yaml.safe_load(files["compose.yaml"])
    assert compose["services"]["app"]["ports"] == ["127.0.0.1:8000:8000"]
    ci = yaml.safe_load(files[".github/workflows/ci.yml"])
    assert ci["jobs"]["check"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert "${{ matrix.python }}" in files[".github/workflows/ci.yml"]
    assert "curl -N -X POST" in files["README.md"]
    assert all(text.endswith("\n") and not text.endswith("\n\n") for text in files.values())
    assert not any(line.endswith(" ") for text in files.values() for line in text.splitlines())


def test_a_small_project_holds_nothing_it_does_not_need() -> None:
    files = scaffold_files(ProjectFacts("greet"))
    assert "COPY lib" not in files["Dockerfile"]
    assert "Settings" not in files["README.md"]
    assert "Secrets" not in files[".env.example"]
    assert tomllib.loads(files["pyproject.toml"])["project"]["dependencies"] == []


@pytest.mark.parametrize("name", ["a b", "", "a\nb", "../x", "a;b", "1a", "a" * 64])
def test_names_are_checked_once_more(name: str) -> None:
    with pytest.raises(CompilerBug):
        scaffold_files(ProjectFacts(name))
    with pytest.raises(CompilerBug):
        scaffold_files(ProjectFacts("x", secrets=(f"{name}-",)))


@settings(max_examples=200, derandomize=True)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_toml_reads_back(text: str) -> None:
    assert tomllib.loads(f"x = {toml_string(text)}")["x"] == text


@settings(max_examples=200, derandomize=True)
@given(st.text(), st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_curl_reads_back(header: str, body: dict[str, Any]) -> None:
    command = curl_call("POST", "http://127.0.0.1:8000/x", (), (("X-Note", header),), body)
    words = shlex.split(command.replace(" \\\n  ", " "))
    assert words[:4] == ["curl", "-X", "POST", "http://127.0.0.1:8000/x"]
    assert words[5].startswith("X-Note: ")
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", words[5])
    assert words[5][8:] == header or not header.isprintable()
    assert json.loads(words[-1]) == body


@settings(max_examples=200, derandomize=True)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cf", "Zl", "Zp"])))
def test_dotenv_reads_back_in_a_shell(text: str) -> None:
    assert shlex.split("X=" + dotenv_value(text)) == ["X=" + text]


@pytest.mark.parametrize("text", HOSTILE)
def test_dotenv_values_keep_to_their_line(text: str) -> None:
    assert len(dotenv_value(text).splitlines()) <= 1
    assert len(shlex.split("X=" + dotenv_value(text).replace("\\n", " "))) == 1


@pytest.mark.parametrize("code", ["plain", "a ``` b", "````", "~~~"])
def test_a_fence_holds_its_code(code: str) -> None:
    first, *middle, last = fenced(code, "sh").split("\n")
    assert "\n".join(middle) == code
    assert first == last + "sh"
    assert last not in code


def test_markdown_shows_text_as_text() -> None:
    assert markdown_text("# a *b* [c](d) <e>") == "\\# a \\*b\\* \\[c\\](d) \\<e\\>"
    assert markdown_text("- item") == "\\- item"
    assert markdown_text("1. item") == "1\\. item"


def test_addresses_of_services_stand_among_the_settings() -> None:
    addresses = (("AZURE_OPENAI_ENDPOINT", True), ("OPENAI_BASE_URL", False))
    files = scaffold_files(ProjectFacts("example", addresses=addresses))
    assert files[".env.example"].splitlines()[-2:] == ["AZURE_OPENAI_ENDPOINT=", "# OPENAI_BASE_URL="]
    assert "| `AZURE_OPENAI_ENDPOINT` | required |" in files["README.md"]
    assert "| `OPENAI_BASE_URL` | optional |" in files["README.md"]
