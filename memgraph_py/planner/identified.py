"""What values of a subplan's row tell its nodes apart: `MATCH (n {id: row.id})` and `MERGE (n {id: row.id})` bind nodes
whose `id` is `row.id`, so rows with other values there bind other nodes, whatever their labels. Nodes of labels that no
node has together are others anyway, so each label may have a property of its own."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from memgraph_py.immutable import immutable
from memgraph_py.plan import operators
from memgraph_py.plan.effects import READING_FUNCTIONS, Tokens, meet
from memgraph_py.plan.expressions import (
    Call,
    Expression,
    MapOf,
    Property,
    Variable,
)
from memgraph_py.plan.items import SetProperty
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.tree import walk
from memgraph_py.plan.variables import free_variables, holds_nothing, holds_subquery, is_deterministic, newly_bound
from memgraph_py.planner.scope import Scope

_OF_A_MATCH = (operators.Filter, operators.Expand, operators.ExpandInto, operators.UniqueRelationships)
"""What may stand between the scan of a node and the filter that names its property: it gives no more of the nodes."""


@immutable
class Identity:
    """What tells the nodes of some variables apart: for each of the variables a property and its value. labels: it does
    where no node has two of them."""

    variables: tuple[str, ...]
    properties: tuple[str, ...]
    values: tuple[Expression, ...]
    labels: tuple[str, ...] = ()


class Found:
    """The variables of nodes that a subplan binds by values of the row."""

    def __init__(self, subplan: Operator, chain: Sequence[Operator], scope: Scope, written: Tokens) -> None:
        """chain: the subplan's operators, root first. written: what values must not be made of."""
        self._values: dict[str, dict[str, Expression]] = {}
        """By variable, the values of properties."""
        self._labels: dict[str, str | None] = {}
        """By variable, a label that the nodes have, if known."""
        self._remade: dict[str | None, set[str]] = {}
        """By a label of what a MERGE makes, properties that have another value then than what was looked for."""
        times = Counter(name for part in walk(subplan) for name in newly_bound(part))
        originals = {name for name in scope.variables if name not in times}
        scanned: dict[str, str | None] = {}
        for operator in reversed(chain):
            for name, label, key, value in _sought(operator, scanned):
                if times[name] == 1 and free_variables(value) <= originals and _stays(value, written, scope.plain):
                    self._labels[name] = label
                    self._values.setdefault(name, {})[key] = value
            if isinstance(operator, operators.LabelScan | operators.AllNodes):
                scanned[operator.variable] = getattr(operator, "label", None)
            elif not isinstance(operator, _OF_A_MATCH):
                scanned.clear()
            if isinstance(operator, operators.Merge):
                remade = {item.key for item in operator.on_create if isinstance(item, SetProperty)}
                made: list[str | None] = [label for node in operator.nodes for label in node.labels]
                for label in made or [None]:
                    self._remade.setdefault(label, set()).update(remade)

    def identities(self, written_beside: Callable[[Collection[str]], Tokens]) -> Iterator[Identity]:
        """What tells these variables apart: one property for all that have it, or one for each label.
        ``written_beside``: what is written other than through these variables."""
        written = _keys(written_beside(()))
        remade = set().union(*self._remade.values())
        for key in dict.fromkeys(key for values in self._values.values() for key in values):
            names = tuple(name for name, values in self._values.items() if key in values)
            if key not in remade and key not in written and None not in written:
                yield Identity(names, (key,) * len(names), tuple(self._values[name][key] for name in names))
        labels = tuple({label: None for label in self._labels.values() if label is not None})
        keys: dict[str, str] = {}
        for label in labels:
            keys.update(self._of_label(label, written_beside))
        if len(labels) > 1 and len(keys) == sum(label is not None for label in self._labels.values()):
            values = tuple(self._values[name][key] for name, key in keys.items())
            yield Identity(tuple(keys), tuple(keys.values()), values, labels)

    def _of_label(self, label: str, written_beside: Callable[[Collection[str]], Tokens]) -> dict[str, str]:
        """By variable, a property that all variables of the label have, which nothing changes of such nodes."""
        names = [name for name, other in self._labels.items() if other == label]
        written = _keys(written_beside([name for name, other in self._labels.items() if other not in (label, None)]))
        gone = self._remade.get(label, set()) | self._remade.get(None, set())
        for key in self._values[names[0]]:
            if all(key in self._values[name] for name in names) and key not in gone and key not in written:
                return {} if None in written else dict.fromkeys(names, key)
        return {}


def _keys(tokens: Tokens) -> set[str | None]:
    return {name for kind, name in tokens if kind == "property"}


def _sought(operator: Operator, scanned: Mapping[str, str | None]) -> Iterator[tuple[str, str | None, str, Expression]]:
    """Variables of nodes that have a value in a property behind the operator, each with its label."""
    match operator:
        case operators.Merge(nodes=(node,), relationships=()) if isinstance(node.properties, MapOf):
            for key, value in zip(node.properties.keys, node.properties.values, strict=True):
                yield node.variable, node.labels[0] if node.labels else None, key, value
        case operators.Filter(_, Call("=", (left, right))):
            for side, value in ((left, right), (right, left)):
                if isinstance(side, Property) and isinstance(side.subject, Variable) and side.subject.name in scanned:
                    yield side.subject.name, scanned[side.subject.name], side.key, value


def _stays(value: Expression, written: Tokens, plain: frozenset[str]) -> bool:
    """True where it is the same before the row's turn comes."""
    if holds_nothing(value, plain):
        return is_deterministic(value)
    if holds_subquery(value) or not is_deterministic(value):
        return False
    for part in walk(value):
        if isinstance(part, Property) and meet(written, frozenset((("property", part.key),))):
            return False
        if isinstance(part, Call) and part.name in READING_FUNCTIONS:
            return False
    return True
