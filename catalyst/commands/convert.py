"""`catalyst convert`: a flow in the visual form as YAML, or YAML in the visual form; nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from catalyst.commands import report
from catalyst.commands.console import put, put_json, say
from catalyst.commands.problems import FINE, FLOW_IS_WRONG, CommandProblem
from catalyst.commands.targets import PROJECT_FILE, existing, reason, write_text

if TYPE_CHECKING:
    from catalyst.spec.visual.convert import Converted

Form = Literal["yaml", "visual"]
_LARGEST = 64 * 1024 * 1024


def convert(flow: Path, output: Path | None, *, to: Form | None, force: bool, as_json: bool) -> int:
    """Write the other form to standard output, to a file, or (several files) into a folder; gives the exit code."""
    from catalyst.spec.visual.convert import project_to_visual, to_visual, to_yaml  # noqa: PLC0415 - start-up time
    from catalyst.spec.visual.detect import is_visual  # noqa: PLC0415

    sources = _read(existing(flow))
    name, source = next(iter(sources.items()))
    visual = len(sources) == 1 and is_visual(source, name)
    wanted: Form = to if to is not None else "yaml" if visual else "visual"
    if (wanted == "visual") == visual:
        form = "the visual form" if visual else "YAML"
        raise CommandProblem(f"`{flow}` is {form} already", help=f"--to {'yaml' if visual else 'visual'}")
    if wanted == "yaml":
        converted = to_yaml(source, name)
    else:
        converted = project_to_visual(sources) if flow.is_dir() else to_visual(source, name)
    return _finish(converted, sources, output, force=force, as_json=as_json)


def _finish(
    converted: Converted, sources: Mapping[str, str], output: Path | None, *, force: bool, as_json: bool
) -> int:
    wrong = report.has_errors(converted.diagnostics)
    files = {} if wrong else _placed(converted, output)
    if output is not None:
        _write(files, force)
    if as_json:
        texts = {} if wrong else {path: text for path, text in converted.files.items() if output is None}
        written = sorted(path.as_posix() for path in files) if output is not None else []
        put_json(report.document(converted.diagnostics, files=texts, written=written))
        return FLOW_IS_WRONG if wrong else FINE
    report.show(converted.diagnostics, sources)
    if not wrong and output is None:
        if len(converted.files) != 1:
            names = ", ".join(sorted(converted.files))
            raise CommandProblem(f"this becomes {len(converted.files)} files: {names}", help="name a folder with `-o`")
        put(next(iter(converted.files.values())).rstrip("\n"))
    for path in sorted(files) if output is not None else ():
        say(f"wrote {path}", "green")
    return FLOW_IS_WRONG if wrong else FINE


def _placed(converted: Converted, output: Path | None) -> dict[Path, str]:
    """Where each file goes: one file to `output` itself unless that is a folder, several below it."""
    if output is None:
        return {}
    if len(converted.files) == 1 and not output.is_dir():
        return {output: next(iter(converted.files.values()))}
    return {output / path: text for path, text in converted.files.items()}


def _write(files: Mapping[Path, str], force: bool) -> None:
    """Write all files or none."""
    taken = [path for path in sorted(files) if path.exists()]
    if taken and not force:
        raise CommandProblem(f"`{taken[0]}` exists", help="--force writes over it")
    for path, text in sorted(files.items()):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CommandProblem(f"`{path.parent}` cannot be made: {reason(error)}") from None
        write_text(path, text)


def _read(flow: Path) -> dict[str, str]:
    """The text of a flow, or of all flows of a project folder with its other YAML files, by path."""
    if not flow.is_dir():
        return {str(flow): _text(flow)}
    places = [flow / PROJECT_FILE, *sorted((flow / "flows").glob("*.y*ml"))]
    if not places[0].is_file():
        raise CommandProblem(f"`{flow}` is no project: there is no `{PROJECT_FILE}` in it")
    return {place.relative_to(flow).as_posix(): _text(place) for place in places}


def _text(place: Path) -> str:
    try:
        if place.stat().st_size > _LARGEST:
            raise CommandProblem(f"`{place}` is too large to be a flow")
        return place.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise CommandProblem(f"`{place}` is not UTF-8 text", code=FLOW_IS_WRONG) from None
    except OSError as error:
        raise CommandProblem(f"`{place}` cannot be read: {reason(error)}") from None
