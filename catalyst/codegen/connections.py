"""`app/connections.py`: the services that the workflows talk to by address, each through one pool of the project.

Goes in: what the nodes said that they need. Comes out: the module, and its names as the modules around it use them.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import replace

from catalyst.codegen.module import Connection, Module, docstring_literal
from catalyst.nodes.stores import REDIS_URL
from catalyst.pysource.source import to_source

CONNECTIONS = "app.connections"
PATH = "app/connections.py"


def connection_name(secret: str, home: str, attribute: str) -> str:
    """The constant for the service at the address in `secret`: `DATABASE` when that is `home`, the DATABASE_URL that
    nodes of this kind look for; `DATABASE_CRM_URL` for another one, so that no two services ever share a name.
    """
    kind = home.removesuffix("_URL")
    return kind if secret == home else f"{kind}_{attribute.upper()}"


def redis_connection(secrets: Mapping[str, str]) -> Connection | None:
    """The project's Redis, for what uses it wherever there is one. `secrets`: declared secret -> its attribute."""
    if REDIS_URL not in secrets:
        return None
    constant = connection_name(REDIS_URL, REDIS_URL, secrets[REDIS_URL])
    return Connection(constant, "store_redis", "redis_pool", secrets[REDIS_URL])


def emit_connections(connections: Collection[Connection]) -> Module:
    """The pools' keys, and a function that says where each service is."""
    module = Module("The services that the workflows use, each through one pool. Where they are is in the settings.")
    ordered = _one_of_each(connections)
    for each in ordered:
        make = module.use(each.module, each.function)
        arguments = [_literal(argument) for argument in (each.constant.lower(), *each.arguments)]
        if each.statements:
            arguments.append(ast.Constant("".join(f"{statement};\n" for statement in each.statements)))
        module.constants.append(f"{each.constant} = {to_source(ast.Call(ast.Name(make, ast.Load()), arguments, []))}")
    module.functions.append(_wanted(module, ordered))
    return module


def _one_of_each(connections: Collection[Connection]) -> list[Connection]:
    """In order of their names. Flows of several folders may each bring tables for the same database."""
    found: dict[str, list[Connection]] = {}
    for each in sorted(connections):
        found.setdefault(each.constant, []).append(each)
    return [_joined(same) if len(same) > 1 else same[0] for same in found.values()]


def _joined(same: list[Connection]) -> Connection:
    from catalyst.nodes.sql.schema import united  # noqa: PLC0415 - needed by few projects

    return replace(same[0], statements=tuple(united(each.statements for each in same)))


def _literal(argument: str | tuple[str, ...]) -> ast.expr:
    if isinstance(argument, str):
        return ast.Constant(argument)
    return ast.Tuple([ast.Constant(word) for word in argument], ast.Load())


def needs_secrets(connections: Collection[Connection]) -> bool:
    """Whether an address comes from the settings; otherwise everything is embedded."""
    return any(each.secret for each in connections)


def _wanted(module: Module, connections: list[Connection]) -> str:
    given = f"secrets: {module.use_package('app.settings', 'Secrets')}" if needs_secrets(connections) else ""
    place = module.use("pools", "PoolAt")
    pools = [
        f"{each.constant}.at(secrets.{each.secret}.get_secret_value())" if each.secret else f"{each.constant}.at('')"
        for each in connections
    ]
    return "\n".join(
        [
            f"def connections({given}) -> list[{place}]:",
            f"    {docstring_literal('What the service opens when it starts; without an address, what is embedded.')}",
            f"    return [{', '.join(pools)}]",
        ]
    )
