"""What `scripts/demo` does once Catalyst is installed: build an example, serve it, call it, show what came back.

Goes in: the name of a folder in `examples/`. The built project lands in `build/NAME`, which git ignores. Where the
environment holds no key for a model or no address for an API, a stand-in on this machine answers (`tests/standin`).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
START_SECONDS = 60.0
STOP_SECONDS = 15.0
CALL_SECONDS = 180.0
BASE_URLS = {
    "ANTHROPIC_API_KEY": ("ANTHROPIC_BASE_URL", ""),
    "OPENAI_API_KEY": ("OPENAI_BASE_URL", "/v1"),
    "GROQ_API_KEY": ("GROQ_BASE_URL", "/v1"),
    "AZURE_OPENAI_API_KEY": ("AZURE_OPENAI_ENDPOINT", ""),
}
"""Which variable tells a provider's client another address, and the path below the stand-in."""

# This machine is called directly, whatever proxy the environment names.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class DemoFailed(Exception):
    """The demo cannot go on; the text says why."""


@dataclass(frozen=True)
class Endpoint:
    """Where the example is called."""

    method: str
    path: str
    streams: bool
    query: frozenset[str] = frozenset()
    """The fields of the input that stand in the query of the address."""


def main() -> int:
    """Run the demo; gives the exit code."""
    given = arguments()
    signal.signal(signal.SIGTERM, _stop)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, _stop)
    try:
        with ExitStack() as stack:
            return demo(given.name, given.port, given.once, stack)
    except DemoFailed as failure:
        say(red(f"error: {failure}"))
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
        return 0 if not given.once else 130


def arguments() -> argparse.Namespace:
    """What stands on the command line."""
    names = sorted(entry.name for entry in EXAMPLES.iterdir() if entry.is_dir())
    parser = argparse.ArgumentParser(prog="scripts/demo", description="Builds an example, starts it and calls it.")
    parser.add_argument(
        "name", nargs="?", default="conference_search", choices=names, metavar="NAME", help=", ".join(names)
    )
    parser.add_argument("--once", action="store_true", help="end after the calls instead of staying up")
    parser.add_argument("--port", type=int, default=None, help="port of the service; 8000, or a free one, if not given")
    return parser.parse_args()


def demo(name: str, port: int | None, once: bool, stack: ExitStack) -> int:
    """Build, start, call; then stay up, or end."""
    project = build(name)
    environment = settings(project, stack)
    url = f"http://127.0.0.1:{port or free_port()}"
    service = stack.enter_context(serving(project, url, environment))
    request = json.loads((EXAMPLES / name / "request.json").read_text("utf-8"))
    endpoint = find_endpoint(url, request)
    call_as_json(url, endpoint, request)
    if endpoint.streams:
        call_as_stream(url, endpoint, request)
    call_others(EXAMPLES / name, url)
    if once:
        say(green("\nAll calls went well."))
        return 0
    show_addresses(name, url)
    code = service.wait()
    raise DemoFailed(f"the service ended by itself with code {code}")


def build(name: str) -> Path:
    """`catalyst build` into build/NAME; a file that you edited there stays as you left it."""
    folder = EXAMPLES / name
    source = folder if (folder / "catalyst.yaml").exists() else next(iter(sorted(folder.glob("flow.*"))))
    project = ROOT / "build" / name
    project.parent.mkdir(exist_ok=True)
    shown = f"catalyst build {source.relative_to(ROOT)} -o build/{name}"
    say(bold(f"$ {shown}"))
    command = [sys.executable, "-m", "catalyst", "build", str(source), "-o", str(project), "--keep"]
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        raise DemoFailed("the build failed")
    return project


def settings(project: Path, stack: ExitStack) -> dict[str, str]:
    """The environment of the service. A stand-in is started when something in it would otherwise be missing."""
    names = re.findall(r"^([A-Z][A-Z0-9_]*)=", (project / ".env.example").read_text("utf-8"), re.MULTILINE)
    environment = dict(os.environ)
    environment["NO_PROXY"] = ",".join(filter(None, [environment.get("NO_PROXY", ""), "127.0.0.1", "localhost"]))
    environment["no_proxy"] = environment["NO_PROXY"]
    missing = [name for name in names if (name in BASE_URLS or name == "API_URL") and not os.environ.get(name)]
    for name in names:
        if name in BASE_URLS and name not in missing:
            say(f"{name} is set: its real service answers.")
    if not missing:
        return environment
    standin = stack.enter_context(standin_running())
    say(yellow(f"A stand-in on this machine ({standin}) answers for: {', '.join(missing)}."))
    say(yellow("It follows rules and is no model. Set the real keys and addresses to use the real services."))
    for name in missing:
        if name in BASE_URLS:
            variable, path = BASE_URLS[name]
            environment |= {name: "stand-in", variable: standin + path}
        else:
            environment[name] = standin
    return environment


