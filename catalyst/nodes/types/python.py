"""`python`: call a function of your own; its signature gives the node's input and output types."""

import keyword
import re
from typing import Annotated, Any, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from catalyst.diagnostics import did_you_mean, listing
from catalyst.expressions.types import ANY, OPEN_OBJECT, Type, accepts, describe
from catalyst.nodes.base import NodeType, Scribe, Signature, Site
from catalyst.nodes.settings import Params, ShapeSlot
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
    types = {name: (type_, required) for name, type_, required in signature.parameters}
    for name, shape in given.items():
        if name in types:
            _check_argument(params, site, name, types[name][0], site.shape_type(shape))
        elif not signature.accepts_any_keyword:
            site.found.error(
                "E202",
                f"`{params.function}` has no parameter `{name}`",
                site.span_of("args", name),
                label=did_you_mean(name, types),
                help=f"it takes: {listing(sorted(types))}",
            )
    for name, (_, required) in types.items():
        if required and name not in given:
            site.found.error(
                "E423",
                f"`{params.function}` needs the argument `{name}`",
                site.span_of("args"),
                help=f"add `{name}:` under `args`",
            )


def _check_argument(params: PythonParams, site: Site, name: str, wanted: Type, given: Type) -> None:
    if not accepts(wanted, given):
        site.found.error(
            "E206",
            f"parameter `{name}` of `{params.function}` is {describe(wanted)}, this gives {describe(given)}",
            site.span_of("args", name),
        )


def emit(params: PythonParams, scribe: Scribe) -> None:
    """Await an async function; run another one in a thread, so that it cannot hold up other requests."""
    module, name = params.place
    function = scribe.use_package(module, name)
    arguments = ", ".join(f"{key}={scribe.shape(shape)}" for key, shape in params.args.items())
    signature = scribe.signature(module, name)
    if signature is not None and signature.is_async:
        scribe.returns(f"await {function}({arguments})", _result(signature))
    else:
        to_thread = f"{scribe.use_package('asyncio', '')}.to_thread"
        call = f"await {to_thread}({function}{', ' if arguments else ''}{arguments})"
        scribe.returns(call, _result(signature))


def _result(signature: Signature | None) -> Type:
    return signature.result if signature else ANY


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
