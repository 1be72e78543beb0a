"""Data held against a JSON Schema: what its formats ask for."""

import pytest

from templates.runtime.json_schema import JsonSchema


@pytest.mark.parametrize(
    ("format_", "fits", "does_not"),
    [
        ("date", "2024-02-29", "2024-02-30"),
        ("date-time", "2024-02-29T10:00:00.5Z", "2024-02-29T10:00:00"),
        ("date-time", "2024-02-29t23:59:59+05:30", "2024-02-29T24:61:00Z"),
        ("email", "ada@example.com", "ada"),
        ("ipv4", "127.0.0.1", "127.0.0.256"),
        ("ipv6", "::1", ":::1"),
        ("uuid", "8f14e45f-ceea-467f-9f1e-0242ac130003", "8f14e45f"),
    ],
)
def test_formats(format_: str, fits: str, does_not: str) -> None:
    schema: JsonSchema[object] = JsonSchema({"format": format_})
    assert schema.problems(fits) == schema.problems(7) == []
    assert [each["problem"] for each in schema.problems(does_not)] == [f"should be of the format {format_}"]


def test_other_formats_are_notes() -> None:
    assert JsonSchema[object]({"format": "colour"}).problems("?") == []
