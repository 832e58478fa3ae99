"""HTTP: what is served, and that nothing a client sends stops the server."""

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memgraph_py.errors import StartupError
from memgraph_py.metrics import Metrics
from memgraph_py.server import http
from memgraph_py.server.front import run_in_loop
from memgraph_py.server.http import BadRequest, HttpServer, parse_request

Exchange = Callable[[bytes], Awaitable[bytes]]


def serve(test: Callable[[HttpServer, Exchange], Awaitable[None]], state: str = "ready") -> None:
    """Run the test against a server on a free port; ``exchange`` sends bytes and reads until the server closes."""

    async def run() -> None:
        server = HttpServer(Metrics(), lambda: {"status": state}, lambda: ("127.0.0.1", 7687))
        port = await server.start("127.0.0.1", 0)

        async def exchange(data: bytes) -> bytes:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(data)
            answer = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            await writer.wait_closed()
            return answer

        try:
            await test(server, exchange)
        finally:
            await server.stop()
        assert not server.connections

    run_in_loop(run())


def get(path: str, *headers: str, method: str = "GET") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: graph.example:7474", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode()


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize(("state", "status"), [("ready", 200), ("starting", 503), ("stopping", 503)])
def test_health_tells_whether_queries_are_served(state: str, status: int) -> None:
    async def test(server: HttpServer, exchange: Exchange) -> None:
        answer = await exchange(get("/health"))
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        assert json.loads(body(answer)) == {"status": state}

    serve(test, state)


def test_metrics_are_prometheus_text() -> None:
    async def test(server: HttpServer, exchange: Exchange) -> None:
        answer = await exchange(get("/metrics?x=1"))
        assert b"Content-Type: text/plain; version=" in answer
        assert b"\nmemgraph_queries_total 0.0\n" in answer

    serve(test)


def test_discovery_names_bolt_under_the_host_that_the_client_used() -> None:
    async def test(server: HttpServer, exchange: Exchange) -> None:
        found = json.loads(body(await exchange(get("/"))))
        assert found["bolt_direct"] == "bolt://graph.example:7687"
        assert found["bolt_routing"] == "neo4j://graph.example:7687"
        assert found["neo4j_version"] == "5.26.0"
        assert found["neo4j_edition"] == "community"
        assert "auth_config" in found
        named = b"GET / HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n"
        assert json.loads(body(await exchange(named)))["bolt_direct"] == "bolt://[::1]:7687"
        odd = b"GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n"
        assert json.loads(body(await exchange(odd)))["bolt_direct"] == "bolt://127.0.0.1:7687"

    serve(test)


def test_head_has_no_body_and_requests_can_follow_one_another() -> None:
    async def test(server: HttpServer, exchange: Exchange) -> None:
        first = b"HEAD /health HTTP/1.1\r\nHost: a\r\n\r\n"
        answer = await exchange(first + get("/health"))
        assert answer.count(b"HTTP/1.1 200 OK") == 2
        assert answer.count(b'{"status":"ready"}') == 1

    serve(test)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x60\x60\xb0\x17\0\0\1\4\0\0\0\0\0\0\0\0\0\0\0\0\r\n\r\n", 400),
        (b"GET /health\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        (b"GET /health HTTP/2.0\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n", 431),
        (get("/nothing"), 404),
        (get("/health", method="POST"), 405),
        (get("/health", "Content-Length: 5", method="POST"), 405),
    ],
)
def test_what_is_not_served_is_refused(sent: bytes, status: int) -> None:
    async def test(server: HttpServer, exchange: Exchange) -> None:
        assert (await exchange(sent)).startswith(f"HTTP/1.1 {status} ".encode())
        assert (await exchange(get("/health"))).startswith(b"HTTP/1.1 200 ")

    serve(test)


@pytest.mark.parametrize("greeting", [b"\x60\x60\xb0\x17" + bytes(16), b"\x16\x03\x01\x02\x00\x01\x00", b"\0"])
def test_what_is_no_http_is_refused_at_once(greeting: bytes) -> None:
    async def test(server: HttpServer, exchange: Exchange) -> None:
        assert (await exchange(greeting)).startswith(b"HTTP/1.1 400 ")

    serve(test)


def test_what_follows_a_body_is_not_taken_for_a_request() -> None:
    async def test(server: HttpServer, exchange: Exchange) -> None:
        sent = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 60\r\n\r\n" + get("/health")
        assert (await exchange(sent)).count(b"HTTP/1.1") == 1

    serve(test)


def test_a_slow_request_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "IDLE_SECONDS", 0.2)

    async def test(server: HttpServer, exchange: Exchange) -> None:
        assert (await exchange(b"GET /health HT")).startswith(b"HTTP/1.1 408 ")
        assert await exchange(b"") == b""

    serve(test)


def test_who_is_silent_longest_gives_way_where_connections_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """So connections that ask for nothing do not keep those away who look whether the server is ready."""
    monkeypatch.setattr(http, "CONNECTIONS_MAX", 2)

    async def test(server: HttpServer, exchange: Exchange) -> None:
        port = server.port
        (asks, ask), (is_silent, silent) = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        ask.write(b"GET /health HTTP/1.1\r\nHost: graph\r\n\r\n")
        assert (await asks.readuntil(b"}")).startswith(b"HTTP/1.1 200 ")
        assert (await exchange(get("/health"))).startswith(b"HTTP/1.1 200 ")
        assert await asyncio.wait_for(is_silent.read(), 10) == b""
        ask.write(get("/health"))
        assert (await asyncio.wait_for(asks.read(), 10)).startswith(b"HTTP/1.1 200 ")
        for writer in (ask, silent):
            writer.close()

    serve(test)


def test_a_taken_port_is_told() -> None:
    async def test(server: HttpServer, exchange: Exchange) -> None:
        other = HttpServer(Metrics(), lambda: {"status": "ready"}, lambda: ("127.0.0.1", 1))
        port = server.port
        with pytest.raises(StartupError, match=f"cannot listen for HTTP on 127.0.0.1 port {port}: "):
            await other.start("127.0.0.1", port)

    serve(test)


@given(st.binary(max_size=200) | st.text(max_size=60).map(lambda text: f"GET {text} HTTP/1.1\r\n{text}".encode()))
def test_any_bytes_are_a_request_or_refused(head: bytes) -> None:
    try:
        request = parse_request(head)
    except BadRequest as error:
        assert error.status in http._REASONS
    else:
        assert request.method and request.path
