"""A whole server with streams whose scripts attack it, as root and as nobody: the streams show `error`, the server goes
on, and nothing is left of them. And what a system that cannot confine a script answers."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from neo4j import Driver, GraphDatabase
from neo4j.exceptions import Neo4jError

from memgraph_py.cli.embedded_broker import EmbeddedBroker
from tests.sandbox.posts import ENVIRONMENT, POSTS, Post
from tests.streams.conftest import ScriptServer

SECONDS = 60.0
COUNT = 3
"""Messages of the topic `t`."""
SHOWN_POSTS = [post for post in POSTS if not post.hidden and post.namespaces]
ATTACKS = {
    "reads": ("return open('/etc/passwd').read()", "PermissionError: [Errno 13]"),
    "forks": ("while True: os.fork()", "PermissionError: [Errno 1]"),
    "connects": ("import socket\n    socket.create_connection(('127.0.0.1', 7687))", "PermissionError: [Errno 1]"),
    "kills": ("os.kill(os.getppid(), 9)", "PermissionError: [Errno 1]"),
    "traces": ("import ctypes\n    ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0)", "ended by SIGSYS"),
    "hoards": ("return bytearray(8 << 30)", "MemoryError"),
    "dies": ("os._exit(9)", "ended with status 9"),
    "forges": ("[os.write(n, b'\\xff' * 99) for n in range(3, 512) if is_open(n)]", "take 4294967295 bytes"),
}
SCRIPT = """
import os, sys
def is_open(n):
    try: os.fstat(n)
    except OSError: return False
    return True
def stream(batch):
    print('begins', file=sys.stderr)
    BODY
    return []
"""


@contextmanager
def serving(post: Post, folder: Path, *flags: str) -> Iterator[tuple[Driver, "subprocess.Popen[str]"]]:
    """A server at the post, with its data below the folder."""
    data = folder / "data"
    data.mkdir()
    if post.user == "nobody":
        os.chown(data, 65534, 65534)
    log = (folder / "server.log").open("w")
    words = ("serve", "--bolt-port", "0", "--http-port", "none", "--data-directory", str(data), *flags)
    process = subprocess.Popen(
        post.command(sys.executable, "-m", "memgraph_py", *words),
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        env={**os.environ, **ENVIRONMENT},
        cwd="/",
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("Bolt listening on "), (folder / "server.log").read_text()
        with GraphDatabase.driver(line.split()[-1]) as driver:
            yield driver, process
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS)
        log.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that nobody can reach, unlike those that pytest makes."""
    name = tempfile.mkdtemp(prefix="sandbox-server-")
    Path(name).chmod(0o755)
    yield Path(name)
    shutil.rmtree(name)


@pytest.fixture(scope="module")
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        broker.produce("t", [b"message"] * COUNT)
        yield broker


@pytest.fixture
def scripts() -> Iterator[ScriptServer]:
    server = ScriptServer()
    for name, (body, _) in ATTACKS.items():
        server.pages[f"/{name}.py"] = SCRIPT.replace("BODY", body).encode()
    server.pages["/good.py"] = server.pages["/better.py"] = (
        b"def stream(batch): return [('CREATE (:Good {m: $m})', {'m': str(m)}) for m in batch]"
    )
    yield server
    server.close()


def ask(driver: Driver, text: str) -> list[list[object]]:
    with driver.session() as session:
        return session.run(text).values()  # type: ignore[arg-type]  # texts of this file


def facts(driver: Driver, name: str) -> dict[str, object]:
    """SHOW STREAM, as a map."""
    return {str(row[0]): row[1] for row in ask(driver, f"SHOW STREAM {name}")}


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def create(driver: Driver, name: str, broker: EmbeddedBroker, scripts: ScriptServer, topic: str = "t") -> None:
    ask(
        driver,
        f"CREATE STREAM {name} AS LOAD DATA KAFKA '{broker.address}' WITH TOPIC '{topic}' "
        f"WITH TRANSFORM '{scripts.uri}/{name}.py'",
    )


def held(process_id: int) -> dict[str, int]:
    """How many children a process has, and how many pipes from another: a script's process takes one of each. A pipe
    of which it has both ends is one of the broker's clients, which come and go."""
    folder = Path(f"/proc/{process_id}")
    children = [child for task in (folder / "task").iterdir() for child in (task / "children").read_text().split()]
    pipes = Counter(target for link in (folder / "fd").iterdir() if (target := os.readlink(link)).startswith("pipe:"))
    return {"children": len(children), "pipes": sum(ends == 1 for ends in pipes.values())}


