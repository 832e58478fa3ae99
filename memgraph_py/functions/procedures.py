"""Procedures that clients call to learn about the database. Shapes of rows: Neo4j operations manual, "Procedures"."""

import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Final

from memgraph_py import __version__
from memgraph_py.config import DESCRIPTIONS
from memgraph_py.errors import ArgumentError, ProcedureCallFailed
from memgraph_py.functions.registry import (
    AGGREGATES,
    FUNCTIONS,
    PROCEDURES,
    AggregateFunction,
    Environment,
    Function,
    Procedure,
    procedure,
)
from memgraph_py.storage.schema_rules import SchemaDescriptor
from memgraph_py.values.types import Value

COMPATIBLE_VERSION = "5.26.0"
"""The version of Neo4j whose protocol and answers clients may expect."""

VERSION: Final = __version__
DATABASE = "neo4j"
"""The name of the one database; the drivers' default."""
ALIASES: Final = ("memgraph",)
"""Other names of it."""

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


@procedure(
    "dbms.components", (), (("name", "STRING?"), ("versions", "LIST? OF STRING?"), ("edition", "STRING?")), quick=True
)
def components(environment: Environment, arguments: list[Value]) -> Rows:
    """What clients ask to learn which dialect is spoken: the version of Neo4j that answers are compatible with."""
    return [("Neo4j Kernel", [COMPATIBLE_VERSION], "community")]


@procedure("db.ping", (), (("success", "BOOLEAN?"),), quick=True)
def ping(environment: Environment, arguments: list[Value]) -> Rows:
    """True, when the database answers."""
    return [(True,)]


@procedure("dbms.procedures", (), (("name", "STRING?"), ("signature", "STRING?"), ("description", "STRING?")))
def procedures(environment: Environment, arguments: list[Value]) -> Rows:
    """All procedures, by name."""
    return [(found.name, signature(found), found.doc) for found in listed()]


@procedure("dbms.functions", (), (("name", "STRING?"), ("aggregating", "BOOLEAN?"), ("description", "STRING?")))
def functions(environment: Environment, arguments: list[Value]) -> Rows:
    """All functions, by name; infix and prefix symbols are not among them."""
    return [(found.name, isinstance(found, AggregateFunction), found.doc) for found in listed_functions()]


def listed_functions() -> list[Function | AggregateFunction]:
    """All functions by name; infix and prefix symbols are not among them."""
    named: list[Function | AggregateFunction] = [*AGGREGATES.values()]
    named.extend(found for name, found in FUNCTIONS.items() if name.islower() and not name.startswith("unary"))
    return sorted(named, key=lambda found: found.name)


_INFO = (("id", "STRING"), ("name", "STRING"), ("creationDate", "STRING"))


@procedure("db.info", (), _INFO, quick=True)
def database_info(environment: Environment, arguments: list[Value]) -> Rows:
    """The database: its id and name."""
    return [("", DATABASE, "")]


@procedure("dbms.info", (), _INFO, quick=True)
def server_info(environment: Environment, arguments: list[Value]) -> Rows:
    """The server: its id and name."""
    return [("", "memgraph-py", "")]


@procedure("db.awaitIndexes", (("timeOutSeconds", "INTEGER"),), (), (300,))
def await_indexes(environment: Environment, arguments: list[Value]) -> Rows:
    """Returns when all indexes are built, after so many seconds with an error."""
    schema = environment.graph.schema
    _await(environment, [index.on for index in schema.indexes()], arguments[0])
    return []


@procedure("db.awaitIndex", (("indexName", "STRING"), ("timeOutSeconds", "INTEGER")), (), (300,))
def await_index(environment: Environment, arguments: list[Value]) -> Rows:
    """Returns when the index of this name, which must be there, is built; after so many seconds with an error."""
    found = [index.on for index in environment.graph.schema.indexes() if index.name == arguments[0]]
    if not found:
        raise ArgumentError(f"there is no index named {arguments[0]!r}", hint="SHOW INDEXES lists them")
    _await(environment, found, arguments[1])
    return []


_LOOK_SECONDS = 0.02
"""Who waits looks so often whether it is to wait no longer."""


def _await(environment: Environment, descriptors: list[SchemaDescriptor], seconds: Value) -> None:
    end = time.monotonic() + (seconds if isinstance(seconds, int) else math.inf)  # NULL sets no limit
    for on in descriptors:
        while not environment.graph.schema.wait_populated(on, _LOOK_SECONDS):
            environment.bounds.check()
            if time.monotonic() > end:
                raise ProcedureCallFailed(
                    f"after {seconds!r} seconds an index is still being built", hint="SHOW INDEXES tells how far it is"
                )


_SETTING = (("name", "STRING"), ("description", "STRING"), ("value", "STRING"), ("dynamic", "BOOLEAN"))


