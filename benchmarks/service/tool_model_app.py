"""The model of `parts/agent.py`: wants one tool after the other, three of them, and then answers, each time at once.

`GET` gives the questions of the last run, for who wants to ask them again.
"""

import orjson
from bare import answer, read
from starlette.types import Receive, Scope, Send

TOOLS = ("first", "second", "third")
HEAD = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1_767_225_600, "model": "some-model"}
USAGE = {"prompt_tokens": 90, "completion_tokens": 9, "total_tokens": 99}
asked: list[object] = []


def _answer(body: bytes) -> bytes:
    question = orjson.loads(body)
    done = sum(message["role"] == "tool" for message in question["messages"])
    if not done:
        asked.clear()
    asked.append(question)
    said: dict[str, object] = {"role": "assistant", "content": "All is well." if done == len(TOOLS) else None}
    if done < len(TOOLS):
        function = {"name": TOOLS[done], "arguments": orjson.dumps({"number": done}).decode()}
        said["tool_calls"] = [{"id": f"call_{done}", "type": "function", "function": function}]
    reason = "stop" if done == len(TOOLS) else "tool_calls"
    choice = {"index": 0, "message": said, "logprobs": None, "finish_reason": reason}
    return orjson.dumps({**HEAD, "choices": [choice], "usage": USAGE})


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    body = await read(receive)
    await answer(send, 200, orjson.dumps(asked) if scope["method"] == "GET" else _answer(body))
