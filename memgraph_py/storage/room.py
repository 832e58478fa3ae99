"""Arrays that grow: small ones are copied into twice the room, a large one gets all the room that it can ever need.

    room   | written | address space: no memory behind it until it is written |

Copying an array of 80 MB into a larger one takes 10 ms and more, in which no other commit goes on. So an array that
reaches ``_LARGE_BYTES`` moves once more, into address space for its utmost length, which costs nothing: the system puts
memory behind what is written alone. Where it gives no such space (a limit on it, or no overcommitment), the array goes
on doubling.
"""

import contextlib
import math
import mmap
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROWS_MAX = 1 << 31
"""Ids are 32-bit."""
_LARGE_BYTES = 1 << 20
"""Copied within a millisecond."""
_SMALL_PAGES_BYTES = 8 << 20
"""Pages of 2 MB make random reads of a large array faster by a third; of a small one they would waste a part."""
_NO_RESERVE = getattr(mmap, "MAP_NORESERVE", 0x4000 if sys.platform == "linux" else 0)
"""Python names it from 3.13 on."""


def grown(array: NDArray[Any], used: int, rows_min: int, rows_max: int = ROWS_MAX) -> NDArray[Any]:
    """An array that begins with the first ``used`` rows of this one, with room for ``rows_min`` and more.

    rows_max: no more will ever be asked for. What was not copied holds anything.
    """
    room = max(2 * len(array), rows_min)
    result = None
    if room * array.dtype.itemsize >= _LARGE_BYTES and not array.dtype.hasobject:
        result = _reserved(max(rows_max, rows_min) * array.dtype.itemsize, in_huge_pages=True)
    grown_array = np.empty(room, dtype=array.dtype) if result is None else np.frombuffer(result, dtype=array.dtype)
    grown_array[:used] = array[:used]
    return grown_array


def zeros(shape: tuple[int, ...], dtype: type[np.generic]) -> NDArray[Any]:
    """An array of zeros, of which little may ever be written, here and there: a large one takes memory by small pages,
    as to clear one of 2 MB takes a millisecond and more."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    space = _reserved(size, in_huge_pages=False) if size >= _LARGE_BYTES else None
    return np.zeros(shape, dtype=dtype) if space is None else np.frombuffer(space, dtype=dtype).reshape(shape)


def _reserved(size: int, *, in_huge_pages: bool) -> mmap.mmap | None:
    """So many bytes, all zero, without memory until they are written; None where the system gives no such space."""
    try:
        space = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE)
    except (OSError, OverflowError, ValueError):  # no space; a machine of 32 bits
        return None
    if in_huge_pages and hasattr(mmap, "MADV_HUGEPAGE") and size > _SMALL_PAGES_BYTES:
        with contextlib.suppress(OSError):  # a kernel without them
            space.madvise(mmap.MADV_HUGEPAGE, _SMALL_PAGES_BYTES, size - _SMALL_PAGES_BYTES)
    return space
