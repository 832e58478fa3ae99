"""Kafka messages become a graph: the manual's example to the letter, crashes in mid-stream, texts, names."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import pytest
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import Neo4jError

from memgraph_py.cli.demo import TRANSFORM
from memgraph_py.cli.embedded_broker import EmbeddedBroker
from tests.end_to_end.kafka_broker import RealBroker

if TYPE_CHECKING:
    from tests.conftest import ServerProcess

EXAMPLE = Path(__file__).parents[2] / "examples" / "transform.py"
CREATE = "CREATE (:Node {id: $id})"
MATCH = "MATCH (n:Node {id: $from_id}), (m:Node {id: $to_id}) CREATE (n)-[:Edge]->(m)"


class Broker(Protocol):
    """What both brokers have."""

    address: str

    def produce(self, topic: str, values: list[bytes], partition: int = 0) -> None: ...


@pytest.fixture
def transform() -> Iterator[str]:
    """The URI of the manual's script on a web server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/transform.py" else 404)
            self.end_headers()
            if self.path == "/transform.py":
                self.wfile.write(EXAMPLE.read_bytes())

        def log_message(self, *arguments: object) -> None:
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=web.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://localhost:{web.server_port}/transform.py"
    web.shutdown()
    web.server_close()


def rows(driver: Driver, text: str, **parameters: object) -> list[list[object]]:
    """Of an auto-commit statement."""
    with driver.session() as session:
        return session.run(text, parameters).values()  # type: ignore[arg-type]  # texts of this file


def error_of(driver: Driver, text: str) -> str:
    with pytest.raises(Neo4jError) as raised:
        rows(driver, text)
    assert raised.value.message is not None
    return raised.value.message


def create(driver: Driver, broker: Broker, transform: str, topic: str, name: str = "mystream", more: str = "") -> None:
    rows(
        driver,
        f"CREATE STREAM {name} AS\n  LOAD DATA KAFKA '{broker.address}'\n  WITH TOPIC '{topic}'\n"
        f"  WITH TRANSFORM '{transform}' {more};",
    )


