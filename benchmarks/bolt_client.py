"""The smallest client of Bolt: prepared bytes out, answers counted; so what is measured is the server.

It speaks to any server of Bolt 5 or 4.4 that lets everyone in.
"""

import selectors
import socket
from collections.abc import Iterable, Sequence

from memgraph_py.bolt.framing import Dechunker, frame
from memgraph_py.bolt.handshake import MAGIC
from memgraph_py.bolt.packstream import Decoder, pack
from memgraph_py.values.types import Value

SUCCESS, RECORD, FAILURE, IGNORED = 0x70, 0x71, 0x7F, 0x7E
OFFERS = bytes.fromhex("00080805 00020404 00000000 00000000")
"""5.8 to 5.0, 4.4 to 4.2."""
MESSAGE_BYTES_MAX = 1 << 30


def message(tag: int, *fields: Value) -> bytes:
    """A framed message."""
    return frame(bytes((0xB0 | len(fields), tag)) + b"".join(map(pack, fields)))


def statement(text: str, parameters: dict[str, Value] | None = None, *, discard: bool = False) -> bytes:
    """RUN and PULL, or RUN and DISCARD, of all rows."""
    return message(0x10, text, parameters or {}, {}) + message(0x2F if discard else 0x3F, {"n": -1})


RESET = message(0x0F)
_RESET_DONE = message(SUCCESS, {})


class Client:
    """A connection that sends prepared bytes and counts the answers."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self.socket.sendall(MAGIC + OFFERS)
        version = self.socket.recv(4)
        hello: dict[str, Value] = {"user_agent": "benchmark/1", "bolt_agent": {"product": "benchmark/1"}}
        if version[3] == 5 and version[2] > 0:
            self.ask(message(0x01, hello) + message(0x6A, {"scheme": "none"}), 2)
        else:
            assert version != bytes(4), "the server speaks neither Bolt 5 nor 4.4"
            self.ask(message(0x01, {**hello, "scheme": "none"}), 1)

    def ask(self, data: bytes, answers: int) -> None:
        """Send, and wait for so many answers. Raises RuntimeError when one is a failure."""
        self.socket.sendall(data)
        self.wait(answers)

    def send(self, data: bytes) -> None:
        """Send without waiting."""
        self.socket.sendall(data)

    def wait(self, answers: int) -> None:
        """Wait for so many answers; records are not counted. Raises RuntimeError when one is a failure."""
        while answers > 0:
            answers -= self.receive()

    def receive(self) -> int:
        """Wait for some bytes, and give how many answers they end."""
        data = self._rest + self.socket.recv(1 << 20)
        position, end, begins = 0, len(data), True
        whole = answers = 0
        while end - position >= 2:
            size = data[position] << 8 | data[position + 1]
            if position + 2 + size > end:
                break
            if size and begins:
                tag = data[position + 3]
                if tag in (FAILURE, IGNORED):
                    self._rest = data[whole:]
                    raise RuntimeError(f"the server failed: {data[position + 4 : position + 2 + size]!r}")
                answers += tag == SUCCESS
            begins = size == 0
            position += 2 + size
            if begins:
                whole = position
        self._rest = data[whole:]
        return answers

    def interrupt(self) -> None:
        """RESET, and wait for its answer, which comes last; what comes before is not looked at."""
        self.socket.sendall(RESET)
        data = b""
        while not data.endswith(_RESET_DONE):
            data = data[-len(_RESET_DONE) :] + self.socket.recv(1 << 20)
        self._rest = b""

    def rows(self, text: str, parameters: dict[str, Value] | None = None) -> list[Value]:
        """The rows of a statement. Nodes are lists of what is the same in every database: labels and properties."""
        self.socket.sendall(statement(text, parameters))
        dechunker, answers, rows = Dechunker(MESSAGE_BYTES_MAX), 0, list[Value]()
        while answers < 2:
            messages, violation = dechunker.feed(self.socket.recv(1 << 20))
            if violation is not None:
                raise violation
            for data in messages:
                if data[1] == RECORD:
                    decoder = _AnswerDecoder(data, 100)
                    decoder.structure()
                    rows.append(decoder.value())
                elif data[1] == SUCCESS:
                    answers += 1
                else:
                    self.ask(RESET, 1)
                    raise RuntimeError(f"the server failed: {data!r}")
        return rows

    def close(self) -> None:
        """Leave."""
        self.socket.close()


class _AnswerDecoder(Decoder):
    """Values of answers."""

    def _structure(self, size: int) -> Value:
        fields = [self._value() for _ in range(size + 1)]  # the tag reads as a number
        return fields[2:4] if fields[0] == ord("N") else fields


def all_at_once(clients: Sequence[Client], statements: Iterable[bytes]) -> None:
    """The statements, each client sending the next one as soon as it has its answer."""
    waiting = iter(statements)
    missing: dict[Client, int] = {}
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
            _send_next(client, waiting, missing)
        while missing:
            for key, _ in selector.select():
                client = key.data
                missing[client] -= client.receive()
                if missing[client] == 0:
                    del missing[client]
                    _send_next(client, waiting, missing)


def _send_next(client: Client, waiting: Iterable[bytes], missing: dict[Client, int]) -> None:
    data = next(iter(waiting), None)
    if data is not None:
        missing[client] = 2
        client.send(data)
