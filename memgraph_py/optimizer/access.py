"""How an element can be found: which predicates an index, or a node's id, can answer.

An access by equality answers its predicates; one by a range finds too much, and its predicates stay. What an element is
compared with must be known before the element is: ``needs`` says of which variables it is made.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import NamedTuple, Protocol, TypeGuard

from memgraph_py.immutable import immutable
from memgraph_py.plan.expressions import Call, Expression, HasLabels, Property, Variable
from memgraph_py.plan.operators import Filter, IndexRangeSeek, IndexSeek, LabelScan, NodeById, Operator
from memgraph_py.plan.variables import free_variables, is_deterministic
from memgraph_py.storage.schema_rules import Entity

_NO_NAMES = frozenset[str]()
_PARTS_MAX = 32
"""So many parts of an OR are sought; with more of them a scan is as good."""


class Indexes(Protocol):
    """The indexes on nodes, or those on relationships."""

    def covers(self, token: str, key: str) -> bool:
        """Whether there is one on this property of the label or type."""
        ...

    def is_sparse(self, token: str, key: str) -> bool:
        """Whether there is one that holds few of those with the label or type."""
        ...

    def composite(self, token: str) -> Sequence[tuple[str, ...]]:
        """The property keys of each one on several properties."""
        ...


@immutable
class Access:
    """token None: by the node's id; no keys: all with the label. values: of the keys, in parallel. uses: the predicates
    that it is made of. lower, upper, is_prefix, exists: of a range, of the key behind those that have values."""

    answered: tuple[Expression, ...]
    token: str | None
    keys: tuple[str, ...]
    values: tuple[Expression, ...]
    needs: frozenset[str]
    uses: tuple[Expression, ...] = ()
    many: bool = False
    is_range: bool = False
    lower: Expression | None = None
    upper: Expression | None = None
    is_prefix: bool = False
    exists: bool = False

    @property
    def rank(self) -> int:
        """Less is better: one element, then those of a list of values, then those of a range."""
        if self.is_range:
            if self.values:
                return 3 if self.lower is not None or self.upper is not None else 6
            if self.exists:
                return 10
            return 7 if self.is_prefix or (self.lower is not None and self.upper is not None) else 8
        if self.token is None:
            return 4 if self.many else 0
        if not self.keys:
            return 9
        return 5 if self.many else 1 if len(self.keys) > 1 else 2

    def operator(self, below: Operator, variable: str, entity: Entity = Entity.NODE) -> Operator:
        """What finds the elements for each row of ``below``."""
        if self.is_range:
            assert self.token is not None, "there are no ranges of ids"
            ends = (self.lower, self.upper, self.is_prefix, self.exists)
            return IndexRangeSeek(below, variable, self.token, self.keys, self.values, *ends, entity)
        if self.token is not None and not self.keys:
            return LabelScan(below, variable, self.token)
        if self.token is None:
            return NodeById(below, variable, self.values[0], self.many)
        return IndexSeek(below, variable, self.token, self.keys, self.values, self.many, entity)


def find_access(
    variable: str, tokens: list[str], predicates: list[Expression], bound: frozenset[str], indexes: Indexes
) -> Access | None:
    """The best access that needs ``bound`` variables alone; None where there is none."""
    return _best(accesses(variable, tokens, predicates, indexes), bound)


def _best(possible: Iterable[Access], bound: frozenset[str] | None) -> Access | None:
    """The best of those that need ``bound`` variables alone (None: any); None where there is none."""
    usable = (access for access in possible if bound is None or access.needs <= bound)
    return min(usable, key=lambda access: access.rank, default=None)


def find_parts(
    variable: str, tokens: list[str], predicate: Expression, bound: frozenset[str] | None, indexes: Indexes
) -> list[Access] | None:
    """For a predicate with OR an access to each part, which need ``bound`` variables alone (None: any), if only all
    nodes with a label that the part demands; None where a part has none."""
    parts = _joined_by("OR", predicate)
    if not 1 < len(parts) <= _PARTS_MAX:
        return None
    found: list[Access] = []
    for part in parts:
        conjuncts = _joined_by("AND", part)
        demanded = [label for label in labels_of(variable, conjuncts) if label not in tokens]
        possible = [*accesses(variable, tokens + demanded, conjuncts, indexes)]
        possible += [Access((), label, (), (), frozenset()) for label in demanded]
        best = _best(possible, bound)
        if best is None:
            return None
        found.append(best)
    return found


def _joined_by(name: str, predicate: Expression) -> list[Expression]:
    """The operands of a chain of ANDs or ORs."""
    if isinstance(predicate, Call) and predicate.name == name:
        return [part for argument in predicate.arguments for part in _joined_by(name, argument)]
    return [predicate]


def accesses(variable: str, tokens: list[str], predicates: list[Expression], indexes: Indexes) -> Iterator[Access]:
    """Every access to the variable, once what it needs is bound. tokens: labels, or the type, that it has for sure."""
    equal: dict[str, _Fact] = {}
    known: dict[str, _Known] = {}
    for predicate in predicates:
        match predicate:
            case Call("=" | "IN" as sign, (left, right)):
                found = _sides(left, right, variable) if sign == "=" else _first_side(left, right, variable)
                if found is None:
                    continue
                subject, value = found
                needs = free_variables(value)
                if isinstance(subject, Property):
                    if sign == "=":
                        equal.setdefault(subject.key, _Fact(value, predicate))
                    token = _covered(tokens, subject.key, indexes)
                    if token is not None:
                        yield Access((predicate,), token, (subject.key,), (value,), needs, (predicate,), sign == "IN")
                else:
                    yield Access((predicate,), None, (), (value,), needs, (predicate,), sign == "IN")
            case Call("<" | "<=" | ">" | ">=" | "STARTS WITH"):
                _take_range(predicate, variable, known)
            case Call("IS NOT NULL", (Property(Variable(name), key),)) if name == variable:
                known.setdefault(key, _Known()).present = predicate
    if equal or known:
        for token in tokens:
            for keys in indexes.composite(token):
                yield from _through_several(token, keys, equal, known, indexes)
    for key, about in known.items():
        token = _covered(tokens, key, indexes)
        if token is None:
            continue
        for bounds in about.ranges():
            yield bounds.access(token, (key,), [])
        if about.present is not None and indexes.is_sparse(token, key):
            yield Access((), token, (key,), (), _NO_NAMES, (about.present,), is_range=True, exists=True)


def _covered(tokens: list[str], key: str, indexes: Indexes) -> str | None:
    """The first of the labels or types that has an index on the property."""
    for token in tokens:
        if indexes.covers(token, key):
            return token
    return None


def _through_several(
    token: str, keys: tuple[str, ...], equal: dict[str, "_Fact"], known: dict[str, "_Known"], indexes: Indexes
) -> Iterator[Access]:
    """Through an index on several properties: by values of all of them; by those of the first ones, and what is known
    of the next."""
    facts = [equal[key] for key in takewhile(equal.__contains__, keys)]
    uses, values = tuple(fact.predicate for fact in facts), tuple(fact.value for fact in facts)
    if len(facts) == len(keys):
        yield Access(uses, token, keys, values, _needs(*facts), uses)
        return
    if not facts and indexes.covers(token, keys[0]):
        return
    next = known.get(keys[len(facts)], _Known())
    for bounds in next.ranges():
        yield bounds.access(token, keys, facts)
    if not facts:
        return
    if next.present is not None:
        yield Access((), token, keys, values, _needs(*facts), (*uses, next.present), is_range=True, exists=True)
    yield Access((), token, keys, values, _needs(*facts), uses, is_range=True)


class _Fact(NamedTuple):
    """A value that a property is compared with, and the predicate that says so."""

    value: Expression
    predicate: Expression


class _Bounds(NamedTuple):
    """Of a range: a text that the value begins with, or one bound or two."""

    lower: _Fact | None
    upper: _Fact | None
    is_prefix: bool = False

    def access(self, token: str, keys: tuple[str, ...], equal: list[_Fact]) -> Access:
        """Through an index, behind properties that are equal to values."""
        facts = [*equal, *(fact for fact in (self.lower, self.upper) if fact is not None)]
        return Access(
            (),
            token,
            keys,
            tuple(fact.value for fact in equal),
            _needs(*facts),
            tuple(fact.predicate for fact in facts),
            is_range=True,
            lower=None if self.lower is None else self.lower.value,
            upper=None if self.upper is None else self.upper.value,
            is_prefix=self.is_prefix,
        )


@dataclass(slots=True)
class _Known:
    """What is demanded of a property beside equality: the first predicate of each sort."""

    lower: _Fact | None = None
    upper: _Fact | None = None
    prefix: _Fact | None = None
    present: Expression | None = None
    """The predicate that says that it is there."""

    def take(self, sort: str, fact: _Fact) -> None:
        """sort: `<` or `>`, which a value is of the property, or STARTS WITH."""
        match sort:
            case "<":
                self.upper = self.upper or fact
            case ">":
                self.lower = self.lower or fact
            case _:
                self.prefix = self.prefix or fact

    def ranges(self) -> Iterator[_Bounds]:
        """Those that it may be sought by."""
        if self.prefix is not None:
            yield _Bounds(self.prefix, None, is_prefix=True)
        if self.lower is not None and self.upper is not None:
            yield _Bounds(self.lower, self.upper)
        if self.lower is not None:
            yield _Bounds(self.lower, None)
        if self.upper is not None:
            yield _Bounds(None, self.upper)


def _needs(*facts: _Fact) -> frozenset[str]:
    return frozenset[str]().union(*(free_variables(fact.value) for fact in facts))


def _take_range(predicate: Call, variable: str, known: dict[str, _Known]) -> None:
    left, right = predicate.arguments
    sign = predicate.name
    found = _first_side(left, right, variable) if sign == "STARTS WITH" else _sides(left, right, variable)
    match found:
        case (Property(_, key) as subject, value):
            is_upper = (sign in ("<", "<=")) is (subject is left)
            sort = sign if sign == "STARTS WITH" else "<" if is_upper else ">"
            known.setdefault(key, _Known()).take(sort, _Fact(value, predicate))
        case _:
            return


def filters_above(operator: Operator) -> tuple[list[Expression], Operator]:
    """The predicates of the filters on top, the lowest first, and what is below them."""
    predicates: list[Expression] = []
    while isinstance(operator, Filter):
        predicates.append(operator.predicate)
        operator = operator.input
    return predicates[::-1], operator


def labels_of(variable: str, predicates: list[Expression]) -> list[str]:
    """Labels that the predicates demand of the variable."""
    return [label for predicate in predicates if tests_labels(predicate, variable) for label in predicate.labels]


def tests_labels(predicate: Expression, variable: str) -> TypeGuard[HasLabels]:
    """True of a predicate that demands labels of the variable, by their names."""
    if not isinstance(predicate, HasLabels) or not predicate.labels:
        return False
    return isinstance(predicate.subject, Variable) and predicate.subject.name == variable


def _sides(left: Expression, right: Expression, variable: str) -> tuple[Expression, Expression] | None:
    """(`v.key` or `id(v)`, what it is compared with), whichever side it stands on."""
    return _first_side(left, right, variable) or _first_side(right, left, variable)


def _first_side(subject: Expression, value: Expression, variable: str) -> tuple[Expression, Expression] | None:
    match subject:
        case Property(Variable(name), _) | Call("id", (Variable(name),)) if name == variable:
            if variable not in free_variables(value) and is_deterministic(value):
                return subject, value
    return None
