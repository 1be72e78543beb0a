"""What models have used up since the process began, for `/metrics`: answers, tokens and cost by workflow and model."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, Metric

from .llm_answers import Tokens

MAX_SERIES = 1_000
"""Names of models may come from outside; what is beyond these counts as `other`."""
MAX_NAME = 200
_OTHER = "other"

_KINDS = ("input", "output", "cache_read", "cache_write")


class Spending:
    """Plain numbers; Prometheus metrics are made of them when somebody asks."""

    def __init__(self) -> None:
        self._spent: dict[tuple[str, str], dict[str, float]] = {}

    def add(self, workflow: str, model: str, used: Tokens, cost: float | None) -> None:
        """Count an answer. One without a known price adds nothing to the cost."""
        series = (workflow, model[:MAX_NAME])
        if series not in self._spent and len(self._spent) >= MAX_SERIES:
            series = (workflow, _OTHER)
        spent = self._spent.setdefault(series, dict.fromkeys(("answers", "cost", *_KINDS), 0.0))
        spent["answers"] += 1
        spent["cost"] += cost or 0.0
        spent["input"] += used["input_tokens"]
        spent["output"] += used["output_tokens"]
        spent["cache_read"] += used["cache_read_tokens"]
        spent["cache_write"] += used["cache_write_tokens"]

    def collect(self) -> Iterator[Metric]:
        """The metrics, in a fixed order. The tokens of the cache are part of those of the input."""
        series = ("workflow", "model")
        answers = CounterMetricFamily("llm_answers", "Answers of models", labels=series)
        tokens = CounterMetricFamily("llm_tokens", "Tokens of models", labels=(*series, "kind"))
        cost = CounterMetricFamily("llm_cost_dollars", "Cost of models with a known price", labels=series)
        for names, spent in sorted(self._spent.items()):
            answers.add_metric(names, spent["answers"])
            cost.add_metric(names, spent["cost"])
            for kind in _KINDS:
                tokens.add_metric((*names, kind), spent[kind])
        yield from (answers, tokens, cost)
