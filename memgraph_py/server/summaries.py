"""Summaries: what the last SUCCESS of a result says, packed."""

from dataclasses import fields
from typing import cast

from memgraph_py.bolt.handshake import ProtocolVersion
from memgraph_py.bolt.messages import entry
from memgraph_py.bolt.notifications import NO_DATA, OMITTED, SUCCEEDED, Notification, NotificationFilter, status_of
from memgraph_py.bolt.packstream import pack_integer, pack_text
from memgraph_py.execution.executor import Counters
from memgraph_py.functions.procedures import DATABASE
from memgraph_py.server.records import RecordStream
from memgraph_py.values.types import Value

_T_LAST = pack_text("t_last")
_DATABASE = entry("db", DATABASE)
_NO_MORE = entry("has_more", False)
"""In the last SUCCESS of every result: a C client crashes without it."""
_QUERY_TYPES = {kind: entry("type", kind) for kind in ("r", "rw", "w", "s")}
_STATUSES = {status["gql_status"]: entry("statuses", [status]) for status in (SUCCEEDED, OMITTED, NO_DATA)}
_READ_ONLY = "r"


def summary_entries(stream: RecordStream, wanted: NotificationFilter, version: ProtocolVersion) -> list[bytes]:
    """Entries for ``success_of``: what the statement did, and what of its notifications the client wants to hear."""
    summary = stream.result.summary()
    milliseconds = int(summary.seconds_to_consumed * 1000)
    entries = [_QUERY_TYPES[summary.query_type], _T_LAST + pack_integer(milliseconds), _DATABASE, _NO_MORE]
    if summary.query_type != _READ_ONLY:
        counts = _counts(summary.counters)
        if counts:
            entries.append(entry("stats", counts))
    if summary.plan is not None:
        entries.append(entry("plan", cast(Value, summary.plan)))  # describe() gives strings, numbers, lists, maps
    if summary.profile is not None:
        entries.append(entry("profile", cast(Value, summary.profile)))  # likewise
    notifications = wanted.wanted(summary.notifications) if summary.notifications else []
    if version.statuses:
        ended = OMITTED if not stream.result.columns else SUCCEEDED if stream.has_rows else NO_DATA
        entries.append(_statuses(ended, notifications) if notifications else _STATUSES[ended["gql_status"]])
    elif notifications:
        entries.append(entry("notifications", cast(Value, notifications)))  # maps of strings and numbers
    return entries


def _counts(counters: Counters) -> dict[str, Value]:
    counts: dict[str, Value] = {}
    for field in fields(counters):
        count = getattr(counters, field.name)
        if count:
            counts[field.name.replace("_", "-")] = count
    if counts:
        counts["contains-updates"] = True
    return counts


def _statuses(ended: Notification, notifications: list[Notification]) -> bytes:
    """In GQL's order: no data, warnings, success, information."""
    order = {"02": 0, "01": 1, "00": 2, "03": 3}
    statuses = [ended, *map(status_of, notifications)]
    statuses.sort(key=lambda status: order[str(status["gql_status"])[:2]])
    return entry("statuses", cast(Value, statuses))  # maps of strings, numbers and maps
