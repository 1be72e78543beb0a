"""Runs one workflow of a built project once. `catalyst run` starts it in a process of its own.

Usage: run_once.py PROJECT WORKFLOW RESULT < INPUT. The input is JSON text on standard input. The file RESULT gets a
JSON document: {"output", "status"?} or {"problem"} or {"missing", "wrong"}, and always "timings" (node to milliseconds)
and "total". Whatever the workflow prints or logs goes to standard error. Nothing of the compiler is imported here.
"""

import asyncio
import importlib
import inspect
import json
import logging
import os
import sys
from dataclasses import asdict, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any


def main() -> None:
    """Read the arguments, run, write the result."""
    project, workflow, result = sys.argv[1:]
    given = sys.stdin.buffer.read()
    os.dup2(2, 1)  # what the flow's own code prints must not mix with the output
    sys.path[0] = project
    document = asyncio.run(_run(workflow, given))
    from app.runtime.answers import to_json

    Path(result).write_bytes(to_json(document))


async def _run(name: str, given: bytes) -> dict[str, Any]:
    main_module = importlib.import_module("app.main")
    from app.runtime.errors import CannotStart
    from app.runtime.pools import ConnectionPools, PoolKey

    env = secrets = None
    try:
        settings = _module("app.settings")
        if settings is not None:
            loaded = settings.Settings.from_env()
            env, secrets = loaded.env, loaded.secrets
    except CannotStart as error:
        return _settings_to_mend(error)
    _log_to_stderr(secrets)
    keys = [value for _, value in sorted(vars(main_module).items()) if isinstance(value, PoolKey)]
    try:
        async with ConnectionPools.opened([*keys, *_connections(secrets)]) as pools:
            return await _run_workflow(_workflow(main_module, name), given, env, secrets, pools)
    except CannotStart as error:
        return _settings_to_mend(error)


def _connections(secrets: Any) -> list[Any]:
    """The services that the project talks to by address, when there are any."""
    module = _module("app.connections")
    if module is None:
        return []
    takes_secrets = bool(inspect.signature(module.connections).parameters)
    found: list[Any] = module.connections(secrets) if takes_secrets else module.connections()
    return found


def _settings_to_mend(error: Exception) -> dict[str, Any]:
    """The result of a run that could not begin: missing and wrong settings, or what else the error says."""
    missing, wrong = getattr(error, "missing", ()), getattr(error, "wrong", (str(error),))
    return {"missing": list(missing), "wrong": list(wrong), "timings": {}, "total": 0.0}


async def _run_workflow(workflow: Any, given: bytes, env: Any, secrets: Any, pools: Any) -> dict[str, Any]:
    from app.runtime import logs
    from app.runtime.answers import to_json
    from app.runtime.context import ExecutionContext
    from app.runtime.endpoint import new_execution_id
    from app.runtime.host import Limits, in_time
    from app.runtime.intake import BodyReader
    from app.runtime.problems import document
    from app.runtime.reply import Reply
    from pydantic import TypeAdapter

    execution_id = new_execution_id()
    logs.CURRENT_RUN.set((execution_id, workflow.name))
    replies: list[Reply] = []
    ctx = None
    try:
        checked = BodyReader(TypeAdapter(workflow.input_type)).read(given)
        ctx = ExecutionContext(
            checked,
            env,
            secrets,
            pools,
            workflow=workflow.name,
            vars=workflow.vars,
            execution_id=execution_id,
            answer=replies.append,
        )
        seconds = workflow.timeout if workflow.timeout is not None else Limits().run_timeout
        output = await in_time(workflow.run(ctx), seconds)
        found: dict[str, Any] = {"output": output}
        if replies or isinstance(output, Reply):
            reply = replies[0] if replies else output
            found = {"output": reply.body, "status": reply.status, "headers": dict(reply.headers)}
        to_json(found)
    except Exception as error:
        found = {"problem": document(error, execution_id)}
        if found["problem"].get("type") == "urn:problem:internal":
            logs.write("error", "run failed", error=error)
    timings = {node: spent / 1e6 for node, spent in ctx.timings.items()} if ctx is not None else {}
    return {**found, "timings": timings, "total": ctx.elapsed_ms() if ctx is not None else 0.0}


def _workflow(main_module: ModuleType, name: str) -> Any:
    from app.runtime.workflow import Workflow

    known = [value for value in vars(main_module).values() if isinstance(value, Workflow)]
    return next(workflow for workflow in known if workflow.name == name)


def _module(name: str) -> ModuleType | None:
    """A module of the project, or None when it has none of that name."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


def _log_to_stderr(secrets: Any) -> None:
    from app.runtime.logs import JsonFormatter
    from pydantic import SecretStr

    fields = asdict(secrets).values() if is_dataclass(secrets) and not isinstance(secrets, type) else ()
    texts = [value.get_secret_value() for value in fields if isinstance(value, SecretStr)]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(texts))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    level = logging.getLevelName(os.environ.get("LOG_LEVEL", "info").upper())
    root.setLevel(level if isinstance(level, int) else logging.INFO)
    for noisy in ("aiohttp", "httpx", "httpx2", "httpcore", "httpcore2", "openai", "anthropic", "mcp", "asyncio"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except ModuleNotFoundError as missing:
        Path(sys.argv[3]).write_text(json.dumps({"module": missing.name}), encoding="utf-8")
