"""Texts as handles into a heap of their UTF-8 bytes: ``start << STRING_LENGTH_BITS | length``."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from memgraph_py.errors import LimitExceeded

STRING_LENGTH_BITS = 24
STRING_LENGTH_MASK = (1 << STRING_LENGTH_BITS) - 1
EMPTY_DATA: NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)
JOINED_CHARACTERS = 1 << 23
"""So many are joined at once: nobody else runs meanwhile."""
_REPEATED_BYTES = 1 << 16


def is_utf8(text: str) -> bool:
    """False where it holds half a surrogate pair, which has no bytes."""
    return text.isascii() or text.encode("utf-8", "replace").decode() == text


def pack_texts(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """(texts,) handles, and the heap. Raises LimitExceeded for a text of 16 MiB or more, which no handle can tell."""
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
    ends = np.cumsum(lengths)
    if len(texts) < 2 or int(ends[-1]) <= JOINED_CHARACTERS:
        return _joined(texts, lengths)
    cuts = np.searchsorted(ends, np.arange(JOINED_CHARACTERS, int(ends[-1]), JOINED_CHARACTERS), side="right")
    places = np.unique(np.concatenate(((0,), cuts, (len(texts),)))).tolist()
    parts: list[tuple[NDArray[np.int64], NDArray[np.uint8]]] = []
    position = 0
    for start, stop in pairwise(places):
        handles, data = _joined(texts[start:stop], lengths[start:stop])
        parts.append((handles + (position << STRING_LENGTH_BITS), data))
        position += len(data)
    return np.concatenate([handles for handles, _ in parts]), np.concatenate([data for _, data in parts])


def _joined(texts: Sequence[str], lengths: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """lengths: in characters."""
    joined = "".join(texts)
    if joined.isascii():
        data = joined.encode("ascii")
    else:
        encoded = [text.encode("utf-8") for text in texts]
        lengths = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
        data = b"".join(encoded)
    if len(data) > STRING_LENGTH_MASK and int(lengths.max()) > STRING_LENGTH_MASK:
        raise LimitExceeded(f"a string has more than {STRING_LENGTH_MASK} bytes")
    handles = np.cumsum(lengths)
    handles -= lengths
    handles <<= STRING_LENGTH_BITS
    handles |= lengths
    return handles, np.frombuffer(data, dtype=np.uint8) if data else EMPTY_DATA


def unpack_texts(handles: NDArray[np.int64], data: NDArray[np.uint8]) -> Iterator[str]:
    """The texts. A long one that stands in many rows is made once."""
    if len(handles) == 0:
        return
    starts = handles >> STRING_LENGTH_BITS
    lengths = handles & STRING_LENGTH_MASK
    ends = starts + lengths
    low, high = int(starts.min()), int(ends.max())
    if int(lengths.sum()) > 2 * (high - low) + _REPEATED_BYTES:
        distinct, places = np.unique(handles, return_inverse=True)
        texts = list(unpack_texts(distinct, data))
        yield from map(texts.__getitem__, places.tolist())
    elif high - low <= 64 * len(handles) + 4096:  # close together: one copy, then slices
        heap = data[low:high].tobytes()
        for start, end in zip((starts - low).tolist(), (ends - low).tolist(), strict=True):
            yield heap[start:end].decode()
    else:
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            yield data[start:end].tobytes().decode()
