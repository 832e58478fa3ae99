"""`memgraph-py demo`: Kafka messages become a graph before your eyes, with no other service.

An embedded broker, a web server with the transform of the streams' manual, and a database server of its own
process, which is spoken to as by any client: over Bolt, with the official driver.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from neo4j import GraphDatabase, Session
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn
from rich.table import Table

from memgraph_py.cli.embedded_broker import EmbeddedBroker
from memgraph_py.cli.load import MESSAGES_MIN, Load, add_messages_flag, make_load
from memgraph_py.cli.tables import format_value
from memgraph_py.errors import StartupError

TRANSFORM = """\
def stream(batch):
    queries = []
    for message in batch:
        ids = message.decode("utf-8").split(" ")
        if len(ids) == 1:
            queries.append(("CREATE (:Node {id: $id})", {"id": ids[0]}))
        else:
            queries.append(
                (
                    "MATCH (n:Node {id: $from_id}), (m:Node {id: $to_id}) CREATE (n)-[:Edge]->(m)",
                    {"from_id": ids[0], "to_id": ids[1]},
                )
            )
    return queries
"""
"""As in examples/transform.py."""

PROBE = (
    "import sys; sys.path.insert(0, sys.argv[1]); from memgraph_py.streams import sandbox; "
    "missing = sandbox.confine(int(sys.argv[2]), 1 << 29, []); "
    "print(*(f'{name} ({missing[name]})' for name in sandbox.MANDATORY if name in missing), sep=', ')"
)
"""Confines itself and tells which mandatory layers are missing."""

MESSAGES = 100_000
TOPIC = "demo"
SHOWN_MESSAGES = MESSAGES_MIN
"""Messages that are there when the stream is tested."""
PRODUCED_CHUNK = 5_000
AHEAD_MAX = 50_000
"""Messages produced and not yet imported: the broker drops the oldest past 5 MiB, about 300,000 of these."""
LOOK_SECONDS = 0.2
STALLED_SECONDS = 60.0

NODE_COUNT = "MATCH (n:Node) RETURN count(n)"
EDGE_COUNT = "MATCH (:Node)-[e:Edge]->(:Node) RETURN count(e)"


class _Stalled(Exception):
    """The stream stopped, or imports nothing any more; the text says why."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    add_messages_flag(parser, MESSAGES)
    parser.add_argument("--bolt-port", type=int, default=7687, help="0 picks a free one (default 7687)")
    parser.add_argument("--exit", action="store_true", help="end after the check instead of serving until Ctrl-C")


def run(arguments: argparse.Namespace) -> int:
    """Show it; gives 0 when every count is right. Raises StartupError when the server does not start."""
    console = Console()
    load = make_load(arguments.messages)
    flags = []
    reason = _why_unconfined()
    if reason is not None:
        console.print(f"{reason}; the demo runs its own script without confinement.", style="yellow", markup=False)
        flags = ["--allow-unsandboxed-transforms"]
    with (
        EmbeddedBroker() as broker,
        _script_server() as transform,
        _database(arguments.bolt_port, flags) as uri,
        GraphDatabase.driver(uri, auth=None, notifications_min_severity="OFF") as driver,
        driver.session() as session,
    ):
        console.print(f"Kafka broker (embedded)  {broker.address}")
        console.print(f"Transform script         {transform}")
        console.print(f"Database                 {uri}")
        values = load.values()
        broker.produce(TOPIC, [*values[:SHOWN_MESSAGES]])
        _prepare(console, session, broker.address, transform)
        try:
            seconds = _import(console, session, broker, values)
        except _Stalled as error:
            console.print(str(error), style="red", markup=False)
            return 1
        right = _check(console, session, load, seconds)
        if not arguments.exit:
            _serve(console, uri)
        return 0 if right else 1


# ------------------------------------------------------------------------------------------------------- the services


def _why_unconfined() -> str | None:
    """Why this system cannot confine a transform, or None when it can: a child tries it on itself."""
    words = [sys.executable, "-I", "-c", PROBE, str(Path(__file__).parents[2]), str(os.getpid())]
    tried = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    if tried.returncode != 0:
        return f"transform scripts cannot be confined here (status {tried.returncode})"
    return f"transform scripts cannot be confined here: {tried.stdout.strip()}" if tried.stdout.strip() else None


