"""The tables of the verifier: what emitted code may import, and what can turn text into code.

Data only. The closed list is what guarantees (a name that is not on it does not pass); the list of evaluators names
what to look for in code whose imports are its author's business, such as `lib/`.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EMITTED_IMPORTS = _words("""
    __future__ abc argparse asyncio base64 binascii bisect collections contextlib contextvars copy csv dataclasses
    datetime decimal email.utils enum functools hashlib heapq hmac html http http.cookiejar io ipaddress itertools
    json logging math operator os random re secrets signal socket sqlite3 statistics string sys time traceback types
    typing unicodedata urllib.parse uuid warnings zipfile zlib zoneinfo aiohttp aiosqlite anthropic asyncpg cronsim
    fastapi httptools httpx2 jmespath jsonschema lxml mcp openai openpyxl orjson prometheus_client pydantic
    pydantic_core pypdf
    redis referencing selectolax starlette typing_extensions uvicorn uvloop weakref yarl
    """)
"""Modules that emitted code may import; a package stands for what is in it. `app` and `lib` are always allowed."""

RUNTIME_ALLOWANCES: dict[str, frozenset[str]] = {
    "cached": frozenset({"__module__"}),  # a function's name in full, as a part of the keys
    "context": frozenset({"__class__"}),  # a clone is made without running __init__ again
    "embeddings": frozenset({"array"}),  # vectors that are remembered take a quarter of the room
    "errors": frozenset({"linecache", "tb_frame", "f_code"}),  # reads the comment above the failing line
    "failures": frozenset({"__mro__"}),  # names an exception's base classes
    "http_guard": frozenset({"__setattr__"}),  # a frozen dataclass that fills in a field of its own
    "http_proxies": frozenset({"urllib.request"}),  # asks which proxies the environment names
    "llm_prices": frozenset({"pathlib"}),  # reads the prices that the owner of the service names
    "logs": frozenset({"__class__", "__dict__"}),  # the fields of a log record; an exception's class name
    "short_way": frozenset({"__call__", "__module__"}),  # whether somebody put a method of his own into the framework
    "quick_json": frozenset({"msgspec"}),  # reads bodies; what it can do beside that is nobody's business
    "vector_points": frozenset(
        {"qdrant_client"}
    ),  # the client; what is embedded in it may keep pickled vectors of ours
    "vector_store": frozenset({"concurrent.futures", "qdrant_client"}),
    "vectors": frozenset({"qdrant_client"}),
    "server": frozenset({"gc", "uvicorn.Config"}),  # collects less often once all is up; serves the app it is given
}
"""What single runtime modules need beyond the rules, and why. Keyed by the module's name under `app/runtime`."""

HARMLESS_DUNDERS = _words("""
    __aenter__ __aexit__ __cause__ __context__ __doc__ __enter__ __exit__ __getitem__ __init__ __name__ __new__
    __notes__ __post_init__ __qualname__ __suppress_context__ __traceback__ __version__
    """)
"""Attributes with two underscores that lead nowhere near code."""

OPEN_DUNDERS = HARMLESS_DUNDERS | _words("""
    __abs__ __add__ __aiter__ __and__ __anext__ __annotations__ __bool__ __bytes__ __call__ __class__ __contains__
    __del__ __delitem__ __eq__ __float__ __fspath__ __ge__ __gt__ __hash__ __index__ __init_subclass__ __int__
    __iter__ __le__ __len__ __lt__ __members__ __missing__ __module__ __mul__ __ne__ __next__ __or__ __repr__
    __set_name__ __setattr__ __setitem__ __slots__ __str__ __sub__ __truediv__
    """)
"""The same for code of the author: methods that a class may call on its parent."""

MODULE_NAMES = _words("""
    __all__ __debug__ __doc__ __file__ __name__ __package__ __pydantic_config__ __slots__ __version__
    """)
"""Names with two underscores that may be read."""

EVALUATING_NAMES = _words("""
    eval exec compile __import__ breakpoint
    """)
"""Builtins that run text."""

REACHING_NAMES = _words("""
    getattr setattr delattr globals locals vars open help
    """)
"""Builtins that reach what cannot be seen in the text; emitted code has no use for them."""

FRAME_ATTRIBUTES = _words("""
    ag_code ag_frame co_code co_consts cr_code cr_frame f_back f_builtins f_code f_globals f_locals func_code
    func_globals gi_code gi_frame gi_yieldfrom tb_frame load_extension subprocess_exec subprocess_shell
    """)
