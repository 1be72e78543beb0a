"""What is taken out again once a function stands, and what has to stay."""

import ast

import pytest

from catalyst.codegen.tidy import tidied

CASES = {
    "a value that nobody reads": ("x = ctx.input['n'] + 1\nreturn 1", "return 1"),
    "with the comment that stands for it": ("# x, flow.yaml:3\nx = 1\nreturn 1", "return 1"),
    "a comment that stands for more stays": (
        "# x, flow.yaml:3\nx: int | None\nif ctx.input['b']:\n    x = 1\n    await f()",
        "# x, flow.yaml:3\nif ctx.input['b']:\n    await f()",
    ),
    "what waits stays": ("x = await f()\nreturn 1", "await f()\nreturn 1"),
    "what can fail stays": ("x = to_int(ctx.input['s'])\nreturn 1", "to_int(ctx.input['s'])\nreturn 1"),
    "what can fail and is no call": ("x = g(1) + 1\nreturn 1", "_ = g(1) + 1\nreturn 1"),
    "an element of a list can be missing": ("x = y[0]\nreturn 1", "_ = y[0]\nreturn 1"),
    "one unread value reads another": ("x = 1\ny = x + 1\nreturn 1", "return 1"),
    "a part of a tuple": ("a, b = await task\nreturn b", "_, b = await task\nreturn b"),
    "all parts of a tuple": ("a, b = task.result()\nreturn 1", "return 1"),
    "one of several values": ("a, b = 1, f(2)\nreturn b + 1", "b = f(2)\nreturn b + 1"),
    "one of several values, which can fail": ("a, b = g(1), f(2)\nreturn b + 1", "_, b = g(1), f(2)\nreturn b + 1"),
    "an answer that ends the rest": (
        "if not done:\n    # x, flow.yaml:3\n    x = await f()\nif done:\n    return ANSWERED\nreturn x + 1",
        "if done:\n    return ANSWERED\n# x, flow.yaml:3\nx = await f()\nreturn x + 1",
    ),
    "an answer that may come while the rest goes on": (
        "if not done:\n    done = await f()\nif done:\n    return ANSWERED\nreturn 1",
        "if not done:\n    done = await f()\nif done:\n    return ANSWERED\nreturn 1",
    ),
    "the name of an error": (
        "try:\n    await f()\nexcept KeyError as error:\n    await g(error)\n"
        "except ValueError as error:\n    x = error\n    await g()",
        "try:\n    await f()\nexcept KeyError as error:\n    await g(error)\n" "except ValueError:\n    await g()",
    ),
    "the name of an error that an inner function reads": (
        "try:\n    await f()\nexcept KeyError as error:\n"
        "    async def g() -> None:\n        await h(error)\n    await g()",
        "try:\n    await f()\nexcept KeyError as error:\n"
        "    async def g() -> None:\n        await h(error)\n    await g()",
    ),
    "the position in a loop": (
        "for index, item in enumerate(xs):\n    await f(item)",
        "for item in xs:\n    await f(item)",
    ),
    "the item of a loop that is about positions": (
        "for index, item in enumerate(xs):\n    await f(index)",
        "for index, _ in enumerate(xs):\n    await f(index)",
    ),
    "neither is read": ("for index, item in enumerate(xs):\n    await f()", "for _ in xs:\n    await f()"),
    "a counter that another loop reads": (
        "for i in range(2):\n    await f(i)\nfor i in range(3):\n    await f(1)",
        "for i in range(2):\n    await f(i)\nfor _ in range(3):\n    await f(1)",
    ),
    "a flag of a function around": (
        "done = False\n\nasync def lane() -> None:\n    nonlocal done\n    done = True\n    await f()\n\nawait lane()",
        "\nasync def lane() -> None:\n    await f()\n\nawait lane()",
    ),
    "a flag that stands beside something else to tidy": (
        "done = False\n\nasync def lane() -> None:\n    nonlocal done\n    x = await f()\n    y = x\n"
        "    done = True\n    await g(y)\n\nawait lane()",
        "\nasync def lane() -> None:\n    y = await f()\n    await g(y)\n\nawait lane()",
    ),
    "a variable that only an inner function reads": (
        "x = g()\n\nasync def lane() -> None:\n    await f(x)\n\nawait lane()",
        "x = g()\n\nasync def lane() -> None:\n    await f(x)\n\nawait lane()",
    ),
    "the same name in an inner function": (
        "x = g()\n\nasync def lane() -> None:\n    x = 1\n    await f(x)\n\nawait lane()",
        "g()\n\nasync def lane() -> None:\n    x = 1\n    await f(x)\n\nawait lane()",
    ),
    "a branch that does nothing": ("if ctx.input['b']:\n    x = 1\nreturn 1", "return 1"),
    "a question that can fail is still asked": (
        "if g():\n    x = 1\nreturn 1",
        "if g():\n    pass\nreturn 1",
    ),
    "the last branches do nothing": (
        "if g():\n    await f()\nelif ctx.input['b']:\n    x = 1\nelse:\n    x = 2\nreturn 1",
        "if g():\n    await f()\nreturn 1",
    ),
    "a branch in the middle does nothing": (
        "if g():\n    await f()\nelif ctx.input['b']:\n    x = 1\nelse:\n    await h()",
        "if g():\n    await f()\nelif ctx.input['b']:\n    pass\nelse:\n    await h()",
    ),
    "a condition that is all that another one holds": (
        "if a or b:\n    # n, flow.yaml:4\n    if c:\n        await f()",
        "if (a or b) and c:\n    # n, flow.yaml:4\n    await f()",
    ),
    "a condition with an else of its own": (
        "if a:\n    if c:\n        await f()\n    else:\n        await g()",
        "if a:\n    if c:\n        await f()\n    else:\n        await g()",
    ),
    "a condition in the last branch": (
        "if a:\n    await f()\nelif b:\n    if c:\n        await g()",
        "if a:\n    await f()\nelif b and c:\n    await g()",
    ),
    "a value with one reader, who passes it on": ("x = await f()\nreturn x", "return await f()"),
    "a value with two readers": ("x = await f()\ny = x\nreturn x + y", "x = await f()\ny = x\nreturn x + y"),
    "the same flag twice": (
        "if not done:\n    f()\nif not done:\n    g()",
        "if not done:\n    f()\n    g()",
    ),
    "a flag that may have changed meanwhile": (
        "if not done:\n    await f()\nif not done:\n    g()",
        "if not done:\n    await f()\nif not done:\n    g()",
    ),
    "a try that has nothing left to do": (
        "try:\n    x = 1\nfinally:\n    await f()",
        "try:\n    pass\nfinally:\n    await f()",
    ),
    "letters of more than one byte": ("x: Literal['größe'] = g('ä')\nreturn 'ö'", "g('ä')\nreturn 'ö'"),
}


def _function(body: str) -> str:
    lines = [f"    {line}" if line else "" for line in body.split("\n")]
    return "\n".join(["# f, flow.yaml:1", "async def run(ctx: Context) -> Any:", *lines])


@pytest.mark.parametrize("case", CASES)
def test_tidied(case: str) -> None:
    before, after = CASES[case]
    found = tidied(_function(before))
    ast.parse(found)
    assert found == _function(after)
    assert tidied(found) == found
