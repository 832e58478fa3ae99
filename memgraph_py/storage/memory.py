"""Gives memory that is free back to the operating system.

The C library keeps what large temporary arrays leave behind: after the adjacency was packed, as much as the graph.
"""

import ctypes
from typing import Protocol, cast


class _CLibrary(Protocol):
    def malloc_trim(self, pad: int) -> int: ...


def release_free_memory() -> None:
    """Does nothing where the C library has no ``malloc_trim`` (glibc has it)."""
    library = ctypes.CDLL(None)
    if hasattr(library, "malloc_trim"):
        cast(_CLibrary, library).malloc_trim(0)
