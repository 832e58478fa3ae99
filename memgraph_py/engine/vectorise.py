"""Runs of one query text as one statement: an implicit UNWIND over the sets of parameters.

A stream's batch often holds the same query a thousand times, and so does what a client sends of a transaction without
waiting for answers. Run one after another, each sees what the ones before it wrote; run as one, all read first and then
all write. The two are the same where no write of the run can change what the run reads. Proven here, and nothing else
is vectorised:

1. Index seeks whose keys are parameters, or none: what they find is changed only by a created node that carries a label
   sought, or by a property that is written, so there is neither.
2. Then CREATE, or MERGE, which itself works row by row: ON CREATE and ON MATCH set properties of what the MERGE binds,
   which its pattern does not read, to values that read nothing.
3. Then SET of properties, after which the rows of one element stand in order: the operator cuts where one reads what
   another writes. It writes and reads nothing that a MERGE before it writes.

All expressions in them are made of parameters, literals and deterministic functions; a value of SET may also read a
property, by its name, of what was sought. Functions of a node may read anything of it.
A uniqueness constraint on a property that is SET may be broken in between and kept at the end: see ``suits``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from memgraph_py.engine.footprints import Footprint, footprint_of, pattern_keys, properties_read
from memgraph_py.execution.executor import Counters
from memgraph_py.functions.registry import FUNCTIONS
from memgraph_py.kernels.sorting import counted
from memgraph_py.plan.expressions import (
    Call,
    Constant,
    Expression,
    ListOf,
    Literal,
    MapOf,
    Parameter,
    Property,
    Variable,
)
from memgraph_py.plan.names import of_parameter
from memgraph_py.plan.operators import (
    Argument,
    Create,
    Drain,
    IndexSeek,
    Merge,
    NodeSpec,
    Operator,
    ParameterRows,
    RelationshipSpec,
    Set,
    SetItem,
    SetProperty,
    Unit,
)
from memgraph_py.plan.tree import rewrite, walk
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.schema_rules import Entity

Counts = tuple[int, ...]
"""Of ``Counters``, in their order."""
_Specs = Sequence[NodeSpec | RelationshipSpec]
_PLAIN: tuple[type, ...] = (Literal, Parameter, ListOf, MapOf, Call, Constant)
_SET_VALUES = (*_PLAIN, Variable, Property)


@dataclass(frozen=True)
class Vectorised:
    """A plan over ``ParameterRows``, and what its rows change.

    written: keys of properties that are set. each, created, matched: what is counted for a row of the result, and of
    these for one that a MERGE created, and for one that it found; None where that depends on values.
    """

    plan: Operator
    written: frozenset[str]
    each: Counts | None = None
    created: Counts = ()
    matched: Counts = ()

    @cached_property
    def footprint(self) -> Footprint:
        """What it reads and writes; asked for where its calls may change places with others."""
        return footprint_of(self.plan)

    def suits(self, schema: Schema) -> bool:
        """Whether each row of a run is as good as the run: no value that is SET must be unique."""
        if not self.written or not schema.has_constraints:
            return True
        keys = {schema.keys.find(key) for key in self.written}
        return all(keys.isdisjoint(one.on.keys) for one in schema.constraints() if one.owns_index)

    def counts(self, hits: NDArray[np.int64], created: NDArray[np.int64], total: Counts) -> list[Counts] | None:
        """What each set of parameters changed: by how many rows it has in the result and how many of them a MERGE
        created. None where the sum of it is not the total: some property was NULL."""
        if self.each is None:
            return None
        width = int(created.max(initial=0)) + 1
        kinds = hits * width + created
        distinct, numbers = counted(kinds)
        told: list[Counts] = []
        left = [*total]
        for kind, number in zip(distinct.tolist(), numbers.tolist(), strict=True):
            found, new = divmod(kind, width)
            counts = tuple(
                found * each + new * one + (found - new) * other
                for each, one, other in zip(self.each, self.created, self.matched, strict=True)
            )
            told.append(counts)
            left = [rest - number * count for rest, count in zip(left, counts, strict=True)]
        return None if any(left) else [told[place] for place in np.searchsorted(distinct, kinds).tolist()]


def vectorised(plan: Operator) -> Vectorised | None:
    """The plan over ``ParameterRows`` instead of Unit, or None where it is not proven to be the same."""
    if not isinstance(plan, Drain):
        return None
    items: tuple[SetItem, ...] = ()
    writer = plan.input
    if isinstance(writer, Set):
        items, writer = writer.items, writer.input
    sets = _plain_sets(items)
    merge = writer if isinstance(writer, Merge) else None
    source = writer.input if isinstance(writer, Create | Merge) else writer
    sought = _sought(source)
    names = tuple(sorted({node.name for node in walk(plan) if isinstance(node, Parameter)}))
    if sought is None or sets is None or not names or writer is source is plan.input:
        return None
    labels, keys = sought
    written, read = {one.key for one in sets}, {key for one in sets for key in properties_read(one.value)}
    own: set[str] = set()
    if isinstance(writer, Create | Merge):
        specs: _Specs = (*writer.nodes, *writer.relationships)
        if not all(_is_plain(value, _PLAIN) for value in _values_of(specs)):
            return None
        if labels & {label for node in writer.nodes for label in node.labels}:
            return None
        if merge is not None:
            own_sets = _own_sets(merge)
            if own_sets is None:
                return None
            pattern = pattern_keys(specs)
            own = {one.key for one in own_sets}
            if own & pattern or written & (pattern | own) or read & (pattern | own):
                return None
        elif sets:
            return None
    if keys & (written | own):
        return None
    over_rows = rewrite(plan, lambda node: _over_rows(node, names))
    each = Counters(properties_set=len(sets))
    if not isinstance(writer, Create | Merge):
        return Vectorised(over_rows, frozenset(written), each.as_tuple(), Counters().as_tuple(), Counters().as_tuple())
    made = _made(writer)
    if made is None:
        return Vectorised(over_rows, frozenset(written | own))
    if merge is None:
        return Vectorised(over_rows, frozenset(), made.as_tuple(), Counters().as_tuple(), Counters().as_tuple())
    made.properties_set += len(merge.on_create)
    matched = Counters(properties_set=len(merge.on_match))
    return Vectorised(over_rows, frozenset(written | own), each.as_tuple(), made.as_tuple(), matched.as_tuple())


def _sought(operator: Operator) -> tuple[set[str], set[str]] | None:
    """Labels and keys of a chain of index seeks by parameters down to Unit; None for any other plan."""
    labels: set[str] = set()
    keys: set[str] = set()
    while isinstance(operator, IndexSeek):
        if operator.many or operator.entity is not Entity.NODE:
            return None
        if not all(_is_plain(value, _PLAIN) for value in operator.values):
            return None
        labels.add(operator.token)
        keys.update(operator.keys)
        operator = operator.input
    return (labels, keys) if isinstance(operator, Unit) else None


def _plain_sets(items: Iterable[SetItem]) -> list[SetProperty] | None:
    """The items, where each sets a property of a variable to a value of parameters and variables' properties."""
    sets: list[SetProperty] = []
    for item in items:
        if not isinstance(item, SetProperty) or not isinstance(item.subject, Variable):
            return None
        if not _is_plain(item.value, _SET_VALUES):
            return None
        sets.append(item)
    return sets


