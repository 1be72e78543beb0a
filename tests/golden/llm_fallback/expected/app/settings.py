"""Settings of the service, read from the environment once, at start."""

from dataclasses import dataclass
from typing import Self

from pydantic import SecretStr

from app.runtime.environment import Environment


@dataclass(frozen=True, slots=True)
class Env:
    """Environment variables that the workflows read."""

    local_url: str


@dataclass(frozen=True, slots=True)
class Secrets:
    """Keys and the like; they print as asterisks and are never written anywhere."""

    anthropic_api_key: SecretStr
    local_key: SecretStr


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of the service."""

    env: Env
    secrets: Secrets

    @classmethod
    def from_env(cls) -> Self:
        """Read the environment. Raises MissingSettings, which names all that is missing at once."""
        given = Environment()
        settings = cls(
            Env(local_url=given.text("LOCAL_URL", "http://local.test/v1")),
            Secrets(anthropic_api_key=given.secret("ANTHROPIC_API_KEY"), local_key=given.secret("LOCAL_KEY")),
        )
        given.check()
        return settings
