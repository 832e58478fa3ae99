"""Fetching scripts: what is allowed, what is refused in any form, and the limits."""

import socket
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from memgraph_py.config import Limits
from memgraph_py.errors import TransformError
from memgraph_py.streams.source import ScriptSource, is_forbidden
from tests.streams.conftest import ScriptServer

ANYWHERE = ScriptSource((), None, Limits(transform_script_bytes_max=1_000, transform_fetch_seconds=1.0))


def refusal(uri: str, source: ScriptSource = ANYWHERE) -> str:
    with pytest.raises(TransformError) as refused:
        source.fetch(uri)
    assert refused.value.message == f"Couldn't get the transform script from {uri}"
    assert refused.value.detail is not None
    return refused.value.detail


def test_a_script_comes_as_text(scripts: ScriptServer) -> None:
    scripts.pages["/a.py"] = "\ufeffx = 'é'\n".encode()
    assert ANYWHERE.fetch(f"{scripts.uri}/a.py") == "x = 'é'\n"
    scripts.pages["/b.py?v=1"] = b"y"
    assert ANYWHERE.fetch(f"{scripts.uri}/b.py?v=1".replace("127.0.0.1", "localhost")) == "y"


def test_what_cannot_be_had(scripts: ScriptServer) -> None:
    assert refusal(f"{scripts.uri}/none.py") == "the server answered with status 404"
    assert "connect" in refusal("http://127.0.0.1:1/a.py").lower()
    scripts.pages["/large.py"] = b"#" * 1_001
    assert refusal(f"{scripts.uri}/large.py") == "it is larger than 1000 bytes"
    scripts.pages["/latin.py"] = "é".encode("latin-1")
    assert refusal(f"{scripts.uri}/latin.py").startswith("it is not UTF-8")
    scripts.pages["/packed.py"] = (200, {"Content-Encoding": "gzip"}, b"x")
    assert "compressed" in refusal(f"{scripts.uri}/packed.py")
    for uri in ("file:///etc/passwd", "ftp://localhost/a.py", "gopher://localhost/"):
        assert refusal(uri) == "only http and https URIs are allowed"
    for uri in ("", "/etc/passwd", "transform.py", "file:/etc/passwd"):
        assert "--transform-directory" in refusal(uri)
    for uri in (
        "http://",
        "http://[::1",
        "http://host.invalid/",
        "http://a b/",
        "http://localhost:99999/",
        "http://0251.0376.0251.0376/",
    ):
        assert refusal(uri)


def test_redirects_are_followed_and_checked_one_by_one(scripts: ScriptServer) -> None:
    scripts.pages["/0"] = b"end"
    for number in range(1, 7):
        scripts.pages[f"/{number}"] = (302, {"Location": f"/{number - 1}"}, b"")
    assert ANYWHERE.fetch(f"{scripts.uri}/5") == "end"
    assert refusal(f"{scripts.uri}/6") == "more than 5 redirects"
    for target, cause in (
        ("file:///etc/passwd", "only http and https"),
        ("http://169.254.169.254/latest/meta-data/", "169.254.169.254 is not allowed"),
        ("http://[::ffff:169.254.169.254]/", "is not allowed"),
    ):
        scripts.pages["/away"] = (307, {"Location": target}, b"")
        assert cause in refusal(f"{scripts.uri}/away")


@pytest.mark.parametrize(
    "uri",
    [
        "http://169.254.169.254/a.py",
        "http://2852039166/a.py",
        "http://0xa9fea9fe/a.py",
        "http://169.254.43518/a.py",
        "http://[fe80::1]/a.py",
        "http://[::ffff:a9fe:a9fe]/a.py",
        "http://[64:ff9b::a9fe:a9fe]/a.py",
        "http://[2002:a9fe:a9fe::]/a.py",
        "http://[::a9fe:a9fe]/a.py",
        "http://[fd00:ec2::254]/a.py",
        "http://100.100.100.200/a.py",
        "http://168.63.129.16/a.py",
        "http://0.0.0.0/a.py",
        "http://[::]/a.py",
        "http://224.0.0.1/a.py",
    ],
)
def test_link_local_and_metadata_addresses_are_refused_in_any_form(uri: str) -> None:
    assert "is not allowed" in refusal(uri)


@pytest.mark.quick
def test_loopback_and_private_addresses_are_allowed() -> None:
    for address in ("127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "fd12::1", "::ffff:127.0.0.1", "8.8.8.8"):
        assert not is_forbidden(ip_address(address))


def test_hosts_can_be_narrowed(scripts: ScriptServer) -> None:
    narrow = ScriptSource(("LOCALHOST",), None, Limits())
    assert narrow.fetch(f"{scripts.uri}/echo.py".replace("127.0.0.1", "localhost"))
    assert refusal(f"{scripts.uri}/echo.py", narrow) == "the host 127.0.0.1 is not among the server's --transform-hosts"


def test_paths_stay_inside_their_directory(tmp_path: Path) -> None:
    directory = tmp_path / "scripts"
    directory.mkdir()
    (directory / "a.py").write_text("a")
    (tmp_path / "b.py").write_text("b")
    (directory / "link.py").symlink_to(tmp_path / "b.py")
    local = ScriptSource((), directory, Limits(transform_script_bytes_max=1_000))
    assert local.fetch("a.py") == local.fetch(str(directory / "a.py")) == "a"
    for path in ("../b.py", str(tmp_path / "b.py"), "link.py"):
        assert refusal(path, local) == "the path leads out of the server's --transform-directory"
    for path in ("none.py", ".", "a\0.py"):
        assert refusal(path, local)
    (directory / "large.py").write_text("#" * 1_001)
    assert "larger" in refusal("large.py", local)


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server that sends a byte of its headers now and then, for ever."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not ended.wait(0.1):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/a.py"
    ended.set()
    thread.join()
    listener.close()


def test_the_time_limit_holds_for_all_of_it(dripping: str) -> None:
    begin = time.monotonic()
    assert refusal(dripping) == "it took longer than 1 s"
    assert time.monotonic() - begin < 3.0
