"""Emitted projects in tests: built, written to a folder, imported, and called in process with the world replaced."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx2
from fastapi.testclient import TestClient

from catalyst.api import Result, compile_flow, compile_path
from catalyst.diagnostics import render
from catalyst.nodes.catalog import find_node_type, node_type_names
from templates.tests.fake_llm import embedded, ranked, say

GOLDEN = Path(__file__).parent / "golden"
EXAMPLES = Path(__file__).parents[1] / "examples"
SOURCES = ("flow.yaml", "flow.json", "catalyst.yaml")


def golden_cases() -> list[str]:
    """Names of the folders that hold a case, sorted."""
    return sorted(path.name for path in GOLDEN.iterdir() if any((path / name).is_file() for name in SOURCES))


@cache
def golden_result(case: str) -> Result:
    """The compiled case."""
    return _compiled(GOLDEN / case)


@cache
def example_result(folder: Path) -> Result:
    """The compiled example of the repository."""
    return _compiled(folder)


def _compiled(folder: Path) -> Result:
    source = next(folder / name for name in SOURCES if (folder / name).is_file())
    return compile_path(folder if source.name == "catalyst.yaml" else source)


@cache
def node_result(name: str) -> Result:
    """The compiled example of a node type."""
    node_type = find_node_type(name)
    assert node_type is not None
    return compile_flow(node_type.example, read=node_type.example_files.get)


def every_project() -> dict[str, Result]:
    """All golden cases, the examples of all node types and those of the repository, by a name of their own."""
    projects = {f"case_{case}": golden_result(case) for case in golden_cases()}
    projects |= {f"example_{folder.name}": example_result(folder) for folder in EXAMPLES.iterdir() if folder.is_dir()}
    return projects | {f"node_{name}": node_result(name) for name in node_type_names()}


def findings(result: Result) -> str:
    """All diagnostics as a person reads them."""
    return "\n\n".join(render(item, result.sources.get(item.file)) for item in result.diagnostics)


def write_files(files: Mapping[str, str], folder: Path) -> None:
    """Write a project's files below a folder."""
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="")


