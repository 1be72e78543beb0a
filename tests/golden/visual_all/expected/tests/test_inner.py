"""The workflow inner, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.inner import INNER


def test_what_starts_it_gives_valid_input() -> None:
    for given in [{"n": 1}]:
        TypeAdapter(INNER.input_type).validate_python(given)
