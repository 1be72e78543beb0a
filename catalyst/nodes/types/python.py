"""`python`: call a function of your own; its signature gives the node's input and output types.

The file is read, never run, when the flow is built. Aliases (`Rows = list[Row]`), `Optional`, `Union`, `Literal`,
`Annotated`, `NewType` and `TypedDict`s are followed, into other files of `lib/` as well. A parameter that is a
dataclass, an `Enum`, a `NamedTuple`, a pydantic model, a `set`, a `tuple` or a `date` is made of the flow's data, and
such a result becomes data again. The lists and objects that a function is given are its own: it may change them. What
has no annotation is `any`; an annotation that says nothing about data (a `DataFrame`) is an error. A function that is
not `async` runs in a thread: when the node's time is over the flow goes on, and the thread ends by itself.
"""

import keyword
import re
from dataclasses import replace
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.diagnostics import did_you_mean, listing
from catalyst.expressions.functions_python import is_scalar
from catalyst.expressions.types import (
    ANY,
    NONE,
    OPEN_OBJECT,
    NoneType,
    Type,
    accepts,
    without_none,
)
from catalyst.expressions.variance import difference, is_certain
from catalyst.nodes.base import NodeType, Parameter, Scribe, Signature, Site
from catalyst.nodes.settings import Params, Shape, ShapeSlot, expressions_in
from catalyst.nodes.shapes import as_written, written_as
from catalyst.spec.problems import problem

FUNCTION = re.compile(r"(?P<module>lib(?:\.[A-Za-z_][A-Za-z0-9_]*)+):(?P<name>[A-Za-z_][A-Za-z0-9_]*)")


class PythonParams(Params):
    """Settings of `python`."""

    function: str = Field(
        json_schema_extra={"pattern": r"^lib(\.\w+)+:\w+$", "examples": ["lib.scoring:score"]},
        description="Where the function is: `lib.scoring:score` is `score` in `lib/scoring.py` beside the flow.",
    )
    args: Annotated[Any, ShapeSlot(type=OPEN_OBJECT)] = Field(
        default_factory=dict, description="Its arguments, by name."
    )

    @model_validator(mode="after")
    def names_a_function(self) -> Self:
        """The form `lib.module:function`, nothing hidden."""
        match = FUNCTION.fullmatch(self.function)
        if match is None or any(part.startswith("__") for part in re.split(r"[.:]", self.function)):
            raise PydanticCustomError(
                "function", "write `function` as `lib.module:name`, a file below `lib/` beside the flow"
            )
        return self

    @model_validator(mode="after")
    def names_its_arguments(self) -> Self:
        """They are written as keywords of the call, so they must be names and nothing else."""
        if not isinstance(self.args, dict):
            raise problem("E144", "`args` must be a map of names and values")
        for name in self.args:
            if not str(name).isidentifier() or keyword.iskeyword(name):
                message = f"`{str(name)[:60]}` cannot be the name of an argument"
                raise problem("E144", message, help="use the name of a parameter: letters, digits and `_`")
        return self

    @property
    def place(self) -> tuple[str, str]:
        """Module and name of the function."""
        module, _, name = self.function.partition(":")
        return module, name


def output(params: PythonParams, site: Site) -> Type:
    """What the function returns, by its annotation."""
    signature = site.function(*params.place, "function")
    return signature.result if signature else ANY


def check(params: PythonParams, site: Site) -> None:
    """Hold the arguments against the function's parameters."""
    signature = site.function(*params.place, "function")
    if signature is None:
        return
    given = params.args if isinstance(params.args, dict) else {}
    known = {each.name: each for each in signature.parameters}
    for name, shape in given.items():
        parameter = known.get(name, signature.more)
        if parameter is not None:
            _check_argument(params, site, replace(parameter, name=name), shape)
        else:
            site.found.error(
                "E202",
                f"`{params.function}` has no parameter `{name}`",
                site.span_of("args", name),
                label=did_you_mean(name, known),
                help=f"it takes: {listing(sorted(known))}" if known else "it takes no arguments",
            )
    for name, parameter in known.items():
        if parameter.required and name not in given:
            site.found.error(
                "E423",
                f"`{params.function}` needs the argument `{name}`",
                site.span_of("args"),
                help=f"add `{name}:` under `args`",
            )


