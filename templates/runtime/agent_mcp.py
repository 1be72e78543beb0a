"""Tools of MCP servers: over HTTP at an address, or a program of the project's own settings that is spoken to by stdio.

A session is opened when it is first needed, asked once which tools there are, and shared by all runs. One that is lost
is opened again for the next call; the call that noticed it fails, since nobody knows whether the tool has done its
work. Arguments are held against the schema that the server gives before they are sent.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx2 as httpx
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult
from mcp.types import Tool as McpTool

from .agent_schemas import read_by
from .agent_tools import SECONDS, AgentTool, Context
from .errors import FlowError
from .json_schema import JsonSchema
from .llm_turns import Tool
from .pools import IN_MEMORY, PoolKey

# Seconds that a server may take to open a session and to list its tools.
OPENING = 20.0

# Tools of one server that are looked at; a list without end must not fill the memory.
MOST_TOOLS = 500


class McpServer:
    """A server and the session with it. It is owned by a task of its own, as the protocol's client wants it."""

    def __init__(self, address: str, command: Sequence[str] = (), inherited: Sequence[str] = ()) -> None:
        self._address = address
        self._command = command
        self._inherited = inherited
        self._lock = asyncio.Lock()
        self._session: _Session | None = None

    async def tools(self, token: str = "") -> Sequence[McpTool]:
        """The tools that the server has. Raises FlowError when it does not answer."""
        return (await self._open(token)).tools if self._is_there else []

    async def call(self, name: str, arguments: dict[str, Any], token: str = "") -> object:
        """What a tool gives. Raises FlowError with what the server says, or when it is gone."""
        session = await self._open(token)
        try:
            return _given(await session.client.call_tool(name, arguments))
        except MCPError as error:
            await self._forget(session)
            raise FlowError("the tool server refused the call", kind="http", status=502) from error
        except (httpx.HTTPError, OSError, RuntimeError) as error:
            await self._forget(session)
            raise _gone() from error

    async def ready(self) -> bool:
        """Whether somebody answers at the address; a program is started when it is needed."""
        if self._command or not self._is_there:
            return True
        # Whoever asks has no token: any answer will do, and its body may have no end.
        async with httpx.AsyncClient(timeout=OPENING) as http, http.stream("GET", self._address) as answer:
            return answer.status_code < 500

    async def close(self) -> None:
        """End the session."""
        async with self._lock:
            if self._session is not None:
                await self._session.end()
            self._session = None

    @property
    def _is_there(self) -> bool:
        """Tests give an address without a server: it has no tools."""
        return self._address != IN_MEMORY

    async def _open(self, token: str) -> "_Session":
        async with self._lock:
            if self._session is not None and self._session.is_over():
                self._session = None
            if self._session is None:
                self._session = await _Session.opened(self._transport(token))
            return self._session

    async def _forget(self, session: "_Session") -> None:
        async with self._lock:
            if self._session is session:
                self._session = None
        await session.end()

    @asynccontextmanager
    async def _transport(self, token: str) -> AsyncIterator[Client]:
        if self._command:
            program, *arguments = self._command
            # Beside what the client gives every program.
            more = {name: os.environ[name] for name in self._inherited if name in os.environ}
            server = StdioServerParameters(command=program, args=arguments, env=more or None)
            async with Client(server) as client:
                yield client
            return
        if not self._address:
            raise FlowError("the address of the tool server is not set", kind="invalid_request", status=500)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        limits = httpx.Timeout(OPENING, read=None)
        async with (
            httpx.AsyncClient(headers=headers, timeout=limits) as http,
            Client(streamable_http_client(self._address, http_client=http)) as client,
        ):
            yield client


