"""What `catalyst bench` asks of a service: which workflow, which of its routes, and the request itself."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from catalyst.commands.problems import FLOW_IS_WRONG, CommandProblem
from catalyst.diagnostics import did_you_mean, listing
from catalyst.graph.calls import Call, call_of
from catalyst.graph.examples import example_input
from catalyst.graph.model import Route, Workflow
from catalyst.measure.exchange import Answer, Request

_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Target:
    """The request that is sent again and again."""

    workflow: Workflow
    route: Route
    call: Call
    headers: Mapping[str, str]
    made_up: bool
    """Whether the input is an example that was made from the flow's types."""

    def request(self, port: int) -> Request:
        """The request to the service on that port."""
        query = urlencode(self.call.query, doseq=True, quote_via=quote)
        url = f"http://127.0.0.1:{port}{self.call.path}{'?' if query else ''}{query}"
        body = json.dumps(self.call.body, separators=(",", ":"), ensure_ascii=False) if self.call.sends_body else ""
        return Request(url, self.call.method, body.encode("utf-8"), self.headers)

    def check_first(self, answer: Answer) -> None:
        """Raise `CommandProblem` when the service takes no such request: there would be nothing to measure.

        What a node answers with, and failures of other services, can be measured.
        """
        problem = problem_in(answer)
        if not problem or "node" in problem or not 400 <= answer.status < 500 or answer.status == _TOO_MANY:
            return
        whose = "the example that was made for this flow" if self.made_up else "this input"
        lines = [f"{error.get('field') or 'input'}: {error.get('message', '')}" for error in problem.get("errors", ())]
        advice = ["give an input that the flow takes: --input JSON|@FILE"] if self.made_up else []
        raise CommandProblem(
            f"the service refuses {whose}: {problem.get('title')} ({answer.status})",
            help="\n".join([*lines, *advice]) or None,
            code=FLOW_IS_WRONG,
        )


def target_of(
    workflow: Workflow, route: str | None, given: str | None, environment: Mapping[str, str], *, stream: bool
) -> Target:
    """The request for a workflow. Raises `CommandProblem` when there is no such route, or no request for it."""
    chosen = _route(workflow, route)
    if stream and not workflow.stream:
        advice = "write `stream: true` at a field of its output"
        raise CommandProblem(f"the flow `{workflow.name}` does not stream", help=advice)
    values = example_input(workflow) if given is None else json.loads(given)
    if not isinstance(values, dict):
        raise CommandProblem("the input has to be a JSON object")
    call = call_of(workflow, chosen, values)
    headers = {**call.headers, **_signature(chosen, {**os.environ, **environment})}
    if call.sends_body:
        headers["content-type"] = "application/json"
    if stream:
        headers["accept"] = "text/event-stream"
    _check_headers(headers)
    return Target(workflow, chosen, call, headers, given is None)


def problem_in(answer: Answer) -> dict[str, Any]:
    """The problem document of an answer; empty when it has none."""
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return {}
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _route(workflow: Workflow, wanted: str | None) -> Route:
    """The route of that path, or of that method and path; the first one if nothing is wanted."""
    routes = workflow.routes
    if not routes:
        advice = "only flows with an `http` trigger can be called"
        raise CommandProblem(f"the flow `{workflow.name}` has no route", help=advice)
    if wanted is None:
        return routes[0]
    method, _, path = wanted.strip().rpartition(" ")
    found = [each for each in routes if each.path == path and method.strip().upper() in ("", each.method)]
    if not found:
        shown = [f"{each.method} {each.path}" for each in routes]
        advice = did_you_mean(wanted, shown) or f"there are: {listing(shown)}"
        raise CommandProblem(f"the flow `{workflow.name}` has no route `{wanted}`", help=advice)
    return found[0]


def _signature(route: Route, values: Mapping[str, str]) -> dict[str, str]:
    """The headers that prove who calls, made from the secrets that the service itself reads; all of them are set."""
    if not route.auth:
        return {}
    kind, parts = next(iter(route.auth.items()))
    if kind == "basic":
        pair = f"{values[parts['user']]}:{values[parts['password']]}"
        return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode("ascii")}
    # A secret may hold several keys, separated by commas.
    key = values[parts["secret"]].split(",")[0].strip()
    return {"authorization": f"Bearer {key}"} if kind == "bearer" else {parts["header"]: key}


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        if not all(char == "\t" or ("\x20" <= char <= "\xff" and char != "\x7f") for char in value):
            raise CommandProblem(f"the value for the header `{name}` cannot stand in one")
