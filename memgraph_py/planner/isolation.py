"""Where a plan must take all of its input before it goes on, so that no clause sees what a later one writes.

Operators pass batches on as they come, so a scan may still be reading when a CREATE above it has begun to write, and
a RETURN may read a property that the next batch will set. openCypher has each clause see exactly what the ones before
it left (openCypher 9, "Clause composition"). So where the effects of an operator meet those of the operators below it,
back to the last one that takes all of its input anyway, an ``Eager`` goes in: right below what writes, or right above
the last write below what reads:

    MATCH (n:User) CREATE (:User)      Create User ← Eager ← LabelScan User
    MATCH (n:User) CREATE (:Post)      Create Post ← LabelScan User
    … SET n.x = 1 MATCH (m {x: 1})     Filter m.x = 1 ← AllNodes m ← Eager ← Set n.x

The same holds for a subquery or a FOREACH that is carried out for each row: what it does for one may be read by the
next. Where the effects within it meet, it takes its rows one by one (``apart``). What runs for a single row has ended
before the next operator begins, and needs nothing.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TypeAlias

from memgraph_py.plan import operators
from memgraph_py.plan.effects import NO_TOKENS, Effects, Tokens, effects, meet
from memgraph_py.plan.expressions import (
    Expression,
    HasLabels,
    ListComprehension,
    Literal,
    MapOf,
    Property,
    Quantifier,
    Reduce,
    Variable,
)
from memgraph_py.plan.items import (
    NodeSpec,
    RelationshipSpec,
    RemoveLabels,
    RemoveLabelsNamed,
    RemoveProperty,
    RemovePropertyNamed,
    SetLabels,
    SetLabelsNamed,
    SetProperty,
    SetPropertyNamed,
)
from memgraph_py.plan.operators import Apply, Argument, Drain, Eager, Operator
from memgraph_py.plan.tree import changed, over, walk, writes
from memgraph_py.plan.variables import bound_variables, free_variables, holds_subquery
from memgraph_py.planner.scope import narrowed
from memgraph_py.storage.view import Direction

_Own: TypeAlias = tuple[Operator, Effects]

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
COUNTED_UNNAMED = (
    operators.Delete,
    SetPropertyNamed,
    SetLabelsNamed,
    RemovePropertyNamed,
    RemoveLabelsNamed,
)
"""What writes without names that a plan knows, a map's excepted."""


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


def apart(subplan: Operator, visible: tuple[str, ...]) -> Operator:
    """The subplan, which ends in what it gives for its Argument, carried out for one row after another where what it
    does for one may depend on what it did for those before. Where that is about properties of elements that the row
    itself holds, as of `a` in `FOREACH (x IN CASE WHEN a.n = 0 THEN [1] ELSE [] END | SET a.n = 1)`, rows that hold
    others go together."""
    if not writes(subplan):
        return subplan
    own = [(operator, effects(operator)) for operator in _chain(subplan)]
    if not _meet_over_rows(own, own):
        return subplan
    elements = _elements(subplan, visible, own)
    beside = [(operator, effects(operator, elements)) for operator in _chain(subplan)]
    if _meet_over_rows(own, beside) or _meet_over_rows(beside, own):
        elements = ()
    rows = Eager(Argument(visible), singly=True, elements=elements)
    result = Apply(rows, narrowed(subplan, visible))
    return Drain(result) if isinstance(subplan, Drain) else result


def _meet_over_rows(readers: Sequence[_Own], writers: Sequence[_Own]) -> bool:
    """True where what one does for a row may depend on what another wrote for an earlier one. SET goes row by row where
    it reads what it writes, and MERGE finds what it made. Properties that are set without their names, by a map, do not
    count: imports would be slow for nothing."""
    for (reader, reading), (writer, writing) in product(readers, writers):
        if reader is writer and not isinstance(writer, operators.Create | operators.Delete):
            continue
        changes = _counted(writer, writing.changes)
        changed_too = NO_TOKENS if reader is writer else _counted(reader, reading.changes)
        if _make_alike(reader, writer):
            if meet(changes, reading.reads):
                return True
        elif meet(changes | writing.creates, reading.reads) or meet(changes, changed_too):
            return True
    return False


def _counted(operator: Operator, changes: Tokens) -> Tokens:
    if any(isinstance(part, COUNTED_UNNAMED) for part in walk(operator)):
        return changes
    return frozenset(token for token in changes if token[1] is not None)


def _make_alike(first: Operator, second: Operator) -> bool:
    """True of two MERGEs where it is the same which of them creates an element that both look for."""
    if not isinstance(first, operators.Merge) or not isinstance(second, operators.Merge):
        return False
    return _made(first) == _made(second) is not None


def _made(merge: operators.Merge) -> tuple[object, ...] | None:
    """What a MERGE creates, but for names and the values of its keys, and what ON CREATE sets there; None where that
    is more than one element, or depends on the row, or where ON MATCH sets something."""
    if len(merge.nodes) + len(merge.relationships) != 1 or merge.on_match:
        return None
    specs: tuple[NodeSpec | RelationshipSpec, ...] = (*merge.nodes, *merge.relationships)
    spec = specs[0]
    if not isinstance(spec.properties, MapOf | None):
        return None
    keys = frozenset(spec.properties.keys) if spec.properties is not None else frozenset()
    kinds: tuple[str | None, ...] = (spec.type,) if isinstance(spec, RelationshipSpec) else spec.labels
    undirected = any(getattr(part, "direction", None) is Direction.BOTH for part in walk(merge.match))
    if undirected or None in kinds:
        return None
    fixed: list[tuple[str, Expression]] = []
    for item in merge.on_create:
        if not isinstance(item, SetProperty) or item.subject != Variable(spec.variable):
            return None
        if free_variables(item.value) or holds_subquery(item.value):
            return None
        fixed.append((item.key, item.value))
    return type(spec), frozenset(kinds), keys, fixed


def _elements(subplan: Operator, visible: tuple[str, ...], own: Sequence[_Own]) -> tuple[str, ...]:
    """Variables of the row through which the subplan writes to elements, or reads what it writes."""
    written = NO_TOKENS.union(*(writing.changes for _, writing in own))
    found: dict[str, None] = {}
    bound: set[str] = set()
    for part in walk(subplan):
        match part:
            case Property(Variable(name), key):
                if meet(written, frozenset((("property", key),))):
                    found[name] = None
            case HasLabels(Variable(name)):
                found[name] = None
            case SetProperty(Variable(name)) | RemoveProperty(Variable(name)):
                found[name] = None
            case SetLabels(name) | RemoveLabels(name):
                found[name] = None
            case ListComprehension() | Quantifier() | Reduce():
                bound.update({part.variable, getattr(part, "accumulator", part.variable)})
            case operators.Project(_, names, given):
                bound.update(name for name, made in zip(names, given, strict=True) if made != Variable(name))
            case operators.Aggregate():
                bound.update(part.key_names + part.aggregate_names)
            case _:
                bound.update(bound_variables(part))
    return tuple(name for name in found if name in visible and name not in bound)


def _chain(plan: Operator) -> Iterator[Operator]:
    while not isinstance(plan, operators.Unit | operators.Argument | operators.ParameterRows):
        if isinstance(plan, operators.Union):
            yield from _chain(plan.left)
            plan = plan.right
            continue
        if isinstance(plan, operators.Apply) and isinstance(plan.input, operators.Argument):
            yield from _chain(plan.subplan)
        else:
            yield plan
        plan = plan.input


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
