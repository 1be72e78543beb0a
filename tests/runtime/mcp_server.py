"""A server of tools for the tests: by stdio, or over HTTP when a port is given."""

import asyncio
import os
import sys
from typing import Literal

from mcp.server.mcpserver import MCPServer

server = MCPServer("tests")


@server.tool()
def multiply(first: int, second: int) -> int:
    """The product of two numbers."""
    return first * second


@server.tool()
def mood(kind: Literal["good", "bad"]) -> dict[str, str]:
    """How it is."""
    return {"mood": kind}


@server.tool()
def fail() -> str:
    """It does not work."""
    raise ValueError("out of paper")


@server.tool()
async def endless() -> str:
    """It never ends."""
    await asyncio.Event().wait()
    return "never"


@server.tool()
def leave() -> str:
    """The server ends in the middle of the call."""
    os._exit(3)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(server.run_streamable_http_async(host="127.0.0.1", port=int(sys.argv[1])))
    else:
        server.run()
