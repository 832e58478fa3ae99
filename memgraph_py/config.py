"""Settings (what the user chooses, from flags and environment) and Limits (what bounds everything that grows)."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from memgraph_py.errors import StartupError


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
    elements_max: int = (1 << 31) - 2
    """Nodes, and relationships: their ids are 32-bit in storage."""
    names_max: int = 100_000
    """Labels, relationship types, property keys, and sets of labels: so many of each, as none is ever forgotten."""
    statement_cache_entries: int = 1_000
    statement_cache_characters: int = 4 << 20
    """Of all cached texts together; a plan takes many times as much as its text."""
    connections_max: int = 1_000
    open_transactions_max: int = 1_000
    variable_length_rows_max: int = 50_000_000
    conflict_retries: int = 3
    worker_threads: int = 4
    """For statements that end soon; threads that long ones hold up do not count."""
    output_buffer_bytes_max: int = 4 << 20
    """A connection whose client does not read is paused at so many bytes."""
    output_stalled_seconds: float = 900.0
    """A client that has not read for so long is let go."""
    input_bytes_max: int = 1 << 30
    """Of messages that have come in part or wait, over all connections."""
    message_seconds: float = 300.0
    """A message must have come whole so long after its first byte."""
    idle_handshake_seconds: float = 30.0
    stop_seconds: float = 8.0
    import_bytes_max: int = 4 << 30
    """Of a file that LOAD CSV gets over http; it lies in a temporary file meanwhile."""
    import_fetch_seconds: float = 120.0
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
    reused_ids_min: int = 1_024
    """So many of the 4,096 ids of a chunk must be free before they are used again."""
    reclaimed_rows_min: int = 4_096
    """Deleted elements, and stale entries of an index, that are not worth a look: a seek or scan passes them in
    microseconds."""
    history_commits_max: int = 50_000
    """A transaction that writes and stays open while so many others commit is refused."""
    history_rows_max: int = 8_000_000
    """The same, counted in the elements that the others wrote."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What `memgraph-py serve` was told. Each field is a flag and an environment variable MEMGRAPH_<NAME>."""

    bolt_address: str = "127.0.0.1"
    bolt_port: int = 7687
    http_address: str = "127.0.0.1"
    http_port: int | None = 7474
    """None turns HTTP off (written `none`)."""
    data_directory: Path = Path("./memgraph-data")
    bolt_keep_alive_seconds: float = 15.0
    """A client that waits for an answer is shown at least so often that the server is there."""
    query_timeout_seconds: float | None = None
    """How long a statement, or a whole transaction, may take where the client says nothing; None for any time."""
    query_memory_limit_mb: int | None = 1024
    """Memory that the rows, lists and changes of a query, or of a transaction, may take, by estimate; None for any."""
    total_memory_limit_mb: int | None = field(default_factory=lambda: _machine_bytes() * 7 // 10 >> 20)
    """The same of all queries and transactions together, as a default 70 % of the machine's memory; None for any."""
    worker_threads_max: int = 32
    """Threads for statements that take long, at all."""
    log_level: str = "info"
    allow_unsandboxed_transforms: bool = False
    accept_lost_commits: bool = False
    """Start also where the end of the log is damaged or missing, without the commits that it held."""
    transform_hosts: tuple[str, ...] = ()
    """Hosts that transform scripts may come from; empty means any that is not link-local or a metadata address."""
    import_directory: Path | None = None
    """The one folder that LOAD CSV may read files from; None forbids files."""
    transform_directory: Path | None = None
    """The one folder that transform scripts may be read from by path; None forbids paths."""
    limits: Limits = Limits()


DESCRIPTIONS = {
    "bolt_address": "where Bolt listens",
    "bolt_port": "0 picks a free one",
    "http_address": "where /health and /metrics are served",
    "http_port": "0 picks a free one, none turns HTTP off",
    "data_directory": "holds the log, checkpoints and stream definitions",
    "bolt_keep_alive_seconds": "how often a waiting client is shown that the server is there",
    "query_timeout_seconds": "how long a statement or transaction may take, none for any time",
    "query_memory_limit_mb": "memory of a query or transaction in MB, none for any amount",
    "total_memory_limit_mb": "memory of all queries and transactions together in MB, none for any amount",
    "worker_threads_max": "threads for statements that take long, at most",
    "log_level": "debug, info, warning or error",
    "transform_hosts": "the only hosts that transform scripts may come from, with commas between them",
    "transform_directory": "the one folder that transform scripts may be read from by path",
    "import_directory": "the one folder that LOAD CSV may read files of the server from",
    "allow_unsandboxed_transforms": "run transform scripts also where this system cannot confine them",
    "accept_lost_commits": "start although the end of the log is damaged or missing, without the commits that it held",
}
"""What each setting is, in the help of its flag and in SHOW SETTINGS."""


def _machine_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def environment_name(field_name: str) -> str:
    """`bolt_port` is read from MEMGRAPH_BOLT_PORT."""
    return f"MEMGRAPH_{field_name.upper()}"


def flag_name(field_name: str) -> str:
    """`bolt_port` is the flag --bolt-port."""
    return f"--{field_name.replace('_', '-')}"


def settings_from(flags: Mapping[str, str | None], environment: Mapping[str, str]) -> Settings:
    """The settings that flags (by field name, None where not given) and environment give; a flag wins.

    Raises StartupError that names the flag or variable and what it takes.
    """
    values: dict[str, object] = {}
    for name, (parse, expected) in _PARSERS.items():
        text, source = flags.get(name), flag_name(name)
        if text is None:
            text, source = environment.get(environment_name(name)), environment_name(name)
        if text is None:
            continue
        try:
            values[name] = parse(text)
        except ValueError as error:
            raise StartupError(f"invalid value '{text}' for {source}", hint=f"it takes {expected}") from error
    return Settings(**values)  # type: ignore[arg-type]  # each parser gives its field's type


def _address(text: str) -> str:
    address = text.removeprefix("[").removesuffix("]")
    if not address or any(character.isspace() or character in "/?#@" for character in address):
        raise ValueError
    return address


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > 65_535:
        raise ValueError
    return int(text)


def _port_or_none(text: str) -> int | None:
    return None if text.lower() == "none" else _port(text)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 1e9:
        raise ValueError
    return seconds


def _seconds_or_none(text: str) -> float | None:
    return None if text.lower() == "none" else _seconds(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= 10_000:
        raise ValueError
    return int(text)


def _megabytes_or_none(text: str) -> int | None:
    if text.lower() == "none":
        return None
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:20]) <= 1_000_000_000:
        raise ValueError
    return int(text)


