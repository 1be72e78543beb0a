"""The services that the workflows use, each through one pool. Where they are is in the settings."""

from app.runtime.agent_mcp import mcp_program, mcp_server
from app.runtime.pools import PoolAt
from app.settings import Secrets

FILES_MCP = mcp_program("files_mcp", ("python", "-m", "files_server", "--read-only"), ("FILES_ROOT",))

TICKETS_MCP = mcp_server("tickets_mcp")


def connections(secrets: Secrets) -> list[PoolAt]:
    """What the service opens when it starts; without an address, what is embedded."""
    return [FILES_MCP.at(""), TICKETS_MCP.at(secrets.tickets_mcp_url.get_secret_value())]
