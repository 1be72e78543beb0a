"""Functions of the module that stand for single nodes: what does I/O, what is repeated, timed or cached as a whole."""

from __future__ import annotations

from catalyst.codegen.control import BodyWriter, write_form_value, write_tools
from catalyst.codegen.frame import Frame
from catalyst.codegen.module import docstring_literal
from catalyst.codegen.scribe import StepScribe
from catalyst.expressions.references import holes, walk
from catalyst.expressions.tree import Ref
from catalyst.expressions.types import NoneType
from catalyst.graph.model import CachePolicy, Policy, RetryPolicy, Step
from catalyst.nodes.base import KEY_KINDS
from catalyst.nodes.models import COMPLETION
from catalyst.nodes.stores import store
from catalyst.pysource.source import to_source


def needs_function(step: Step) -> bool:
    """Whether the node is a function of its own."""
    policy = step.policy
    return (
        step.type.kind == "call" or policy.cache is not None or policy.timeout is not None or policy.retry is not None
    )


def call_source(writer: BodyWriter, frame: Frame, step: Step) -> str:
    """Write the node's function into the module; gives the call, without `await`."""
    if step.may_answer:
        return _nested_source(writer, frame, step)
    inner = Frame(frame.flow, frame)
    scribe = StepScribe(inner, step.checked, step)
    if step.type.kind == "call":
        assert step.type.emit is not None
        scribe.tools = write_tools(writer, inner, step)
        step.type.emit(step.params, scribe)
    elif step.form is not None:
        write_form_value(writer, inner, step)
    else:
        assert step.type.value is not None
        inner.body.line(f"return {step.type.value(step.params, scribe)}")
    name = frame.flow.module.names.take(f"_{step.id}")
    place = (step.span.line, step.span.column)
    frame.flow.functions.append((place, _function_source(inner, step, name)))
    arguments = [frame.read(key, variable.type) for key, variable in inner.parameters()]
    call = ", ".join(["ctx", *arguments])
    if step.policy.cache is None:
        return f"{name}({call})"
    return _cached(frame, step, step.policy.cache, f"{name}, {call}")


def _nested_source(writer: BodyWriter, frame: Frame, step: Step) -> str:
    """The same for a node that may answer: its function stands where it is called, to tell that it did."""
    inner = Frame(frame.flow, frame, closure=True)
    inner.names.reserve("ctx")
    write_form_value(writer, inner, step)
    name = frame.names.take(f"run_{step.id}")
    frame.body.line(f"# {step.id}, {frame.flow.filename}:{step.span.line}")
    frame.body.line(f"@{frame.use('node', 'node')}({', '.join(_decoration(inner, step))})")
    with frame.body.block(f"async def {name}(ctx: {frame.flow.context}) -> {_result(frame, step)}:"):
        if step.description:
            frame.body.line(docstring_literal(" ".join(str(step.description).split())))
        frame.body.extend(inner.whole_body())
    frame.body.line()
    frame.wanted |= inner.wanted - inner.own_names
    frame.used |= inner.used
    return f"{name}(ctx)"


def _result(frame: Frame, step: Step) -> str:
    return "None" if isinstance(step.given, NoneType) else frame.flow.annotations.of(step.given, step.id)


def _function_source(inner: Frame, step: Step, name: str) -> str:
    flow = inner.flow
    parameters = [f"{each.name}: {flow.annotations.of(each.type, each.name)}" for _, each in inner.parameters()]
    parameters = [f"ctx: {flow.context}", *parameters]
    signature = f"async def {name}({', '.join(parameters)}) -> {_result(inner, step)}:"
    decorator = f"@{flow.module.use('node', 'node')}({', '.join(_decoration(inner, step))})"
    lines = [f"# {step.id}, {flow.filename}:{step.span.line}", decorator, signature]
    if step.description:
        lines.append("    " + docstring_literal(" ".join(str(step.description).split())))
    lines += ["    " + line if line else "" for line in inner.body.text().rstrip("\n").split("\n")]
    return "\n".join(lines)


def _decoration(frame: Frame, step: Step) -> list[str]:
    """The arguments of `@node`."""
    policy: Policy = step.policy
    arguments = [repr(step.id)]
    if policy.retry is not None:
        arguments.append(f"retry={_retry(frame, policy.retry)}")
    if policy.timeout is not None and not step.type.own_timeout:
        arguments.append(f"timeout={policy.timeout!r}")
    return arguments


_DEFAULT_ERRORS = ("timeout", "connection", "429", "5xx")


def _retry(frame: Frame, retry: RetryPolicy) -> str:
    arguments = [f"max_attempts={retry.max_attempts}", f"delay={retry.delay!r}", f"max_delay={retry.max_delay!r}"]
    if retry.backoff != "exponential":
        arguments.append(f"backoff={retry.backoff!r}")
    if retry.errors != _DEFAULT_ERRORS:
        arguments.append(f"errors={retry.errors!r}")
    if not retry.jitter:
        arguments.append("jitter=False")
    return f"{frame.use('node', 'Retry')}({', '.join(arguments)})"


def _cached(frame: Frame, step: Step, cache: CachePolicy, call: str) -> str:
    scribe = StepScribe(frame, step.checked, step)
    scribe.pool("cache", "CACHE")
    partial = scribe.use_package("functools", "partial")
    key = f"({scribe.shape(cache.key)},)" if cache.key is not None else _default_key(frame, step)
    arguments = [repr(step.id), key, repr(cache.ttl), f"{partial}({call})"]
    arguments += [f"max_entries={cache.max_entries}"] if cache.max_entries is not None else []
    arguments += [f"errors={cache.errors!r}"] if cache.errors else []
    arguments += _replay(step, scribe)
    if not cache.shared:
        return f"{scribe.use('cache', 'cached')}(ctx, {', '.join(arguments)})"
    place = f"{store(scribe)}, {scribe.adapter(step.given)}"
    return f"{scribe.use('cache_shared', 'cached_for_all')}(ctx, {place}, {', '.join(arguments)})"


def _replay(step: Step, scribe: StepScribe) -> list[str]:
    """What a kept answer of a model needs so that it streams like a new one."""
    if step.type.streams is None or not step.type.streams(step.params):
        return []
    return [f"replay={scribe.use('llm_replay', 'replay_text' if step.given == COMPLETION else 'replay_value')}"]


def _default_key(frame: Frame, step: Step) -> str:
    """Everything that the node reads; secrets are left out, for they are the same in every run."""
    refs = sorted({ref for checked in step.checked.values() for ref in checked.refs if ref[0] in KEY_KINDS})
    texts = []
    for kind, *path in refs:
        ref = _find_ref(step, kind, tuple(path))
        texts.append(to_source(frame.ref(ref)) if ref is not None else "None")
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


def _find_ref(step: Step, kind: str, path: tuple[str, ...]) -> Ref | None:
    for checked in step.checked.values():
        for expr in holes(checked.template):
            for node in walk(expr):
                if isinstance(node, Ref) and node.kind == kind and node.path == path:
                    return node
    return None
