"""Writing a project: what changes, what is left alone, and that a failure leaves everything as it was."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from catalyst.project import staging
from catalyst.project.write import WriteReport, write_project

FILES = {"app/main.py": "x = 1\n", "app/workflows/a.py": "a = 1\n", "README.md": "# A\n"}


def _snapshot(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def _codes(report: WriteReport) -> list[str]:
    return [item.code for item in report.diagnostics]


def _own(files: Mapping[str, bytes]) -> list[str]:
    return sorted(files)


def test_a_new_project(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "out"
    report = write_project(FILES, folder, flows=["a"], source_map={"app/main.py": {3: "a.yaml:7"}})
    assert report.ok
    assert report.created == tuple(sorted(FILES))
    assert _own(_snapshot(folder)) == sorted([*FILES, ".catalyst/manifest.json"])
    manifest = json.loads((folder / ".catalyst" / "manifest.json").read_text())
    assert manifest["flows"] == ["a"]
    assert manifest["source_map"] == {"app/main.py": {"3": "a.yaml:7"}}
    assert sorted(manifest["files"]) == sorted(FILES)
    assert os.listdir(tmp_path / "deep") == ["out"]


def test_an_empty_folder_and_a_fresh_repository_will_do(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert write_project(FILES, tmp_path).ok
    assert (tmp_path / "app" / "main.py").read_text() == "x = 1\n"


def test_a_rebuild_touches_only_what_changes(tmp_path: Path) -> None:
    write_project(FILES, tmp_path)
    before = {path: (tmp_path / path).stat().st_mtime_ns for path in FILES}
    report = write_project({**FILES, "app/main.py": "x = 2\n"}, tmp_path)
    assert report.updated == ("app/main.py",)
    assert report.unchanged == ("README.md", "app/workflows/a.py")
    after = {path: (tmp_path / path).stat().st_mtime_ns for path in FILES}
    assert [path for path in FILES if before[path] != after[path]] == ["app/main.py"]


def test_a_rebuild_without_changes_writes_nothing(tmp_path: Path) -> None:
    write_project(FILES, tmp_path)
    manifest = tmp_path / ".catalyst" / "manifest.json"
    before = manifest.stat().st_mtime_ns
    assert write_project(FILES, tmp_path).unchanged == tuple(sorted(FILES))
    assert manifest.stat().st_mtime_ns == before


def test_an_edit_stops_the_build_and_shows_the_difference(tmp_path: Path) -> None:
    write_project(FILES, tmp_path)
    (tmp_path / "app" / "main.py").write_text("x = 1  # mine\n")
    before = _snapshot(tmp_path)
    report = write_project({**FILES, "app/main.py": "x = 2\n", "README.md": "# B\n"}, tmp_path)
    assert _codes(report) == ["E502"]
    assert report.edited == ("app/main.py",)
    assert "-x = 1  # mine\n+x = 2" in report.diffs["app/main.py"]
    assert "--force" in (report.diagnostics[0].help or "")
    assert _snapshot(tmp_path) == before


def test_force_writes_over_an_edit(tmp_path: Path) -> None:
    write_project(FILES, tmp_path)
    (tmp_path / "app" / "main.py").write_text("mine\n")
    report = write_project(FILES, tmp_path, policy="force")
    assert report.ok
    assert report.edited == report.updated == ("app/main.py",)
    assert (tmp_path / "app" / "main.py").read_text() == "x = 1\n"
    assert write_project(FILES, tmp_path).ok


def test_keep_leaves_an_edit_and_still_knows_it_next_time(tmp_path: Path) -> None:
    write_project(FILES, tmp_path)
    (tmp_path / "app" / "main.py").write_text("mine\n")
    report = write_project({**FILES, "README.md": "# B\n"}, tmp_path, policy="keep")
    assert report.ok
    assert report.edited == ("app/main.py",)
    assert (tmp_path / "app" / "main.py").read_text() == "mine\n"
    assert (tmp_path / "README.md").read_text() == "# B\n"
    assert _codes(write_project(FILES, tmp_path)) == ["E502"]


def test_a_file_of_the_owner_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    write_project(FILES, tmp_path)
    (tmp_path / "app" / "new.py").write_text("mine\n")
    report = write_project({**FILES, "app/new.py": "ours\n"}, tmp_path)
    assert _codes(report) == ["E502"]
    assert (tmp_path / "app" / "new.py").read_text() == "mine\n"


def test_what_is_no_longer_emitted_goes_unless_edited(tmp_path: Path) -> None:
    write_project({**FILES, "app/old/b.py": "b\n", "app/old/c.py": "c\n", "lib/d/e.py": "e\n"}, tmp_path)
    (tmp_path / "app" / "old" / "c.py").write_text("mine\n")
    report = write_project(FILES, tmp_path)
    assert report.ok
    assert report.removed == ("app/old/b.py", "lib/d/e.py")
    assert report.edited == ("app/old/c.py",)
    assert (tmp_path / "app" / "old" / "c.py").read_text() == "mine\n"
    assert not (tmp_path / "lib").exists()


def test_other_files_of_the_owner_stay(tmp_path: Path) -> None:
    write_project(FILES, tmp_path)
    (tmp_path / "app" / "notes.txt").write_text("mine")
    write_project({"README.md": "# A\n"}, tmp_path)
    assert _own(_snapshot(tmp_path)) == [".catalyst/manifest.json", "README.md", "app/notes.txt"]


def test_a_deleted_file_comes_back(tmp_path: Path) -> None:
    write_project(FILES, tmp_path)
    (tmp_path / "README.md").unlink()
    assert write_project(FILES, tmp_path).created == ("README.md",)


def test_the_mode_of_a_file_stays(tmp_path: Path) -> None:
    write_project(FILES, tmp_path)
    (tmp_path / "app" / "main.py").chmod(0o755)
    write_project({**FILES, "app/main.py": "x = 2\n"}, tmp_path)
    assert (tmp_path / "app" / "main.py").stat().st_mode & 0o777 == 0o755


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    assert _codes(write_project(FILES, tmp_path, policy="force")) == ["E501"]
    assert os.listdir(tmp_path) == ["thesis.tex"]


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    assert _codes(write_project(FILES, tmp_path / "out")) == ["E501"]
    assert _codes(write_project(FILES, tmp_path / "out" / "deeper")) == ["E507"]


@pytest.mark.parametrize("where", ["", "app", "app/main.py", ".catalyst", "app/workflows"])
def test_links_are_never_followed(where: str, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    write_project(FILES, folder)
    place = folder / where if where else folder
    place.rename(elsewhere)
    place.symlink_to(elsewhere)
    before = _snapshot(tmp_path)
    report = write_project({path: text + "y = 2\n" for path, text in FILES.items()}, folder, policy="force")
    assert _codes(report) == ["E504"]
    assert _snapshot(tmp_path) == before


@pytest.mark.parametrize("where", ["app", "app/main.py"])
def test_something_else_stands_in_the_way(where: str, tmp_path: Path) -> None:
    write_project({"README.md": "# A\n"}, tmp_path)
    place = tmp_path / where
    place.parent.mkdir(exist_ok=True)
    if where == "app":
        place.write_text("a file")
    else:
        place.mkdir()
    assert _codes(write_project(FILES, tmp_path, policy="force")) == ["E504"]


@pytest.mark.parametrize(
    "path",
    [
        *("../x", "/etc/x", "a/../../x", "a//b", "", "a\\b", "C:/x", "con", "app/nul.py", "a b", "x.", "a\nb"),
        *(".catalyst/manifest.json", ".git/hooks/x", ".CATALYST/x", "\u00e9.py"),
    ],
)
def test_paths_stay_inside(path: str, tmp_path: Path) -> None:
    assert _codes(write_project({path: "x"}, tmp_path / "out")) == ["E505"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "paths", [("app/a.py", "app/A.py"), ("App/a.py", "app/b.py"), ("app", "app/a.py"), ("APP", "app/a.py")]
)
def test_names_that_meet(paths: tuple[str, str], tmp_path: Path) -> None:
    assert _codes(write_project(dict.fromkeys(paths, "x"), tmp_path)) == ["E506"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"files": 1}', "[" * 100_000, "\x00"])
def test_a_damaged_manifest(content: str, tmp_path: Path) -> None:
    write_project(FILES, tmp_path)
    (tmp_path / ".catalyst" / "manifest.json").write_text(content)
    assert _codes(write_project(FILES, tmp_path, policy="force")) == ["E508"]


def test_a_manifest_cannot_point_outside(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    write_project(FILES, folder)
    (tmp_path / "victim").write_text("x = 1\n")
    place = folder / ".catalyst" / "manifest.json"
    manifest = json.loads(place.read_text())
    manifest["files"]["../victim"] = manifest["files"]["app/main.py"]
    place.write_text(json.dumps(manifest))
    assert write_project(FILES, folder).ok
    assert (tmp_path / "victim").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    write_project(FILES, tmp_path)
    (tmp_path / "app").chmod(0o500)
    try:
        assert _codes(write_project({**FILES, "app/main.py": "x = 2\n"}, tmp_path)) == ["E503"]
    finally:
        (tmp_path / "app").chmod(0o700)


class _FailingReplace:
    """Lets `Path.replace` work a number of times, then fail as a full or read-only disk does."""

    def __init__(self, after: int, error: BaseException) -> None:
        self._left = after
        self._error = error
        self._replace = Path.replace

    def __call__(self, source: Path, target: Path) -> Path:
        if self._left == 0:
            self._left = -1
            raise self._error
        self._left -= 1
        return self._replace(source, target)


CHANGED = {"app/main.py": "x = 2\n", "app/workflows/a.py": "a = 2\n", "app/new/b.py": "b\n"}


def _failing(monkeypatch: pytest.MonkeyPatch, after: int, error: BaseException) -> None:
    failing = _FailingReplace(after, error)
    # A function, so that it becomes a method.
    monkeypatch.setattr(Path, "replace", lambda source, target: failing(source, target))  # noqa: PLW0108


@pytest.mark.parametrize("after", range(6))
@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "E507"), (errno.EROFS, "E503"), (errno.EIO, "E507")])
def test_a_failure_half_way_puts_everything_back(
    after: int, number: int, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_project(FILES, tmp_path)
    before = _snapshot(tmp_path)
    _failing(monkeypatch, after, OSError(number, os.strerror(number)))
    assert _codes(write_project(CHANGED, tmp_path)) == [code]
    assert _snapshot(tmp_path) == before
    assert not (tmp_path / "app" / "new").exists()


def test_ctrl_c_half_way_puts_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_project(FILES, tmp_path)
    before = _snapshot(tmp_path)
    _failing(monkeypatch, 2, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        write_project(CHANGED, tmp_path)
    assert _snapshot(tmp_path) == before


def test_a_full_disk_leaves_no_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(staging, "_stage", full)
    assert _codes(write_project(FILES, tmp_path / "deep" / "out")) == ["E507"]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("after", range(1, 6))
def test_after_a_power_cut_the_next_build_goes_through(
    after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing gets to put things back: the next build still knows every file as its own."""
    folder = tmp_path / "out"
    write_project(FILES, folder)
    _failing(monkeypatch, after, KeyboardInterrupt())
    with monkeypatch.context() as patch:
        patch.setattr(staging._Move, "_undo", lambda self: shutil.copytree(folder, tmp_path / "cut"))
        with pytest.raises(KeyboardInterrupt):
            write_project(CHANGED, folder)
    cut = tmp_path / "cut"
    assert (cut / ".catalyst" / "pending.json").exists()
    assert write_project(CHANGED, cut).ok
    assert _own(_snapshot(cut)) == sorted([*CHANGED, ".catalyst/manifest.json"])
