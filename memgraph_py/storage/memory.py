"""Gives memory that is free back to the operating system.

The C library keeps what large temporary arrays leave behind: after the adjacency was packed, as much as the graph.
"""

import ctypes
from typing import Protocol, cast

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # of glibc's malloc.h
_LARGE_BYTES = 1 << 20
_KEPT_BYTES = 8 << 20
"""Enough for the columns of some batches."""


class _CLibrary(Protocol):
    def malloc_trim(self, pad: int) -> int: ...

    def mallopt(self, parameter: int, value: int) -> int: ...


def keep_large_arrays_apart() -> None:
    """From now on an array of a megabyte or more is given back as soon as it is freed.

    Else the C library raises that bound to 32 MB as it sees large arrays freed, and what is between those that live is
    lost: twice the graph, measured with ``benchmarks.growth``. Smaller ones it would give back from 128 KB on, and ask
    for them again: a page costs a microsecond and more, so that a scan took twice as long. Does nothing where it has no
    ``mallopt``.

    Threads that begin from now on take memory from what the others have given back: in an arena of their own, what a
    large import leaves behind stays there, a tenth of the graph. So a server calls this before it has any thread.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        cast(_CLibrary, library).mallopt(_M_ARENA_MAX, 1)
        cast(_CLibrary, library).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        cast(_CLibrary, library).mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def release_free_memory() -> None:
    """Does nothing where the C library has no ``malloc_trim`` (glibc has it)."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        cast(_CLibrary, library).malloc_trim(0)
