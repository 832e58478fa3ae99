"""The floor of a request: an event loop that answers each request with fixed bytes, and does nothing else."""

import asyncio
import socket
from typing import cast

import uvloop

REQUEST = b"?" * 40
ANSWER = b"!" * 105
"""About as long as the answer to `RETURN 1`."""


class Echo(asyncio.Protocol):
    """One connection; requests may come together or in parts."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)  # asyncio gives stream servers a Transport
        self._bytes = 0

    def data_received(self, data: bytes) -> None:
        """Answer what is complete."""
        self._bytes += len(data)
        count, self._bytes = divmod(self._bytes, len(REQUEST))
        self._transport.write(ANSWER * count)


async def serve() -> None:
    """Print the port and answer until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class EchoClient:
    """Sends requests and waits for their answers."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, count: int) -> None:
        """So many requests at once."""
        self._socket.sendall(REQUEST * count)
        left = len(ANSWER) * count
        while left:
            left -= len(self._socket.recv(1 << 16))


if __name__ == "__main__":
    uvloop.run(serve())
