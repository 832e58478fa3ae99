"""Operators of a plan: a tree whose leaf is ``Unit`` (one row without columns) or ``Argument`` (the rows of an outer
batch).

Plans are linear for most queries: a scan has an input, and gives for each input row each element it finds, so that
`MATCH (a) MATCH (b)` is AllNodes(b, input=AllNodes(a, input=Unit)). Every operator binds new variables (columns) and
keeps those of its input, except Project, Aggregate, Distinct and Union, whose columns are exactly those they name.
``unused`` names columns, of the input or new, that nothing above reads: an operator may leave them out of its output
(and does so before it multiplies rows); it is a hint of the optimiser, and empty in a fresh plan.

A variable that an operator binds is not bound by its input; where a pattern comes back to a bound variable the planner
uses ``ExpandInto`` or a Filter on equality.
"""

from enum import Enum
from typing import TypeAlias

from memgraph_py.immutable import immutable
from memgraph_py.plan.expressions import Expression, Remembering
from memgraph_py.plan.items import Hop as Hop
from memgraph_py.plan.items import NodeSpec as NodeSpec
from memgraph_py.plan.items import RelationshipSpec as RelationshipSpec
from memgraph_py.plan.items import RemoveItem as RemoveItem
from memgraph_py.plan.items import RemoveLabels as RemoveLabels
from memgraph_py.plan.items import RemoveLabelsNamed as RemoveLabelsNamed
from memgraph_py.plan.items import RemoveProperty as RemoveProperty
from memgraph_py.plan.items import RemovePropertyNamed as RemovePropertyNamed
from memgraph_py.plan.items import SetItem as SetItem
from memgraph_py.plan.items import SetLabels as SetLabels
from memgraph_py.plan.items import SetLabelsNamed as SetLabelsNamed
from memgraph_py.plan.items import SetProperties as SetProperties
from memgraph_py.plan.items import SetProperty as SetProperty
from memgraph_py.plan.items import SetPropertyNamed as SetPropertyNamed
from memgraph_py.plan.seeks import IndexOrder as IndexOrder
from memgraph_py.plan.seeks import IndexRangeSeek as IndexRangeSeek
from memgraph_py.plan.seeks import IndexSeek as IndexSeek
from memgraph_py.plan.seeks import NodeById as NodeById
from memgraph_py.plan.updates import Create as Create
from memgraph_py.plan.updates import Delete as Delete
from memgraph_py.plan.updates import Drain as Drain
from memgraph_py.plan.updates import Merge as Merge
from memgraph_py.plan.updates import Remove as Remove
from memgraph_py.plan.updates import Set as Set
from memgraph_py.storage.view import Direction


@immutable
class Unit(Remembering):
    """One row, no columns."""


@immutable
class Argument(Remembering):
    """The rows of the outer batch, with these variables; the leaf of a subplan."""

    variables: tuple[str, ...]


@immutable
class ParameterRows(Remembering):
    """One row per set of parameters of a vectorised run; columns are named `$name`. Replaces Unit
    (`engine/vectorise.py`).
    """

    names: tuple[str, ...]


# ------------------------------------------------------------------------------------------------------------ reading


@immutable
class AllNodes(Remembering):
    """Each node, per input row."""

    input: "Operator"
    variable: str


@immutable
class LabelScan(Remembering):
    """Each node with the label, per input row."""

    input: "Operator"
    variable: str
    label: str


@immutable
class NodeCount(Remembering):
    """Each input row, beside the number of nodes with the label, or of all where there is none; of those that have the
    property, where one is named. Known without a list of them. Made by the optimiser only."""

    input: "Operator"
    variable: str
    label: str | None
    key: str | None = None


@immutable
class RelationshipCount(Remembering):
    """Each input row, beside the number of relationships of the types (empty: all): known without an expansion. Made by
    the optimiser only."""

    input: "Operator"
    variable: str
    types: tuple[str, ...]


@immutable
class PathCount(Remembering):
    """One row: the number of paths of one or two hops from the nodes ``source`` of all input rows together, a node as
    often as it stands there. ``unique``: no relationship is used twice. Made by the optimiser only, not in subplans.
    """

    input: "Operator"
    variable: str
    source: str
    hops: tuple[Hop, ...]
    unique: bool


@immutable
class Expand(Remembering):
    """Relationships of the types (empty: all) at ``source``, and the node at their other end."""

    input: "Operator"
    source: str
    relationship: str
    target: str
    types: tuple[str, ...]
    direction: Direction
    unused: tuple[str, ...] = ()


@immutable
class ExpandInto(Remembering):
    """As Expand, where ``target`` is bound already (it may be ``source`` itself: a loop)."""

    input: "Operator"
    source: str
    relationship: str
    target: str
    types: tuple[str, ...]
    direction: Direction
    unused: tuple[str, ...] = ()


