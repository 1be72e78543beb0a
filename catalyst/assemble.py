"""From graphs to the complete project: code, runtime, the files around them; formatted and verified.

Goes in: what the linker made. Comes out: {path: text}. A module that does not pass the verification is a bug of ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from catalyst.codegen.libraries import runtime_imports
from catalyst.codegen.program import Emitted, attributes, emit_program
from catalyst.codegen.tests import emit_tests, fakes_needed
from catalyst.diagnostics import CompilerBug
from catalyst.graph.calls import call_of
from catalyst.graph.examples import example_input
from catalyst.graph.model import Route, Workflow
from catalyst.linking.flows import Linked
from catalyst.project.assets import fake_source, runtime_names
from catalyst.project.format import format_files
from catalyst.project.runtime import runtime_files, runtime_modules, stubs, third_party
from catalyst.project.runtime_facts import runtime_facts
from catalyst.project.scaffold import Endpoint, EnvFact, FlowFacts, ProjectFacts, scaffold_files
from catalyst.project.variables import SERVICES, Variable, handed_on, runtime_variables
from catalyst.project.verify import verify_module
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
    found += [list(runtime_facts(name).violations) for name in runtime]
    for violations in filter(None, found):
        first = violations[0]
        raise CompilerBug(f"{first.path}:{first.line}: {first.message}")


def _scaffold(emitted: Emitted, linked: Linked, libraries: Mapping[str, str]) -> dict[str, str]:
    modules = runtime_modules(emitted.needs.runtime)
    requirements = third_party(modules, emitted.imported)
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
        services=_services(emitted),
        variables=(*runtime_variables(modules), *_handed_on(emitted)),
        keeps_data="data_folder" in modules,
        has_lib=bool(libraries),
    )
    return scaffold_files(facts)


def _services(emitted: Emitted) -> dict[str, tuple[str, str]]:
    """Secret -> of which service it is the address, and what there is without it."""
    secrets = {attribute: secret for secret, attribute in attributes(emitted.secrets).items()}
    return {secrets[each.secret]: SERVICES[each.module] for each in emitted.needs.connections if each.secret}


def _handed_on(emitted: Emitted) -> list[Variable]:
    """What the project's settings hand on to the programs that serve tools."""
    programs = {name: each.constant for each in emitted.needs.connections for name in each.handed_on}
    return [handed_on(name, program.removesuffix("_MCP").lower()) for name, program in sorted(programs.items())]


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
