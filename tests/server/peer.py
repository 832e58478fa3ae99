"""A client that is a bare socket: it sends what no driver would."""

import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from memgraph_py.bolt.framing import Dechunker
from memgraph_py.bolt.messages import RECORD, SUCCESS
from memgraph_py.bolt.packstream import Decoder
from memgraph_py.server.app import EmbeddedServer
from memgraph_py.values.types import Value
from tests.bolt.requests import OPENING

SLOW = "UNWIND range(1, 100000) AS x UNWIND range(1, 100000) AS y WITH x, y WHERE x + y < 0 RETURN count(*)"
"""Hours of small batches."""
KERNEL = "UNWIND range(1, 3000000) AS x WITH toString(rand()) AS t ORDER BY t RETURN count(t)"
"""Several seconds inside one call."""


class Peer:
    """A socket that sends bytes and takes messages."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._dechunker = Dechunker(1 << 30)
        self._messages: deque[bytes] = deque()

    def open(self) -> "Peer":
        """Shake hands and log on; takes the answers."""
        self.socket.sendall(OPENING)
        assert self.socket.recv(4, socket.MSG_WAITALL) == b"\x00\x00\x08\x05"
        assert [tag for tag, _ in self.take(2)] == [SUCCESS, SUCCESS]
        return self

    def send(self, *data: bytes) -> None:
        """Send."""
        self.socket.sendall(b"".join(data))

    def payloads(self, count: int) -> list[bytes]:
        """The next messages, undecoded; fails at the end of the connection."""
        while len(self._messages) < count:
            data = self.socket.recv(1 << 16)
            assert data, "the server closed the connection"
            self._messages.extend(self._dechunker.feed(data)[0])
        return [self._messages.popleft() for _ in range(count)]

    def take(self, count: int) -> list[tuple[int, list[Value]]]:
        """The next messages."""
        decoded = []
        for payload in self.payloads(count):
            decoder = Decoder(payload, 400)
            size, tag = decoder.structure()
            decoded.append((tag, [decoder.value() for _ in range(size)]))
        return decoded

    def ask(self, *data: bytes) -> list[tuple[int, list[Value]]]:
        """Send these messages, and take an answer for each; records are among them."""
        self.send(*data)
        taken: list[tuple[int, list[Value]]] = []
        missing = len(data)
        while missing:
            taken += self.take(1)
            missing -= taken[-1][0] != RECORD
        return taken

    def is_closed(self) -> bool:
        """True when the server ends the connection, now or soon."""
        try:
            while self.socket.recv(1 << 16):
                pass
        except ConnectionResetError:
            return True
        return True

    def is_closed_now(self) -> bool:
        """True when the server has ended the connection; what it sent is dropped."""
        self.socket.setblocking(False)
        try:
            while self.socket.recv(1 << 16):
                pass
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            self.socket.settimeout(20)
        return True


@contextmanager
def connector(server: EmbeddedServer) -> "Iterator[Callable[[], Peer]]":
    """Opens connections, and closes them."""
    peers: list[Peer] = []

    def open_peer() -> Peer:
        peers.append(Peer(server.bolt_port))
        return peers[-1]

    try:
        yield open_peer
    finally:
        for peer in peers:
            peer.socket.close()


def metadata(answer: tuple[int, list[Value]]) -> dict[str, Value]:
    """Of a SUCCESS or FAILURE."""
    (fields,) = answer[1]
    assert isinstance(fields, dict)
    return fields


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Returns when it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.01)
