"""The peers: what each needs to be installed, and how it is started.

Each has a folder of its own beside this file, with what it runs, pinned versions and a README, and an environment
of its own in a folder that git ignores. A peer that cannot be installed is skipped, and the result says why.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bench import CannotMeasure
from benchmarks.contenders import UVICORN, Contender

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent / ".environments"
PATIENCE = 900.0
"""Seconds that an installation may take."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One other way to run the flow."""

    name: str
    title: str
    command: Sequence[str]
    """`{port}` stands for the port, `{here}` for its folder."""
    path: str
    env: Mapping[str, str] | None = None
    inside: str | None = None
    """The field of its answer that holds the result."""
    prepare: Sequence[Sequence[str]] = ()
    """Commands that are run once after it is installed."""
    node: bool = False
    """Installed by npm, with a Node.js of its own; else by pip."""
    compiled: Sequence[str] = ()
    """Of its npm packages, those that have to be compiled."""

    @property
    def folder(self) -> Path:
        """What it runs."""
        return HERE / self.name

    @property
    def environment(self) -> Path:
        """Where it is installed."""
        return ENVIRONMENTS / self.name

    @property
    def bin(self) -> Path:
        """Its programs."""
        if self.node:
            return self.environment / "node_modules" / ".bin"
        return self.environment / ("Scripts" if sys.platform == "win32" else "bin")

    def search_path(self) -> str:
        """Its own programs first, then its own Node.js."""
        engine = [str(self.environment / "node" / "node_modules" / ".bin")] if self.node else []
        return os.pathsep.join([str(self.bin), *engine, os.environ.get("PATH", "")])

    def variables(self) -> dict[str, str]:
        """The environment that its commands see: little of ours, its own programs first."""
        kept = {name: os.environ[name] for name in ("HOME", "LANG", "SYSTEMROOT", "TMPDIR") if name in os.environ}
        given = {name: self._filled(text) for name, text in (self.env or {}).items()}
        return {**kept, "PATH": self.search_path(), "NO_UPDATE_NOTIFIER": "1", **given}

    def contender(self) -> Contender:
        """How it is started. Raises CannotMeasure when it cannot be installed."""
        install(self)
        command = [self._filled(part) for part in self.command]
        command[0] = str(self.bin / command[0])
        return Contender(self.title, command, self.folder, self.path, self.variables(), self.inside, patience=120.0)

    def _filled(self, text: str) -> str:
        return text.replace("{here}", str(self.folder)).replace("{environment}", str(self.environment))


def _behind_fastapi(name: str, title: str) -> Peer:
    """An app that shares the models of `models.py` with the others."""
    command = ("python", *UVICORN, "--app-dir", "{here}", "app:app", "--port", "{port}")
    return Peer(name, title, command, "/score_order", {"PYTHONPATH": str(HERE)})


PEERS = (
    _behind_fastapi("langgraph", "LangGraph"),
    _behind_fastapi("burr", "Burr"),
    _behind_fastapi("pydantic_graph", "pydantic-graph"),
    Peer(
        "haystack",
        "Haystack behind Hayhooks",
        ("hayhooks", "run", "--host", "127.0.0.1", "--port", "{port}", "--pipelines-dir", "{here}/pipelines"),
        "/score_order/run",
        {
            "HAYSTACK_TELEMETRY_ENABLED": "False",
            "HAYHOOKS_TRACING_ENABLED": "false",
            "HAYHOOKS_MONITORING_ENABLED": "false",
            "LOG": "WARNING",
        },
        inside="result",
    ),
    Peer(
        "promptflow",
        "promptflow serve",
        ("pf", "flow", "serve", "--source", "{here}", "--host", "127.0.0.1", "--port", "{port}", "--skip-open-browser"),
        "/score",
        {"PF_DISABLE_TRACING": "true", "PROMPTFLOW_SERVING_ENGINE": "fastapi"},
    ),
    Peer(
        "node_red",
        "Node-RED",
        ("node-red", "--userDir", "{environment}/user", "--port", "{port}", "--settings", "{here}/settings.js"),
        "/score_order",
        node=True,
    ),
    Peer(
        "n8n",
        "n8n",
        ("n8n", "start"),
        "/webhook/score_order",
        {
            "N8N_USER_FOLDER": "{environment}/user",
            "N8N_PORT": "{port}",
            "N8N_LISTEN_ADDRESS": "127.0.0.1",
            "N8N_DIAGNOSTICS_ENABLED": "false",
            "N8N_VERSION_NOTIFICATIONS_ENABLED": "false",
            "N8N_TEMPLATES_ENABLED": "false",
            "N8N_RUNNERS_ENABLED": "true",
            "N8N_EXPRESSION_ENGINE": "legacy",  # five times as quick as the default
            "EXECUTIONS_DATA_SAVE_ON_SUCCESS": "none",
            "EXECUTIONS_DATA_SAVE_ON_ERROR": "none",
        },
        prepare=(
            ("n8n", "import:workflow", "--input={here}/workflow.json"),
            ("n8n", "publish:workflow", "--id=score-order"),
        ),
        node=True,
        compiled=("sqlite3",),
    ),
)


