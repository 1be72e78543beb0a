"""Published prices of models, in US dollars for a million tokens. They change; `llm_prices` says how to give others."""

from typing import Final

AS_OF: Final = "2026-10-24"
"""The day whose prices these are; those of models that are no longer listed are the last ones that were."""

Row = tuple[float, float] | tuple[float, float, float] | tuple[float, float, float, float]
"""Input and output; then input that is read from the provider's cache, and that is written to it."""

PUBLISHED: Final[dict[str, Row]] = {
    # Anthropic
    "claude-fable-5-1": (10.0, 50.0, 0.25, 12.5),
    "claude-fable-5": (10.0, 50.0, 1.0, 12.5),
    "claude-opus-5-5": (4.0, 20.0, 0.2, 5.0),
    "claude-opus-5": (5.0, 25.0, 0.5, 6.25),
    "claude-opus-4-8": (5.0, 25.0, 0.5, 6.25),
    "claude-opus-4-7": (5.0, 25.0, 0.5, 6.25),
    "claude-opus-4-6": (5.0, 25.0, 0.5, 6.25),
    "claude-opus-4-5": (5.0, 25.0, 0.5, 6.25),
    "claude-opus-4-1": (15.0, 75.0, 1.5, 18.75),
    "claude-opus-4-0": (15.0, 75.0, 1.5, 18.75),
    "claude-sonnet-5-5": (2.0, 10.0, 0.1, 2.5),
    "claude-sonnet-5": (2.0, 10.0, 0.2, 2.5),
    "claude-sonnet-4-6": (3.0, 15.0, 0.3, 3.75),
    "claude-sonnet-4-5": (3.0, 15.0, 0.3, 3.75),
    "claude-sonnet-4-0": (3.0, 15.0, 0.3, 3.75),
    "claude-3-7-sonnet": (3.0, 15.0, 0.3, 3.75),
    "claude-haiku-5-5": (0.1, 0.5, 0.01, 0.125),
    "claude-haiku-4-5": (1.0, 5.0, 0.1, 1.25),
    "claude-3-5-haiku": (0.8, 4.0, 0.08, 1.0),
    # OpenAI
    "gpt-6.2-sol": (2.0, 10.0, 0.1, 2.5),
    "gpt-6.1-sol": (2.0, 10.0, 0.1, 2.5),
    "gpt-6-sol": (2.0, 10.0, 0.2, 2.5),
    "gpt-6-luna": (0.1, 0.5, 0.01, 0.125),
    "gpt-5.4": (2.5, 15.0, 0.25),
    "gpt-5.4-mini": (0.75, 4.5, 0.075),
    "gpt-5": (1.25, 10.0, 0.125),
    "gpt-5-mini": (0.25, 2.0, 0.025),
    "gpt-5-nano": (0.05, 0.4, 0.005),
    "gpt-4.1": (2.0, 8.0, 0.5),
    "gpt-4.1-mini": (0.4, 1.6, 0.1),
    "gpt-4.1-nano": (0.1, 0.4, 0.025),
    "gpt-4o": (2.5, 10.0, 1.25),
    "gpt-4o-mini": (0.15, 0.6, 0.075),
    "o3": (2.0, 8.0, 0.5),
    "o4-mini": (1.1, 4.4, 0.275),
    # Groq
    "llama-3.3-70b-versatile": (0.59, 0.79),
    "llama-3.1-8b-instant": (0.05, 0.08),
    # Vectors of texts
    "text-embedding-3-small": (0.02, 0.0),
    "text-embedding-3-large": (0.13, 0.0),
    "text-embedding-ada-002": (0.1, 0.0),
}

LONG: Final[dict[str, tuple[int, Row]]] = {
    "claude-haiku-5-5": (100_000, (0.5, 2.5, 0.05, 0.625)),
    "gpt-6.2-sol": (272_000, (4.0, 15.0, 0.2, 5.0)),
    "gpt-6.1-sol": (272_000, (4.0, 15.0, 0.2, 5.0)),
    "gpt-5.4": (272_000, (5.0, 22.5, 0.5)),
}
"""Models whose whole answer has another price when they are given more tokens than these."""

SEARCHES: Final[dict[str, float]] = {
    "rerank-v4.0-pro": 2.5,
    "rerank-v4.0-fast": 2.0,
    "rerank-v3.5": 2.0,
    "rerank-english-v3.0": 2.0,
    "rerank-multilingual-v3.0": 2.0,
}
"""Models that are paid by the search, in US dollars for a thousand."""
