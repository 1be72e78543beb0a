"""All workflows of a project become {path: text}: the modules, the app around them, and what else they need.

Goes in: the graphs. Comes out: an `Emitted`: Python that is not formatted yet, and the facts that the files around the
code are written from. Touches no disk.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalyst.codegen.app import AppFacts, emit_entry, emit_main, emit_settings
from catalyst.codegen.connections import PATH as CONNECTIONS_PATH
from catalyst.codegen.connections import emit_connections
from catalyst.codegen.libraries import library_needs
from catalyst.codegen.metrics import PATH as METRICS_PATH
from catalyst.codegen.metrics import emit_metrics
from catalyst.codegen.module import Module, Needs
from catalyst.codegen.workflow import ProjectNames, constant_name, emit_workflow
from catalyst.graph.model import EnvFact, Workflow
from catalyst.pysource.names import Names, snake_case

_ALWAYS = frozenset({"service", "server", "pools", "context", "workflow"})
"""Runtime modules of every project."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """What the code generator made."""

    name: str
    description: str
    modules: Mapping[str, str]
    """Path -> Python text, not formatted."""
    imported: frozenset[str]
    """Modules that they import."""
    needs: Needs
    env: Mapping[str, EnvFact]
    secrets: tuple[str, ...]
    optional_secrets: frozenset[str]
    """Secrets that no flow insists on."""
    workflow_modules: Mapping[str, str]
    """Flow name -> module name."""


def emit_program(
    name: str,
    description: str,
    workflows: Sequence[Workflow],
    calls: Mapping[str, Mapping[str, str]],
    settings: Mapping[str, Any],
    library_modules: Collection[str] = (),
) -> Emitted:
    """The modules of a project. `calls`: flow name -> what its `call` nodes name -> flow name. `library_modules`: the
    runtime modules that the author's own Python imports.
    """
    env = {key: fact for workflow in workflows for key, fact in workflow.env.items()}
    secrets = tuple(sorted({secret for workflow in workflows for secret in workflow.secrets}))
    needed = {secret for flow in workflows for secret in flow.secrets if secret not in flow.optional_secrets}
    optional = frozenset(secrets) - needed
    names = project_names(workflows, calls)
    modules = names.workflows
    emitted = {workflow_path(modules[flow.name]): emit_workflow(flow, names) for flow in workflows}
    needs = Needs(set(_ALWAYS))
    needs.add(library_needs(library_modules, names.secrets))
    for module in emitted.values():
        module.finish()
        needs.add(module.needs)
    facts = AppFacts(
        name,
        description,
        [(modules[flow.name], constant_name(flow.name)) for flow in workflows],
        needs,
        {key: env[key] for key in sorted(env)},
        names.env,
        names.secrets,
        optional,
        sorted({route.method for workflow in workflows for route in workflow.routes}),
        settings,
    )
    around = _around(facts)
    for module in around.values():
        needs.add(module.needs)
    written = dict(sorted({**emitted, **around}.items()))
    texts = {path: module.text() for path, module in written.items()}
    imported = frozenset(name for module in written.values() for name in module.imports.modules())
    texts |= {"app/__init__.py": '"""The service."""\n', "app/workflows/__init__.py": '"""One module a workflow."""\n'}
    return Emitted(name, description, texts, imported, needs, env, secrets, optional, modules)


def project_names(workflows: Sequence[Workflow], calls: Mapping[str, Mapping[str, str]]) -> ProjectNames:
    """The names that the modules of these workflows share."""
    env = sorted({key for workflow in workflows for key in workflow.env})
    secrets = sorted({secret for workflow in workflows for secret in workflow.secrets})
    names = Names()
    modules = {workflow.name: names.take(snake_case(workflow.name)) for workflow in workflows}
    return ProjectNames(attributes(env), attributes(secrets), modules, calls)


def workflow_path(module: str) -> str:
    """The file of a workflow's module."""
    return f"app/workflows/{module}.py"


def _around(facts: AppFacts) -> dict[str, Module]:
    around = {"app/main.py": emit_main(facts), "app/__main__.py": emit_entry(facts)}
    if facts.has_settings:
        around["app/settings.py"] = emit_settings(facts)
    if facts.needs.connections:
        around[CONNECTIONS_PATH] = emit_connections(facts.needs.connections)
    if facts.needs.metrics:
        around[METRICS_PATH] = emit_metrics(facts.needs.metrics)
    return around


def attributes(variables: Sequence[str]) -> dict[str, str]:
    """Environment variable -> attribute: lower case, as Python writes fields."""
    names = Names()
    return {variable: names.take(variable.lower()) for variable in variables}