@contextmanager
def standin_running() -> Iterator[str]:
    """The stand-in as a process of its own; gives its address."""
    log = ROOT / "build" / "standin.log"
    command = [sys.executable, "-m", "tests.standin", "--port", "0", "--token-ms", "25"]
    with child(command, ROOT, dict(os.environ), log) as process:
        for _ in waiting(process, "the stand-in", log):
            if match := re.search(r"Listening on (\S+)", log.read_text("utf-8")):
                break
        assert match is not None
        yield match[1]


@contextmanager
def serving(project: Path, url: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The built service, once it answers."""
    port = url.rpartition(":")[2]
    say(bold(f"$ cd build/{project.name} && python -m app --port {port}"))
    log = project.parent / f"{project.name}.log"
    started = time.monotonic()
    with child([sys.executable, "-m", "app", "--port", port], project, environment, log) as process:
        for _ in waiting(process, "the service", log):
            try:
                with _OPENER.open(f"{url}/ready", timeout=2):
                    break
            except (urllib.error.URLError, OSError):
                continue
        say(f"Ready after {time.monotonic() - started:.1f} s; its log is build/{log.name}.")
        yield process


def waiting(process: subprocess.Popen[bytes], what: str, log: Path) -> Iterator[None]:
    """Ask again and again, for a while; ends with an error when the process ends or takes too long."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise DemoFailed(f"{what} did not start:\n{log.read_text('utf-8', 'replace')}")
        yield
        time.sleep(0.05)
    raise DemoFailed(f"{what} did not start within {START_SECONDS:.0f} s; see {log}")


@contextmanager
def child(
    command: list[str], folder: Path, environment: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with us, whatever happens in between."""
    with log.open("wb") as out:
        # A session of its own: Ctrl+C reaches us only, and we stop our children in order.
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def find_endpoint(url: str, given: dict[str, Any]) -> Endpoint:
    """The route that takes this input, read from the service's own description; the first when several do."""
    with _OPENER.open(f"{url}/openapi.json", timeout=10) as answer:
        description = json.load(answer)
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            if set(given) <= fields_of(operation, description["components"]["schemas"]):
                content: dict[str, object] = next(
                    (each["content"] for code, each in operation["responses"].items() if code[0] == "2"), {}
                )
                query = frozenset(each["name"] for each in operation.get("parameters", []) if each["in"] == "query")
                return Endpoint(method.upper(), path, "text/event-stream" in content, query)
    raise DemoFailed("the service has no route that takes this input")


def fields_of(operation: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    """The names of what a route takes: parameters and fields of the body."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    body = schemas[body["$ref"].rpartition("/")[2]] if "$ref" in body else body
    return {each["name"] for each in operation.get("parameters", [])} | set(body.get("properties", {}))


def request_for(url: str, endpoint: Endpoint, given: dict[str, Any], accept: str) -> urllib.request.Request:
    """The flow's input as an HTTP request: fields that path and query name go there, the rest is the body, if any."""
    path, body = split_input(endpoint, given)
    headers = {"Accept": accept}
    if not has_body(endpoint):
        return urllib.request.Request(url + path, None, headers, method=endpoint.method)
    headers["Content-Type"] = "application/json"
    return urllib.request.Request(url + path, json.dumps(body).encode(), headers, method=endpoint.method)


def has_body(endpoint: Endpoint) -> bool:
    """Whether a request of this method has a body."""
    return endpoint.method not in ("GET", "DELETE")


def split_input(endpoint: Endpoint, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The address with its parameters filled in, and what is left for the body."""
    path = endpoint.path
    for name in re.findall(r"\{(\w+)\}", path):
        path = path.replace("{" + name + "}", str(given[name]))
    query = {key: value for key, value in given.items() if key in endpoint.query}
    left = {key: value for key, value in given.items() if "{" + key + "}" not in endpoint.path and key not in query}
    return path + (f"?{urllib.parse.urlencode(query)}" if query else ""), left


def call(request: urllib.request.Request) -> tuple[int, dict[str, str], bytes]:
    """Send it; gives status, headers and body, whatever the status is."""
    try:
        with _OPENER.open(request, timeout=CALL_SECONDS) as answer:
            return answer.status, dict(answer.headers.items()), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers.items()), error.read()


def call_as_json(url: str, endpoint: Endpoint, given: dict[str, Any]) -> None:
    """Call it, show the answer, and fail unless it went well."""
    say(bold(f"\n{endpoint.method} {endpoint.path}") + f"  {json.dumps(given, ensure_ascii=False)}")
    status, headers, body = call(request_for(url, endpoint, given, "application/json"))
    show(status, headers, body)
    if status >= 300:
        raise DemoFailed(f"the service answered {status}")


def call_others(folder: Path, url: str) -> None:
    """Send the example's other requests (request-NAME.json) and hold their status against answer-NAME.json."""
    for path in sorted(folder.glob("request-*.json")):
        given = json.loads(path.read_text("utf-8"))
        endpoint = find_endpoint(url, given)
        say(bold(f"\n{endpoint.method} {endpoint.path}") + f"  {json.dumps(given, ensure_ascii=False)}")
        status, headers, body = call(request_for(url, endpoint, given, "application/json"))
        show(status, headers, body)
        wanted = json.loads((folder / path.name.replace("request", "answer", 1)).read_text("utf-8"))["status"]
        if status != wanted:
            raise DemoFailed(f"the service answered {status}, the example says {wanted}")
        if endpoint.streams and status < 300:
            call_as_stream(url, endpoint, given)


def show(status: int, headers: dict[str, str], body: bytes) -> None:
    """An answer for people to read."""
    timing = next((value for name, value in headers.items() if name.lower() == "server-timing"), "")
    say((green if status < 300 else yellow)(str(status)) + (dim(f"  {timing}") if timing else ""))
    if name := file_name(headers):
        place = ROOT / "build" / name
        place.write_bytes(body)
        say(f"a file of {len(body)} bytes, kept as build/{name}")
        return
    try:
        say(json.dumps(json.loads(body), indent=2, ensure_ascii=False))
    except ValueError:
        say(body.decode("utf-8", "replace"))


def file_name(headers: dict[str, str]) -> str:
    """What a download is called; empty for an answer that is none."""
    message = Message()
    for name, value in headers.items():
        message[name] = value
    return Path(message.get_filename("")).name


def call_as_stream(url: str, endpoint: Endpoint, given: dict[str, Any]) -> None:
    """Call it for server-sent events and show each as it comes; fail unless the last one is `done`."""
    say(bold("\nThe same as a stream") + "  (Accept: text/event-stream)")
    request = request_for(url, endpoint, given, "text/event-stream")
    last = ""
    try:
        with _OPENER.open(request, timeout=CALL_SECONDS) as answer:
            for kind, data in events(answer):
                show_event(kind, data, after=last)
                last = kind
    except urllib.error.HTTPError as error:
        raise DemoFailed(
            f"the stream was answered with {error.code}: {error.read().decode('utf-8', 'replace')}"
        ) from error
    if last != "done":
        raise DemoFailed(f"the stream ended with `{last or 'nothing'}` instead of `done`")


def events(lines: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """(event, data) of a stream of server-sent events."""
    kind, data = "message", ""
    for raw in lines:
        line = raw.decode("utf-8").rstrip("\r\n")
        if line.startswith("event:"):
            kind = line[6:].strip()
        elif line.startswith("data:"):
            data += line[5:].strip()
        elif not line and data:
            yield kind, json.loads(data)
            kind, data = "message", ""


def show_event(kind: str, data: dict[str, Any], after: str) -> None:
    """Tokens run on in one line; everything else has a line of its own."""
    if kind == "token":
        sys.stdout.write(("" if after == "token" else bold("token    ")) + str(data.get("text", "")))
        sys.stdout.flush()
        return
    text = json.dumps(data, ensure_ascii=False)
    lead = "\n" if after == "token" else ""
    say(lead + bold(f"{kind:8} ") + (text if len(text) <= 110 else text[:107] + "..."))


def show_addresses(name: str, url: str) -> None:
    """Where it runs, and lines to copy: the first request of each route."""
    folder = EXAMPLES / name
    requests: dict[Endpoint, dict[str, Any]] = {}
    for file in [folder / "request.json", *sorted(folder.glob("request-*.json"))]:
        given = json.loads(file.read_text("utf-8"))
        requests.setdefault(find_endpoint(url, given), given)
    say(bold("\nThe service stays up") + f" at {url}   docs: {url}/docs   code: build/{name}/app/workflows/")
    for endpoint, given in requests.items():
        show_call(url, endpoint, given)
    say("Ctrl+C stops it.")


def show_call(url: str, endpoint: Endpoint, given: dict[str, Any]) -> None:
    """A request as a line for a shell, and the same as a stream."""
    path, body = split_input(endpoint, given)
    line = f"curl -X {endpoint.method} '{url}{path}'"
    if has_body(endpoint):
        line += f" -H 'Content-Type: application/json' -d '{json.dumps(body)}'"
    say(f"  {line}")
    if endpoint.streams:
        say("  " + line.replace("curl ", "curl -N ", 1) + " -H 'Accept: text/event-stream'")


def free_port() -> int:
    """8000 when nothing listens there, else any free port."""
    for port in (8000, 0):
        with socket.socket() as probe:
            # As a server does: a port whose last connections are still closing counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoFailed("there is no free port")


def _stop(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def say(text: str) -> None:
    """Print it now."""
    print(text, flush=True)


def _style(code: str, text: str) -> str:
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return f"\x1b[{code}m{text}\x1b[0m" if colours else text


def bold(text: str) -> str:
    """Bold on a terminal."""
    return _style("1", text)


def dim(text: str) -> str:
    """Faint on a terminal."""
    return _style("2", text)


def green(text: str) -> str:
    """Green on a terminal."""
    return _style("32", text)


def yellow(text: str) -> str:
    """Yellow on a terminal."""
    return _style("33", text)


def red(text: str) -> str:
    """Red on a terminal."""
    return _style("31", text)


if __name__ == "__main__":
    sys.exit(main())
