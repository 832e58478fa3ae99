"""A relay between a driver and a server that lets the server ask for telemetry, and remembers what the driver tells.

    driver ── everything as it is ──▶ relay ── everything as it is ──▶ server
           ◀── hints: telemetry on ──       ◀── hints: telemetry off ──

The server never asks for telemetry, since it has no use for it; but a driver that is asked must be understood.
"""

import re
import socket
import threading
from types import TracebackType

ASKS_NOT, ASKS = b"telemetry.enabled\xc2", b"telemetry.enabled\xc3"
"""The entry of the hints, packed: false and true."""
TELEMETRY = re.compile(rb"\x00\x03\xb1\x54([\x00-\x7f])\x00\x00")
"""The message in a chunk of its own, with the interface: 0 managed, 1 explicit, 2 auto-commit, 3 the driver's own."""


class TelemetryRelay:
    """Listens on a free port of the loopback address while it is entered; ``uri`` is for drivers."""

    def __init__(self, server_uri: str) -> None:
        host, _, port = server_uri.removeprefix("bolt://").rpartition(":")
        self._server = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"bolt://127.0.0.1:{self._listener.getsockname()[1]}"
        self._told: list[bytearray] = []
        self._answers: set[bytes] = set()
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    def interfaces(self) -> set[int]:
        """The interfaces of which drivers told."""
        return {found[1][0] for told in self._told for found in TELEMETRY.finditer(bytes(told))}

    def handshakes(self) -> set[bytes]:
        """With which four bytes the server's answers to handshakes begin."""
        return set(self._answers)

    def __enter__(self) -> "TelemetryRelay":
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join(10)
        for open_socket in self._sockets:
            _shut(open_socket)
        for thread in self._threads[1:]:
            thread.join(10)
        for open_socket in self._sockets:
            open_socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            self._sockets += [client, server]
            told = bytearray()
            self._told.append(told)
            for copy in (self._forward, self._back):
                thread = threading.Thread(target=copy, args=(client, server, told))
                self._threads.append(thread)
                thread.start()

    def _forward(self, client: socket.socket, server: socket.socket, told: bytearray) -> None:
        while data := _received(client):
            told += data
            if not _sent(server, data):
                break
        _shut(server)

    def _back(self, client: socket.socket, server: socket.socket, told: bytearray) -> None:
        first = True
        while data := _received(server):
            if first:
                self._answers.add(data[:4])
            first = False
            if not _sent(client, data.replace(ASKS_NOT, ASKS)):
                break
        _shut(client)


def _sent(sink: socket.socket, data: bytes) -> bool:
    """False when the other side is gone."""
    try:
        sink.sendall(data)
    except OSError:
        return False
    return True


def _received(source: socket.socket) -> bytes:
    """What came, or nothing at the end."""
    try:
        return source.recv(65_536)
    except OSError:
        return b""


def _shut(open_socket: socket.socket) -> None:
    try:
        open_socket.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was already
