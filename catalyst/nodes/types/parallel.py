"""`parallel`: run branches at the same time, each on a context of its own."""

from typing import Annotated, Any, Literal

from pydantic import Field

from catalyst.nodes.base import NodeType
from catalyst.nodes.settings import BodySlot, Params


class ParallelParams(Params):
    """Settings of `parallel`."""

    branches: dict[str, Annotated[Any, BodySlot()]] = Field(
        min_length=1, description="Branch name to the nodes of the branch."
    )
    mode: Literal["all", "race", "settled", "stream"] = Field(
        default="all",
        description=(
            "`all` and `stream` give {branch: value} when every branch has finished (`stream` also sends each one as "
            "it finishes), `race` gives {branch, output} of the first, `settled` gives {branch: {ok, output, error}}."
        ),
    )


NODE = NodeType(
    kind="control",
    params=ParallelParams,
    beside=frozenset({"branches", "mode"}),
    example="""\
catalyst: 1
name: parallel_example
input: {text: string}
nodes:
  both:
    type: parallel
    branches:
      loud: {shout: {type: set, with: {value: "{{ input.text | upper }}"}}}
      quiet: {whisper: {type: set, with: {value: "{{ input.text | lower }}"}}}
output: {both: "{{ nodes.both.output }}"}
""",
    example_input={"text": "Hello"},
)
