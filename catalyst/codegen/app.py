"""The modules around the workflows: `app/main.py`, `app/__main__.py`, `app/settings.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalyst.codegen.connections import CONNECTIONS, needs_secrets
from catalyst.codegen.metrics import METRICS, REGISTRY
from catalyst.codegen.module import Module, Needs, docstring_literal
from catalyst.graph.model import EnvFact

_APP_VERSION = "0.1.0"

_EXPOSED = ("X-Execution-Id", "Server-Timing", "Retry-After")
"""Headers of every answer that a page of another origin may read."""


@dataclass(frozen=True, slots=True)
class AppFacts:
    """What the app is made of."""

    name: str
    description: str
    workflows: Sequence[tuple[str, str]]
    """(module below `app.workflows`, name of the constant), in order."""
    needs: Needs
    env: Mapping[str, EnvFact]
    env_names: Mapping[str, str]
    secret_names: Mapping[str, str]
    optional_secrets: frozenset[str] = frozenset()
    methods: Sequence[str] = ()
    """HTTP methods of the workflows' routes, sorted."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """`concurrency`, `max_body`, `timeout`, `trace`, `fast_path`, `docs`, `cors` as the flow's settings give them."""

    @property
    def has_settings(self) -> bool:
        """Whether anything is read from the environment."""
        return bool(self.env_names or self.secret_names)


def emit_main(facts: AppFacts) -> Module:
    """`app/main.py`: the FastAPI app, its pools and its workflows."""
    module = Module(f"{facts.name} as a FastAPI service: `python -m app`, or `uvicorn app.main:app`.")
    constants = [module.use_package(f"app.workflows.{name}", constant) for name, constant in facts.workflows]
    module.use_package("fastapi", "FastAPI")
    module.use_package("collections.abc", "AsyncIterator")
    module.use_package("contextlib", "asynccontextmanager")
    for name in ("NO_TELEMETRY", "Service"):
        module.use("service", name)
    module.use("pools", "ConnectionPools")
    settings = module.use_package("app.settings", "Settings") if facts.has_settings else ""
    module.functions.append(_create_app(module, facts, constants, settings))
    module.end.append("app = create_app()")
    return module


def _pools(module: Module, facts: AppFacts) -> str:
    """The list of all that is opened at start."""
    pools = [module.use(name, key) for name, key in sorted(facts.needs.pools)]
    if not facts.needs.connections:
        return f"[{', '.join(pools)}]"
    connections = module.use_package(CONNECTIONS, "connections")
    made = f"{connections}({'loaded.secrets' if needs_secrets(facts.needs.connections) else ''})"
    return f"[{', '.join([*pools, f'*{made}'])}]" if pools else made


def _create_app(module: Module, facts: AppFacts, constants: list[str], settings: str) -> str:
    given = f"settings: {settings} | None = None, " if settings else ""
    pools = _pools(module, facts)
    running = "loaded.env, loaded.secrets, opened" if settings else "None, None, opened"
    pass_in = "settings and pools; the server reads the environment and opens its pools" if settings else "pools"
    docs = docstring_literal(f"Make the app. Tests pass their own {pass_in}.")
    lifespan = docstring_literal("Open the pools and start what runs by itself; close both when the server stops.")
    lines = [
        f"def create_app({given}pools: ConnectionPools | None = None) -> FastAPI:",
        f"    {docs}",
        f"    service = Service({_service_arguments(module, facts, constants)})",
        "",
        "    @asynccontextmanager",
        "    async def lifespan(app: FastAPI) -> AsyncIterator[None]:",
        f"        {lifespan}",
        *([f"        loaded = settings or {settings}.from_env()"] if settings else []),
        f"        async with ConnectionPools.opened({pools}, pools) as opened, service.running({running}):",
        "            yield",
        "",
        f"    app = FastAPI({', '.join(_app_arguments(facts))})",
        *_cors_lines(module, facts),
        "    service.mount(app)",
        "    return app",
    ]
    return "\n".join(lines)


def _service_arguments(module: Module, facts: AppFacts, constants: list[str]) -> str:
    arguments = [f"[{', '.join(constants)}]"]
    limits = [
        f"{name}={value!r}"
        for name, key in (("concurrency", "concurrency"), ("max_body", "max_body"), ("run_timeout", "timeout"))
        if (value := facts.settings.get(key)) is not None
    ]
    if limits:
        arguments.append(f"limits={module.use('host', 'Limits')}({', '.join(limits)})")
    if facts.needs.metrics:
        arguments.append(f"metrics={module.use_package(METRICS, REGISTRY)}")
    if facts.settings.get("trace"):
        arguments.append("trace=True")
    if facts.settings.get("fast_path") is False:
        arguments.append("fast_path=False")
    return ", ".join(arguments)


def _app_arguments(facts: AppFacts) -> list[str]:
    arguments = [f"title={facts.name!r}"]
    if facts.description:
        arguments.append(f"description={facts.description!r}")
    arguments += [f"version={_APP_VERSION!r}", "lifespan=lifespan", "telemetry=NO_TELEMETRY"]
    if facts.settings.get("docs") is False:
        arguments += ["docs_url=None", "redoc_url=None", "openapi_url=None"]
    return arguments


def _cors_lines(module: Module, facts: AppFacts) -> list[str]:
    cors = facts.settings.get("cors")
    if not cors:
        return []
    middleware = module.use_package("fastapi.middleware.cors", "CORSMiddleware")
    arguments = [f"allow_origins={list(cors['origins'])!r}"]
    # A service without routes of its own still answers /health and the like.
    arguments.append(f"allow_methods={list(cors.get('methods') or facts.methods or ['GET'])!r}")
    arguments.append(f"allow_headers={list(cors.get('headers') or ['*'])!r}")
    arguments.append(f"expose_headers={list(_EXPOSED)!r}")
    return [f"    app.add_middleware({middleware}, {', '.join(arguments)})"]


def emit_entry(facts: AppFacts) -> Module:
    """`app/__main__.py`: the command line of the service."""
    module = Module("Starts the service: `python -m app [--host H] [--port P]`.")
    main = module.use("server", "main")
    settings = f", {module.use_package('app.settings', 'Settings')}.from_env" if facts.has_settings else ""
    module.end.append(f"if __name__ == '__main__':\n    {main}('app.main:app'{settings})")
    return module


def emit_settings(facts: AppFacts) -> Module:
    """`app/settings.py`: everything that is read from the environment, once, at start."""
    module = Module("Settings of the service, read from the environment once, at start.")
    dataclass_name = module.use_package("dataclasses", "dataclass")
    module.use_package("typing", "Self")
    module.use("environment", "Environment")
    decorator = f"@{dataclass_name}(frozen=True, slots=True)"
    if facts.env_names:
        module.classes.append(_env_class(facts, decorator))
    if facts.secret_names:
        module.use_package("pydantic", "SecretStr")
        fields = [f"    {field}: SecretStr" for field in facts.secret_names.values()]
        docs = docstring_literal("Keys and the like; they print as asterisks and are never written anywhere.")
        module.classes.append("\n".join([decorator, "class Secrets:", f"    {docs}", "", *fields]))
    module.classes.append(_settings_class(facts, decorator))
    return module


def _env_class(facts: AppFacts, decorator: str) -> str:
    lines = [decorator, "class Env:", f"    {docstring_literal('Environment variables that the workflows read.')}", ""]
    for name, attribute in facts.env_names.items():
        lines.append(f"    {attribute}: str")
        description = facts.env[name].description
        if description:
            lines.append(f"    {docstring_literal(' '.join(description.split()))}")
    return "\n".join(lines)


def _settings_class(facts: AppFacts, decorator: str) -> str:
    lines = [decorator, "class Settings:", f"    {docstring_literal('All settings of the service.')}", ""]
    lines.append(f"    env: {'Env' if facts.env_names else 'None'}")
    lines.append(f"    secrets: {'Secrets' if facts.secret_names else 'None'}")
    docs = "Read the environment. Raises MissingSettings, which names all that is missing at once."
    lines += ["", "    @classmethod", "    def from_env(cls) -> Self:", f"        {docstring_literal(docs)}"]
    lines.append("        given = Environment()")
    lines.append(f"        settings = cls({_env_call(facts)}, {_secrets_call(facts)})")
    lines += ["        given.check()", "        return settings"]
    return "\n".join(lines)


def _env_call(facts: AppFacts) -> str:
    if not facts.env_names:
        return "None"
    reads = []
    for name, attribute in facts.env_names.items():
        default = facts.env[name].default
        reads.append(f"{attribute}=given.text({name!r}{f', {default!r}' if default is not None else ''})")
    return f"Env({', '.join(reads)})"


def _secrets_call(facts: AppFacts) -> str:
    if not facts.secret_names:
        return "None"
    reads = (
        f"{attribute}=given.secret({name!r}{', ' + repr('') if name in facts.optional_secrets else ''})"
        for name, attribute in facts.secret_names.items()
    )
    return f"Secrets({', '.join(reads)})"