"""Attributes that lead from an object to the code behind it, or run a program, whatever they are read from."""

EVALUATING_MODULES = _words("""
    builtins importlib imp runpy pkgutil zipimport code codeop pdb bdb timeit profile cProfile trace doctest pydoc
    rlcompleter pickle _pickle cPickle pickletools dill cloudpickle jsonpickle marshal shelve copyreg subprocess
    _posixsubprocess pty posix nt ctypes _ctypes cffi interpreters _interpreters concurrent.interpreters
    _xxsubinterpreters gc annotationlib webbrowser uvicorn.importer pydantic.deprecated pydantic._internal
    logging.config jinja2 mako chameleon genshi Cheetah chevron pystache airspeed tenjin liquid
    minijinja django.template tornado.template starlette.templating fastapi.templating numexpr asteval simpleeval
    RestrictedPython py_expression_eval js2py execjs quickjs dukpy py_mini_racer lupa pyodide celpy
    """)
"""Modules that exist to run text, load objects from bytes, start programs or fill templates."""

EVALUATING_MEMBERS = _words("""
    os.system os.popen os.startfile os.execl os.execle os.execlp os.execlpe os.execv os.execve os.execvp os.execvpe
    os.spawnl os.spawnle os.spawnlp os.spawnlpe os.spawnv os.spawnve os.spawnvp os.spawnvpe os.posix_spawn
    os.posix_spawnp sys.modules sys._getframe sys._current_frames sys.settrace sys.setprofile sys.meta_path
    sys.path_hooks sys.call_tracing sys.breakpointhook sys.path_importer_cache types.FunctionType types.LambdaType
    types.CodeType types.ModuleType types.new_class string.Template string.Formatter operator.methodcaller
    gettext.c2py dataclasses.make_dataclass asyncio.create_subprocess_shell asyncio.create_subprocess_exec
    asyncio.subprocess inspect.currentframe inspect.stack inspect.trace inspect.get_annotations inspect.getattr_static
    typing.get_type_hints typing.ForwardRef typing.evaluate_forward_ref typing_extensions.get_type_hints
    typing_extensions.evaluate_forward_ref typing_extensions.get_annotations pydantic.ImportString pydantic.PyObject
    pydantic.parse_obj_as pydantic.parse_raw_as pydantic.parse_file_as
    yaml.unsafe_load yaml.full_load yaml.unsafe_load_all yaml.full_load_all yaml.load_all yaml.Loader
    yaml.UnsafeLoader yaml.FullLoader yaml.CLoader yaml.CUnsafeLoader yaml.CFullLoader joblib.load torch.load
    pandas.eval pandas.read_pickle sympy.sympify sympy.parse_expr sympy.parsing flask.render_template_string
    logging.config
    """)
"""Members of otherwise ordinary modules that do one of these things."""

OPEN_REACHING_NAMES = _words("globals locals")
"""Those that nobody has a use for."""

RISKY_MODULES = frozenset({member.partition(".")[0] for member in EVALUATING_MEMBERS})
"""Modules with such members: they may be used by their members only, and never be handed on as a value."""

OPEN_RISKY_MODULES = _words("""
    os sys operator types string
    """)
"""The same for code of the author, where tests hand on modules to replace parts of them."""

HIDDEN_MODULES = _words("""
    os sys builtins subprocess importlib pickle marshal ctypes posix runpy copyreg inspect linecache
    """)
"""Modules that other modules import: `logging.os` is `os`."""

UNSAFE_SETTINGS: dict[str, frozenset[object]] = {
    "allow_pickle": frozenset({True}),
    "proto": frozenset({"pickle"}),
    "typ": frozenset({"unsafe"}),
    "weights_only": frozenset({False}),
}
"""Arguments that make an ordinary reader load objects: `np.load(file, allow_pickle=True)`, `YAML(typ="unsafe")`."""

NAMESPACES = _words("""
    _types_namespace _parent_namespace_depth parent_namespace globalns localns
    """)
"""Arguments that say in which scope types that come as text are evaluated."""

TYPE_MAKERS = _words("""
    pydantic.TypeAdapter pydantic.create_model typing.TypedDict typing.NamedTuple typing.TypeVar
    typing_extensions.TypedDict typing_extensions.NamedTuple
    """)
"""Calls that take types, and evaluate them when they come as text."""