@immutable
class VariableExpand(Remembering):
    """Paths of ``minimum`` to ``maximum`` (None: unbounded) relationships, none used twice; ``relationships`` is
    bound to their list, in the order of the pattern. ``into``: target is bound already. ``properties``: a map that
    each relationship must match, or None. ``reverse``: the pattern is walked from its right end, so the list is
    turned round."""

    input: "Operator"
    source: str
    relationships: str
    target: str
    types: tuple[str, ...]
    direction: Direction
    minimum: int
    maximum: int | None
    into: bool = False
    properties: Expression | None = None
    reverse: bool = False
    unused: tuple[str, ...] = ()


class Circles(Enum):
    """What of paths of one relationship or more from a node back to it: there are none, the query is refused, or they
    are found as any other."""

    NONE = 0
    REFUSED = 1
    FOUND = 2


@immutable
class ShortestPaths(Remembering):
    """The ``count`` shortest paths of ``minimum`` to ``maximum`` relationships from ``source`` to ``target``, none used
    twice, as far as there are so many; where ``every``, all those of the ``count`` least lengths. A target that is not
    bound already (``into``) is each node that can be reached. ``predicate`` is demanded of each relationship, named
    ``relationship``, with the node that it leads to, named ``node``: no path goes elsewhere. ``circles``: what if
    source and target are one node; without Circles.FOUND the count is 1 and the minimum at most 1. ``relationships``
    and ``reverse`` as in VariableExpand."""

    input: "Operator"
    source: str
    relationships: str
    target: str
    types: tuple[str, ...]
    direction: Direction
    minimum: int
    maximum: int | None
    into: bool
    every: bool
    relationship: str
    node: str
    predicate: Expression | None
    reverse: bool = False
    count: int = 1
    circles: Circles = Circles.NONE
    unused: tuple[str, ...] = ()

    @property
    def lists(self) -> bool:
        """True where more paths are asked for than the first that a search by breadth finds."""
        return self.circles is Circles.FOUND and (self.count > 1 or self.minimum > 1)


@immutable
class Frontier(Remembering):
    """Distinct nodes reached from ``source`` by paths of ``minimum`` (1 or more) to ``maximum`` relationships *none
    used twice*, each node once per input row: the t of `MATCH (s)-->()-->(t) RETURN DISTINCT t`. Made by the optimiser
    only; direction BOTH only with one hop."""

    input: "Operator"
    source: str
    target: str
    types: tuple[str, ...]
    direction: Direction
    minimum: int
    maximum: int
    unused: tuple[str, ...] = ()


@immutable
class ScanRelationships(Remembering):
    """Each bound relationship variable's ends: binds ``source`` and ``target`` of an already bound ``relationship``
    (both orders for BOTH; a bound end must be equal, which ``bound_source`` and ``bound_target`` say)."""

    input: "Operator"
    relationship: str
    source: str
    target: str
    types: tuple[str, ...]
    direction: Direction
    bound_source: bool = False
    bound_target: bool = False


# --------------------------------------------------------------------------------------------------------- relational


@immutable
class HashJoin(Remembering):
    """Each row of the input beside each row of ``right``, a plan of its own that begins at Unit, where the keys, in
    parallel, are equal (openCypher equality: NULL equals nothing). Order: of the input, then of ``right``. Made by the
    optimiser only."""

    input: "Operator"
    right: "Operator"
    keys: tuple[Expression, ...]
    right_keys: tuple[Expression, ...]
    unused: tuple[str, ...] = ()


@immutable
class Filter(Remembering):
    """Rows where the predicate is true (not false, not NULL). A predicate that is no boolean raises CypherTypeError."""

    input: "Operator"
    predicate: Expression
    unused: tuple[str, ...] = ()


@immutable
class UniqueRelationships(Remembering):
    """Rows where no relationship stands in two of the variables; a variable may hold a relationship or a list of
    them. The first ``known`` variables are known to differ from each other already: those pairs need no look."""

    input: "Operator"
    variables: tuple[str, ...]
    known: int = 0
    unused: tuple[str, ...] = ()


@immutable
class Project(Remembering):
    """Exactly these columns. names and expressions in parallel."""

    input: "Operator"
    names: tuple[str, ...]
    expressions: tuple[Expression, ...]


@immutable
class Extend(Remembering):
    """The input's columns and these."""

    input: "Operator"
    names: tuple[str, ...]
    expressions: tuple[Expression, ...]


@immutable
class Aggregate(Remembering):
    """One row per combination of keys (one row in all where there are none, also for no input). Columns: keys, then
    aggregates. An aggregate is a Call of a function registered with @aggregate; `count(*)` is Call("count", ())."""

    input: "Operator"
    key_names: tuple[str, ...]
    keys: tuple[Expression, ...]
    aggregate_names: tuple[str, ...]
    aggregates: tuple[Expression, ...]


@immutable
class Distinct(Remembering):
    """Each combination of these variables once; columns are exactly these."""

    input: "Operator"
    variables: tuple[str, ...]


