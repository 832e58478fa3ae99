"""Loops over arrays at machine speed; knows no graph type.

A kernel is a plain function over C-contiguous arrays with an explicit signature. ``@kernel`` compiles it when its
module is imported, or loads it from the cache: the folder that MEMGRAPH_KERNEL_CACHE names, else ``__pycache__`` beside
the module where that can be written, else the user's cache folder. Where none can be written, every start compiles, and
a warning says so. With NUMBA_DISABLE_JIT=1 the function runs as it stands, so that it can be debugged. This package
alone names numba.

    import ─▶ compiled, or loaded
           ─▶ where that may wait: runs as it stands ─ compile_pending ─▶ compiled, or loaded

To load all of them takes most of a second, to compile them a minute, before the first query could be answered. So a
server lets that wait (``let_compiling_wait``) and does it on a thread, while kernels run as they stand: a hundred times
slower, which a query of few rows does not notice. A thread whose kernel meets large arrays waits until that one is
compiled, which comes before all others: loading a large graph compiles what it needs, in seconds. The main thread never
waits, as a server's event loop runs there, which touches few rows at a time.
"""

import functools
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable
from types import FunctionType
from typing import Any, Generic, ParamSpec, TypeVar, cast

import numpy as np

__all__ = [
    "BLOCK",
    "are_pending",
    "compile_pending",
    "is_compiled",
    "kernel",
    "let_compiling_wait",
    "on_compile",
    "wait_while_loading",
    "waiting_count",
]

BLOCK = 4096
"""A kernel that may run for long looks at its caller's flag once in so many steps, a power of two: microseconds."""
_LARGE = 1 << 14
"""Elements of an array that a kernel as it stands goes through in 10 to 100 ms."""

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

_listeners: list[Callable[[str], None]] = []


class _Waiting:
    """Kernels that wait to be compiled, in the order of their definition, in which they call each other."""

    def __init__(self) -> None:
        self.is_allowed = False
        self.settled = threading.Event()
        """Set once all are there, or it is known that some must be compiled."""
        self.settled.set()
        self.kernels: list[_Pending[Any, Any]] = []
        self.lock = threading.Lock()
        self.is_compiling = False
        self.wanted: deque[_Pending[Any, Any]] = deque()
        """Those that some thread waits for: to be compiled next."""


_waiting = _Waiting()


def is_compiled() -> bool:
    """False with NUMBA_DISABLE_JIT=1, when kernels are plain functions."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


def on_compile(callback: Callable[[str], None]) -> None:
    """Calls back with the name of each kernel from now on, before it is loaded or compiled: start-up progress."""
    _listeners.append(callback)


def let_compiling_wait() -> None:
    """Kernels that are imported from now on wait for ``compile_pending``."""
    if is_compiled():
        _waiting.is_allowed = True
        _waiting.settled.clear()


def are_pending() -> bool:
    """True while some kernels run as they stand, as they are not compiled or loaded yet."""
    return bool(_waiting.kernels)


def waiting_count() -> int:
    """How many kernels are, or were, to be compiled or loaded while others run as they stand; 0 once all are there."""
    return len(_waiting.kernels)


def wait_while_loading() -> None:
    """Until all kernels are loaded, which takes less than a second, or it is known that some must be compiled."""
    _waiting.settled.wait()


def compile_pending() -> None:
    """Compiles or loads what waits; returns when nothing does. From any thread; several wait for each other."""
    with _waiting.lock:
        waiting = _waiting.kernels
        _waiting.is_compiling = True
        try:
            _compile_all()
        finally:
            _waiting.is_compiling = False
            _waiting.settled.set()
            for pending in waiting:
                pending.settled.set()


def kernel(signature: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator: the function compiled for ``signature``, such as ``"int64[::1](int64[::1], int64)"``, without the GIL.

    Another kernel may call it. There is no second signature: what does not fit raises TypeError instead of compiling
    anew. An array that may be read-only, as a column's ``data``, is written ``Array(uint8, 1, 'C', True)``.
    """

    def compile_function(function: Callable[P, R]) -> Callable[P, R]:
        if _waiting.is_allowed:
            pending = _Pending(function, signature)
            _waiting.kernels.append(pending)
            return pending
        _tell(function)
        return _compiled(function, signature) if is_compiled() else _plain(function)

    return compile_function


