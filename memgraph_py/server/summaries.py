"""Summaries: what the first and the last SUCCESS of a result say, as they are sent.

Most of them are the same again and again, and are remembered.
"""

from functools import lru_cache
from typing import cast

from memgraph_py.bolt.framing import frame
from memgraph_py.bolt.handshake import ProtocolVersion
from memgraph_py.bolt.messages import entry, success_of
from memgraph_py.bolt.notifications import NO_DATA, OMITTED, SUCCEEDED, Notification, NotificationFilter, status_of
from memgraph_py.bolt.packstream import pack_integer, pack_text
from memgraph_py.execution.executor import COUNTERS
from memgraph_py.functions.procedures import DATABASE
from memgraph_py.server.records import RecordStream
from memgraph_py.values.types import Value

_T_LAST, _BOOKMARK = pack_text("t_last"), pack_text("bookmark")
_DATABASE = entry("db", DATABASE)
_NO_MORE = entry("has_more", False)
"""In the last SUCCESS of every result: a C client crashes without it."""
NO_COUNTS: tuple[int, ...] = ()
_QUERY_TYPES = {kind: entry("type", kind) for kind in ("r", "rw", "w", "s")}
_STATUSES: dict[str, bytes] = {
    str(status["gql_status"]): entry("statuses", [status]) for status in (SUCCEEDED, OMITTED, NO_DATA)
}
READ_ONLY = "r"
BOOKMARK_HEAD = "FB:memgraph-py:"
REMEMBERED_COLUMNS_MAX, REMEMBERED_CHARACTERS_MAX = 20, 100
"""Of results whose first answer is remembered: names come from clients, and may be long."""


def beginning(columns: tuple[str, ...], milliseconds: int, qid: int | None, names_database: bool) -> bytes:
    """The answer to RUN. qid: of a statement in a transaction."""
    if len(columns) > REMEMBERED_COLUMNS_MAX or any(len(name) > REMEMBERED_CHARACTERS_MAX for name in columns):
        return _beginning.__wrapped__(columns, milliseconds, qid, names_database)
    return _beginning(columns, milliseconds, qid, names_database)


@lru_cache(maxsize=1_000)
def _beginning(columns: tuple[str, ...], milliseconds: int, qid: int | None, names_database: bool) -> bytes:
    entries = [entry("fields", list(columns)), entry("t_first", milliseconds)]
    if qid is not None:
        entries.append(entry("qid", qid))
    if names_database:
        entries.append(_DATABASE)
    return frame(success_of(entries))


def ending(stream: RecordStream, wanted: NotificationFilter, version: ProtocolVersion, bookmark: int | None) -> bytes:
    """The answer to the last PULL: what the statement did, and what of its notifications the client wants to hear.

    bookmark: the version of the graph that is now, None in a transaction.
    """
    summary = stream.result.summary()
    milliseconds = int(summary.seconds_to_consumed * 1000)
    status = None
    if version.statuses:
        ended = OMITTED if not stream.result.columns else SUCCEEDED if stream.has_rows else NO_DATA
        status = str(ended["gql_status"])
    counts = NO_COUNTS if summary.query_type == READ_ONLY else summary.counters.as_tuple()
    if not summary.notifications and summary.plan is None and summary.profile is None:
        return plain_ending(summary.query_type, milliseconds, counts, status, bookmark)
    entries = _entries(summary.query_type, milliseconds, counts)
    if summary.plan is not None:
        entries.append(entry("plan", cast(Value, summary.plan)))  # describe() gives strings, numbers, lists, maps
    if summary.profile is not None:
        entries.append(entry("profile", cast(Value, summary.profile)))  # likewise
    _add_notifications(entries, wanted.wanted(summary.notifications), ended if version.statuses else None)
    _add_bookmark(entries, bookmark)
    return frame(success_of(entries))


def ending_of_write(
    counts: tuple[int, ...], notifications: list[Notification], wanted: NotificationFilter, version: ProtocolVersion
) -> bytes:
    """``ending`` of a statement in a transaction that changed so much in no time, and has no rows."""
    if not notifications:
        return plain_ending("w", 0, counts, str(OMITTED["gql_status"]) if version.statuses else None, None)
    entries = _entries("w", 0, counts)
    _add_notifications(entries, wanted.wanted(notifications), OMITTED if version.statuses else None)
    return frame(success_of(entries))


def plain_ending(
    query_type: str, milliseconds: int, counts: tuple[int, ...], status: str | None, bookmark: int | None
) -> bytes:
    """``ending`` where there are no notifications, and no plan is shown. status: None where the version has none."""
    if bookmark is None:
        return _without_bookmark(query_type, milliseconds, counts, status)
    # each commit has another one, so it is what is not remembered
    return frame(_up_to_bookmark(query_type, milliseconds, counts, status) + _bookmark(bookmark))


@lru_cache(maxsize=1_000)
def _without_bookmark(query_type: str, milliseconds: int, counts: tuple[int, ...], status: str | None) -> bytes:
    return frame(success_of(_plain_entries(query_type, milliseconds, counts, status)))


@lru_cache(maxsize=1_000)
def _up_to_bookmark(query_type: str, milliseconds: int, counts: tuple[int, ...], status: str | None) -> bytes:
    """The message as far as its last entry's key."""
    return success_of([*_plain_entries(query_type, milliseconds, counts, status), _BOOKMARK])


def _plain_entries(query_type: str, milliseconds: int, counts: tuple[int, ...], status: str | None) -> list[bytes]:
    entries = _entries(query_type, milliseconds, counts)
    if status is not None:
        entries.append(_STATUSES[status])
    return entries


def _entries(query_type: str, milliseconds: int, counts: tuple[int, ...]) -> list[bytes]:
    entries = [_QUERY_TYPES[query_type], _T_LAST + pack_integer(milliseconds), _DATABASE, _NO_MORE]
    if any(counts):
        entries.append(_stats(counts))
    return entries


@lru_cache(maxsize=1_000)
def _stats(counts: tuple[int, ...]) -> bytes:
    names = (name.replace("_", "-") for name in COUNTERS)
    told: dict[str, Value] = {name: count for name, count in zip(names, counts, strict=True) if count}
    told["contains-updates"] = True
    return entry("stats", told)


def _add_notifications(entries: list[bytes], notifications: list[Notification], ended: "Notification | None") -> None:
    """ended: how the statement ended, where the client knows statuses."""
    if ended is not None:
        status = str(ended["gql_status"])
        entries.append(_statuses(ended, notifications) if notifications else _STATUSES[status])
    elif notifications:
        entries.append(entry("notifications", cast(Value, notifications)))  # maps of strings and numbers


def _add_bookmark(entries: list[bytes], bookmark: int | None) -> None:
    if bookmark is not None:
        entries.append(_BOOKMARK + _bookmark(bookmark))


@lru_cache(maxsize=1)
def _bookmark(version: int) -> bytes:
    """Of the last version that was named: the commits of one sync name the same."""
    return pack_text(f"{BOOKMARK_HEAD}{version}")


def _statuses(ended: Notification, notifications: list[Notification]) -> bytes:
    """In GQL's order: no data, warnings, success, information."""
    order = {"02": 0, "01": 1, "00": 2, "03": 3}
    statuses = [ended, *map(status_of, notifications)]
    statuses.sort(key=lambda status: order[str(status["gql_status"])[:2]])
    return entry("statuses", cast(Value, statuses))  # maps of strings, numbers and maps
