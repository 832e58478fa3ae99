"""SHOW TRANSACTIONS and TERMINATE TRANSACTIONS."""

import pytest

from memgraph_py.engine.database import Database
from memgraph_py.errors import CypherError, TransactionTerminated
from memgraph_py.storage.store import GraphStore


@pytest.fixture
def database() -> Database:
    return Database(GraphStore())


def test_who_is_under_way(database: Database) -> None:
    writer, reader, watcher = database.session("10.0.0.1:5"), database.session(), database.session()
    writer.metadata = {"app": "test"}
    writer.begin()
    writer.run("CREATE (:N)").values()
    open_result = reader.run("UNWIND range(1, 100000) AS x RETURN x")
    open_result.take(1)
    asked = "SHOW TRANSACTIONS YIELD transactionId, currentQuery, clientAddress, status, elapsedTime, metaData"
    rows = watcher.run(f"{asked} WHERE currentQuery <> $own", {"own": asked}).values()
    rows = [row for row in rows if not str(row[1]).startswith("SHOW")]
    assert [(row[1], row[2], row[3]) for row in rows] == [
        ("CREATE (:N)", "10.0.0.1:5", "Running"),
        ("UNWIND range(1, 100000) AS x RETURN x", "", "Running"),
    ]
    assert rows[0][5] == {"app": "test"}
    one = watcher.run(f"SHOW TRANSACTIONS '{rows[0][0]}' YIELD currentQuery").values()
    assert one == [["CREATE (:N)"]]
    writer.rollback()
    assert watcher.run("SHOW TRANSACTIONS WHERE clientAddress = '10.0.0.1:5'").values() == []


def test_a_transaction_is_terminated(database: Database) -> None:
    victim, watcher = database.session(), database.session()
    victim.begin()
    victim.run("CREATE (:N)").values()
    (name,) = watcher.run(
        "SHOW TRANSACTIONS YIELD transactionId, currentQuery WHERE currentQuery = 'CREATE (:N)'"
    ).values()
    told = watcher.run(f"TERMINATE TRANSACTIONS '{name[0]}', 'neo4j-transaction-0'").values()
    assert told == [[name[0], "", "Transaction terminated."], ["neo4j-transaction-0", None, "Transaction not found."]]
    for attempt in (lambda: victim.run("RETURN 1"), victim.commit):
        with pytest.raises(TransactionTerminated) as caught:
            attempt()
        assert caught.value.code == "Neo.ClientError.Transaction.Terminated"
    victim.rollback()
    assert victim.run("MATCH (n:N) RETURN count(n)").values() == [[0]]


def test_a_statement_is_terminated_with_its_list(database: Database) -> None:
    victim, watcher = database.session(), database.session()
    result = victim.run("UNWIND range(1, 1000000) AS x RETURN x")
    result.take(1)
    watcher.run("TERMINATE TRANSACTION $ids", {"ids": [f"neo4j-transaction-{victim.number}"]}).values()
    with pytest.raises(TransactionTerminated):
        result.take(-1)
    assert victim.run("RETURN 1").values() == [[1]]


@pytest.mark.parametrize("text", ["TERMINATE NOTHING 'a'", "TERMINATE", "SHOW TRANSACTIONS 1 2"])
def test_what_is_no_command(database: Database, text: str) -> None:
    with pytest.raises(CypherError):
        database.session().run(text).values()


def test_the_words_stay_names(database: Database) -> None:
    assert database.session().run("WITH 1 AS terminate, 2 AS transaction RETURN terminate, transaction").values() == [
        [1, 2]
    ]
