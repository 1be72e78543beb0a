"""Settings read from the environment once, at start. Everything that is missing is named at once, not one by one.

```python
given = Environment()
settings = Settings(Env(crm_url=given.text("CRM_URL", "http://127.0.0.1:9002")), Secrets(token=given.secret("TOKEN")))
given.check()
```
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pydantic import SecretStr

from .errors import CannotStart

T = TypeVar("T")
_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


class MissingSettings(CannotStart):
    """Environment variables that are not set, or hold what they cannot: all of them. Never their values."""

    def __init__(self, missing: Sequence[str], wrong: Sequence[str] = ()) -> None:
        self.missing = tuple(missing)
        self.wrong = tuple(wrong)
        lines = []
        if missing:
            lines.append("missing settings: " + ", ".join(missing))
        lines.extend(f"wrong setting: {text}" for text in wrong)
        lines.append("set them in the environment; README.md says what each is for")
        super().__init__("\n".join(lines))


class Environment:
    """Reads variables and remembers which were missing; `check` then raises for all of them."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = os.environ if values is None else values
        self._missing: list[str] = []
        self._wrong: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        """The variable as it is; an empty one counts as not set."""
        return self._read(name, default, str, "", "text")

    def integer(self, name: str, default: int | None = None) -> int:
        """The variable as a whole number."""
        return self._read(name, default, int, 0, "a whole number")

    def number(self, name: str, default: float | None = None) -> float:
        """The variable as a number."""
        return self._read(name, default, float, 0.0, "a number")

    def boolean(self, name: str, default: bool | None = None) -> bool:
        """The variable as true or false (also 1, 0, yes, no, on, off)."""
        return self._read(name, default, lambda text: _BOOLEANS[text.strip().lower()], False, "true or false")

    def secret(self, name: str, default: str | None = None) -> SecretStr:
        """The variable as a secret, which does not show itself when printed."""
        return SecretStr(self.text(name, default))

    def check(self) -> None:
        """Raise MissingSettings when anything was missing or wrong."""
        if self._missing or self._wrong:
            raise MissingSettings(self._missing, self._wrong)

    def _read(self, name: str, default: T | None, convert: Callable[[str], T], placeholder: T, what: str) -> T:
        text = self._values.get(name, "")
        if not text:
            if default is None:
                self._missing.append(name)
                return placeholder
            return default
        try:
            return convert(text)
        except (ValueError, KeyError):
            self._wrong.append(f"{name} should be {what}")
            return placeholder
