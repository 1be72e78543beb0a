"""Puts a project on disk: only what changed, all of it or nothing, and never over what its owner edited.

Goes in: path to text, a folder, and what to do about edited files. Comes out: a `WriteReport`; when it holds errors,
the folder is as it was.

`.catalyst/manifest.json` holds the hash of every file as it was written, so an edit shows. A write is prepared in a
folder of its own inside `.catalyst`, then moved into place file by file. The manifest to come lies there as
`pending.json` before the first move: when the machine stops half-way, the next build knows each file, old or new, as
its own.
"""

from __future__ import annotations

import difflib
import errno
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from catalyst.diagnostics import CompilerBug, Diagnostic, Diagnostics, Span
from catalyst.project.manifest import DamagedManifest, Manifest, digest, read_manifest
from catalyst.project.paths import ForeignPath, check_names, is_inside, lookup, read_nofollow
from catalyst.project.staging import apply_changes

Policy = Literal["ask", "force", "keep"]

_OWN = ".catalyst"
_HARMLESS = (_OWN, ".git")
"""What a folder may hold before its first build: a fresh repository, or what an interrupted first build left."""


@dataclass(frozen=True, slots=True)
class WriteReport:
    """What happened to each file, by path with `/`. With errors among `diagnostics` nothing was written."""

    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    """Files that their owner edited: left alone; under `force` overwritten when they are still part of the project."""
    diffs: Mapping[str, str] = field(default_factory=dict)
    """For each edited file the unified diff from what stands there to what would be written."""
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the folder now holds the project."""
        return all(item.severity != "error" for item in self.diagnostics)


def write_project(
    files: Mapping[str, str],
    folder: Path,
    *,
    policy: Policy = "ask",
    flows: Sequence[str] = (),
    source_map: Mapping[str, Mapping[int, str]] | None = None,
) -> WriteReport:
    """Make `folder` hold `files` (relative path with `/` to text).

    `flows` are the names of the workflows and `source_map` gives for a file the flow line of its lines (path -> line ->
    "flow.yaml:18"); both go into the manifest. Whatever is wrong with the folder comes back as diagnostics E501-E508.
    """
    contents = {path: _encode(path, text) for path, text in files.items()}
    try:
        check_names(files)
        plan = _Plan(folder, contents, _manifest_of_ours(folder), policy)
        plan.make()
        if not plan.found.has_errors:
            plan.carry_out(Manifest(plan.hashes, tuple(flows), source_map or {}))
        return plan.report()
    except ForeignPath as problem:
        return WriteReport(diagnostics=(_error(problem.code, str(problem), problem.path, problem.help),))
    except OSError as error:
        return WriteReport(diagnostics=(_system_error(error, folder),))


class _Plan:
    """What is to be done with each file of a folder; made first as a whole, then carried out as a whole."""

    def __init__(self, folder: Path, contents: Mapping[str, bytes], old: Manifest, policy: Policy) -> None:
        self.found = Diagnostics()
        self.hashes: dict[str, str] = {}
        self._folder = folder
        self._contents = contents
        self._old = old
        self._policy = policy
        self._created: list[str] = []
        self._updated: list[str] = []
        self._unchanged: list[str] = []
        self._removed: list[str] = []
        self._edited: list[str] = []
        self._diffs: dict[str, str] = {}

    def make(self) -> None:
        """Look at every file; raises `ForeignPath` and `OSError`."""
        for path in sorted(self._contents):
            self._plan_file(path, self._contents[path])
        for path in sorted(set(self._old.files) - set(self._contents)):
            self._plan_removal(path)

    def _plan_file(self, path: str, content: bytes) -> None:
        self.hashes[path] = digest(content)
        current = _current(self._folder, path)
        if current is None:
            self._created.append(path)
        elif current == content:
            self._unchanged.append(path)
        elif self._old.wrote(path, digest(current)):
            self._updated.append(path)
        else:
            self._plan_edited(path, current, content)

    def _plan_edited(self, path: str, current: bytes, content: bytes) -> None:
        """A file that somebody else wrote or changed."""
        self._edited.append(path)
        self._diffs[path] = _diff(path, current, content)
        if self._policy == "force":
            self._updated.append(path)
        elif self._policy == "keep":
            # The manifest keeps what we wrote last, so that the file counts as edited next time as well.
            self.hashes[path] = self._old.files.get(path, self.hashes[path])
        else:
            known = path in self._old.files
            what = "was edited since it was built" if known else "is in the way and was not written by Catalyst"
            advice = "`--force` writes over it, `--keep` leaves it as it is"
            self.found.add(_error("E502", f"`{path}` {what}", path, advice))

    def _plan_removal(self, path: str) -> None:
        """A file of an earlier build that is no longer part of the project goes, unless its owner edited it."""
        current = _current(self._folder, path) if is_inside(path) else None
        if current is None:
            return
        ours = self._old.wrote(path, digest(current))
        (self._removed if ours else self._edited).append(path)

    def carry_out(self, new: Manifest) -> None:
        """Do it; raises `OSError` with the folder as it was."""
        writes = {path: self._contents[path] for path in (*self._created, *self._updated)}
        if writes or self._removed or self._old.pending or new.text() != self._old.original:
            apply_changes(self._folder, writes, self._removed, new.text())

    def report(self) -> WriteReport:
        """What was done, or what stood against it."""
        return WriteReport(
            created=tuple(sorted(self._created)),
            updated=tuple(sorted(self._updated)),
            unchanged=tuple(sorted(self._unchanged)),
            removed=tuple(sorted(self._removed)),
            edited=tuple(sorted(self._edited)),
            diffs=dict(sorted(self._diffs.items())),
            diagnostics=tuple(self.found),
        )


def _encode(path: str, text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CompilerBug(f"`{path}` holds text that is not Unicode") from error


def _manifest_of_ours(folder: Path) -> Manifest:
    """The manifest of the last build; an empty one for a folder that does not exist or is empty.

    Raises `ForeignPath` for a folder that is not ours.
    """
    info = lookup(folder)
    if info is None:
        return Manifest()
    shown = folder.as_posix()
    if stat.S_ISLNK(info.st_mode):
        raise ForeignPath(
            "E504", shown, f"the output folder `{shown}` is a symbolic link", "name the folder it leads to"
        )
    if not stat.S_ISDIR(info.st_mode):
        raise ForeignPath("E501", shown, f"`{shown}` is not a folder", "choose another folder with `-o`")
    own = lookup(folder / _OWN)
    if own is not None and not stat.S_ISDIR(own.st_mode):
        raise ForeignPath(
            "E504", f"{shown}/{_OWN}", f"`{shown}/{_OWN}` is not a folder", "move it away and build again"
        )
    try:
        manifest = read_manifest(folder / _OWN)
    except DamagedManifest as error:
        advice = f"remove `{_OWN}/manifest.json` and the files you did not edit, or build into another folder"
        raise ForeignPath("E508", f"{shown}/{_OWN}/manifest.json", str(error), advice) from None
    if manifest is None:
        if any(place.name not in _HARMLESS for place in folder.iterdir()):
            advice = "choose an empty folder or a new one with `-o`"
            raise ForeignPath("E501", shown, f"`{shown}` holds files and was not made by Catalyst", advice)
        return Manifest()
    return manifest


def _current(folder: Path, path: str) -> bytes | None:
    """What stands at `path`, or None; raises `ForeignPath` for links, folders and devices on the way."""
    place = folder
    *parents, name = path.split("/")
    for part in parents:
        place = place / part
        info = lookup(place)
        if info is None:
            return None
        if not stat.S_ISDIR(info.st_mode):
            raise _in_the_way(place, folder, info)
    place = place / name
    info = lookup(place)
    if info is None:
        return None
    if not stat.S_ISREG(info.st_mode):
        raise _in_the_way(place, folder, info)
    return read_nofollow(place)


def _in_the_way(place: Path, folder: Path, info: os.stat_result) -> ForeignPath:
    shown = place.relative_to(folder).as_posix()
    what = "a symbolic link" if stat.S_ISLNK(info.st_mode) else "not what belongs there"
    return ForeignPath("E504", shown, f"`{shown}` is {what}", "move it away and build again; links are never followed")


def _diff(path: str, current: bytes, wanted: bytes) -> str:
    before = current.decode("utf-8", "replace").splitlines()
    after = wanted.decode("utf-8").splitlines()
    return "\n".join(difflib.unified_diff(before, after, f"{path} (yours)", f"{path} (built)", lineterm=""))


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def _system_error(error: OSError, folder: Path) -> Diagnostic:
    """What the system refused, in one sentence; everything already moved was put back."""
    shown = folder.as_posix()
    at = Path(os.fsdecode(error.filename)).as_posix() if isinstance(error.filename, (str, bytes)) else shown
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        return _error(
            "E503", f"`{at}` cannot be written: {_reason(error)}", shown, "check the owner and the permissions"
        )
    if error.errno in _FULL:
        return _error("E507", f"`{shown}` could not be written: {_reason(error)}", shown, "make room and build again")
    advice = "nothing was changed; build again, or choose another folder with `-o`"
    return _error("E507", f"`{at}` could not be written: {_reason(error)}", shown, advice)


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _error(code: str, message: str, path: str, help: str) -> Diagnostic:
    return Diagnostic(code, "error", message, Span.start_of(path), help)
