"""Questions to data in JMESPath: `JsonQuery("people[?age > `20`].name").search(data)`.

A query is read once, when the module is loaded. What it names and is not there is None.
"""

from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError, JMESPathTypeError
from jmespath.functions import TYPES_MAP

from .errors import ExpressionError


class JsonQuery:
    """A JMESPath expression."""

    def __init__(self, expression: str) -> None:
        self._query = jmespath.compile(expression)

    def search(self, data: Any) -> Any:
        """What the expression finds. Raises ExpressionError, without the data, where a function cannot take a value."""
        try:
            return self._query.search(data)
        except JMESPathTypeError as error:
            wanted = " or ".join(each.replace("array-", "array of ") for each in error.expected_types)
            # For items of an array the library names Python's type.
            given = TYPES_MAP.get(error.actual_type, error.actual_type)
            raise ExpressionError(
                f"the JMESPath function `{error.function_name}` takes {wanted}, not {given}"
            ) from None
        except (JMESPathError, TypeError, ValueError, ArithmeticError, LookupError):
            raise ExpressionError("a JMESPath expression cannot take the data") from None
        except RecursionError:
            raise ExpressionError("the data is nested too deep for a JMESPath expression") from None
