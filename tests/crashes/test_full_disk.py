"""A disk without room: writes are refused clearly, reading goes on, and so does writing once there is room, without a
restart; streams and checkpoints as well. On a real small file system."""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from neo4j import GraphDatabase, Session
from neo4j.exceptions import TransientError

from memgraph_py.cli.embedded_broker import EmbeddedBroker
from tests.crashes.killing import SCRIPT, Server

if TYPE_CHECKING:
    from tests.conftest import ServerProcess

MEBIBYTE = 1 << 20
FOLDER_BYTES = 12 * MEBIBYTE
WAIT_SECONDS = 60.0


@pytest.fixture
def small_folder(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a file system of 12 MiB")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={FOLDER_BYTES}", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no file system of 12 MiB can be mounted: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """A file that takes all the room there is."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return path


def count(session: Session, label: str) -> int:
    """Nodes with the label."""
    (number,) = session.run(f"MATCH (n:{label}) RETURN count(n)").single(strict=True)
    assert isinstance(number, int)
    return number


def wait_until(condition: Callable[[], bool]) -> None:
    """Returns when it holds."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def start(small_folder: Path, tmp_path: Path) -> "Iterator[Callable[[], ServerProcess]]":
    """Servers on the small folder that rotate their logs early."""
    (tmp_path / "numbers.py").write_text(SCRIPT)
    servers: list[Server] = []

    def begin() -> Server:
        servers.append(Server(small_folder / "data", "--transform-directory", str(tmp_path)))
        return servers[-1]

    yield begin
    for server in servers:
        if server.process.poll() is None:
            server.kill()


def test_a_full_disk(start: "Callable[[], ServerProcess]", small_folder: Path, tmp_path: Path) -> None:
    server = start()
    with EmbeddedBroker() as broker, GraphDatabase.driver(server.bolt_uri) as driver, driver.session() as session:
        session.run("CREATE (:Hub)").consume()
        broker.produce("numbers", [b"%d" % number for number in range(20)])
        session.run(
            f"CREATE STREAM messages AS LOAD DATA KAFKA '{broker.address}' WITH TOPIC 'numbers' "
            f"WITH TRANSFORM '{tmp_path / 'numbers.py'}'"
        ).consume()
        session.run("START STREAM messages").consume()
        wait_until(lambda: count(session, "Message") == 20)
        filler = fill(small_folder)
        written = refused_at(session)
        assert count(session, "Kept") == written, "reading goes on, and what was refused is not seen"
        with pytest.raises(TransientError, match="the log could not be written: No space left"):
            session.run("CREATE INDEX ON :Kept(number)").consume()
        assert list(session.run("SHOW INDEXES")) == []
        broker.produce("numbers", [b"%d" % number for number in range(20, 60)])
        wait_until(lambda: status(session) == "error")
        assert "No space left" in str(session.run("SHOW STREAM messages").values())
        assert count(session, "Message") == 20
        with pytest.raises(TransientError, match="the file of the streams cannot be written: No space left"):
            session.run("DROP STREAM messages").consume()
        filler.unlink()
        session.run("CREATE (:Kept {number: -1})").consume()
        session.run("START STREAM messages").consume()
        wait_until(lambda: count(session, "Message") == 60)
        for number in range(30):  # more than a log takes: checkpoints are written as well
            session.run("CREATE (:After {number: $number, text: $text})", number=number, text="x" * 9_000).consume()
        wait_until(lambda: bool(list((small_folder / "data").glob("checkpoint-" + "[0-9]" * 20))))
        server.kill()
        with GraphDatabase.driver(start().bolt_uri) as again, again.session() as looking:
            counts = [count(looking, label) for label in ("Kept", "After", "Message")]
            assert counts == [written + 1, 30, 60]
            assert status(looking) == "running"


def test_a_server_that_is_started_on_a_full_disk_reads(
    start: "Callable[[], ServerProcess]", small_folder: Path
) -> None:
    server = start()
    with GraphDatabase.driver(server.bolt_uri) as driver:
        driver.execute_query("CREATE (:Kept)")
    server.kill()
    filler = fill(small_folder)
    again = start()
    with GraphDatabase.driver(again.bolt_uri) as driver, driver.session() as session:
        fill(small_folder)
        assert count(session, "Kept") == 1
        refused_at(session)
        filler.unlink()
        session.run("CREATE (:Kept)").consume()
    assert again.terminate() == 0


def test_a_new_folder_on_a_full_disk_is_one_line(start: "Callable[[], ServerProcess]", small_folder: Path) -> None:
    (small_folder / "data").mkdir()
    fill(small_folder)
    server = start()
    assert server.wait() == 1
    line = f"memgraph-py: cannot write the log in '{small_folder / 'data'}': No space left on device"
    assert server.stderr().splitlines()[-1] == line
    assert "Traceback" not in server.stderr()


def refused_at(session: Session) -> int:
    """Write until there is no more room; gives how many nodes were written. Small writes are refused as well."""
    number = 0
    size = 200_000
    while True:
        try:
            session.run("CREATE (:Kept {number: $number, text: $text})", number=number, text="x" * size).consume()
            number += 1
        except TransientError as error:
            assert error.code == "Neo.TransientError.Transaction.LogWriteFailed"
            assert "the log could not be written: No space left on device" in str(error)
            assert "nothing was committed; reading goes on" in str(error)
            if size == 1:
                return number
            size = 1 if size < 10_000 else size // 4


def status(session: Session) -> object:
    """Of the one stream."""
    ((state,),) = [[row["status"]] for row in session.run("SHOW STREAMS")]
    return state
