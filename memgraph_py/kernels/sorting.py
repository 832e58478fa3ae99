"""Sort keys of strings: eight bytes at a time as integers whose order is that of the bytes."""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import kernel

SIGN = -(1 << 63)


@kernel("int64[::1](int64[::1], uint8[::1], int64, int64)")
def string_words(
    handles: NDArray[np.int64], data: NDArray[np.uint8], position: int, length_bits: int
) -> NDArray[np.int64]:
    """Bytes ``position`` to ``position + 8`` of each string, big-endian, zero after its end, as signed integers.

    handles: (rows,) ``start << length_bits | length`` into data.
    """
    rows = len(handles)
    words = np.empty(rows, dtype=np.int64)
    length_mask = (1 << length_bits) - 1
    for row in range(rows):
        start = handles[row] >> length_bits
        length = handles[row] & length_mask
        word = np.uint64(0)
        for offset in range(8):
            word = word << np.uint64(8)
            if position + offset < length:
                word |= np.uint64(data[start + position + offset])
        words[row] = np.int64(word ^ np.uint64(1 << 63))
    return words
