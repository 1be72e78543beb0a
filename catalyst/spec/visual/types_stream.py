"""Node types of the editor that say something to whoever streams the run. Nodes after them get what came in."""

from __future__ import annotations

from catalyst.spec.visual.code import code
from catalyst.spec.visual.report import At
from catalyst.spec.visual.step import Draft, Step


def _event(step: Step, name: str | At, data: At | None) -> Draft:
    return Draft("event", {"name": name, "data": data if data is not None else step.made(step.incoming())})


def stream_start(step: Step) -> Draft:
    """`event` called `stream_start`."""
    step.choice("format", {"sse": "sse"}, "sse")
    return _event(step, "stream_start", step.value("data", "metadata"))


def stream_chunk(step: Step) -> Draft:
    """`event` called as `event` says, `chunk` without it."""
    name = step.text("event", "name")
    return _event(step, At(name, name.span) if name is not None else "chunk", step.value("data"))


def stream_end(step: Step) -> Draft:
    """`event` called `stream_end`."""
    return _event(step, "stream_end", step.value("finalData", "data"))


def stream_merge(step: Step) -> Draft:
    """`event` called `stream_merge` with what came in, as a list; what its sources stream goes out as it comes."""
    if step.choice("strategy", {"interleave": "interleave", "buffer": "buffer"}, "interleave") == "buffer":
        step.left_out("strategy")
    parts = [part for source in step.sources for part in (", ", source.output)][1:]
    ran = " | filter(part => part is not none)" if any(source.maybe for source in step.sources) else ""
    return _event(step, "stream_merge", step.made(code("[", *parts, f"]{ran}")))


def stream_buffer(step: Step) -> Draft:
    """`event` called `stream_buffer` with the list that came in, cut into pieces of `size`."""
    step.left_out("timeout")
    given = step.code("items", "data") or step.incoming()
    size = step.code("size")
    return _event(step, "stream_buffer", step.made(code(given, " | batch(", size, ")") if size else given))
