"""What an operator reads of the graph and what it changes, as tokens such as ("property", "age"); None: any name.

Kinds of token: node (its being there, by label), relationship (by type), property (by key), label. A node that is
created without labels is ("node", ""), which only a scan of all nodes can meet.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

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
)
from memgraph_py.plan.operators import Operator
from memgraph_py.plan.tree import children, walk
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


@dataclass(frozen=True, slots=True)
class Effects:
    """reads: what an answer depends on. creates: elements that are new. changes: what is set, removed or deleted."""

    reads: Tokens = NO_TOKENS
    creates: Tokens = NO_TOKENS
    changes: Tokens = NO_TOKENS

    def joined(self, other: "Effects") -> "Effects":
        """The effects of both."""
        return Effects(self.reads | other.reads, self.creates | other.creates, self.changes | other.changes)


def effects(operator: Operator) -> Effects:
    """Effects of the operator itself with its subplans, without those of its input."""
    below = getattr(operator, "input", None)
    reads: set[Token] = set()
    creates: set[Token] = set()
    changes: set[Token] = set()
    parts: list[Any] = [operator]
    for child in children(operator):
        if child is not below:
            parts += walk(child)
    for part in parts:
        reads.update(_reads(part))
        if type(part) in operators.WRITES:
            creates.update(_creates(part))
            changes.update(_changes(part))
    return Effects(frozenset(reads), frozenset(creates), frozenset(changes))


def meet(first: Tokens, second: Tokens) -> bool:
    """True when a token of the one may be about the same thing as one of the other."""
    for kind, name in first:
        for other_kind, other_name in second:
            if kind == other_kind and (name == other_name or name is None or other_name is None):
                return True
    return False


def _reads(part: Any) -> Iterator[Token]:
    match part:
        case Property(_, key):
            yield "property", key
        case HasLabels(_, labels):
            yield from (("label", label) for label in labels)
        case HasLabelsNamed():
            yield "label", None
        case Call(name):
            if name in READING_FUNCTIONS:
                yield READING_FUNCTIONS[name]
        case MapProjection(_, True):
            yield "property", None
        case operators.ProcedureCall():
            yield from ANYTHING
        case operators.AllNodes() | operators.NodeById():
            yield "node", None
        case operators.LabelScan(_, _, label):
            yield "node", label
        case operators.NodeCount(_, _, label, key):
            yield "node", label
            if key is not None:
                yield "property", key
        case operators.IndexSeek():
            yield _element(part.entity), part.token
            yield from (("property", key) for key in part.keys)
        case operators.IndexOrder():
            yield _element(part.entity), part.token
            yield "property", part.key
        case operators.IndexRangeSeek():
            yield _element(part.entity), part.token
            yield from (("property", key) for key in part.keys)
        case (
            operators.Expand()
            | operators.ExpandInto()
            | operators.VariableExpand()
            | operators.ShortestPaths()
            | operators.Frontier()
            | operators.ScanRelationships()
            | operators.RelationshipCount()
        ):
            yield from (("relationship", type) for type in part.types or (None,))
        case operators.Hop(_, types):
            yield from (("relationship", type) for type in types or (None,))
        case operators.SetProperties(_, value):
            if not isinstance(value, MapOf | Literal | Parameter):
                yield "property", None
        case _:
            pass


def _element(entity: Entity) -> str:
    return "node" if entity is Entity.NODE else "relationship"


def _creates(part: operators.Operator) -> Iterator[Token]:
    if isinstance(part, operators.Create | operators.Merge):
        for node in part.nodes:
            yield from (("node", label) for label in node.labels or ("",))
        for relationship in part.relationships:
            yield "relationship", relationship.type


def _changes(part: operators.Operator) -> Iterator[Token]:
    match part:
        case operators.Merge():
            items: tuple[Any, ...] = (*part.on_create, *part.on_match)
        case operators.Set() | operators.Remove():
            items = part.items
        case operators.Delete():
            yield from ANYTHING
            return
        case _:
            return
    for item in items:
        match item:
            case operators.SetProperty(_, key) | operators.RemoveProperty(_, key):
                yield "property", key
            case operators.SetProperties() | operators.SetPropertyNamed() | operators.RemovePropertyNamed():
                yield "property", None
            case operators.SetLabelsNamed() | operators.RemoveLabelsNamed():
                yield "label", None
                yield "node", None
            case operators.SetLabels(_, labels) | operators.RemoveLabels(_, labels):
                yield from (("label", label) for label in labels)
                yield from (("node", label) for label in labels)
