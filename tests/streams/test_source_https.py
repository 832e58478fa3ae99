"""Scripts over https: only from a server with a valid certificate for its name, of an authority that is trusted."""

import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from memgraph_py.config import Limits
from memgraph_py.errors import TransformError
from memgraph_py.streams.source import ScriptSource

trustme = pytest.importorskip("trustme", reason="trustme is not installed, so there is no authority for certificates")

SOURCE = ScriptSource((), None, Limits(transform_fetch_seconds=10.0))
SCRIPT = b"def stream(batch): return []\n"

Serve = Callable[..., str]


@pytest.fixture(scope="module")
def authority() -> "trustme.CA":
    return trustme.CA()


@pytest.fixture
def trusted(authority: "trustme.CA", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process trusts the authority, told as OpenSSL's users tell it."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.fixture
def serve(authority: "trustme.CA") -> Iterator[Serve]:
    """Starts a web server with a certificate for these names; gives its port's part of a URI."""
    servers: list[ThreadingHTTPServer] = []

    def start(*names: str, issuer: object = None, location: str | None = None, **options: object) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if location is None else 302)
                if location is not None:
                    self.send_header("Location", location)
                self.send_header("Content-Length", str(len(SCRIPT)))
                self.end_headers()
                self.wfile.write(SCRIPT)

            def log_message(self, *arguments: object) -> None:
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (issuer or authority).issue_cert(*names, **options).configure_cert(context)  # type: ignore[attr-defined]
        server = QuietServer(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
        return str(server.server_port)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class QuietServer(ThreadingHTTPServer):
    """Says nothing of clients that leave during the handshake."""

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def refusal(uri: str) -> str:
    with pytest.raises(TransformError) as refused:
        SOURCE.fetch(uri)
    assert refused.value.message == f"Couldn't get the transform script from {uri}"
    return str(refused.value.detail)


def test_a_certificate_of_a_trusted_authority(trusted: None, serve: Serve) -> None:
    port = serve("localhost", "127.0.0.1")
    assert SOURCE.fetch(f"https://localhost:{port}/a.py") == SCRIPT.decode()
    assert SOURCE.fetch(f"https://127.0.0.1:{port}/a.py") == SCRIPT.decode()


def test_an_authority_that_nobody_trusts(serve: Serve, trusted: None) -> None:
    port = serve("localhost", issuer=trustme.CA())
    assert "certificate verify failed" in refusal(f"https://localhost:{port}/a.py")


def test_without_the_setting_the_test_s_authority_is_not_trusted(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    assert "certificate verify failed" in refusal(f"https://localhost:{serve('localhost')}/a.py")


def test_authorities_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert "the authorities of SSL_CERT_FILE or SSL_CERT_DIR cannot be read" in refusal("https://localhost/a.py")


def test_a_certificate_that_has_expired(trusted: None, serve: Serve) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    port = serve("localhost", not_before=yesterday - timedelta(days=9), not_after=yesterday)
    assert "certificate has expired" in refusal(f"https://localhost:{port}/a.py")


def test_a_certificate_that_is_not_valid_yet(trusted: None, serve: Serve) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    port = serve("localhost", not_before=tomorrow, not_after=tomorrow + timedelta(days=9))
    assert "certificate is not yet valid" in refusal(f"https://localhost:{port}/a.py")


def test_a_certificate_for_another_host(trusted: None, serve: Serve) -> None:
    """The name is checked though the connection goes to an address."""
    port = serve("elsewhere.test")
    assert "Hostname mismatch" in refusal(f"https://localhost:{port}/a.py")
    assert "IP address mismatch" in refusal(f"https://127.0.0.1:{port}/a.py")


def test_a_redirect_to_a_host_with_a_wrong_certificate(trusted: None, serve: Serve) -> None:
    wrong = serve("elsewhere.test")
    right = serve("localhost", location=f"https://localhost:{wrong}/a.py")
    assert "Hostname mismatch" in refusal(f"https://localhost:{right}/a.py")


def test_https_to_a_server_that_speaks_http(trusted: None) -> None:
    server = QuietServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    assert "SSL" in refusal(f"https://localhost:{server.server_port}/a.py")
    server.shutdown()
    server.server_close()
