"""`redis`: values, counters, hashes, lists, messages and locks in Redis, or in memory where no Redis is set.

The address is in the secret `REDIS_URL` (`redis://`, `rediss://`, `unix://`). A flow that does not declare it, or that
declares it as optional and gets none, keeps everything in memory of the process: the same operations with the same
meaning, until the process ends. Values are JSON data. Give `output:` beside `type` to say of what type a value is; it
is checked when it is read, and `?` behind the type says that it may be missing.

| operation | settings | output |
|---|---|---|
| `get` | `key` | the value, none when there is none |
| `set` | `key`, `value`, `ttl`, `nx` | whether it was written |
| `delete` | `key` or `keys` | how many there were |
| `incr` | `key`, `by` | the sum |
| `expire` | `key`, `ttl` | whether there is such a key |
| `hget` | `key`, `field` | the value, none when there is none |
| `hset` | `key`, `field` and `value`, or `fields` | how many fields are new |
| `lpush` | `key`, `value` | how long the list is now |
| `rpop` | `key` | the last value, none when there is none |
| `lrange` | `key`, `start`, `stop` | the values |
| `publish` | `channel`, `value` | how many listen |
| `lock` | `key`, `ttl`, `wait` | `{token, fence, waited_ms}`; 409, `locked`, when another holds it |
| `unlock` | `key`, `token` | whether it was still held |

A lock ends by itself after `ttl`, whatever becomes of its holder. Put the work into a `try` and `unlock` under its
`finally`. The `fence` grows with each who takes the lock: give it to what you write to, and let that refuse a
smaller one than it has seen, so that a holder that was too slow does no harm.

What is safe to do twice is tried again when Redis does not answer; `incr`, `lpush`, `rpop`, `publish`, `lock` and `set`
with `nx` are not, unless the node's own `retry` says so. At the end it is a problem 503.
"""

from typing import Annotated, Any, Literal, NamedTuple, Self, get_args

from pydantic import Field, model_validator

from catalyst.diagnostics import listing
from catalyst.expressions.types import (
    ANY,
    BOOL,
    INT,
    NUMBER,
    OPEN_OBJECT,
    STR,
    FieldType,
    ListType,
    ObjectType,
    Type,
    accepts,
    describe,
)
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.durations import DurationExpr, PeriodExpr
from catalyst.nodes.settings import Expr, IntExpr, KeyExpr, Params, ShapeSlot, Slot
from catalyst.nodes.stores import REDIS_URL, check_connection, store
from catalyst.spec.problems import problem

Operation = Literal[
    "get",
    "set",
    "delete",
    "incr",
    "expire",
    "hget",
    "hset",
    "lpush",
    "rpop",
    "lrange",
    "publish",
    "lock",
    "unlock",
]

LOCK = ObjectType(
    (("token", FieldType(STR)), ("fence", FieldType(INT)), ("waited_ms", FieldType(NUMBER))), "redis_node.Lock"
)


class _Rule(NamedTuple):
    """What an operation takes and gives."""

    function: str
    """In the runtime's `redis_node`."""
    needs: tuple[str, ...]
    may: tuple[str, ...]
    gives: Type
    safe: bool = False
    """Whether it may be done twice."""


_RULES: dict[str, _Rule] = {
    "get": _Rule("get_value", ("key",), (), ANY, safe=True),
    "set": _Rule("set_value", ("key", "value"), ("ttl", "nx"), BOOL, safe=True),
    "delete": _Rule("delete_keys", (), ("key", "keys"), INT, safe=True),
    "incr": _Rule("add_to", ("key",), ("by",), INT),
    "expire": _Rule("expire_key", ("key", "ttl"), (), BOOL, safe=True),
    "hget": _Rule("get_field", ("key", "field"), (), ANY, safe=True),
    "hset": _Rule("set_fields", ("key",), ("field", "value", "fields"), INT, safe=True),
    "lpush": _Rule("push_value", ("key", "value"), (), INT),
    "rpop": _Rule("pop_value", ("key",), (), ANY),
    "lrange": _Rule("list_values", ("key",), ("start", "stop"), ListType(ANY), safe=True),
    "publish": _Rule("publish", ("channel", "value"), (), INT),
    "lock": _Rule("take_lock", ("key", "ttl"), ("wait",), LOCK),
    "unlock": _Rule("release_lock", ("key", "token"), (), BOOL, safe=True),
}
_ONE_OF = {"delete": ("key", "keys"), "hset": ("field", "fields")}
"""Operations that need exactly one of two settings."""
_COMMON = frozenset({"operation", "connection"})