@contextmanager
def _script_server() -> Iterator[str]:
    """A web server with the script; gives its URI."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/transform.py"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/x-python; charset=utf-8")
            self.end_headers()
            if found:
                self.wfile.write(TRANSFORM.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/transform.py"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _database(port: int, flags: list[str]) -> Iterator[str]:
    """A server in a process of its own, on a folder that is gone afterwards; gives its Bolt URI."""
    with tempfile.TemporaryDirectory(prefix="memgraph-demo-", ignore_cleanup_errors=True) as folder:
        words = ["serve", "--bolt-port", str(port), "--http-port", "none", "--log-level", "warning"]
        process = subprocess.Popen(
            [sys.executable, "-m", "memgraph_py", *words, "--data-directory", str(Path(folder, "data")), *flags],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if "bolt://" not in line:
                raise StartupError("the database server of the demo did not start", hint="its own message is above")
            yield line.split()[-1]
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


# --------------------------------------------------------------------------------------------------------- the stream


def _prepare(console: Console, session: Session, address: str, transform: str) -> None:
    """Create, show, test and start the stream, printing each statement and what it answers."""
    statements = [
        "CREATE INDEX ON :Node(id)",
        f"CREATE STREAM demo AS\n  LOAD DATA KAFKA '{address}'\n  WITH TOPIC '{TOPIC}'\n"
        f"  WITH TRANSFORM '{transform}'\n  BATCH_SIZE 1000",
        "SHOW STREAMS",
        "TEST STREAM demo",
        "START STREAM demo",
    ]
    for statement in statements:
        console.print(f"\n{statement};", style="bold cyan", markup=False, highlight=False)
        result = session.run(statement)
        keys = result.keys()
        records = [[escape(_shown(value)) for value in record.values()] for record in result]
        if keys:
            table = Table(*keys)
            for record in records:
                table.add_row(*record)
            console.print(table)


def _shown(value: object) -> str:
    return value if isinstance(value, str) else format_value(value)


def _import(console: Console, session: Session, broker: EmbeddedBroker, values: list[bytes]) -> float:
    """Produce the messages, no faster than they are imported; gives the seconds that all of it took. Raises
    _Stalled."""
    console.print()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TextColumn("{task.fields[nodes]:,} nodes"),
        TextColumn("{task.fields[edges]:,} relationships"),
        TextColumn("{task.fields[rate]:,.0f} messages/s"),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("importing", total=len(values), nodes=0, edges=0, rate=0.0)
        produced = SHOWN_MESSAGES
        begin = moved = time.monotonic()
        imported = 0
        while imported < len(values):
            while produced < len(values) and produced - imported < AHEAD_MAX:
                broker.produce(TOPIC, [*values[produced : produced + PRODUCED_CHUNK]])
                produced = min(produced + PRODUCED_CHUNK, len(values))
            before, imported = imported, _look(session, progress, task, begin)
            now = time.monotonic()
            moved = now if imported > before else moved
            if now - moved > STALLED_SECONDS:
                raise _Stalled(f"the stream imported nothing for {STALLED_SECONDS:g} s")
            if imported < len(values) and (produced == len(values) or produced - imported >= AHEAD_MAX):
                time.sleep(LOOK_SECONDS)
        return time.monotonic() - begin


def _look(session: Session, progress: Progress, task: TaskID, begin: float) -> int:
    """Bring the bar up to date; gives the number of messages imported. Raises _Stalled."""
    facts = {record["fact"]: record["value"] for record in session.run("SHOW STREAM demo")}
    if facts["state"] == "error":
        raise _Stalled(f"the stream stopped: {facts['reason']}")
    imported = int(facts["messages"])
    nodes, edges = _count(session, NODE_COUNT), _count(session, EDGE_COUNT)
    rate = imported / max(time.monotonic() - begin, 0.001)
    progress.update(task, completed=imported, nodes=nodes, edges=edges, rate=rate)
    return imported


def _count(session: Session, query: str) -> int:
    record = session.run(query).single(strict=True)
    return int(record[0])


# ----------------------------------------------------------------------------------------------------------- the rest


def _check(console: Console, session: Session, load: Load, seconds: float) -> bool:
    """Ask the graph for what must be there, and print it beside what is."""
    source, target = load.edges[-1] if load.edges else (0, 0)
    twins = sum(edge == (source, target) for edge in load.edges)
    known = f'MATCH (:Node {{id: "{source}"}})-[e:Edge]->(:Node {{id: "{target}"}}) RETURN count(e)'
    checks = [
        (NODE_COUNT, load.nodes),
        ("MATCH (n:Node) RETURN count(DISTINCT n.id)", load.nodes),
        (EDGE_COUNT, len(load.edges)),
        (known, twins),
    ]
    table = Table("query", "expected", "found", "", title="In the graph")
    right = True
    for query, expected in checks:
        found = _count(session, query)
        right = right and found == expected
        table.add_row(escape(query), f"{expected:,}", f"{found:,}", "[green]✓[/]" if found == expected else "[red]✗[/]")
    console.print(table)
    total = load.nodes + len(load.edges)
    console.print(f"{total:,} messages in {seconds:.1f} s: {total / max(seconds, 0.001):,.0f} messages/s")
    return right


def _serve(console: Console, uri: str) -> None:
    """Tell what to try, and wait for Ctrl-C."""
    console.print(
        f"\nThe database serves at {uri} until Ctrl-C. Try, in another terminal:\n\n"
        f"  memgraph-py shell -a {uri}\n"
        '  > MATCH (n:Node {id: "7"})-[:Edge]-(m) RETURN n, m;\n'
        "  > MATCH (n:Node)-[e:Edge]->() RETURN n.id, count(e) AS edges ORDER BY edges DESC LIMIT 5;\n"
        "  > SHOW STREAM demo;\n"
        "  > STOP STREAM demo;\n",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    try:
        while True:
            time.sleep(3_600)
    except KeyboardInterrupt:
        console.print("\nstopping")
