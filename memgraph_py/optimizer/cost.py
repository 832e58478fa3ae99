"""Expected numbers of rows, from the counts of a view.

Counts, degrees by label and nodes per value of an index are the store's. Other selectivities are guesses: an equality,
or a range, keeps a tenth of the rows, another predicate a half; a list has ten elements. They rank plans; nothing else
needs them.
"""

from dataclasses import dataclass, field
from typing import Any, assert_never

from memgraph_py.optimizer.access import Access
from memgraph_py.optimizer.statistics import Statistics
from memgraph_py.plan import operators
from memgraph_py.plan.expressions import Call, Expression, HasLabels, Literal, Variable
from memgraph_py.plan.operators import Operator
from memgraph_py.storage.schema_rules import Entity

EQUALITY_SELECTIVITY = 0.1
RANGE_SELECTIVITY = 0.1
OTHER_SELECTIVITY = 0.5
LIST_ROWS = 10.0
FILE_ROWS = 10_000.0
VARIABLE_LENGTH_HOPS = 4
"""An unbounded length is counted as so many hops."""
ARGUMENT_ROWS = 1.0
PARAMETER_ROWS = 1_000.0


def largest_rows(plan: Operator, statistics: Statistics) -> float:
    """The largest number of rows that any operator of the plan is expected to handle; of a subplan for one outer
    row."""
    estimate = _Estimate(statistics)
    estimate.rows(plan)
    return estimate.largest


def estimate_output(plan: Operator, statistics: Statistics) -> float:
    """The number of rows that the plan is expected to give."""
    return _Estimate(statistics).rows(plan)


def selectivity(predicate: Expression, statistics: Statistics) -> float:
    """The share of rows that a predicate is expected to keep."""
    match predicate:
        case HasLabels(_, labels):
            every = max(statistics.nodes(None), 1)
            return min(1.0, min(map(statistics.nodes, labels), default=every) / every)
        case Call("=" | "IN"):
            return EQUALITY_SELECTIVITY
        case _:
            return OTHER_SELECTIVITY


def access_rows(access: Access, statistics: Statistics, entity: Entity = Entity.NODE) -> float:
    """The number of elements that a way to find them is expected to give for a row."""
    if access.token is None:
        rows = 1.0
    elif not access.keys:
        return float(statistics.elements(entity, access.token))
    elif access.is_range:
        has_bound = access.lower is not None or access.upper is not None
        return range_rows(statistics, entity, (access.token, access.keys), len(access.values), has_bound=has_bound)
    else:
        rows = statistics.per_value(entity, access.token, access.keys)
    return rows * LIST_ROWS if access.many else rows


def range_rows(
    statistics: Statistics, entity: Entity, on: tuple[str, tuple[str, ...]], equal: int, *, has_bound: bool
) -> float:
    """Expected number of elements with a label or type whose first properties have values, the next one in a range."""
    token, keys = on
    if equal:
        rows = statistics.per_first_values(entity, token, keys, equal)
        return max(1.0, RANGE_SELECTIVITY * rows) if has_bound else rows
    if not has_bound:
        return float(statistics.present(entity, token, keys))
    return max(LIST_ROWS, RANGE_SELECTIVITY * statistics.elements(entity, token))


def paths(degree: float, minimum: int, maximum: int | None) -> float:
    """Expected number of paths of such lengths from one node."""
    last = max(minimum, VARIABLE_LENGTH_HOPS) if maximum is None else maximum
    return sum(min(degree**length, 1e12) for length in range(minimum, min(last, minimum + 30) + 1))


_BEGINNINGS = frozenset(
    (operators.Unit, operators.Argument, operators.ParameterRows, operators.Union, operators.HashJoin)
)
_ROW_BY_ROW = frozenset(
    (operators.Project, operators.Extend, operators.UniqueRelationships, operators.Sort, operators.Eager)
)
"""What gives as many rows as it is given, as far as can be told."""


