"""Rates that are slow to get: asked for once, and no faster than the other side allows."""

from typing import TypedDict

from app.runtime.cached import cached
from app.runtime.rate_limiter import RateLimiter

LIMITER = RateLimiter()
asked: list[str] = []


class Rate(TypedDict):
    country: str
    asked: int


@cached(ttl=60)
async def rate(country: str) -> Rate:
    """The rate of a country, and how often it was asked for."""
    await LIMITER.acquire("rates", min_interval_ms=1)
    asked.append(country)
    return {"country": country, "asked": len(asked)}
