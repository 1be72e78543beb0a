"""The models of `triggers`: what starts a run."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from catalyst.diagnostics import Located, did_you_mean
from catalyst.spec.cron import BadCron, check_cron
from catalyst.spec.fields import AsTuple, RawMap, SpecModel, Text, exactly_one, model_schema, short_or_long
from catalyst.spec.names import NAME_SCHEMA, name_problem
from catalyst.spec.problems import Reader, kind_of, problem
from catalyst.spec.tree import LocatedMap
from catalyst.spec.units import Rate

_SEGMENT = re.compile(r"[A-Za-z0-9._~-]+|\{[^{}/]*\}")
_LONGEST_PATH = 200
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}\Z")
NOT_YET = ("webhook", "websocket", "queue", "chat", "form")
AVAILABLE = ("http", "schedule")


def path_parameters(path: str) -> tuple[str, ...]:
    """The names in braces of an HTTP path, in order."""
    return tuple(re.findall(r"\{([^{}/]*)\}", path))


def path_shape(path: str) -> str:
    """The path without the names of its parameters: two paths of one shape answer the same requests."""
    return re.sub(r"\{[^{}/]*\}", "{}", path)


def _read_path(value: Any) -> str:
    if not isinstance(value, str):
        raise problem("E142", f"a path is text, this is {kind_of(value)}")
    if not value.startswith("/"):
        raise problem("E144", "a path starts with `/`", help="for example /api/v1/search/{id}")
    if len(value) > _LONGEST_PATH:
        raise problem("E144", f"a path has at most {_LONGEST_PATH} characters")
    position = 1
    for segment in value[1:].split("/"):
        _check_segment(value, segment, position)
        position += len(segment) + 1
    names = path_parameters(value)
    if len(set(names)) != len(names):
        raise problem("E144", "a parameter stands twice in this path", help="give each parameter a name of its own")
    return value


def _check_segment(path: str, segment: str, start: int) -> None:
    end = start + max(1, len(segment))
    if segment == "" and path != "/":
        raise problem("E144", "a path has no empty part", help="remove the extra `/`", part=(start - 1, start))
    if segment in (".", ".."):
        raise problem("E144", f"`{segment}` cannot be part of a path", part=(start, end))
    if segment and not _SEGMENT.fullmatch(segment):
        help_text = "use letters, digits, `-`, `_`, `.`, `~`, or a whole part in braces such as {id}"
        raise problem(
            "E144",
            "this part of the path has a character that cannot stand there",
            help=help_text,
            part=(start, end),
        )
    wrong = name_problem(segment[1:-1]) if segment.startswith("{") else None
    if wrong is not None:
        raise problem(wrong[0], wrong[1], help=wrong[2], part=(start, end))


def _read_cron(value: Any) -> str:
    if not isinstance(value, str):
        raise problem("E142", f"a cron expression is text, this is {kind_of(value)}", help='for example "0 6 * * *"')
    try:
        check_cron(value)
    except BadCron as wrong:
        raise problem("E247", str(wrong), help=wrong.help, part=(wrong.start, wrong.end)) from wrong
    return value


def _read_timezone(value: Any) -> str:
    if not isinstance(value, str):
        raise problem("E142", f"a time zone is text, this is {kind_of(value)}", help="for example Europe/Madrid")
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as wrong:
        label = did_you_mean(value, available_timezones())
        shown = value if value.isprintable() and len(value) < 60 else ascii(value)[:60]
        raise problem(
            "E248", f"there is no time zone `{shown}`", help="for example UTC or Europe/Madrid", label=label
        ) from wrong
    return value


def _read_header(value: Any) -> str:
    if not isinstance(value, str) or not _HEADER.match(value):
        raise problem("E144", "this is not the name of a header", help="for example X-API-Key")
    return str(value)


def _read_method(value: Any) -> Any:
    return Located(value.upper(), value.span) if isinstance(value, Located) else value


_CRON_SCHEMA = {"type": "string", "pattern": r"^\s*\S+(\s+\S+){4}\s*$", "examples": ["0 6 * * *", "*/15 * * * mon-fri"]}

HttpPath = Annotated[Located, Reader(_read_path, {"type": "string", "pattern": "^/"})]
Cron = Annotated[Located, Reader(_read_cron, _CRON_SCHEMA)]
TimeZone = Annotated[Located, Reader(_read_timezone, {"type": "string", "examples": ["UTC", "Europe/Madrid"]})]
Header = Annotated[str, Reader(_read_header, {"type": "string", "examples": ["X-API-Key"]})]
Method = Annotated[Literal["GET", "POST", "PUT", "PATCH", "DELETE"], BeforeValidator(_read_method)]


def _read_secret(value: Any) -> str:
    wrong = (
        name_problem(value)
        if isinstance(value, str)
        else ("E142", f"the name of a secret is wanted, this is {kind_of(value)}", "")
    )
    if wrong is not None:
        raise problem(wrong[0], wrong[1], help=wrong[2])
    return str(value)


SecretName = Annotated[str, Reader(_read_secret, NAME_SCHEMA)]


class ApiKeyAuth(SpecModel):
    """A key in a header, compared with a secret."""

    header: Header = Field(default="X-API-Key", description="The header that carries the key.")
    secret: SecretName = Field(default="API_KEY", description="Name of the secret that holds the key.")


class BearerAuth(SpecModel):
    """`Authorization: Bearer`, compared with a secret."""

    secret: SecretName = Field(default="BEARER_TOKEN", description="Name of the secret that holds the token.")


class BasicAuth(SpecModel):
    """`Authorization: Basic`, compared with two secrets."""

    user: SecretName = Field(default="BASIC_USER", description="Name of the secret that holds the user's name.")
    password: SecretName = Field(default="BASIC_PASSWORD", description="Name of the secret that holds the password.")


class Auth(SpecModel):
    """Who may call: exactly one of these."""

    model_config = ConfigDict(json_schema_extra=exactly_one("api_key", "bearer", "basic"))

    api_key: ApiKeyAuth | None = Field(default=None, description="A key in a header.")
    bearer: BearerAuth | None = Field(default=None, description="A bearer token.")
    basic: BasicAuth | None = Field(default=None, description="User and password.")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the secrets that it reads."""
        if self.api_key is not None:
            return (self.api_key.secret,)
        if self.bearer is not None:
            return (self.bearer.secret,)
        return (self.basic.user, self.basic.password) if self.basic is not None else ()


