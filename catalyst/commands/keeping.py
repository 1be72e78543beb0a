"""Where `catalyst build` keeps what makes the next build of a flow quick, and how nobody else gets a word in.

Goes in: the flow that is built. Comes out: a `Kept` for the compiler, or None when nothing is to be kept.

The folder belongs to the user alone (0700, not a link), or it is not used. What is kept is text, with a code that only
who has the key beside it (0600) can make: over the text, the flow's path and all that the compiler consists of. What
was cut off, changed, moved, brought from elsewhere or left by another version of anything has the wrong code and is not
there. A disk that is full or may not be written means that nothing is kept; a build never fails for it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import platform
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import metadata
from pathlib import Path

OFF = "CATALYST_NO_CACHE"
"""Nothing is kept or used when this environment variable says anything."""

LARGEST = 64 * 1024 * 1024
"""Bytes of one build."""
MOST_BYTES = 256 * 1024 * 1024
MOST_FILES = 100
"""What all of them together may take."""

_KEY = "key"
_KEY_BYTES = 32
_TEMPORARY = ".new-"
_LEFT_OVER = 3600
"""Seconds after which a file that was never finished is nobody's."""
_DEPENDENCIES = ("black", "jinja2", "lark", "packaging", "pydantic", "pydantic-core", "pyyaml")
_NOT_COMPILED = ("__pycache__", "explanations", "starters")
"""Folders that decide nothing of what a flow becomes; they are nearly half of all files."""
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_NO_WAY = (OSError, metadata.PackageNotFoundError)
"""What keeps a build from being kept or used, and matters to nobody."""


def kept_for(flow: Path, *, wanted: bool = True) -> KeptBuild | None:
    """The place for the builds of a flow; None where nothing is to be kept, or the system cannot keep it safely."""
    able = os.open in os.supports_dir_fd and os.rename in os.supports_dir_fd and hasattr(os, "getuid")
    if not wanted or os.environ.get(OFF) or not able:
        return None
    folder = _folder()
    return KeptBuild(folder, flow) if folder is not None else None


def _folder() -> Path | None:
    """As the XDG Base Directory Specification says: a path that is not absolute does not count."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    try:
        base = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    except RuntimeError:  # there is no home
        return None
    return base / "catalyst" / "builds"


class KeptBuild:
    """What is kept of the last build of one flow; see `api.Kept`."""

    def __init__(self, folder: Path, flow: Path) -> None:
        self._folder = folder
        self._flow = os.fsencode(os.path.abspath(flow))
        self._name = hashlib.sha256(self._flow).hexdigest()

    def load(self) -> str | None:
        """What was saved last, letter by letter; None when there is nothing, or nothing that can be trusted."""
        with suppress(*_NO_WAY, UnicodeDecodeError), _opened(self._folder) as folder:
            key = _key(folder)
            content = _read(folder, self._name) if key is not None else None
            if key is None or content is None:
                return None
            code, _, text = content.partition(b"\n")
            return text.decode() if hmac.compare_digest(code, self._code(key, text)) else None
        return None

    def save(self, text: str) -> None:
        """Keep a text, if that is possible."""
        content = text.encode()
        if len(content) > LARGEST:
            return
        with suppress(*_NO_WAY):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _opened(self._folder) as folder:
                key = _key(folder) or _new_key(folder)
                _write(folder, self._name, self._code(key, content) + b"\n" + content)
                _tidy(folder)

    def _code(self, key: bytes, content: bytes) -> bytes:
        code = hmac.new(key, digestmod=hashlib.sha256)
        for part in (self._flow, compiler_digest(), content):
            code.update(len(part).to_bytes(8, "big") + part)
        return code.hexdigest().encode()


@cache
def compiler_digest() -> bytes:
    """What stands for everything that decides what a flow becomes: the compiler, its templates, Python, libraries.

    A file stands for itself by its size and by when it was written and last touched, as it does for Python's own
    compiled files: to read all of them takes a fifteenth of a small build. Raises `PackageNotFoundError` for a library
    that does not say what it is, and `OSError`.
    """
    from catalyst.project.assets import templates_dir  # noqa: PLC0415 - only when something is kept

    code = hashlib.sha256(f"{platform.python_implementation()} {platform.python_version()}".encode())
    for name in _DEPENDENCIES:
        code.update(f"\n{name} {metadata.version(name)}".encode())
    for root in (Path(__file__).parent.parent, templates_dir()):
        for place, info in _source_files(str(root)):
            code.update(f"\n{place} {info.st_size} {info.st_mtime_ns} {info.st_ctime_ns}".encode())
    return code.digest()


def _source_files(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """Each file below a folder, with what the system knows of it, in a fixed order."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            if entry.name not in _NOT_COMPILED:
                yield from _source_files(entry.path)
        else:
            yield entry.path, entry.stat()


# Files, all by way of the folder that was looked at


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """The folder, which belongs to the user and nobody else. Raises `OSError` when it does not."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _check_own(os.fstat(descriptor), stat.S_ISDIR)
        yield descriptor
    finally:
        os.close(descriptor)


def _check_own(info: os.stat_result, is_right_kind: Callable[[int], bool]) -> None:
    if not is_right_kind(info.st_mode) or info.st_uid != os.getuid() or stat.S_IMODE(info.st_mode) & 0o077:
        raise PermissionError("not the user's alone")


def _read(folder: int, name: str) -> bytes | None:
    """The bytes of a file; None when there is none. Raises `OSError` for what is not ours."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        info = os.fstat(descriptor)
        _check_own(info, stat.S_ISREG)
        return file.read() if info.st_size <= 2 * LARGEST else None


def _write(folder: int, name: str, content: bytes) -> None:
    """Write a file such that another process sees the old one or the new one. Raises `OSError`."""
    temporary = f"{_TEMPORARY}{secrets.token_hex(8)}"
    descriptor = os.open(temporary, _WRITE | os.O_NOFOLLOW, 0o600, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise


def _key(folder: int) -> bytes | None:
    key = _read(folder, _KEY)
    return key if key is not None and len(key) == _KEY_BYTES else None


def _new_key(folder: int) -> bytes:
    """Two who make one at once have two keys for a moment; what the slower one finds then has the wrong code."""
    key = secrets.token_bytes(_KEY_BYTES)
    _write(folder, _KEY, key)
    return key


def _tidy(folder: int) -> None:
    """Remove what was used longest ago when there is too much, and what was never finished."""
    with os.scandir(folder) as entries:
        found = sorted(
            (info.st_mtime, info.st_size, entry.name)
            for entry in entries
            if entry.name != _KEY and stat.S_ISREG((info := entry.stat(follow_symlinks=False)).st_mode)
        )
    left, size = len(found), sum(each[1] for each in found)
    for changed, bytes_, name in found:
        unfinished = name.startswith(_TEMPORARY) and changed < time.time() - _LEFT_OVER
        if unfinished or left > MOST_FILES or size > MOST_BYTES:
            with suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)
            left, size = left - 1, size - bytes_
