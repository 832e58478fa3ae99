"""Types as written."""

from dataclasses import replace

from memgraph_py.cypher.ast import Expression, TypePredicate
from memgraph_py.cypher.construction.rejection import Rejected
from memgraph_py.values.value_types import NAMES, Alternative, ValueType, named


def is_typed(start: int, operand: Expression, type: ValueType) -> TypePredicate:
    return TypePredicate(operand, type, False, start)


def is_not_typed(start: int, operand: Expression, type: ValueType) -> TypePredicate:
    return TypePredicate(operand, type, True, start)


def value_type(start: int, *alternatives: ValueType) -> ValueType:
    joined = tuple(dict.fromkeys(one for alternative in alternatives for one in alternative))
    if len({one.nullable for one in joined if one.name not in ("NULL", "NOTHING")}) > 1:
        raise Rejected(
            "of the types of a union all can be NULL, or none", start, hint="write NOT NULL behind each of them"
        )
    return joined


def value_type_words(start: int, *words: str) -> ValueType:
    written = " ".join(words)
    found = named(written)
    if found is None:
        hint = f"there are {', '.join(NAMES)} and LIST<…>"
        raise Rejected(f'there is no type "{written}"', start, hint=hint)
    return (found,)


def value_type_null(start: int) -> ValueType:
    del start
    return (Alternative("NULL"),)


def value_type_list(start: int, element: ValueType) -> ValueType:
    del start
    return (Alternative("LIST", element=element),)


def value_type_not_null(start: int, type: ValueType) -> ValueType:
    del start
    return tuple(replace(alternative, nullable=False) for alternative in type)