class RedisParams(Params):
    """Settings of `redis`."""

    operation: Operation = Field(description="What is done.")
    key: KeyExpr | None = Field(default=None, description="The key; the name of a lock.")
    keys: Annotated[Any, ShapeSlot(type=ListType(STR))] = Field(default=None, description="Several keys to delete.")
    channel: KeyExpr | None = Field(default=None, description="Where a message is sent to.")
    value: Annotated[Any, ShapeSlot()] = Field(default=None, description="What is kept, added or sent: JSON data.")
    field: KeyExpr | None = Field(default=None, description="The field of a hash.")
    fields: Annotated[Any, ShapeSlot(type=OPEN_OBJECT)] = Field(
        default=None, description="Several fields of a hash, name to value."
    )
    by: IntExpr | None = Field(default=None, description="How much to add; 1 if not given.")
    ttl: PeriodExpr | None = Field(default=None, description="How long it is kept; a lock is held no longer.")
    nx: bool = Field(default=False, description="Whether to write only when there is no such key yet.")
    start: IntExpr | None = Field(default=None, description="The first position; 0 if not given.")
    stop: IntExpr | None = Field(
        default=None, description="The last position, included; -1, the end, if not given. Negative ones count back."
    )
    wait: DurationExpr | None = Field(default=None, description="How long to wait for a lock that another holds.")
    token: Annotated[Expr, Slot(STR)] | None = Field(default=None, description="The `token` that `lock` gave.")
    connection: str = Field(default=REDIS_URL, description="The secret with the address.")

    @model_validator(mode="after")
    def fits_the_operation(self) -> Self:
        """An operation has what it needs and nothing that it would not look at."""
        rule, given = _RULES[self.operation], self.stated | ({"value"} & self.model_fields_set)
        given -= _COMMON
        needs: tuple[str, ...] = rule.needs
        if self.operation in _ONE_OF:
            one, other = _ONE_OF[self.operation]
            if (one in given) == (other in given):
                raise problem("E480", f"`{self.operation}` takes one of `{one}` and `{other}`")
            needs += ("value",) if "field" in given else ()
        missing = [name for name in needs if name not in given]
        if missing:
            raise problem("E480", f"`{self.operation}` needs {listing(missing)}")
        extra = sorted(given - {*needs, *rule.may} | ({"value"} & given if "fields" in given else set()))
        if extra:
            takes = listing([*rule.needs, *rule.may])
            raise problem("E480", f"`{self.operation}` does not take {listing(extra)}", help=f"it takes {takes}")
        return self


def output(params: RedisParams, site: Site) -> Type:
    """By the operation; a value is of the type that the node's `output:` says, else anything."""
    gives = _RULES[params.operation].gives
    return site.declared if site.declared is not None and _is_open(gives) else gives


def _is_open(type_: Type) -> bool:
    return type_ == ANY or type_ == ListType(ANY)


def check(params: RedisParams, site: Site) -> None:
    """The address is in a declared secret; keys are text; a lock is not waited for longer than the node may take."""
    given = site.shape_type(params.keys) if params.keys is not None else ListType(STR)
    if not accepts(ListType(STR), given):
        message = f"`keys` is {describe(ListType(STR))}, this is {describe(given)}"
        site.found.error("E206", message, site.span_of("keys"))
    check_connection(params.connection, site)
    wait, most = params.wait, site.time_limit
    if wait is not None and wait.is_constant and most is not None and wait.constant >= most:
        message = f"the lock is waited for {wait.constant:g} s, but the node may take {most:g} s and ends before"
        site.found.warning("W480", message, site.span_of("wait"), help="give the node a longer `timeout`")


def emit(params: RedisParams, scribe: Scribe) -> None:
    """One call."""
    rule = _RULES[params.operation]
    function = scribe.use("redis_node", rule.function)
    arguments = ["ctx", store(scribe, params.connection), *_arguments(params, scribe)]
    # Values come out of the store as anything, so they are checked against the declared type.
    scribe.returns(f"await {function}({', '.join(arguments)})", ANY if _is_open(rule.gives) else rule.gives)


def _arguments(params: RedisParams, scribe: Scribe) -> list[str]:
    found: list[str] = []
    for text in (params.key, params.channel, params.field if params.operation == "hget" else None):
        found += [scribe.text(text)] if text is not None else []
    found += [scribe.shape(params.keys)] if params.keys is not None else []
    if params.operation == "hset":
        found.append(_fields(params, scribe))
    elif "value" in params.model_fields_set:
        found.append(scribe.shape(params.value))
    found += [scribe.expr(params.token)] if params.token is not None else []
    if params.ttl is not None:
        found.append(f"ttl={scribe.expr(params.ttl)}" if params.operation == "set" else scribe.expr(params.ttl))
    for name in ("by", "start", "stop", "wait"):
        value: Expr | None = getattr(params, name)
        found += [f"{name}={scribe.expr(value)}"] if value is not None else []
    return [*found, "only_new=True"] if params.nx else found


def _fields(params: RedisParams, scribe: Scribe) -> str:
    """The fields of a hash as a dict."""
    if params.field is None:
        return scribe.shape(params.fields)
    return f"{{{scribe.text(params.field)}: {scribe.shape(params.value)}}}"


assert set(_RULES) == set(get_args(Operation))

NODE = NodeType(
    kind="call",
    params=RedisParams,
    output=output,
    check=check,
    emit=emit,
    safe_to_repeat=lambda params: _RULES[params.operation].safe and not params.nx,
    example="""\
catalyst: 1
name: redis_example
secrets: {REDIS_URL: {required: false}}
input: {user: string}
types: {Profile: {name: string, visits: integer}}
nodes:
  visits: {type: redis, with: {operation: incr, key: "visits:{{ input.user }}"}}
  door: {type: redis, with: {operation: lock, key: "profile:{{ input.user }}", ttl: 30s, wait: 5s}}
  work:
    type: try
    needs: [door]
    do:
      kept:
        type: redis
        with:
          operation: set
          key: "profile:{{ input.user }}"
          value: {name: "{{ input.user }}", visits: "{{ nodes.visits.output }}"}
          ttl: 1h
      read:
        type: redis
        needs: [kept]
        output: Profile
        with: {operation: get, key: "profile:{{ input.user }}"}
    finally:
      undone:
        type: redis
        with: {operation: unlock, key: "profile:{{ input.user }}", token: "{{ nodes.door.output.token }}"}
output: {profile: "{{ nodes.work.output }}", fence: "{{ nodes.door.output.fence }}"}
""",
    example_input={"user": "ada"},
)
