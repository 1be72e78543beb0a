"""`requirements`: packages that a flow's own Python needs, as pip writes them (`numpy>=2,<3`, `httpx[http2]`)."""

from __future__ import annotations

from typing import Annotated, Any

from catalyst.diagnostics import Located
from catalyst.spec.fields import AsTuple
from catalyst.spec.problems import Reader, kind_of, problem

_WAY_OUT = "write a name and versions as pip does, such as `numpy>=2,<3`"


def _read_requirement(value: Any) -> Located:
    if not isinstance(value, Located):
        raise problem("E142", f"a package is wanted here, this is {kind_of(value)}", help=_WAY_OUT)
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 - see `together`

    try:
        requirement = Requirement(value)
    except InvalidRequirement:
        raise problem("E163", f"`{value[:60]}` is not a requirement", help=_WAY_OUT) from None
    if requirement.url is not None:
        help_text = (
            "name a package of an index here; add the address to the project's requirements.txt once you have read it"
        )
        raise problem("E163", f"`{requirement.name}` comes from an address", help=help_text)
    return value


_SCHEMA = {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]*", "examples": ["numpy>=2,<3"]}

Requirements = Annotated[tuple[Annotated[Located, Reader(_read_requirement, _SCHEMA)], ...], AsTuple]
"""Requirement lines that know their place in the file."""


def together(lines: list[str]) -> list[str]:
    """One line for each package, with all that is asked of it, sorted; packages with markers keep their own lines."""
    # It takes a twentieth of the time of a small build to import, and most flows ask for nothing.
    from packaging.requirements import Requirement  # noqa: PLC0415

    merged: dict[tuple[str, str], Requirement] = {}
    alone: dict[tuple[str, str], str] = {}
    for line in lines:
        requirement = Requirement(line)
        key = (requirement.name.lower().replace("_", "-").replace(".", "-"), str(requirement.marker or ""))
        if key in merged:
            merged[key].specifier &= requirement.specifier
            merged[key].extras |= requirement.extras
            alone.pop(key, None)
        else:
            merged[key] = requirement
            alone[key] = line
    return sorted(alone.get(key, str(requirement)) for key, requirement in merged.items())