@dataclass
class World:
    """What a run sees of the network: answers from a table, and a record of what was asked.

    An answer may `wait_for` an address: it comes only when that one was asked, too, which proves that both are asked
    at the same time without looking at a clock.
    """

    http: Sequence[Mapping[str, Any]] = ()
    llm: Sequence[Any] = ()
    asked: list[str] = field(default_factory=list)
    requests: list[Any] = field(default_factory=list)
    prompts: list[Any] = field(default_factory=list)
    used: dict[int, int] = field(default_factory=dict)

    async def answer_http(self, request: Any) -> Any:
        self.requests.append(request)
        self.asked.append(f"{request.method} {request.url}")
        for number, entry in enumerate(self.http):
            if not _fits(entry, request) or self.used.get(number, 0) >= entry.get("times", 1_000_000):
                continue
            self.used[number] = self.used.get(number, 0) + 1
            if "wait_for" in entry:
                await self._wait_for(entry["wait_for"])
            return _http_answer(entry)
        raise AssertionError(f"nobody expected {request.method} {request.url}")

    async def _wait_for(self, address: str) -> None:
        for _ in range(2_000):
            if any(address in asked for asked in self.asked):
                return
            await _real_sleep(0.001)
        raise AssertionError(f"{address} was not asked at the same time")

    async def answer_llm(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/embeddings"):
            return embedded(request)
        if request.url.path.endswith("/rerank"):
            return ranked(request)
        asked = json.loads(request.content)
        self.prompts.append({**asked, "url": str(request.url)})
        reply = self.llm[min(len(self.prompts), len(self.llm)) - 1]
        if callable(reply):
            reply = reply(asked)
        if isinstance(reply, dict) and "status" in reply:
            return httpx2.Response(reply["status"], json={"error": {"type": "error", "message": "no"}})
        if isinstance(reply, dict) and "tools" in reply:
            return wants_tools(asked, reply["tools"])
        return say(request, reply if isinstance(reply, str) else json.dumps(reply))


def wants_tools(asked: Mapping[str, Any], wanted: Sequence[Any]) -> httpx2.Response:
    """The answer of a model of OpenAI's that calls tools: each is its name and arguments."""
    calls = [
        {"id": f"call_{at}", "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
        for at, (name, given) in enumerate(wanted)
    ]
    message = {"role": "assistant", "content": None, "refusal": None, "tool_calls": calls}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls"}
    usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
    head = {"id": "chatcmpl-1", "created": 1_767_225_600, "model": asked["model"], "object": "chat.completion"}
    return httpx2.Response(200, json={**head, "choices": [choice], "usage": usage})


def _fits(entry: Mapping[str, Any], request: Any) -> bool:
    return entry.get("method", request.method) == request.method and fnmatchcase(str(request.url), entry["url"])


def _http_answer(entry: Mapping[str, Any]) -> Any:
    exchange = import_module("app.runtime.http_exchange")
    match entry.get("fail"):
        case "timeout":
            raise exchange.timed_out()
        case "connection":
            raise exchange.unreachable()
    text = entry["text"] if "text" in entry else json.dumps(entry.get("json"))
    headers = {"content-type": "text/plain" if "text" in entry else "application/json"}
    headers |= {name.lower(): value for name, value in entry.get("headers", {}).items()}
    return exchange.Answer(entry.get("status", 200), headers, text.encode())


class WorldClient:
    """The world as the client of an emitted project."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def send(self, request: Any, most: int) -> Any:
        return await self.world.answer_http(request)

    async def ready(self) -> bool:
        return True


_real_sleep = asyncio.sleep


async def _quick_sleep(delay: float, result: Any = None) -> Any:
    return await _real_sleep(min(delay, 0.001), result)


@contextmanager
def imported(folder: Path) -> Iterator[None]:
    """The project in `folder` as the one that `app` and `lib` mean; forgotten afterwards."""
    _forget()
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        _forget()


def _forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in ("app", "lib")]:
        del sys.modules[name]


def environment(result: Result) -> dict[str, str]:
    """A value for every variable and secret that the project reads."""
    values: dict[str, str] = {}
    for workflow in result.workflows:
        for name, fact in workflow.env.items():
            values[name] = fact.default or f"http://{name.lower().replace('_', '-')}.test"
        values |= {name: f"test-{name.lower().replace('_', '-')}" for name in workflow.secrets}
    return values


@contextmanager
def serving(result: Result, world: World, env: Mapping[str, str] | None = None) -> Iterator[TestClient]:
    """A client of the imported project, its pools connected to `world`, its pauses short."""
    pools = import_module("app.runtime.pools").ConnectionPools(_pools(world), at=_embedded())
    values = {**environment(result), "AZURE_OPENAI_ENDPOINT": "http://azure.test", **(env or {})}
    with (
        patch.dict(os.environ, values),
        patch("asyncio.sleep", _quick_sleep),
        TestClient(import_module("app.main").create_app(pools=pools)) as client,
    ):
        yield client


def _pools(world: World) -> dict[Any, Any]:
    pools: dict[Any, Any] = {}
    client = WorldClient(world)
    for module, key in (("http", "HTTP"), ("http2", "HTTP2")):
        if _exists(f"app.runtime.{module}"):
            pools[getattr(import_module(f"app.runtime.{module}"), key)] = client
    if _exists("app.runtime.http_guard"):
        guard = import_module("app.runtime.http_guard")
        pools[guard.GUARDED_HTTP] = guard.GuardedClients(instead=client)
    if _exists("app.runtime.llm"):
        llm = import_module("app.runtime.llm")
        models = import_module("app.runtime.httpx_client").open_httpx(httpx2.MockTransport(world.answer_llm))
        pools[llm.LLM] = llm.LlmPool(models)
    return pools


def _embedded() -> dict[Any, str]:
    """Every service that is reached by an address is embedded instead, and writes nothing to disk."""
    if not _exists("app.connections"):
        return {}
    pools = import_module("app.runtime.pools")
    keys = [value for value in vars(import_module("app.connections")).values() if isinstance(value, pools.PoolKey)]
    return dict.fromkeys(keys, pools.IN_MEMORY)


def _exists(module: str) -> bool:
    return (Path(sys.path[0]) / (module.replace(".", "/") + ".py")).is_file()
