"""The command line. Each command here reads its arguments and hands them to `catalyst.commands`.

What a command needs is imported when it runs, so that `catalyst --help` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer
from typer.core import TyperGroup

from catalyst import __version__
from catalyst.collector import collecting_seldom


class Commands(TyperGroup):
    """The commands; what is wrong with an argument is said without the words of the library that found it."""

    def invoke(self, ctx: Any) -> object:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            raise


app = typer.Typer(
    name="catalyst",
    cls=Commands,
    help="Compiles a workflow written as YAML into a FastAPI project that its author owns.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


class Format(StrEnum):
    """How a command reports."""

    text = "text"
    json = "json"


class GraphFormat(StrEnum):
    """What `graph` draws."""

    mermaid = "mermaid"
    svg = "svg"
    text = "text"
    json = "json"


class Form(StrEnum):
    """The two forms of a flow."""

    yaml = "yaml"
    visual = "visual"


FlowArgument = Annotated[
    Path, typer.Argument(metavar="FLOW", help="A flow file (YAML or visual JSON) or a folder with a catalyst.yaml.")
]
FormatOption = Annotated[
    Format, typer.Option("--format", help="text for people, on standard error; json for programs, on standard output.")
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Count warnings as errors.")]
NoCodeOption = Annotated[bool, typer.Option("--no-code", help="Refuse flows that bring Python of their own (lib/).")]
FlowOption = Annotated[str | None, typer.Option("--flow", metavar="NAME", help="Which flow, where there are several.")]
EnvFileOption = Annotated[
    Path | None,
    typer.Option(
        "--env-file", metavar="FILE", help="Read environment variables from this file. No .env file is read unasked."
    ),
]
OutputFolder = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        help="The project's folder; by default one named after the flow, beside the flow file or catalyst.yaml.",
    ),
]
OutputFile = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write into this file; standard output if not given."),
]
Force = Annotated[bool, typer.Option("--force", help="Write over files that are in the way.")]


def _finish(action: Callable[[], int]) -> NoReturn:
    from catalyst.commands.guard import guarded

    raise typer.Exit(guarded(action))


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"catalyst {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Compiles a workflow written as YAML into a FastAPI project that its author owns."""


@app.command()
def new(
    path: Annotated[
        Path | None, typer.Argument(metavar="NAME", help="The folder to make; its name becomes the project's.")
    ] = None,
    starter: Annotated[
        str | None,
        typer.Option("--starter", metavar="STARTER", help="minimal (the default), llm-stream, multi-flow or sql."),
    ] = None,
    list_only: Annotated[bool, typer.Option("--list", help="List the starters and exit.")] = False,
    form: FormatOption = Format.text,
) -> None:
    """Make a project from a starter."""
    from catalyst.commands.new import new as command

    _finish(lambda: command(path, starter=starter, list_only=list_only, as_json=form is Format.json))


@app.command()
def check(
    flows: Annotated[list[Path], typer.Argument(metavar="FLOW", help="Flow files, or folders with a catalyst.yaml.")],
    strict: StrictOption = False,
    no_code: NoCodeOption = False,
    form: FormatOption = Format.text,
) -> None:
    """Say everything that is wrong with flows; write nothing."""
    from catalyst.commands.check import check as command

    _finish(lambda: command(flows, strict=strict, no_code=no_code, as_json=form is Format.json))


@app.command()
def build(
    flow: FlowArgument,
    output: OutputFolder = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over files that were edited since they were built.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave files as they are that were edited since they were built.")
    ] = False,
    strict: StrictOption = False,
    no_code: NoCodeOption = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Build everything anew, and leave nothing for the next build.")
    ] = False,
    form: FormatOption = Format.text,
) -> None:
    """Turn a flow, or a folder of flows, into a FastAPI project."""
    from catalyst.commands.build import build as command

    if force and keep:
        raise typer.BadParameter("--force and --keep exclude each other")
    policy: Literal["ask", "force", "keep"] = "force" if force else "keep" if keep else "ask"
    as_json = form is Format.json
    _finish(
        lambda: command(
            flow, output, policy=policy, no_code=no_code, strict=strict, as_json=as_json, keeps=not no_cache
        )
    )


@app.command()
def run(
    flow: FlowArgument,
    given: Annotated[
        str | None,
        typer.Option(
            "--input",
            "-i",
            metavar="JSON|@FILE|-",
            help="The flow's input: JSON, @ and a file, or - for standard input.",
        ),
    ] = None,
    trace: Annotated[bool, typer.Option("--trace", help="Show how long each node took.")] = False,
    env_file: EnvFileOption = None,
    name: FlowOption = None,
) -> None:
    """Run a flow once, here, and print its output as JSON."""
    from catalyst.commands.run import run as command

    _finish(lambda: command(flow, given=given, trace=trace, env_file=env_file, name=name))


