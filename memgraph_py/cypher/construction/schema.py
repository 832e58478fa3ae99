"""Commands for indexes and constraints."""

from typing import NamedTuple

from memgraph_py.cypher.ast import (
    CreateConstraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
    Expression,
    Literal,
    MapLiteral,
    SchemaPattern,
)
from memgraph_py.cypher.construction.rejection import Rejected
from memgraph_py.values.value_types import STORABLE, ValueType, property_type, type_text


class _Subject(NamedTuple):
    """The variable and label, or type, that a rule is for."""

    is_node: bool
    variable: str
    token: str


class _Property(NamedTuple):
    variable: str
    key: str
    offset: int


class _Demand(NamedTuple):
    """of: NODE, RELATIONSHIP, or None where it is not said."""

    kind: str
    of: str | None
    type: str
    offset: int


class _Index(NamedTuple):
    """What is created, whatever words stand before it."""

    name: str | None
    on: SchemaPattern
    if_not_exists: bool


class _Assertion(NamedTuple):
    properties: tuple[_Property, ...]
    demand: _Demand


class _Options(NamedTuple):
    """Of OPTIONS { … }, by name."""

    entries: dict[str, Expression]
    offset: int


_OTHER_INDEXES = {
    "TEXT": "a RANGE index serves =, IN, ranges and STARTS WITH",
    "POINT": "leave it out: point.distance() and point.withinBBox() look at each point",
    "FULLTEXT": "search with CONTAINS or =~, which look at each node of the label",
    "VECTOR": "compare vectors in the query, which looks at each node of the label",
    "LOOKUP": "leave it out: nodes of a label and relationships of a type are always found at once",
}
"""What to do without them."""


# ------------------------------------------------------------------------------------------------------------- indexes


def create_index_on(start: int, label: str, *keys: str) -> CreateIndex:
    return CreateIndex(None, SchemaPattern(True, label, keys), False, start)


def create_label_index(start: int, label: str) -> CreateIndex:
    del label
    return CreateIndex(None, None, False, start)


def create_edge_index(start: int, word: str, type: str, *keys: str) -> CreateIndex:
    _check_edge(start, word)
    return CreateIndex(None, SchemaPattern(False, type, keys), False, start)


def create_index(start: int, index: _Index) -> CreateIndex:
    return CreateIndex(index.name, index.on, index.if_not_exists, start)


def index_kind(start: int, word: str) -> str:
    """The word before INDEX. Refused before what follows is looked at, as other indexes are on something else."""
    hint = _OTHER_INDEXES.get(word.upper())
    if hint is not None:
        raise Rejected(f"there are no {word.upper()} indexes", start, hint=hint)
    return word


def create_index_of_type(start: int, word: str, index: _Index) -> CreateIndex:
    if word.upper() != "RANGE":
        raise Rejected(f'"{word}" is no type of index', start, hint="the types are RANGE and, with ON :Type, EDGE")
    return create_index(start, index)


def index_definition(
    start: int,
    name: str | None,
    if_not_exists: bool | None,
    subject: _Subject,
    properties: tuple[_Property, ...],
    options: _Options | None,
) -> _Index:
    del start
    _check_options(options, "a range index")
    return _Index(name, _pattern(subject, properties), bool(if_not_exists))


def drop_index_on(start: int, label: str, *keys: str) -> DropIndex:
    return DropIndex(None, SchemaPattern(True, label, keys), False, start)


def drop_label_index(start: int, label: str) -> DropIndex:
    raise Rejected(f'the index on the label "{label}" is always there', start)


def drop_edge_index(start: int, word: str, type: str, *keys: str) -> DropIndex:
    _check_edge(start, word)
    return DropIndex(None, SchemaPattern(False, type, keys), False, start)


def drop_index_named(start: int, name: str, if_exists: bool | None) -> DropIndex:
    return DropIndex(name, None, bool(if_exists), start)


def _check_edge(start: int, word: str) -> None:
    if word.upper() != "EDGE":
        raise Rejected(f'unexpected "{word}", expected EDGE', start)


# --------------------------------------------------------------------------------------------------------- constraints


def create_constraint(
    start: int,
    name: str | None,
    if_not_exists: bool | None,
    subject: _Subject,
    assertion: _Assertion,
    options: _Options | None,
) -> CreateConstraint:
    properties, demand = assertion
    _check_demand(subject, properties, demand)
    if demand.kind in ("EXISTENCE", "TYPE") and options is not None and options.entries:
        raise Rejected("only constraints with an index have options", options.offset)
    _check_options(options, "a constraint")
    return CreateConstraint(name, _pattern(subject, properties), demand.kind, demand.type, bool(if_not_exists), start)


