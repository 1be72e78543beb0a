"""`validate` with models such as a node type brings: unions, lists, nested maps."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from catalyst.spec.fields import SpecModel, Text
from catalyst.spec.load import load_tree
from catalyst.spec.units import Duration
from catalyst.spec.validate import validate


class Bearer(SpecModel):
    bearer: Text


class Basic(SpecModel):
    user: Text
    password: Text


class Settings(SpecModel):
    url: Text
    method: Literal["GET", "POST"] = "GET"
    auth: Bearer | Basic | None = None
    wait: Duration | None = None
    count: Annotated[int, Field(ge=1)] | Literal["all"] = 1
    parts: list[Basic] | dict[str, Bearer] = Field(default_factory=list[Basic])


def check(text: str) -> list[tuple[str, int, str, str]]:
    tree, found = load_tree(text, "f")
    assert found == []
    _, found = validate(Settings, tree, filename="f", what="node `a`")
    return [(item.code, item.column, item.message, item.label) for item in found]


def test_right() -> None:
    tree, _ = load_tree("{url: x, auth: {user: a, password: b}, wait: 5s, count: all, parts: {k: {bearer: t}}}", "f")
    made, found = validate(Settings, tree, filename="f", what="node `a`")
    assert found == []
    assert made is not None
    assert made.wait == 5.0
    assert made.url.span.column == 7


def test_unknown_and_missing() -> None:
    assert check("{urgent: x}") == [
        ("E141", 1, "`url` is missing in node `a`", ""),
        ("E140", 2, "unknown key `urgent` in node `a`", ""),
    ]
    assert check("{ulr: x}") == [("E140", 2, "unknown key `ulr` in node `a`", "did you mean `url`?")]


def test_one_error_for_a_union_of_maps() -> None:
    assert check("{url: x, auth: {user: a, pasword: b}}") == [
        ("E140", 26, "unknown key `pasword` in `auth`", "did you mean `password`?")
    ]


def test_one_error_for_a_union_of_scalars() -> None:
    assert check("{url: x, count: al}") == [("E143", 17, "`al` is not a value of `count`", "did you mean `all`?")]
    assert check("{url: x, count: 0}") == [("E144", 17, "`count` must be at least 1", "")]
    assert len(check("{url: x, count: [1]}")) == 1
    assert len(check("{url: x, auth: 5}")) == 1
    assert len(check("{url: x, parts: 5}")) == 1


def test_inside_of_the_form_that_was_meant() -> None:
    assert check("{url: x, parts: [{user: a, password: 3}]}") == [
        ("E142", 38, "text is wanted here, this is a number", "")
    ]
    assert check("{url: x, parts: {k: {bearer: 3}}}") == [("E142", 30, "text is wanted here, this is a number", "")]


def test_words_are_plain() -> None:
    text = "{url: 1, method: get, auth: [], wait: 5, count: x, parts: x}"
    messages = " ".join(message for _, _, message, _ in check(text))
    for word in ("Input", "valid", "instance", "dictionary", "literal", "str_type", "type="):
        assert word not in messages
