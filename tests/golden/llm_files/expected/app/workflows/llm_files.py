"""The workflow llm_files."""

from typing import Annotated

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.files import UploadedFile
from app.runtime.llm import complete
from app.runtime.llm_answers import Completion
from app.runtime.llm_anthropic import Anthropic
from app.runtime.llm_openai import OpenAI
from app.runtime.llm_turns import with_files
from app.runtime.node import Retry, node
from app.runtime.tasks import TaskGroup
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class LlmFilesInput(TypedDict):
    photo: UploadedFile
    pages: list[UploadedFile]
    link: Annotated[str | None, Field(default=None)]


class LlmFilesOutput(TypedDict):
    seen: str
    said: str


Context = ExecutionContext[LlmFilesInput, None, Secrets]


# look, flow.yaml:6
@node("look", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _look(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "look",
        [OpenAI("gpt-5.4", api_key=ctx.secrets.openai_api_key.get_secret_value())],
        messages=[{"role": "user", "content": with_files("What is this?", [ctx.input["photo"], ctx.input["link"]])}],
        timeout=120.0,
    )


# read, flow.yaml:9
@node("read", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0))
async def _read(ctx: Context) -> Completion:
    return await complete(
        ctx,
        "read",
        [Anthropic("claude-haiku-4-5", api_key=ctx.secrets.anthropic_api_key.get_secret_value())],
        messages=[
            {"role": "user", "content": with_files("Read these.", [ctx.input["pages"], "https://x.test/a.png"])},
            {"role": "assistant", "content": "Done."},
            {"role": "user", "content": "What do they say?"},
        ],
        timeout=120.0,
    )


async def llm_files(ctx: Context) -> LlmFilesOutput:
    """Run the workflow once; gives its output."""
    async with TaskGroup() as group:
        look_task = group.create_task(_look(ctx))
        read_task = group.create_task(_read(ctx))
    look = look_task.result()
    read = read_task.result()
    return {"seen": look["text"], "said": read["text"]}


LLM_FILES = Workflow(
    name="llm_files",
    run=llm_files,
    input_type=LlmFilesInput,
    output_type=LlmFilesOutput,
    triggers=(HttpTrigger("POST", "/api/v1/llm_files/execute"),),
    visible=("look", "read"),
    graph={"nodes": [{"id": "look", "type": "llm", "after": []}, {"id": "read", "type": "llm", "after": []}]},
)
