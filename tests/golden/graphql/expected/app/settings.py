"""Settings of the service, read from the environment once, at start."""

from dataclasses import dataclass
from typing import Self

from pydantic import SecretStr

from app.runtime.environment import Environment


@dataclass(frozen=True, slots=True)
class Env:
    """Environment variables that the workflows read."""

    api: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """Keys and the like; they print as asterisks and are never written anywhere."""

    token: SecretStr


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of the service."""

    env: Env
    secrets: Secrets

    @classmethod
    def from_env(cls) -> Self:
        """Read the environment. Raises MissingSettings, which names all that is missing at once."""
        given = Environment()
        settings = cls(Env(api=given.text("API", "http://api.test")), Secrets(token=given.secret("TOKEN")))
        given.check()
        return settings
