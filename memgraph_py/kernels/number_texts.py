"""Numbers that texts spell: those that are simple are read here, the others are told apart.

A simple integer is a sign and up to 18 digits. A simple float is one with up to 15 digits, a point among them, and an
exponent that leaves it within 22 powers of ten: then digits and power are exact, and one division or product of them is
rounded once, as reading the whole text would be (W. D. Clinger, "How to read floating point numbers accurately").
Spaces around a float are simple too; around an integer they are not allowed.
"""

import numpy as np
from numpy.typing import NDArray

from memgraph_py.kernels import kernel
from memgraph_py.kernels.chunks import LENGTH_BITS, LENGTH_MASK, Integer

SIMPLE, NOT_SIMPLE = 1, 2
_DIGITS_MAX, _EXACT_DIGITS_MAX, _EXACT_POWER_MAX = 18, 15, 22
_SPACE, _PLUS, _MINUS, _POINT, _ZERO, _NINE, _E, _LOWER_E = 32, 43, 45, 46, 48, 57, 69, 101


@kernel("Tuple((int64, int64))(Array(uint8, 1, 'C', True), int64)")
def trimmed(data: NDArray[np.uint8], handle: Integer) -> tuple[np.int64, np.int64]:
    """Where the text begins and ends without the spaces around it."""
    start = np.int64(handle) >> LENGTH_BITS
    end = start + (np.int64(handle) & LENGTH_MASK)
    while start < end and data[start] == _SPACE:
        start += 1
    while start < end and data[end - 1] == _SPACE:
        end -= 1
    return np.int64(start), np.int64(end)


@kernel("Tuple((int64[::1], uint8[::1]))(int64[::1], boolean[::1], Array(uint8, 1, 'C', True))")
def read_integers(
    handles: NDArray[np.int64], valid: NDArray[np.bool_], data: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """(rows,) numbers, and 0 where NULL, SIMPLE or NOT_SIMPLE. An empty ``valid``: none is NULL."""
    numbers = np.zeros(len(handles), dtype=np.int64)
    found = np.zeros(len(handles), dtype=np.uint8)
    for row in range(len(handles)):
        if len(valid) > 0 and not valid[row]:
            continue
        found[row] = NOT_SIMPLE
        place = handles[row] >> LENGTH_BITS
        end = place + (handles[row] & LENGTH_MASK)
        is_negative = place < end and data[place] == _MINUS
        if place < end and (is_negative or data[place] == _PLUS):
            place += 1
        if place == end or end - place > _DIGITS_MAX:
            continue
        number = np.int64(0)
        while place < end and _ZERO <= data[place] <= _NINE:
            number = 10 * number + np.int64(data[place] - _ZERO)
            place += 1
        if place == end:
            numbers[row] = -number if is_negative else number
            found[row] = SIMPLE
    return numbers, found


@kernel("Tuple((float64[::1], uint8[::1]))(int64[::1], boolean[::1], Array(uint8, 1, 'C', True))")
def read_floats(
    handles: NDArray[np.int64], valid: NDArray[np.bool_], data: NDArray[np.uint8]
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """As ``read_integers``, of floats."""
    numbers = np.zeros(len(handles), dtype=np.float64)
    found = np.zeros(len(handles), dtype=np.uint8)
    powers = np.ones(_EXACT_POWER_MAX + 1, dtype=np.float64)
    for exact in range(1, len(powers)):
        powers[exact] = 10.0 * powers[exact - 1]
    for row in range(len(handles)):
        if len(valid) > 0 and not valid[row]:
            continue
        found[row] = NOT_SIMPLE
        place, end = trimmed(data, handles[row])
        is_negative = place < end and data[place] == _MINUS
        if place < end and (is_negative or data[place] == _PLUS):
            place += 1
        digits, is_behind = 0, False
        number, power = np.int64(0), np.int64(0)
        while place < end and digits <= _EXACT_DIGITS_MAX:
            if _ZERO <= data[place] <= _NINE:
                number = 10 * number + np.int64(data[place] - _ZERO)
                digits += 1
                power -= np.int64(is_behind)
            elif data[place] == _POINT and not is_behind:
                is_behind = True
            else:
                break
            place += 1
        if digits == 0 or digits > _EXACT_DIGITS_MAX:
            continue
        if place < end and (data[place] == _E or data[place] == _LOWER_E):
            place += 1
            is_below = place < end and data[place] == _MINUS
            if place < end and (is_below or data[place] == _PLUS):
                place += 1
            if place == end or end - place > 3:
                continue
            exponent = np.int64(0)
            while place < end and _ZERO <= data[place] <= _NINE:
                exponent = 10 * exponent + np.int64(data[place] - _ZERO)
                place += 1
            power += -exponent if is_below else exponent
        if place < end or power > _EXACT_POWER_MAX or power < -_EXACT_POWER_MAX:
            continue
        value = number * powers[power] if power >= 0 else number / powers[-power]
        numbers[row] = -value if is_negative else value
        found[row] = SIMPLE
    return numbers, found