@dataclass(slots=True)
class _Session:
    """An open session, the task that holds it open, and its tools."""

    client: Client
    tools: Sequence[McpTool]
    task: "asyncio.Task[None]"
    over: asyncio.Event

    @classmethod
    async def opened(cls, transport: Any) -> "_Session":
        """Open one and ask for the tools."""
        ready: asyncio.Future[tuple[Client, Sequence[McpTool]]] = asyncio.get_running_loop().create_future()
        over = asyncio.Event()
        task = asyncio.create_task(_hold(transport, ready, over))
        try:
            async with asyncio.timeout(OPENING):
                await asyncio.wait((ready, task), return_when=asyncio.FIRST_COMPLETED)
            if ready.done():
                client, tools = ready.result()
                return cls(client, tools, task, over)
            await task
            raise _gone()
        except BaseException as error:
            task.cancel()
            await asyncio.wait((task,))
            if not task.cancelled():
                task.exception()
            if isinstance(error, FlowError) or not isinstance(error, Exception):
                raise
            raise _gone() from error

    def is_over(self) -> bool:
        """Whether the session ended by itself, however it did."""
        if self.task.done() and not self.task.cancelled():
            self.task.exception()  # looked at, so that nobody complains that it was not
        return self.task.done()

    async def end(self) -> None:
        """Close the session and wait until it is closed."""
        self.over.set()
        await asyncio.wait((self.task,), timeout=OPENING)
        if not self.task.done():
            self.task.cancel()
            await asyncio.wait((self.task,))
        self.is_over()


async def _hold(transport: Any, ready: "asyncio.Future[tuple[Client, Sequence[McpTool]]]", over: asyncio.Event) -> None:
    """Open a session, tell that it is open, and hold it until it is over."""
    async with transport as client:
        tools = await _listed(client)
        if not ready.done():
            ready.set_result((client, tools))
        await over.wait()


async def _listed(client: Client) -> list[McpTool]:
    """All pages of the server's tools."""
    found: list[McpTool] = []
    cursor: str | None = None
    while len(found) < MOST_TOOLS:
        page = await client.list_tools(cursor=cursor)
        found += page.tools
        cursor = page.next_cursor
        if not cursor:
            break
    return found[:MOST_TOOLS]


def _given(result: CallToolResult) -> object:
    """A result as data: what is structured as it is, else the texts. Raises FlowError for what the tool says went
    wrong."""
    texts = "\n".join(part.text for part in result.content if part.type == "text")
    if result.is_error:
        raise FlowError("the tool failed", kind="tool", status=502, detail=texts[:2_000] or None)
    return result.structured_content if result.structured_content is not None else texts


def _gone() -> FlowError:
    return FlowError("the tool server does not answer", kind="connection", status=502)


@dataclass(frozen=True, slots=True)
class McpTools:
    """The tools of a server for an agent: all of them, or `only` those named. `token` is who we are."""

    server: PoolKey[McpServer]
    token: str = ""
    only: Collection[str] = ()
    seconds: float = SECONDS

    async def tools(self, ctx: Context) -> list[AgentTool]:
        """The tools, as the server lists them."""
        server = ctx.pools[self.server]
        return [
            self._tool(server, each)
            for each in await server.tools(self.token)
            if not self.only or each.name in self.only
        ]

    def _tool(self, server: McpServer, tool: McpTool) -> AgentTool:
        schema: JsonSchema[dict[str, Any]] = JsonSchema(tool.input_schema)

        async def run(ctx: Context, arguments: dict[str, Any]) -> object:
            return await server.call(tool.name, arguments, self.token)

        return AgentTool(
            Tool(tool.name, tool.description or "", tool.input_schema), partial(read_by, schema), run, self.seconds
        )


def mcp_server(name: str) -> PoolKey[McpServer]:
    """A server at an address."""

    async def start(address: str) -> McpServer:
        return McpServer(address)

    return PoolKey(name, open=start, close=McpServer.close, ready=McpServer.ready)


def mcp_program(name: str, command: Sequence[str], inherited: Sequence[str] = ()) -> PoolKey[McpServer]:
    """A server that is a program on this machine, started when it is first needed and ended with the service.

    It gets the environment variables that every program needs, and those `inherited` from the service.
    """

    async def start(address: str) -> McpServer:
        return McpServer(address, command, inherited)

    return PoolKey(name, open=start, close=McpServer.close, ready=McpServer.ready)
