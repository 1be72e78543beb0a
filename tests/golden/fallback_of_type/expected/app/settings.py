"""Settings of the service, read from the environment once, at start."""

from dataclasses import dataclass
from typing import Self

from app.runtime.environment import Environment


@dataclass(frozen=True, slots=True)
class Env:
    """Environment variables that the workflows read."""

    api_url: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of the service."""

    env: Env
    secrets: None

    @classmethod
    def from_env(cls) -> Self:
        """Read the environment. Raises MissingSettings, which names all that is missing at once."""
        given = Environment()
        settings = cls(Env(api_url=given.text("API_URL", "http://127.0.0.1:9100")), None)
        given.check()
        return settings