def assert_constraint(
    start: int, name: str | None, if_not_exists: bool | None, subject: _Subject, assertion: _Assertion
) -> CreateConstraint:
    return create_constraint(start, name, if_not_exists, subject, assertion, None)


def drop_constraint(start: int, name: str, if_exists: bool | None) -> DropConstraint:
    return DropConstraint(name, None, "", bool(if_exists), start)


def drop_assertion(start: int, subject: _Subject, assertion: _Assertion) -> DropConstraint:
    _check_demand(subject, assertion.properties, assertion.demand)
    return DropConstraint(None, _pattern(subject, assertion.properties), assertion.demand.kind, False, start)


def assertion(start: int, properties: tuple[_Property, ...], demand: _Demand) -> _Assertion:
    del start
    return _Assertion(properties, demand)


def assertion_of_presence(start: int, word: str, *properties: _Property) -> _Assertion:
    if word.upper() != "EXISTS":
        raise Rejected(f'unexpected "{word}", expected exists', start)
    return _Assertion(properties, demand_presence(start))


def demand(start: int, first: str, second: str | None) -> _Demand:
    words = first.upper() if second is None else f"{first.upper()} {second.upper()}"
    of, _, what = words.rpartition(" ")
    kind = {"UNIQUE": "UNIQUENESS", "KEY": "KEY"}.get(what)
    entity = {"": None, "NODE": "NODE", "RELATIONSHIP": "RELATIONSHIP", "REL": "RELATIONSHIP"}.get(of, of)
    if kind is None or entity not in (None, "NODE", "RELATIONSHIP"):
        raise Rejected(
            f'"IS {words}" is no constraint', start, hint="write IS UNIQUE, IS NODE KEY, IS NOT NULL or IS :: TYPE"
        )
    return _Demand(kind, entity, "", start)


def demand_presence(start: int) -> _Demand:
    return _Demand("EXISTENCE", None, "", start)


def demand_type(start: int, type: ValueType) -> _Demand:
    kept = property_type(type)
    if kept is None:
        raise Rejected(
            f'a constraint cannot demand the type "{type_text(type)}"',
            start,
            hint=f"it can demand {', '.join(STORABLE)}, lists such as LIST<STRING NOT NULL>, and unions of these",
        )
    return _Demand("TYPE", None, type_text(kept), start)


def _check_demand(subject: _Subject, properties: tuple[_Property, ...], demand: _Demand) -> None:
    entity = "NODE" if subject.is_node else "RELATIONSHIP"
    if demand.of is not None and demand.of != entity:
        raise Rejected(f"a constraint on a {entity.lower()} pattern cannot be IS {demand.of} …", demand.offset)
    if len(properties) > 1 and demand.kind in ("EXISTENCE", "TYPE"):
        raise Rejected("this constraint is on one property", properties[1].offset, hint="create one for each property")


# --------------------------------------------------------------------------------------------------------------- parts


def if_not_exists(start: int) -> bool:
    del start
    return True


def if_exists(start: int) -> bool:
    del start
    return True


def node_subject(start: int, variable: str, label: str) -> _Subject:
    del start
    return _Subject(True, variable, label)


def relationship_subject(start: int, variable: str, type: str) -> _Subject:
    del start
    return _Subject(False, variable, type)


def schema_properties(start: int, *properties: _Property) -> tuple[_Property, ...]:
    del start
    return properties


def schema_property(start: int, variable: str, key: str) -> _Property:
    return _Property(variable, key, start)


def schema_options(start: int, entries: MapLiteral) -> _Options:
    return _Options(dict(zip(entries.keys, entries.values, strict=True)), start)


def _check_options(options: _Options | None, of: str) -> None:
    """The provider is ours, which Neo4j calls so too; there is nothing to configure."""
    for name, value in options.entries.items() if options is not None else ():
        match name, value:
            case ("indexProvider", Literal("range-1.0")) | ("indexConfig", MapLiteral(())):
                continue
            case "indexProvider", _:
                raise Rejected(f"this is no provider of {of}", value.offset, hint="the provider is 'range-1.0'")
            case "indexConfig", MapLiteral((key, *_)):
                raise Rejected(f'{of} has no setting "{key}"', value.offset, hint="indexConfig is {}")
            case "indexConfig", _:
                raise Rejected("indexConfig is a map", value.offset, hint="write indexConfig: {}")
            case _:
                raise Rejected(
                    f'{of} has no option "{name}"', value.offset, hint="the options are indexProvider and indexConfig"
                )


def _pattern(subject: _Subject, properties: tuple[_Property, ...]) -> SchemaPattern:
    for item in properties:
        if item.variable != subject.variable:
            raise Rejected(
                f'the rule is for "{subject.variable}", not for "{item.variable}"',
                item.offset,
                detail="UndefinedVariable",
            )
    return SchemaPattern(subject.is_node, subject.token, tuple(item.key for item in properties))
