"""The workflow redis."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, with_config
from typing_extensions import TypedDict

from app.connections import REDIS as REDIS_
from app.runtime.conform import conform
from app.runtime.context import ExecutionContext
from app.runtime.node import Retry, node
from app.runtime.redis_node import (
    Lock,
    add_to,
    delete_keys,
    expire_key,
    get_field,
    get_value,
    list_values,
    pop_value,
    publish,
    push_value,
    release_lock,
    set_fields,
    set_value,
    take_lock,
)
from app.runtime.tasks import InnerGroup, TaskGroup
from app.runtime.workflow import HttpTrigger, Workflow
from app.settings import Secrets


@with_config(ConfigDict(extra="forbid", strict=True))
class RedisInput(TypedDict):
    user: str
    step: Annotated[int, Field(default=1)]


class RedisOutput(TypedDict):
    visits: int
    first_visits: int
    is_new: bool
    absent: str
    new_fields: int
    last: Any
    todo: list[str]
    popped: str | None
    listeners: int
    held: bool
    gone: int


Context = ExecutionContext[RedisInput, None, Secrets]
STR_LIST: TypeAdapter[list[str]] = TypeAdapter(list[str])
POPPED: TypeAdapter[str | None] = TypeAdapter(str | None)


class Profile(TypedDict):
    name: str
    visits: int


READ: TypeAdapter[Profile | None] = TypeAdapter(Profile | None)


# visits, flow.yaml:7
@node("visits", timeout=10.0)
async def _visits(ctx: Context) -> int:
    return await add_to(ctx, REDIS_, f"visits:{ctx.input['user']}", by=ctx.input["step"])


# forgotten, flow.yaml:8
@node("forgotten", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _forgotten(ctx: Context) -> bool:
    return await expire_key(ctx, REDIS_, f"visits:{ctx.input['user']}", 3600.0)


# profile, flow.yaml:9
@node("profile", timeout=10.0)
async def _profile(ctx: Context, visits: int) -> bool:
    return await set_value(
        ctx,
        REDIS_,
        f"profile:{ctx.input['user']}",
        {"name": ctx.input["user"], "visits": visits},
        ttl=600.0,
        only_new=True,
    )


# read, flow.yaml:17
@node("read", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _read(ctx: Context) -> Profile | None:
    return conform(READ, await get_value(ctx, REDIS_, f"profile:{ctx.input['user']}"))


# absent, flow.yaml:18
@node("absent", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _absent(ctx: Context) -> Profile | None:
    return conform(READ, await get_value(ctx, REDIS_, "nobody"))


# fields, flow.yaml:19
@node("fields", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _fields(ctx: Context) -> int:
    return await set_fields(ctx, REDIS_, f"seen:{ctx.input['user']}", {"first": 1, "last": [2, 3]})


# field, flow.yaml:20
@node("field", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _field(ctx: Context) -> int:
    return await set_fields(ctx, REDIS_, f"seen:{ctx.input['user']}", {"last": {"n": 4}})


# last, flow.yaml:21
@node("last", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _last(ctx: Context) -> Any:
    return await get_field(ctx, REDIS_, f"seen:{ctx.input['user']}", "last")


# pushed, flow.yaml:22
@node("pushed", timeout=10.0)
async def _pushed(ctx: Context) -> int:
    return await push_value(ctx, REDIS_, f"todo:{ctx.input['user']}", ctx.input["user"].upper())


# todo, flow.yaml:23
@node("todo", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _todo(ctx: Context) -> list[str]:
    return conform(STR_LIST, await list_values(ctx, REDIS_, f"todo:{ctx.input['user']}", start=0, stop=-1))


# popped, flow.yaml:24
@node("popped", timeout=10.0)
async def _popped(ctx: Context) -> str | None:
    return conform(POPPED, await pop_value(ctx, REDIS_, f"todo:{ctx.input['user']}"))


# told, flow.yaml:25
@node("told", timeout=10.0)
async def _told(ctx: Context) -> int:
    return await publish(ctx, REDIS_, "news", {"user": ctx.input["user"]})


# door, flow.yaml:26
@node("door", timeout=10.0)
async def _door(ctx: Context) -> Lock:
    return await take_lock(ctx, REDIS_, "door", 30.0, wait=1.0)


# opened, flow.yaml:27
@node("opened", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _opened(ctx: Context, door: Lock) -> bool:
    return await release_lock(ctx, REDIS_, "door", door["token"])


# gone, flow.yaml:28
@node("gone", retry=Retry(max_attempts=3, delay=0.2, max_delay=5.0), timeout=10.0)
async def _gone(ctx: Context) -> int:
    return await delete_keys(ctx, REDIS_, [f"seen:{ctx.input['user']}", f"todo:{ctx.input['user']}", "nothing"])


async def redis(ctx: Context) -> RedisOutput:
    """Run the workflow once; gives its output."""

    async def door_then_opened() -> tuple[Lock, bool]:
        door = await _door(ctx)
        opened = await _opened(ctx, door)
        return door, opened

    async with TaskGroup() as group:

        async def visits_to_gone() -> tuple[int, int, int, Any, list[str], str | None, bool, bool, Profile | None, int]:
            async def fields_to_last() -> tuple[int, int, Any]:
                fields = await _fields(ctx)
                field = await _field(ctx)
                last = await _last(ctx)
                return fields, field, last

            async def pushed_to_popped() -> tuple[list[str], str | None]:
                await _pushed(ctx)
                todo = await _todo(ctx)
                popped = await _popped(ctx)
                return todo, popped

            async with InnerGroup(group) as inner_group:
                visits_task = inner_group.create_task(_visits(ctx))
                fields_task = inner_group.create_task(fields_to_last())
                pushed_task = inner_group.create_task(pushed_to_popped())

                async def run_forgotten() -> bool:
                    await visits_task
                    return await _forgotten(ctx)

                forgotten_task = inner_group.create_task(run_forgotten())

                async def profile_then_read() -> tuple[bool, Profile | None]:
                    visits = await visits_task
                    profile = await _profile(ctx, visits)
                    read = await _read(ctx)
                    return profile, read

                profile_task = inner_group.create_task(profile_then_read())

                async def run_gone() -> int:
                    await fields_task
                    await pushed_task
                    await profile_task
                    return await _gone(ctx)

                gone_task = inner_group.create_task(run_gone())
            visits = visits_task.result()
            fields, field, last = fields_task.result()
            todo, popped = pushed_task.result()
            forgotten = forgotten_task.result()
            profile, read = profile_task.result()
            gone = gone_task.result()
            return visits, fields, field, last, todo, popped, forgotten, profile, read, gone

        visits_task = group.create_task(visits_to_gone())
        absent_task = group.create_task(_absent(ctx))
        told_task = group.create_task(_told(ctx))
        door_task = group.create_task(door_then_opened())
    visits, fields, field, last, todo, popped, forgotten, profile, read, gone = visits_task.result()
    absent = absent_task.result()
    told = told_task.result()
    door, opened = door_task.result()
    return {
        "visits": visits + 0,
        "first_visits": read["visits"] if read is not None else 0,
        "is_new": profile,
        "absent": absent["name"] if absent is not None else "nobody",
        "new_fields": fields + field,
        "last": last,
        "todo": [each.lower() for each in todo],
        "popped": popped,
        "listeners": told,
        "held": opened and door["fence"] > 0 and forgotten,
        "gone": gone,
    }


REDIS = Workflow(
    name="redis",
    run=redis,
    input_type=RedisInput,
    output_type=RedisOutput,
    triggers=(HttpTrigger("POST", "/api/v1/redis/execute"),),
    visible=(
        "visits",
        "forgotten",
        "profile",
        "read",
        "absent",
        "fields",
        "field",
        "last",
        "pushed",
        "todo",
        "popped",
        "told",
        "door",
        "opened",
        "gone",
    ),
    graph={
        "nodes": [
            {"id": "visits", "type": "redis", "after": []},
            {"id": "forgotten", "type": "redis", "after": ["visits"]},
            {"id": "profile", "type": "redis", "after": ["visits"]},
            {"id": "read", "type": "redis", "after": ["profile"]},
            {"id": "absent", "type": "redis", "after": []},
            {"id": "fields", "type": "redis", "after": []},
            {"id": "field", "type": "redis", "after": ["fields"]},
            {"id": "last", "type": "redis", "after": ["field"]},
            {"id": "pushed", "type": "redis", "after": []},
            {"id": "todo", "type": "redis", "after": ["pushed"]},
            {"id": "popped", "type": "redis", "after": ["todo"]},
            {"id": "told", "type": "redis", "after": []},
            {"id": "door", "type": "redis", "after": []},
            {"id": "opened", "type": "redis", "after": ["door"]},
            {"id": "gone", "type": "redis", "after": ["last", "popped", "read"]},
        ]
    },
)