def _own_sets(merge: Merge) -> list[SetProperty] | None:
    """What ON CREATE and ON MATCH set, where it is of what the MERGE binds, and they read nothing."""
    sets = _plain_sets((*merge.on_create, *merge.on_match))
    if sets is None:
        return None
    specs: _Specs = (*merge.nodes, *merge.relationships)
    own = {spec.variable for spec in specs}
    for one in sets:
        assert isinstance(one.subject, Variable), "just asked"
        if one.subject.name not in own or not _is_plain(one.value, _PLAIN):
            return None
    return sets


def _values_of(specs: _Specs) -> Iterator[Expression]:
    for spec in specs:
        if spec.properties is not None:
            yield spec.properties
        if isinstance(spec, RelationshipSpec) and spec.type_named is not None:
            yield spec.type_named


def _made(writer: Create | Merge) -> Counters | None:
    """What is counted for a row that creates; None where that depends on values."""
    made = Counters(nodes_created=len(writer.nodes), relationships_created=len(writer.relationships))
    made.labels_added = sum(len({*node.labels}) for node in writer.nodes)
    specs: _Specs = (*writer.nodes, *writer.relationships)
    for spec in specs:
        if isinstance(spec.properties, MapOf):
            made.properties_set += len(spec.properties.keys)
        elif spec.properties is not None:
            return None
    return made


def _is_plain(value: Expression, kinds: tuple[type, ...]) -> bool:
    """True for an expression of these kinds alone, in which all functions are deterministic, and variables stand where
    a property of theirs is read alone."""
    read = named = 0
    for node in walk(value):
        if not isinstance(node, kinds):
            return False
        if isinstance(node, Call):
            function = FUNCTIONS.get(node.name)
            if function is None or not function.deterministic:
                return False
        read += isinstance(node, Property) and isinstance(node.subject, Variable)
        named += isinstance(node, Variable)
    return read == named


def _over_rows(node: object, names: tuple[str, ...]) -> object:
    match node:
        case Unit():
            return ParameterRows(names)
        case Argument():
            return Argument((*node.variables, *map(of_parameter, names)))
        case Parameter():
            return Variable(of_parameter(node.name))
        case Constant(expression):  # it differs from row to row now
            return expression
        case _:
            return node
