"""Functions of lists that stand in a ListColumn: what they do with ranges of elements, without making a list."""

import numpy as np

from memgraph_py.bounds import Bounds
from memgraph_py.columnar import NO_MASK, Column, Kind, Mask, Rows
from memgraph_py.functions.rows import joint_validity
from memgraph_py.functions.string_columns import equal_strings
from memgraph_py.kernels.grouping import group_integers
from memgraph_py.list_column import ListColumn

ELEMENT_BYTES = 8
_COMPARED = (Kind.BOOL, Kind.INT, Kind.STRING)
"""Two elements of one of these kinds are equal or not, and an element is equal to itself."""


def sizes(lists: ListColumn) -> Column:
    """`size(list)`"""
    return Column(Kind.INT, lists.lengths, lists.valid)


def are_empty(lists: ListColumn) -> Column:
    """`isEmpty(list)`"""
    return Column(Kind.BOOL, lists.lengths == 0, lists.valid)


def first_elements(lists: ListColumn) -> Column:
    """`head(list)`"""
    return _elements(lists, lists.starts, lists.lengths > 0)


def last_elements(lists: ListColumn) -> Column:
    """`last(list)`"""
    return _elements(lists, lists.starts + lists.lengths - 1, lists.lengths > 0)


def tails(lists: ListColumn) -> Column:
    """`tail(list)`"""
    cut = np.minimum(lists.lengths, 1)
    return ListColumn(lists.elements, lists.starts + cut, lists.lengths - cut, lists.valid)


def reversed_lists(lists: ListColumn) -> Column:
    """`reverse(list)`"""
    firsts, rows = _distinct(Bounds(), lists)
    distinct = lists.take(firsts)
    ends = np.cumsum(distinct.lengths)
    shifts = np.repeat(distinct.starts + ends - 1, distinct.lengths)
    turned = distinct.elements.take(shifts - np.arange(len(shifts), dtype=np.int64))
    return ListColumn.by_rows(turned, distinct.lengths).take(rows).masked(lists.valid)


def elements_at(lists: ListColumn, indexes: Column) -> Column:
    """`list[index]`. indexes: of kind INT."""
    places = np.where(indexes.values < 0, indexes.values + lists.lengths, indexes.values)
    inside = (places >= 0) & (places < lists.lengths) & indexes.validity()
    return _elements(lists, lists.starts + np.where(inside, places, 0), inside)


def slices(lists: ListColumn, starts: Column, stops: Column) -> Column:
    """`list[start..stop]`. starts, stops: of kind INT."""
    firsts, ends = (_clipped(bound, lists.lengths) for bound in (starts, stops))
    valid = lists.validity() & starts.validity() & stops.validity()
    lengths = np.where(valid, np.maximum(ends - firsts, 0), 0)
    return ListColumn(lists.elements, lists.starts + firsts, lengths, None if valid.all() else valid).without_waste()


def concatenated(bounds: Bounds, left: Column, right: Column) -> Column:
    """`left + right`, at least one of which is a ListColumn. Raises what ``bounds`` do."""
    ones, others = _as_lists(left), _as_lists(right)
    valid = joint_validity(ones, others)
    if valid is not None:
        ones, others = ones.masked(valid), others.masked(valid)
    firsts, rows = _distinct(bounds, ones, others)
    ones, others = ones.take(firsts), others.take(firsts)
    bounds.memory.require(2 * ELEMENT_BYTES * int(ones.lengths.sum() + others.lengths.sum()))
    if len(firsts) == 1:
        elements = Column.concatenate([ones.packed().elements, others.packed().elements])
        return ListColumn.one(elements).take(rows).masked(valid)
    both = ones.joined([ones, others])
    assert isinstance(both, ListColumn), "lists join as lists"
    bounds.check()
    in_turns = np.arange(len(both), dtype=np.int64).reshape(2, -1).T.ravel()
    elements = both.take(in_turns).packed().elements
    return ListColumn.by_rows(elements, ones.lengths + others.lengths).take(rows).masked(valid)


def are_comparable(left: ListColumn, right: ListColumn) -> bool:
    """True where every two elements are known to be equal or not, by columns."""
    one, other = left.elements, right.elements
    return one.kind is other.kind and one.kind in _COMPARED and one.valid is None and other.valid is None


def are_equal(bounds: Bounds, left: ListColumn, right: ListColumn) -> Mask:
    """(rows,) which lists are the same, where they are comparable; no meaning where NULL. Raises what ``bounds`` do."""
    firsts, rows = _distinct(bounds, left, right)
    left, right = left.take(firsts), right.take(firsts)
    same = left.lengths == right.lengths
    of_elements = np.repeat(np.flatnonzero(same), left.lengths[same])
    one, other = left.take(same).packed().elements, right.take(same).packed().elements
    equal = equal_strings(one, other) if one.kind is Kind.STRING else one.values == other.values
    same[of_elements[~equal]] = False
    answer: Mask = same[rows]
    return answer


def shared_elements(lists: ListColumn) -> Column | None:
    """The elements of the list that stands in all rows; None where they differ, or one is NULL."""
    if len(lists) == 0 or lists.valid is not None:
        return None
    if (lists.starts != lists.starts[0]).any() or (lists.lengths != lists.lengths[0]).any():
        return None
    return lists.take(np.zeros(1, dtype=np.int64)).packed().elements


def _elements(lists: ListColumn, places: Rows, present: Mask) -> Column:
    if not present.any():
        return Column.nulls(len(lists))
    taken = lists.elements.take(np.where(present, places, places[int(np.argmax(present))]))
    valid = present & lists.validity() & taken.validity()
    return taken.masked(None if valid.all() else valid)


def _clipped(bound: Column, lengths: Rows) -> Rows:
    """Bounds of slices as places from 0 to the length; a negative one counts from the end."""
    places = np.where(bound.validity(), bound.values, 0)
    places = np.where(places < 0, np.maximum(places, -lengths) + lengths, places)
    return np.minimum(places, lengths)


def _distinct(bounds: Bounds, *columns: ListColumn) -> tuple[Rows, Rows]:
    """The first rows of what stands in the columns together, and which of these each row is the same as."""
    rows = np.zeros(len(columns[0]), dtype=np.int64)
    firsts = rows[:1]
    for part in [part for column in columns for part in (column.starts, column.lengths)]:
        if len(part) < 2 or (part == part[0]).all():
            continue
        groups, found = group_integers(np.ascontiguousarray(part), NO_MASK, bounds.flag)
        rows, firsts = group_integers(rows * len(found) + groups, NO_MASK, bounds.flag)
        bounds.check()
    return firsts, rows


def _as_lists(column: Column) -> ListColumn:
    """Lists as they are; any other value as the only element of a list."""
    if isinstance(column, ListColumn):
        return column
    rows = len(column)
    if column.kind is Kind.OBJECT:
        values = column.to_values()
        lengths = np.array([len(value) if isinstance(value, list) else 1 for value in values], dtype=np.int64)
        flat = [item for value in values for item in (value if isinstance(value, list) else (value,))]
        lists = ListColumn.by_rows(Column.from_values(flat), lengths)
    else:
        lists = ListColumn(column, np.arange(rows, dtype=np.int64), np.ones(rows, dtype=np.int64))
    return lists if column.valid is None else lists.masked(column.valid)
