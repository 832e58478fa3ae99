"""What drivers of other years do, which agree on an older version of Bolt: `python older.py bolt://… 4.4`.

It needs nothing but the driver, from 4.4 on. It prints `done`, or what differs, and then ends with 1.
"""

import sys

from checks import Difference, expect, expect_error
from neo4j import GraphDatabase, Session, __version__
from neo4j.exceptions import ClientError, CypherSyntaxError
from neo4j.time import Date, DateTime, Duration, Time
from pytz import FixedOffset, timezone


def main(uri: str, version: str) -> int:
    """Run all of it; gives the exit status."""
    print("driver", __version__)
    try:
        with GraphDatabase.driver(uri, auth=("anyone", "anything")) as driver, driver.session(fetch_size=3) as session:
            driver.verify_connectivity()
            info = session.run("RETURN 1").consume().server
            expect(".".join(map(str, info.protocol_version)), version, "version of Bolt")
            values(session)
            elements(session)
            transactions(session)
            failures(session)
        with GraphDatabase.driver(uri.replace("bolt://", "neo4j://")) as driver, driver.session() as session:
            expect(session.run("RETURN 1 AS one").single()["one"], 1)
    except Difference as difference:
        print("differs:", difference, file=sys.stderr)
        return 1
    print("done")
    return 0


def values(session: Session) -> None:
    """There and back, as a property too; times with zones count in another way before Bolt 5."""
    zone = timezone("Europe/Stockholm")
    given = [
        -(1 << 63),
        1.5,
        "Größe ✓ 𝄞",
        [1, 2, 3],
        Date(2024, 2, 29),
        Time(23, 59, 59, 999_999_999, FixedOffset(-450)),
        DateTime(2024, 2, 29, 12, 34, 56, 789_012_345),
        DateTime(2024, 2, 29, 12, 34, 56, 7, FixedOffset(345)),
        zone.localize(DateTime(2024, 1, 15, 12, 34, 56, 7)),
        zone.localize(DateTime(2024, 7, 15, 12, 34, 56, 7)),
        Duration(months=-1, days=2, seconds=-3, nanoseconds=-1),
    ]
    for value in given:
        found = session.run("CREATE (n:Kept {x: $x}) RETURN n.x AS x, [$x] AS list", x=value).single()
        expect(found["x"], value)
        expect(found["list"], [value])
    nested = {"a": [1, None, {"b": [True, {"c": 0.5}]}]}
    expect(session.run("RETURN $x AS x", x=nested).single()["x"], nested)
    hours = session.run(
        "WITH datetime('2024-07-15T12:00:00+02:00[Europe/Stockholm]') AS t RETURN t, t.hour AS h"
    ).single()
    expect((hours["t"].hour, hours["h"]), (12, 12), "hour of a time with a zone")


def elements(session: Session) -> None:
    """Nodes, relationships and paths."""
    record = session.run("CREATE p = (a:A:B {x: 1})-[r:T {y: 2}]->(b:C) RETURN a, r, b, p").single()
    a, r, p = record["a"], record["r"], record["p"]
    expect((set(a.labels), dict(a)), ({"A", "B"}, {"x": 1}), "node")
    expect((r.type, dict(r), r.start_node == a, r.end_node == record["b"]), ("T", {"y": 2}, True, True), "relationship")
    expect(([part.type for part in p.relationships], p.end_node == record["b"]), (["T"], True), "path")


def transactions(session: Session) -> None:
    """Two open results, commit, rollback, bookmarks."""
    with session.begin_transaction() as transaction:
        first = transaction.run("UNWIND range(1, 9) AS x RETURN x")
        second = transaction.run("UNWIND range(11, 19) AS x RETURN x")
        pairs = [(a["x"], b["x"]) for a, b in zip(first, second, strict=True)]
        expect(pairs, [(x, x + 10) for x in range(1, 10)], "rows of two results in turn")
        transaction.run("CREATE (:Done)").consume()
        transaction.commit()
    with session.begin_transaction() as transaction:
        transaction.run("CREATE (:Done)").consume()
        transaction.rollback()
    expect(session.run("MATCH (n:Done) RETURN count(n)").single()[0], 1, "nodes after a commit and a rollback")
    summary = session.run("CREATE (:Done)").consume()
    expect((summary.counters.nodes_created, summary.query_type), (1, "w"), "summary")
    expect([row["x"] for row in session.run("UNWIND range(1, 1000) AS x RETURN x")], list(range(1, 1001)), "rows")


def failures(session: Session) -> None:
    """Errors by class; the session goes on."""
    error = expect_error(CypherSyntaxError, lambda: session.run("RETRUN 1").consume())
    expect(error.code, "Neo.ClientError.Statement.SyntaxError", "code")
    error = expect_error(ClientError, lambda: session.run("RETURN $missing").consume())
    expect(error.code, "Neo.ClientError.Statement.ParameterMissing", "code")
    expect(session.run("RETURN 1").single()[0], 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
