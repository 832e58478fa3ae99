"""Checks: results that are read piece by piece, and what their summaries say."""

from checks import Context, expect, expect_error
from neo4j.exceptions import ResultConsumedError

ROWS = 100_000


def several_results(context: Context) -> None:
    with context.driver.session(fetch_size=3) as session, session.begin_transaction() as transaction:
        first = transaction.run("UNWIND range(1, 20) AS x RETURN x")
        second = transaction.run("UNWIND range(101, 120) AS x RETURN x")
        third = transaction.run("UNWIND range(201, 220) AS x RETURN x")
        rows = [(a["x"], b["x"]) for a, b in zip(first, second, strict=True)]
        expect(rows, [(x, x + 100) for x in range(1, 21)], "rows of two results in turn")
        expect(next(third)["x"], 201, "first row of the third")
        transaction.commit()


def streaming(context: Context) -> None:
    with context.driver.session(fetch_size=100) as session:
        result = session.run("UNWIND range(1, $rows) AS x RETURN x, 'row ' + toString(x) AS text", rows=ROWS)
        for number, record in enumerate(result, 1):
            if record["x"] != number or record["text"] != f"row {number}":
                expect(record.values(), [number, f"row {number}"], "record")
        expect(number, ROWS, "number of rows")


def early_discard(context: Context) -> None:
    with context.driver.session() as session:  # left with an open result
        expect(next(session.run("UNWIND range(1, 1000000) AS x RETURN x"))["x"], 1, "first row")
    with context.driver.session(fetch_size=100) as session:
        result = session.run("UNWIND range(1, 1000000) AS x RETURN x")
        expect([next(result)["x"] for _ in range(150)], list(range(1, 151)), "first rows")
        expect(result.consume().query_type, "r", "query type")
        expect_error(ResultConsumedError, lambda: next(result))
        expect(session.run("RETURN 2 AS two").single(strict=True)["two"], 2, "row of the next query")
        result = session.run("UNWIND range(1, 1000) AS x CREATE (n:Made) RETURN n")
        expect(result.consume().counters.nodes_created, 1000, "nodes made by a query whose rows are not wanted")


def summary(context: Context) -> None:
    text = "CREATE (a:A:B {x: 1, y: 2})-[:T {z: 3}]->(b:C) REMOVE a.y SET b:D RETURN a"
    told = context.driver.execute_query(text).summary
    counters = told.counters
    found = (counters.nodes_created, counters.relationships_created, counters.labels_added, counters.properties_set)
    expect(found, (2, 1, 4, 4), "nodes, relationships, labels, properties")
    expect((counters.contains_updates, told.query_type), (True, "rw"), "updates, query type")
    told = context.driver.execute_query("MATCH (n) DETACH DELETE n").summary
    expect((told.counters.nodes_deleted, told.counters.relationships_deleted, told.query_type), (2, 1, "w"), "deletion")
    told = context.driver.execute_query("RETURN $x AS x", x=1).summary
    expect((told.query, told.parameters, told.query_type), ("RETURN $x AS x", {"x": 1}, "r"), "query")
    expect(told.counters.contains_updates, False, "updates of a read")
    expect(told.result_available_after >= 0 and told.result_consumed_after >= 0, True, "times that are not negative")
    expect(told.server.agent.startswith("Neo4j/"), True, "server agent")
    expect(told.database, "neo4j", "database")
    for text, status in (("RETURN 1", "00000"), ("CREATE ()", "00001"), ("UNWIND [] AS n RETURN n", "02000")):
        with context.driver.session() as session:
            result = session.run(text)
            list(result)
            expect([told.gql_status for told in result.consume().gql_status_objects], [status], f"status of {text}")
    told = context.driver.execute_query("CREATE INDEX ON :Summary(x)").summary
    expect((told.counters.indexes_added, told.query_type), (1, "s"), "index")
    told = context.driver.execute_query("DROP INDEX ON :Summary(x)").summary
    expect(told.counters.indexes_removed, 1, "indexes removed")


def plan(context: Context) -> None:
    told = context.driver.execute_query("EXPLAIN MATCH (n:A) WHERE n.x > 1 RETURN n.x AS x").summary
    expect(bool(told.plan), True, "that there is a plan")
    expect(type(told.plan["operatorType"]), str, "type of an operator's name")
    expect(len(told.plan["children"]) > 0, True, "that the plan has children")
    expect(told.profile, None, "profile")
    records = context.driver.execute_query("EXPLAIN CREATE (:Explained)").records
    expect(records, [], "records of EXPLAIN")
    count = context.driver.execute_query("MATCH (n:Explained) RETURN count(n) AS count").records[0]["count"]
    expect(count, 0, "nodes made by EXPLAIN")


CHECKS = {
    "several_results": several_results,
    "streaming": streaming,
    "early_discard": early_discard,
    "summary": summary,
    "plan": plan,
}
