"""Points in time in what comes from outside: ISO 8601 and nothing else.

pydantic reads a text of digits as seconds since 1970, even where it is strict: `"20240105"` would be a day in August
1970. `Moment` is a `datetime` whose text has to name day and time.
"""

import re
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, TypeAdapter

_NAMES_A_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt_ ]")
_READER = TypeAdapter(datetime)


def _read(value: object) -> object:
    """The point in time that a text names; anything else as it is, for the check that follows."""
    if isinstance(value, str) and _NAMES_A_TIME.match(value):
        return _READER.validate_python(value)
    return value


Moment = Annotated[datetime, BeforeValidator(_read)]