def _compile_all() -> None:
    for pending in _waiting.kernels:
        while _waiting.wanted:
            _waiting.wanted.popleft().compile()
        pending.compile()
    _waiting.is_allowed = False
    compiled = {id(pending): pending.call for pending in _waiting.kernels}
    for name, module in list(sys.modules.items()):  # who imported one calls what is compiled at once from now on
        if name.startswith("memgraph_py."):
            for attribute, value in list(vars(module).items()):
                if id(value) in compiled:
                    setattr(module, attribute, compiled[id(value)])
    _waiting.kernels = []


class _Pending(Generic[P, R]):
    """A kernel that runs as it stands until it is compiled."""

    def __init__(self, function: Callable[P, R], signature: str) -> None:
        functools.update_wrapper(self, function)
        self._function = cast(FunctionType, function)
        self._signature = signature
        self.call = _plain(function)
        self.settled = threading.Event()
        """Set once it is compiled, or nothing compiles any more."""

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> R:
        if _waiting.is_compiling and not self.settled.is_set() and _are_large(arguments):
            self._wait()
        return self.call(*arguments, **named)

    def compile(self) -> None:
        """From now on a call is one of the compiled function; so are those of the kernels that this one calls."""
        if self.settled.is_set():
            return
        names = dict(self._function.__globals__)
        for name in self._function.__code__.co_names:
            value = names.get(name)
            if isinstance(value, _Pending):
                value.compile()
                names[name] = value.call
        _tell(self._function)
        function = FunctionType(self._function.__code__, names, self._function.__name__, self._function.__defaults__)
        function.__qualname__, function.__module__ = self._function.__qualname__, self._function.__module__
        self.call = _compiled(cast("Callable[P, R]", function), self._signature)
        self.settled.set()
        if not self.call.stats.cache_hits:  # type: ignore[attr-defined]  # numba's
            _waiting.settled.set()

    def _wait(self) -> None:
        if threading.current_thread() is not threading.main_thread():
            _waiting.wanted.append(self)
            self.settled.wait()


def _are_large(arguments: tuple[object, ...]) -> bool:
    """True when there is a large array among them, or in a tuple among them."""
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            if argument.size > _LARGE:
                return True
        elif isinstance(argument, tuple) and _are_large(argument):
            return True
    return False


def _tell(function: Callable[..., object]) -> None:
    for listener in _listeners:
        listener(function.__qualname__)


def _compiled(function: Callable[P, R], signature: str) -> Callable[P, R]:
    import numba

    if "MEMGRAPH_KERNEL_CACHE" in os.environ:
        numba.config.CACHE_DIR = os.environ["MEMGRAPH_KERNEL_CACHE"]  # type: ignore[attr-defined]  # made at import
    # numba has no types; the compiled function takes and gives what the plain one does
    try:
        return cast(Callable[P, R], numba.njit(signature, nogil=True, cache=True)(function))
    except RuntimeError as error:
        if "no locator available" not in str(error):
            raise
        _warn_of_no_cache()
        return cast(Callable[P, R], numba.njit(signature, nogil=True)(function))


@functools.cache  # once
def _warn_of_no_cache() -> None:
    logger.warning(
        "no folder for compiled kernels can be written: every start compiles them; set MEMGRAPH_KERNEL_CACHE"
    )


def _plain(function: Callable[P, R]) -> Callable[P, R]:
    """The function where integer overflow wraps silently, as in compiled code."""

    @functools.wraps(function)
    def call(*arguments: P.args, **named: P.kwargs) -> R:
        with np.errstate(over="ignore"):
            return function(*arguments, **named)

    return call
