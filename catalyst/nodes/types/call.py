"""`call`: run another workflow of the project as a plain awaited function."""

from typing import Annotated, Any

from pydantic import Field

from catalyst.diagnostics import did_you_mean, listing
from catalyst.expressions.types import ANY, OPEN_OBJECT, ObjectType, Type, accepts, describe
from catalyst.nodes.base import NodeType, Scribe, Site
from catalyst.nodes.settings import Params, ShapeSlot


class CallParams(Params):
    """Settings of `call`."""

    workflow: str = Field(
        description="The flow's file, relative to this one (`./enrich.yaml`), or its name in the project."
    )
    with_: Annotated[Any, ShapeSlot(type=OPEN_OBJECT)] = Field(
        alias="with", default_factory=dict, description="The called flow's input, field by field."
    )


def output(params: CallParams, site: Site) -> Type:
    """The called flow's output."""
    called = site.called_flow(params.workflow, "workflow")
    return called.output if called else ANY


def check(params: CallParams, site: Site) -> None:
    """Each field must be one that the called flow takes, and of its type; none that it needs may be missing."""
    called = site.called_flow(params.workflow, "workflow")
    if called is None or not isinstance(called.input, ObjectType):
        return
    given = params.with_ if isinstance(params.with_, dict) else {}
    known = [name for name, _ in called.input.fields]
    for name, shape in given.items():
        field = called.input.field(name)
        if field is None:
            site.found.error(
                "E202",
                f"workflow `{called.name}` takes no input `{name}`",
                site.span_of("with", name),
                label=did_you_mean(name, known),
                help=f"it takes: {listing(known)}",
            )
            continue
        given_type = site.shape_type(shape)
        if not accepts(field.type, given_type):
            site.found.error(
                "E206",
                f"input `{name}` of workflow `{called.name}` is {describe(field.type)}, "
                f"this gives {describe(given_type)}",
                site.span_of("with", name),
            )
    for name, field in called.input.fields:
        if field.required and name not in given:
            site.found.error(
                "E423",
                f"workflow `{called.name}` needs the input `{name}`",
                site.span_of("with"),
                help=f"add `{name}:` under `with`",
            )


def emit(params: CallParams, scribe: Scribe) -> None:
    """Await the other workflow's function on a context of its own."""
    workflow = scribe.workflow(params.workflow)
    call_source = f"await {scribe.use('calls', 'call')}(ctx, {workflow}, {scribe.shape(params.with_)})"
    scribe.body.line(f"output: {scribe.annotation(scribe.output)} = {call_source}")
    scribe.body.line("return output")


NODE = NodeType(
    kind="call",
    params=CallParams,
    output=output,
    check=check,
    emit=emit,
    default_timeout=None,
    beside=frozenset({"workflow", "with"}),
    whole_with="with",
    example="""\
catalyst: 1
name: call_example
input: {name: string}
nodes:
  greeting:
    type: call
    workflow: ./greet.yaml
    with: {name: "{{ input.name }}"}
output: {greeting: "{{ nodes.greeting.output.text }}"}
""",
    example_files={"greet.yaml": """\
catalyst: 1
name: greet
input: {name: string}
nodes:
  text: {type: template, with: {text: "Hello {{ input.name }}"}}
output: {text: "{{ nodes.text.output }}"}
"""},
    example_input={"name": "Ada"},
)
