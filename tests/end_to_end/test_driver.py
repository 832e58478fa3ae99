"""The official driver, where a test sees the server from both sides; tests/clients has what a driver alone can see."""

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from neo4j import AsyncGraphDatabase, Driver, GraphDatabase, Query
from neo4j.exceptions import ClientError, Neo4jError

from memgraph_py.server.app import EmbeddedServer


def test_the_installed_driver_chooses_from_the_manifest(
    server: EmbeddedServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="neo4j")
    with GraphDatabase.driver(server.bolt_uri) as driver:
        driver.verify_connectivity()
        assert driver.get_server_info().protocol_version == (5, 8)
    answers = [record.getMessage() for record in caplog.records if "S: <HANDSHAKE>" in record.getMessage()]
    assert answers
    assert all(answer.endswith("0x000001FF [2] 0x00080805 0x00030404 0x00") for answer in answers), answers


def test_many_connections_at_once(server: EmbeddedServer) -> None:
    async def ask(uri: str) -> list[int]:
        async with AsyncGraphDatabase.driver(uri) as driver:

            async def one(number: int) -> int:
                records = (await driver.execute_query("UNWIND range(0, 99) AS x RETURN x + $n AS x", n=number)).records
                assert [record["x"] for record in records] == list(range(number, number + 100))
                return number

            return await asyncio.gather(*(one(number) for number in range(40)))

    assert asyncio.run(ask(server.bolt_uri)) == list(range(40))


def test_a_writer_and_a_reader_in_transactions_of_their_own(driver: Driver) -> None:
    with driver.session() as writing, driver.session() as reading:
        transaction = writing.begin_transaction()
        transaction.run("CREATE (:Secret)").consume()
        assert reading.run("MATCH (n:Secret) RETURN count(n)").single(strict=True)[0] == 0
        transaction.commit()
        assert reading.run("MATCH (n:Secret) RETURN count(n)").single(strict=True)[0] == 1


def test_a_statement_that_takes_too_long_ends(driver: Driver) -> None:
    text = "UNWIND range(1, 100000) AS x UNWIND range(1, 100000) AS y WITH x, y WHERE x + y < 0 RETURN count(*)"
    with driver.session() as session:
        started = time.monotonic()
        with pytest.raises(Neo4jError) as caught:
            session.run(Query(text, timeout=0.3)).consume()  # type: ignore[arg-type]  # a text that is no literal
        assert caught.value.code == "Neo.ClientError.Transaction.TransactionTimedOut"
        assert time.monotonic() - started < 5
        assert session.run("RETURN 1").single(strict=True)[0] == 1


def test_a_long_statement_does_not_hold_up_the_others(driver: Driver) -> None:
    text = "UNWIND range(1, 20000) AS x UNWIND range(1, 1000) AS y WITH x, y WHERE x + y < 0 RETURN count(*)"
    ended = threading.Event()

    def long() -> None:
        with driver.session() as session:
            session.run(text).consume()  # type: ignore[arg-type]  # a text that is no literal
        ended.set()

    thread = threading.Thread(target=long)
    thread.start()
    answered = 0
    try:
        while not ended.is_set() and answered < 50:
            driver.execute_query("RETURN 1")
            answered += 1
    finally:
        thread.join()
    assert answered >= 20


def test_explain_gives_the_plan(driver: Driver) -> None:
    summary = driver.execute_query("EXPLAIN MATCH (n:A) RETURN n.x").summary
    assert summary.plan is not None
    assert summary.plan["operatorType"]
    assert driver.execute_query("MATCH (n) RETURN count(n) AS c").records[0]["c"] == 0


def test_a_conflict_is_retried_by_the_driver(driver: Driver) -> None:
    driver.execute_query("CREATE (:Counter {value: 0})")

    def add(uri: str) -> None:
        with GraphDatabase.driver(uri) as own, own.session() as session:
            for _ in range(20):
                session.execute_write(lambda tx: tx.run("MATCH (c:Counter) SET c.value = c.value + 1").consume())

    address = driver.get_server_info().address
    uri = f"bolt://{address[0]}:{address[1]}"
    threads = [threading.Thread(target=add, args=(uri,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert driver.execute_query("MATCH (c:Counter) RETURN c.value AS value").records[0]["value"] == 60


def test_a_lost_connection_rolls_back(make_server: Callable[..., EmbeddedServer]) -> None:
    server = make_server()
    with GraphDatabase.driver(server.bolt_uri) as driver, driver.session() as session:
        transaction = session.begin_transaction()
        transaction.run("CREATE (:Lost)").consume()
        transaction._connection.kill()  # type: ignore[attr-defined]  # pulls the plug
        assert driver.execute_query("MATCH (n:Lost) RETURN count(n) AS c").records[0]["c"] == 0
        driver.execute_query("CREATE (:Found)")


def test_an_error_names_its_place(driver: Driver) -> None:
    with pytest.raises(ClientError) as caught:
        driver.execute_query("RETURN 1 +")
    assert "line 1" in str(caught.value.message)


def test_the_example_of_the_driver(server: EmbeddedServer) -> None:
    script = Path(__file__).parents[2] / "examples" / "driver.py"
    for uri in (server.bolt_uri, server.bolt_uri.replace("bolt://", "neo4j://")):  # a second run finds what it made
        words = [sys.executable, "-W", "error", str(script), uri]
        ended = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        assert (ended.returncode, ended.stderr) == (0, "")
        *people, agent = ended.stdout.splitlines()
        assert people == ["Charles (1791) knows nobody", "Ada (1815) knows Charles", "Grace (1906) knows nobody"]
        assert agent.startswith("answered by Neo4j/5.26.0 compatible (memgraph-py ")