@dataclass(slots=True)
class _Estimate:
    statistics: Statistics
    largest: float = 0.0
    labels: dict[str, str] = field(default_factory=dict)
    """Of the nodes that were found so far, one that each is known to have."""

    def rows(self, operator: Operator, argument: float = ARGUMENT_ROWS) -> float:
        """Rows that the operator gives, where its Argument gives ``argument``; notes the largest number handled."""
        above: list[Any] = []
        while operator.__class__ not in _BEGINNINGS:
            above.append(operator)
            operator = operator.input  # type: ignore[union-attr]  # only beginnings have none, or two
        match operator:
            case operators.Unit():
                rows = 1.0
            case operators.Argument():
                rows = argument
            case operators.ParameterRows():
                rows = PARAMETER_ROWS
            case operators.Union(left, right):
                rows = self.rows(left, argument) + self.rows(right, argument)
            case operators.HashJoin(left, right):
                rows = max(self.rows(left, argument), self.rows(right))
            case _:
                raise AssertionError(f"no beginning: {operator}")
        self.largest = max(self.largest, rows)
        for one in reversed(above):
            if one.__class__ not in _ROW_BY_ROW:
                rows = self._over(one, rows)
                self.largest = max(self.largest, rows)
        return rows

    def _over(self, operator: Operator, rows: float) -> float:
        statistics = self.statistics
        match operator:
            case operators.Filter(_, predicate):  # most are these
                if isinstance(predicate, HasLabels) and isinstance(predicate.subject, Variable) and predicate.labels:
                    self.labels.setdefault(predicate.subject.name, predicate.labels[0])
                return rows * selectivity(predicate, statistics)
            case operators.AllNodes():
                return rows * statistics.nodes(None)
            case operators.LabelScan(_, name, label):
                self.labels[name] = label
                return rows * statistics.nodes(label)
            case operators.IndexSeek(_, name, token, keys):
                self.labels[name] = token
                found = statistics.per_value(operator.entity, token, keys)
                return rows * found * (LIST_ROWS if operator.many else 1.0)
            case operators.NodeById():
                return rows * (LIST_ROWS if operator.many else 1.0)
            case operators.IndexOrder(_, _, token):
                return rows * statistics.elements(operator.entity, token)
            case operators.IndexRangeSeek(_, _, token, keys, values, lower, upper):
                has_bound = lower is not None or upper is not None
                return rows * range_rows(statistics, operator.entity, (token, keys), len(values), has_bound=has_bound)
            case operators.Expand() | operators.ExpandInto() | operators.VariableExpand() | operators.Frontier():
                return self._expansion(operator, rows)
            case operators.ShortestPaths():
                reached = float(max(statistics.nodes(None), 1))
                self.largest = max(self.largest, rows * reached)  # what a search looks at
                rows *= operator.count
                return rows if operator.into else rows * reached
            case operators.NodeCount(_, _, _, str()):
                self.largest = max(self.largest, float(statistics.nodes(None)))  # it looks at each
                return rows
            case operators.PathCount(_, _, _, hops):
                self.largest = max(self.largest, rows, *(float(statistics.relationships(hop.types)) for hop in hops))
                return 1.0
            case operators.Aggregate(_, keys):
                return max(1.0, rows * EQUALITY_SELECTIVITY) if keys else 1.0
            case operators.Limit(_, count) | operators.Top(_, _, _, count):
                return min(rows, _count(count))
            case operators.Unwind(_, elements):
                return rows * _length(elements)
            case operators.Apply(_, subplan):
                return self.rows(subplan, rows)
            case operators.Optional(_, subplan) | operators.Merge(_, subplan) | operators.InTransactions(_, subplan):
                return max(rows, self.rows(subplan, rows))
            case operators.ProcedureCall():
                return rows * LIST_ROWS
            case operators.LoadCsv():
                return rows * FILE_ROWS
            case operators.Drain():
                return 0.0
            case _:
                return rows

    def _expansion(
        self,
        operator: operators.Expand | operators.ExpandInto | operators.VariableExpand | operators.Frontier,
        rows: float,
    ) -> float:
        degree = self.statistics.degree(operator.types, operator.direction, self.labels.get(operator.source))
        nodes = max(self.statistics.nodes(None), 1)
        match operator:
            case operators.Expand():
                return rows * degree
            case operators.ExpandInto():
                return rows * min(1.0, degree / nodes)
            case operators.VariableExpand():
                found = rows * paths(degree, operator.minimum, operator.maximum)
                self.largest = max(self.largest, found)
                return found / nodes if operator.into else found
            case operators.Frontier():
                found = paths(degree, operator.minimum, operator.maximum)
                self.largest = max(self.largest, rows * found)
                return rows * min(found, float(nodes))
            case _:
                assert_never(operator)


def _count(expression: Expression) -> float:
    match expression:
        case Literal(int() as count):
            return float(count)
        case _:
            return LIST_ROWS


def _length(expression: Expression) -> float:
    match expression:
        case Literal(list() as items):
            return float(len(items))
        case Call("range", (Literal(int() as first), Literal(int() as last))):
            return float(max(last - first + 1, 0))
        case _:
            return LIST_ROWS
