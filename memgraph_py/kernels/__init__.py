"""Loops over arrays at machine speed; knows no graph type.

A kernel is a plain function over C-contiguous arrays with an explicit signature. ``@kernel`` compiles it when its
module is imported, or loads it from the cache: the folder that MEMGRAPH_KERNEL_CACHE names, else ``__pycache__`` beside
the module where that can be written, else the user's cache folder. Where none can be written, every start compiles, and
a warning says so. With NUMBA_DISABLE_JIT=1 the function runs as it stands, so that it can be debugged. This package
alone names numba.
"""

import functools
import logging
import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numpy as np

__all__ = ["BLOCK", "is_compiled", "kernel", "on_compile"]

BLOCK = 4096
"""A kernel that may run for long looks at its caller's flag once in so many steps, a power of two: microseconds."""

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

_listeners: list[Callable[[str], None]] = []


def is_compiled() -> bool:
    """False with NUMBA_DISABLE_JIT=1, when kernels are plain functions."""
    return os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


def on_compile(callback: Callable[[str], None]) -> None:
    """Calls back with the name of each kernel from now on, before it is loaded or compiled: start-up progress."""
    _listeners.append(callback)


def kernel(signature: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator: the function compiled for ``signature``, such as ``"int64[::1](int64[::1], int64)"``, without the GIL.

    Another kernel may call it. There is no second signature: what does not fit raises TypeError instead of compiling
    anew. An array that may be read-only, as a column's ``data``, is written ``Array(uint8, 1, 'C', True)``.
    """

    def compile_function(function: Callable[P, R]) -> Callable[P, R]:
        for listener in _listeners:
            listener(function.__qualname__)
        if not is_compiled():
            return _plain(function)
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

    return compile_function


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