def assert_held(process_id: int, before: dict[str, int]) -> None:
    """Waits until nothing more is held than before."""
    deadline = time.monotonic() + SECONDS
    while (now := held(process_id)) != before:
        assert time.monotonic() < deadline, (before, now)
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("post", SHOWN_POSTS, ids=lambda post: post.name)
def test_scripts_that_attack_end_their_streams_and_nothing_else(
    post: Post, folder: Path, broker: EmbeddedBroker, scripts: ScriptServer
) -> None:
    with serving(post, folder) as (driver, process):
        for name in [*ATTACKS, "good"]:
            create(driver, name, broker, scripts)
        ask(driver, "START STREAM good")
        wait_for(lambda: ask(driver, "MATCH (n:Good) RETURN count(n)") == [[COUNT]])
        ask(driver, "STOP STREAM good")
        before = held(process.pid)
        for name, (_, reason) in ATTACKS.items():
            ask(driver, f"START STREAM {name}")
            wait_for(lambda name=name: facts(driver, name)["state"] == "error")  # type: ignore[misc]
            assert "The transform script contains a runtime error!" in str(facts(driver, name)["reason"])
            assert reason in str(facts(driver, name)["reason"])
            assert ask(driver, "RETURN 1") == [[1]]
        assert_held(process.pid, before)
        statuses = {row[0]: row[4] for row in ask(driver, "SHOW STREAMS")}
        assert statuses == {**dict.fromkeys(ATTACKS, "error"), "good": "stopped"}
        broker.produce(post.name, [b"one more"])
        create(driver, "better", broker, scripts, topic=post.name)
        ask(driver, "START STREAM better")
        wait_for(lambda: ask(driver, "MATCH (n:Good) RETURN count(n)") == [[COUNT + 1]])
        log = (folder / "server.log").read_text()
        assert "output of a transform script stream=reads line=begins" in log


@pytest.mark.slow
def test_a_script_that_kills_its_process_is_not_started_again(
    folder: Path, broker: EmbeddedBroker, scripts: ScriptServer
) -> None:
    """A few times for each START, while the failing message is looked for: no loop, no storm of processes; `error`."""
    with serving(SHOWN_POSTS[0], folder) as (driver, process):
        create(driver, "dies", broker, scripts)
        before = held(process.pid)
        for _ in range(5):
            ask(driver, "START STREAM dies")
            wait_for(lambda: facts(driver, "dies")["state"] == "error")
            with pytest.raises(Neo4jError, match="The transform script contains a runtime error!"):
                ask(driver, "TEST STREAM dies")
        assert_held(process.pid, before)
        begun = (folder / "server.log").read_text().count("line=begins")
        assert 10 <= begun <= 10 * (COUNT + 1)  # the failing message is looked for, with a process for each attempt
        time.sleep(1.0)
        assert (folder / "server.log").read_text().count("line=begins") == begun
        assert_held(process.pid, before)
        ask(driver, "STOP STREAM dies")
        assert facts(driver, "dies")["state"] == "stopped"


@pytest.mark.slow
@pytest.mark.parametrize("layer", ["landlock", "seccomp"])
def test_start_and_test_are_refused_where_a_script_cannot_be_confined(
    layer: str, folder: Path, broker: EmbeddedBroker, scripts: ScriptServer
) -> None:
    post = Post("lacking", POSTS[0].user, denied=(layer,))
    with serving(post, folder) as (driver, _):
        create(driver, "good", broker, scripts)
        for command in ("START STREAM good", "TEST STREAM good"):
            with pytest.raises(Neo4jError, match=rf"cannot be confined on this system: {layer} \(\[Errno \d+\]"):
                ask(driver, command)
        assert facts(driver, "good")["state"] == "stopped"


@pytest.mark.slow
def test_the_flag_allows_what_cannot_be_confined(folder: Path, broker: EmbeddedBroker, scripts: ScriptServer) -> None:
    post = Post("lacking", POSTS[0].user, denied=("landlock", "seccomp"))
    with serving(post, folder, "--allow-unsandboxed-transforms") as (driver, _):
        create(driver, "good", broker, scripts)
        assert ask(driver, "TEST STREAM good")[0][0] == "CREATE (:Good {m: $m})"
        ask(driver, "START STREAM good")
        wait_for(lambda: ask(driver, "MATCH (n:Good) RETURN count(n)") == [[COUNT]])
