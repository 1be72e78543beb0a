"""`rate_limit`: let callers pass no faster than a limit allows; in this process, or over Redis in all.

Never more than `limit` pass within any stretch of `window`, or one every `min_interval`. Nodes with the same `key`
and the same limit share it, in all flows of the project. Who waits is served in the order of coming; who is cancelled
gives its turn back. With `REDIS_URL` declared and set, all processes share the limit, by the clock of Redis.

The node's `timeout` is the longest wait. When the turn comes later than that, the node fails at once with a problem 429
that has `Retry-After`, and takes no turn; a `try` catches it as `rate-limit` or `429`. `mode: reject` does not wait at
all; `mode: tell` neither waits nor fails, and the flow decides by `allowed` of the output:
`{allowed, waited_ms, retry_after_ms}`.

When Redis does not answer, `if_down: closed` fails with a problem 503 and `if_down: open` lets everybody pass. One that
is there and silent is waited for once, for a second or what the variable `REDIS_PATIENCE` says, and then left alone for
some seconds at a time.

Python of your own in `lib/` has the same: `await RateLimiter().acquire("crm", 100)` of `app.runtime.rate_limiter` waits
for its turn, one every 100 ms, and gives the milliseconds that it waited.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from catalyst.expressions.types import BOOL, INT, NUMBER, FieldType, ObjectType
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.durations import PeriodExpr
from catalyst.nodes.settings import Expr, KeyExpr, Params, Slot
from catalyst.nodes.stores import REDIS_URL, check_connection, store
from catalyst.spec.problems import problem

_MOST = 100_000

PASSAGE = ObjectType(
    (("allowed", FieldType(BOOL)), ("waited_ms", FieldType(NUMBER)), ("retry_after_ms", FieldType(NUMBER))),
    "rate_limiter.Passage",
)


class RateLimitParams(Params):
    """Settings of `rate_limit`."""

    key: KeyExpr | None = Field(
        default=None, description="What is limited, such as a user or a service; this node when not given."
    )
    limit: Annotated[Expr, Slot(INT, within=(1, _MOST))] | None = Field(
        default=None, description=f"How many may pass within `window`, 1 to {_MOST:,}."
    )
    window: PeriodExpr | None = Field(default=None, description="Within which time.")
    min_interval: PeriodExpr | None = Field(
        default=None, description="The least time between two that pass; instead of `limit` and `window`."
    )
    mode: Literal["wait", "reject", "tell"] = Field(
        default="wait", description="What happens to those who may not pass yet: they wait, fail, or are told so."
    )
    if_down: Literal["open", "closed"] = Field(
        default="closed", description="Whether everybody may pass, or nobody, when Redis does not answer."
    )
    connection: str = Field(default=REDIS_URL, description="The secret with the address of Redis.")

    @model_validator(mode="after")
    def one_limit(self) -> Self:
        """`limit` and `window`, or `min_interval`."""
        given = {"limit", "window", "min_interval"} & self.stated
        if given not in ({"limit", "window"}, {"min_interval"}):
            raise problem("E481", "give `limit` and `window`, or `min_interval` alone")
        return self


def check(params: RateLimitParams, site: Site) -> None:
    """The address is in a declared secret."""
    check_connection(params.connection, site)


def emit(params: RateLimitParams, scribe: Scribe) -> None:
    """One call."""
    function = scribe.use("rate_limiter", "pass_limit")
    wait = scribe.time_limit if params.mode == "wait" else 0.0
    options = [f"longest_wait={wait!r}"]
    options += ["tell=True"] if params.mode == "tell" else []
    options += ["open_when_down=True"] if params.if_down == "open" else []
    call = f"{function}(ctx, {store(scribe, params.connection)}, {_limit(params, scribe)}, {', '.join(options)})"
    scribe.returns(f"await {call}", PASSAGE)


def _limit(params: RateLimitParams, scribe: Scribe) -> str:
    """The limit; numbers that are computed are looked at when they are there."""
    # Nodes of different flows do not meet by chance.
    key = scribe.text(params.key) if params.key is not None else f"f'{{ctx.workflow}}.{scribe.node_id}'"
    count, seconds = params.limit, params.window or params.min_interval
    assert seconds is not None
    numbers = [scribe.expr(count) if count is not None else "1", scribe.expr(seconds)]
    if seconds.is_constant and (count is None or count.is_constant):
        return f"{scribe.use('store', 'Limit')}({key}, {', '.join(numbers)})"
    return f"{scribe.use('rate_limiter', 'limit_of')}({key}, {', '.join(numbers)})"


NODE = NodeType(
    kind="call",
    params=RateLimitParams,
    output=lambda params, site: PASSAGE,
    check=check,
    emit=emit,
    default_timeout=30.0,
    own_timeout=True,
    example="""\
catalyst: 1
name: rate_limit_example
secrets: {REDIS_URL: {required: false}}
input: {user: string}
nodes:
  paced: {type: rate_limit, with: {key: crm, min_interval: 20ms}, timeout: 5s}
  asked:
    type: rate_limit
    with: {key: "user:{{ input.user }}", limit: 100, window: 1m, mode: tell}
  answer:
    type: set
    needs: [paced]
    with: {value: "{{ 'welcome' if nodes.asked.output.allowed else 'later' }}"}
output: {answer: "{{ nodes.answer.output }}"}
""",
    example_input={"user": "ada"},
)
