"""Which rows of a batch SET may write at once, so that they count one after another."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from memgraph_py.bounds import Bounds
from memgraph_py.columnar import Batch, Column, Kind
from memgraph_py.execution.evaluation import node_ids, relationship_ids
from memgraph_py.execution.rows_apart import without_repetition
from memgraph_py.plan.expressions import (
    Call,
    Case,
    Collect,
    Count,
    Exists,
    Expression,
    HasLabels,
    HasLabelsNamed,
    Literal,
    MapProjection,
    Property,
    Variable,
)
from memgraph_py.plan.operators import (
    SetItem,
    SetLabels,
    SetLabelsNamed,
    SetProperties,
    SetProperty,
    SetPropertyNamed,
)
from memgraph_py.plan.tree import walk
from memgraph_py.plan.variables import free_variables

_EVERYTHING = ""
"""Stands for every property key and all labels, in what an item reads or writes."""
_LABELS = ":"


def ranges_at_once(items: Sequence[SetItem], batch: Batch, bounds: Bounds) -> list[tuple[int, int]] | None:
    """Ranges of rows that may be written at once, item by item. None where all of them may, property by property: no
    item reads what is written, and of all that writes a property of an element the later row wins, and in a row the
    later item."""
    rows = batch.rows
    if rows == 1:
        return [(0, 1)]
    written = {_written(item) for item in items}
    reads = [read for item in items for read in _reads(item, batch)]
    clashing = [subject for key, subject in reads if key in written or key == _EVERYTHING or _EVERYTHING in written]
    overwriting = [pair for pair in combinations(items, 2) if _may_overwrite(*pair, batch)]
    if not clashing:
        if not overwriting:
            return [(0, rows)]
        if all(isinstance(item, SetProperty) for item in items):
            return None
    clashing += [_subject(item) for pair in overwriting for item in pair]
    subjects = {_subject(item) for item in items}
    if len(subjects) == 1 and None not in subjects and subjects == {*clashing}:
        return without_repetition([[batch.columns[str(subjects.pop())]]], bounds)
    return [(row, row + 1) for row in range(rows)]


def _may_overwrite(first: SetItem, second: SetItem, batch: Batch) -> bool:
    """True where the first, in a later row, may write what the second wrote in an earlier one, and must win."""
    keys = _written(first), _written(second)
    if _LABELS in keys or (keys[0] != keys[1] and _EVERYTHING not in keys):
        return False
    if (
        isinstance(first, SetProperty)
        and isinstance(second, SetProperty)
        and (first.subject == second.subject or (first.value == second.value and not free_variables(first.value)))
    ):
        return False
    one, other = _subject(first), _subject(second)
    if one is None or other is None:
        return True
    if one == other:  # what the second writes in each row, it writes last
        return not isinstance(second, SetProperty) and not (isinstance(second, SetProperties) and not second.merge)
    return not _are_apart(batch.columns[one], batch.columns[other])


def _are_apart(one: Column, other: Column) -> bool:
    """True where no element stands in both."""
    if {one.kind, other.kind} == {Kind.NODE, Kind.RELATIONSHIP}:
        return True
    if one.kind is not other.kind or one.kind not in (Kind.NODE, Kind.RELATIONSHIP):
        return False
    ids_of = node_ids if one.kind is Kind.NODE else relationship_ids
    ids = ids_of(one)
    return not bool(np.isin(ids[ids >= 0], ids_of(other)).any())


def _written(item: SetItem) -> str:
    match item:
        case SetProperty():
            return item.key
        case SetProperties() | SetPropertyNamed():
            return _EVERYTHING
        case SetLabels() | SetLabelsNamed():
            return _LABELS


def _subject(item: SetItem) -> str | None:
    """The variable that an item writes to, None where it is an expression."""
    if isinstance(item, SetProperty | SetPropertyNamed):
        return item.subject.name if isinstance(item.subject, Variable) else None
    return item.variable


def _reads(item: SetItem, batch: Batch) -> Iterator[tuple[str, str | None]]:
    """Keys that an item reads from the graph, and the variable it reads from (None: any)."""
    if isinstance(item, SetLabels):
        return
    if isinstance(item, SetProperties) and isinstance(item.value, Variable) and _is_element(item.value, batch):
        yield _EVERYTHING, None
    expressions: list[Expression] = [item.names if isinstance(item, SetLabelsNamed) else item.value]
    if isinstance(item, SetPropertyNamed):
        expressions.append(item.key)
    if isinstance(item, SetProperty | SetPropertyNamed) and not isinstance(item.subject, Variable):
        expressions.append(item.subject)
    for node in (node for expression in expressions for node in walk(expression)):
        match node:
            case Property(Variable() as subject, key):
                if _is_element(subject, batch):
                    yield key, subject.name
            case Property(_, key):
                yield key, None
            case HasLabels() | HasLabelsNamed():
                yield _LABELS, None
            case Call("[]", (Variable() as subject, _)):
                if _is_element(subject, batch):
                    yield _EVERYTHING, subject.name
            case Call("[]", (Call() | Case(), index)) if not (isinstance(index, Literal) and type(index.value) is int):
                yield _EVERYTHING, None
            case MapProjection() | Exists() | Count() | Collect():
                yield _EVERYTHING, None
            case Call(name) if name in _READING_FUNCTIONS:
                yield _EVERYTHING, None


_READING_FUNCTIONS = frozenset(("properties", "keys", "labels"))


def _is_element(variable: Variable, batch: Batch) -> bool:
    """False where the variable surely holds no node or relationship: a map of UNWIND, say."""
    column = batch.columns.get(variable.name)
    if column is None or column.kind is not Kind.OBJECT:
        return True
    return not all(value is None or isinstance(value, dict) for value in column.to_values())
