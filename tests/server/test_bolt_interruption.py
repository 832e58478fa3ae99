"""RESET in mid-stream, connections that die, transactions whose time is over: what ends, and that nothing is left."""

import socket
import struct
import threading
import time
from collections.abc import Callable

import pytest

from memgraph_py.bolt.messages import FAILURE, IGNORED, RECORD, SUCCESS
from memgraph_py.config import Limits
from memgraph_py.engine import session
from memgraph_py.server.app import EmbeddedServer
from memgraph_py.storage import store
from memgraph_py.storage.applying import apply
from memgraph_py.storage.store import GraphStore
from tests.bolt.requests import BEGIN, COMMIT, RESET, ROLLBACK, message, pull, run
from tests.server.peer import KERNEL, SLOW, Peer, connector, metadata, wait_until

SECONDS_MAX = 10.0
"""A RESET is answered within 100 ms where nothing else runs; a machine that does much else at once takes longer."""


def gauge(server: EmbeddedServer, name: str) -> float:
    """Its value in /metrics."""
    lines = server.app.metrics.text().decode().splitlines()
    (value,) = [line.split()[1] for line in lines if line.startswith(f"{name} ")]
    return float(value)


def answered_after(peer: Peer, *data: bytes, answers: int) -> tuple[float, list[int]]:
    """How long the answers take, and their tags; records are passed over."""
    started = time.monotonic()
    peer.send(*data)
    tags: list[int] = []
    while len(tags) < answers:
        tags += [tag for tag, _ in peer.take(1) if tag != RECORD]
    return time.monotonic() - started, tags


@pytest.mark.parametrize(
    "text",
    [
        SLOW,
        KERNEL,
        "UNWIND range(1, 50000000) AS x RETURN x % 100003 AS k, count(*) AS c ORDER BY c LIMIT 1",
        "UNWIND range(1, 5000000) AS x CREATE (:Big {x: x, text: toString(x)})",
        "MATCH (:Hub)-[*1..5]->(n) RETURN count(*)",
    ],
    ids=["batches", "a sort", "groups", "a write", "a long expansion"],
)
def test_reset_is_answered_at_once(server: EmbeddedServer, connect: Callable[[], Peer], text: str) -> None:
    peer = connect().open()
    peer.ask(run("CREATE (:Hub)"), pull(), run("UNWIND range(1, 30) AS x CREATE (:Ring {x: x})"), pull())
    peer.ask(run("MATCH (h:Hub), (a:Ring) CREATE (h)-[:R]->(a)"), pull())
    peer.ask(run("MATCH (a:Ring), (b:Ring) CREATE (a)-[:R]->(b)"), pull())
    peer.send(run(text), pull())
    assert peer.take(1)[0][0] == SUCCESS
    time.sleep(0.3)
    seconds, tags = answered_after(peer, RESET, answers=2)
    assert tags == [FAILURE, SUCCESS]
    assert seconds < SECONDS_MAX
    assert peer.ask(run("MATCH (n:Big) RETURN count(n)"), pull())[1] == (RECORD, [[0]])


