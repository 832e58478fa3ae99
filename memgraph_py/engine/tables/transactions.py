"""SHOW TRANSACTIONS and TERMINATE TRANSACTIONS. Columns: Neo4j Cypher manual 5, "Transaction commands"."""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from memgraph_py.engine.statements import core_of
from memgraph_py.functions.procedures import DATABASE
from memgraph_py.functions.registry import Environment, table
from memgraph_py.values.durations import make_duration
from memgraph_py.values.types import Value

Rows = Iterator[Sequence[Value]]

_IDS = (("id", "STRING | LIST<STRING>"),) * 100
_NANOSECONDS = 1_000_000_000


@table(
    "SHOW TRANSACTION|TRANSACTIONS",
    (
        ("database", "STRING"),
        ("transactionId", "STRING"),
        ("currentQueryId", "STRING"),
        ("connectionId", "STRING"),
        ("clientAddress", "STRING"),
        ("username", "STRING"),
        ("currentQuery", "STRING"),
        ("startTime", "STRING"),
        ("status", "STRING"),
        ("elapsedTime", "DURATION"),
    ),
    (("metaData", "MAP"),),
    takes=_IDS,
    quick=True,
)
def show_transactions(environment: Environment, arguments: list[Value]) -> Rows:
    """Transactions that are under way, those of single statements too, the oldest first."""
    core = core_of(environment)
    wanted = _ids(arguments)
    now = time.time()
    for session in sorted(core.sessions, key=lambda session: session.number):
        name = _name(session.number)
        if not session.is_busy or (wanted and name not in wanted):
            continue
        status = "Terminated" if session.is_terminated else "Running"
        elapsed = make_duration(0, 0, max(int((now - session.since_seconds) * _NANOSECONDS), 0))
        begun = _time(session.since_seconds)
        connection = session.client or "none"
        named: list[Value] = [DATABASE, name, f"query-{session.number}", connection, session.client, ""]
        yield [*named, session.text, begun, status, elapsed, dict(session.metadata)]


@table(
    "TERMINATE TRANSACTION|TRANSACTIONS",
    (("transactionId", "STRING"), ("username", "STRING"), ("message", "STRING")),
    takes=_IDS,
    quick=True,
)
def terminate_transactions(environment: Environment, arguments: list[Value]) -> Rows:
    """Ends transactions by their ids; what they did is rolled back."""
    by_name = {_name(session.number): session for session in core_of(environment).sessions if session.is_busy}
    for name in _ids(arguments):
        session = by_name.get(name)
        if session is None:
            yield name, None, "Transaction not found."
        else:
            session.terminate()
            yield name, "", "Transaction terminated."


def _ids(arguments: list[Value]) -> list[str]:
    """The first argument is the spelling."""
    found: list[str] = []
    for argument in arguments[1:]:
        items = argument if isinstance(argument, list) else [argument]
        found += [item for item in items if isinstance(item, str)]
    return found


def _name(number: int) -> str:
    return f"{DATABASE}-transaction-{number}"


def _time(seconds: float) -> str:
    """ISO 8601, UTC, milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
