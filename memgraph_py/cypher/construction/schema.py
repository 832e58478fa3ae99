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
    Parameter,
    SchemaPattern,
)
from memgraph_py.cypher.construction.rejection import Rejected
from memgraph_py.cypher.schema_options import fault
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
    options: Parameter | None


class _Assertion(NamedTuple):
    properties: tuple[_Property, ...]
    demand: _Demand


class _Options(NamedTuple):
    """Of OPTIONS { … }, by name, or the parameter that gives them."""

    entries: dict[str, Expression]
    given: Parameter | None
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
    return CreateIndex(index.name, index.on, index.if_not_exists, start, index.options)


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
    given = _checked(options, "a range index")
    return _Index(name, _pattern(subject, properties), bool(if_not_exists), given)


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
    given, on = _checked(options, "a constraint"), _pattern(subject, properties)
    return CreateConstraint(name, on, demand.kind, demand.type, bool(if_not_exists), start, given)


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


def schema_options(start: int, written: MapLiteral | Parameter) -> _Options:
    if isinstance(written, Parameter):
        return _Options({}, written, start)
    return _Options(dict(zip(written.keys, written.values, strict=True)), None, start)


def _checked(options: _Options | None, of: str) -> Parameter | None:
    """The parameter that gives the options. Rejects those that are written out where they are not taken."""
    if options is None:
        return None
    wrong = fault({name: _value(entry) for name, entry in options.entries.items()}, of)
    if wrong is not None:
        name, message, hint = wrong
        raise Rejected(message, options.entries[name].offset, hint=hint)
    return options.given


def _value(expression: Expression) -> object:
    """What is written; an expression that is neither literal nor map as it is, which no option takes."""
    match expression:
        case Literal(value):
            return value
        case MapLiteral(keys, values):
            return dict(zip(keys, map(_value, values), strict=True))
        case _:
            return expression


def _pattern(subject: _Subject, properties: tuple[_Property, ...]) -> SchemaPattern:
    for item in properties:
        if item.variable != subject.variable:
            raise Rejected(
                f'the rule is for "{subject.variable}", not for "{item.variable}"',
                item.offset,
                detail="UndefinedVariable",
            )
    return SchemaPattern(subject.is_node, subject.token, tuple(item.key for item in properties))
