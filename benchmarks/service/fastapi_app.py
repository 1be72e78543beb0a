"""The same by hand, as FastAPI's documentation shows it."""

from fastapi import FastAPI
from work import PATH, AnswerModel, OrderModel

app = FastAPI(title="score_order")


@app.post(PATH)
async def score_order(order: OrderModel) -> AnswerModel:
    label = order.query.strip().upper()
    total = sum(line.price * line.count for line in order.lines)
    greeting = f"Hello {order.customer}"
    if total > 1000.0:
        return AnswerModel(message=f"{greeting}, we are checking {len(label)}", total=total, held=True)
    return AnswerModel(message=f"{greeting}, {len(label)}", total=total, held=False)
