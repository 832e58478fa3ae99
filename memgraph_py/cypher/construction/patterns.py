"""Graph patterns."""

from dataclasses import replace
from typing import TypeAlias

from memgraph_py.cypher.ast import (
    BreadthFirst,
    Expression,
    LabelAnd,
    LabelExpression,
    LabelOr,
    LabelsNamed,
    MapLiteral,
    NodePattern,
    Parameter,
    PatternComprehension,
    PatternPart,
    PatternPredicate,
    RelationshipPattern,
    ShortestPath,
)
from memgraph_py.cypher.construction.labels import allowed_types, demanded_labels, mixed
from memgraph_py.cypher.construction.rejection import Rejected
from memgraph_py.immutable import immutable
from memgraph_py.storage.view import Direction

Properties: TypeAlias = MapLiteral | Parameter
"""Of a pattern's element."""


@immutable
class Chain:
    """Nodes and the relationships between them."""

    nodes: tuple[NodePattern, ...]
    relationships: tuple[RelationshipPattern, ...]


@immutable
class _Length:
    minimum: int | None
    maximum: int | None
    search: BreadthFirst | None = None


@immutable
class _Detail:
    """What stands between the brackets of a relationship pattern."""

    variable: str | None = None
    labels: LabelExpression | None = None
    length: _Length | None = None
    properties: Properties | None = None
    predicate: Expression | None = None


def pattern(start: int, *parts: PatternPart) -> tuple[PatternPart, ...]:
    del start
    return parts


def pattern_part(start: int, variable: str | None, chain: Chain) -> PatternPart:
    return PatternPart(variable, chain.nodes, chain.relationships, None, start)


def pattern_part_shortest(start: int, variable: str | None, function: str, chain: Chain) -> PatternPart:
    return PatternPart(variable, chain.nodes, chain.relationships, function.lower(), start)


def pattern_chain(start: int, *elements: NodePattern | RelationshipPattern) -> Chain:
    del start
    return Chain(elements[::2], elements[1::2])  # type: ignore[arg-type]  # the grammar: they alternate


def node(
    start: int, variable: str | None, written: LabelExpression | None, properties: Properties | None
) -> NodePattern:
    return node_where(start, variable, written, properties, None)


def node_where(
    start: int,
    variable: str | None,
    written: LabelExpression | None,
    properties: Properties | None,
    predicate: Expression | None,
) -> NodePattern:
    if isinstance(written, LabelOr) and written.colons:
        raise mixed(start)
    names, rest = demanded_labels(written)
    return NodePattern(variable, tuple(dict.fromkeys(names)), properties, predicate, start, rest)


def node_name_where(start: int, variable: str, properties: Properties | None, predicate: Expression) -> NodePattern:
    return NodePattern(variable, (), properties, predicate, start)


def labels(start: int, *named: str | LabelsNamed) -> tuple[str | LabelsNamed, ...]:
    del start
    return named


def relationship_out(start: int, detail: _Detail | None) -> RelationshipPattern:
    return _relationship(start, detail, Direction.OUT)


def relationship_in(start: int, detail: _Detail | None) -> RelationshipPattern:
    return _relationship(start, detail, Direction.IN)


def relationship_both(start: int, detail: _Detail | None) -> RelationshipPattern:
    return _relationship(start, detail, Direction.BOTH)


def relationship_repeated(start: int, written: RelationshipPattern, length: _Length) -> RelationshipPattern:
    """`-[r:R]->{1,3}`, which is `-[r:R*1..3]->`. Source: Neo4j Cypher manual, "Quantified relationships"."""
    if written.variable_length:
        raise Rejected("a relationship of variable length cannot be repeated", start, hint="write one of the two")
    if length.maximum is not None and length.maximum < max(length.minimum or 0, 1):
        raise Rejected("the greatest number of repetitions is at least 1, and at least the least", start)
    return replace(written, variable_length=True, minimum=length.minimum, maximum=length.maximum)


def repetition_some(start: int) -> _Length:
    del start
    return _Length(1, None)


def repetition_any(start: int) -> _Length:
    del start
    return _Length(0, None)


def repetition_range(start: int, minimum: int | None, maximum: int | None) -> _Length:
    del start
    return _Length(minimum or 0, maximum)


def _relationship(start: int, detail: _Detail | None, direction: Direction) -> RelationshipPattern:
    if detail is None:
        return RelationshipPattern(None, (), direction, False, None, None, None, None, start)
    if isinstance(detail.labels, LabelAnd) and detail.labels.colons:
        raise Rejected("a relationship has one type", start, hint="write `R|S` for one of several types")
    types, rest = allowed_types(detail.labels)
    length = detail.length
    if length is not None and detail.predicate is not None:
        raise Rejected(
            "a relationship of variable length cannot have a WHERE of its own",
            start,
            hint="write `-[r:R WHERE …]->{1,3}`, or `WHERE all(x IN r WHERE …)` behind the pattern",
        )
    return RelationshipPattern(
        detail.variable,
        types,
        direction,
        length is not None,
        None if length is None else length.minimum,
        None if length is None else length.maximum,
        detail.properties,
        detail.predicate,
        start,
        rest,
        None if length is None else length.search,
    )


def relationship_detail(
    start: int,
    variable: str | None,
    written: LabelExpression | None,
    length: _Length | None,
    properties: Properties | None,
) -> _Detail:
    del start
    return _Detail(variable, written, length, properties)


def relationship_detail_where(
    start: int,
    variable: str,
    written: LabelExpression | None,
    length: _Length | None,
    properties: Properties | None,
    predicate: Expression,
) -> _Detail:
    del start
    return _Detail(variable, written, length, properties, predicate)


def length_any(start: int) -> _Length:
    del start
    return _Length(None, None)


def length_exact(start: int, count: int) -> _Length:
    del start
    return _Length(count, count)


def length_range(start: int, minimum: int | None, maximum: int | None) -> _Length:
    del start
    return _Length(minimum, maximum)


def length_breadth_first(start: int, range_: _Length | None, search: BreadthFirst | None) -> _Length:
    del start
    within = range_ or _Length(None, None)
    return _Length(within.minimum, within.maximum, search or BreadthFirst("", "", None))


def breadth_filter(start: int, relationship: str, node: str, predicate: Expression) -> BreadthFirst:
    del start
    return BreadthFirst(relationship, node, predicate)


def shortest_path(start: int, function: str, chain: Chain) -> ShortestPath:
    return ShortestPath(pattern_part_shortest(start, None, function, chain), start)


def pattern_comprehension(
    start: int, name: str | None, chain: Chain, predicate: Expression | None, result: Expression
) -> PatternComprehension:
    part = PatternPart(name, chain.nodes, chain.relationships, None, start)
    return PatternComprehension(part, predicate, result, start)


def pattern_predicate(start: int, *elements: NodePattern | RelationshipPattern) -> PatternPredicate:
    chain = pattern_chain(start, *elements)
    return PatternPredicate(PatternPart(None, chain.nodes, chain.relationships, None, start), start)
