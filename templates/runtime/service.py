"""The workflows of a project as one service on a FastAPI app.

```python
service = Service([GREET], limits=Limits())
app = FastAPI(lifespan=..., telemetry=NO_TELEMETRY)
service.mount(app)
...
async with service.running(settings.env, settings.secrets, pools):    # in the lifespan
    yield
```
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, is_dataclass
from functools import partial
from time import monotonic_ns
from typing import Any

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from prometheus_client import CollectorRegistry
from pydantic import SecretStr, TypeAdapter
from starlette.middleware import Middleware

from . import logs
from .answers import to_json
from .context import ExecutionContext
from .endpoint import Endpoint, new_execution_id
from .host import Host, Limits, Live, drain, in_time
from .openapi import describe
from .pools import ConnectionPools
from .routes import add_info_route, add_problem_handlers, add_service_routes, add_workflow_route
from .short_way import RouteTable, ShortWay, shorten
from .start import PlainStart
from .workflow import Auth, Check, HttpTrigger, Workflow

__all__ = ["NO_TELEMETRY", "Limits", "Service"]

# FastAPI traces every request by itself once an OpenTelemetry SDK is installed, at half the speed.
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


class Service:
    """Serves workflows: their routes, what starts them by itself, and an orderly stop."""

    def __init__(
        self,
        workflows: Iterable[Workflow],
        *,
        limits: Limits | None = None,
        metrics: CollectorRegistry | None = None,
        trace: bool = False,
        fast_path: bool = True,
    ) -> None:
        self.workflows = tuple(workflows)
        self._fast_path = fast_path
        self._host = Host(tuple(workflow.name for workflow in self.workflows), limits or Limits(), trace, metrics)
        self._endpoints = [
            Endpoint(self._host, workflow, trigger)
            for workflow in self.workflows
            for trigger in workflow.triggers
            if isinstance(trigger, HttpTrigger)
        ]
        self._table = RouteTable(self._endpoints)
        self._app: FastAPI | None = None

    def mount(self, app: FastAPI) -> None:
        """Add everything to the app. Call it before adding routes of your own; middleware may come before or after."""
        # A path without parameters goes before one that would match it too, and so do the service's own.
        ordered = sorted(self._endpoints, key=lambda each: _specificity(each.trigger.path))
        for endpoint in [each for each in ordered if "{" not in each.trigger.path]:
            add_workflow_route(app, endpoint)
        own = [add_info_route(app, workflow) for workflow in self.workflows]
        own += add_service_routes(app, self._host)
        self._table.keep_out([*own, app.docs_url, app.redoc_url, app.openapi_url, app.swagger_ui_oauth2_redirect_url])
        for endpoint in [each for each in ordered if "{" in each.trigger.path]:
            add_workflow_route(app, endpoint)
        add_problem_handlers(app)
        describe(app, self._endpoints)
        if self._fast_path:
            # At the end of the list: inside all other middleware, whenever it is added.
            app.user_middleware.append(Middleware(ShortWay, table=self._table, owner=app))
            self._app = app
        app.user_middleware.append(Middleware(PlainStart))

    @asynccontextmanager
    async def running(self, env: Any, secrets: Any, pools: ConnectionPools) -> AsyncIterator[None]:
        """Take requests and keep schedules while inside; afterwards wait for what still goes on in the background."""
        logs.start(_secret_texts(secrets))
        if self._app is not None:
            shorten(self._app, self._table)
        live = Live(env, secrets, pools, _make_checks(self._endpoints, secrets))
        self._host.live = live
        started = [
            asyncio.create_task(trigger.run(workflow.name, partial(self._start, live, workflow)))
            for workflow in self.workflows
            for trigger in workflow.triggers
            if not isinstance(trigger, HttpTrigger)
        ]
        try:
            yield
        finally:
            for task in started:
                task.cancel()
            await asyncio.gather(*started, return_exceptions=True)
            await drain(live.tasks, self._host.limits.drain)
            self._host.live = None

    def _start(self, live: Live, workflow: Workflow, given: Mapping[str, Any]) -> asyncio.Task[None]:
        """Start a run that nobody waits for; it logs how it ended."""
        task = asyncio.create_task(self._run_unasked(live, workflow, given))
        self._host.keep(workflow, task)
        return task

    async def _run_unasked(self, live: Live, workflow: Workflow, given: Mapping[str, Any]) -> None:
        """Run a workflow that no request started, and log how that ended."""
        host = self._host
        execution_id = new_execution_id()
        logs.CURRENT_RUN.set((execution_id, workflow.name))
        counts = host.metrics.counts[workflow.name]
        counts.in_flight += 1
        began = monotonic_ns()
        status = "cancelled"
        try:
            # As JSON, so that a text is a point in time here too.
            checked = TypeAdapter(workflow.input_type).validate_json(to_json(dict(given)))
            ctx = ExecutionContext(
                checked,
                live.env,
                live.secrets,
                live.pools,
                workflow=workflow.name,
                vars=workflow.vars,
                execution_id=execution_id,
            )
            await in_time(workflow.run(ctx), workflow.timeout or host.limits.run_timeout)
            status = "ok"
            logs.write("info", "run finished", data={"seconds": (monotonic_ns() - began) / 1e9})
        except Exception as error:
            status = host.failed(workflow, error)
        finally:
            counts.in_flight -= 1
            counts.finished(status, (monotonic_ns() - began) / 1e9)


def _make_checks(endpoints: Iterable[Endpoint], secrets: Any) -> dict[Auth, Check]:
    return {
        endpoint.trigger.auth: endpoint.trigger.auth.check(secrets)
        for endpoint in endpoints
        if endpoint.trigger.auth is not None
    }


def _secret_texts(secrets: Any) -> list[str]:
    """Every secret, and each part of those that are lists, for the logs to hide."""
    if not is_dataclass(secrets) or isinstance(secrets, type):
        return []
    texts = [value.get_secret_value() for value in asdict(secrets).values() if isinstance(value, SecretStr)]
    return [part.strip() for text in texts for part in (text, *text.split(","))]


def _specificity(path: str) -> list[bool]:
    return ["{" in part for part in path.split("/")]
