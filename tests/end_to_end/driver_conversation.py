"""What a user of the official driver does, as one script: `python driver_conversation.py bolt://…`.

It stands alone, so that an interpreter with another version of the driver can run it. It prints `done` and the version.
"""

import sys

import neo4j
from neo4j import GraphDatabase
from neo4j.exceptions import ClientError, CypherSyntaxError, Neo4jError
from neo4j.time import Date


def main(uri: str) -> None:
    """The conversation; an assertion fails where the server does not keep its part."""
    with GraphDatabase.driver(uri, auth=("anyone", "anything")) as driver:
        driver.verify_connectivity()
        assert driver.get_server_info().agent.startswith("Neo4j/5.26.0 compatible (memgraph-py ")
        values(driver)
        elements(driver)
        transactions(driver)
        failures(driver)
    routing = uri.replace("bolt://", "neo4j://")
    with GraphDatabase.driver(routing) as driver:
        assert driver.execute_query("RETURN 1 AS one", routing_="r").records[0]["one"] == 1
    print("done", neo4j.__version__)


def values(driver: neo4j.Driver) -> None:
    """Every kind of value, there and back."""
    given = {
        "null": None,
        "bools": [True, False],
        "ints": [0, -1, 127, -129, 1 << 40, (1 << 63) - 1, -(1 << 63)],
        "floats": [1.5, -0.0, 1e300],
        "text": "Größe ✓ 𝄞",
        "long": "x" * 100_000,
        "bytes": b"\x00\xff",
        "map": {"a": {"b": [1, "c", None]}},
    }
    record = driver.execute_query("RETURN $given AS given", given=given).records[0]
    assert record["given"] == given
    records, summary, keys = driver.execute_query("UNWIND range(1, 10000) AS x RETURN x, toString(x) AS s")
    assert [tuple(record) for record in records] == [(x, str(x)) for x in range(1, 10_001)]
    assert keys == ["x", "s"]
    assert summary.query_type == "r"
    assert summary.result_available_after >= 0
    assert not summary.counters.contains_updates


def elements(driver: neo4j.Driver) -> None:
    """Nodes, relationships and paths; counters."""
    text = "CREATE p = (a:A:B {x: 1})-[r:T {since: 1.5}]->(b:C {y: 's'})<-[:U]-(c) RETURN a, r, b, p"
    (record,), summary, _ = driver.execute_query(text)
    a, r, b, p = record["a"], record["r"], record["b"], record["p"]
    assert a.labels == {"A", "B"}
    assert dict(a) == {"x": 1}
    assert (r.type, dict(r), r.start_node.element_id, r.end_node.element_id) == (
        "T",
        {"since": 1.5},
        a.element_id,
        b.element_id,
    )
    assert [relationship.type for relationship in p.relationships] == ["T", "U"]
    assert p.relationships[1].end_node == b
    counters = summary.counters
    assert (counters.nodes_created, counters.relationships_created, counters.labels_added) == (3, 2, 3)
    assert (counters.properties_set, counters.contains_updates, summary.query_type) == (3, True, "rw")
    graph = driver.execute_query("MATCH (n)-[r]->(m) RETURN n, r, m", result_transformer_=neo4j.Result.graph)
    assert (len(graph.nodes), len(graph.relationships)) == (3, 2)
    nested = driver.execute_query("MATCH (n:A) RETURN [n, {m: n}] AS list, n.missing AS nothing").records[0]
    assert nested["list"][1]["m"].element_id == a.element_id
    assert nested["nothing"] is None


def transactions(driver: neo4j.Driver) -> None:
    """Auto-commit, explicit, managed; bookmarks; several results at once."""
    with driver.session(fetch_size=2) as session:
        assert session.run("UNWIND range(1, 7) AS x RETURN x").value() == [1, 2, 3, 4, 5, 6, 7]
        session.run("CREATE (:Kept)").consume()
        assert list(session.last_bookmarks().raw_values)
        with session.begin_transaction() as transaction:
            transaction.run("CREATE (:Gone)")
            assert transaction.run("MATCH (n:Gone) RETURN count(n)").single()[0] == 1
            transaction.rollback()
        with session.begin_transaction() as transaction:
            first = transaction.run("UNWIND range(1, 9) AS x RETURN x")
            second = transaction.run("UNWIND range(11, 19) AS x RETURN x")
            pairs = [(a["x"], b["x"]) for a, b in zip(first, second, strict=False)]
            assert pairs == [(x, x + 10) for x in range(1, 10)]
            transaction.run("CREATE (:Kept)")
            transaction.commit()
        kept = session.execute_read(lambda tx: tx.run("MATCH (n:Kept) RETURN count(n)").single()[0])
        assert kept == 2
        session.execute_write(lambda tx: tx.run("MATCH (n:Kept) DELETE n").consume())
        result = session.run("MATCH (n) WHERE n:Kept OR n:Gone RETURN n")
        assert result.peek() is None
        session.run("UNWIND range(1, 1000) AS x RETURN x")  # abandoned: the rest is discarded
        assert session.run("RETURN 2").single()[0] == 2


def failures(driver: neo4j.Driver) -> None:
    """Errors by class, and that the session goes on after each."""
    with driver.session() as session:
        try:
            session.run("RETRUN 1").consume()
            raise AssertionError("no error")
        except CypherSyntaxError as error:
            assert error.code == "Neo.ClientError.Statement.SyntaxError"
            assert error.message
        try:
            session.run("RETURN $missing").consume()
            raise AssertionError("no error")
        except ClientError as error:
            assert error.code == "Neo.ClientError.Statement.ParameterMissing"
        assert session.run("RETURN 1").single()[0] == 1
        try:
            session.execute_read(lambda tx: tx.run("CREATE (:No)").consume())
            raise AssertionError("no error")
        except Neo4jError as error:
            assert "access mode" in str(error.message)
        transaction = session.begin_transaction()
        try:
            transaction.run("RETURN 1 / 0").consume()
            raise AssertionError("no error")
        except Neo4jError:
            transaction.close()
        assert session.run("RETURN $d", d=Date(2020, 1, 1)).single()[0] == Date(2020, 1, 1)


if __name__ == "__main__":
    main(sys.argv[1])
