"""From graphs to the complete project: code, runtime, the files around them; formatted and verified.

Goes in: what the linker made. Comes out: {path: text}. A module that does not pass the verification is a bug of ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from catalyst.codegen.libraries import runtime_imports
from catalyst.codegen.program import Emitted, emit_program
from catalyst.codegen.tests import emit_tests, fakes_needed
from catalyst.diagnostics import CompilerBug
from catalyst.graph.calls import call_of
from catalyst.graph.examples import example_input
from catalyst.graph.model import Route, Workflow
from catalyst.linking.flows import Linked
from catalyst.project.assets import fake_source, runtime_names
from catalyst.project.format import format_files
from catalyst.project.runtime import runtime_files, runtime_modules, runtime_tree, stubs, third_party
from catalyst.project.scaffold import Endpoint, EnvFact, FlowFacts, ProjectFacts, scaffold_files
from catalyst.project.verify import Violation, verify_module, verify_tree
from catalyst.spec.requirements import together

_MARK = re.compile(r"\s*# [A-Za-z_]\w*, (\S+:\d+)$")


def assemble(name: str, description: str, linked: Linked, settings: Mapping[str, Any]) -> dict[str, str]:
    """All files of the project."""
    imported = {module for text in linked.libraries.values() for module in runtime_imports(text)} & runtime_names()
    emitted = emit_program(name, description, linked.workflows, linked.calls, settings, imported)
    tests = emit_tests(emitted, linked.workflows)
    python = format_files({**emitted.modules, **tests}.items())
    python |= {f"tests/{fake}.py": fake_source(fake) for fake in fakes_needed(emitted)}
    libraries = dict(sorted(linked.libraries.items()))
    if libraries:
        libraries.setdefault("lib/__init__.py", '"""Functions of our own that the workflows call."""\n')
    modules = runtime_modules(emitted.needs.runtime)
    _verify(python, modules)
    files = {**python, **libraries, **linked.beside, **runtime_files(modules), **_scaffold(emitted, linked, libraries)}
    return dict(sorted(files.items()))


def _verify(written: Mapping[str, str], runtime: Sequence[str]) -> None:
    """No module evaluates anything: what was written here, tests too, and the runtime, which is copied as it was read.

    `lib` is the user's own.
    """
    found = [verify_module(path, text) for path, text in written.items()]
    found += [_runtime_violations(name) for name in runtime]
    for violations in filter(None, found):
        first = violations[0]
        raise CompilerBug(f"{first.path}:{first.line}: {first.message}")


@cache
def _runtime_violations(name: str) -> list[Violation]:
    """Once in a process: the runtime is read once, too."""
    return verify_tree(f"app/runtime/{name}.py", runtime_tree(name))


def _scaffold(emitted: Emitted, linked: Linked, libraries: Mapping[str, str]) -> dict[str, str]:
    requirements = third_party(runtime_modules(emitted.needs.runtime), emitted.imported)
    requirements += emitted.needs.distributions
    asked = [line for workflow in linked.workflows for line in workflow.requirements]
    facts = ProjectFacts(
        name=emitted.name,
        description=emitted.description,
        flows=tuple(_flow_facts(workflow) for workflow in linked.workflows),
        env=tuple(EnvFact(key, fact.default, fact.description or "") for key, fact in sorted(emitted.env.items())),
        secrets=emitted.secrets,
        optional_secrets=emitted.optional_secrets,
        requirements=tuple(together([*requirements, *asked]) if asked else sorted(set(requirements))),
        dev_requirements=tuple(stubs(emitted.needs.runtime)),
        addresses=tuple(sorted(emitted.needs.addresses)),
        options=tuple(sorted(emitted.needs.options)),
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
