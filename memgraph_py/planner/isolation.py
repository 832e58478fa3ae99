"""Where a plan must take all of its input before it goes on, so that no clause sees what a later one writes.

Operators pass batches on as they come, so a scan may still be reading when a CREATE above it has begun to write, and
a RETURN may read a property that the next batch will set. openCypher has each clause see exactly what the ones before
it left (openCypher 9, "Clause composition"). So where the effects of an operator meet those of the operators below it,
back to the last one that takes all of its input anyway, an ``Eager`` goes in: right below what writes, or right above
the last write below what reads:

    MATCH (n:User) CREATE (:User)      Create User ← Eager ← LabelScan User
    MATCH (n:User) CREATE (:Post)      Create Post ← LabelScan User
    … SET n.x = 1 MATCH (m {x: 1})     Filter m.x = 1 ← AllNodes m ← Eager ← Set n.x

What runs for a single row has ended before the next operator begins, and needs nothing. Of a subquery or a FOREACH,
which is carried out for each row, ``apart`` sees to it that no row sees too little of those before it.
"""

from memgraph_py.plan import operators
from memgraph_py.plan.effects import Effects, effects, meet
from memgraph_py.plan.expressions import Literal
from memgraph_py.plan.operators import Eager, Operator
from memgraph_py.plan.tree import changed, over, writes

NOTHING = Effects()
TAKES_ALL = (operators.Sort, operators.Top, operators.Aggregate, operators.Eager, operators.Drain)
KEEPS_ROWS = (
    operators.Filter,
    operators.UniqueRelationships,
    operators.Project,
    operators.Extend,
    operators.Distinct,
    operators.Sort,
    operators.Top,
    operators.Skip,
    operators.Limit,
    operators.Eager,
    operators.Create,
    operators.Set,
    operators.Remove,
    operators.Delete,
    operators.Drain,
)
"""Operators that give at most one row for one row."""


def isolate(operator: Operator) -> Operator:
    """The plan with its Eagers; the plan itself when it changes nothing."""
    return _isolate(operator)[0] if writes(operator) else operator


def _isolate(operator: Operator) -> tuple[Operator, Effects, bool]:
    """The plan, the effects that may still be under way when it gives a row, and whether it gives one row at most."""
    match operator:
        case operators.Unit():
            return operator, NOTHING, True
        case operators.Argument() | operators.ParameterRows():
            return operator, NOTHING, False
        case operators.Union():
            left, left_effects, _ = _isolate(operator.left)
            right, right_effects, _ = _isolate(operator.right)
            return operators.Union(left, right), left_effects.joined(right_effects), False
        case _:
            pass
    below, pending, single = _isolate(operator.input)
    own = effects(operator)
    if meet(own.creates | own.changes, pending.reads) or meet(own.changes, pending.creates | pending.changes):
        below, pending = Eager(below), NOTHING
    elif meet(own.reads, pending.creates | pending.changes):
        below, pending = _eager_above_write(below), Effects(pending.reads)
    single_after = (single and _keeps_one_row(operator)) or _gives_one_row(operator)
    if isinstance(operator, TAKES_ALL) or (single and single_after):
        pending = NOTHING
    else:
        pending = pending.joined(own)
    if isinstance(operator, operators.Limit) and single_after:
        # Nothing below it is read any further; what is written there still is.
        pending = Effects(creates=pending.creates, changes=pending.changes)
    return _isolate_subplan(over(operator, below)), pending, single_after


def _isolate_subplan(operator: Operator) -> Operator:
    if isinstance(operator, operators.Apply | operators.Optional | operators.InTransactions):
        return changed(operator, subplan=isolate(operator.subplan))
    return operator


def _eager_above_write(operator: Operator) -> Operator:
    """The plan with an Eager right above its last write: what reads above it stays together, and can become a seek."""
    if effects(operator).creates or effects(operator).changes or not hasattr(operator, "input"):
        return Eager(operator)
    return over(operator, _eager_above_write(operator.input))


def _keeps_one_row(operator: Operator) -> bool:
    if isinstance(operator, operators.Optional):
        return not operator.variables and isinstance(operator.subplan, operators.Drain)
    return isinstance(operator, KEEPS_ROWS)


def _gives_one_row(operator: Operator) -> bool:
    if isinstance(operator, operators.Aggregate):
        return not operator.keys
    return isinstance(operator, operators.Limit) and operator.count == Literal(1)
