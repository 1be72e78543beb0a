"""`catalyst new`: a project from a starter."""

from __future__ import annotations

import keyword
import re
import shlex
from pathlib import Path

from catalyst.commands.console import put, put_json, say
from catalyst.commands.problems import FINE, CommandProblem
from catalyst.commands.targets import reason
from catalyst.diagnostics import did_you_mean, listing

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NAME_LINE = re.compile(r"^name: [a-z][a-z0-9_]*$", re.MULTILINE)
_DEFAULT = "minimal"


def new(path: Path | None, *, starter: str | None, list_only: bool, as_json: bool) -> int:
    """Make the folder `path` from a starter, or list the starters; gives the exit code."""
    known = starters()
    if list_only:
        _print_list(known, as_json)
        return FINE
    if path is None:
        raise CommandProblem("give the new project a name", help="for example: catalyst new my_flow")
    chosen = starter or _DEFAULT
    if chosen not in known:
        advice = did_you_mean(chosen, known) or f"there are: {listing(sorted(known))}"
        raise CommandProblem(f"there is no starter `{chosen}`", help=advice)
    name = _checked_name(path)
    files = {file: _named(file, text, name) for file, text in _files(known[chosen]).items()}
    _write(path, files)
    if as_json:
        put_json({"ok": True, "output": path.as_posix(), "starter": chosen, "created": sorted(files)})
    else:
        _say_next(path, files)
    return FINE


def starters() -> dict[str, Path]:
    """Name of each starter -> its folder."""
    from catalyst.project.assets import templates_dir  # noqa: PLC0415 - start-up time

    folder = templates_dir() / "starters"
    return {place.name: place for place in sorted(folder.iterdir()) if (place / "README.md").is_file()}


def _print_list(known: dict[str, Path], as_json: bool) -> None:
    described = {name: _description(place) for name, place in known.items()}
    if as_json:
        put_json({"starters": [{"name": name, "description": text} for name, text in described.items()]})
        return
    width = max(map(len, described))
    put("\n".join(f"{name:{width}}  {text}" for name, text in described.items()))


def _description(starter: Path) -> str:
    """The first paragraph of its README, on one line."""
    readme = (starter / "README.md").read_text(encoding="utf-8")
    return " ".join(readme.split("\n\n")[1].split())


def _checked_name(path: Path) -> str:
    """The folder's name as a flow's name."""
    name = path.resolve().name.lower().replace("-", "_")
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        advice = "use letters, digits, `-` and `_`, and begin with a letter, for example: order_intake"
        raise CommandProblem(f"`{path.name}` cannot be the name of a project", help=advice)
    return name


def _files(starter: Path) -> dict[str, str]:
    """Path -> text of the starter's files. `gitignore` becomes `.gitignore`, which would act on the starter itself."""
    places = [place for place in sorted(starter.rglob("*")) if place.is_file() and "__pycache__" not in place.parts]
    texts = {place.relative_to(starter).as_posix(): place.read_bytes().decode("utf-8") for place in places}
    return {".gitignore" if path == "gitignore" else path: text for path, text in texts.items()}


def _named(file: str, text: str, name: str) -> str:
    """The project's own name in the one `name:` line of its main file, and as the folder that git is to ignore."""
    if file == ".gitignore":
        return text.replace("/PROJECT/", f"/{name}/")
    if file not in ("flow.yaml", "catalyst.yaml"):
        return text
    return _NAME_LINE.sub(f"name: {name}", text, count=1)


def _write(path: Path, files: dict[str, str]) -> None:
    if path.exists() or path.is_symlink():
        raise CommandProblem(f"`{path}` exists", help="choose another name, or remove it first")
    try:
        for file, text in files.items():
            place = path / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise CommandProblem(f"`{path}` cannot be written: {reason(error)}") from None


def _say_next(path: Path, files: dict[str, str]) -> None:
    say(f"{path}: {len(files)} files", "green")
    flow = path / "flow.yaml" if "flow.yaml" in files else path
    say("What to do next is in its README.md; to begin with:")
    shown = shlex.quote(str(flow))
    say(f"  catalyst check {shown}")
    say(f"  catalyst dev {shown}")
