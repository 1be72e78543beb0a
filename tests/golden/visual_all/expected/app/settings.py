"""Settings of the service, read from the environment once, at start."""

from dataclasses import dataclass
from typing import Self

from pydantic import SecretStr

from app.runtime.environment import Environment


@dataclass(frozen=True, slots=True)
class Secrets:
    """Keys and the like; they print as asterisks and are never written anywhere."""

    anthropic_api_key: SecretStr
    azure_openai_api_key: SecretStr
    database_url: SecretStr
    groq_api_key: SecretStr
    hook_key: SecretStr
    openai_api_key: SecretStr
    qdrant_url: SecretStr
    redis_url: SecretStr


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of the service."""

    env: None
    secrets: Secrets

    @classmethod
    def from_env(cls) -> Self:
        """Read the environment. Raises MissingSettings, which names all that is missing at once."""
        given = Environment()
        settings = cls(
            None,
            Secrets(
                anthropic_api_key=given.secret("ANTHROPIC_API_KEY"),
                azure_openai_api_key=given.secret("AZURE_OPENAI_API_KEY"),
                database_url=given.secret("DATABASE_URL", ""),
                groq_api_key=given.secret("GROQ_API_KEY"),
                hook_key=given.secret("HOOK_KEY"),
                openai_api_key=given.secret("OPENAI_API_KEY"),
                qdrant_url=given.secret("QDRANT_URL", ""),
                redis_url=given.secret("REDIS_URL", ""),
            ),
        )
        given.check()
        return settings