def find_peer(name: str) -> Peer:
    """The peer of that name."""
    return next(peer for peer in PEERS if peer.name == name)


def install(peer: Peer) -> None:
    """Its environment, unless it is there and up to date. Raises CannotMeasure."""
    listed = peer.folder / ("package.json" if peer.node else "requirements.txt")
    wanted = hashlib.sha256(listed.read_bytes() + repr(peer.prepare).encode()).hexdigest()
    stamp = peer.environment / ".installed"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    shutil.rmtree(peer.environment, ignore_errors=True)
    peer.environment.mkdir(parents=True)
    (_install_node if peer.node else _install_python)(peer, listed)
    for command in peer.prepare:
        filled = [peer._filled(part) for part in command]
        _run(peer, [str(peer.bin / filled[0]), *filled[1:]])
    stamp.write_text(wanted)


def _install_python(peer: Peer, requirements: Path) -> None:
    _run(peer, [sys.executable, "-m", "venv", str(peer.environment)])
    _run(
        peer,
        [str(peer.bin / "python"), "-m", "pip", "install", "--quiet", "--requirement", str(requirements)],
        own=False,
    )


def _install_node(peer: Peer, package: Path) -> None:
    """Node.js comes from npm, too, in a folder of its own, with the headers for what must be compiled.

    No script of any of its packages runs but those of `compiled`: the others fetch programs that are not needed here.
    """
    if shutil.which("npm") is None:
        raise CannotMeasure("npm is not installed")
    npm = ("npm", "install", "--no-audit", "--no-fund")
    engine = peer.environment / "node"
    engine.mkdir()
    (engine / "package.json").write_text('{"private": true}')
    _run(peer, [*npm, "--prefix", str(engine), f"node@{_listed(package)['node']}"], own=False)
    shutil.copy(package, peer.environment)
    _run(peer, [*npm, "--ignore-scripts"], own=False)
    if peer.compiled:
        _run(peer, ["npm", "rebuild", *peer.compiled], own=False, extra=_headers(peer, engine))


def _headers(peer: Peer, engine: Path) -> dict[str, str]:
    """Where node-gyp finds the headers of this Node.js; npm leaves out the file that says how it was built."""
    place = next(engine.glob("node_modules/node/node_modules/node-*/include/node"), None)
    if place is None:
        return {}
    config = place / "config.gypi"
    if not config.exists():
        _run(peer, ["node", "-e", f"fs.writeFileSync({str(config)!r}, JSON.stringify(process.config))"])
    return {"npm_config_nodedir": str(place.parent.parent)}


def _listed(package: Path) -> dict[str, str]:
    """Packages and their versions; Node.js itself is one of them."""
    listed = json.loads(package.read_text(encoding="utf-8"))
    return {**listed["dependencies"], "node": listed["engines"]["node"]}


def _run(peer: Peer, command: Sequence[str], *, own: bool = True, extra: Mapping[str, str] | None = None) -> None:
    """Run a command of an installation. Raises CannotMeasure with the end of what it said."""
    mine = {name: text.replace("{port}", "5678") for name, text in peer.variables().items()}  # nothing listens yet
    env = mine if own else {**os.environ, "PATH": peer.search_path(), **(extra or {})}
    try:
        done = subprocess.run(
            command, cwd=peer.environment, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotMeasure(f"cannot be installed: {error}") from None
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise CannotMeasure("cannot be installed: " + " / ".join(said[-3:])[-500:])


def versions(peer: Peer) -> dict[str, str]:
    """What of its list is installed, by name."""
    if peer.node:
        return _listed(peer.folder / "package.json")
    lines = (peer.folder / "requirements.txt").read_text().split()
    return dict(line.split("==") for line in lines)
