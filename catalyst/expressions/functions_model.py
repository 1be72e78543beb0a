"""What an entry of the filter, test and function tables is made of.

Goes in: types and Python expressions of one call, from the checker and the emitter. Comes out: a type, problems, and
the Python of the call. The tables themselves are in `functions_*.py` and are merged in `functions.py`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from catalyst.expressions.types import NONE, Type


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument; it may be given by position or by name. `type` is None for a lambda.

    `literal` arguments must be constants, because something is made of them at build time. A `variadic` argument is the
    last positional one and takes all that are left. `secret` arguments may be secret without making the result secret.
    """

    name: str
    type: Type | None
    required: bool = True
    default: Any = None
    variadic: bool = False
    literal: bool = False
    secret: bool = False
    sugar: Literal["path", "filter", "test"] | None = None
    """What a constant text stands for in place of a lambda; `functions_sugar.desugar` resolves it before checking."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a call at build time; `argument` names the argument to point at, None the filter itself."""

    code: str
    message: str
    help: str | None = None
    argument: str | None = None


@dataclass(frozen=True, slots=True)
class FilterCall:
    """A call as the checker sees it.

    `args` holds the types of the arguments that were given, by name: for a lambda the type of its body, for a variadic
    argument the union of all. `constants` holds the values of those that are constants (a variadic one as a tuple, when
    all are constants). Secrets are unwrapped before they arrive here. For a function `value` is `NONE`.
    """

    value: Type
    args: Mapping[str, Type] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    present: bool = False
    """Whether items that are none do not get through the filter."""
    several: bool = False
    """Whether a variadic argument is more than one value."""

    def constant(self, name: str, default: Any = None) -> Any:
        """The constant given for an argument, or `default`."""
        return self.constants.get(name, default)


@dataclass(frozen=True, slots=True)
class LambdaCode:
    """A lambda as Python: the names of its parameters and its body."""

    parameters: tuple[str, ...]
    body: ast.expr


@dataclass(frozen=True, slots=True)
class EmitCall:
    """A call as the emitter sees it.

    `value` is the Python of the piped value. `args` holds what was given, by name (a variadic argument as a tuple),
    `types` the types of the same, `constants` the values of the constant ones. `use(module, name)` imports a helper
    from a runtime module and gives the name to call it by; `cast(type, code)` tells type checkers what a value is.
    """

    value: ast.expr
    value_type: Type
    args: Mapping[str, ast.expr | LambdaCode | tuple[ast.expr, ...]]
    constants: Mapping[str, Any]
    use: Callable[[str, str], str]
    cast: Callable[[Type, ast.expr], ast.expr]
    types: Mapping[str, Type] = field(default_factory=dict)


def no_problems(call: FilterCall) -> Iterator[Problem]:
    """The check of an entry that has nothing to check."""
    yield from ()


@dataclass(frozen=True, slots=True)
class FilterSpec:
    """One filter. `example` is the source of an expression, without braces, and its value.

    A `soft` filter tolerates a path that leads nowhere: its value is read so that missing gives none.
    """

    name: str
    group: str
    summary: str
    example: tuple[str, Any]
    accepts: Type
    arguments: tuple[Argument, ...]
    result: Callable[[FilterCall], Type]
    emit: Callable[[EmitCall], ast.expr]
    lambda_parameters: Callable[[FilterCall], tuple[Type, ...]] | None = None
    check: Callable[[FilterCall], Iterator[Problem]] = no_problems
    keeps_secret: bool = False
    soft: bool = False
    jinja: bool = False
    """Whether it has the name and the meaning of a filter of Jinja."""


@dataclass(frozen=True, slots=True)
class TestSpec:
    """One test (`value is name`); the result is always a boolean.

    With `needs_path` the operand must be a path, and the `value` that `emit` gets is not the operand but a Python
    expression that says whether the path leads somewhere. A `soft` test reads a path that leads nowhere as none.
    """

    __test__: ClassVar[bool] = False

    name: str
    summary: str
    example: tuple[str, bool]
    accepts: Type
    arguments: tuple[Argument, ...]
    emit: Callable[[EmitCall], ast.expr]
    check: Callable[[FilterCall], Iterator[Problem]] = no_problems
    needs_path: bool = False
    soft: bool = False


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One function. An impure one is called once per node and never moved. `example` has no value when it changes."""

    name: str
    summary: str
    example: tuple[str, Any]
    arguments: tuple[Argument, ...]
    result: Callable[[FilterCall], Type]
    emit: Callable[[EmitCall], ast.expr]
    check: Callable[[FilterCall], Iterator[Problem]] = no_problems
    pure: bool = True


NOTHING_PIPED = ast.Constant(None)
"""The `value` of an `EmitCall` for a function."""
NO_VALUE = NONE
"""The `value` of a `FilterCall` for a function."""