def test_reset_in_the_middle_of_records(connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    peer.send(run("UNWIND range(1, 5000000) AS x RETURN x"), pull())
    assert [tag for tag, _ in peer.take(2000)][-1] == RECORD
    _, tags = answered_after(peer, run(), RESET, answers=3)
    assert tags == [FAILURE, IGNORED, SUCCESS]
    assert peer.ask(run(), pull())[1] == (RECORD, [[1]])


def test_reset_in_a_transaction_rolls_it_back(server: EmbeddedServer, connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    peer.ask(BEGIN, run("CREATE (:Gone)"), pull())
    assert gauge(server, "memgraph_open_transactions") == 1
    peer.send(run(SLOW), pull())
    time.sleep(0.2)
    peer.send(RESET)
    assert [tag for tag, _ in peer.take(3)] == [SUCCESS, FAILURE, SUCCESS]
    wait_until(lambda: gauge(server, "memgraph_open_transactions") == 0)
    assert peer.ask(run("MATCH (n:Gone) RETURN count(n)"), pull())[1] == (RECORD, [[0]])


def test_a_statement_that_was_left_to_its_worker_commits_nothing(
    connect: Callable[[], Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker stands in a call that cannot look whether it was cancelled."""
    inside, go_on = threading.Event(), threading.Event()
    execute = session.execute

    def slow(*arguments: object) -> object:
        rows = list(execute(*arguments))  # type: ignore[arg-type]  # what it was given
        inside.set()
        go_on.wait(20)
        return rows

    peer, other = connect().open(), connect().open()
    monkeypatch.setattr(session, "execute", slow)
    peer.send(run("UNWIND range(1, 20000) AS x CREATE (:Left)"), pull())
    assert inside.wait(20)
    peer.send(RESET)
    assert [tag for tag, _ in peer.take(3)] == [SUCCESS, FAILURE, SUCCESS]
    monkeypatch.undo()
    assert peer.ask(run("CREATE (:Kept)"), pull())[-1][0] == SUCCESS
    peer.send(run(SLOW), pull())
    peer.take(1)
    go_on.set()  # the first worker comes back while the second is busy
    time.sleep(0.2)
    counts = [other.ask(run(f"MATCH (n:{label}) RETURN count(n)"), pull())[1] for label in ("Left", "Kept")]
    assert counts == [(RECORD, [[0]]), (RECORD, [[1]])]


def test_what_goes_to_the_log_is_waited_for(connect: Callable[[], Peer], monkeypatch: pytest.MonkeyPatch) -> None:
    inside, go_on = threading.Event(), threading.Event()
    hand_over = GraphStore._hand_over

    def slow(*arguments: object) -> object:
        inside.set()
        go_on.wait(20)
        return hand_over(*arguments)  # type: ignore[arg-type]  # what it was given

    peer, other = connect().open(), connect().open()
    monkeypatch.setattr(GraphStore, "_hand_over", slow)
    peer.send(run("UNWIND range(1, 20000) AS x CREATE (:Committed)"), pull())
    assert inside.wait(20)
    peer.send(RESET)
    peer.socket.settimeout(0.3)
    with pytest.raises(TimeoutError):
        peer.take(2)
    peer.socket.settimeout(20)
    go_on.set()
    peer.take(2)
    assert other.ask(run("MATCH (n:Committed) RETURN count(n)"), pull())[1] == (RECORD, [[20_000]])


@pytest.mark.parametrize("explicit", [False, True])
@pytest.mark.parametrize("applied", [False, True])
def test_a_commit_that_has_not_gone_to_the_log_is_left(
    server: EmbeddedServer,
    connect: Callable[[], Peer],
    monkeypatch: pytest.MonkeyPatch,
    explicit: bool,
    applied: bool,
) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow(*arguments: object) -> object:
        made = apply(*arguments) if applied else None  # type: ignore[arg-type]  # what it was given
        inside.set()
        go_on.wait(20)
        return made or apply(*arguments)  # type: ignore[arg-type]

    peer, other = connect().open(), connect().open()
    peer.ask(run("CREATE (:Kept {x: 1})"), pull())
    monkeypatch.setattr(store, "apply", slow)
    peer.send(*([BEGIN] if explicit else []), run("UNWIND range(1, 20000) AS x CREATE (:Lost {x: x})"), pull())
    if explicit:
        peer.take(3)
        peer.send(COMMIT)
    assert inside.wait(20)
    peer.send(RESET)
    tags = [tag for tag, _ in peer.take(2 if explicit else 3)]
    assert tags[-2:] == [FAILURE, SUCCESS]
    monkeypatch.undo()
    other.send(run("MATCH (n:Kept) SET n.x = 2"), pull())  # waits for the other commit, and stops nobody meanwhile
    assert peer.ask(run("MATCH (n:Lost) RETURN count(n)"), pull())[1] == (RECORD, [[0]])
    go_on.set()
    assert [tag for tag, _ in other.take(2)] == [SUCCESS, SUCCESS]
    assert peer.ask(run("MATCH (n) RETURN labels(n), n.x"), pull())[1:-1] == [(RECORD, [[["Kept"], 2]])]
    wait_until(lambda: gauge(server, "memgraph_open_transactions") == 0)


def die(peer: Peer) -> None:
    """The connection is reset, as when a process is killed."""
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.socket.close()


@pytest.mark.parametrize("end", [die, lambda peer: peer.socket.close()], ids=["reset", "closed"])
@pytest.mark.parametrize("busy", [False, True])
def test_a_connection_that_dies_in_a_transaction_leaves_nothing(
    server: EmbeddedServer, connect: Callable[[], Peer], end: Callable[[Peer], None], busy: bool
) -> None:
    connect().open().ask(run("CREATE (:Counter {x: 1})"), pull())
    dying, other = connect().open(), connect().open()
    dying.ask(BEGIN, run("MATCH (c:Counter) SET c.x = 2"), pull())
    if busy:
        dying.send(run(SLOW), pull())
        dying.take(1)
    assert gauge(server, "memgraph_open_transactions") == 1
    before = gauge(server, "memgraph_connections")
    end(dying)
    wait_until(lambda: gauge(server, "memgraph_open_transactions") == 0)
    wait_until(lambda: gauge(server, "memgraph_connections") == before - 1)
    taken = other.ask(BEGIN, run("MATCH (c:Counter) SET c.x = c.x + 10 RETURN c.x"), pull(), COMMIT)
    assert taken[2] == (RECORD, [[11]])
    assert taken[-1][0] == SUCCESS  # no conflict with what is gone


def test_a_transaction_whose_time_is_over_ends_though_nobody_asks(
    server: EmbeddedServer, connect: Callable[[], Peer]
) -> None:
    peer = connect().open()
    in_worker = run("UNWIND range(1, 20000) AS x RETURN count(x)")
    peer.ask(message(0x11, {"tx_timeout": 2000}), run("CREATE (:Late)"), pull(), in_worker, pull())
    wait_until(lambda: gauge(server, "memgraph_open_transactions") == 0)
    (failed,) = peer.ask(COMMIT)
    assert metadata(failed)["neo4j_code"] == "Neo.ClientError.Transaction.TransactionTimedOut"
    assert [tag for tag, _ in peer.ask(RESET, run("MATCH (n:Late) RETURN count(n)"), pull())][-1] == SUCCESS
    peer.ask(message(0x11, {"tx_timeout": 200}))
    wait_until(lambda: gauge(server, "memgraph_open_transactions") == 0)
    assert [tag for tag, _ in peer.ask(ROLLBACK, BEGIN, run(), pull(), COMMIT)] == [
        SUCCESS,
        SUCCESS,
        SUCCESS,
        RECORD,
        SUCCESS,
        SUCCESS,
    ]


def test_a_statement_whose_time_is_over_fails(server: EmbeddedServer, connect: Callable[[], Peer]) -> None:
    peer = connect().open()
    for asked in ((run(SLOW, tx_timeout=200), pull()), (message(0x11, {"tx_timeout": 200}), run(SLOW), pull())):
        failed = peer.ask(*asked)[-1]
        assert metadata(failed)["neo4j_code"] == "Neo.ClientError.Transaction.TransactionTimedOut"
        peer.ask(RESET)
    assert gauge(server, "memgraph_open_transactions") == 0


def test_the_server_has_a_limit_of_its_own(make_server: Callable[..., EmbeddedServer]) -> None:
    server = make_server(query_timeout_seconds=0.2)
    with connector(server) as connect:
        peer = connect().open()
        for asked in ((run(SLOW), pull()), (BEGIN, run(SLOW), pull())):
            failed = peer.ask(*asked)[-1]
            assert metadata(failed)["neo4j_code"] == "Neo.ClientError.Transaction.TransactionTimedOut"
            peer.ask(RESET)
        peer.ask(message(0x11, {"tx_timeout": 60_000}))
        time.sleep(0.3)
        assert [tag for tag, _ in peer.ask(run("RETURN 1"), pull(), COMMIT)] == [SUCCESS, RECORD, SUCCESS, SUCCESS]


def test_long_statements_do_not_hold_up_short_ones(make_server: Callable[..., EmbeddedServer]) -> None:
    """More of them than there are threads for short work, and a short one that needs a thread."""
    server = make_server(limits=Limits(worker_threads=2), worker_threads_max=8)
    with connector(server) as connect:
        long = [connect().open() for _ in range(5)]
        for peer in long:
            peer.send(run(SLOW), pull())
        for peer in long:
            peer.take(1)
        time.sleep(0.3)
        short = connect().open()
        for _ in range(3):
            assert short.ask(run("CREATE INDEX ON :Short(x)"), pull())[-1][0] == SUCCESS
            assert short.ask(run("UNWIND range(1, 20000) AS x RETURN sum(x)"), pull())[1] == (RECORD, [[200010000]])
            assert short.ask(run("DROP INDEX ON :Short(x)"), pull())[-1][0] == SUCCESS
        for peer in long:
            peer.send(RESET)
        for peer in long:
            assert [tag for tag, _ in peer.take(2)] == [FAILURE, SUCCESS]


def test_there_are_no_more_threads_than_the_setting(make_server: Callable[..., EmbeddedServer]) -> None:
    server = make_server(limits=Limits(worker_threads=1), worker_threads_max=2)
    with connector(server) as connect:
        peers = [connect().open() for _ in range(4)]
        before = set(threading.enumerate())
        for peer in peers:
            peer.send(run(SLOW), pull())
        time.sleep(0.5)
        begun = [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("bolt-worker")]
        assert len(begun) == 2
        for peer in reversed(peers):
            _, tags = answered_after(peer, RESET, answers=3)
            assert tags == [SUCCESS, FAILURE, SUCCESS]


def test_reset_ends_the_result_that_runs_and_not_only_the_newest(
    server: EmbeddedServer, connect: Callable[[], Peer]
) -> None:
    peer = connect().open()
    numbers = "UNWIND range(1, 100000) AS x UNWIND range(1, 100000) AS y WITH x, y"
    peer.ask(BEGIN, run(f"{numbers} WHERE x = 1 AND y < 3 OR x = 100000 RETURN x"), pull(1), run("RETURN 2"), pull())
    peer.send(pull(qid=0))
    time.sleep(0.2)
    peer.send(RESET)
    assert [tag for tag, _ in peer.take(2)] == [FAILURE, SUCCESS]
    wait_until(lambda: gauge(server, "memgraph_open_transactions") == 0)  # its worker has come back


@pytest.mark.parametrize("within", [False, True], ids=["a statement", "a transaction"])
@pytest.mark.parametrize("ended_by", ["its timeout", "the server's timeout", "somebody else"])
def test_a_worker_that_does_not_look_is_not_waited_for(
    make_server: Callable[..., EmbeddedServer], monkeypatch: pytest.MonkeyPatch, ended_by: str, within: bool
) -> None:
    """It stands in a call that cannot look whether its time is over, or its transaction terminated."""
    inside, go_on = threading.Event(), threading.Event()

    def stuck(*arguments: object) -> object:
        inside.set()
        go_on.wait(20)
        return iter(())

    server = make_server(query_timeout_seconds=0.3 if ended_by == "the server's timeout" else None)
    with connector(server) as connect:
        peer, other = connect().open(), connect().open()
        monkeypatch.setattr(session, "execute", stuck)
        options = {"tx_timeout": 300} if ended_by == "its timeout" else {}
        opening = [message(0x11, options)] if within else []
        peer.send(*opening, run(SLOW, **({} if within else options)), pull())
        assert inside.wait(20)
        monkeypatch.undo()
        code = "Neo.ClientError.Transaction.TransactionTimedOut"
        if ended_by == "somebody else":
            show = run(f"SHOW TRANSACTIONS YIELD transactionId AS t, currentQuery AS q WHERE q = '{SLOW}' RETURN t")
            ((name,),) = other.ask(show, pull())[1][1]  # type: ignore[misc]  # one column
            ended = other.ask(run(f"TERMINATE TRANSACTION '{name}' YIELD message"), pull())
            assert ended[1] == (RECORD, [["Transaction terminated."]])
            code = "Neo.ClientError.Transaction.Terminated"
        answers = peer.take(len(opening) + 2)
        assert not go_on.is_set()
        assert metadata(answers[-1])["neo4j_code"] == code
        assert [tag for tag, _ in peer.ask(RESET, run(), pull())] == [SUCCESS, SUCCESS, RECORD, SUCCESS]
        go_on.set()
        wait_until(lambda: gauge(server, "memgraph_open_transactions") == 0)


def test_a_transaction_ends_though_its_client_does_not_read(
    server: EmbeddedServer, connect: Callable[[], Peer]
) -> None:
    """What it has not sent yet waits for the client, and nothing looks at the time."""
    peer = connect().open()
    text = "UNWIND range(1, 1000000) AS x RETURN x, 'a text that fills the buffers of a client that does not read' AS t"
    peer.send(message(0x11, {"tx_timeout": 500}), run("CREATE (:Unread)"), pull(), run(text), pull())
    wait_until(lambda: gauge(server, "memgraph_open_transactions") == 1)
    wait_until(lambda: gauge(server, "memgraph_open_transactions") == 0)
    answers = [peer.take(1)[0]]
    while answers[-1][0] in (RECORD, SUCCESS):
        answers.append(peer.take(1)[0])
    assert metadata(answers[-1])["neo4j_code"] == "Neo.ClientError.Transaction.TransactionTimedOut"
    assert peer.ask(RESET, run("MATCH (n:Unread) RETURN count(n)"), pull())[2] == (RECORD, [[0]])
