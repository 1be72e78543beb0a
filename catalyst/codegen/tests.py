"""Tests of the emitted project that run without keys and servers.

Goes in: the graphs and what was written for them. Comes out: {path: text}: `tests/support.py`, which starts the service
in process with everything outside of it replaced, a module of tests for each workflow, and one for the whole service.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalyst.codegen.connections import CONNECTIONS
from catalyst.codegen.fakes import (
    Answer,
    calls_are_distinct,
    example_secret,
    example_settings,
    http_answers,
    http_calls,
)
from catalyst.codegen.module import Module, docstring_literal
from catalyst.codegen.program import Emitted, attributes
from catalyst.codegen.scribe import constant_tree
from catalyst.codegen.workflow import constant_name
from catalyst.expressions.types import BoolType, FloatType, IntType, ListType, NumberType, ObjectType, StrType, Type
from catalyst.graph.calls import call_of
from catalyst.graph.examples import example_input
from catalyst.graph.model import InputFact, Route, Workflow, all_steps
from catalyst.nodes.models import models_in
from catalyst.pysource.names import Names
from catalyst.pysource.source import to_source

_UNSURE_NODES = frozenset({"python", "raise", "respond", "sql"})
"""Node types that decide what comes out by something the compiler does not know."""

_SURE_HELPERS = frozenset(
    {"auth", "cache", "cache_shared", "calls", "context", "errors", "http", "http2", "http_signature", "llm"}
    | {
        "llm_anthropic",
        "llm_openai",
        "llm_answers",
        "llm_turns",
        "llm_typed",
        "logs",
        "moments",
        "node",
        "pools",
        "rate_limit",
        "rate_limit_shared",
        "reply",
    }
    | {"run_log", "schedule", "sse", "tasks", "text", "waiting", "workflow"}
)
"""Runtime modules whose functions do not fail for a value that they do not like."""

_HTTP_POOLS = frozenset({"http", "http2", "http_guard"})
"""Runtime modules whose pools speak HTTP."""

_BODYLESS = ("GET", "DELETE")

_WITHOUT_BODY = (204, 205)
"""Statuses of good answers that have no body."""


def emit_tests(emitted: Emitted, workflows: Sequence[Workflow]) -> dict[str, str]:
    """{path: text}: the shared part, and a module of tests for each workflow."""
    settings = example_settings(emitted.env, workflows)
    paths = tests_paths([emitted.workflow_modules[workflow.name] for workflow in workflows])
    files = {
        path: _WorkflowTests(emitted, workflow, workflows, settings).text()
        for path, workflow in zip(paths, workflows, strict=True)
    }
    support = _support(emitted, workflows, settings)
    if any("assert_answered" in text for text in files.values()):
        support.functions.append(_assert_answered(support))
    around = {
        "tests/__init__.py": '"""Tests that need no keys, network or servers."""\n',
        "tests/support.py": support.text(),
        "tests/test_service.py": _service_tests(workflows),
    }
    return {**around, **files}


def tests_paths(modules: Iterable[str]) -> list[str]:
    """The files with the tests of the workflows that have these modules."""
    names = Names(frozenset({"service"}))
    return [f"tests/test_{names.take(module)}.py" for module in modules]


def answers_constant(kind: str, answers: Iterable[Answer]) -> str:
    """`ANSWERS: Answers = [...]`: what the services that a workflow calls answer in its tests."""
    rows = ", ".join(f"({method!r}, {address!r}, {_answer_source(body)})" for method, address, body in answers)
    return f"ANSWERS: {kind} = [{rows}]"


def fakes_needed(emitted: Emitted) -> tuple[str, ...]:
    """The modules of `templates/tests` that the tests import."""
    pools = {module for module, _ in emitted.needs.pools}
    return tuple(name for name, used in (("fake_http", _HTTP_POOLS), ("fake_llm", {"llm"})) if pools & used)


def _annotated(body: Mapping[str, Any]) -> str:
    """The annotation that an example needs: nobody could tell what an empty list or object in it may hold."""
    return "" if body and all(each not in ({}, []) for each in body.values()) else ": dict[str, object]"


# What the tests share


def _support(emitted: Emitted, workflows: Sequence[Workflow], settings: Mapping[str, str]) -> Module:
    module = Module("Starts the service in process, with everything outside of it replaced.")
    module.use_package("collections.abc", "Iterator")
    module.use_package("contextlib", "contextmanager")
    module.use_package("fastapi.testclient", "TestClient")
    module.use_package("app.main", "create_app")
    arguments = []
    if emitted.env or emitted.secrets:
        module.constants.append(_settings(module, emitted, settings))
        arguments.append("SETTINGS")
    pools = _pools(module, emitted)
    answers = ""
    if "fake_http" in fakes_needed(emitted):
        answers = f"answers: {module.use_package('tests.fake_http', 'Answers')} = ()"
    if pools:
        arguments.append("pools=pools")
    around = _patches(module, workflows)
    client = f"TestClient(create_app({', '.join(arguments)})) as client"
    lines = [
        "@contextmanager",
        f"def running({answers}) -> Iterator[TestClient]:",
        f"    {docstring_literal(_running_text(answers, emitted))}",
        *([f"    pools = {pools}"] if pools else []),
        f"    with {', '.join([*around, client])}:",
        "        yield client",
    ]
    if any("quick_sleep" in line for line in around):
        module.functions.append(_quick_sleep(module))
    module.functions.append("\n".join(lines))
    return module


def _running_text(answers: str, emitted: Emitted) -> str:
    if answers:
        return "A client of the running service; whatever it calls answers from `answers`."
    faked = ["its models are fakes"] if "fake_llm" in fakes_needed(emitted) else []
    faked += ["what it keeps is kept in memory"] if emitted.needs.connections else []
    return "; ".join(["A client of the running service", *faked]) + "."


def _settings(module: Module, emitted: Emitted, settings: Mapping[str, str]) -> str:
    """`SETTINGS = Settings(...)` with made-up values."""
    env, secrets = "None", "None"
    if emitted.env:
        values = (f"{name}={settings[key]!r}" for key, name in attributes(sorted(emitted.env)).items())
        env = f"{module.use_package('app.settings', 'Env')}({', '.join(values)})"
    if emitted.secrets:
        secret = module.use_package("pydantic", "SecretStr")
        values = (f"{name}={secret}({example_secret(key)!r})" for key, name in attributes(emitted.secrets).items())
        secrets = f"{module.use_package('app.settings', 'Secrets')}({', '.join(values)})"
    return f"SETTINGS = {module.use_package('app.settings', 'Settings')}(env={env}, secrets={secrets})"


def _pools(module: Module, emitted: Emitted) -> str:
    """The pools that the tests give the app: fakes, and services that are embedded; empty for an app without pools."""
    arguments = []
    fakes = _fake_pools(module, emitted)
    if fakes:
        arguments.append(f"{{{', '.join(fakes)}}}")
    if emitted.needs.connections:
        memory = module.use("pools", "IN_MEMORY")
        keys = (module.use_package(CONNECTIONS, each.constant) for each in sorted(emitted.needs.connections))
        arguments.append(f"at={{{', '.join(f'{key}: {memory}' for key in keys)}}}")
    return f"{module.use('pools', 'ConnectionPools')}({', '.join(arguments)})" if arguments else ""


def _fake_pools(module: Module, emitted: Emitted) -> list[str]:
    """The items of a dict of pools that answer without a network."""
    items = []
    for runtime, key in sorted(emitted.needs.pools):
        if runtime == "llm":
            fake = f"{module.use_package('tests.fake_llm', 'fake_llm')}()"
            made = f"{module.use('llm', 'LlmPool')}({module.use('httpx_client', 'open_httpx')}({fake}))"
        elif runtime in _HTTP_POOLS:
            made = f"{module.use_package('tests.fake_http', 'FakeHttp')}(answers)"
            if runtime == "http_guard":
                made = f"{module.use(runtime, 'GuardedClients')}(instead={made})"
        else:  # It reaches nothing outside of the process.
            continue
        items.append(f"{module.use(runtime, key)}: {made}")
    return items


def _patches(module: Module, workflows: Sequence[Workflow]) -> list[str]:
    """What is replaced while the service runs: long pauses, limits on callers, addresses that must be set."""
    steps = [step for workflow in workflows for step in all_steps(workflow.body)]
    routes = [route for workflow in workflows for route in workflow.routes]
    patches = []
    if any(step.type.name == "wait" or step.policy.retry is not None for step in steps):
        patches.append("patch('asyncio.sleep', _quick_sleep)")
    if any(route.rate_limit is not None for route in routes):
        patches.append(f"patch.object({module.use('rate_limit', 'RateLimit')}, 'take')")
    models = [model for step in steps for model in models_in(step.params)]
    if any(model.provider == "azure" and model.base_url is None for model in models):
        patches.append("patch.dict('os.environ', AZURE_OPENAI_ENDPOINT='http://azure.test')")
    if patches:
        module.use_package("unittest.mock", "patch")
    return patches


def _quick_sleep(module: Module) -> str:
    module.use_package("asyncio", "")
    module.constants.append("_sleep = asyncio.sleep")
    docs = docstring_literal("Pauses of the workflows take no time here.")
    head = "async def _quick_sleep(delay: float, result: object = None) -> object:"
    return f"{head}\n    {docs}\n    return await _sleep(min(delay, 0.001), result)"


def _assert_answered(module: Module) -> str:
    response = module.use_package("httpx2", "Response")
    docs = docstring_literal("The workflow answered, or failed in a way that it knows: with a problem document.")
    return "\n".join(
        [
            f"def assert_answered(answer: {response}) -> None:",
            f"    {docs}",
            "    if answer.headers.get('content-type') == 'application/problem+json':",
            "        problem = answer.json()",
            "        assert problem['status'] == answer.status_code",
            "        assert 'node' in problem or problem['type'] != 'urn:problem:internal', problem",
        ]
    )


# Tests of the service


def _service_tests(workflows: Sequence[Workflow]) -> str:
    module = Module("The service as a whole: whether it is up, and what it says of its workflows.")
    module.use_package("tests.support", "running")
    module.functions.append(
        "def test_service_is_up_and_ready() -> None:\n"
        "    with running() as client:\n"
        "        assert client.get('/health').status_code == 200\n"
        "        assert client.get('/ready').status_code == 200"
    )
    names = sorted(workflow.name for workflow in workflows)
    module.functions.append(
        "def test_every_workflow_tells_about_itself() -> None:\n"
        "    with running() as client:\n"
        f"        for name in {names!r}:\n"
        "            assert client.get(f'/api/v1/{name}/info').json()['name'] == name"
    )
    return module.text()


# Tests of a workflow


@dataclass(frozen=True, slots=True)
class _Request:
    """A request by its parts, as Python text for the client's call; "" where there is none."""

    method: str
    path: str
    body: Mapping[str, Any] | None
    query: Mapping[str, str | list[str]]
    headers: Mapping[str, str]
    auth: tuple[str, str] | None

    def call(self, body: str = "EXAMPLE", headers: Mapping[str, str] | None = None, *, signed: bool = True) -> str:
        """`client.post(PATH, json=EXAMPLE)`."""
        arguments = ["PATH"]
        if self.body is not None:
            arguments.append(f"json={body}")
        if self.query:
            arguments.append("params=QUERY")
        sent = {**(self.headers if signed else {}), **(headers or {})}
        if sent:
            arguments.append("headers=HEADERS" if sent == self.headers else f"headers={sent!r}")
        if self.auth is not None and signed:
            arguments.append(f"auth={self.auth!r}")
        if self.body is not None and self.method in _BODYLESS:
            return f"client.request({self.method!r}, {', '.join(arguments)})"
        return f"client.{self.method.lower()}({', '.join(arguments)})"


