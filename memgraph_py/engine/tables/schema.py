"""Indexes and constraints. Columns: Neo4j Cypher manual, "SHOW INDEXES" and "SHOW CONSTRAINTS", and Memgraph's
documentation."""

from collections.abc import Iterator, Sequence

import numpy as np

from memgraph_py.functions.registry import Environment, table
from memgraph_py.storage.elements import elements_of, values_of
from memgraph_py.storage.rule_changes import owner_of
from memgraph_py.storage.schema import Schema
from memgraph_py.storage.schema_rules import ConstraintDefinition, ConstraintKind, Entity, SchemaDescriptor
from memgraph_py.values.naming import quoted
from memgraph_py.values.types import Value

Rows = Iterator[Sequence[Value]]

_INDEX_COLUMNS = (
    ("id", "INTEGER"),
    ("name", "STRING"),
    ("state", "STRING"),
    ("populationPercent", "FLOAT"),
    ("type", "STRING"),
    ("entityType", "STRING"),
    ("labelsOrTypes", "LIST<STRING>"),
    ("properties", "LIST<STRING>"),
    ("indexProvider", "STRING"),
    ("owningConstraint", "STRING"),
    ("lastRead", "ZONED DATETIME"),
    ("readCount", "INTEGER"),
)
_INDEX_FURTHER = (
    ("trackedSince", "ZONED DATETIME"),
    ("options", "MAP"),
    ("failureMessage", "STRING"),
    ("createStatement", "STRING"),
)
_KINDS = "ALL|RANGE|LOOKUP|FULLTEXT|POINT|TEXT|VECTOR"


@table(f"SHOW [{_KINDS}] INDEX|INDEXES", _INDEX_COLUMNS, _INDEX_FURTHER, quick=True)
def show_indexes(environment: Environment, arguments: list[Value]) -> Rows:
    """The indexes, or those of one type. Reads of an index are not counted: what tells of them is NULL."""
    written = str(arguments[0]).split()[1]
    if written not in ("ALL", "RANGE", "INDEX", "INDEXES"):  # there are no others
        return
    schema = environment.graph.schema
    rules = schema.rules()
    for id, index in enumerate(rules.indexes, start=1):
        populated = schema.populated(index.on)
        state = "ONLINE" if populated >= 1 else "POPULATING"
        pattern, properties = _patterns(schema, index.on)
        statement = f"CREATE RANGE INDEX {quoted(index.name)} FOR {pattern} ON ({properties})"
        options: dict[str, Value] = {"indexConfig": {}, "indexProvider": "range-1.0"}
        owner = owner_of(index.on, rules)
        name = None if owner is None else owner.name
        shape: tuple[Value, ...] = ("RANGE", *_shape(schema, index.on), "range-1.0", name)
        yield (id, index.name, state, 100.0 * populated, *shape, None, None, None, options, "", statement)


@table(
    "SHOW INDEX INFO",
    (("index type", "STRING"), ("label", "STRING"), ("property", "STRING | LIST<STRING>"), ("count", "INTEGER")),
)
def show_index_information(environment: Environment, arguments: list[Value]) -> Rows:
    """The indexes as Memgraph lists them, those of constraints left out, with the number of elements in each; several
    properties are a list."""
    graph = environment.graph
    rules = graph.schema.rules()
    for index in rules.indexes:
        if owner_of(index.on, rules) is not None:
            continue
        present = [column.validity() for column in values_of(graph, index.on, elements_of(graph, index.on))]
        count = int(np.logical_and.reduce(present).sum())
        sort = "label+property" if index.on.entity is Entity.NODE else "edge-type+property"
        _, (token,), keys = _shape(graph.schema, index.on)
        yield sort, token, keys[0] if len(keys) == 1 else keys, count


_CONSTRAINTS = "ALL|UNIQUE|UNIQUENESS|KEY|NODE_KEY|EXIST|EXISTENCE|PROPERTY_EXISTENCE|PROPERTY_TYPE"
_OF_KIND = {
    ConstraintKind.UNIQUENESS: ("CONSTRAINT", "CONSTRAINTS", "ALL", "UNIQUE", "UNIQUENESS"),
    ConstraintKind.KEY: ("CONSTRAINT", "CONSTRAINTS", "ALL", "KEY", "NODE_KEY"),
    ConstraintKind.EXISTENCE: ("CONSTRAINT", "CONSTRAINTS", "ALL", "EXIST", "EXISTENCE", "PROPERTY_EXISTENCE"),
    ConstraintKind.TYPE: ("CONSTRAINT", "CONSTRAINTS", "ALL", "PROPERTY_TYPE"),
}
"""The words after SHOW that list each."""


