"""Texts that a program gives a session: strings of Python may hold half a surrogate pair, which has no bytes in UTF-8
and so no place in the graph, in its log or in an answer. What comes over Bolt or from a transform was UTF-8 before."""

import marshal
import re
from collections.abc import Mapping
from typing import Any

from memgraph_py.errors import ArgumentError, CypherSyntaxError
from memgraph_py.execution.single import SIMPLE
from memgraph_py.values.text_heaps import is_utf8
from memgraph_py.values.types import Value

_WITHOUT_TEXT = SIMPLE.difference((str,))
_AT_ONCE = 1_024
_FAILURES_MAX = 64
"""Then the bytes are not asked any more: dates in each row, or lists within lists, may make each of them be in vain."""
_HALF = re.compile(b"\xed[\xa0-\xbf]")
"""As UTF-8 would have it, if it had it; numbers may look so, too."""


def check_texts(text: str, parameters: Mapping[str, Value]) -> None:
    """Raises CypherSyntaxError where the statement, ArgumentError where a parameter holds such a string."""
    if not is_utf8(text):
        raise CypherSyntaxError("the statement holds half a surrogate pair, which is no character")
    for name, value in parameters.items():
        if not is_utf8(name) or not (value.__class__ in _WITHOUT_TEXT or _are_utf8(value)):
            raise ArgumentError(
                f"parameter {name!a} holds half a surrogate pair, which is no character",
                hint='text.encode("utf-8", "replace").decode() has a question mark in its place',
                detail="InvalidArgumentValue",
            )


def _are_utf8(value: Value) -> bool:
    """True of a string, and of all strings of a list or map however deep."""
    waiting: list[Any] = [value]
    failures = 0
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            if not is_utf8(part):
                return False
        elif isinstance(part, list | dict):
            parts = [part]
            if isinstance(part, list) and len(part) > _AT_ONCE:
                parts = [part[start : start + _AT_ONCE] for start in range(0, len(part), _AT_ONCE)]
            for some in parts:
                if failures < _FAILURES_MAX and _surely_are(some):
                    continue
                failures += 1
                waiting += (*some, *some.values()) if isinstance(some, dict) else some
    return True


def _surely_are(values: list[Any] | dict[Any, Any]) -> bool:
    """True where the bytes of all of it hold no half of a pair. That looks at a row of ten values in a microsecond."""
    try:
        return _HALF.search(marshal.dumps(values)) is None
    except ValueError:  # too deep, or values of other types
        return False
