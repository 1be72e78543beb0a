"""onboard_team: Make an account and a welcome message for every member of a new team."""

from time import monotonic_ns
from typing import Annotated

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from app.runtime.calls import call
from app.runtime.context import ExecutionContext
from app.runtime.node import node
from app.runtime.tasks import TaskGroup, map_items
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env
from app.workflows.prepare_account import PREPARE_ACCOUNT
from app.workflows.welcome_message import WELCOME_MESSAGE


class MembersItem(TypedDict):
    name: str
    email: str


@with_config(ConfigDict(extra="forbid", strict=True))
class OnboardTeamInput(TypedDict):
    team: Annotated[str, Field(pattern="^[a-z][a-z0-9-]{1,30}$")]
    members: Annotated[list[MembersItem], Field(min_length=1, max_length=50)]


class Account(TypedDict):
    user: str
    email: str
    known: bool


class OnboardTeamOutput(TypedDict):
    team: str
    accounts: list[Account]
    welcome: str


@with_config(ConfigDict(extra="forbid"))
class OnboardTeamParameters(TypedDict):
    team: Annotated[str, Field(pattern="^[a-z][a-z0-9-]{1,30}$")]


@with_config(ConfigDict(extra="forbid", strict=True))
class OnboardTeamBody(TypedDict):
    members: Annotated[list[MembersItem], Field(min_length=1, max_length=50)]


Context = ExecutionContext[OnboardTeamInput, Env, None]


class Welcome(TypedDict):
    text: str


# account, onboard_team.yaml:23
@node("account")
async def _account(ctx: Context, member: MembersItem) -> Account:
    output: Account = await call(ctx, PREPARE_ACCOUNT, {"name": member["name"], "email": member["email"]})
    return output


# welcome, onboard_team.yaml:27
@node("welcome")
async def _welcome(ctx: Context) -> Welcome:
    output: Welcome = await call(
        ctx, WELCOME_MESSAGE, {"team": ctx.input["team"], "names": [m["name"] for m in ctx.input["members"]]}
    )
    return output


async def onboard_team(ctx: Context) -> OnboardTeamOutput:
    """Run the workflow once; gives its output."""

    async def run_accounts() -> list[Account]:
        # accounts, onboard_team.yaml:17
        accounts_started = monotonic_ns()

        async def accounts_member(ctx: Context, member: MembersItem, index: int) -> Account:
            return await _account(ctx, member)

        accounts: list[Account] = await map_items(ctx, ctx.input["members"], accounts_member, concurrency=5)
        ctx.finished("accounts", accounts, monotonic_ns() - accounts_started)
        return accounts

    async with TaskGroup() as group:
        accounts_task = group.create_task(run_accounts())
        welcome_task = group.create_task(_welcome(ctx))
    accounts = accounts_task.result()
    welcome = welcome_task.result()
    return {"team": ctx.input["team"], "accounts": accounts, "welcome": welcome["text"]}


ONBOARD_TEAM = Workflow(
    name="onboard_team",
    run=onboard_team,
    input_type=OnboardTeamInput,
    output_type=OnboardTeamOutput,
    triggers=(
        HttpTrigger(
            "POST",
            "/api/v1/teams/{team}/members",
            parameters={"team": "path"},
            parameters_type=OnboardTeamParameters,
            body_type=OnboardTeamBody,
            status=201,
        ),
    ),
    description="Make an account and a welcome message for every member of a new team.",
    timeout=30.0,
    visible=("accounts", "welcome"),
    graph={
        "nodes": [
            {"id": "accounts", "type": "map", "after": []},
            {"id": "account", "type": "call", "after": [], "inside": "accounts.each"},
            {"id": "welcome", "type": "call", "after": []},
        ]
    },
)
