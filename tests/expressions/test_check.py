"""What the checker says: where, in which words, and what it lets through."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import BOOL, INT, NUMBER, STR, FieldType, ListType, ObjectType, StrType, Type, nullable
from tests.expressions.support import SCOPE, compile_text, record


def found(source: str, **options: object) -> list[str]:
    return compile_text(source, **options).codes  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "help_or_label"),
    [
        ("{{ inputs.query }}", "did you mean `input`?"),
        ("{{ search.items }}", "did you mean `nodes.search.output`?"),
        ("{{ query }}", "did you mean `input.query`?"),
        ("{{ model }}", "did you mean `vars.model`?"),
        ("{{ nodes.serch.output }}", "did you mean `search`?"),
        ("{{ nodes.search.total }}", "write nodes.search.output.total"),
        ("{{ input.qeury }}", "did you mean `query`?"),
        ("{{ input.query | uppr }}", "did you mean `upper`?"),
        ("{{ input.query | toUpperCase }}", "write upper"),
        ("{{ input.query.toUpperCase() }}", "x | upper"),
        ("{{ input.tags.length }}", "write `| length`"),
        ("{{ input.tags | map(t => t.length) }}", "write `| length`"),
        ("{{ nodes.search.output.items.title }}", "`| map(x => x.title)`"),
        ("{{ input.limit + 1 }}", "add `?? 0`"),
        ("{{ input.id && 1 }}", "use 'and'"),
        ("{{ input.id || 1 }}", "use 'or'"),
        ("{{ !input.flag }}", "use 'not'"),
        ("{{ input.id === 7 }}", "write =="),
        ("{{ input.id !== 7 }}", "write !="),
        ("{{ input.flag ? 1 : 2 }}", "ternary is 'a if cond else b'"),
        ("{{ `a` }}", "join with `~`"),
        ("{{ $json.name }}", "nodes.<id>.output.name"),
        ("{{ $('Get User').item.json.name }}", "write nodes.get_user.output.name"),
        ('{{ $node["Get User"].json.name }}', "write nodes.get_user.output.name"),
        ("{{ $env.KEY }}", "write env.KEY"),
        ("{{ input.query?.() }}", "methods cannot be called"),
        ("${{ github.event }}", "GitHub Actions"),
        ("{{#start.query#}}", "nodes.<id>.output.<field>"),
        ("{{#if x}}", "a if condition else b"),
        ("{{{ input.query }}}", "write two braces"),
        ("{% for x in y %}", "`map` node"),
        ("{{- input.query -}}", "use the filter trim"),
        ("{{ - input.query - }}", "without `-`"),
        ("{{ f(x => x) }}", "map(x => x.name)"),
        ("{{ now(x => x) }}", "map(x => x.name)"),
        ("{{ [x for x in input.tags] }}", "only expressions stand here"),
        ("{{ input.kind == 'opne' }}", "did you mean `open`?"),
        ("{{ env('X') }}", "write env.NAME"),
        ("{{ len(input.tags) }}", "write value | length"),
        ("${{ steps.search.outputs.items }}", "write nodes.search.output.items"),
        ("{{ inputs.me.name }}", "write input.me.name"),
        ("{{ input.rows?.[0] }}", "list?[0]"),
        ("{{ Math.max(1, 2) }}", "write max(a, b)"),
        ("{{ Math.round(1.5) }}", "write x | round"),
        ("{{ JSON.stringify(input.data) }}", "write x | json"),
        ("{{ new Date() }}", "write now()"),
        ("{{ input.query =~ 'a' }}", "is matching("),
        ("{{ input.query contains 'a' }}", "'part' in x"),
        ("{{ input.query startsWith 'a' }}", "is startswith("),
        ("{{ toJSON(input.data) }}", "write value | json"),
        ("{{ is_defined(input.query) }}", "write value is defined"),
        ("{{ {x: 1} }}", "stand in quotes"),
        ("{{ (1, 2) }}", "a list is written [a, b]"),
        ("{{ input.when.year }}", "date('YYYY')"),
        ("{{ input.query.upper }}", "write `| upper`"),
        ("{{ input.query if input.flag }}", "a condition needs else"),
    ],
)
def test_habits_are_answered_with_the_right_spelling(source: str, help_or_label: str) -> None:
    errors = compile_text(source).errors
    assert errors
    assert any(help_or_label in f"{error.help} {error.label}" for error in errors), errors


def test_all_errors_of_a_template_are_reported() -> None:
    assert found("{{ input.a }} {{ b }} {{ input.limit + 1 }} {{ 'a' - 1 }}") == ["E202", "E201", "E204", "E205"]


@pytest.mark.parametrize(
    "source",
    [
        "{{ input.user is not none and input.user.name }}",
        "{{ input.user.name if input.user is defined else 'x' }}",
        "{{ 'x' if input.user is none else input.user.name }}",
        "{{ 'x' if not input.user else input.user.name }}",
        "{{ input.user and input.user.name }}",
        "{{ not input.user or input.user.name }}",
        "{{ input.user is none or input.user.name }}",
        "{{ input.limit != none and input.limit > 3 }}",
        "{{ input.limit == 3 and input.limit > 2 }}",
        "{{ input.user and input.flag and input.user.age and input.user.age > 3 }}",
        "{{ (input.user and input.flag) and input.user.name }}",
        "{{ input.user?.age is not none and input.user.age > 3 }}",
        "{{ nodes.judge.output and nodes.judge.output.score > 0.5 }}",
    ],
)
def test_conditions_narrow(source: str) -> None:
    assert compile_text(source).errors == []


@pytest.mark.parametrize(
    "source",
    [
        "{{ input.user or input.user.name }}",
        "{{ input.user.name if input.flag else 'x' }}",
        "{{ input.user.name if input.user or input.flag else 'x' }}",
        "{{ input.user.name and input.user }}",
        "{{ input.limit + 1 if input.user else 0 }}",
        "{{ [input.user is not none, input.user.name] }}",
    ],
)
def test_conditions_that_say_nothing_narrow_nothing(source: str) -> None:
    assert "E204" in found(source)


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        # Of an optional input and a skipped node `defined` says that it is there; of a field only that the key is.
        ("{{ input.user is defined and input.user.name }}", []),
        ("{{ input.limit + 1 if input.limit is defined else 0 }}", []),
        ("{{ 0 if input.limit is undefined else input.limit + 1 }}", []),
        ("{{ nodes.judge.output.score if nodes.judge.output is defined else 0 }}", []),
        ("{{ input.me.nick | upper if input.me.nick is defined else '' }}", []),
        ("{{ input.me.age + 1 if input.me.age is defined else 0 }}", ["E204"]),
        ("{{ input.me.age + 1 if input.me.age is not none else 0 }}", []),
        ("{{ nodes.judge.output.reason | upper if nodes.judge.output.reason is defined else '' }}", ["E204"]),
        ("{{ nodes.judge.output.score + 1 if nodes.judge.output.reason is defined else 0 }}", []),
    ],
)
def test_defined_says_that_the_key_is_there(source: str, codes: list[str]) -> None:
    assert found(source) == codes


def test_conditions_around_a_place_are_known_there() -> None:
    given = replace(SCOPE, given=frozenset({"limit", "user"}))
    assert compile_text("{{ input.limit + 1 }} {{ input.user.name }}", given).codes == []
    assert compile_text("{{ input.limit ?? 1 }}", given).codes == ["W203"]
    assert compile_text("{{ input.user.age + 1 }}", given).codes == ["E204"]
    assert compile_text("{{ input.note | upper }}", given).codes == ["E204"]


@pytest.mark.parametrize(
    ("source", "sink", "help_"),
    [
        ("/users/{{ input.note }}", Sink.URL, "`?? 'unknown'`"),
        ("/users/{{ input.limit }}", Sink.URL, "`?? 0`"),
        ("/users/{{ input.note ?? '' }}", Sink.URL, '`if: "{{ input.note is not none }}"`'),
        ("/users?q={{ input.note }}", Sink.URL, "`?? 'all'`"),
        ("{{ input.note }}", Sink.QUERY, "`?? 'all'`"),
        ("{{ input.note }}", Sink.HEADER, "`?? 'unknown'`"),
        ("{{ input.note | default | slug }}", Sink.FILENAME, None),
        ("{{ input.me.nick }}", Sink.QUERY, '`if: "{{ input.me.nick is not none }}"`'),
    ],
)
def test_a_value_that_may_be_none_gets_help_for_its_place(source: str, sink: Sink, help_: str | None) -> None:
    compiled = compile_text(source, sink=sink)
    assert [error.code for error in compiled.errors] == (["E401"] if help_ else [])
    assert all(help_ in (error.help or "") and "?? ''" not in (error.help or "") for error in compiled.errors if help_)


@pytest.mark.parametrize("source", ["/x/{{ input.note ?? '' }}", "/x/{{ input.note | default }}"])
def test_an_empty_fallback_is_none_in_a_path(source: str) -> None:
    assert found(source, sink=Sink.URL) == ["E401"]
    assert found(source.replace("/x/", "/x?q="), sink=Sink.URL) == []
    assert found(source, sink=Sink.QUERY) == []


def test_every_secret_of_a_text_is_reported() -> None:
    source = "{{ secrets.TOKEN }} {{ input.nothing }} {{ secrets.TOKEN ~ 'x' }} {{ input.limit }}"
    assert found(source, sink=Sink.URL) == ["E202", "E301", "E301", "E401"]
    assert found("{{ secrets.TOKEN ?? secrets.TOKEN }}") == ["E301", "E301"]
    assert found("{{ secrets.TOKEN + secrets.TOKEN }}") == ["E301", "E301"]


@pytest.mark.parametrize(
    ("source", "expected", "codes"),
    [
        ("{{ input.id }}", INT, []),
        ("{{ input.id }}", NUMBER, []),
        ("{{ input.query }}", INT, ["E206"]),
        ("{{ input.limit }}", INT, ["E204"]),
        ("{{ input.limit }}", nullable(INT), []),
        ("{{ input.id }}", STR, ["E206"]),
        ("{{ input.id }} x", STR, []),
        ("{{ input.data }}", INT, []),
        ("{{ input.flag and input.id > 3 }}", BOOL, []),
        ("{{ 'a' if input.flag else 'b' }}", StrType(("a", "b", "c")), []),
        ("{{ 'a' if input.flag else 'd' }}", StrType(("a", "b", "c")), ["E206"]),
        ("{{ input.tags }}", ListType(INT), ["E206"]),
        ("{{ [] }}", ListType(INT), []),
        ("{{ {'n': input.id} }}", ObjectType((("n", FieldType(INT)),), "N"), []),
        ("{{ {'n': input.query} }}", ObjectType((("n", FieldType(INT)),), "N"), ["E206"]),
    ],
)
def test_the_setting_says_what_it_takes(source: str, expected: Type, codes: list[str]) -> None:
    assert found(source, expected=expected) == codes


@pytest.mark.parametrize(
    ("source", "sink", "codes"),
    [
        ("/users/{{ input.id }}", Sink.URL, []),
        ("/users/{{ input.limit }}", Sink.URL, ["E401"]),
        ("/users/{{ input.tags }}", Sink.URL, ["E402"]),
        ("/users/{{ input.me }}", Sink.PATH, ["E402"]),
        ("/users/{{ secrets.TOKEN }}", Sink.URL, ["E301"]),
        ("{{ input.limit }}", Sink.QUERY, ["E401"]),
        ("{{ secrets.TOKEN }}", Sink.QUERY, ["E301"]),
        ("Bearer {{ secrets.TOKEN }}", Sink.HEADER, []),
        ("{{ secrets.TOKEN | base64 }}", Sink.AUTH, []),
        ("{{ 'u:' ~ secrets.TOKEN | base64 }}", Sink.HEADER, []),
        ("{{ secrets.TOKEN }}", Sink.SECRET_SETTING, []),
        ("{{ input.limit }}", Sink.HEADER, ["E401"]),
        ("{{ input.tags }}", Sink.HEADER, ["E402"]),
        *(("{{ secrets.TOKEN }}", sink, ["E301"]) for sink in (Sink.OUTPUT, Sink.LOG, Sink.PROMPT, Sink.SYSTEM)),
        *(("{{ secrets.TOKEN }}", sink, ["E301"]) for sink in (Sink.ERROR, Sink.RESPONSE, Sink.CACHE_KEY, Sink.TEXT)),
        ("{{ input.query | hmac_sha256(secrets.TOKEN) }}", Sink.OUTPUT, []),
        ("{{ input.query }}.txt", Sink.FILENAME, ["E403"]),
        ("{{ input.query | slug }}.txt", Sink.FILENAME, []),
        ("Be brief. {{ vars.model }}", Sink.SYSTEM, []),
        ("Be brief. {{ input.query }}", Sink.SYSTEM, ["W401"]),
        ("Be brief. {{ nodes.search.output.total }}", Sink.SYSTEM, ["W401"]),
        ("{{ input.limit }}", Sink.TEXT, []),
    ],
)
def test_sinks_have_rules(source: str, sink: Sink, codes: list[str]) -> None:
    assert found(source, sink=sink) == codes


def test_a_dollar_before_the_only_hole() -> None:
    [warning] = compile_text("${{ input.limit }}").diagnostics
    assert (warning.code, warning.severity) == ("W109", "warning")
    assert warning.help is not None
    ways = re.findall(r"\{\{.*?\}\}", warning.help)
    assert ways[0] == "{{ input.limit }}"
    assert len(ways) == 2
    for quiet in (*ways, "${{ input.limit }} each", "US${{ input.limit }}", "${input.limit}", "$ {{ input.limit }}"):
        assert found(quiet) == [], quiet


@pytest.mark.parametrize(
    "source",
    [
        "{{ secrets.TOKEN == 'a' }}",
        "{{ secrets.TOKEN | upper }}",
        "{{ [secrets.TOKEN] }}",
        "{{ {'t': secrets.TOKEN} }}",
        "{{ secrets.TOKEN ?? 'x' }}",
        "{{ secrets.TOKEN[0] }}",
        "{{ secrets.TOKEN[0:2] }}",
        "{{ 1 if secrets.TOKEN else 2 }}",
        "{{ not secrets.TOKEN }}",
        "{{ secrets.TOKEN is string }}",
        "{{ input.tags | map(t => secrets.TOKEN) }}",
        "{{ input.query | replace('a', secrets.TOKEN) }}",
        "{{ (secrets.TOKEN ~ 'x') | length }}",
        "{{ secrets.TOKEN in input.tags }}",
        "{{ secrets.TOKEN | default('x') }}",
        "{{ secrets.TOKEN + 'x' }}",
        "{{ input.flag and secrets.TOKEN }}",
        "{{ min(secrets.TOKEN, 'a') }}",
    ],
)
def test_secrets_do_not_leave_their_place(source: str) -> None:
    assert "E301" in found(source, sink=Sink.HEADER)


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        ("{{ input.limit ?? 3 | abs }}", ["W201"]),
        ("{{ input.limit ?? (3 | abs) }}", []),
        ("{{ input.id ?? 3 }}", ["W203"]),
        ("{{ input.flag and input.query }} x", ["W202"]),
        ("{{ input.flag and input.id > 3 }} x", []),
    ],
)
def test_lints(source: str, codes: list[str]) -> None:
    assert found(source) == codes


def test_loop_names() -> None:
    loop = record(index=INT, state=record(n=INT, items=ListType(STR)))
    scope = SCOPE.with_locals(loop=loop, item=record("Item", title=STR), index=INT)
    assert compile_text("{{ loop.state.n + 1 }}", scope).python == "loop_state_n + 1"
    assert compile_text("{{ loop.state.items | length }}", scope).python == "len(loop_state_items)"
    assert compile_text("{{ loop.index + index }} {{ item.title }}", scope).errors == []
    assert compile_text("{{ loop.state.m }}", scope).codes == ["E202"]
    assert compile_text("{{ loop.idx }}", scope).codes == ["E202"]
    assert compile_text("{{ item.titel }}", scope).codes == ["E202"]


def test_the_state_of_a_loop_cannot_double_unnoticed() -> None:
    scope = SCOPE.with_locals(loop=record(index=INT, state=record(n=INT, s=STR, l=ListType(INT))))
    for source, helper in {
        "{{ loop.state.n * loop.state.n }}": "multiply",
        "{{ loop.state.s + loop.state.s }}": "add",
        "{{ loop.state.l + loop.state.l }}": "add",
        "{{ loop.state.s ~ loop.state.s }}": "concat",
        "{{ loop.state.s }}{{ loop.state.s }}": "concat",
    }.items():
        assert helper in compile_text(source, scope).helpers, source
