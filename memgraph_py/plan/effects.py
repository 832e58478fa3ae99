"""What an operator reads of the graph and what it changes, as tokens such as ("property", "age"); None: any name.

Kinds of token: node (its being there, by label), relationship (by type), property (by key), label. A node that is
created without labels is ("node", ""), which only a scan of all nodes can meet.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, TypeAlias

from memgraph_py.immutable import immutable
from memgraph_py.plan import operators
from memgraph_py.plan.expressions import (
    Call,
    HasLabels,
    HasLabelsNamed,
    Literal,
    MapOf,
    MapProjection,
    Parameter,
    Property,
    Variable,
)
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.tree import children, walk
from memgraph_py.plan.variables import NONE, holds_nothing, newly_bound
from memgraph_py.storage.schema_rules import Entity

Token: TypeAlias = tuple[str, str | None]
Tokens: TypeAlias = frozenset[Token]

NO_TOKENS: Tokens = frozenset()
ANYTHING: Tokens = frozenset((("node", None), ("relationship", None), ("property", None), ("label", None)))
READING_FUNCTIONS: dict[str, Token] = {
    "properties": ("property", None),
    "keys": ("property", None),
    "[]": ("property", None),
    "labels": ("label", None),
}
"""Functions that read the graph beyond what cannot change while an element lives, such as its id or type."""


@immutable
class Effects:
    """reads: what an answer depends on. creates: elements that are new. changes: what is set, removed or deleted."""

    reads: Tokens = NO_TOKENS
    creates: Tokens = NO_TOKENS
    changes: Tokens = NO_TOKENS

    def joined(self, other: "Effects") -> "Effects":
        """The effects of both."""
        return Effects(self.reads | other.reads, self.creates | other.creates, self.changes | other.changes)


def effects(operator: Operator, beside: Collection[str] = (), plain: frozenset[str] = NONE) -> Effects:
    """Effects of the operator itself with its subplans, without those of its input; and without what is done through
    the variables ``beside`` alone: their properties and labels read, and set. ``plain``: variables that hold nothing of
    the graph, so that what is made of them alone reads nothing."""
    below = getattr(operator, "input", None)
    reads: set[Token] = set()
    creates: set[Token] = set()
    changes: set[Token] = set()
    parts: list[Any] = [operator]
    for child in children(operator):
        if child is not below:
            parts += walk(child)
    if plain:
        plain = plain.difference(*map(newly_bound, parts))
    for part in parts:
        kind = part.__class__
        if kind in _ABOUT_VARIABLES and beside and isinstance(part.subject, Variable) and part.subject.name in beside:
            continue
        if kind in _READS and not (plain and _is_plain(part, plain)):
            reads.update(_READS[kind](part))
        if kind in _WRITES:
            creates.update(_creates(part))
            changes.update(_changes(part, beside))
    return Effects(frozenset(reads), frozenset(creates), frozenset(changes))


def reads_of(values: Iterable[Any]) -> Tokens:
    """What expressions, or items of SET, read."""
    reads: set[Token] = set()
    for part in (part for value in values for part in walk(value)):
        if part.__class__ in _READS:
            reads.update(_READS[part.__class__](part))
    return frozenset(reads)


def _is_plain(part: Any, plain: frozenset[str]) -> bool:
    value = part.value if isinstance(part, operators.SetProperties) else part
    return isinstance(value, _OF_VALUES) and holds_nothing(value, plain)


def meet(first: Tokens, second: Tokens) -> bool:
    """True when a token of the one may be about the same thing as one of the other."""
    for kind, name in first:
        for other_kind, other_name in second:
            if kind == other_kind and (name == other_name or name is None or other_name is None):
                return True
    return False


def _reads_along(part: Any) -> Iterable[Token]:
    return [("relationship", type) for type in part.types or (None,)]


def _reads_index(part: operators.IndexSeek | operators.IndexRangeSeek) -> Iterable[Token]:
    return [(_element(part.entity), part.token), *(("property", key) for key in part.keys)]


def _reads_call(part: Call) -> Iterable[Token]:
    return [READING_FUNCTIONS[part.name]] if part.name in READING_FUNCTIONS else ()


def _reads_count(part: operators.NodeCount) -> Iterable[Token]:
    return [("node", part.label)] if part.key is None else [("node", part.label), ("property", part.key)]


def _reads_properties(part: operators.SetProperties) -> Iterable[Token]:
    return () if isinstance(part.value, MapOf | Literal | Parameter) else [("property", None)]


_READS: dict[type, Callable[[Any], Iterable[Token]]] = {
    Property: lambda part: [("property", part.key)],
    HasLabels: lambda part: [("label", label) for label in part.labels or (None,)],
    HasLabelsNamed: lambda part: [("label", None)],
    Call: _reads_call,
    MapProjection: lambda part: [("property", None)] if part.all_properties else (),
    operators.ProcedureCall: lambda part: ANYTHING,
    **dict.fromkeys((operators.AllNodes, operators.NodeById), lambda part: [("node", None)]),
    operators.LabelScan: lambda part: [("node", part.label)],
    operators.NodeCount: _reads_count,
    **dict.fromkeys((operators.IndexSeek, operators.IndexRangeSeek), _reads_index),
    operators.IndexOrder: lambda part: [(_element(part.entity), part.token), ("property", part.key)],
    operators.Expand: _reads_along,
    operators.ExpandInto: _reads_along,
    operators.VariableExpand: _reads_along,
    operators.ShortestPaths: _reads_along,
    operators.Frontier: _reads_along,
    operators.ScanRelationships: _reads_along,
    operators.RelationshipCount: _reads_along,
    operators.Hop: _reads_along,
    operators.SetProperties: _reads_properties,
}
"""By the kind of part of a plan; the others read nothing themselves."""
_ABOUT_VARIABLES = frozenset((Property, HasLabels))
_OF_VALUES = (Property, HasLabels, HasLabelsNamed, Call, MapProjection)
_WRITES = frozenset(operators.WRITES)


def _element(entity: Entity) -> str:
    return "node" if entity is Entity.NODE else "relationship"


def _creates(part: operators.Operator) -> Iterator[Token]:
    if isinstance(part, operators.Create | operators.Merge):
        for node in part.nodes:
            yield from (("node", label) for label in node.labels or ("",))
        for relationship in part.relationships:
            yield "relationship", relationship.type


def _is_of(item: operators.SetItem, made: Collection[str]) -> bool:
    """True where an item of ON CREATE sets properties of what is new, which come with it as those of the pattern do."""
    match item:
        case operators.SetProperty(Variable(name)) | operators.SetProperties(name):
            return name in made
        case _:
            return False


def _changes(part: operators.Operator, beside: Collection[str]) -> Iterator[Token]:
    match part:
        case operators.Merge():
            made = {node.variable for node in part.nodes} | {one.variable for one in part.relationships}
            items: tuple[Any, ...] = (*(item for item in part.on_create if not _is_of(item, made)), *part.on_match)
        case operators.Set() | operators.Remove():
            items = part.items
        case operators.Delete():
            yield from ANYTHING
            return
        case _:
            return
    for item in items:
        subject = getattr(item, "subject", None)
        if (subject.name if isinstance(subject, Variable) else getattr(item, "variable", None)) in beside:
            continue
        match item:
            case operators.SetProperty(_, key) | operators.RemoveProperty(_, key):
                yield "property", key
            case operators.SetProperties(_, MapOf(keys), True):
                yield from (("property", key) for key in keys)
            case operators.SetProperties() | operators.SetPropertyNamed() | operators.RemovePropertyNamed():
                yield "property", None
            case operators.SetLabelsNamed() | operators.RemoveLabelsNamed():
                yield "label", None
                yield "node", None
            case operators.SetLabels(_, labels) | operators.RemoveLabels(_, labels):
                yield from (("label", label) for label in labels)
                yield from (("node", label) for label in labels)
