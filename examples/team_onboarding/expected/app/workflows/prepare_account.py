"""prepare_account: Choose a user name and see whether the directory knows the person already."""

from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_json, segment
from app.runtime.node import Retry, node
from app.runtime.strings import slug
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


@with_config(ConfigDict(extra="forbid", strict=True))
class PrepareAccountInput(TypedDict):
    name: Annotated[str, Field(min_length=1)]
    email: str


class Account(TypedDict):
    user: str
    email: str
    known: bool


Context = ExecutionContext[PrepareAccountInput, Env, None]


class Customer(TypedDict):
    name: str
    trusted: bool


CUSTOMER: TypeAdapter[Customer] = TypeAdapter(Customer)


# known, prepare_account.yaml:13
@node("known", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _known(ctx: Context) -> Customer:
    return await request_json(
        ctx, "GET", f"{ctx.env.api_url}/customers/{segment(ctx.input['email'].lower())}", CUSTOMER
    )


async def prepare_account(ctx: Context) -> Account:
    """Run the workflow once; gives its output."""
    known = await _known(ctx)
    # account, prepare_account.yaml:17
    account: Account = {
        "user": slug(ctx.input["name"]).replace("-", "."),
        "email": ctx.input["email"].lower(),
        "known": known["trusted"],
    }
    ctx.set_output("account", account)
    return account


PREPARE_ACCOUNT = Workflow(
    name="prepare_account",
    run=prepare_account,
    input_type=PrepareAccountInput,
    output_type=Account,
    triggers=(HttpTrigger("POST", "/api/v1/prepare_account/execute"),),
    description="Choose a user name and see whether the directory knows the person already.",
    timeout=30.0,
    visible=("known", "account"),
    graph={
        "nodes": [{"id": "known", "type": "http", "after": []}, {"id": "account", "type": "set", "after": ["known"]}]
    },
)