@procedure("dbms.clientConfig", (), _SETTING, quick=True)
def client_configuration(environment: Environment, arguments: list[Value]) -> Rows:
    """Settings that browsers ask for."""
    return [
        ("server.bolt.advertised_address", "where Bolt is answered", environment.installation.address(), False),
        ("dbms.default_database", "the database of a session that names none", DATABASE, False),
        ("browser.allow_outgoing_connections", "whether a browser may load what is elsewhere", "false", False),
        ("browser.retain_connection_credentials", "whether a browser may keep a password", "true", False),
        ("dbms.security.auth_enabled", "whether there is authentication", "false", False),
    ]


@procedure("dbms.listConfig", (("searchString", "STRING"),), _SETTING, ("",), quick=True)
def list_configuration(environment: Environment, arguments: list[Value]) -> Rows:
    """Settings of the server whose name holds the text, by name."""
    chosen = environment.installation.settings
    names = sorted(field.name for field in fields(chosen) if field.name != "limits")
    wanted = arguments[0] if isinstance(arguments[0], str) else ""
    return [(name, DESCRIPTIONS[name], str(getattr(chosen, name)), False) for name in names if wanted in name]


@procedure(
    "dbms.showCurrentUser", (), (("username", "STRING"), ("roles", "LIST OF STRING"), ("flags", "LIST OF STRING"))
)
def show_current_user(environment: Environment, arguments: list[Value]) -> Rows:
    """Whoever asks: there is no authentication."""
    return [("", [], [])]


ROUTING_TABLE_SECONDS = 300
_ROUTE = (("context", "MAP"), ("database", "STRING?"))
_TABLE = (("ttl", "INTEGER"), ("servers", "LIST OF MAP"))


@procedure("dbms.routing.getRoutingTable", _ROUTE, _TABLE, (None,), quick=True)
@procedure("dbms.cluster.routing.getRoutingTable", _ROUTE, _TABLE, (None,), quick=True)
def routing_table(environment: Environment, arguments: list[Value]) -> Rows:
    """Where a driver reads, writes and asks again: here."""
    context = arguments[0]
    told = context.get("address") if isinstance(context, dict) else None
    address: Value = told if isinstance(told, str) else environment.installation.address()
    return [(ROUTING_TABLE_SECONDS, routing_servers(address))]


def routing_servers(address: Value) -> list[Value]:
    """The servers of a routing table: one, in every role."""
    return [{"addresses": [address], "role": role} for role in ("WRITE", "READ", "ROUTE")]


@procedure(
    "mg.procedures",
    (),
    (
        ("is_editable", "BOOLEAN"),
        ("is_write", "BOOLEAN"),
        ("name", "STRING"),
        ("path", "STRING"),
        ("signature", "STRING"),
    ),
)
def memgraph_procedures(environment: Environment, arguments: list[Value]) -> Rows:
    """All procedures, by name, as Memgraph lists them."""
    return [(False, False, found.name, "builtin" if found.built_in else "", signature(found)) for found in listed()]


@procedure(
    "mg.functions", (), (("is_editable", "BOOLEAN"), ("name", "STRING"), ("path", "STRING"), ("signature", "STRING"))
)
def memgraph_functions(environment: Environment, arguments: list[Value]) -> Rows:
    """All functions, by name, as Memgraph lists them."""
    return [
        (False, found.name, "builtin" if found.built_in else "", function_signature(found))
        for found in listed_functions()
    ]


def listed() -> list[Procedure]:
    """All procedures, by name."""
    return [found for _, found in sorted(PROCEDURES.items())]


def signature(found: Procedure) -> str:
    """`name(argument :: TYPE, …) :: (column :: TYPE, …)`."""
    parameters = ", ".join(map(parameter_text, found.parameters, defaults(found)))
    columns = ", ".join(f"{name} :: {type}" for name, type in found.columns)
    return f"{found.name}({parameters}) :: ({columns})"


def defaults(found: Procedure) -> list[str | None]:
    """What each parameter is where it is not given, as it is written; None where it must be."""
    needed = len(found.parameters) - len(found.optional)
    return [*[None] * needed, *("null" if value is None else repr(value) for value in found.optional)]


def parameter_text(parameter: tuple[str, str], default: str | None) -> str:
    """`name :: TYPE`, or `name = default :: TYPE`."""
    name, type = parameter
    return f"{name} :: {type}" if default is None else f"{name} = {default} :: {type}"


def function_signature(function: Function | AggregateFunction) -> str:
    """The signature, or one without names for a plug-in's function that does not tell it."""
    if function.signature:
        return function.signature
    count = function.arguments_min if function.arguments_max is None else function.arguments_max
    taken = ", ".join(f"argument{number + 1} :: ANY" for number in range(count))
    return f"{function.name}({taken}{'...' * (function.arguments_max is None)}) :: ANY"