def wait_until(condition: Callable[[], bool], seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def the_manual_s_example(driver: Driver, broker: Broker, transform: str, topic: str) -> None:
    """From CREATE to the graph, and what TEST and SHOW answer."""
    broker.produce(topic, [b"1", b"1 2"])
    create(driver, broker, transform, topic)
    with driver.session() as session:
        shown = session.run("SHOW STREAMS")
        assert shown.keys() == ["name", "uri", "topic", "transform", "status"]
        assert shown.values() == [["mystream", broker.address, topic, transform, "stopped"]]
        for _ in range(2):
            tested = session.run("TEST STREAM mystream")
            assert tested.keys() == ["query", "params"]
            assert tested.values() == [[CREATE, {"id": "1"}], [MATCH, {"from_id": "1", "to_id": "2"}]]
    assert rows(driver, "MATCH (n) RETURN count(n)") == [[0]]
    rows(driver, "DROP STREAM mystream")
    assert rows(driver, "SHOW STREAMS") == []


def the_manual_s_graph(driver: Driver, broker: Broker, transform: str, topic: str) -> None:
    """Messages `1`, `2`, `1 2`: two nodes with string ids, one relationship."""
    broker.produce(topic, [b"1", b"2", b"1 2"])
    create(driver, broker, transform, topic, more="BATCH_INTERVAL 100 BATCH_SIZE 10")
    rows(driver, "START STREAM mystream")
    assert rows(driver, "SHOW STREAMS")[0][-1] == "running"
    wait_until(lambda: rows(driver, "MATCH ()-[e]->() RETURN count(e)") == [[1]])
    assert rows(driver, "MATCH (n) RETURN labels(n), n.id ORDER BY n.id") == [[["Node"], "1"], [["Node"], "2"]]
    assert rows(driver, "MATCH (a)-[e]->(b) RETURN a.id, type(e), b.id") == [["1", "Edge", "2"]]
    rows(driver, "STOP STREAM mystream;")
    assert rows(driver, "SHOW STREAMS")[0][-1] == "stopped"


def test_the_manual_on_the_embedded_broker(driver: Driver, embedded_broker: EmbeddedBroker, transform: str) -> None:
    the_manual_s_example(driver, embedded_broker, transform, "example")
    the_manual_s_graph(driver, embedded_broker, transform, "graph")


@pytest.mark.real_kafka
def test_the_manual_on_apache_kafka(driver: Driver, apache_kafka: RealBroker, transform: str) -> None:
    topics = [f"manual-{uuid4()}", f"manual-{uuid4()}"]
    for topic in topics:
        apache_kafka.create_topic(topic)
    the_manual_s_example(driver, apache_kafka, transform, topics[0])
    the_manual_s_graph(driver, apache_kafka, transform, topics[1])


def crash_in_mid_stream(start_process: "Callable[..., ServerProcess]", broker: Broker, topic: str) -> None:
    """kill -9 three times while a stream imports, SIGTERM once: every message takes effect once, the LIMIT holds."""
    count = 6_000
    for partition in (0, 1):
        broker.produce(topic, [b"%d" % id for id in range(partition, count, 2)], partition)
    flags = ("--transform-directory", str(EXAMPLE.parent))
    server = start_process(*flags)
    with GraphDatabase.driver(server.bolt_uri) as driver:
        rows(driver, "CREATE INDEX ON :Node(id)")
        create(driver, broker, "transform.py", topic, more="BATCH_SIZE 20 BATCH_INTERVAL 10")
        rows(driver, f"START STREAM mystream LIMIT {count} BATCHES")
    for crash in range(4):
        with GraphDatabase.driver(server.bolt_uri) as driver:
            before = rows(driver, "MATCH (n:Node) RETURN count(n)")[0][0]
            assert isinstance(before, int)
            goal = min(before + 700, count)
            wait_until(lambda least=goal: rows(driver, "MATCH (n:Node) RETURN count(n)")[0][0] >= least)
        if crash == 3:
            server.terminate()
        else:
            server.kill()
        server = start_process(*flags)
    with GraphDatabase.driver(server.bolt_uri) as driver:
        assert rows(driver, "SHOW STREAMS")[0][-1] == "running"
        wait_until(lambda: rows(driver, "MATCH (n:Node) RETURN count(n)") == [[count]])
        time.sleep(0.5)
        assert rows(driver, "MATCH (n:Node) RETURN count(n), count(DISTINCT n.id)") == [[count, count]]
        rows(driver, "STOP STREAM mystream")
        facts = dict(rows(driver, "SHOW STREAM mystream"))  # type: ignore[arg-type]  # pairs
        assert facts["partition 0 next offset"] == facts["partition 1 next offset"] == count // 2
        assert 0 < facts["batches left"] < count


def test_kill_9_in_mid_stream(start_process: "Callable[..., ServerProcess]", embedded_broker: EmbeddedBroker) -> None:
    crash_in_mid_stream(start_process, embedded_broker, "crash")


@pytest.mark.real_kafka
def test_kill_9_in_mid_stream_of_apache_kafka(
    start_process: "Callable[..., ServerProcess]", apache_kafka: RealBroker
) -> None:
    topic = f"crash-{uuid4()}"
    apache_kafka.create_topic(topic, 2)
    crash_in_mid_stream(start_process, apache_kafka, topic)


def test_error_texts(driver: Driver, embedded_broker: EmbeddedBroker, transform: str) -> None:
    embedded_broker.produce("test", [b"1"])
    where = f"LOAD DATA KAFKA '{embedded_broker.address}' WITH TOPIC"
    missing = transform.replace("transform.py", "none.py")
    assert error_of(driver, f"CREATE STREAM mystream AS {where} 'test' WITH TRANSFORM '{missing}'").startswith(
        f"Couldn't get the transform script from {missing}"
    )
    assert (
        error_of(driver, f"CREATE STREAM mystream AS {where} 'none' WITH TRANSFORM '{transform}'")
        == "Kafka stream mystream, topic not found"
    )
    away = f"CREATE STREAM mystream AS LOAD DATA KAFKA '127.0.0.1:1' WITH TOPIC 'test' WITH TRANSFORM '{transform}'"
    refused = error_of(driver, away)
    assert refused.startswith("Failed to initialize kafka stream mystream : ") and "refused" in refused
    for statement in ("DROP STREAM", "START STREAM", "STOP STREAM", "TEST STREAM", "SHOW STREAM"):
        assert error_of(driver, f"{statement} mystream") == "Kafka stream mystream doesn't exist."
    create(driver, embedded_broker, transform, "test")
    taken = f"CREATE STREAM mystream AS {where} 'test' WITH TRANSFORM '{transform}'"
    assert error_of(driver, taken) == "Kafka stream mystream already exists."
    rows(driver, "START STREAM mystream")
    rows(driver, "START STREAM mystream")
    assert error_of(driver, "TEST STREAM mystream") == "Kafka stream mystream is already running"
    rows(driver, "STOP ALL STREAMS")
    assert [row[-1] for row in rows(driver, "SHOW STREAMS")] == ["stopped"]
    for size in ("0", "-1", "1.5", "'5'"):
        wrong = f"CREATE STREAM other AS {where} 'test' WITH TRANSFORM '{transform}' BATCH_SIZE {size}"
        assert error_of(driver, wrong)


def test_a_failing_query_shows_why(driver: Driver, embedded_broker: EmbeddedBroker, tmp_path: Path) -> None:
    """A division by zero at the third message: the batch before it stays, its own batch is rolled back."""
    script = "def stream(batch):\n    return [('CREATE (:N {v: 1 / $v})', {'v': int(m)}) for m in batch]\n"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(script.encode())

        def log_message(self, *arguments: object) -> None:
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=web.serve_forever, args=(0.05,), daemon=True).start()
    embedded_broker.produce("test", [b"1", b"1", b"1", b"0"])
    create(driver, embedded_broker, f"http://127.0.0.1:{web.server_port}/x.py", "test", more="BATCH_SIZE 2")
    web.shutdown()
    web.server_close()
    rows(driver, "START STREAM mystream")
    wait_until(lambda: rows(driver, "SHOW STREAMS")[0][-1] == "error")
    assert rows(driver, "MATCH (n:N) RETURN count(n)") == [[2]]
    facts = dict(rows(driver, "SHOW STREAM mystream"))  # type: ignore[arg-type]  # pairs
    assert facts["state"] == "error"
    assert "partition 0, offset 3" in facts["reason"] and "by zero" in facts["reason"]
    assert rows(driver, "TEST STREAM mystream") == [["CREATE (:N {v: 1 / $v})", {"v": v}] for v in (1, 0)]
    rows(driver, "DROP STREAM mystream")