@table(
    f"SHOW [{_CONSTRAINTS}] CONSTRAINT|CONSTRAINTS",
    (
        ("id", "INTEGER"),
        ("name", "STRING"),
        ("type", "STRING"),
        ("entityType", "STRING"),
        ("labelsOrTypes", "LIST<STRING>"),
        ("properties", "LIST<STRING>"),
        ("ownedIndex", "STRING"),
        ("propertyType", "STRING"),
    ),
    (("options", "MAP"), ("createStatement", "STRING")),
    quick=True,
)
def show_constraints(environment: Environment, arguments: list[Value]) -> Rows:
    """The constraints, or those of one kind."""
    written = str(arguments[0]).split()[1]
    schema = environment.graph.schema
    for id, constraint in enumerate(schema.constraints(), start=1):
        if written in _OF_KIND[constraint.kind]:
            prefix = "RELATIONSHIP_" if constraint.on.entity is Entity.RELATIONSHIP else ""
            kind = {ConstraintKind.KEY: f"{prefix or 'NODE_'}KEY", ConstraintKind.UNIQUENESS: f"{prefix}UNIQUENESS"}
            prefix = prefix or "NODE_"
            kind[ConstraintKind.EXISTENCE] = f"{prefix}PROPERTY_EXISTENCE"
            kind[ConstraintKind.TYPE] = f"{prefix}PROPERTY_TYPE"
            owned = constraint.name if constraint.owns_index else None
            shape = _shape(schema, constraint.on)
            options: Value = {"indexConfig": {}, "indexProvider": "range-1.0"} if owned else None
            property_type = constraint.property_type or None
            statement = _constraint_statement(schema, constraint)
            yield id, constraint.name, kind[constraint.kind], *shape, owned, property_type, options, statement


@table(
    "SHOW CONSTRAINT INFO",
    (
        ("constraint type", "STRING"),
        ("label", "STRING"),
        ("properties", "STRING | LIST<STRING>"),
        ("data_type", "STRING"),
    ),
    quick=True,
)
def show_constraint_information(environment: Environment, arguments: list[Value]) -> Rows:
    """The constraints as Memgraph lists them: what is unique is a list, also of one property."""
    schema = environment.graph.schema
    names = {ConstraintKind.UNIQUENESS: "unique", ConstraintKind.KEY: "key", ConstraintKind.EXISTENCE: "exists"}
    for constraint in schema.constraints():
        _, (token,), keys = _shape(schema, constraint.on)
        properties: Value = keys if constraint.owns_index else keys[0]
        yield names.get(constraint.kind, "data_type"), token, properties, constraint.property_type or None


def _shape(schema: Schema, on: SchemaDescriptor) -> tuple[str, list[Value], list[Value]]:
    """What the descriptor says, as the tables show it: entity type, labels or types, properties."""
    names = schema.labels if on.entity is Entity.NODE else schema.types
    return on.entity.name, [names.name(on.token)], [*map(schema.keys.name, on.keys)]


def _patterns(schema: Schema, on: SchemaDescriptor) -> tuple[str, str]:
    """The pattern and the properties as a statement has them."""
    is_node = on.entity is Entity.NODE
    token = quoted((schema.labels if is_node else schema.types).name(on.token))
    variable = "n" if is_node else "r"
    pattern = f"(n:{token})" if is_node else f"()-[r:{token}]-()"
    return pattern, ", ".join(f"{variable}.{quoted(schema.keys.name(key))}" for key in on.keys)


def _constraint_statement(schema: Schema, constraint: ConstraintDefinition) -> str:
    pattern, properties = _patterns(schema, constraint.on)
    entity = constraint.on.entity.name
    demands = {
        ConstraintKind.UNIQUENESS: "IS UNIQUE",
        ConstraintKind.KEY: f"IS {entity} KEY",
        ConstraintKind.EXISTENCE: "IS NOT NULL",
        ConstraintKind.TYPE: f"IS :: {constraint.property_type}",
    }
    name = quoted(constraint.name)
    return f"CREATE CONSTRAINT {name} FOR {pattern} REQUIRE ({properties}) {demands[constraint.kind]}"
