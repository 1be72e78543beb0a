"""What a workflow's HTTP route is called with: values of its input, each where the route wants it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from catalyst.graph.model import Route, Workflow

_BODYLESS = ("GET", "DELETE")


@dataclass(frozen=True, slots=True)
class Call:
    """A request by its parts, without what proves who calls."""

    method: str
    path: str
    """Percent-encoded, with its parameters filled in."""
    query: Mapping[str, str | list[str]]
    """A list stands for a parameter that comes several times."""
    headers: Mapping[str, str]
    body: Mapping[str, Any] | None
    """None for a route that takes no body."""

    @property
    def sends_body(self) -> bool:
        """Whether a body goes along: an empty one does without where HTTP does not expect any."""
        return self.body is not None and (bool(self.body) or self.method not in _BODYLESS)


def call_of(workflow: Workflow, route: Route, given: Mapping[str, Any]) -> Call:
    """The call that gives the workflow this input; what the path needs and is not given has its default, else 1."""
    path = route.path
    for fact in workflow.input_facts:
        if route.locations.get(fact.name) == "path":
            default = "1" if fact.default is None else fact.default
            path = path.replace("{" + fact.name + "}", quote(as_text(given.get(fact.name, default)), safe=""))
    placed = {name: route.locations.get(name, "body") for name in given}
    takes_body = any(route.locations.get(fact.name, "body") == "body" for fact in workflow.input_facts)
    body = {name: value for name, value in given.items() if placed[name] == "body"}
    return Call(
        route.method,
        path,
        {name: _in_query(value) for name, value in given.items() if placed[name] == "query"},
        {name.replace("_", "-"): as_text(value) for name, value in given.items() if placed[name] == "header"},
        body if takes_body or not route.locations else None,
    )


def _in_query(value: Any) -> str | list[str]:
    return [as_text(each) for each in value] if isinstance(value, list) else as_text(value)


def as_text(value: Any) -> str:
    """A value as it stands in a URL or a header."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