def test_transactions(driver: Driver, embedded_broker: EmbeddedBroker, transform: str) -> None:
    """SHOW and TEST are allowed in an explicit transaction, the others are not."""
    embedded_broker.produce("test", [b"1"])
    create(driver, embedded_broker, transform, "test")
    records, _, keys = driver.execute_query("SHOW STREAMS")
    assert keys == ["name", "uri", "topic", "transform", "status"] and len(records) == 1
    records, _, _ = driver.execute_query("TEST STREAM mystream LIMIT 1 BATCHES")
    assert [record.values() for record in records] == [[CREATE, {"id": "1"}]]
    for statement in (
        "START STREAM mystream",
        "STOP STREAM mystream",
        "DROP STREAM mystream",
        "START ALL STREAMS",
        "STOP ALL STREAMS",
        f"CREATE STREAM s AS LOAD DATA KAFKA 'h:1' WITH TOPIC 't' WITH TRANSFORM '{transform}'",
    ):
        with pytest.raises(Neo4jError, match=r"message: Stream clause not allowed in multicommand transactions\."):
            driver.execute_query(statement)  # type: ignore[arg-type]  # texts of this file
    assert rows(driver, "SHOW STREAMS")[0][-1] == "stopped"


def test_parameters_case_and_names(driver: Driver, embedded_broker: EmbeddedBroker, transform: str) -> None:
    embedded_broker.produce("test", [b"1", b"2", b"3"])
    rows(
        driver,
        "create\nstream `all` AS load data kafka $uri with topic $topic with transform $script batch size $size "
        "batch interval 50 ;",
        uri=embedded_broker.address,
        topic="test",
        script=transform,
        size=2,
    )
    assert len(rows(driver, "TEST STREAM `all` LIMIT $n BATCHES", n=1)) == 2
    rows(driver, "START STREAM `all` LIMIT $n BATCHES", n=1)
    wait_until(lambda: rows(driver, "SHOW STREAMS")[0][-1] == "stopped")
    assert rows(driver, "MATCH (n:Node) RETURN count(n)") == [[2]]
    rows(driver, "START ALL STREAMS")
    wait_until(lambda: rows(driver, "MATCH (n:Node) RETURN count(n)") == [[3]])
    names = "MATCH (start {topic: 1}) RETURN start.test AS data, start AS stop, 1 AS stream, 2 AS count, 3 AS order"
    assert rows(driver, names) == []
    assert rows(driver, "WITH 1 AS stream, 2 AS kafka, 3 AS batches RETURN stream + kafka + batches AS all") == [[6]]


@pytest.mark.quick
def test_the_demo_runs_the_manual_s_script() -> None:
    assert EXAMPLE.read_text(encoding="utf-8").endswith(TRANSFORM)
