"""The files around the code: packaging, container, CI, environment and README.

Goes in: `ProjectFacts`. Comes out: path to text. The templates are Jinja2 (no other module imports it) without logic
of their own. A value never reaches one of these files as it is: each goes through the serializer of the file's format,
and what the author wrote (descriptions, defaults) reaches pyproject.toml, .env.example and README.md only, never a line
that a shell, Docker or the CI reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from catalyst.diagnostics import CompilerBug
from catalyst.project.assets import templates_dir
from catalyst.project.format import LINE_LENGTH
from catalyst.project.quoting import (
    curl_call,
    dotenv_value,
    fenced,
    is_env_name,
    is_project_name,
    markdown_cell,
    markdown_text,
    toml_list,
    toml_string,
)
from catalyst.project.variables import Variable

DEV_REQUIREMENTS = ("black>=26.10,<27", "httpx2>=2.16,<3", "mypy>=2.4,<3", "pytest>=9.2,<10", "ruff>=0.17,<0.18")
"""What an emitted project needs to be worked on: the tools that its own CI runs."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A route of a workflow with values to call it by. `path` has its parameters filled in."""

    method: str
    path: str
    body: object = None
    """Example body as JSON data; None for a route that takes none."""
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    streams: bool = False


@dataclass(frozen=True, slots=True)
class FlowFacts:
    """What the README says of a workflow. `slug` is its name in URLs, `schedules` its cron lines with time zone."""

    name: str
    slug: str
    source: str
    description: str = ""
    endpoints: tuple[Endpoint, ...] = ()
    schedules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EnvFact:
    """An environment variable; without a default it must be set."""

    name: str
    default: str | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """Everything that the files around the code depend on."""

    name: str
    description: str = ""
    flows: tuple[FlowFacts, ...] = ()
    env: tuple[EnvFact, ...] = ()
    secrets: tuple[str, ...] = ()
    optional_secrets: frozenset[str] = frozenset()
    addresses: tuple[tuple[str, bool], ...] = ()
    """(environment variable with the address of a service, whether it must be set)."""
    services: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Secret -> of which service it is the address, and what there is without it."""
    variables: tuple[Variable, ...] = ()
    """What the runtime reads from the environment by itself."""
    keeps_data: bool = False
    """Whether something embedded may write files."""
    requirements: tuple[str, ...] = ()
    """Requirement lines, as `runtime.third_party` gives them."""
    dev_requirements: tuple[str, ...] = ()
    """Further requirement lines for the tests, beside `DEV_REQUIREMENTS`."""
    version: str = "0.1.0"
    port: int = 8000
    has_lib: bool = False
    """Whether the project carries `lib/` with Python of its author."""


_FILES = {
    "pyproject.toml": "pyproject.toml.j2",
    "requirements.txt": "requirements.txt.j2",
    "Dockerfile": "Dockerfile.j2",
    "compose.yaml": "compose.yaml.j2",
    ".env.example": "env.example.j2",
    "README.md": "README.md.j2",
    ".github/workflows/ci.yml": "ci.yml.j2",
    ".gitignore": "gitignore.j2",
    ".dockerignore": "dockerignore.j2",
}


def scaffold_files(facts: ProjectFacts) -> dict[str, str]:
    """Path to text of the files around the code. Raises `CompilerBug` for names that should have been refused."""
    _check(facts)
    values = _values(facts)
    return {path: _templates().get_template(name).render(values) for path, name in sorted(_FILES.items())}


def _check(facts: ProjectFacts) -> None:
    wrong = [name for name in (facts.name, *(flow.name for flow in facts.flows)) if not is_project_name(name)]
    wrong += [name for name in (*(fact.name for fact in facts.env), *facts.secrets) if not is_env_name(name)]
    if wrong:
        raise CompilerBug(f"names that cannot stand in a project: {', '.join(map(repr, wrong))}")


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(templates_dir() / "project"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - nothing here is HTML; every value is already quoted for its file
    )


def _values(facts: ProjectFacts) -> Mapping[str, Any]:
    """What the templates see: plain numbers, checked names, and text that is already quoted for one format."""
    requirements = sorted(facts.requirements)
    packages = ["app", "lib"] if facts.has_lib else ["app"]
    return {
        "name": facts.name,
        "port": facts.port,
        "has_lib": facts.has_lib,
        "line_length": LINE_LENGTH,
        "requirements": requirements,
        "folders": " ".join([*packages, "tests"]),
        "toml": {
            "name": toml_string(facts.name.replace("_", "-")),
            "version": toml_string(facts.version),
            "description": toml_string(" ".join(facts.description.split()) or f"The {facts.name} service."),
            "dependencies": toml_list(requirements),
            "dev": toml_list(sorted({*DEV_REQUIREMENTS, *facts.dev_requirements})),
            "packages": toml_list(packages),
        },
        "env": [{"name": fact.name, "value": dotenv_value(fact.default or "")} for fact in facts.env],
        "secrets": [name for name in facts.secrets if name not in facts.optional_secrets],
        "optional_secrets": sorted(facts.optional_secrets),
        "addresses": [f"{name}=" if needed else f"# {name}=" for name, needed in facts.addresses],
        "variables": [f"# {variable.name}={dotenv_value(variable.default)}" for variable in _variables(facts)],
        "keeps_data": facts.keeps_data,
        "must_be_set": bool(facts.env or facts.secrets or facts.addresses),
        "settings": _settings_rows(facts),
        "description": markdown_text(facts.description),
        "flows": [_flow_values(flow, facts.port) for flow in facts.flows],
    }


def _variables(facts: ProjectFacts) -> list[Variable]:
    """What the flows declare themselves stands among their settings."""
    declared = {fact.name for fact in facts.env} | {*facts.secrets} | {name for name, _ in facts.addresses}
    return [variable for variable in facts.variables if variable.name not in declared]


def _settings_rows(facts: ProjectFacts) -> list[str]:
    rows = [
        (
            fact.name,
            "required" if fact.default is None else markdown_cell(fact.default),
            markdown_cell(fact.description),
        )
        for fact in facts.env
    ]
    rows += [
        (
            name,
            "optional" if name in facts.optional_secrets else "required",
            f"secret; {_purpose(facts, name)}",
        )
        for name in facts.secrets
    ]
    rows += [
        (name, *(("required", "address of the service") if needed else ("optional", "another address of the service")))
        for name, needed in facts.addresses
    ]
    rows += [
        (variable.name, f"`{variable.default}`" if variable.default else "optional", variable.description)
        for variable in _variables(facts)
    ]
    return [f"| `{name}` | {default} | {description} |" for name, default, description in rows]


def _purpose(facts: ProjectFacts, secret: str) -> str:
    """What a secret is for, as far as it is known."""
    if secret not in facts.services:
        return "read once at start, never written anywhere"
    service, without = facts.services[secret]
    return f"{service}; without it {without}" if secret in facts.optional_secrets else service


def _flow_values(flow: FlowFacts, port: int) -> Mapping[str, Any]:
    base = f"http://127.0.0.1:{port}"
    return {
        "name": flow.name,
        "slug": flow.slug,
        "source": markdown_cell(flow.source),
        "description": markdown_text(flow.description),
        "calls": [_call(endpoint, base, stream=False) for endpoint in flow.endpoints],
        "streams": [_call(endpoint, base, stream=True) for endpoint in flow.endpoints if endpoint.streams],
        "schedules": [markdown_cell(line) for line in flow.schedules],
        "info": fenced(f"curl {base}/api/v1/{flow.slug}/info", "sh"),
    }


def _call(endpoint: Endpoint, base: str, *, stream: bool) -> str:
    headers = (*endpoint.headers, ("Accept", "text/event-stream")) if stream else endpoint.headers
    url = base + endpoint.path
    return fenced(curl_call(endpoint.method, url, endpoint.query, headers, endpoint.body, buffered=not stream), "sh")
