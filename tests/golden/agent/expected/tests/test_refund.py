"""The workflow refund, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.refund import REFUND


def test_what_starts_it_gives_valid_input() -> None:
    for given in [{"number": 1}]:
        TypeAdapter(REFUND.input_type).validate_python(given)
