"""What answers of models cost: the published prices, or the owner's.

Goes in: a model's name and the tokens of an answer. Comes out: US dollars, or None for a model without a known price.
`LLM_PRICES` names a JSON file with the owner's prices, `{"model": {"input": 1.0, "output": 2.0}}` in dollars for a
million tokens, with `cache_read` and `cache_write` where they differ from `input`; they go before the published ones.
A model that is paid by the search has `{"searches": 2.0}`, dollars for a thousand.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from .errors import CannotStart
from .llm_answers import Tokens
from .llm_price_list import LONG, PUBLISHED, SEARCHES
from .logs import write

FILE = "LLM_PRICES"

# Providers answer with the name of the very version: gpt-4o-2024-08-06, claude-haiku-4-5-20251001.
_VERSION = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2}|latest)")


class _Given(TypedDict, total=False):
    """A model's prices in the owner's file."""

    input: float
    output: float
    cache_read: float
    cache_write: float
    searches: float


_FILE: TypeAdapter[dict[str, _Given]] = TypeAdapter(dict[str, _Given])


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens, and for a thousand searches."""

    input: float
    output: float
    cache_read: float
    cache_write: float
    searches: float = 0.0

    def of(self, tokens: Tokens, searches: int = 0) -> float:
        """Dollars for one answer."""
        kept, new = tokens["cache_read_tokens"], tokens["cache_write_tokens"]
        plain = tokens["input_tokens"] - kept - new
        total = plain * self.input + kept * self.cache_read + new * self.cache_write
        total += tokens["output_tokens"] * self.output + searches * self.searches * 1_000
        return round(total / 1e6, 9)


class PriceList:
    """Prices by the names of models."""

    def __init__(self, own: Mapping[str, Price] | None = None) -> None:
        self._own = own or {}
        self._missed: set[str] = set()

    @classmethod
    def from_environment(cls) -> "PriceList":
        """With the owner's prices, where LLM_PRICES names a file. Raises CannotStart when it cannot be used."""
        path = os.environ.get(FILE)
        return cls(_read(Path(path)) if path else None)

    def cost(self, model: str, tokens: Tokens, searches: int = 0) -> float | None:
        """Dollars for an answer; that there is no price is said once for each model."""
        price = self._find(model, tokens["input_tokens"])
        if price is None and model not in self._missed:
            self._missed.add(model)
            write("warning", "a model has no known price", model=model, help=f"{FILE} names a file with prices")
        return price.of(tokens, searches) if price is not None else None

    def _find(self, model: str, read: int) -> Price | None:
        plain = _VERSION.sub("", model)
        for name in dict.fromkeys((model, plain)):
            if name in self._own:
                return self._own[name]
            if name in LONG and read > LONG[name][0]:
                return _price(*LONG[name][1])
            if name in PUBLISHED:
                return _price(*PUBLISHED[name])
            if name in SEARCHES:
                return _price(0.0, 0.0, searches=SEARCHES[name])
        return None


def _price(
    input: float,
    output: float,
    cache_read: float | None = None,
    cache_write: float | None = None,
    searches: float = 0.0,
) -> Price:
    return Price(
        input,
        output,
        input if cache_read is None else cache_read,
        input if cache_write is None else cache_write,
        searches,
    )


def _own(given: _Given) -> Price:
    return _price(**({"input": 0.0, "output": 0.0, **given} if "searches" in given else given))


def _read(path: Path) -> dict[str, Price]:
    try:
        given = _FILE.validate_json(path.read_bytes(), strict=True)
        return {name: _own(prices) for name, prices in given.items()}
    except OSError:
        raise CannotStart(f"{FILE} names a file that cannot be read") from None
    except (ValidationError, TypeError):
        raise CannotStart(
            f'{FILE} names a file that is no list of prices: {{"model": {{"input": 1.0, "output": 2.0}}}}'
        ) from None
