"""What the tests of the streams' contract act with: a server seen through the official driver, Apache Kafka, and a web
server for transform scripts."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import Neo4jError

from tests.end_to_end.kafka_broker import RealBroker
from tests.streams.conftest import ScriptServer, wait_until

RECORD = """
import time
def stream(batch):
    parameters = {"stream": "STREAM", "values": [message.decode()[:100] for message in batch], "time": time.time()}
    return [("CREATE (:Batch {stream: $stream, values: $values, time: $time})", parameters)]
"""
"""Writes down each batch as a node, so that the graph tells what was imported, and how it was cut into batches."""

T = TypeVar("T")
_numbers = itertools.count(1)


class Room:
    """One server, one broker. Streams that ``record`` makes write down their batches."""

    def __init__(self, broker: RealBroker, scripts: ScriptServer) -> None:
        self.broker = broker
        self.scripts = scripts
        self._driver: Driver | None = None

    @property
    def driver(self) -> Driver:
        """Of the server that was connected last."""
        assert self._driver is not None
        return self._driver

    def connect(self, uri: str) -> None:
        """Let go of the last server, and talk to this one."""
        self.close()
        self._driver = GraphDatabase.driver(uri)

    def close(self) -> None:
        """Let go of the server."""
        if self._driver is not None:
            self._driver.close()
            self._driver = None

    # --- statements ---

    def rows(self, text: str, **parameters: object) -> list[list[Any]]:
        """Of an auto-commit statement."""
        with self.driver.session() as session:
            return session.run(text, parameters).values()  # type: ignore[arg-type]  # texts of the tests

    def refusal(self, text: str, **parameters: object) -> str:
        """The message of the error that the statement ends with."""
        with pytest.raises(Neo4jError) as raised:
            self.rows(text, **parameters)
        assert raised.value.message is not None
        return raised.value.message

    # --- topics and scripts ---

    def topic(self, *values: bytes | None, partitions: int = 1, **settings: str) -> str:
        """A new topic with these messages in its first partition."""
        topic = f"topic-{uuid4().hex[:12]}"
        self.broker.create_topic(topic, partitions, **settings)
        if values:
            self.broker.produce(topic, values)
        return topic

    def script(self, text: str) -> str:
        """The address of a new page with this script."""
        path = f"/script-{next(_numbers)}.py"
        self.scripts.pages[path] = text.encode()
        return self.scripts.uri + path

    # --- streams ---

    def name(self) -> str:
        """One that no stream has."""
        return f"stream{next(_numbers)}"

    def create(self, topic: str, transform: str, more: str = "", *, name: str | None = None, uri: str = "") -> str:
        """CREATE STREAM; gives the stream's name. transform: an address."""
        name = name or self.name()
        self.rows(self.create_text(name, topic, transform, more, uri=uri))
        return name

    def create_text(self, name: str, topic: str, transform: str, more: str = "", *, uri: str = "") -> str:
        """The statement."""
        return (
            f"CREATE STREAM {name} AS LOAD DATA KAFKA '{uri or self.broker.address}' WITH TOPIC '{topic}' "
            f"WITH TRANSFORM '{transform}' {more}"
        )

    def record(self, topic: str, more: str = "") -> str:
        """CREATE STREAM with a script that writes down its batches; gives the stream's name."""
        name = self.name()
        return self.create(topic, self.script(RECORD.replace("STREAM", name)), more, name=name)

    def batches(self, name: str) -> list[list[str]]:
        """The values of each batch that a recording stream has imported, in order."""
        found = self.rows("MATCH (b:Batch {stream: $name}) RETURN b.values ORDER BY id(b)", name=name)
        return [row[0] for row in found]

    def values(self, name: str) -> list[str]:
        """The same without the cuts."""
        return [value for batch in self.batches(name) for value in batch]

    def wait_for_values(self, name: str, count: int) -> list[str]:
        """The values once there are so many of them."""
        wait_until(lambda: len(self.values(name)) >= count or self.status(name) == "error")
        values = self.values(name)
        assert len(values) == count, self.facts(name)["reason"]
        return values

    def wait_for_status(self, name: str, status: str) -> None:
        """Wait until SHOW STREAMS says so."""
        wait_until(lambda: self.status(name) == status)

    def status(self, name: str) -> str:
        """The stream's status in SHOW STREAMS."""
        (status,) = [row[-1] for row in self.rows("SHOW STREAMS") if row[0] == name]
        assert isinstance(status, str)
        return status

    def names(self) -> list[str]:
        """Of all streams."""
        return [row[0] for row in self.rows("SHOW STREAMS")]

    def facts(self, name: str) -> dict[str, Any]:
        """What SHOW STREAM tells."""
        return dict(self.rows(f"SHOW STREAM `{name}`"))  # type: ignore[arg-type]  # pairs

    def error_reason(self, name: str) -> str:
        """Why the stream is in `error`; waits until it is."""
        self.wait_for_status(name, "error")
        return str(self.facts(name)["reason"])


def in_thread(action: Callable[[], T]) -> Callable[[], T]:
    """Begin the action in a thread; what is given waits for its result, and raises what it raised."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(action)
    pool.shutdown(wait=False)
    return lambda: future.result(60)
