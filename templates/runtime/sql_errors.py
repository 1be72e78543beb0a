"""What went wrong in a database, as an error of the flow. The database's own words may hold values and stay out."""

from .errors import FlowError


def busy() -> FlowError:
    """Every connection of the pool is in use."""
    return FlowError("the database has no connection left", kind="busy", status=503, retry_after=1.0)


def unreachable(detail: str | None = None) -> FlowError:
    """The database is down, or went away."""
    return FlowError("the database cannot be reached", kind="connection", status=503, detail=detail, retry_after=1.0)


def overtaken() -> FlowError:
    """Others wrote the same rows at the same time; the same again may go well."""
    return FlowError("another transaction was in the way", kind="connection", status=503, upstream=503, retry_after=1.0)


def ran_out_of_time() -> FlowError:
    """The database gave up the statement."""
    return FlowError("time ran out", kind="timeout", status=504)


def violated(rule: str) -> FlowError:
    """The database holds to a rule. `rule` names it, as in `unique constraint users_email_key`."""
    title = "the database refused the change"
    return FlowError(title, kind="constraint", status=409, upstream=409, detail=f"it breaks the {rule}")


def unfitting(detail: str) -> FlowError:
    """A value is not of the type that the statement needs, or out of its range."""
    return FlowError("a value does not fit the statement", kind="sql_value", status=422, detail=detail)


def faulty(detail: str) -> FlowError:
    """The statement cannot be run in this database."""
    return FlowError("the database refused the statement", kind="sql", status=500, detail=detail)
