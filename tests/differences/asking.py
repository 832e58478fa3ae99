"""The same query asked of two servers, through the same driver, and the answers as text that can be compared."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neo4j import GraphDatabase, Record, Session
from neo4j.exceptions import BrokenRecordError, Neo4jError
from neo4j.graph import Node, Path, Relationship


@dataclass(frozen=True, slots=True)
class Reply:
    """Rows as text, in order or sorted; or the code of the error and its message."""

    rows: tuple[str, ...] | None
    code: str = ""
    message: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.message[:160]}" if self.rows is None else " | ".join(self.rows)[:600]


class Server:
    """One of the servers."""

    def __init__(self, address: str) -> None:
        self._driver = GraphDatabase.driver(address, auth=None, notifications_min_severity="OFF")
        self._session: Session = self._driver.session(fetch_size=-1)

    def close(self) -> None:
        """Ends the connection."""
        self._session.close()
        self._driver.close()

    def reset(self, graph: str) -> None:
        """Leaves this graph and nothing else."""
        self._session.run("MATCH (n) DETACH DELETE n").consume()
        self._session.run(graph).consume()

    def ask(
        self,
        query: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        ordered: bool = False,
        lists_in_order: bool = True,
        then: str | None = None,
    ) -> Reply:
        """What the query gives. Where there is ``then``: also what that gives after it, in one transaction, which is
        undone."""
        try:
            if then is None:
                rows = [_row(record, lists_in_order) for record in self._session.run(query, parameters)]
                left = []
            else:
                rows, left = self._within_transaction(query, parameters, lists_in_order, then)
        except Neo4jError as error:
            return Reply(None, error.code or "", error.message or "")
        return Reply((*(rows if ordered else sorted(rows)), *sorted(left)))

    def counts(self, query: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """What the summary of a query counts, by name; it is undone."""
        with self._session.begin_transaction() as transaction:
            counters = transaction.run(query, parameters).consume().counters
            transaction.rollback()
        return {name: count for name, count in vars(counters).items() if count and not name.startswith("_")}

    def _within_transaction(
        self, query: str, parameters: Mapping[str, Any] | None, lists_in_order: bool, then: str
    ) -> tuple[list[str], list[str]]:
        with self._session.begin_transaction() as transaction:
            rows = [_row(record, lists_in_order) for record in transaction.run(query, parameters)]
            left = [_row(record, True) for record in transaction.run(then)]
            transaction.rollback()
        return rows, left


def _row(record: Record, lists_in_order: bool) -> str:
    try:
        return ", ".join(text_of(value, lists_in_order) for value in record.values())
    except BrokenRecordError:
        return "what the driver has no form for"


def text_of(value: Any, lists_in_order: bool = True) -> str:
    """The same text for the same value; elements by what they hold, floats to twelve digits."""
    match value:
        case float():
            return "NaN" if math.isnan(value) else f"{value:.12g}f"
        case list():
            texts = [text_of(item, lists_in_order) for item in value]
            return f"[{', '.join(texts if lists_in_order else sorted(texts))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {text_of(value[key])}' for key in sorted(value))}}}"
        case Node():
            return f"({':'.join(sorted(value.labels))} {text_of(dict(value))})"
        case Relationship():
            return f"[{value.type} {text_of(dict(value))}]"
        case Path():
            return f"<{', '.join(map(text_of, [*value.nodes, *value.relationships]))}>"
        case tuple() if type(value).__module__.startswith("neo4j.spatial"):
            return f"{type(value).__name__}({', '.join(map(text_of, value))})"
        case _:
            return repr(value)
