"""What a transaction may ask for at its beginning: a database that is there, and a graph that is new enough."""

from collections.abc import Iterable

from memgraph_py.errors import BookmarkTimeout, DatabaseNotFound, InvalidBookmark
from memgraph_py.functions.procedures import ALIASES, DATABASE
from memgraph_py.server.summaries import BOOKMARK_HEAD

DATABASE_NAMES = {DATABASE, *ALIASES}
ROUTED_NAMES = {*DATABASE_NAMES, "system"}
"""The Java driver's verifyConnectivity asks where the database is that every Neo4j has."""


def check_database(name: str | None, known: set[str] = DATABASE_NAMES) -> None:
    """Raises DatabaseNotFound where the database is not one of these; None is the one there is."""
    if name is not None and name.lower() not in known:
        raise DatabaseNotFound(f"there is no database '{name[:100]}'", hint=f"leave it out, or use '{DATABASE}'")


def check_bookmarks(bookmarks: Iterable[str], current: int) -> None:
    """Raises InvalidBookmark, or BookmarkTimeout for one that was given out elsewhere: what this server has
    acknowledged it has published. current: the version of the graph."""
    for bookmark in bookmarks:
        version = bookmark.removeprefix(BOOKMARK_HEAD)
        if version == bookmark or not (version.isascii() and version.isdigit()):
            raise InvalidBookmark(f"the bookmark '{bookmark[:100]}' is not one of this server")
        if int(version) > current:
            raise BookmarkTimeout(
                f"the database is not as new as the bookmark '{bookmark[:100]}'",
                hint="the bookmark may be of another server, or of data that are gone",
            )
