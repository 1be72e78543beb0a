"""The order flow as a Haystack pipeline behind Hayhooks, which deploys this folder when it starts."""

from typing import Annotated

from hayhooks import BasePipelineWrapper
from haystack import Pipeline, component
from haystack.components.routers import ConditionalRouter
from pydantic import BaseModel, Field


class Line(BaseModel):
    sku: str
    count: int
    price: float


@component
class Label:
    @component.output_types(label=str)
    def run(self, query: str) -> dict[str, str]:
        return {"label": query.strip().upper()}


@component
class Total:
    @component.output_types(total=float)
    def run(self, lines: list[dict]) -> dict[str, float]:
        return {"total": sum(line["price"] * line["count"] for line in lines)}


@component
class Greeting:
    @component.output_types(greeting=str)
    def run(self, customer: str) -> dict[str, str]:
        return {"greeting": f"Hello {customer}"}


@component
class Held:
    @component.output_types(answer=dict)
    def run(self, label: str, greeting: str, total: float) -> dict[str, dict[str, object]]:
        message = f"{greeting}, we are checking {len(label)}"
        return {"answer": {"message": message, "total": total, "held": True}}


@component
class Accepted:
    @component.output_types(answer=dict)
    def run(self, label: str, greeting: str, total: float) -> dict[str, dict[str, object]]:
        return {"answer": {"message": f"{greeting}, {len(label)}", "total": total, "held": False}}


ROUTES = [
    {"condition": "{{ total > 1000 }}", "output": "{{ total }}", "output_name": "held", "output_type": float},
    {"condition": "{{ total <= 1000 }}", "output": "{{ total }}", "output_name": "accepted", "output_type": float},
]


class PipelineWrapper(BasePipelineWrapper):
    def setup(self) -> None:
        pipeline = Pipeline()
        parts = {"label": Label(), "total": Total(), "greeting": Greeting(), "held": Held(), "accepted": Accepted()}
        for name, part in {**parts, "route": ConditionalRouter(ROUTES)}.items():
            pipeline.add_component(name, part)
        pipeline.connect("total.total", "route.total")
        for branch in ("held", "accepted"):
            pipeline.connect(f"route.{branch}", f"{branch}.total")
            pipeline.connect("label.label", f"{branch}.label")
            pipeline.connect("greeting.greeting", f"{branch}.greeting")
        self.pipeline = pipeline

    def run_api(
        self,
        query: Annotated[str, Field(min_length=2)],
        customer: str,
        tags: list[str],
        lines: list[Line],
        limit: Annotated[int, Field(le=50)] = 20,
    ) -> dict[str, object]:
        # Hayhooks checks the models and hands over plain data.
        given = {"label": {"query": query}, "total": {"lines": lines}, "greeting": {"customer": customer}}
        found = self.pipeline.run(given)
        return (found.get("held") or found["accepted"])["answer"]
