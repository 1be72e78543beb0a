"""Tools of real MCP servers, by HTTP and by stdio: listed once, called, lost and found again."""

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from templates.runtime.agent import run_agent
from templates.runtime.agent_mcp import McpServer, McpTools, mcp_program, mcp_server
from templates.runtime.errors import FlowError
from templates.runtime.llm import LLM
from templates.runtime.pools import IN_MEMORY, ConnectionPools, PoolKey
from tests.runtime.llm_parts import model, says
from tests.runtime.support import make_context, run

SERVER = Path(__file__).with_name("mcp_server.py")
COMMAND = (sys.executable, str(SERVER))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(port: int) -> Iterator[str]:
    """A server over HTTP in a process of its own."""
    process = subprocess.Popen([*COMMAND, str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError("the server ended")
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(free_port()) as url:
        yield url


@pytest.fixture(params=["http", "stdio"])
def key(request: pytest.FixtureRequest, address: str) -> tuple[PoolKey[McpServer], str]:
    if request.param == "http":
        return mcp_server("tools"), address
    return mcp_program("tools", COMMAND), ""


def steps(key: PoolKey[McpServer], address: str, *rounds: Any, **settings: Any) -> list[tuple[Any, str | None]]:
    async def scenario() -> Any:
        async with ConnectionPools.opened([LLM, key.at(address)]) as pools:
            prompt = "Do this\n" + "\n".join(f"round: {json.dumps(each)}" for each in rounds)
            tools = [McpTools(key, **settings)]
            return await run_agent(make_context(pools), "agent", [model("openai")], messages=says(prompt), tools=tools)

    return [(step["result"], step["error"]) for step in run(scenario())["steps"]]


@pytest.mark.usefixtures("model_services")
def test_tools_are_called_with_arguments_that_fit(key):
    wanted = [("multiply", {"first": 6, "second": 7}), ("mood", {"kind": "good"}), ("multiply", {"first": "six"})]
    first, second, third = steps(*key, wanted)
    assert first == ({"result": 42}, None)
    assert second == ({"mood": "good"}, None)
    assert third[1] is not None
    assert third[1].startswith("the arguments do not fit the schema: ")
    assert "first: should be of type integer" in third[1]


@pytest.mark.usefixtures("model_services")
def test_what_a_tool_says_went_wrong_reaches_the_model(key):
    ((_, error),) = steps(*key, [("fail", {})])
    assert error is not None
    assert error.startswith("the tool failed")


@pytest.mark.usefixtures("model_services")
def test_a_call_that_never_ends_is_ended_and_the_session_lives_on(key):
    first, second = steps(*key, [("endless", {})], [("mood", {"kind": "bad"})], seconds=1.0)
    assert first == (None, "the tool gave nothing within 1 seconds")
    assert second == ({"mood": "bad"}, None)


@pytest.mark.usefixtures("model_services")
def test_only_named_tools_are_there(key):
    ((_, error),) = steps(*key, [("fail", {})], only=("mood",))
    assert error == "there is no such tool; there are: mood"


@pytest.mark.usefixtures("model_services")
def test_a_program_that_ended_is_started_again():
    lost, found = steps(mcp_program("tools", COMMAND), "", [("leave", {})], [("mood", {"kind": "good"})], seconds=10.0)
    assert lost[0] is None
    assert lost[1] is not None
    assert found == ({"mood": "good"}, None)


def test_a_server_that_comes_back_is_found_again():
    port = free_port()

    async def scenario() -> None:
        server = McpServer(f"http://127.0.0.1:{port}/mcp")
        with pytest.raises(FlowError) as down:
            await server.tools()
        assert (down.value.kind, down.value.status) == ("connection", 502)
        with serving(port):
            assert len(await server.tools()) == 5
            assert await server.ready()
        with pytest.raises(FlowError):
            await server.call("mood", {"kind": "good"})
        with serving(port):
            assert await server.call("mood", {"kind": "good"}) == {"mood": "good"}
            await server.close()

    run(scenario(), 60)


def test_runs_at_the_same_time_share_a_session_that_is_listed_once(address):
    async def scenario() -> None:
        server = McpServer(address)
        first, *others = await asyncio.gather(*(server.tools() for _ in range(5)))
        assert all(each is first for each in others)
        results = await asyncio.gather(*(server.call("multiply", {"first": n, "second": 2}) for n in range(20)))
        assert results == [{"result": n * 2} for n in range(20)]
        await server.close()

    run(scenario())


def test_tests_have_no_server_and_an_empty_address_is_an_error():
    async def scenario() -> None:
        server = McpServer(IN_MEMORY)
        assert await server.tools() == []
        assert await server.ready()
        await server.close()
        with pytest.raises(FlowError, match="address of the tool server is not set"):
            await McpServer("").tools()

    run(scenario())
