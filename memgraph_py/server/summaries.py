"""Summaries: what the first and the last SUCCESS of a result say, as they are sent.

Most of them are the same again and again, and are remembered.
"""

from functools import lru_cache
from typing import cast

from memgraph_py.bolt.framing import frame
from memgraph_py.bolt.handshake import ProtocolVersion
from memgraph_py.bolt.messages import entry, success_of
from memgraph_py.bolt.notifications import EVERYTHING, NO_DATA, OMITTED, SUCCEEDED, NotificationFilter, status_of
from memgraph_py.bolt.packstream import pack_integer, pack_text
from memgraph_py.engine.notifications import Notification
from memgraph_py.execution.executor import COUNTERS
from memgraph_py.functions.procedures import DATABASE
from memgraph_py.server.records import RecordStream
from memgraph_py.values.types import Value

_T_LAST, _BOOKMARK, _QID = pack_text("t_last"), pack_text("bookmark"), pack_text("qid")
_DATABASE = entry("db", DATABASE)
_NO_MORE = entry("has_more", False)
"""In the last SUCCESS of every result: a C client crashes without it."""
NO_COUNTS: tuple[int, ...] = ()
_QUERY_TYPES = {kind: entry("type", kind) for kind in ("r", "rw", "w", "s")}
_SUCCEEDED, _OMITTED, _NO_DATA = (str(status["gql_status"]) for status in (SUCCEEDED, OMITTED, NO_DATA))
_ENDINGS = {_SUCCEEDED: SUCCEEDED, _OMITTED: OMITTED, _NO_DATA: NO_DATA}
_STATUSES: dict[str, bytes] = {name: entry("statuses", [status]) for name, status in _ENDINGS.items()}
READ_ONLY = "r"
BOOKMARK_HEAD = "FB:memgraph-py:"
REMEMBERED_COLUMNS_MAX, REMEMBERED_CHARACTERS_MAX = 20, 100
"""Of results whose first answer is remembered: names come from clients, and may be long."""
REMEMBERED_NOTIFICATIONS_MAX, REMEMBERED_BYTES_MAX = 8, 8_000
"""Of results whose last answer is remembered, likewise; bytes of what is told of how it ended."""


def beginning(columns: tuple[str, ...], milliseconds: int, qid: int | None, names_database: bool) -> bytes:
    """The answer to RUN. qid: of a statement in a transaction, which does not name the database."""
    is_long = len(columns) > REMEMBERED_COLUMNS_MAX or any(len(name) > REMEMBERED_CHARACTERS_MAX for name in columns)
    if qid is None:
        make = _beginning.__wrapped__ if is_long else _beginning
        return make(columns, milliseconds, names_database)
    up_to = _up_to_qid.__wrapped__ if is_long else _up_to_qid
    return frame(up_to(columns, milliseconds) + pack_integer(qid))


@lru_cache(maxsize=1_000)
def _beginning(columns: tuple[str, ...], milliseconds: int, names_database: bool) -> bytes:
    entries = [entry("fields", list(columns)), entry("t_first", milliseconds)]
    return frame(success_of([*entries, _DATABASE] if names_database else entries))


@lru_cache(maxsize=1_000)
def _up_to_qid(columns: tuple[str, ...], milliseconds: int) -> bytes:
    """The message as far as its last entry's key: each statement of a transaction has another number."""
    return success_of([entry("fields", list(columns)), entry("t_first", milliseconds), _QID])


