"""Durations, sizes, rates, types, cron expressions and names, one by one."""

from __future__ import annotations

import pytest

from catalyst.diagnostics import Span
from catalyst.spec.cron import BadCron, check_cron
from catalyst.spec.names import check_names, name_problem, usable_name
from catalyst.spec.typetext import (
    ArrayType,
    BadType,
    MapOfType,
    NamedType,
    OptionalType,
    RecordField,
    RecordType,
    SimpleType,
    TypeText,
    names_in,
    parse_type,
)
from catalyst.spec.units import RateLimit, parse_duration, parse_rate, parse_size

STRING = SimpleType("string")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("200ms", 0.2),
        ("10s", 10.0),
        ("1.5s", 1.5),
        ("5m", 300.0),
        ("24h", 86400.0),
        ("7d", 604800.0),
        ("1h30m", 5400.0),
        ("PT10S", 10.0),
        ("PT1H30M", 5400.0),
        ("P1D", 86400.0),
        ("P1W", 604800.0),
        ("PT0.5S", 0.5),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "10", "s", "10 s", "-1s", "10x", "P", "PT", "1e3s", "400d", "P1Y", "\u0661s", "1s "]
)
def test_not_durations(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|longer"):
        parse_duration(text)


def test_sizes() -> None:
    assert [parse_size(text) for text in ("64KB", "10MB", "1 GiB", "1.5kb", "7B")] == [65536, 10485760, 2**30, 1536, 7]
    for text in ("", "10", "10XB", "-1KB", "KB"):
        with pytest.raises(ValueError, match="not a size"):
            parse_size(text)


def test_rates() -> None:
    assert parse_rate("100/minute") == RateLimit(100, 60.0)
    assert parse_rate("5/s") == RateLimit(5, 1.0)
    assert parse_rate("20/10s") == RateLimit(20, 10.0)
    assert parse_rate("1 / hour") == RateLimit(1, 3600.0)
    for text in ("", "100", "100/fortnight", "0/minute", "5/0s", "100 per minute", "-1/s", "5/ms"):
        with pytest.raises(ValueError, match="rate"):
            parse_rate(text)


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("string", STRING),
        ("array<string>", ArrayType(STRING)),
        ("string[]", ArrayType(STRING)),
        ("string[][]", ArrayType(ArrayType(STRING))),
        ("string?", OptionalType(STRING)),
        ("string[]?", OptionalType(ArrayType(STRING))),
        ("string?[]", ArrayType(OptionalType(STRING))),
        ("string??", OptionalType(STRING)),
        ("map<array<Verdict>>", MapOfType(ArrayType(NamedType("Verdict")))),
        ("array", ArrayType(SimpleType("any"))),
        (" array < string > ", ArrayType(STRING)),
        (
            "{a: string, b?: Verdict[]}",
            RecordType((RecordField("a", STRING), RecordField("b", ArrayType(NamedType("Verdict")), required=False))),
        ),
        ("{}", RecordType(())),
    ],
)
def test_types(text: str, type_: TypeText) -> None:
    assert parse_type(text) == type_


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("", 0, 1),
        ("array<", 6, 7),
        ("array<string", 12, 13),
        ("str", 0, 3),
        ("array<int>", 6, 9),
        ("string string", 7, 13),
        ("string!", 6, 7),
        ("{a string}", 3, 9),
        ("{a: string, a: string}", 12, 13),
        ("<string>", 0, 1),
        ("3", 0, 1),
    ],
)
def test_not_types(text: str, start: int, end: int) -> None:
    with pytest.raises(BadType) as wrong:
        parse_type(text)
    assert (wrong.value.start, wrong.value.end) == (start, end)


def test_types_are_read_in_bounded_depth() -> None:
    with pytest.raises(BadType, match="too deeply"):
        parse_type("array<" * 5000 + "string")


def test_names_in_a_type() -> None:
    assert [name.name for name in names_in(parse_type("map<{a: A, b: B[]?}>"))] == ["A", "B"]


@pytest.mark.parametrize(
    "text",
    [
        *("* * * * *", "0 6 * * *", "*/15 0-6 1,15 jan-mar mon-fri", "0 0 29 2 *", "5/10 * * * *", "0 0 31 * MON"),
        "0  6 * *\t*",
    ],
)
def test_cron(text: str) -> None:
    check_cron(text)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("", 0, 1),
        ("* * * *", 0, 7),
        ("* * * * * *", 0, 11),
        ("@daily", 0, 6),
        ("60 * * * *", 0, 2),
        ("* 25 * * *", 2, 4),
        ("* * 0 * *", 4, 5),
        ("* * * foo *", 6, 9),
        ("* * * * 8", 8, 9),
        ("*/0 * * * *", 2, 3),
        ("10-5 * * * *", 0, 4),
        ("1,,2 * * * *", 2, 3),
        ("1,x * * * *", 2, 3),
        ("0 0 30 2 *", 4, 8),
        ("0 0 31 4,6 *", 4, 10),
        ("-1 * * * *", 0, 2),
    ],
)
def test_not_cron(text: str, start: int, end: int) -> None:
    with pytest.raises(BadCron) as wrong:
        check_cron(text)
    assert (wrong.value.start, wrong.value.end) == (start, end)


@pytest.mark.parametrize("name", ["a", "A1", "_x", "match", "print", "x" * 63])
def test_names(name: str) -> None:
    assert name_problem(name) is None


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "1a",
            "a-b",
            "a b",
            "a.b",
            "é",
            "\uff45\uff56\uff41\uff4c",
            "class",
            "None",
            "await",
            "_",
            "__",
            "__init__",
            "x" * 64,
        ),
        *("a\nimport os", "a\0", "a\ud800", "a\u202e"),
    ],
)
def test_not_names(name: str) -> None:
    assert name_problem(name) is not None


def test_better_names() -> None:
    assert [usable_name(text) for text in ("order-intake", "2nd", "class", "***", "Ünï x")] == [
        *("order_intake", "_2nd", "class_", "", "n_x"),
    ]


def test_names_that_meet() -> None:
    found = check_names(["a_b", "A_B", "a_b_", "c"], "node id", Span.start_of("f"))
    assert [item.code for item in found] == ["E240", "E240"]
