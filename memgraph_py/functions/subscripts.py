"""`subject[index]` and `list[start..stop]`. Source: openCypher 9, "List operators" and "Map operators"."""

import numpy as np

from memgraph_py.columnar import Column, Kind
from memgraph_py.errors import CypherTypeError
from memgraph_py.functions import long_lists
from memgraph_py.functions.registry import Environment, columnar
from memgraph_py.functions.rows import each_row, require_lists, wrong_type
from memgraph_py.list_column import ListColumn
from memgraph_py.record_column import RecordColumn
from memgraph_py.values.naming import type_name
from memgraph_py.values.types import NodeReference, RelationshipReference, Value


@columnar("[]", 2)
def subscript(environment: Environment, arguments: list[Column]) -> Column:
    """The element of a list (from 0, from the end when negative), or the value of a map's or element's key."""
    subjects, indexes = arguments
    if subjects.kind in (Kind.NODE, Kind.RELATIONSHIP) and indexes.kind is Kind.STRING:
        names = indexes.to_values()
        if names and all(name == names[0] for name in names):
            return _property(environment, subjects, str(names[0]))
    if isinstance(subjects, ListColumn) and indexes.kind is Kind.INT:
        return long_lists.elements_at(subjects, indexes)
    if isinstance(subjects, RecordColumn) and (found := _field(subjects, indexes)) is not None:
        return found
    return Column.from_values(
        [
            None if subject is None or index is None else _element(environment, subject, index)
            for subject, index in zip(subjects.to_values(), indexes.to_values(), strict=True)
        ]
    )


@columnar("[..]", 3)
def slice_list(environment: Environment, arguments: list[Column]) -> Column:
    """Elements from start up to, not including, stop; a negative bound counts from the end; NULL where one is NULL."""
    lists, starts, stops = arguments
    if isinstance(lists, ListColumn) and starts.kind is Kind.INT and stops.kind is Kind.INT:
        return long_lists.slices(lists, starts, stops)
    require_lists(environment.bounds.memory, arguments)
    return each_row(environment.bounds, _slice, arguments, nulls=True)


def _field(records: RecordColumn, indexes: Column) -> Column | None:
    """Where all rows ask for the same field; None where they do not."""
    if len(indexes) == 0 or indexes.valid is not None or indexes.kind not in (Kind.INT, Kind.STRING):
        return None
    if (indexes.values != indexes.values[0]).any():
        return None
    return records.field(indexes.value(0))


def _element(environment: Environment, subject: Value, index: Value) -> Value:
    if isinstance(subject, list):
        if type(index) is not int:
            raise CypherTypeError(
                f"a list is indexed by INTEGER, got {type_name(index)}", detail="ListElementAccessByNonInteger"
            )
        return subject[index] if -len(subject) <= index < len(subject) else None
    if isinstance(subject, dict):
        return subject.get(_key(index))
    if isinstance(subject, NodeReference):
        return _property(environment, Column(Kind.NODE, np.array([subject.id], dtype=np.int64)), _key(index)).value(0)
    if isinstance(subject, RelationshipReference):
        return _property(
            environment, Column(Kind.RELATIONSHIP, np.array([subject.id], dtype=np.int64)), _key(index)
        ).value(0)
    raise wrong_type(f"'[]' expects a list, map, node or relationship, got {type_name(subject)}")


def _key(index: Value) -> str:
    if isinstance(index, str):
        return index
    raise CypherTypeError(f"a map is indexed by STRING, got {type_name(index)}", detail="MapElementAccessByNonString")


def _property(environment: Environment, elements: Column, name: str) -> Column:
    key = environment.graph.schema.keys.find(name)
    if key is None:
        return Column.nulls(len(elements))
    ids = elements.values if elements.valid is None else np.where(elements.valid, elements.values, -1)
    if elements.kind is Kind.NODE:
        return environment.graph.node_property(ids, key)
    return environment.graph.relationship_property(ids, key)


def _slice(subject: Value, start: Value, stop: Value) -> Value:
    if subject is None or start is None or stop is None:
        return None
    if not isinstance(subject, list):
        raise wrong_type(f"'[..]' expects a list, got {type_name(subject)}")
    if type(start) is not int or type(stop) is not int:
        wrong = start if type(start) is not int else stop
        raise wrong_type(f"a bound of '[..]' is INTEGER, got {type_name(wrong)}")
    return subject[start:stop]
