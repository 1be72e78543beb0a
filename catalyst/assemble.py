"""From graphs to the complete project: code, runtime, the files around them; formatted and verified.

Goes in: what the linker made. Comes out: {path: text}. A module that does not pass the verification is a bug of ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from catalyst.codegen.program import Emitted, emit_program
from catalyst.codegen.tests import emit_tests, fakes_needed
from catalyst.diagnostics import CompilerBug
from catalyst.graph.calls import call_of
from catalyst.graph.examples import example_input
from catalyst.graph.model import Route, Workflow
from catalyst.linking.flows import Linked
from catalyst.project.assets import fake_source
from catalyst.project.format import format_files
from catalyst.project.runtime import runtime_files, runtime_modules, third_party
from catalyst.project.scaffold import Endpoint, EnvFact, FlowFacts, ProjectFacts, scaffold_files
from catalyst.project.verify import verify_module

_MARK = re.compile(r"\s*# [A-Za-z_]\w*, (\S+:\d+)$")


def assemble(name: str, description: str, linked: Linked, settings: Mapping[str, Any]) -> dict[str, str]:
    """All files of the project."""
    emitted = emit_program(name, description, linked.workflows, linked.calls, settings)
    tests = emit_tests(emitted, linked.workflows)
    python = format_files({**emitted.modules, **tests}.items())
    python |= {f"tests/{fake}.py": fake_source(fake) for fake in fakes_needed(emitted)}
    libraries = dict(sorted(linked.libraries.items()))
    if libraries:
        libraries.setdefault("lib/__init__.py", '"""Functions of our own that the workflows call."""\n')
    runtime = runtime_files(emitted.needs.runtime)
    files = {**python, **libraries, **runtime, "app/runtime/py.typed": "", **_scaffold(emitted, linked, libraries)}
    del files["app/runtime/py.typed"]
    _verify(files)
    return dict(sorted(files.items()))


def _verify(files: Mapping[str, str]) -> None:
    """Every module that we wrote evaluates nothing; `lib` is the user's own."""
    for path, text in files.items():
        if path.startswith("app/") and path.endswith(".py"):
            violations = verify_module(path, text)
            if violations:
                raise CompilerBug(f"{path}:{violations[0].line}: {violations[0].message}")


def _scaffold(emitted: Emitted, linked: Linked, libraries: Mapping[str, str]) -> dict[str, str]:
    requirements = [*third_party(runtime_modules(emitted.needs.runtime), emitted.modules.values())]
    facts = ProjectFacts(
        name=emitted.name,
        description=emitted.description,
        flows=tuple(_flow_facts(workflow) for workflow in linked.workflows),
        env=tuple(EnvFact(key, fact.default, fact.description or "") for key, fact in sorted(emitted.env.items())),
        secrets=emitted.secrets,
        requirements=tuple(sorted({*requirements, *emitted.needs.distributions})),
        has_lib=bool(libraries),
    )
    return scaffold_files(facts)


def _flow_facts(workflow: Workflow) -> FlowFacts:
    endpoints = tuple(_endpoint(workflow, route) for route in workflow.routes)
    schedules = tuple(f"{cron.cron} ({cron.timezone})" for cron in workflow.crons)
    return FlowFacts(workflow.name, workflow.name, workflow.file, workflow.description, endpoints, schedules)


def _endpoint(workflow: Workflow, route: Route) -> Endpoint:
    """A route with an example of its input, each field where it belongs."""
    call = call_of(workflow, route, example_input(workflow))
    headers = list(call.headers.items())
    if route.auth:
        headers.append(_auth_header(route.auth))
    values = ((name, value if isinstance(value, list) else [value]) for name, value in call.query.items())
    query = tuple((name, each) for name, several in values for each in several)
    body = call.body if call.sends_body else None
    return Endpoint(call.method, call.path, body, query, tuple(headers), workflow.stream)


def _auth_header(auth: Mapping[str, Any]) -> tuple[str, str]:
    kind, settings = next(iter(auth.items()))
    if kind == "api_key":
        return str(settings["header"]), "YOUR-KEY"
    return "Authorization", "Bearer YOUR-TOKEN" if kind == "bearer" else "Basic YOUR-CREDENTIALS"


def source_map(files: Mapping[str, str]) -> dict[str, dict[int, str]]:
    """For each workflow module: code line -> flow line, from the comments above the nodes."""
    mapped: dict[str, dict[int, str]] = {}
    for path, text in files.items():
        if path.startswith("app/workflows/"):
            lines = {
                number: match[1] for number, line in enumerate(text.split("\n"), 1) if (match := _MARK.match(line))
            }
            if lines:
                mapped[path] = lines
    return mapped
