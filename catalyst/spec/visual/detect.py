"""Tells the two forms of a flow apart, without loading what reads them."""

from __future__ import annotations


def is_visual(source: str, filename: str) -> bool:
    """Whether a file is in the visual form: by its name, or because its text is an object of JSON with workflows."""
    return filename.endswith(".json") or (source.lstrip()[:1] == "{" and '"workflows"' in source)
