"""Text that an author with bad intentions writes: it is refused, or stays text."""

from __future__ import annotations

import json
import sys

import pytest

from catalyst.spec.flow import load_flow
from tests.spec.samples import flow_with

TEXTS = (
    *('"""\nimport os\n"""', "a\\", '__import__("os").system("id")', "{{ 7*7 }}", "${x} $(id) `id`", "\u2028import os"),
    *(
        "\ufeffBOM",
        "\u202e bidi",
        "a\r\nb",
        "\0",
        "\x0c",
        "NaN",
        "-0",
        "1_000",
        "0o777",
        "None",
        "x: y # z",
        "- a\n- b",
    ),
    *("x\n---\nevil: 1", "\x85import os", "A" * 9000, "\U0001f600 ok", "\ud7ff\uffff"),
)


@pytest.mark.parametrize("text", TEXTS)
def test_descriptions_and_defaults_stay_as_they_are(text: str) -> None:
    written = json.dumps(text)
    source = flow_with(description=written, input=f"{{a: {{type: string, default: {written}}}}}")
    loaded = load_flow(source, "flow.yaml")
    assert loaded.diagnostics == ()
    assert loaded.flow is not None
    assert loaded.flow.description == text
    assert loaded.flow.input["a"].default == text


@pytest.mark.parametrize(
    "name",
    [
        *("", "a\nimport os", "x = __import__('os')", 'a"b', "a/b", "../a", "a.b", "a b", "1a", "-a", "def", "None"),
        *("\uff45\uff56\uff41\uff4c", "a\0", "a" * 64, "__init__", "_", "{{ x }}", "a\u200bb", "\u0430"),
    ],
)
@pytest.mark.parametrize("section", ["nodes", "input", "types", "vars", "env", "secrets"])
def test_names_that_could_become_code_are_refused(section: str, name: str) -> None:
    value = {"nodes": "{type: set}", "secrets": "", "types": "{a: string}"}.get(section, "string")
    loaded = load_flow(flow_with(**{section: f"{{{json.dumps(name)}: {value}}}"}), "flow.yaml")
    assert {item.code for item in loaded.diagnostics} & {"E242", "E243"}


@pytest.mark.parametrize(
    "path", ["../x", "..\\x", "C:\\x", "a/b", "/a/../b", "/%2e%2e/x", "/a b", "/$HOME", "/`id`", ".", "-rf", "/a\0"]
)
def test_paths_that_lead_elsewhere_are_refused(path: str) -> None:
    loaded = load_flow(flow_with(triggers=f"[{{http: {{path: {json.dumps(path)}}}}}]"), "flow.yaml")
    assert [item.code for item in loaded.diagnostics] == ["E144"]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a: &a [*a]",
            "- &x {y: *x}",
            "a: !!python/name:os.system",
            "a: !!binary aGk=",
            "? [a]\n: b",
            "<<: {a: 1}\na: 2",
        ),
        *("a: " + "[" * 4000, "a: &x x\nb: [" + "*x," * 4000 + "]", "%TAG ! tag:evil,2000:\n--- !x\na: 1", "{" * 5000),
    ],
)
def test_yaml_that_is_more_than_data_is_refused(text: str) -> None:
    assert load_flow(text, "flow.yaml").has_errors


def test_work_grows_with_the_size_and_no_faster() -> None:
    """Ten times the nodes are about ten times the calls of functions, which no load of the machine changes."""

    def calls(count: int) -> int:
        nodes = "".join(f'  n{index}: {{type: set, with: {{value: "{{{{ input.q }}}}"}}}}\n' for index in range(count))
        source = f"catalyst: 1\nname: big\ninput: {{q: string}}\nnodes:\n{nodes}"
        counted = 0

        def count_it(frame: object, event: str, argument: object) -> None:
            nonlocal counted
            counted += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(count_it)
        try:
            assert load_flow(source, "flow.yaml").diagnostics == ()
        finally:
            sys.setprofile(before)
        return counted

    calls(10)  # what is made once
    assert calls(1000) < 12 * calls(100)
