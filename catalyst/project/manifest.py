"""The manifest: what was written, so that an edit can be told from our own work.

Goes in: `.catalyst/manifest.json` of a project. Comes out: a `Manifest`; and back to text, sorted, the same bytes for
the same project.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalyst import __version__
from catalyst.project.paths import lookup, read_nofollow

MANIFEST = "manifest.json"
PENDING = "pending.json"

_FORMAT = 1
_LARGEST = 64 * 1024 * 1024


class DamagedManifest(Exception):
    """The manifest exists and cannot be read as one."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """Hashes of the files of a build, the names of its flows, and which flow line each code line comes from."""

    files: Mapping[str, str] = field(default_factory=dict)
    flows: tuple[str, ...] = ()
    source_map: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    pending: Mapping[str, str] = field(default_factory=dict)
    """Hashes of a build that was interrupted."""
    original: str | None = None
    """The text it was read from."""

    def wrote(self, path: str, digest: str) -> bool:
        """Whether this content of this file is our work."""
        return digest in (self.files.get(path), self.pending.get(path))

    def text(self) -> str:
        """The manifest as it stands on disk."""
        lines = {
            path: {str(line): place for line, place in sorted(places.items())}
            for path, places in sorted(self.source_map.items())
        }
        content = {
            "format": _FORMAT,
            "catalyst": __version__,
            "flows": list(self.flows),
            "files": dict(sorted(self.files.items())),
            "source_map": lines,
        }
        return json.dumps(content, indent=1) + "\n"


def digest(content: bytes) -> str:
    """The hash of a file's bytes, as it stands in the manifest."""
    return hashlib.sha256(content).hexdigest()


def read_manifest(own: Path) -> Manifest | None:
    """The manifest in a project's `.catalyst` folder; None when there is none. Raises `DamagedManifest`, `OSError`."""
    current, pending = _load(own / MANIFEST), _load(own / PENDING)
    if current is None and pending is None:
        return None
    text, content = current if current is not None else (None, {"files": {}})
    return Manifest(
        files=_hashes(content),
        flows=tuple(str(name) for name in content.get("flows", ())),
        pending=_hashes(pending[1]) if pending is not None else {},
        original=text,
    )


def _load(path: Path) -> tuple[str, dict[str, Any]] | None:
    info = lookup(path)
    if info is None:
        return None
    if info.st_size > _LARGEST:
        raise DamagedManifest(f"`{path.as_posix()}` is too large to be a manifest")
    try:
        text = read_nofollow(path).decode("utf-8")
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise DamagedManifest(f"`{path.as_posix()}` cannot be read") from None
    if not isinstance(content, dict) or not isinstance(content.get("files"), dict):
        raise DamagedManifest(f"`{path.as_posix()}` is not a manifest")
    return text, content


def _hashes(content: Mapping[str, Any]) -> dict[str, str]:
    return {str(path): str(value) for path, value in content["files"].items()}
