"""Settings of a node as far as they are right, so that what is inside them is checked beside what is wrong.

Goes in: a settings model, the settings as written, and the places that are wrong. Comes out: an instance of the model
that holds every setting that is right, and a stand-in where one that is needed is not. It serves to find expressions
and bodies, never to write code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from catalyst.nodes.settings import BodySlot, Expr, Params, ShapeSlot, Slot
from catalyst.spec.repair import without_places
from catalyst.spec.tree import LocatedMap
from catalyst.spec.validate import Place


def partial_settings(model: type[Params], settings: LocatedMap, wrong: Iterable[Place]) -> Params | None:
    """The settings that are right; None where what is missing holds the nodes inside the node."""
    rest = without_places(settings, wrong)
    found: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        value = _value(info, info.alias or name, rest)
        if value is _MISSING:
            return None
        found[name] = value
    return model.model_construct(**found)


_MISSING = object()


def _value(info: FieldInfo, key: str, rest: Mapping[str, Any]) -> Any:
    """What a field holds: what is written, where it is right; else its default or a stand-in."""
    if key in rest:
        field: Any = Annotated[info.annotation, key, *info.metadata]
        adapter: TypeAdapter[Any] = TypeAdapter(field)
        try:
            return adapter.validate_python(rest[key])
        except ValidationError as wrong:
            items = [error["loc"][:1] for error in wrong.errors()]
        try:
            return adapter.validate_python(without_places(rest[key], items))
        except ValidationError:
            pass  # it has been reported, and so has what is missing in it
    return info.get_default(call_default_factory=True) if not info.is_required() else _stand_in(info)


def _stand_in(info: FieldInfo) -> Any:
    for mark in info.metadata:
        if isinstance(mark, Slot):
            return Expr(mark.type, mark.sink)
        if isinstance(mark, ShapeSlot):
            return {}
        if isinstance(mark, BodySlot):
            return _MISSING
    return _MISSING if getattr(info.annotation, "__origin__", None) in (list, dict) else None