@immutable
class Sort(Remembering):
    """Stable; openCypher's order over all kinds, NULL last when ascending."""

    input: "Operator"
    keys: tuple[Expression, ...]
    descending: tuple[bool, ...]


@immutable
class Top(Remembering):
    """Sort, then Skip where ``skipped`` is given, and then Limit, in one."""

    input: "Operator"
    keys: tuple[Expression, ...]
    descending: tuple[bool, ...]
    count: Expression
    skipped: Expression | None = None


@immutable
class Skip(Remembering):
    """Without the first ``count`` rows; a negative or non-integer count is an error."""

    input: "Operator"
    count: Expression


@immutable
class Limit(Remembering):
    """The first ``count`` rows; stops pulling when it has them, but lets writes below it run to their end."""

    input: "Operator"
    count: Expression


@immutable
class Unwind(Remembering):
    """A row per element of the list; NULL gives no row, a value that is no list gives one."""

    input: "Operator"
    list: Expression
    variable: str
    unused: tuple[str, ...] = ()


@immutable
class LoadCsv(Remembering):
    """A row per line of the file at ``source``, as a map by the names of the first line where ``headers``, else as a
    list; texts, NULL where a field is empty. Beside it its number in the file, that of the headers being 1, and the
    file's name without the folders."""

    input: "Operator"
    source: Expression
    variable: str
    headers: bool
    terminator: str
    number: str
    file: str
    unused: tuple[str, ...] = ()


@immutable
class Union(Remembering):
    """Rows of both, columns in the left one's names and order. UNION (not ALL) has a Distinct above."""

    left: "Operator"
    right: "Operator"


@immutable
class Apply(Remembering):
    """For each input row the rows of the subplan, whose leaf Argument carries the outer columns that it needs; runs
    once per batch. Columns: the input's, and those of the subplan that are not the Argument's."""

    input: "Operator"
    subplan: "Operator"


@immutable
class Optional(Remembering):
    """As Apply; an input row without match stays, with NULL in ``variables``. Columns: the input's and ``variables``
    (what the subplan binds and somebody can name). FOREACH is an Optional without variables whose subplan ends in
    Drain."""

    input: "Operator"
    subplan: "Operator"
    variables: tuple[str, ...]


@immutable
class InTransactions(Remembering):
    """As Apply, or as Optional without match where the subplan ends in Drain, for ``rows`` input rows at a time, each
    time in a transaction of its own, which is committed before the next ones are looked at. The rows of one that fails
    have NULL in ``variables``, and the query goes on (on_error CONTINUE), tries no others (BREAK) or fails (FAIL).
    ``status``: no variable, or the one that tells what became of a row's transaction, as a map."""

    input: "Operator"
    subplan: "Operator"
    variables: tuple[str, ...]
    rows: Expression
    on_error: str
    status: tuple[str, ...]


@immutable
class Eager(Remembering):
    """Takes all of its input before it gives the first row: keeps reads apart from later writes. ``singly``: gives one
    row at a time, so that what an Apply does for one is done before it begins with the next; where there are
    ``elements``, as many at a time as hold different ones in these variables; where there are ``keys``, as many as have
    different values of these, and of their ``properties`` of the elements, if no node has two of the ``labels``."""

    input: "Operator"
    singly: bool = False
    elements: tuple[str, ...] = ()
    keys: tuple[Expression, ...] = ()
    properties: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


@immutable
class ProcedureCall(Remembering):
    """Rows of a registered procedure, per input row; binds ``variables`` to the procedure's columns ``yields``."""

    input: "Operator"
    name: str
    arguments: tuple[Expression, ...]
    yields: tuple[str, ...]
    variables: tuple[str, ...]
    void: bool = False


Operator: TypeAlias = (
    Unit
    | Argument
    | ParameterRows
    | AllNodes
    | LabelScan
    | IndexSeek
    | IndexRangeSeek
    | IndexOrder
    | NodeById
    | NodeCount
    | RelationshipCount
    | PathCount
    | Expand
    | ExpandInto
    | VariableExpand
    | ShortestPaths
    | Frontier
    | ScanRelationships
    | HashJoin
    | Filter
    | UniqueRelationships
    | Project
    | Extend
    | Aggregate
    | Distinct
    | Sort
    | Top
    | Skip
    | Limit
    | Unwind
    | LoadCsv
    | Union
    | Apply
    | Optional
    | InTransactions
    | Eager
    | ProcedureCall
    | Create
    | Merge
    | Set
    | Remove
    | Delete
    | Drain
)

WRITES: tuple[type, ...] = (Create, Merge, Set, Remove, Delete)
_FINDING: tuple[type, ...] = (AllNodes, LabelScan, NodeById, IndexSeek, IndexRangeSeek, Expand, ExpandInto)
ROW_AFTER_ROW = frozenset((Argument, *_FINDING, Filter, UniqueRelationships, Project, Extend))
"""What these give for a row comes before what they give for the next."""
