"""`catalyst.api`: what cannot be read is a finding; nothing is written, and nobody is waited for."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from catalyst.api import compile_flow, compile_path, compile_project

FLOW = "catalyst: 1\nname: x\nnodes: {a: {type: set, with: {value: 1}}}\n"


@pytest.mark.parametrize("place", ["\0", "", "no/such/folder", "\ud800"])
def test_a_place_without_a_project_is_a_finding(place: str) -> None:
    result = compile_project(place)
    assert [item.code for item in result.diagnostics] == ["E512"]
    assert result.files == {}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "flow.yaml")
    os.mkfifo(tmp_path / "catalyst.yaml")
    for result in (compile_path(tmp_path / "flow.yaml"), compile_project(tmp_path)):
        assert [item.code for item in result.diagnostics] == ["E512"]
        assert "it is not a file" in result.diagnostics[0].message


def test_a_flow_compiles_in_threads_and_in_a_running_loop() -> None:
    async def several() -> None:
        here = compile_flow(FLOW)
        there = await asyncio.gather(*(asyncio.to_thread(compile_flow, FLOW) for _ in range(3)))
        assert here.ok
        assert all(other.files == here.files for other in there)

    asyncio.run(several())


def test_compiling_a_text_opens_no_file_but_those_of_the_compiler() -> None:
    compile_flow(FLOW)
    opened: list[str] = []
    watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event in {"open", "os.listdir", "os.scandir", "os.mkdir", "os.rename", "os.remove"}:
            opened.append(str(arguments[0]))

    sys.addaudithook(watch)
    compile_flow(FLOW.replace("name: x", "name: y"), filename="../elsewhere/flow.yaml")
    watching = False
    assert [path for path in opened if not path.endswith((".py", ".pyc"))] == []
