"""Where the end of the log is damaged, the server says what to do, and does it when it is told."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from neo4j import GraphDatabase

if TYPE_CHECKING:
    from tests.conftest import ServerProcess


def run(uri: str, text: str) -> list[list[object]]:
    """Rows of a statement on a fresh connection."""
    with GraphDatabase.driver(uri) as driver, driver.session() as session:
        return session.run(text).values()


def test_a_damaged_end_is_refused_and_can_be_given_up(start_process: "Callable[..., ServerProcess]") -> None:
    server = start_process()
    for number in range(3):
        run(server.bolt_uri, f"CREATE ({{number: {number}}})")
    server.kill()
    (log,) = server.data_directory.glob("log-*")
    whole = log.read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole.rstrip(b"\0")) - 6] ^= 1
    log.write_bytes(damaged)
    refused = start_process()
    assert refused.wait() == 1 and refused.output == []
    assert f"the log file '{log}' is damaged at byte " in refused.stderr()
    assert "the record of version 3 is there and has a wrong checksum" in refused.stderr()
    assert "start once with --accept-lost-commits, to go on with the graph of version 2" in refused.stderr()
    assert "Traceback" not in refused.stderr()
    assert log.read_bytes() == bytes(damaged), "nothing was changed"
    log.write_bytes(whole)
    assert run(start_process().bolt_uri, "MATCH (n) RETURN count(n)") == [[3]], "a copy brings it back"


def test_commits_that_are_given_up_stay_so(start_process: "Callable[..., ServerProcess]") -> None:
    server = start_process()
    for number in range(3):
        run(server.bolt_uri, f"CREATE ({{number: {number}}})")
    server.kill()
    (log,) = server.data_directory.glob("log-*")
    damaged = bytearray(log.read_bytes())
    damaged[len(damaged.rstrip(b"\0")) - 6] ^= 1
    log.write_bytes(damaged)
    accepting = start_process("--accept-lost-commits")
    assert run(accepting.bolt_uri, "MATCH (n) RETURN n.number ORDER BY n.number") == [[0], [1]]
    accepting.wait_for_stderr("commits are lost, as was accepted")
    run(accepting.bolt_uri, "CREATE ({number: 7})")
    accepting.kill()
    again = start_process()
    assert run(again.bolt_uri, "MATCH (n) RETURN n.number ORDER BY n.number") == [[0], [1], [7]]
