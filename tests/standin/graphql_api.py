"""A small GraphQL service over the people of the JSON API: arguments, variables, aliases, lists in pages, errors.

    type Query    { person(id: Int!): Person  broken: String
                    people(topic: String, first: Int, after: String): People! }
    type Mutation { addNote(person: Int!, text: String!): Note! }
    type Person   { the fields of `data/people.json` }
    type People   { nodes: [Person!]!  totalCount: Int!  pageInfo: {hasNextPage endCursor} }

A field that there is not is an error without data; `person` of an unknown id is none with an error beside the data.
`?fail=N` answers 503 to the first N calls of each `key`.
"""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .json_api import PEOPLE

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\.\.\.|[$@]?\w+|-?\d+|[{}()\[\]:!=]')
_COMMENT = re.compile(r"#[^\n]*")
Selection = list[tuple[str, str, dict[str, Any], Any]]


class Refused(Exception):
    """The document is wrong as a whole."""


class Reader:
    """Reads the selections of the first operation of a document."""

    def __init__(self, document: str, variables: dict[str, Any]) -> None:
        self.tokens = _TOKEN.findall(_COMMENT.sub("", document))
        self.variables = variables
        self.at = 0

    def take(self, wanted: str | None = None) -> str:
        if self.at >= len(self.tokens) or (wanted is not None and self.tokens[self.at] != wanted):
            raise Refused("GRAPHQL_PARSE_FAILED")
        self.at += 1
        return str(self.tokens[self.at - 1])

    def next_is(self, token: str) -> bool:
        return self.at < len(self.tokens) and self.tokens[self.at] == token

    def operation(self) -> tuple[str, Selection]:
        kind = "query" if self.next_is("{") else self.take()
        while not self.next_is("{"):
            self.take()
        return kind, self.selection()

    def selection(self) -> Selection:
        self.take("{")
        fields: Selection = []
        while not self.next_is("}"):
            name = alias = self.take()
            if self.next_is(":"):
                self.take(":")
                name = self.take()
            arguments = self.arguments() if self.next_is("(") else {}
            fields.append((alias, name, arguments, self.selection() if self.next_is("{") else None))
        self.take("}")
        return fields

    def arguments(self) -> dict[str, Any]:
        self.take("(")
        found = {}
        while not self.next_is(")"):
            name = self.take()
            self.take(":")
            found[name] = self.value()
        self.take(")")
        return found

    def value(self) -> Any:
        token = self.take()
        if token.startswith("$"):
            return self.variables.get(token[1:])
        if token.startswith('"'):
            return token[1:-1]
        words = {"true": True, "false": False, "null": None}
        return words[token] if token in words else int(token)


class Run:
    """One execution: its data, and the errors beside them."""

    def __init__(self, notes: list[dict[str, Any]]) -> None:
        self.notes = notes
        self.errors: list[dict[str, Any]] = []

    def root(self, kind: str, selection: Selection) -> dict[str, Any]:
        fields: dict[str, Any] = {"query": self.queries, "mutation": self.mutations}[kind]()
        data = {}
        for alias, name, arguments, inner in selection:
            if name not in fields:
                raise Refused("GRAPHQL_VALIDATION_FAILED")
            data[alias] = self.shown(fields[name](alias, arguments), inner)
        return data

    def queries(self) -> dict[str, Any]:
        return {"person": self.person, "people": self.people, "broken": self.broken}

    def mutations(self) -> dict[str, Any]:
        return {"addNote": self.add_note}

    def shown(self, value: Any, selection: Selection | None) -> Any:
        if isinstance(value, list):
            return [self.shown(each, selection) for each in value]
        if not isinstance(value, dict):
            return value
        if selection is None or any(name not in value for _, name, _, _ in selection):
            raise Refused("GRAPHQL_VALIDATION_FAILED")
        return {alias: self.shown(value[name], inner) for alias, name, _, inner in selection}

    def person(self, alias: str, arguments: dict[str, Any]) -> Any:
        found = next((each for each in PEOPLE if each["id"] == arguments.get("id")), None)
        if found is None:
            self.error(alias, "NOT_FOUND", f"nobody has the id {arguments.get('id')}")
        return found

    def people(self, alias: str, arguments: dict[str, Any]) -> Any:
        topic = arguments.get("topic")
        found = [each for each in PEOPLE if topic is None or each["topic"] == topic]
        start = int(arguments.get("after") or 0)
        nodes = found[start : start + (arguments.get("first") or len(found))]
        end = start + len(nodes)
        info = {"hasNextPage": end < len(found), "endCursor": str(end) if nodes else None}
        return {"nodes": nodes, "totalCount": len(found), "pageInfo": info}

    def broken(self, alias: str, arguments: dict[str, Any]) -> Any:
        self.error(alias, "INTERNAL", "something secret went wrong")

    def add_note(self, alias: str, arguments: dict[str, Any]) -> Any:
        note = {"id": len(self.notes) + 1, "person": arguments.get("person"), "text": arguments.get("text")}
        self.notes.append(note)
        return note

    def error(self, alias: str, code: str, message: str) -> None:
        self.errors.append({"message": message, "path": [alias], "extensions": {"code": code}})


async def endpoint(request: Request) -> Response:
    asked = await request.json()
    failed, key = request.app.state.flaky, request.query_params.get("key", "")
    if "fail" in request.query_params:
        failed[key] += 1
        if failed[key] <= int(request.query_params["fail"]):
            return JSONResponse({"detail": "not yet"}, 503)
    run = Run(request.app.state.notes)
    try:
        kind, selection = Reader(asked["query"], asked.get("variables") or {}).operation()
        data = run.root(kind, selection)
    except Refused as refused:
        return JSONResponse({"errors": [{"message": "no", "extensions": {"code": str(refused)}}]})
    return JSONResponse({"data": data, **({"errors": run.errors} if run.errors else {})})
