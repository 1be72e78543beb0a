"""FastAPI by hand with as many routes as the variable ROUTES says, each like the others."""

import os

from fastapi import FastAPI
from fastapi_app import score_order

app = FastAPI(title="score_order")
for number in range(int(os.environ["ROUTES"])):
    app.post(f"/api/v1/score_order_{number}/execute", operation_id=f"score_order_{number}")(score_order)
