"""Other databases that take their turns in the same run: `--peer URL`, over Bolt with the official driver."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import neo4j

from benchmarks.server_cpu import cpu_seconds


@dataclass(frozen=True, slots=True)
class PeerAddress:
    """Where a peer listens: a Bolt URL, the process of its server if that runs here, and its name in tables."""

    url: str
    process: int | None
    name: str


def add_peer_argument(parser: argparse.ArgumentParser) -> None:
    """--peer URL[,pid=N][,name=NAME], as often as there are peers."""
    parser.add_argument(
        "--peer",
        type=peer_address,
        action="append",
        default=[],
        metavar="URL[,pid=N][,name=NAME]",
        help="a server that takes turns with ours; CPU time is measured where its process id is given, else wall time",
    )


def peer_address(text: str) -> PeerAddress:
    """`bolt://localhost:7690,pid=123,name=other`. Raises ArgumentTypeError for anything else."""
    url, *rest = text.split(",")
    options = dict(part.partition("=")[::2] for part in rest)
    place = urlsplit(url)
    if not place.scheme.startswith(("bolt", "neo4j")) or not place.hostname:
        raise argparse.ArgumentTypeError(f"'{url}' is no Bolt URL, such as bolt://localhost:7690")
    if unknown := options.keys() - {"pid", "name"}:
        raise argparse.ArgumentTypeError(f"'{min(unknown)}' is neither pid nor name")
    process = options.get("pid")
    if process is not None and not process.isdecimal():
        raise argparse.ArgumentTypeError(f"'{process}' is no process id")
    return PeerAddress(url, None if process is None else int(process), options.get("name") or place.netloc)


class BoltPeer:
    """A peer's session: queries, their rows as plain values, and what its server has used of the processor."""

    def __init__(self, address: PeerAddress) -> None:
        self.name = address.name
        self._process = address.process
        self._driver = neo4j.GraphDatabase.driver(address.url, auth=None)
        self._session = self._driver.session()

    def rows(self, text: str, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of an auto-commit query. Raises neo4j.exceptions.Neo4jError as the peer does."""
        return [tuple(record.values()) for record in self._session.run(text, dict(parameters or {}))]

    def create_index(self, label: str) -> None:
        """On the property id, in words that the peer knows; returns when it can be used."""
        try:
            self.rows(f"CREATE INDEX ON :{label}(id)")
        except neo4j.exceptions.Neo4jError:
            self.rows(f"CREATE INDEX FOR (n:{label}) ON (n.id)")
            self.rows("CALL db.awaitIndexes()")

    def transaction(self, text: str, parameters: Sequence[Mapping[str, Any]]) -> None:
        """The query once with each of these parameters, in one transaction. Raises as ``rows`` does."""
        with self._session.begin_transaction() as transaction:
            for some in parameters:
                transaction.run(text, dict(some)).consume()
            transaction.commit()

    def cpu_seconds(self) -> dict[str, float] | None:
        """What the peer's threads have used so far, for `cpu_used`; None where its process is not known."""
        return None if self._process is None else cpu_seconds(self._process)

    def close(self) -> None:
        """Let the connection go."""
        self._session.close()
        self._driver.close()
