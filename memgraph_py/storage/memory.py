"""Gives memory that is free back to the operating system.

The C library keeps what large temporary arrays leave behind: after the adjacency was packed, as much as the graph.
"""

import ctypes
from typing import Protocol, cast

_M_MMAP_THRESHOLD = -3  # of glibc's malloc.h
_LARGE_BYTES = 1 << 20


class _CLibrary(Protocol):
    def malloc_trim(self, pad: int) -> int: ...

    def mallopt(self, parameter: int, value: int) -> int: ...


def keep_large_arrays_apart() -> None:
    """From now on an array of a megabyte or more is given back as soon as it is freed.

    Else the C library raises that bound to 32 MB as it sees large arrays freed, and what is between those that live is
    lost: twice the graph, measured with ``benchmarks.growth``. Does nothing where it has no ``mallopt``.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        cast(_CLibrary, library).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def release_free_memory() -> None:
    """Does nothing where the C library has no ``malloc_trim`` (glibc has it)."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        cast(_CLibrary, library).malloc_trim(0)
