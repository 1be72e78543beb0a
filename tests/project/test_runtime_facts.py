"""What is stored of the runtime modules is what the modules say, and only of the modules that were looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalyst.api import compile_path
from catalyst.diagnostics import CompilerBug
from catalyst.project import runtime_facts as facts
from catalyst.project.assets import runtime_names, runtime_source

FLOW = Path(__file__).parent.parent / "golden" / "greet" / "flow.yaml"


@pytest.fixture
def fresh() -> Iterator[None]:
    """Nothing is remembered from before, nor afterwards."""
    for remembered in (facts.runtime_facts, facts._stored, runtime_source):
        remembered.cache_clear()
    yield
    for remembered in (facts.runtime_facts, facts._stored, runtime_source):
        remembered.cache_clear()


def test_what_is_stored_is_what_the_modules_say(update_golden: bool, fresh: None) -> None:
    wanted = facts.facts_text()
    if update_golden and facts.STORED.read_text(encoding="utf-8") != wanted:
        facts.STORED.write_text(wanted, encoding="utf-8")
    assert facts.STORED.read_text(encoding="utf-8") == wanted
    assert set(json.loads(wanted)["modules"]) == runtime_names()


def test_stored_facts_are_those_of_the_text(fresh: None) -> None:
    for name in runtime_names():
        assert facts.runtime_facts(name) == facts.find_facts(name, runtime_source(name))


@pytest.mark.parametrize("stored", ["", "{", "[]", "null", '{"rules": "old", "modules": {}}'])
def test_without_them_the_modules_are_looked_at(
    stored: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: None
) -> None:
    before = facts.runtime_facts("context")
    place = tmp_path / "facts.json"
    place.write_text(stored, encoding="utf-8")
    monkeypatch.setattr(facts, "STORED", place)
    facts._stored.cache_clear()
    facts.runtime_facts.cache_clear()
    assert facts.runtime_facts("context") == before


def test_a_module_that_is_another_is_looked_at(monkeypatch: pytest.MonkeyPatch, fresh: None) -> None:
    """With `eval` in it no project comes out."""
    changed = runtime_source("context") + "\n\ndef run(text: str) -> object:\n    return eval(text)\n"
    monkeypatch.setattr(facts, "runtime_source", lambda name: changed if name == "context" else runtime_source(name))
    with pytest.raises(CompilerBug, match=r"app/runtime/context\.py:\d+: .*eval"):
        compile_path(FLOW)