class _WorkflowTests:
    def __init__(
        self, emitted: Emitted, workflow: Workflow, workflows: Sequence[Workflow], settings: Mapping[str, str]
    ) -> None:
        self.workflow = workflow
        self.module_name = emitted.workflow_modules[workflow.name]
        self.module = Module(f"The workflow {workflow.name}, called as its clients call it.")
        self.example = example_input(workflow)
        self.emitted = emitted
        self.called = list(_with_called(workflow, {each.name: each for each in workflows}))
        self.answers: list[Answer] = []
        for flow in self.called:
            self.answers += [each for each in http_answers(flow, settings) if each not in self.answers]
        self.sure = all(self._is_sure(flow, settings) for flow in self.called) and self._example_fits()

    def text(self) -> str:
        """The whole module."""
        if not self.workflow.routes:
            self._scheduled()
            return self.module.text()
        route = self.workflow.routes[0]
        request = self._request(route)
        self.module.use_package("tests.support", "running")
        self._constants(request)
        self._described()
        self._wrong_input(route, request)
        if route.auth:
            self._refused(request)
        self._example_run(route, request)
        if self.workflow.stream:
            self._streamed(route, request)
        return self.module.text()

    def _is_sure(self, workflow: Workflow, settings: Mapping[str, str]) -> bool:
        """Whether the outcome for a valid input is known: nothing in it can fail as long as all services answer."""
        if any(step.type.name in _UNSURE_NODES for step in all_steps(workflow.body)):
            return False
        if any(module == "http_guard" for module, _ in self.emitted.needs.pools):
            return False
        text = self.emitted.modules[f"app/workflows/{self.emitted.workflow_modules[workflow.name]}.py"]
        helpers = set(re.findall(r"^from app\.runtime\.(\w+) import", text, re.MULTILINE))
        return helpers <= _SURE_HELPERS and calls_are_distinct(http_calls(all_steps(workflow.body), workflow, settings))

    def _example_fits(self) -> bool:
        """Whether the example is known to be valid: a pattern may not match it."""
        return not any(fact.required and "pattern" in fact.constraints for fact in self.workflow.input_facts)

    def _request(self, route: Route) -> _Request:
        call = call_of(self.workflow, route, self.example)
        headers = dict(call.headers)
        auth: tuple[str, str] | None = None
        if route.auth:
            kind, parts = next(iter(route.auth.items()))
            if kind == "basic":
                auth = (example_secret(parts["user"]), example_secret(parts["password"]))
            elif kind == "bearer":
                headers["Authorization"] = f"Bearer {example_secret(parts['secret'])}"
            else:
                headers[parts["header"]] = example_secret(parts["secret"])
        return _Request(call.method, call.path, call.body, call.query, headers, auth)

    def _constants(self, request: _Request) -> None:
        constants = self.module.constants
        constants.append(f"PATH = {request.path!r}")
        if request.body is not None:
            constants.append(f"EXAMPLE{_annotated(request.body)} = {_source(dict(request.body))}")
        if request.query:
            constants.append(f"QUERY = {_source(dict(request.query))}")
        if request.headers:
            constants.append(f"HEADERS = {_source(dict(request.headers))}")
        if self.answers:
            kind = self.module.use_package("tests.fake_http", "Answers")
            constants.append(answers_constant(kind, self.answers))

    def _add(self, name: str, lines: Sequence[str], answers: str = "") -> None:
        body = "".join(f"        {line}\n" for line in lines)
        self.module.functions.append(f"def test_{name}() -> None:\n    with running({answers}) as client:\n{body}")

    def _described(self) -> None:
        """The info page and, unless it is off, the OpenAPI document."""
        lines = [f"info = client.get('/api/v1/{self.workflow.name}/info').json()"]
        lines.append(f"assert info['name'] == {self.workflow.name!r}")
        if not self._docs_are_off():
            lines.append("paths = client.get('/openapi.json').json()['paths']")
            lines += [f"assert {r.method.lower()!r} in paths[{r.path!r}]" for r in self.workflow.routes]
        self._add("it_is_described", lines)

    def _docs_are_off(self) -> bool:
        return "openapi_url=None" in self.emitted.modules["app/main.py"]

    def _wrong_input(self, route: Route, request: _Request) -> None:
        """A body that is not what the workflow takes."""
        if request.body is None:
            return
        facts = [fact for fact in self.workflow.input_facts if route.locations.get(fact.name, "body") == "body"]
        missing = next((fact.name for fact in facts if fact.required), None)
        wrong = next((fact for fact in facts if _wrong_value(fact) is not None), None)
        if missing is not None:
            body = {key: value for key, value in request.body.items() if key != missing}
            self._refuses("missing_input", request, body, missing)
        elif wrong is not None:
            self._refuses("wrong_input", request, {**request.body, wrong.name: _wrong_value(wrong)}, wrong.name)
        elif self.workflow.input_facts:
            self._refuses("unknown_input", request, {**request.body, "unexpected": 1}, "unexpected")

    def _refuses(self, what: str, request: _Request, body: Mapping[str, Any], field: str) -> None:
        lines = [
            f"answer = {request.call(_source(dict(body)))}",
            "assert answer.status_code == 422",
            f"assert {field!r} in [error['field'] for error in answer.json()['errors']]",
        ]
        self._add(f"{what}_is_named", lines)

    def _refused(self, request: _Request) -> None:
        self._add("callers_must_sign_in", [f"assert {request.call(signed=False)}.status_code == 401"])

    def _example_run(self, route: Route, request: _Request) -> None:
        lines = [f"answer = {request.call()}"]
        if self.sure and route.status in _WITHOUT_BODY:
            lines += [f"assert answer.status_code == {route.status}, answer.text", "assert answer.content == b''"]
        elif self.sure:
            adapter = self.module.use_package("pydantic", "TypeAdapter")
            lines += [f"assert answer.status_code == {route.status}, answer.text", self._shape(adapter)]
        else:
            lines.append(f"{self.module.use_package('tests.support', 'assert_answered')}(answer)")
        self._add("the_example_is_answered", lines, self._given())

    def _shape(self, adapter: str) -> str:
        constant = self.module.use_package(f"app.workflows.{self.module_name}", constant_name(self.workflow.name))
        return f"{adapter}({constant}.output_type).validate_json(answer.content)"

    def _given(self) -> str:
        return "ANSWERS" if self.answers else ""

    def _streamed(self, route: Route, request: _Request) -> None:
        headers = {**request.headers, "Accept": "text/event-stream"}
        last = ["done", "error"] if not self.sure else ["done"]
        lines = [f"answer = {request.call(headers=headers)}"]
        check = (
            "events = [line.removeprefix('event: ') for line in answer.text.splitlines() if line.startswith('event: ')]"
        )
        ends = "assert events[-1] == 'done'" if len(last) == 1 else f"assert events[-1] in {last!r}"
        if "done" not in route.events:
            lines.append("assert answer.status_code < 600")
        elif self.sure:
            lines += [check, ends]
        else:
            lines.append(f"{self.module.use_package('tests.support', 'assert_answered')}(answer)")
            lines.append("if answer.headers['content-type'].startswith('text/event-stream'):")
            lines += [f"    {check}", f"    {ends}"]
        self._add("it_streams", lines, self._given())

    def _scheduled(self) -> None:
        """A workflow without a route starts by itself: its input must be one that it takes."""
        adapter = self.module.use_package("pydantic", "TypeAdapter")
        constant = self.module.use_package(f"app.workflows.{self.module_name}", constant_name(self.workflow.name))
        lines = ["def test_what_starts_it_gives_valid_input() -> None:"]
        inputs = [cron.input for cron in self.workflow.crons] or [self.example]
        lines.append(f"    for given in {_source([dict(each) for each in inputs])}:")
        lines.append(f"        {adapter}({constant}.input_type).validate_python(given)")
        self.module.functions.append("\n".join(lines))


def _with_called(workflow: Workflow, known: Mapping[str, Workflow]) -> Iterator[Workflow]:
    """The workflow and all that it calls, directly or not, each once."""
    waiting, seen = [workflow.name], {workflow.name}
    while waiting:
        flow = known[waiting.pop(0)]
        yield flow
        for name in flow.calls:
            if name in known and name not in seen:
                seen.add(name)
                waiting.append(name)


def _wrong_value(fact: InputFact) -> Any:
    """A value that the field does not take; None where it takes nearly anything."""
    return _not_of(fact.type)


def _not_of(type_: Type) -> Any:
    match type_:
        case StrType():
            return 1
        case BoolType() | IntType() | FloatType() | NumberType() | ListType() | ObjectType():
            return "text"
        case _:
            return None


def _source(value: object) -> str:
    return to_source(constant_tree(value))


def _answer_source(body: object) -> str:
    return repr(body) if isinstance(body, bytes) else _source(body)
