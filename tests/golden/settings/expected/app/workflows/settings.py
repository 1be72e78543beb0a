"""The workflow settings."""

from pydantic import ConfigDict, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.workflow import HttpTrigger, Workflow


@with_config(ConfigDict(extra="forbid", strict=True))
class SettingsInput(TypedDict):
    text: str


class SettingsOutput(TypedDict):
    size: int


Context = ExecutionContext[SettingsInput, None, None]


async def settings(ctx: Context) -> SettingsOutput:
    """Run the workflow once; gives its output."""
    # size, flow.yaml:6
    size = len(ctx.input["text"])
    ctx.set_output("size", size)
    return {"size": size}


SETTINGS = Workflow(
    name="settings",
    run=settings,
    input_type=SettingsInput,
    output_type=SettingsOutput,
    triggers=(HttpTrigger("POST", "/api/v1/settings/execute"),),
    timeout=20.0,
    visible=("size",),
    graph={"nodes": [{"id": "size", "type": "set", "after": []}]},
)
