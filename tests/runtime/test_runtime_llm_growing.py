"""Typed answers that are shown while they grow, and models chosen for a question."""

import json
import logging
from itertools import pairwise
from typing import Any, Literal

import pytest
from pydantic import TypeAdapter
from typing_extensions import TypedDict

from templates.runtime.llm import complete
from templates.runtime.llm_growing import Growing
from templates.runtime.llm_route import ByModel
from templates.runtime.llm_typed import complete_as
from tests.runtime.llm_parts import BOTH, fails, model, says, with_llm
from tests.runtime.support import Watcher

pytestmark = pytest.mark.usefixtures("model_services")


class Verdict(TypedDict):
    label: Literal["billing", "technical", "other"]
    reason: str
    tags: list[str]


VERDICT = TypeAdapter(Verdict)


class Open(TypedDict):
    reason: str
    counts: dict[str, int]


def grown(text: str, pieces: int = 1, part_of: Any = lambda value: value) -> list[Any]:
    shown: list[Any] = []
    growing = Growing(shown.append, part_of)
    for start in range(0, len(text), pieces):
        growing.take(text[start : start + pieces])
    return shown


def test_each_value_holds_more_than_the_one_before():
    value = {"a": "grüß dich", "b": [1, 25, {"c": True}], "d": None, "e": -1.5e3, "f": "x"}
    shown = grown(json.dumps(value, ensure_ascii=False))
    assert shown[-1] == {**value, "e": -1500.0}
    assert {"a": "grüß"} in shown
    assert all(part.get("b", [1])[:1] in ([], [1]) for part in shown)
    assert not any(part.get("b", [0, 25])[1:2] == [2] for part in shown), "a number is shown when it is whole"
    assert [list(part) for part in shown] == sorted((list(part) for part in shown), key=len)
    assert all(before != after for before, after in pairwise(shown))


def test_what_is_no_json_shows_nothing():
    assert grown("I cannot say.") == []
    assert grown('```json\n{"a": "b"}')[-1] == {"a": "b"}


def test_a_long_answer_is_not_read_over_and_over():
    assert len(grown(json.dumps({"text": "word " * 4000}))) < 600


@BOTH
@pytest.mark.parametrize("kind", [Verdict, Open, list[Verdict]], ids=["closed", "open", "list"])
def test_a_typed_answer_grows_to_what_the_node_gives(provider, kind):
    watcher = Watcher()
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    value = with_llm(
        lambda ctx: complete_as(
            ctx, "v", [model(provider)], output=adapter, messages=says("I was charged"), stream=True
        ),
        watcher,
    )
    assert watcher.grown[-1] == ("v", value)
    assert len(watcher.grown) > 3
    assert watcher.tokens == []


@BOTH
def test_a_typed_answer_may_begin_anew(provider):
    """What was shown is no promise: the model is asked again, and another one after it."""
    watcher = Watcher()
    models = [model(provider, "cut-4"), model(provider, "nonsense-1")]
    value = with_llm(
        lambda ctx: complete_as(ctx, "v", models, output=VERDICT, messages=says("I was charged"), stream=True), watcher
    )
    assert watcher.grown[-1] == ("v", value)


@BOTH
@pytest.mark.parametrize(
    ("name", "kind"), [("cut-4", "connection"), ("error-4", "http"), ("nonsense", "invalid_output")]
)
def test_a_typed_stream_that_fails_is_an_error(provider, name, kind):
    watcher = Watcher()
    asked = [model(provider, name)]
    error = fails(
        lambda ctx: complete_as(ctx, "v", asked, output=VERDICT, messages=says("I was charged"), stream=True), watcher
    )
    assert error.kind == kind


@BOTH
@pytest.mark.parametrize(
    ("question", "answers"), [("The app shows an error after login", "technical"), ("A poem", "usual")]
)
def test_a_cheap_model_chooses_who_answers(provider, question, answers, caplog):
    caplog.set_level(logging.INFO, "app")
    route = ByModel(model(provider, "small"), {"technical": ("something is broken", model(provider, "technical"))})
    answer = with_llm(lambda ctx: complete(ctx, "a", [model(provider, "usual")], messages=says(question), route=route))
    assert answer["model"] == answers
    chosen = [record.fields["choice"] for record in caplog.records if record.getMessage() == "model chosen"]
    assert chosen == ["technical" if answers == "technical" else "other"]


@BOTH
@pytest.mark.parametrize("name", ["fail-500", "refuse", "nonsense", "slow-3000"])
def test_the_usual_model_answers_when_the_choice_fails(provider, name):
    route = ByModel(model(provider, name), {"technical": ("something is broken", model(provider, "technical"))})
    models = [model(provider, "usual")]
    answer = with_llm(
        lambda ctx: complete(ctx, "a", models, messages=says("The app shows an error"), route=route, timeout=1.0)
    )
    assert answer["model"] == "usual"
