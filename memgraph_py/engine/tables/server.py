"""What the server tells of itself: databases, settings, users, storage, version.

Columns: Neo4j Cypher manual 5, "SHOW DATABASES", "SHOW SETTINGS", "SHOW USERS"; Memgraph documentation, "Server stats".
"""

import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path

from memgraph_py.config import DESCRIPTIONS
from memgraph_py.engine.statements import core_of
from memgraph_py.functions.procedures import ALIASES, COMPATIBLE_VERSION, DATABASE, VERSION
from memgraph_py.functions.registry import Environment, table
from memgraph_py.values.types import Value

Rows = Iterator[Sequence[Value]]

# ----------------------------------------------------------------------------------------------------------- databases

_DATABASE_COLUMNS = (
    ("name", "STRING"),
    ("type", "STRING"),
    ("aliases", "LIST<STRING>"),
    ("access", "STRING"),
    ("address", "STRING"),
    ("role", "STRING"),
    ("writer", "BOOLEAN"),
    ("requestedStatus", "STRING"),
    ("currentStatus", "STRING"),
    ("statusMessage", "STRING"),
    ("default", "BOOLEAN"),
    ("home", "BOOLEAN"),
    ("constituents", "LIST<STRING>"),
)
_DATABASE_FURTHER = (
    ("databaseID", "STRING"),
    ("serverID", "STRING"),
    ("store", "STRING"),
    ("lastCommittedTxn", "INTEGER"),
    ("replicationLag", "INTEGER"),
)


@table("SHOW DATABASES", _DATABASE_COLUMNS, _DATABASE_FURTHER, quick=True)
@table("SHOW [DEFAULT|HOME] DATABASE", _DATABASE_COLUMNS, _DATABASE_FURTHER, quick=True)
@table("SHOW DATABASE <name>", _DATABASE_COLUMNS, _DATABASE_FURTHER, quick=True)
def show_databases(environment: Environment, arguments: list[Value]) -> Rows:
    """The one database, or none where another is named."""
    if len(arguments) > 1 and str(arguments[1]).lower() not in (DATABASE, *ALIASES):
        return
    address = environment.installation.address()
    status: tuple[Value, ...] = ("online", "online", "")
    shown: tuple[Value, ...] = (DATABASE, "standard", [*ALIASES], "read-write", address, "primary", True)
    version = core_of(environment).store.current.version
    yield (*shown, *status, True, True, [], DATABASE, "", "memgraph-py", version, 0)


# ------------------------------------------------------------------------------------------------------------ settings


@table(
    "SHOW SETTING|SETTINGS",
    (
        ("name", "STRING"),
        ("value", "STRING"),
        ("isDynamic", "BOOLEAN"),
        ("defaultValue", "STRING"),
        ("description", "STRING"),
    ),
    (
        ("startupValue", "STRING"),
        ("isExplicitlySet", "BOOLEAN"),
        ("validValues", "STRING"),
        ("isDeprecated", "BOOLEAN"),
    ),
    takes=(("name", "STRING"),),
    quick=True,
)
def show_settings(environment: Environment, arguments: list[Value]) -> Rows:
    """Settings of the server by name, all of them or those that are named; a start sets them."""
    chosen = environment.installation.settings
    named = arguments[1] if len(arguments) > 1 else None
    wanted = named if isinstance(named, list) else arguments[1:]
    for field in sorted(fields(chosen), key=lambda field: field.name):
        if field.name == "limits" or (wanted and field.name not in wanted):
            continue
        value, default = _told(getattr(chosen, field.name)), _told(field.default)
        yield (field.name, value, False, default, DESCRIPTIONS[field.name], value, value != default, "", False)


def _told(value: object) -> str:
    """A setting's value as its flag takes it."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


# --------------------------------------------------------------------------------------------------------------- users

_USER_COLUMNS = (
    ("user", "STRING"),
    ("roles", "LIST<STRING>"),
    ("passwordChangeRequired", "BOOLEAN"),
    ("suspended", "BOOLEAN"),
    ("home", "STRING"),
)


@table("SHOW CURRENT USER", _USER_COLUMNS, quick=True)
def show_current_user(environment: Environment, arguments: list[Value]) -> Rows:
    """Whoever asks, without a name: there is no authentication."""
    yield "", None, False, False, None


@table("SHOW USERS", _USER_COLUMNS, quick=True)
def show_users(environment: Environment, arguments: list[Value]) -> Rows:
    """None: there is no authentication."""
    yield from ()


# ------------------------------------------------------------------------------------------------------------- storage


@table("SHOW STORAGE INFO", (("storage info", "STRING"), ("value", "ANY")))
def show_storage_information(environment: Environment, arguments: list[Value]) -> Rows:
    """Sizes of the graph, and of what holds it, in bytes; what Memgraph tells under the same names."""
    graph = environment.graph
    nodes, relationships = graph.node_count(None), graph.relationship_count(None)
    yield "name", DATABASE
    yield "vertex_count", nodes
    yield "edge_count", relationships
    yield "average_degree", 2 * relationships / nodes if nodes else 0.0
    yield "memory_res", _resident_bytes()
    yield "peak_memory_res", _peak_resident_bytes()
    yield "disk_usage", environment.installation.disk_bytes()
    yield "label_count", sum(graph.node_count(id) > 0 for id in range(len(graph.schema.labels)))
    yield "index_count", len(graph.schema.indexes())
    yield "storage_mode", "IN_MEMORY_TRANSACTIONAL"
    yield "storage_isolation_level", "SNAPSHOT_ISOLATION"


def _peak_resident_bytes() -> int:
    """The most that it ever held."""
    units = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * units


def _resident_bytes() -> int | None:
    """Memory that the process holds; None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return pages * resource.getpagesize()


@table("SHOW VERSION", (("version", "STRING"),), quick=True)
def show_version(environment: Environment, arguments: list[Value]) -> Rows:
    """The version of this server."""
    yield (VERSION,)


@table("SHOW BUILD INFO", (("build info", "STRING"), ("value", "STRING")), quick=True)
def show_build_information(environment: Environment, arguments: list[Value]) -> Rows:
    """What runs the server, and which dialect it speaks."""
    yield "version", VERSION
    yield "compatible_with", f"Neo4j {COMPATIBLE_VERSION}"
    yield "python", sys.version.split()[0]
