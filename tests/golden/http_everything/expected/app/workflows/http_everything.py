"""The workflow http_everything."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import (
    FullResponse,
    basic,
    bearer,
    header_value,
    query_value,
    request_bytes,
    request_full,
    request_text,
    segment,
)
from app.runtime.http_signature import Signature
from app.runtime.node import node
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env, Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class HttpEverythingInput(TypedDict):
    id: str
    note: Annotated[str | None, Field(default=None)]


class HttpEverythingOutput(TypedDict):
    status: int
    kind: str
    body: Any
    form: str


Context = ExecutionContext[HttpEverythingInput, Env, Secrets]


# put, flow.yaml:7
@node("put", timeout=10.0)
async def _put(ctx: Context) -> FullResponse:
    return await request_full(
        ctx,
        "PUT",
        f"{ctx.env.api}/items/{segment(ctx.input['id'])}?kind={query_value(ctx.input['id'])}",
        params={"page": 2, "tag": ["a", "b"], "note": ctx.input["note"] if ctx.input["note"] is not None else "-"},
        headers={
            "X-Note": header_value(ctx.input["id"]),
            "Accept-Language": "en",
            "Authorization": bearer(ctx.secrets.token.get_secret_value()),
        },
        json={"id": ctx.input["id"], "list": [1, ctx.input["note"]]},
    )


# form, flow.yaml:17
@node("form", timeout=10.0)
async def _form(ctx: Context) -> str:
    return await request_text(
        ctx,
        "POST",
        f"{ctx.env.api}/form",
        headers={"Authorization": basic(ctx.secrets.user.get_secret_value(), ctx.secrets.password.get_secret_value())},
        form={"a": ctx.input["id"], "b": 2},
    )


# raw, flow.yaml:21
@node("raw", timeout=10.0)
async def _raw(ctx: Context) -> bytes:
    return await request_bytes(
        ctx,
        "PATCH",
        f"{ctx.env.api}/raw",
        headers={"X-Key": header_value(ctx.secrets.token.get_secret_value())},
        content=f"plain {ctx.input['id']}",
        sign=Signature(ctx.secrets.token.get_secret_value()),
        follow_redirects=True,
    )


async def http_everything(ctx: Context) -> HttpEverythingOutput:
    """Run the workflow once; gives its output."""
    put = await _put(ctx)
    form = await _form(ctx)
    await _raw(ctx)
    return {"status": put["status"], "kind": put["headers"].get("x-kind", "none"), "body": put["body"], "form": form}


HTTP_EVERYTHING = Workflow(
    name="http_everything",
    run=http_everything,
    input_type=HttpEverythingInput,
    output_type=HttpEverythingOutput,
    triggers=(HttpTrigger("POST", "/api/v1/http_everything/execute"),),
    visible=("put", "form", "raw"),
    graph={
        "nodes": [
            {"id": "put", "type": "http", "after": []},
            {"id": "form", "type": "http", "after": ["put"]},
            {"id": "raw", "type": "http", "after": ["form"]},
        ]
    },
)
