"""enrich_batch: Look up the company of each contact at a service that often says "not now"."""

from time import monotonic_ns
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.runtime.context import ExecutionContext
from app.runtime.http import request_json, segment
from app.runtime.node import Retry, node
from app.runtime.tasks import Failed, map_items
from app.runtime.values import get
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Env


class ContactsItem(TypedDict):
    email: str
    name: str


@with_config(ConfigDict(extra="forbid", strict=True))
class EnrichBatchInput(TypedDict):
    contacts: Annotated[list[ContactsItem], Field(min_length=1, max_length=200)]


class EnrichBatchRowsItem(TypedDict):
    name: str
    email: str
    company: str
    large: bool


class EnrichBatchFailedItem(TypedDict):
    email: str
    status: int


class EnrichBatchOutput(TypedDict):
    rows: list[EnrichBatchRowsItem]
    failed: list[EnrichBatchFailedItem]


Context = ExecutionContext[EnrichBatchInput, Env, None]


class Company(TypedDict):
    domain: str
    name: str
    employees: int
    country: str


COMPANY: TypeAdapter[Company] = TypeAdapter(Company)


class Enriched(TypedDict):
    results: list[EnrichBatchRowsItem]
    errors: list[Failed]


# company, flow.yaml:26
@node(
    "company",
    retry=Retry(max_attempts=4, delay=0.05, max_delay=1.0, errors=("timeout", "connection", "429", "503")),
    timeout=5.0,
)
async def _company(ctx: Context, contact: ContactsItem) -> Company:
    return await request_json(
        ctx, "GET", f"{ctx.env.api_url}/companies/{segment(get(contact['email'].split('@'), -1).lower())}", COMPANY
    )


async def enrich_batch(ctx: Context) -> EnrichBatchOutput:
    """Run the workflow once; gives its output."""
    # enriched, flow.yaml:19
    enriched_started = monotonic_ns()

    async def enriched_contact(ctx: Context, contact: ContactsItem, index: int) -> EnrichBatchRowsItem:
        company = await _company(ctx, contact)
        # row, flow.yaml:33
        row: EnrichBatchRowsItem = {
            "name": contact["name"],
            "email": contact["email"].lower(),
            "company": company["name"],
            "large": company["employees"] >= 250,
        }
        return row

    enriched: Enriched = await map_items(
        ctx, ctx.input["contacts"], enriched_contact, concurrency=4, on_item_error="collect"
    )
    ctx.finished("enriched", enriched, monotonic_ns() - enriched_started)
    return {
        "rows": enriched["results"],
        "failed": [
            {"email": get(ctx.input["contacts"], e["index"], "email"), "status": e["error"]["status"]}
            for e in enriched["errors"]
        ],
    }


ENRICH_BATCH = Workflow(
    name="enrich_batch",
    run=enrich_batch,
    input_type=EnrichBatchInput,
    output_type=EnrichBatchOutput,
    triggers=(HttpTrigger("POST", "/api/v1/enrich_batch/execute"),),
    description='Look up the company of each contact at a service that often says "not now".',
    visible=("enriched",),
    graph={
        "nodes": [
            {"id": "enriched", "type": "map", "after": []},
            {"id": "company", "type": "http", "after": [], "inside": "enriched.each"},
            {"id": "row", "type": "set", "after": ["company"], "inside": "enriched.each"},
        ]
    },
)
