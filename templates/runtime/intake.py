"""From a request to a workflow's input: reads the body within bounds, checks it strictly, converts the parameters.

The body is JSON and is taken as it is: `"5"` is no integer. Path, query and header values are always text and are
converted (`parameters.py`). Errors of all places come together, as one 422.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from pydantic import TypeAdapter, ValidationError
from starlette.types import Message, Receive, Scope

from .guard import ClientGone
from .parameters import ParameterReader
from .problems import RequestError, invalid, merged
from .quick_json import DOUBTS, quick_reader
from .schemas import schema_of
from .soundness import refuse_unsound, shape_of
from .workflow import HttpTrigger, Workflow

# Parameters mean nothing to JSON, but for an encoding, which can only be UTF-8.
_JSON_TYPE = re.compile(
    r"application/(?:json|[a-z0-9.!#$&^_-]{1,100}\+json)\s*"
    r"(?:;(?!\s*charset\s*=)[^;]*|;\s*charset\s*=\s*\"?(?:utf-?8|us-ascii)\"?\s*)*",
    re.IGNORECASE,
)
_MAX_QUERY_FIELDS = 1000
_MAX_DIGITS = 15


class Intake:
    """Reads and checks the input of one trigger."""

    def __init__(self, workflow: Workflow, trigger: HttpTrigger, max_body: int) -> None:
        self.max_body = max_body
        self._digits = len(str(max_body))
        self._sources = dict(trigger.parameters)
        self._parameters = TypeAdapter(trigger.parameters_type) if trigger.parameters_type is not None else None
        self._reader = ParameterReader(self._parameters.json_schema() if self._parameters is not None else {})
        body_type = trigger.body_type if trigger.body_type is not None or self._sources else workflow.input_type
        self.body_type = body_type
        self.reads_body = body_type is not None
        self._body = BodyReader(TypeAdapter(body_type)) if body_type is not None else None

    def needs_body(self) -> bool:
        """Whether a request without a body cannot be right: it stands for an empty object."""
        return self.body_type is not None and bool(TypeAdapter(self.body_type).json_schema().get("required"))

    def parameters(self) -> list[dict[str, Any]]:
        """The OpenAPI description of what comes from the path, the query and headers."""
        if self._parameters is None:
            return []
        schema = schema_of(self._parameters)
        required = schema.get("required", ())
        found = []
        for field, source in self._sources.items():
            own = dict(schema["properties"][field])
            entry = {"name": _wire_name(field, source), "in": source, "required": source == "path" or field in required}
            if "description" in own:
                entry["description"] = own.pop("description")
            found.append({**entry, "schema": own})
        return found

    def expect(self, scope: Scope) -> bytes:
        """What can be said before the body is there; gives its content type. Raises RequestError (413, 415)."""
        media_type = b""
        for name, value in scope["headers"]:
            if name == b"content-type":
                media_type = value
            elif name == b"content-length" and len(value) >= self._digits:
                if len(value) > _MAX_DIGITS or int(value) > self.max_body:
                    raise _too_large(self.max_body)
            elif name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
                raise _compressed()
        return media_type

    def take(self, scope: Scope, path_values: Mapping[str, str], media_type: bytes, body: bytes) -> Any:
        """The checked input; an empty body stands for an empty object. Raises RequestError (400, 415, 422)."""
        if media_type != b"application/json" and body and not _JSON_TYPE.fullmatch(media_type.decode("latin-1")):
            raise RequestError("The body has to be application/json", kind="media-type", status=415)
        if self._body is None:
            return self._check_parameters(scope, path_values)
        if self._parameters is None:
            return self._body.read(body or b"{}")
        given: dict[str, Any] = {}
        problems: list[RequestError] = []
        try:
            given.update(self._check_parameters(scope, path_values))
        except RequestError as problem:
            problems.append(problem)
        try:
            given.update(self._body.read(body or b"{}"))
        except RequestError as problem:
            if problem.status != 422:
                raise
            problems.append(problem)
        if problems:
            raise merged(problems)
        return given

    def _check_parameters(self, scope: Scope, path_values: Mapping[str, str]) -> dict[str, Any]:
        if self._parameters is None:
            return {}
        values = self._collect(scope, path_values)
        try:
            checked: dict[str, Any] = self._parameters.validate_python(values, strict=True)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            places: dict[str, list[Any]] = {}
            for entry in found:
                places.setdefault(self._sources.get(str(entry["loc"][0]), "query"), []).append(entry)
            raise merged([invalid(entries, place) for place, entries in places.items()]) from None
        return checked

    def _collect(self, scope: Scope, path_values: Mapping[str, str]) -> dict[str, Any]:
        """The parameters that were sent, as values or as lists of values."""
        query: dict[str, list[str]] = {}
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        for name, value in pairs[:_MAX_QUERY_FIELDS]:
            query.setdefault(name, []).append(value)
        headers: dict[str, list[str]] = {}
        for raw_name, raw_value in scope["headers"]:
            headers.setdefault(raw_name.decode("latin-1"), []).append(raw_value.decode("latin-1"))
        found: dict[str, Any] = {}
        for field, source in self._sources.items():
            if source == "path":
                sent = [path_values[field]] if field in path_values else []
            else:
                sent = (query if source == "query" else headers).get(_wire_name(field, source), [])
            if sent:
                found[field] = self._reader.read(field, sent)
        return found


async def read_body(receive: Receive, limit: int, message: Message) -> bytes:
    """The whole body, of which `message` is the first part.

    Raises RequestError (413) once it is longer than `limit` bytes, ClientGone when it stops.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return b"".join(chunks)
        message = await receive()


def _too_large(limit: int) -> RequestError:
    detail = f"at most {limit} bytes"
    return RequestError("The body is too large", kind="too-large", status=413, detail=detail)


def _compressed() -> RequestError:
    headers = (("accept-encoding", "identity"),)
    return RequestError("The body must not be compressed", kind="media-type", status=415, headers=headers)


class BodyReader:
    """Reads JSON bodies of one type."""

    def __init__(self, adapter: TypeAdapter[Any]) -> None:
        # The core validator: the adapter's own method costs as much again for a small body.
        self._validate = adapter.validator.validate_json
        self._quick = quick_reader(adapter)
        self._shape = shape_of(adapter)

    def read(self, raw: bytes) -> Any:
        """The body as checked data.

        Raises RequestError: 400 when it is no JSON, 422 when it is not what was asked for.
        """
        try:
            data = self._quick(raw) if self._quick is not None else self._read_carefully(raw)
        except DOUBTS:
            data = self._read_carefully(raw)
        refuse_unsound(raw, data, self._shape)
        return data

    def _read_carefully(self, raw: bytes) -> Any:
        try:
            return self._validate(raw)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
        if found[0]["type"] == "json_invalid" and "number out of range" in found[0]["msg"]:
            # Good JSON, but an integer of thousands of digits.
            raise invalid([{"loc": (), "msg": "Input has too many digits", "type": "too_large"}], "body")
        if found[0]["type"] == "json_invalid":
            raise RequestError("The body is not valid JSON", kind="json", status=400, detail=found[0]["msg"])
        raise invalid(found, "body")


def _wire_name(field: str, source: str) -> str:
    return field.replace("_", "-").lower() if source == "header" else field
