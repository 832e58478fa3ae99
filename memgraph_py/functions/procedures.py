"""Procedures that clients call to learn about the database. Shapes of rows: Neo4j operations manual, "Procedures"."""

from collections.abc import Iterable, Sequence

from memgraph_py.functions.registry import AGGREGATES, FUNCTIONS, PROCEDURES, Environment, Procedure, procedure
from memgraph_py.values.types import Value

COMPATIBLE_VERSION = "5.26.0"
"""The version of Neo4j whose protocol and answers clients may expect."""

Rows = Iterable[Sequence[Value]]


@procedure("db.labels", (), (("label", "STRING?"),))
def labels(environment: Environment, arguments: list[Value]) -> Rows:
    """Labels that a node has, in order of first use."""
    graph = environment.graph
    return [(name,) for id, name in enumerate(graph.schema.labels.all()) if graph.node_count(id) > 0]


@procedure("db.relationshipTypes", (), (("relationshipType", "STRING?"),))
def relationship_types(environment: Environment, arguments: list[Value]) -> Rows:
    """Types that a relationship has, in order of first use."""
    graph = environment.graph
    return [(name,) for id, name in enumerate(graph.schema.types.all()) if graph.relationship_count(id) > 0]


@procedure("db.propertyKeys", (), (("propertyKey", "STRING?"),))
def property_keys(environment: Environment, arguments: list[Value]) -> Rows:
    """Property keys ever used, in order of first use."""
    return [(name,) for name in environment.graph.schema.keys.all()]


@procedure("dbms.components", (), (("name", "STRING?"), ("versions", "LIST? OF STRING?"), ("edition", "STRING?")))
def components(environment: Environment, arguments: list[Value]) -> Rows:
    """What clients ask to learn which dialect is spoken: the version of Neo4j that answers are compatible with."""
    return [("Neo4j Kernel", [COMPATIBLE_VERSION], "community")]


@procedure("db.ping", (), (("success", "BOOLEAN?"),))
def ping(environment: Environment, arguments: list[Value]) -> Rows:
    """True, when the database answers."""
    return [(True,)]


@procedure("dbms.procedures", (), (("name", "STRING?"), ("signature", "STRING?"), ("description", "STRING?")))
def procedures(environment: Environment, arguments: list[Value]) -> Rows:
    """All procedures, by name."""
    return [(name, _signature(found), found.doc) for name, found in sorted(PROCEDURES.items())]


@procedure("dbms.functions", (), (("name", "STRING?"), ("aggregating", "BOOLEAN?"), ("description", "STRING?")))
def functions(environment: Environment, arguments: list[Value]) -> Rows:
    """All functions, by name; infix and prefix symbols are not among them."""
    rows: list[tuple[Value, ...]] = [(name, True, found.doc) for name, found in AGGREGATES.items()]
    rows.extend((name, False, found.doc) for name, found in FUNCTIONS.items() if name[0].isalpha() and name.islower())
    return sorted(row for row in rows if not str(row[0]).startswith("unary"))


def _signature(found: Procedure) -> str:
    parameters = ", ".join(f"{name} :: {type}" for name, type in found.parameters)
    columns = ", ".join(f"{name} :: {type}" for name, type in found.columns)
    return f"{found.name}({parameters}) :: ({columns})"