def _path(text: str) -> Path:
    if not text or "\0" in text:
        raise ValueError
    return Path(text)


def _log_level(text: str) -> str:
    if text.lower() not in ("debug", "info", "warning", "error"):
        raise ValueError
    return text.lower()


def _flag(text: str) -> bool:
    if text.lower() in ("1", "true", "yes", "on"):
        return True
    if text.lower() in ("", "0", "false", "no", "off"):
        return False
    raise ValueError


def _hosts(text: str) -> tuple[str, ...]:
    return tuple(host for part in text.split(",") if (host := part.strip()))


_PARSERS: dict[str, tuple[Callable[[str], object], str]] = {
    "bolt_address": (_address, "a host name or an IP address"),
    "bolt_port": (_port, "a port from 0 (any free one) to 65535"),
    "http_address": (_address, "a host name or an IP address"),
    "http_port": (_port_or_none, "a port from 0 (any free one) to 65535, or none"),
    "data_directory": (_path, "the path of a folder"),
    "bolt_keep_alive_seconds": (_seconds, "a number of seconds above 0"),
    "query_timeout_seconds": (_seconds_or_none, "a number of seconds above 0, or none"),
    "query_memory_limit_mb": (_megabytes_or_none, "a number of MB from 1 to 1000000000, or none"),
    "total_memory_limit_mb": (_megabytes_or_none, "a number of MB from 1 to 1000000000, or none"),
    "worker_threads_max": (_count, "a number from 1 to 10000"),
    "log_level": (_log_level, "debug, info, warning or error"),
    "allow_unsandboxed_transforms": (_flag, "true or false"),
    "accept_lost_commits": (_flag, "true or false"),
    "transform_hosts": (_hosts, "host names with commas between them"),
    "import_directory": (_path, "the path of a folder"),
    "transform_directory": (_path, "the path of a folder"),
}
