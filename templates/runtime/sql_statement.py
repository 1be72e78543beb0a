"""SQL as a flow has it: a constant text, written when the project was built. Values go beside it, never into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from .errors import ExpressionError, FlowError

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with `$1`, `$2` for its values.

    embedded: what SQLite is given instead, where it is to be put in other words. session: it may leave something
    behind in its connection, such as a lock or a setting, so that the connection is cleaned after it.
    """

    text: str
    embedded: str = ""
    session: bool = False

    @property
    def for_sqlite(self) -> str:
        """The text as SQLite understands it."""
        return self.embedded or self.text


def chosen(statements: Mapping[K, Statement], choice: K) -> Statement:
    """The statement for a choice of names; each was written when the project was built."""
    try:
        return statements[choice]
    except (KeyError, TypeError):
        raise ExpressionError("the statement was not built for this choice of names") from None


def sql_value(value: Any) -> Any:
    """A value of unknown type for a statement. Raises ExpressionError for none: nothing equals it in SQL."""
    if value is None:
        raise ExpressionError("a value of the statement is none")
    return value


def as_list(value: Any) -> list[Any]:
    """The values behind an `in`: a list, or one value as a list of one."""
    if value is None:
        raise ExpressionError("the list of the statement is none")
    return value if isinstance(value, list) else [value]


def only_value(row: Mapping[str, Any] | None) -> Any:
    """The first column of a row; None without a row."""
    return next(iter(row.values()), None) if row is not None else None


def one_or_none(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The only row. Raises FlowError when there are more, for then the statement asks for something else."""
    if len(rows) > 1:
        raise FlowError("the statement gave more than one row", kind="too_many_rows", status=500)
    return rows[0] if rows else None


def there(row: dict[str, Any] | None) -> dict[str, Any]:
    """The row of a statement that always has one. Raises FlowError where a trigger or a rule has kept it back."""
    if row is None:
        raise FlowError("the statement gave no row", kind="no_row", status=500)
    return row