def ending(stream: RecordStream, wanted: NotificationFilter, version: ProtocolVersion, bookmark: int | None) -> bytes:
    """The answer to the last PULL: what the statement did, and what of its notifications the client wants to hear.

    bookmark: the version of the graph that is now, None in a transaction.
    """
    result = stream.result
    summary = result.summary()
    milliseconds = int(summary.seconds_to_consumed * 1000)
    told = outcome(version, bool(result.columns), stream.has_rows, summary.notifications, wanted)
    counts = NO_COUNTS if summary.query_type == READ_ONLY else summary.counters.as_tuple()
    if summary.plan is None and summary.profile is None:
        return plain_ending(summary.query_type, milliseconds, counts, told, bookmark)
    entries = _entries(summary.query_type, milliseconds, counts)
    if summary.plan is not None:
        entries.append(entry("plan", cast(Value, summary.plan)))  # describe() gives strings, numbers, lists, maps
    if summary.profile is not None:
        entries.append(entry("profile", cast(Value, summary.profile)))  # likewise
    entries += [told] if told else []
    if bookmark is not None:
        entries.append(_BOOKMARK + _bookmark(bookmark))
    return frame(success_of(entries))


def outcome(
    version: ProtocolVersion,
    has_columns: bool,
    has_rows: bool,
    notifications: tuple[Notification, ...] = (),
    wanted: NotificationFilter = EVERYTHING,
) -> bytes:
    """The entry that tells how the statement ended, where the version has one, and its notifications; empty where there
    is nothing to tell."""
    ended = None
    if version.statuses:
        ended = _OMITTED if not has_columns else _SUCCEEDED if has_rows else _NO_DATA
    if not notifications:
        return b"" if ended is None else _STATUSES[ended]
    is_long = len(notifications) > REMEMBERED_NOTIFICATIONS_MAX or any(
        len(one.description) > REMEMBERED_BYTES_MAX // REMEMBERED_NOTIFICATIONS_MAX for one in notifications
    )
    make = _notified.__wrapped__ if is_long else _notified
    return make(ended, notifications, wanted)


def plain_ending(
    query_type: str, milliseconds: int, counts: tuple[int, ...], told: bytes, bookmark: int | None
) -> bytes:
    """``ending`` where no plan is shown. told: by ``outcome``."""
    is_long = len(told) > REMEMBERED_BYTES_MAX
    if bookmark is None:
        make = _without_bookmark.__wrapped__ if is_long else _without_bookmark
        return make(query_type, milliseconds, counts, told)
    # each commit has another one, so it is what is not remembered
    up_to = _up_to_bookmark.__wrapped__ if is_long else _up_to_bookmark
    return frame(up_to(query_type, milliseconds, counts, told) + _bookmark(bookmark))


@lru_cache(maxsize=1_000)
def _without_bookmark(query_type: str, milliseconds: int, counts: tuple[int, ...], told: bytes) -> bytes:
    return frame(success_of(_plain_entries(query_type, milliseconds, counts, told)))


@lru_cache(maxsize=1_000)
def _up_to_bookmark(query_type: str, milliseconds: int, counts: tuple[int, ...], told: bytes) -> bytes:
    """The message as far as its last entry's key."""
    return success_of([*_plain_entries(query_type, milliseconds, counts, told), _BOOKMARK])


def _plain_entries(query_type: str, milliseconds: int, counts: tuple[int, ...], told: bytes) -> list[bytes]:
    entries = _entries(query_type, milliseconds, counts)
    return [*entries, told] if told else entries


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


@lru_cache(maxsize=1)
def _bookmark(version: int) -> bytes:
    """Of the last version that was named: the commits of one sync name the same."""
    return pack_text(f"{BOOKMARK_HEAD}{version}")


@lru_cache(maxsize=1_000)
def _notified(ended: str | None, notifications: tuple[Notification, ...], wanted: NotificationFilter) -> bytes:
    """ended: the status, where the version has them: then they come in GQL's order, which is no data, warnings,
    success, information."""
    told = wanted.wanted([one.as_map() for one in notifications])
    if ended is None:
        return entry("notifications", cast(Value, told)) if told else b""  # maps of strings and numbers
    order = {"02": 0, "01": 1, "00": 2, "03": 3}
    statuses = [_ENDINGS[ended], *map(status_of, told)]
    statuses.sort(key=lambda status: order[str(status["gql_status"])[:2]])
    return entry("statuses", cast(Value, statuses))  # likewise, and maps
