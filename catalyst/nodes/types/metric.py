"""`metric`: count something of your own; `/metrics` shows it to Prometheus beside the numbers of the service."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from catalyst.diagnostics import listing
from catalyst.expressions.sinks import Sink
from catalyst.expressions.types import ANY, NONE, NUMBER
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.settings import Expr, Params, Slot
from catalyst.spec.problems import problem

Kind = Literal["counter", "gauge", "histogram"]

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_TAKEN = ("workflow_", "process_", "python_")
"""How the names of the service's own metrics begin."""
_ENDINGS = ("_total", "_created", "_bucket", "_sum", "_count", "_info")
"""Endings that Prometheus' text format gives to the series of a metric."""
_FUNCTIONS: dict[Kind, str] = {"counter": "add", "gauge": "put", "histogram": "observe"}


class MetricParams(Params):
    """Settings of `metric`."""

    name: str = Field(
        json_schema_extra={"pattern": rf"^{_NAME.pattern}$", "examples": ["orders"]},
        description="The metric's name. A counter is shown with `_total` behind it, as Prometheus wishes.",
    )
    kind: Kind = Field(
        default="counter", description="A counter only grows, a gauge is set, a histogram gathers observed values."
    )
    value: Annotated[Expr, Slot(NUMBER)] | None = Field(
        default=None, description="How much to add, or what to set or observe; 1 if not given."
    )
    labels: dict[str, Annotated[Expr, Slot(ANY, Sink.LOG)]] = Field(
        default_factory=dict,
        description="Name to value. Every combination is a series of its own, so ids and texts of users do not belong"
        " here; beyond 1,000 combinations what is new counts as `other`.",
    )
    description: str = Field(default="", description="What is counted; `/metrics` says so.")

    @field_validator("name")
    @classmethod
    def is_a_name(cls, name: str) -> str:
        """Lower case with underscores; not one of the service's own, and without endings that come by themselves."""
        if not _NAME.fullmatch(name):
            raise problem("E144", f"`{name[:60]}` is no name of a metric", help="lower case and `_`, such as `orders`")
        if name.startswith(_TAKEN):
            raise problem(
                "E144", f"names that begin with {listing(_TAKEN)} are the service's own", help="choose another"
            )
        if name.endswith(_ENDINGS):
            ending = next(each for each in _ENDINGS if name.endswith(each))
            raise problem("E144", f"`{ending}` is an ending that series get by themselves", help="leave it out")
        return name

    @field_validator("labels")
    @classmethod
    def are_names(cls, labels: dict[str, Expr]) -> dict[str, Expr]:
        """Label names are part of the code."""
        for name in labels:
            if not _NAME.fullmatch(name) or name == "le":
                raise problem(
                    "E144", f"`{name[:60]}` is no name of a label", help="lower case and `_`, such as `country`"
                )
        return labels


def check(params: MetricParams, site: Site) -> None:
    """A counter never goes down."""
    value = params.value
    if params.kind == "counter" and value is not None and value.is_constant and value.constant < 0:
        site.found.error("E144", "a counter never goes down", site.span_of("value"), help="take `kind: gauge`")


def emit(params: MetricParams, scribe: Scribe) -> None:
    """One call: the metric, the value, the labels."""
    function = scribe.use("own_metrics", _FUNCTIONS[params.kind])
    constant = scribe.metric(params.name, params.kind, params.description, tuple(params.labels))
    value = scribe.expr(params.value) if params.value is not None else "1"
    labels = "".join(f", {scribe.text(label)}" for label in params.labels.values())
    scribe.body.line(f"{function}({constant}, {value}{labels})")


NODE = NodeType(
    kind="statement",
    params=MetricParams,
    output=lambda params, site: NONE,
    check=check,
    emit=emit,
    example="""\
catalyst: 1
name: metric_example
input: {country: string, total: number}
nodes:
  counted:
    type: metric
    with: {name: orders, labels: {country: "{{ input.country }}"}, description: Orders by country.}
  size:
    type: metric
    with: {name: order_value_euros, kind: histogram, value: "{{ input.total }}"}
output: {ok: true}
""",
    example_input={"country": "es", "total": 12.5},
)