def _check_argument(params: PythonParams, site: Site, parameter: Parameter, shape: Shape) -> None:
    given = as_written(shape, site.type_of)
    if accepts(parameter.type, given):
        return
    where = difference(parameter.type, given)
    message = f"this does not fit parameter `{parameter.name}` of `{params.function}`: {where}"
    if where.startswith("it is "):
        message = f"parameter `{parameter.name}` of `{params.function}` is {where.removeprefix('it is ')}"
    site.found.error("E206", message, site.span_of("args", parameter.name))


def emit(params: PythonParams, scribe: Scribe) -> None:
    """Await an async function; run another one in a thread, so that it cannot hold up other requests."""
    module, name = params.place
    signature = scribe.signature(module, name)
    function = scribe.use_package(module, name)
    known = {each.name: each for each in signature.parameters} if signature is not None else {}
    more = signature.more if signature is not None else None
    given = [f"{key}={_argument(scribe, known.get(key, more), shape)}" for key, shape in params.args.items()]
    if signature is None or not signature.is_async:
        call = f"{scribe.use('python_call', 'call_in_thread')}({', '.join([function, *given])})"
    elif any(_could_change(scribe.type_of(value)) for _, value in expressions_in(params.args)):
        call = f"{scribe.use('python_call', 'call_async')}({', '.join([function, *given])})"
    else:
        call = f"{function}({', '.join(given)})"
    _give(f"await {call}", signature, scribe)


def _could_change(type_: Type) -> bool:
    """Whether a function that is given such a value could change it, for others as well."""
    return type_ != NONE and not is_scalar(without_none(type_))


def _argument(scribe: Scribe, parameter: Parameter | None, shape: Shape) -> str:
    """What the function is given: the value as it is, where a type checker takes it for what the function wants."""
    source = scribe.shape(shape)
    if parameter is None or parameter.annotation is None:
        return source
    annotation = parameter.annotation
    if annotation.converted:
        adapter = scribe.adapter_as(annotation, parameter.name)
        return f"{scribe.use('conform', 'conform')}({adapter}, {source})"
    if written_as(parameter.type, shape, scribe.type_of, read_only=annotation.read_only):
        return source
    if not is_certain(parameter.type, as_written(shape, scribe.type_of)):
        adapter = scribe.adapter(parameter.type, f"{scribe.node_id} {parameter.name}")
        return f"{scribe.use('conform', 'conform')}({adapter}, {source})"
    # Each value is right; only the checker has to be told, since the function could put others in.
    return f"{scribe.use_package('typing', 'cast')}({scribe.annotation_as(annotation)}, {source})"


def _give(call: str, signature: Signature | None, scribe: Scribe) -> None:
    annotation = signature.result_annotation if signature is not None else None
    if signature is None or annotation is None:
        scribe.returns(call, ANY)
    elif isinstance(signature.result, NoneType):
        scribe.returns(call, NONE)
    elif annotation.converted:
        dumped = f"{scribe.adapter_as(annotation, 'result')}.dump_python({call}, mode='json')"
        scribe.returns(dumped, ANY)
    elif annotation.read_only:
        conform = scribe.use("conform", "conform")
        scribe.body.line(f"return {conform}({scribe.adapter(scribe.output)}, {call})")
    else:
        scribe.returns(call, signature.result)


NODE = NodeType(
    kind="call",
    params=PythonParams,
    output=output,
    check=check,
    emit=emit,
    default_timeout=30.0,
    example="""\
catalyst: 1
name: python_example
input: {words: "array<string>"}
nodes:
  longest:
    type: python
    with: {function: "lib.words:longest", args: {words: "{{ input.words }}"}}
output: {longest: "{{ nodes.longest.output }}"}
""",
    example_files={"lib/words.py": '''\
"""Functions for the flow beside this folder."""


def longest(words: list[str]) -> str:
    """The longest word, or "" when there is none."""
    return max(words, key=len, default="")
'''},
    example_input={"words": ["a", "bcd", "ef"]},
)
