"""Checks: how a driver finds and greets the server."""

from checks import Context, expect
from neo4j import READ_ACCESS, WRITE_ACCESS, GraphDatabase


def handshake(context: Context) -> None:
    """The newest version in common, and a server that says what it is."""
    info = context.driver.get_server_info()
    expect(".".join(map(str, info.protocol_version)), context.version, "version of Bolt")
    expect(info.agent.startswith("Neo4j/5.26.0 compatible (memgraph-py "), True, f"agent {info.agent!r} as announced")


def connectivity(context: Context) -> None:
    """Both schemes, with credentials and without."""
    for uri in (context.uri, context.uri.replace("bolt://", "neo4j://")):
        for auth in (None, ("anyone", "anything")):
            with GraphDatabase.driver(uri, auth=auth) as driver:
                driver.verify_connectivity()


def routing(context: Context) -> None:
    """A routing table with this server for all roles; reads and writes go there."""
    with GraphDatabase.driver(context.uri.replace("bolt://", "neo4j://")) as driver:
        with driver.session(default_access_mode=WRITE_ACCESS) as session:
            session.execute_write(lambda tx: tx.run("CREATE (:Routed)").consume())
            bookmarks = session.last_bookmarks()
        with driver.session(default_access_mode=READ_ACCESS, bookmarks=bookmarks) as session:
            count = session.execute_read(lambda tx: tx.run("MATCH (n:Routed) RETURN count(n)").single(strict=True)[0])
        expect(count, 1, "nodes written by way of a routing table")


def telemetry(context: Context) -> None:
    """Each way to run a query tells the server of itself, when asked to."""
    with GraphDatabase.driver(context.telemetry_uri) as driver:
        driver.execute_query("RETURN 1")
        with driver.session() as session:
            session.execute_read(lambda tx: tx.run("RETURN 1").consume())
            with session.begin_transaction() as transaction:
                transaction.run("RETURN 1").consume()
            expect(session.run("RETURN 1 AS one").single(strict=True)["one"], 1)


def notification_filter(context: Context) -> None:
    """Filters for a driver and for a session are accepted, and a query without fault has no notifications."""
    with GraphDatabase.driver(
        context.uri, notifications_min_severity="WARNING", notifications_disabled_classifications=["HINT"]
    ) as driver:
        driver.verify_connectivity()
        with driver.session(notifications_min_severity="OFF") as session:
            statuses = session.run("RETURN 1 AS one").consume().gql_status_objects
            expect([status.is_notification for status in statuses], [False], "which statuses are notifications")


CONNECTIONS = {
    "handshake": handshake,
    "connectivity": connectivity,
    "routing": routing,
    "telemetry": telemetry,
    "notification_filter": notification_filter,
}