@app.command()
def dev(
    flow: FlowArgument,
    output: OutputFolder = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 8000,
    env_file: EnvFileOption = None,
    no_code: NoCodeOption = False,
) -> None:
    """Build and serve a flow, and do so again on every change. Edited files of the project are kept."""
    from catalyst.commands.dev import dev as command

    _finish(lambda: command(flow, output, host=host, port=port, env_file=env_file, no_code=no_code))


@app.command()
def bench(  # noqa: PLR0913, PLR0917 - an argument is an option of the command
    flow: FlowArgument,
    name: FlowOption = None,
    given: Annotated[
        str | None,
        typer.Option(
            "--input",
            "-i",
            metavar="JSON|@FILE|-",
            help="The flow's input; an example made from its types if not given.",
        ),
    ] = None,
    route: Annotated[
        str | None, typer.Option("--route", metavar="ROUTE", help="Which route, such as /orders or 'POST /orders'.")
    ] = None,
    duration: Annotated[str, typer.Option("--duration", metavar="TIME", help="Of a round: 10s, 2m.")] = "10s",
    connections: Annotated[
        int, typer.Option("--connections", "-c", min=1, max=10_000, help="Callers at the same time.")
    ] = 32,
    rounds: Annotated[int, typer.Option("--rounds", min=1, max=100, help="How often to measure.")] = 3,
    workers: Annotated[int, typer.Option("--workers", min=1, max=256, help="Processes of the service.")] = 1,
    stream: Annotated[
        bool, typer.Option("--stream", help="Ask for an event stream: time to the first event, events/s.")
    ] = False,
    env_file: EnvFileOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Keep every round in this JSON file.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw the result: .svg or .png; needs catalyst[bench]."),
    ] = None,
    form: FormatOption = Format.text,
) -> None:
    """Measure a flow's service: requests/s, latency, time of each node, CPU and memory. Needs wrk or oha."""
    from catalyst.commands.bench import Options, read_duration
    from catalyst.commands.bench import bench as command
    from catalyst.commands.bench_rounds import Plan

    def action() -> int:
        plan = Plan(read_duration(duration), connections, rounds, workers)
        options = Options(plan, stream, output, plot, form is Format.json)
        return command(flow, given=given, env_file=env_file, name=name, route=route, options=options)

    _finish(action)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A built project.")],
) -> None:
    """Run the tests of a built project. What follows DIR goes to pytest."""
    from catalyst.commands.test import test as command

    _finish(lambda: command(folder, list(context.args)))


@app.command()
def graph(
    flow: FlowArgument,
    form: Annotated[GraphFormat, typer.Option("--format", help="What to draw.")] = GraphFormat.mermaid,
    output: OutputFile = None,
    name: FlowOption = None,
) -> None:
    """Draw a flow: what runs after what, and what runs together."""
    from catalyst.commands.graph import graph as command

    _finish(lambda: command(flow, output, form=form.value, name=name))


@app.command()
def nodes(
    name: Annotated[str | None, typer.Argument(metavar="TYPE", help="A node type; all of them if not given.")] = None,
    form: FormatOption = Format.text,
) -> None:
    """List the node types, or show what one takes."""
    from catalyst.commands.nodes import nodes as command

    _finish(lambda: command(name, as_json=form is Format.json))


@app.command()
def schema(
    output: OutputFile = None,
    project: Annotated[
        bool, typer.Option("--project", help="The schema of catalyst.yaml instead of flow files.")
    ] = False,
) -> None:
    """Print the JSON Schema of flow files, for editors."""
    from catalyst.commands.schema import schema as command

    _finish(lambda: command(output, project=project))


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A built project.")],
    form: FormatOption = Format.text,
) -> None:
    """Prove that a built project evaluates no text, or name every place that could."""
    from catalyst.commands.verify import verify as command

    _finish(lambda: command(folder, as_json=form is Format.json))


@app.command()
def convert(
    flow: FlowArgument,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE|DIR", help="Write into this file, or several files into this folder."
        ),
    ] = None,
    to: Annotated[Form | None, typer.Option("--to", help="The form to write; the other one if not given.")] = None,
    force: Force = False,
    form: FormatOption = Format.text,
) -> None:
    """Write the visual form of a flow as YAML, or the other way round. Nothing is lost."""
    from catalyst.commands.convert import convert as command

    wanted: Literal["yaml", "visual"] | None = None if to is None else "yaml" if to is Form.yaml else "visual"
    _finish(lambda: command(flow, output, to=wanted, force=force, as_json=form is Format.json))


@app.command()
def explain(
    code: Annotated[str | None, typer.Argument(metavar="CODE", help="Such as E202; all codes if not given.")] = None,
    form: FormatOption = Format.text,
) -> None:
    """Explain an error code, with a wrong and a right flow."""
    from catalyst.commands.explain import explain as command

    _finish(lambda: command(code, as_json=form is Format.json))


def main() -> None:
    """The entry point of the executable."""
    # A command makes many values that live until its end; looking for garbage among them costs a tenth of its time.
    try:
        with collecting_seldom():
            app()
    except Exception as error:
        from catalyst.commands.guard import report_outside

        sys.exit(report_outside(error))
