"""Checks: transactions, from one statement to retried ones."""

from checks import Context, expect, expect_error
from neo4j import ManagedTransaction, Session
from neo4j.exceptions import TransientError

COUNT = "MATCH (n:Kept) RETURN count(n)"


def count(session: Session) -> int:
    """Nodes with the label Kept."""
    return session.run(COUNT).single(strict=True)[0]


def auto_commit(context: Context) -> None:
    with context.driver.session() as session, context.driver.session() as other:
        session.run("CREATE (:Kept)").consume()
        expect(count(other), 1, "nodes seen by another session")
        session.run("UNWIND range(1, 9) AS x CREATE (:Kept)")  # not consumed: the next one does it
        expect(count(session), 10, "nodes")


def explicit_transaction(context: Context) -> None:
    with context.driver.session() as session, context.driver.session() as other:
        with session.begin_transaction(metadata={"app": "checks"}, timeout=30) as transaction:
            transaction.run("CREATE (:Kept)").consume()
            expect(transaction.run(COUNT).single(strict=True)[0], 1, "own nodes before the commit")
            expect(count(other), 0, "others' nodes before the commit")
            transaction.commit()
        expect(count(other), 1, "nodes after the commit")
        with session.begin_transaction() as transaction:
            transaction.run("CREATE (:Kept)").consume()
            transaction.rollback()
        transaction = session.begin_transaction()
        transaction.run("CREATE (:Kept)").consume()
        transaction.close()
        expect(count(session), 1, "nodes after two rollbacks")


def managed_transaction(context: Context) -> None:
    class Own(Exception):
        pass

    def fail(transaction: ManagedTransaction) -> None:
        transaction.run("CREATE (:Kept)").consume()
        raise Own

    with context.driver.session() as session:
        made = session.execute_write(lambda tx: tx.run("CREATE (n:Kept {x: 7}) RETURN n.x").single(strict=True)[0])
        expect(made, 7, "result")
        expect_error(Own, lambda: session.execute_write(fail))
        expect(session.execute_read(lambda tx: tx.run(COUNT).single(strict=True)[0]), 1, "nodes")
    summary = context.driver.execute_query("CREATE (:Kept)").summary
    expect(summary.counters.nodes_created, 1, "nodes made by execute_query")


def bookmarks(context: Context) -> None:
    with context.driver.session() as session:
        session.run("CREATE (:Kept)").consume()
        first = session.last_bookmarks()
        session.execute_write(lambda tx: tx.run("CREATE (:Kept)").consume())
        second = session.last_bookmarks()
    expect((len(first.raw_values), len(second.raw_values)), (1, 1), "bookmarks after two commits")
    expect(first.raw_values != second.raw_values, True, "that each commit has its own bookmark")
    with context.driver.session(bookmarks=first + second) as session:
        expect(count(session), 2, "nodes")
    with context.driver.session(bookmarks=second) as session, session.begin_transaction() as transaction:
        expect(transaction.run(COUNT).single(strict=True)[0], 2, "nodes")


def retry_on_conflict(context: Context) -> None:
    attempts = 0
    with context.driver.session() as session, context.driver.session() as other:
        session.run("CREATE (:Counter {value: 0})").consume()

        def add(transaction: ManagedTransaction) -> None:
            nonlocal attempts
            attempts += 1
            transaction.run("MATCH (c:Counter) SET c.value = c.value + 1").consume()
            if attempts == 1:
                other.run("MATCH (c:Counter) SET c.value = c.value + 10").consume()

        session.execute_write(add)
        expect(attempts, 2, "attempts")
        expect(session.run("MATCH (c:Counter) RETURN c.value").single(strict=True)[0], 11, "both effects")

        transaction = session.begin_transaction()
        transaction.run("MATCH (c:Counter) SET c.value = 0").consume()
        other.run("MATCH (c:Counter) SET c.value = 1").consume()
        error = expect_error(TransientError, transaction.commit)
        expect(error.is_retryable(), True, "that the driver may try again")


CHECKS = {
    "auto_commit": auto_commit,
    "explicit_transaction": explicit_transaction,
    "managed_transaction": managed_transaction,
    "bookmarks": bookmarks,
    "retry_on_conflict": retry_on_conflict,
}
