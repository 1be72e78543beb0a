"""YAML events, from libyaml where it is there and from Python otherwise.

Both parsers come with PyYAML. The quick one only says yes or no: when it finds an error, the file is read again by the
Python one, so results and messages are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, cast

import yaml
from yaml.events import Event, StreamEndEvent
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner


class Mark(Protocol):
    """A place in the text, from 0, in characters."""

    index: int
    line: int
    column: int


class EventSource(Protocol):
    """What both parsers offer."""

    def get_event(self) -> Event | None:
        """The next event; raises `yaml.MarkedYAMLError` for a file that is not YAML."""


class PythonParser(Reader, Scanner, Parser):
    """The parser in Python, which treats tabs between tokens as libyaml does."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def scan_to_next_token(self) -> None:
        """Skip spaces, comments and line ends; tabs too where they cannot be indentation."""
        while True:
            while self.peek() == " " or (self.peek() == "\t" and (self.flow_level or not self.allow_simple_key)):
                self.forward()
            if self.peek() == "#":
                while self.peek() not in "\0\r\n":
                    self.forward()
            if not self.scan_line_break():  # type: ignore[no-untyped-call]
                return
            if not self.flow_level:
                self.allow_simple_key = True


def quick_parser(text: str) -> EventSource:
    """libyaml's parser, or the Python one where libyaml is missing."""
    if yaml.__with_libyaml__:
        from yaml import cyaml  # noqa: PLC0415  (the module exists only together with libyaml)

        return cast(EventSource, cyaml.CParser(text))  # type: ignore[attr-defined]
    return PythonParser(text)


def events_of(parser: EventSource) -> Iterator[Event]:
    """All events of a file; raises `yaml.MarkedYAMLError`."""
    while True:
        event = parser.get_event()
        if event is None:
            return
        yield event
        if isinstance(event, StreamEndEvent):
            return


def start_of(event: Event) -> Mark:
    """Where an event starts."""
    return event.start_mark  # type: ignore[return-value]  # every event of a parser has both marks


def end_of(event: Event) -> Mark:
    """Where an event ends."""
    return event.end_mark  # type: ignore[return-value]
