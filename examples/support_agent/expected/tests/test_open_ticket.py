"""The workflow open_ticket, called as its clients call it."""

from pydantic import TypeAdapter

from app.workflows.open_ticket import OPEN_TICKET


def test_what_starts_it_gives_valid_input() -> None:
    for given in [{"number": 1, "problem": "problem"}]:
        TypeAdapter(OPEN_TICKET.input_type).validate_python(given)
