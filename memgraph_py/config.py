"""Settings (what the user chooses, from flags and environment) and Limits (what bounds everything that grows)."""

import os
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds; what reaches one fails with a clear error."""

    batch_rows_min: int = 16
    """Rows of a query's first batch; each next one is four times as large."""
    batch_rows_max: int = 16_384
    bounded_rows_max: int = 1_000
    """A plan with at most so many estimated rows runs in the event loop's thread."""
    bounded_seconds: float = 0.002
    """A bounded plan that has used so much moves to the thread pool at its next batch."""
    query_bytes_max: int = 16 << 20
    message_bytes_max: int = 256 << 20
    nesting_depth_max: int = 400
    """Depth of lists and maps in a Bolt message, and of brackets in a query."""
    string_bytes_max: int = (1 << 24) - 1
    elements_max: int = (1 << 31) - 2
    """Nodes, and relationships: their ids are 32-bit in storage."""
    statement_cache_entries: int = 1_000
    connections_max: int = 1_000
    open_transactions_max: int = 1_000
    variable_length_rows_max: int = 50_000_000
    conflict_retries: int = 3
    worker_threads: int = 4
    output_buffer_bytes_max: int = 4 << 20
    """A connection whose client does not read is paused at so many bytes."""
    idle_handshake_seconds: float = 30.0
    stop_seconds: float = 8.0
    transform_script_bytes_max: int = 1 << 20
    transform_fetch_seconds: float = 10.0
    transform_fetch_redirects_max: int = 5
    transform_batch_seconds: float = 5.0
    transform_load_seconds: float = 30.0
    transform_queries_max: int = 1_000_000
    """Queries of one batch: a reply of a few bytes may ask for any number of the same."""
    transform_reply_bytes_max: int = 64 << 20
    transform_memory_bytes: int = 512 << 20
    kafka_answer_seconds: float = 10.0
    log_rotate_bytes: int = 256 << 20
    """A log of so many bytes brings about a checkpoint."""
    delta_relationships_max: int = 100_000
    """So many relationships outside the packed adjacency bring about a merge."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What `memgraph-py serve` was told. Each field is a flag and an environment variable MEMGRAPH_<NAME>."""

    bolt_address: str = "127.0.0.1"
    bolt_port: int = 7687
    http_address: str = "127.0.0.1"
    http_port: int | None = 7474
    """None turns HTTP off (written `none`)."""
    data_directory: Path = Path("./memgraph-data")
    log_level: str = "info"
    allow_unsandboxed_transforms: bool = False
    transform_hosts: tuple[str, ...] = ()
    """Hosts that transform scripts may come from; empty means any that is not link-local or a metadata address."""
    transform_directory: Path | None = None
    """The one folder that transform scripts may be read from by path; None forbids paths."""
    limits: Limits = Limits()


def environment_name(field_name: str) -> str:
    """`bolt_port` is read from MEMGRAPH_BOLT_PORT."""
    return f"MEMGRAPH_{field_name.upper()}"


def environment_values() -> dict[str, str]:
    """Settings that the environment gives, by field name, as text."""
    names = [field.name for field in fields(Settings) if field.name != "limits"]
    return {name: os.environ[environment_name(name)] for name in names if environment_name(name) in os.environ}
