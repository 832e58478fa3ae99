"""SHOW INDEXES. Columns: Neo4j Cypher manual, "SHOW INDEXES"."""

from collections.abc import Iterator, Sequence

from memgraph_py.functions.registry import Environment, table
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
    for id, index in enumerate(schema.indexes(), start=1):
        label, key = schema.labels.name(index.label), schema.keys.name(index.key)
        statement = f"CREATE RANGE INDEX {quoted(index.name)} FOR (n:{quoted(label)}) ON (n.{quoted(key)})"
        options: dict[str, Value] = {"indexConfig": {}, "indexProvider": "range-1.0"}
        shape: tuple[Value, ...] = ("RANGE", "NODE", [label], [key], "range-1.0", None)
        yield (id, index.name, "ONLINE", 100.0, *shape, None, None, None, options, "", statement)


@table(
    "SHOW INDEX INFO",
    (("index type", "STRING"), ("label", "STRING"), ("property", "LIST<STRING>"), ("count", "INTEGER")),
)
def show_index_information(environment: Environment, arguments: list[Value]) -> Rows:
    """The indexes as Memgraph lists them, with the number of nodes in each."""
    graph = environment.graph
    schema = graph.schema
    for index in schema.indexes():
        values = graph.node_property(graph.nodes(index.label), index.key)
        count = len(values) if values.valid is None else int(values.valid.sum())
        yield "label+property", schema.labels.name(index.label), [schema.keys.name(index.key)], count


_CONSTRAINTS = "ALL|UNIQUE|UNIQUENESS|KEY|NODE_KEY|EXIST|EXISTENCE|PROPERTY_EXISTENCE|PROPERTY_TYPE"


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
    """None: there are no constraints yet."""
    yield from ()


@table(
    "SHOW CONSTRAINT INFO",
    (("constraint type", "STRING"), ("label", "STRING"), ("properties", "LIST<STRING>")),
    quick=True,
)
def show_constraint_information(environment: Environment, arguments: list[Value]) -> Rows:
    """None: there are no constraints yet."""
    yield from ()
