"""Which keys a model takes at a path, for suggestions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel

HIDDEN = "hidden"
"""Key in a field's `json_schema_extra` that keeps it out of suggestions and editors."""


def known_keys(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The keys that may stand at an error location; of several forms the one that the location names."""
    candidates: list[Any] = [model]
    for item in location:
        inner = [found for candidate in candidates for found in _inside(candidate, item)]
        named = [candidate for candidate in candidates if getattr(candidate, "__name__", None) == item]
        candidates = inner or named or candidates
    models = [found for candidate in candidates for found in models_in(candidate)]
    return sorted({name for found in models for name in _names(found)})


def models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation mentions, without those inside of them."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in models_in(argument)]


def _inside(annotation: Any, item: str | int) -> Iterator[Any]:
    """The annotations of what stands at a key or index of a value of this annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, field in annotation.model_fields.items():
            if item in (field.alias, name):
                yield field.annotation
        return
    for model in models_in(annotation):
        found = list(_inside(model, item))
        yield from found or ([annotation] if _is_collection_of(annotation, model) else [])


def _is_collection_of(annotation: Any, model: type[BaseModel]) -> bool:
    return annotation is not model and model in models_in(annotation)


def _names(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra
        if not (isinstance(extra, dict) and extra.get(HIDDEN)):
            yield field.alias or name
