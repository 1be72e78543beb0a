"""Select by key, as written by hand: FastAPI, pydantic models, a pool of asyncpg from the lifespan."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from fastapi import FastAPI
from pydantic import BaseModel, Field


class Asked(BaseModel):
    id: int = Field(ge=1)


class Account(BaseModel):
    id: int
    owner: str
    balance: int


class Found(BaseModel):
    account: Account | None


POOLS: dict[str, Any] = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=10, max_size=10) as pool:
        POOLS["main"] = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/api/v1/sql_key/execute")
async def account(asked: Asked) -> Found:
    row = await POOLS["main"].fetchrow("select id, owner, balance from accounts where id = $1", asked.id)
    return Found(account=Account(**row) if row is not None else None)
