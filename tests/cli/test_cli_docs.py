"""`docs/commands.md` says what there is: every command, argument and option, and nothing else."""

import re

import pytest
import typer

from catalyst.cli import app

from .conftest import ROOT

PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def section(title: str) -> str:
    """The text below the heading of a command; its first line is what stands behind the name."""
    match = re.search(rf"^## {title}(?P<text>(?: .*)?\n(?:.*\n)*?)(?=^## |\Z)", PAGE, re.MULTILINE)
    assert match, f"docs/commands.md has no section `{title}`"
    return match["text"]


def options(name: str) -> set[str]:
    return {
        option
        for parameter in COMMANDS[name].params
        if parameter.param_type_name == "option"
        for option in parameter.opts
        if option != "--help"
    }


def test_every_command_has_a_section_and_no_other_has() -> None:
    assert set(re.findall(r"^## catalyst (\w+)", PAGE, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_is_described(name: str) -> None:
    listed = re.findall(r"^- `(--[\w-]+)[^`]*`(?:, `(-\w)`)?", section(f"catalyst {name}"), re.MULTILINE)
    assert {option for pair in listed for option in pair if option} == options(name)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_argument_stands_in_the_heading(name: str) -> None:
    arguments = [parameter.metavar for parameter in COMMANDS[name].params if parameter.param_type_name == "argument"]
    assert section(f"catalyst {name}").partition("\n")[0].split() == arguments
