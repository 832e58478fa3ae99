"""Checks: errors, and that the session goes on after each."""

import time

from checks import Context, expect, expect_error
from neo4j import Query, Session
from neo4j.exceptions import ClientError, CypherSyntaxError, Neo4jError, TransactionError

ENDLESS = "UNWIND range(1, 100000) AS x UNWIND range(1, 100000) AS y WITH x, y WHERE x + y < 0 RETURN count(*)"


def goes_on(session: Session) -> None:
    """The session still answers."""
    expect(session.run("RETURN 1 AS one").single(strict=True)["one"], 1, "the next answer")


def syntax_error(context: Context) -> None:
    with context.driver.session() as session:
        error = expect_error(CypherSyntaxError, lambda: session.run("RETURN 1 AS x\nRETRUN 2").consume())
        expect(error.code, "Neo.ClientError.Statement.SyntaxError", "code")
        expect("line 2" in error.message, True, f"line 2 in {error.message!r}")
        goes_on(session)


def parameter_missing(context: Context) -> None:
    with context.driver.session() as session:
        error = expect_error(ClientError, lambda: session.run("RETURN $missing").consume())
        expect(error.code, "Neo.ClientError.Statement.ParameterMissing", "code")
        expect("missing" in error.message, True, f"the name in {error.message!r}")
        goes_on(session)


def type_error(context: Context) -> None:
    with context.driver.session() as session:
        error = expect_error(ClientError, lambda: session.run("RETURN $x - 1", x="text").consume())
        expect(error.code, "Neo.ClientError.Statement.TypeError", "code")
        goes_on(session)
        error = expect_error(Neo4jError, lambda: session.run("UNWIND [2, 1, 0] AS x RETURN 1 / x").consume())
        expect(error.code, "Neo.ClientError.Statement.ArithmeticError", "code")
        goes_on(session)


def error_in_transaction(context: Context) -> None:
    with context.driver.session() as session:
        transaction = session.begin_transaction()
        transaction.run("CREATE (:Kept)").consume()
        expect_error(ClientError, lambda: transaction.run("RETURN 1 / 0").consume())
        expect_error(TransactionError, lambda: transaction.run("RETURN 1").consume())
        transaction.close()
        count = session.run("MATCH (n:Kept) RETURN count(n)").single(strict=True)[0]
        expect(count, 0, "nodes after the rollback")
        error = expect_error(ClientError, lambda: session.execute_read(lambda tx: tx.run("CREATE (:Kept)").consume()))
        expect(error.code, "Neo.ClientError.Statement.AccessMode", "code of a write in a read transaction")
        goes_on(session)


def unknown_database(context: Context) -> None:
    with context.driver.session(database="nosuch") as session:
        error = expect_error(ClientError, lambda: session.run("RETURN 1").consume())
        expect(error.code, "Neo.ClientError.Database.DatabaseNotFound", "code")
    for name in ("memgraph", "neo4j"):
        with context.driver.session(database=name) as session:
            goes_on(session)


def timeout(context: Context) -> None:
    with context.driver.session() as session:
        begin = time.monotonic()
        error = expect_error(Neo4jError, lambda: session.run(Query(ENDLESS, timeout=0.3)).consume())
        expect(error.code, "Neo.ClientError.Transaction.TransactionTimedOut", "code")
        expect(time.monotonic() - begin < 30, True, "that the statement ends soon")
        goes_on(session)
        transaction = session.begin_transaction(timeout=0.3)
        error = expect_error(Neo4jError, lambda: transaction.run(ENDLESS).consume())
        expect(error.code, "Neo.ClientError.Transaction.TransactionTimedOut", "code in a transaction")
        goes_on(session)


CHECKS = {
    "syntax_error": syntax_error,
    "parameter_missing": parameter_missing,
    "type_error": type_error,
    "error_in_transaction": error_in_transaction,
    "unknown_database": unknown_database,
    "timeout": timeout,
}