_AUTH_KINDS = ("none", "api_key", "bearer", "basic")


def _as_auth(value: Any) -> Any:
    """`auth: bearer` is short for `auth: {bearer: {}}`."""
    if value is None or value == "none":
        return None
    if isinstance(value, str):
        if value not in _AUTH_KINDS:
            label = did_you_mean(value, _AUTH_KINDS)
            raise problem(
                "E143",
                f"`{value[:40]}` is not a kind of auth",
                help="it can be: " + ", ".join(_AUTH_KINDS),
                label=label,
            )
        return {value: {}}
    if isinstance(value, LocatedMap) and len(value) != 1:
        raise problem("E144", "`auth` has exactly one kind", help="for example auth: {bearer: {secret: API_TOKEN}}")
    return _without_none(value)


def _without_none(value: Any) -> Any:
    """`{http: }` means `{http: {}}`."""
    if not isinstance(value, LocatedMap) or all(item is not None for item in value.values()):
        return value
    copy = LocatedMap(value.span)
    for key, item in value.items():
        span = value.value_spans[key]
        copy.put(
            key if isinstance(key, Located) else Located(key, span), LocatedMap(span) if item is None else item, span
        )
    return copy


StreamEvent = Literal["partial", "token", "object", "tool_call", "tool_result", "event", "done", "error"]
STREAM_EVENTS: tuple[StreamEvent, ...] = get_args(StreamEvent)


class HttpTrigger(SpecModel):
    """An HTTP request starts a run and gets its result."""

    method: Method = Field(default="POST", description="The HTTP method.")
    path: HttpPath | None = Field(
        None, description="The path, with parameters in braces; /api/v1/<name>/execute if not given."
    )
    auth: Annotated[Auth | None, short_or_long(_as_auth, {"enum": list(_AUTH_KINDS)}, model_schema("Auth"))] = Field(
        None, description="Who may call: none, api_key, bearer or basic."
    )
    rate_limit: Rate | None = Field(default=None, description="Most requests of one client, such as 100/minute.")
    events: Annotated[tuple[StreamEvent, ...], AsTuple] | None = Field(
        None, description="The stream events that clients may see; all when not given."
    )
    status: Annotated[int, Field(ge=200, le=299)] = Field(default=200, description="Status of a successful answer.")
    summary: Text | None = Field(default=None, description="Title in the API's documentation.")
    description: Text | None = Field(default=None, description="Text in the API's documentation.")


class ScheduleTrigger(SpecModel):
    """Time starts a run."""

    cron: Cron = Field(description="minute hour day-of-month month day-of-week.")
    timezone: TimeZone | None = Field(
        None, description="Name of the time zone, such as Europe/Madrid; UTC if not given."
    )
    overlap: Literal["skip", "queue", "allow"] = Field(
        "skip", description="What happens when the last run still goes on."
    )
    input: RawMap | None = Field(default=None, description="The input of each run.")


class Trigger(SpecModel):
    """One entry of `triggers`: exactly one kind."""

    model_config = ConfigDict(json_schema_extra=exactly_one("http", "schedule"))

    http: HttpTrigger | None = Field(default=None, description="Start a run with an HTTP request.")
    schedule: ScheduleTrigger | None = Field(default=None, description="Start a run by the clock.")

    @model_validator(mode="after")
    def _one_kind(self) -> Trigger:
        if (self.http is None) == (self.schedule is None):
            raise problem("E144", "a trigger has exactly one kind", help="for example - http: {path: /search}")
        return self


def as_trigger(value: Any) -> Any:
    """`http` is short for `{http: {}}`; kinds that do not exist yet are named as such."""
    kinds = [value] if isinstance(value, str) else list(value) if isinstance(value, dict) else []
    for kind in kinds:
        if kind in NOT_YET:
            raise problem(
                "E245", f"the trigger `{kind}` is not available yet", help=f"available are: {', '.join(AVAILABLE)}"
            )
    if isinstance(value, str):
        if value not in AVAILABLE:
            label = did_you_mean(value, AVAILABLE)
            raise problem(
                "E143",
                f"there is no trigger `{value[:40]}`",
                help=f"available are: {', '.join(AVAILABLE)}",
                label=label,
            )
        return {value: {}}
    return _without_none(value)


TriggerShape = Annotated[Trigger, short_or_long(as_trigger, {"enum": list(AVAILABLE)}, model_schema("Trigger"))]
