"""HTTP for people and machines that watch the server: /health, /metrics, and / for clients that discover the Bolt port.

    GET /health    200 {"status":"ready"} once Bolt accepts connections, 503 {"status":"starting"}, perhaps with
                   "progress", or "stopping" else
    GET /metrics   the Prometheus text
    GET /          what Neo4j clients look for: addresses of Bolt, version, edition

HTTP/1.1 with persistent connections, GET and HEAD, no body, no TLS. Whatever else comes is answered with 400, 404, 405,
408, 431 or 505 and, where the place of the next request is unknown, the connection is closed. Source: RFC 9112.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import msgspec

from memgraph_py.errors import StartupError
from memgraph_py.metrics import CONTENT_TYPE_LATEST, Metrics

HEAD_BYTES_MAX = 16 << 10
HEADERS_MAX = 100
CONNECTIONS_MAX = 200
IDLE_SECONDS = 15.0

_REASONS = {
    200: "OK",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
    503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}
_JSON = "application/json"
_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP/(\d)\.(\d)")
_BEGINNING = re.compile(rb"[\r\n]*[!#$%&'*+.^_`|~0-9A-Za-z-]*(?: |\Z)")
_HEADER_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n\0]*?)[ \t]*")
_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d*)?")


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are in lower case. ``keeps_alive``: another one may follow on the connection."""

    method: str
    path: str
    headers: dict[str, str]
    keeps_alive: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, content type and body."""

    status: int
    content_type: str
    body: bytes

    def to_bytes(self, *, with_body: bool, keeps_alive: bool) -> bytes:
        """The whole response."""
        lines = [
            f"HTTP/1.1 {self.status} {_REASONS[self.status]}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            f"Connection: {'keep-alive' if keeps_alive else 'close'}",
            "Cache-Control: no-store",
            "Access-Control-Allow-Origin: *",
        ]
        if self.status == 405:
            lines.append("Allow: GET, HEAD")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")
        return head + self.body if with_body else head


class BadRequest(Exception):
    """What came is no request that is served; ``status`` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(_REASONS[status])
        self.status = status


class HttpServer:
    """Answers on one address. ``health`` gives the "status", `starting`, `ready` or `stopping`, and what else /health
    tells; ``bolt_address`` host and port."""

    def __init__(
        self, metrics: Metrics, health: Callable[[], dict[str, str]], bolt_address: Callable[[], tuple[str, int]]
    ) -> None:
        self._metrics = metrics
        self._health = health
        self._bolt_address = bolt_address
        self._server: asyncio.Server | None = None
        self.port = 0
        """Once it listens."""
        self.connections: dict[HttpConnection, None] = {}
        """Those that have been silent longest first."""

    async def start(self, address: str, port: int) -> int:
        """Listen; gives the port. Raises StartupError when the address cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: HttpConnection(self), address, port)
        except OSError as error:
            reason = error.strerror or str(error)
            raise StartupError(f"cannot listen for HTTP on {address} port {port}: {reason}") from error
        self.port = self._server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self.connections):
            connection.close()
        await self._server.wait_closed()

    def take(self, connection: "HttpConnection") -> None:
        """It is new, or has asked for something. Where there are too many, the one that is silent longest gives way."""
        self.connections.pop(connection, None)
        if len(self.connections) >= CONNECTIONS_MAX:
            silent = next(iter(self.connections))
            del self.connections[silent]
            silent.close()
        self.connections[connection] = None

    def answer(self, request: Request) -> Answer:
        """The answer to a request."""
        if request.method not in ("GET", "HEAD"):
            return _text(405)
        match request.path.partition("?")[0]:
            case "/health":
                health = self._health()
                return Answer(200 if health["status"] == "ready" else 503, _JSON, msgspec.json.encode(health))
            case "/metrics":
                return Answer(200, CONTENT_TYPE_LATEST, self._metrics.text())
            case "/":
                return Answer(200, _JSON, msgspec.json.encode(self._discovery(request)))
            case _:
                return _text(404)

    def _discovery(self, request: Request) -> dict[str, object]:
        """Addresses begin with the host that the client used, since it can reach that one."""
        address, port = self._bolt_address()
        named = _HOST.fullmatch(request.headers.get("host", ""))
        host = named.group(1) if named else f"[{address}]" if ":" in address else address
        return {
            "bolt_direct": f"bolt://{host}:{port}",
            "bolt_routing": f"neo4j://{host}:{port}",
            "neo4j_version": "5.26.0",
            "neo4j_edition": "community",
            "auth_config": {"oidc_providers": []},
        }


class HttpConnection(asyncio.Protocol):
    """One connection: bytes in, requests answered in order."""

    def __init__(self, server: HttpServer) -> None:
        self._server = server
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports are no subclasses of it
        self._server.take(self)
        self._restart_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._transport = None
        self._server.connections.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete. The clock runs from the end of one request to that of the next."""
        if self._transport is None or self._transport.is_closing():
            return
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0 and end <= HEAD_BYTES_MAX:
            head = bytes(self._received[:end])
            del self._received[: end + 4]
            if not self._respond(head):
                return
            self._server.take(self)
            self._restart_clock()
        if len(self._received) > HEAD_BYTES_MAX:
            self._refuse(431)
        elif _BEGINNING.match(self._received) is None:  # Bolt or TLS: a driver that was given this port is told at once
            self._refuse(400)

    def pause_writing(self) -> None:
        """A client that asks and does not read is let go."""
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Let what was written go out, then close."""
        if self._transport is not None:
            self._transport.close()

    def _respond(self, head: bytes) -> bool:
        """Answer one request; False when the connection ends with it."""
        assert self._transport is not None
        try:
            request = parse_request(head)
        except BadRequest as error:
            self._refuse(error.status)
            return False
        answer = self._server.answer(request)
        with_body = request.method != "HEAD"
        self._transport.write(answer.to_bytes(with_body=with_body, keeps_alive=request.keeps_alive))
        if not request.keeps_alive:
            self.close()
        return self._transport is not None and request.keeps_alive

    def _refuse(self, status: int) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._received.clear()
            self._transport.write(_text(status).to_bytes(with_body=True, keeps_alive=False))
            self._transport.close()

    def _restart_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._expire)

    def _expire(self) -> None:
        if self._received:
            self._refuse(408)
        else:
            self.close()


def parse_request(head: bytes) -> Request:
    """The request whose head, without the empty line, is given. Raises BadRequest."""
    lines = head.lstrip(b"\r\n").split(b"\r\n")
    found = _REQUEST_LINE.fullmatch(lines[0])
    if found is None:
        raise BadRequest(400)
    method, target, major, minor = found.groups()
    if major != b"1":
        raise BadRequest(505)
    if len(lines) > HEADERS_MAX:
        raise BadRequest(431)
    headers: dict[str, str] = {}
    for line in lines[1:]:
        header = _HEADER_LINE.fullmatch(line)
        if header is None:
            raise BadRequest(400)
        name = header.group(1).decode("ascii").lower()
        if name == "host" and name in headers:
            raise BadRequest(400)
        headers[name] = header.group(2).decode("latin-1")
    if minor != b"0" and "host" not in headers:
        raise BadRequest(400)
    has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
    options = headers.get("connection", "").lower()
    keeps_alive = "keep-alive" in options if minor == b"0" else "close" not in options
    return Request(method.decode("ascii"), target.decode("latin-1"), headers, keeps_alive and not has_body)


def _text(status: int) -> Answer:
    return Answer(status, "text/plain; charset=utf-8", f"{status} {_REASONS[status]}\n".encode())
