"""Texts that a program gives a session: strings of Python may hold half a surrogate pair, which has no bytes in UTF-8
and so no place in the graph, in its log or in an answer. What comes over Bolt or from a transform was UTF-8 before."""

from collections.abc import Mapping

from memgraph_py.errors import ArgumentError, CypherSyntaxError
from memgraph_py.values.text_heaps import is_utf8
from memgraph_py.values.types import Value


def check_texts(text: str, parameters: Mapping[str, Value]) -> None:
    """Raises CypherSyntaxError where the statement, ArgumentError where a parameter holds such a string."""
    if not is_utf8(text):
        raise CypherSyntaxError("the statement holds half a surrogate pair, which is no character")
    for name, value in parameters.items():
        if not is_utf8(name) or not _is_utf8(value):
            raise ArgumentError(
                f"parameter {name!a} holds half a surrogate pair, which is no character",
                hint='text.encode("utf-8", "replace").decode() has a question mark in its place',
                detail="InvalidArgumentValue",
            )


def _is_utf8(value: Value) -> bool:
    if isinstance(value, str):
        return is_utf8(value)
    if isinstance(value, list):
        return all(map(_is_utf8, value))
    if isinstance(value, dict):
        return all(map(is_utf8, value)) and all(map(_is_utf8, value.values()))
    return True
