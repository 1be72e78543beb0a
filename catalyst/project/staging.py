"""Moves prepared files into place; when a move fails, puts everything back.

Goes in: a folder, what to write and what to remove in it, and the manifest to come. Comes out: nothing, or the
`OSError` that stopped it, with the folder as it was before.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from catalyst.project.manifest import MANIFEST, PENDING
from catalyst.project.paths import NOFOLLOW, lookup

_OWN = ".catalyst"
_STAGING = "staging-"


def apply_changes(folder: Path, writes: Mapping[str, bytes], removes: Iterable[str], manifest: str) -> None:
    """Write and remove files of `folder`, then its manifest. Raises `OSError` with nothing changed."""
    if lookup(folder) is None:
        _create(folder, writes, manifest)
    else:
        _update(folder, writes, sorted(removes), manifest)


def _create(folder: Path, writes: Mapping[str, bytes], manifest: str) -> None:
    """A new project is put together beside its place and moved there in one step."""
    made = _make_parents(folder.parent)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as staging:
            root = Path(staging) / folder.name
            root.mkdir()
            _stage(root, {**writes, f"{_OWN}/{MANIFEST}": manifest.encode()})
            root.rename(folder)
    except BaseException:
        _remove_folders(made)
        raise


def _make_parents(folder: Path) -> list[Path]:
    """Make a folder and those above it; gives the ones that did not exist, innermost first."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _update(folder: Path, writes: Mapping[str, bytes], removes: list[str], manifest: str) -> None:
    own = folder / _OWN
    first_build = lookup(own) is None
    own.mkdir(exist_ok=True)
    for left_over in sorted(own.glob(f"{_STAGING}*")):
        shutil.rmtree(left_over, ignore_errors=True)
    try:
        with tempfile.TemporaryDirectory(prefix=_STAGING, dir=own, ignore_cleanup_errors=True) as staging:
            new, old = Path(staging) / "new", Path(staging) / "old"
            _stage(new, {**writes, PENDING: manifest.encode()})
            _Move(folder, new, old).run(sorted(writes), removes)
    except BaseException:
        if first_build:
            _remove_folders([own])
        raise


def _stage(root: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()


class _Move:
    """One change of a folder, with what is needed to undo it."""

    def __init__(self, folder: Path, new: Path, old: Path) -> None:
        self._folder = folder
        self._new = new
        self._old = old
        self._made: list[Path] = []
        self._moved: list[str] = []
        self._saved: list[str] = []

    def run(self, writes: Iterable[str], removes: Iterable[str]) -> None:
        own = self._folder / _OWN
        (self._new / PENDING).replace(own / PENDING)
        try:
            for path in writes:
                self._write(path)
            for path in removes:
                self._save(path, keep=False)
            (own / PENDING).replace(own / MANIFEST)
        except BaseException:
            self._undo()
            (own / PENDING).unlink(missing_ok=True)
            raise
        _remove_empty_parents(self._folder, removes)

    def _write(self, path: str) -> None:
        place = self._folder / path
        self._made += _make_parents(place.parent)
        self._save(path, keep=True)
        (self._new / path).replace(place)
        self._moved.append(path)

    def _save(self, path: str, *, keep: bool) -> None:
        """Put the present file aside; with `keep` it also stays where it is until the new one takes its place."""
        place, backup = self._folder / path, self._old / path
        info = lookup(place)
        if info is None:
            return
        backup.parent.mkdir(parents=True, exist_ok=True)
        if keep:
            (self._new / path).chmod(stat.S_IMODE(info.st_mode))
            shutil.copy2(place, backup, follow_symlinks=False)
        else:
            place.replace(backup)
        self._saved.append(path)

    def _undo(self) -> None:
        for path in self._moved:
            if path not in self._saved:
                (self._folder / path).unlink(missing_ok=True)
        for path in self._saved:
            (self._old / path).replace(self._folder / path)
        _remove_folders(self._made)


def _remove_folders(folders: Iterable[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return


def _remove_empty_parents(folder: Path, removed: Iterable[str]) -> None:
    """Folders that removing left empty go too."""
    for path in removed:
        for parent in (folder / path).parents:
            if parent == folder:
                break
            try:
                parent.rmdir()
            except OSError:
                break
