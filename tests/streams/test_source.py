"""Fetching scripts: what is allowed, what is refused in any form, and the limits. https has test_source_https.py."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest

from memgraph_py.config import Limits
from memgraph_py.errors import TransformError
from memgraph_py.streams.source import ScriptSource
from memgraph_py.streams.web import is_forbidden
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
    scripts.pages["/full.py"] = b"#" * 1_000
    assert len(ANYWHERE.fetch(f"{scripts.uri}/full.py")) == 1_000
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
        "http://localhost:0/",
        "http://0251.0376.0251.0376/",
        "http://[fe80::a9fe:a9fe%25lo]/",
        "http://localhost/\r\nX: y",
        "http:///a.py",
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
        "http://[::ffff:0:169.254.169.254]/a.py",
        "http://[64:ff9b:1::a9fe:a9fe]/a.py",
        "http://[fd00:ec2::254]/a.py",
        "http://[fd00:ec2::23]/a.py",
        "http://[fd20:ce::254]/a.py",
        "http://025177524776/a.py",
        "http://169.254.169.254:8080/a.py",
        "http://user:password@169.254.169.254/a.py",
        "http://127.0.0.1@169.254.169.254/a.py",
        "http://[::ffff:169.254.169.254]/a.py",
        "https://169.254.169.254/a.py",
        "http://0/a.py",
        "http://[ff02::1]/a.py",
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


def test_the_error_names_the_uri_and_on_the_second_line_why(scripts: ScriptServer) -> None:
    with pytest.raises(TransformError) as refused:
        ANYWHERE.fetch(f"{scripts.uri}/none.py")
    assert refused.value.text() == (
        f"Couldn't get the transform script from {scripts.uri}/none.py\nthe server answered with status 404"
    )


@pytest.mark.parametrize("status", [201, 204, 206, 304, 400, 401, 403, 500, 503])
def test_any_status_but_200_is_refused(scripts: ScriptServer, status: int) -> None:
    scripts.pages["/a.py"] = (status, {"Content-Length": "0"}, b"")
    assert refusal(f"{scripts.uri}/a.py") == f"the server answered with status {status}"


@pytest.mark.parametrize("location", [None, "", "http://", "/loop", "gopher://localhost/", "data:text/plain,x"])
def test_redirects_that_lead_nowhere(scripts: ScriptServer, location: str | None) -> None:
    headers = {} if location is None else {"Location": location}
    scripts.pages["/loop"] = (302, {**headers, "Content-Length": "0"}, b"")
    assert refusal(f"{scripts.uri}/loop")


def test_a_redirect_may_not_leave_the_hosts(scripts: ScriptServer) -> None:
    scripts.pages["/away"] = (302, {"Location": f"{scripts.uri}/echo.py", "Content-Length": "0"}, b"")
    scripts.pages["/stay"] = (302, {"Location": "/echo.py", "Content-Length": "0"}, b"")
    narrow = ScriptSource(("localhost",), None, Limits())
    here = scripts.uri.replace("127.0.0.1", "localhost")
    assert narrow.fetch(f"{here}/stay")
    assert refusal(f"{here}/away", narrow) == "the host 127.0.0.1 is not among the server's --transform-hosts"


def test_hosts_that_only_look_like_an_allowed_one(scripts: ScriptServer) -> None:
    narrow = ScriptSource(("localhost",), None, Limits())
    port = scripts.uri.rpartition(":")[2]
    for host in ("localhost.evil.test", "localhost@127.0.0.1", "127.0.0.1#localhost", "127.0.0.1?localhost"):
        assert "--transform-hosts" in refusal(f"http://{host}:{port}/echo.py", narrow)


def test_text_that_is_not_utf_8(scripts: ScriptServer) -> None:
    scripts.pages["/wide.py"] = "x = 1".encode("utf-16")
    assert refusal(f"{scripts.uri}/wide.py") == "it is not UTF-8: invalid start byte at byte 0"
    scripts.pages["/declared.py"] = (200, {"Content-Type": "text/plain; charset=latin-1"}, "é".encode())
    assert ANYWHERE.fetch(f"{scripts.uri}/declared.py") == "é"  # Python source is UTF-8, whatever a server says


def test_an_empty_script_is_one(scripts: ScriptServer) -> None:
    """That it has no stream() shows at TEST and START."""
    scripts.pages["/empty.py"] = b""
    assert ANYWHERE.fetch(f"{scripts.uri}/empty.py") == ""
    scripts.pages["/mark.py"] = b"\xef\xbb\xbf"
    assert ANYWHERE.fetch(f"{scripts.uri}/mark.py") == ""


def test_the_limit_is_a_mebibyte() -> None:
    assert Limits().transform_script_bytes_max == 1 << 20
    assert Limits().transform_fetch_seconds == 10.0
    assert Limits().transform_fetch_redirects_max == 5


class Resolver:
    """Stands in for the system's: what a name stands for at the first look-up, and at each later one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: dict[str, list[str]] = {}
        self.asked: list[str] = []
        real = socket.getaddrinfo

        def look_up(host: str | bytes, *arguments: object, **named: object) -> object:
            name = host.decode() if isinstance(host, bytes) else host
            if name not in self.answers:
                return real(host, *arguments, **named)  # type: ignore[arg-type]  # passed on as they came
            self.asked.append(name)
            answers = self.answers[name]
            address = answers.pop(0) if len(answers) > 1 else answers[0]
            return real(address, *arguments, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    return Resolver(monkeypatch)


def test_a_name_for_a_forbidden_address_is_refused(resolver: Resolver) -> None:
    for address in ("169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254", "0.0.0.0"):
        resolver.answers["innocent.test"] = [address]
        assert "is not allowed" in refusal("http://innocent.test/a.py")


def test_the_connection_goes_to_the_address_that_was_checked(resolver: Resolver, scripts: ScriptServer) -> None:
    """A name that stands for another address the next time gains nothing: there is no next time."""
    resolver.answers["rebind.test"] = ["127.0.0.1", "169.254.169.254"]
    port = scripts.uri.rpartition(":")[2]
    assert ANYWHERE.fetch(f"http://rebind.test:{port}/echo.py")
    assert resolver.asked == ["rebind.test"]
    assert scripts.requests[-1]["Host"] == f"rebind.test:{port}"
    assert "169.254.169.254 is not allowed" in refusal(f"http://rebind.test:{port}/echo.py")


def test_each_redirect_is_looked_up_again(resolver: Resolver, scripts: ScriptServer) -> None:
    resolver.answers["rebind.test"] = ["127.0.0.1", "169.254.169.254"]
    port = scripts.uri.rpartition(":")[2]
    scripts.pages["/again"] = (302, {"Location": "/echo.py", "Content-Length": "0"}, b"")
    assert "169.254.169.254 is not allowed" in refusal(f"http://rebind.test:{port}/again")
    assert resolver.asked == ["rebind.test"] * 2


def test_a_resolver_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def look_up(*arguments: object, **named: object) -> object:
        answered.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    begin = time.monotonic()
    assert refusal("http://slow.test/a.py") == "it took longer than 1 s"
    assert time.monotonic() - begin < 20.0
    answered.set()


def test_a_password_is_sent_and_told_to_nobody(scripts: ScriptServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    address = scripts.uri.removeprefix("http://")
    scripts.pages["/0"] = (302, {"Location": "/echo.py", "Content-Length": "0"}, b"")
    elsewhere = scripts.uri.replace("127.0.0.1", "localhost")
    scripts.pages["/away"] = (302, {"Location": f"{elsewhere}/echo.py", "Content-Length": "0"}, b"")
    assert ANYWHERE.fetch(f"http://ada:secret@{address}/0")
    assert [request.get("Authorization") for request in scripts.requests] == ["Basic YWRhOnNlY3JldA=="] * 2
    assert ANYWHERE.fetch(f"http://ada:secret@{address}/away")
    assert scripts.requests[-1].get("Authorization") is None  # of another host
    assert refusal(f"http://ada:secret@{address}/none.py") == "the server answered with status 404"
    assert "secret" not in caplog.text and "YWRhOnNlY3JldA" not in caplog.text


def test_a_proxy_of_the_environment_is_not_used(scripts: ScriptServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert ANYWHERE.fetch(f"{scripts.uri}/echo.py")


# --- paths ---


@pytest.fixture
def local(tmp_path: Path) -> ScriptSource:
    directory = tmp_path / "scripts"
    (directory / "inner").mkdir(parents=True)
    (directory / "a.py").write_text("a")
    (directory / "inner" / "b.py").write_text("b")
    (directory / "same.py").symlink_to("a.py")
    (tmp_path / "outer").mkdir()
    (tmp_path / "outer" / "c.py").write_text("c")
    (directory / "outer").symlink_to(tmp_path / "outer")
    (tmp_path / "scripts-too").mkdir()
    (tmp_path / "scripts-too" / "d.py").write_text("d")
    return ScriptSource((), directory, Limits(transform_script_bytes_max=1_000))


def test_paths_within_the_directory(local: ScriptSource) -> None:
    assert [local.fetch(path) for path in ("inner/b.py", "inner/../a.py", "./a.py", "same.py")] == ["b", "a", "a", "a"]


@pytest.mark.parametrize("path", ["outer/c.py", "../scripts-too/d.py", "inner/../../outer/c.py", "/etc/passwd"])
def test_paths_that_lead_out(local: ScriptSource, path: str) -> None:
    assert refusal(path, local) == "the path leads out of the server's --transform-directory"


def test_what_is_no_file_is_refused_at_once(local: ScriptSource) -> None:
    assert local.directory is not None
    os.mkfifo(local.directory / "pipe.py")
    listener = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(local.directory)  # the name of a socket is short
    listener.bind("socket.py")
    os.chdir(here)
    begin = time.monotonic()
    assert refusal("pipe.py", local) == "it is no file"
    assert refusal("inner", local) == refusal(".", local) == "it is no file"
    assert refusal("socket.py", local) == "No such device or address"
    assert time.monotonic() - begin < 20.0
    listener.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a device")
def test_a_device_is_refused(local: ScriptSource) -> None:
    assert local.directory is not None
    try:
        os.mknod(local.directory / "zero.py", 0o20666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this root may make no device")
    assert refusal("zero.py", local) in ("it is no file", "Permission denied")


def test_the_error_does_not_tell_where_the_directory_is(local: ScriptSource) -> None:
    assert refusal("none.py", local) == "No such file or directory"


# --- slow and endless servers ---


def drip(connection: socket.socket, ended: threading.Event, piece: bytes) -> None:
    """Send the piece now and then, until the other side has left."""
    while not ended.wait(0.1):
        try:
            connection.sendall(piece)
        except OSError:
            return


Conversation = Callable[[socket.socket, threading.Event], None]


def silent(connection: socket.socket, ended: threading.Event) -> None:
    ended.wait()


def slow_headers(connection: socket.socket, ended: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    drip(connection, ended, b"x")


def slow_content(connection: socket.socket, ended: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
    drip(connection, ended, b"#")


def slow_chunks(connection: socket.socket, ended: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    drip(connection, ended, b"1\r\n#\r\n")


def endless_chunks(connection: socket.socket, ended: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    drip(connection, ended, b"11170\r\n" + b"#" * 70_000 + b"\r\n")


def endless_headers(connection: socket.socket, ended: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    drip(connection, ended, b"X-Filler: " + b"x" * 60_000 + b"\r\n")


def large_declaration(connection: socket.socket, ended: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n#")
    ended.wait()


def compressed(connection: socket.socket, ended: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\n")
    ended.wait()


def too_short(connection: socket.socket, ended: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx = 1")


def no_http(connection: socket.socket, ended: threading.Event) -> None:
    connection.sendall(b"SSH-2.0-server\r\n")


@pytest.mark.parametrize(
    ("conversation", "cause"),
    [
        (silent, "it took longer than 1 s"),
        (slow_headers, "it took longer than 1 s"),
        (slow_content, "it took longer than 1 s"),
        (slow_chunks, "it took longer than 1 s"),
        (endless_chunks, "it is larger than 1000 bytes"),
        (large_declaration, "it is larger than 1000 bytes"),
        (compressed, "the server answered with compressed content, which was not asked for"),
        (endless_headers, ""),
        (too_short, ""),
        (no_http, ""),
    ],
)
def test_servers_that_misbehave(conversation: Conversation, cause: str) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            conversation(connection, ended)

    thread = threading.Thread(target=serve)
    thread.start()
    begin = time.monotonic()
    found = refusal(f"http://127.0.0.1:{listener.getsockname()[1]}/a.py")
    assert time.monotonic() - begin < 20.0
    ended.set()
    thread.join()
    listener.close()
    assert found == cause or (not cause and found)
