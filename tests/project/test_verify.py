"""What `verify` must name, what it must leave alone, and that our own runtime passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalyst.project.assets import runtime_names, runtime_source
from catalyst.project.evaluators import RUNTIME_ALLOWANCES
from catalyst.project.verify import Violation, verify_module, verify_project

# Each evaluates text, or reaches what does, in a way of its own. They must be found in emitted code and in `lib/`.
EVALUATING = [
    "eval('1')",
    "e = eval",
    "print(list(map(eval, texts)))",
    "exec(text)",
    "code = compile(text, 'x', 'exec')",
    "import builtins as b\nb.eval('1')",
    "from builtins import eval as read",
    "from os import system",
    "from os import system as run",
    "import os\nos.system('id')",
    "import os as o\no.popen('id')",
    "import os\nx = os\nx.system('id')",
    "import os\nvars(os)['system']('id')",
    "import os\n[os][0].system('id')",
    "import os\nos.__dict__['system']('id')",
    "import logging\nlogging.os.system('id')",
    "from logging import os as harmless",
    "import random\nrandom._os.system('id')",
    "import sys\nsys.modules['os'].system('id')",
    "from sys import modules",
    "import builtins\ngetattr(builtins, 'ev' + 'al')('1')",
    "getattr(thing, name)()",
    "getattr(thing, '__globals__')",
    "g = globals()",
    "locals()['x'] = 1",
    "__builtins__['eval']('1')",
    "__import__('os')",
    "import importlib\nimportlib.import_module(name)",
    "from importlib import import_module",
    "import pickle\npickle.loads(data)",
    "import marshal",
    "import subprocess\nsubprocess.run(['id'])",
    "from ctypes import CDLL",
    "import types\ntypes.FunctionType(code, {})",
    "from types import CodeType",
    "from types import FunctionType as F",
    "import operator\noperator.attrgetter('__class__.__base__')(x)",
    "from operator import attrgetter as get\nget('a.b')(x)",
    "from operator import attrgetter\nattrgetter(name)(x)",
    "from operator import methodcaller",
    "type('X', (), {})",
    "type(x)(y)",
    "t = type\nt('X', (), {})",
    "(t := type)('X', (), {})",
    "make(type)",
    "def f(make=type):\n    return make('X', (), {})",
    "class A:\n    make = type",
    "{'a': 0}[(t := type) and 'a']",
    "Model.model_rebuild(_types_namespace=names)",
    "Model.model_rebuild(force=True, _types_namespace={'x': y})",
    "hints(thing, globalns=names)",
    "import uvicorn\n\n\ndef f(app):\n    uvicorn.run(app)",
    "import uvicorn\nuvicorn.run(f'{name}:app')",
    "import uvicorn\nuvicorn.run(name + ':app')",
    "import uvicorn\nimport sys\nuvicorn.run(sys.argv[1])",
    "import uvicorn\nimport os\napp = os.environ.get('APP')\nuvicorn.run(app)",
    "from uvicorn import Config\nConfig(app=texts[0])",
    "import uvicorn\nuvicorn.run(**options)",
    "().__class__.__bases__[0].__subclasses__()",
    "x = (lambda: 0).__code__",
    "f.__globals__['__builtins__']",
    "error.__traceback__.tb_frame.f_globals",
    "print.__self__.eval('1')",
    "def f(x=eval('1')):\n    pass",
    "@exec\nclass X:\n    pass",
    "@eval('decorator')\ndef f():\n    pass",
    "def f(x: 'eval(\"1\")'):\n    pass",
    "x: \"__import__('os').system('id')\" = 1",
    "def f() -> 'print(1)':\n    pass",
    "def f(x: 'list[eval]'):\n    pass",
    'from typing import Optional\nX = Optional[\'__import__("os").system("id")\']',
    "from pydantic import TypeAdapter\nTypeAdapter('__import__(\"os\").getcwd()')",
    "import typing\ntyping.get_type_hints(x)",
    "from typing import ForwardRef",
    "match x:\n    case object(__globals__=found):\n        pass",
    "match x:\n    case object(f_globals=found):\n        pass",
    "import jinja2",
    "from jinja2 import Template",
    "from mako.template import Template",
    "from string import Template",
    "import string\nstring.Formatter().format(text, x)",
    "from starlette.templating import Jinja2Templates",
    "import yaml\nyaml.load(text)",
    "import yaml\nyaml.load(text, Loader=yaml.Loader)",
    "import yaml\nyaml.unsafe_load(text)",
    "import pandas as pd\npd.eval(text)",
    "frame.eval(text)",
    "text.format(x)",
    "text.format_map(x)",
    "str.format(text, x)",
    "'{0.__class__}'.format(x)",
    "f'{eval(x)}'",
    "import asyncio\nasyncio.create_subprocess_shell('id')",
    "loop.subprocess_exec(x)",
    "import runpy",
    "import timeit",
    "import code",
    "from dataclasses import make_dataclass",
    "\uff45val('1')",
    "\U0001d4ee\U0001d4cd\U0001d4ee\U0001d4ec('1')",
    "class A:\n    x = [eval(y) for y in z]",
    "async def f():\n    async with x:\n        return await exec(y)",
    "if TYPE_CHECKING:\n    import pickle",
    "import functools\nfunctools.reduce(getattr, ['__class__', name], x)",
    "from functools import partial\nread = partial(getattr, x)",
    "from operator import attrgetter as a\nf = a\nf('__globals__')(x)",
    "TEXT = '{0.__class__}'\n\n\ndef f(x):\n    return TEXT.format(x)",
    "import re\nre.copyreg.pickle",
    "import dataclasses\ndataclasses.inspect.currentframe()",
    "from app.runtime import logs\nlogs.logging.config.dictConfig(x)",
    "from lib.tools import operator\noperator.attrgetter('__globals__')(x)",
    "from app.runtime.text import typing\ntyping.get_type_hints(x)",
    "import typing_extensions\ntyping_extensions.evaluate_forward_ref(x)",
    "from annotationlib import ForwardRef",
    "from uvicorn.importer import import_from_string",
    "from pydantic._internal import _typing_extra",
    "from pydantic import parse_obj_as",
    "Model.parse_raw(x, proto='pickle')",
    "np.load(file, allow_pickle=True)",
    "torch_load(file, weights_only=False)",
    "YAML(typ='unsafe').load(x)",
]

# Emitted code has a closed list; these are wrong there only.
NOT_EMITTED = [
    "import requests",
    "import yaml",
    "import linecache",
    "from os import *",
    "getattr(x, 'name')",
    "setattr(x, 'name', 1)",
    "vars(x)",
    "open('file')",
    "x.__dict__",
    "x.__class__",
    "f'{x}' % y",
    "('a' + x) % y",
    "text % (x, y)",
    "import asyncio\nwatch(asyncio)",
    "from . import *",
    "help(x)",
    "from pydantic import TypeAdapter\n\n\ndef f(x):\n    return TypeAdapter(x)",
    "from pydantic import create_model\n\n\ndef f(fields):\n    return create_model('M', **fields)",
]

HARMLESS = [
    "from pydantic import TypeAdapter\nPERSON = TypeAdapter(Person)",
    "from operator import attrgetter\nkey = sorted(x, key=attrgetter('name'))",
    "np.load(file, allow_pickle=False)",
    "import re\nP = re.compile('a+')",
    "x = ctx.input['eval']",
    "data = {'exec': 1, '__import__': 2}",
    "'{} of {}'.format(1, 2)",
    "'%s of %s' % (1, 2)",
    "x = number % 2",
    "TEXT = '{} items'\n\n\ndef f():\n    return TEXT.format(3)",
    "from typing import Literal\nX = Literal['eval(1)', 'f()']",
    "def f(x: 'list[int]') -> 'Node | None':\n    pass",
    "from collections.abc import Mapping\nx: Mapping[str, int] = {}",
    "import os\nx = os.environ.get('X')\ny = os.path.join('a', 'b')",
    "class A(Exception):\n    def __init__(self):\n        super().__init__('x')",
    "x = type(error).__name__",
    "def f(vars, open):\n    return vars(open)",
    "from operator import attrgetter, itemgetter\nkey = attrgetter('name')",
    "from app.runtime.errors import FlowError\nfrom .pools import ConnectionPools",
    "'''eval(1) in a docstring'''",
    "# eval(1) in a comment",
    "from typing import Annotated\nfrom pydantic import Field\nx: Annotated[int, Field(1, description='f(x)')] = 1",
]

HARMLESS_IN_LIB = [
    "import uvicorn\nfrom app.main import app\nuvicorn.run(app, port=1)",
    "import uvicorn\nuvicorn.run('app.main:app', reload=True)",
    "import uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\nuvicorn.run(app)",
    "import uvicorn\nfrom app.main import create_app\nuvicorn.run(create_app())",
    "kinds = list(map(type, values))\nkinds.sort(key=type)",
    "def f(type):\n    return g(type)",
    "def f(row):\n    type = row['type']\n    return g(type)",
    "class Meta(type):\n    pass",
    "def f(x: type[int], y: type) -> dict[type, str]:\n    return isinstance(x, type) and y is type",
    "isinstance(x, (type, str)) or issubclass(x, type | str)",
    "match x:\n    case type():\n        pass",
    "Model.model_rebuild()",
    "row.type = x\nprint(row.type, f(type=1))",
    "import requests, numpy as np\nnp.asarray([1])",
    "getattr(x, 'name', None)",
    "x = open('data.csv').read()",
    "import yaml\nyaml.safe_load(text)",
    "import yaml\nyaml.load(text, Loader=yaml.SafeLoader)",
    "model.eval()",
    "day.format('YYYY-MM-DD')",
    "print(vars(x))",
    "import asyncio\nmonkeypatch.setattr(asyncio, 'sleep', fake)",
]


@pytest.mark.parametrize("source", EVALUATING)
def test_names_what_evaluates(source: str, tmp_path: Path) -> None:
    assert verify_module("app/workflows/x.py", source)
    assert _in_lib(tmp_path, source)


@pytest.mark.parametrize("source", NOT_EMITTED)
def test_emitted_code_keeps_to_the_list(source: str) -> None:
    assert verify_module("app/workflows/x.py", source)


@pytest.mark.parametrize("source", HARMLESS)
def test_leaves_ordinary_code_alone(source: str, tmp_path: Path) -> None:
    assert verify_module("app/workflows/x.py", source) == []
    assert _in_lib(tmp_path, source) == []


@pytest.mark.parametrize("source", HARMLESS_IN_LIB)
def test_leaves_the_authors_code_alone(source: str, tmp_path: Path) -> None:
    assert _in_lib(tmp_path, source) == []


def _in_lib(folder: Path, source: str) -> list[Violation]:
    (folder / "app").mkdir(exist_ok=True)
    (folder / "lib").mkdir(exist_ok=True)
    (folder / "lib" / "mine.py").write_text(source, encoding="utf-8")
    return verify_project(folder)


@pytest.mark.parametrize("name", sorted(runtime_names()))
def test_our_runtime_passes(name: str) -> None:
    assert verify_module(f"app/runtime/{name}.py", runtime_source(name)) == []


def test_every_allowance_is_used() -> None:
    for name, allowed in RUNTIME_ALLOWANCES.items():
        messages = " ".join(item.message for item in verify_module("app/elsewhere.py", runtime_source(name)))
        unused = [word for word in allowed if f"`{word}`" not in messages]
        assert not unused, f"{name} does not need {unused}"


def test_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "app" / "runtime").mkdir(parents=True)
    (tmp_path / "lib").mkdir()
    (tmp_path / "app" / "main.py").write_text("import os\n\nprint(os.system('id'))\n")
    (tmp_path / "app" / "runtime" / "text.py").write_text("x = 1\n")
    (tmp_path / "lib" / "mine.py").write_text("def f():\n    return eval('1')\n")
    assert [(item.path, item.line) for item in verify_project(tmp_path)] == [("app/main.py", 3), ("lib/mine.py", 2)]


@pytest.mark.parametrize(
    "content",
    [
        b"x = (",
        b"\x00",
        b"\xff\xfe",
        b"# coding: utf-7\nx = 1\n",
        b"# -*- coding: rot13 -*-\n",
        b"(" * 5000,
        b"-" * 200_000 + b"1",
    ],
)
def test_what_cannot_be_read_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_bytes(content)
    assert [item.path for item in verify_project(tmp_path)] == ["app/main.py"]


def test_links_and_compiled_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "outside.py").write_text("")
    (tmp_path / "app" / "link.py").symlink_to(tmp_path / "outside.py")
    (tmp_path / "app" / "more").symlink_to(tmp_path)
    (tmp_path / "app" / "fast.so").write_bytes(b"")
    assert [item.path for item in verify_project(tmp_path)] == ["app/fast.so", "app/link.py", "app/more"]


def test_only_a_virtual_environment_at_the_top_is_passed_over(tmp_path: Path) -> None:
    for folder in (tmp_path / ".venv", tmp_path / "app" / "venv"):
        folder.mkdir(parents=True)
        (folder / "pyvenv.cfg").write_text("")
        (folder / "x.py").write_text("eval('1')\n")
    assert [item.path for item in verify_project(tmp_path)] == ["app/venv/x.py"]


def test_remainder_of_a_sum_of_fields_is_no_text():
    source = 'def f(d: dict[str, int]) -> int:\n    return (d["a"] + 1) % 4 + (d.get("b", 0) + 1) % 5\n'
    assert verify_module("app/workflows/a.py", source) == []


@pytest.mark.parametrize("text", ['("%s" + x)', '(", ".join(x) + y)', '(x + ("%s" + y) + z)'])
def test_remainder_of_built_text_is_reported(text):
    assert verify_module("app/workflows/a.py", f"def f(x: str, y: str, z: str) -> str:\n    return {text} % z\n")
