"""LOAD CSV: what is read, from where, and what is refused."""

import gzip
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from memgraph_py.config import Limits, Settings
from memgraph_py.engine.database import Database
from memgraph_py.engine.ingestion import Ingestion, QueryFailed
from memgraph_py.engine.query_runs import QueryRun
from memgraph_py.errors import CypherError, ExternalResourceFailed, ForbiddenInTransaction
from memgraph_py.functions.registry import Installation
from memgraph_py.server.imports import ImportFiles
from memgraph_py.storage.changes import Partition
from memgraph_py.storage.store import GraphStore

PEOPLE = 'name,age,note\nAda,36,"said ""no"", twice"\nGrace,,"two\nlines"\n\n"O\\"Neil",7\n'


def database(**settings: Any) -> Database:
    database = Database(GraphStore())
    told = Settings(**settings)
    database.core.installation = Installation(told, read_file=ImportFiles(told).read)
    return database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "import"
    folder.mkdir()
    (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (folder / "with space.csv").write_text("a;b\n1;2\n", encoding="utf-8-sig")
    (tmp_path / "secret.csv").write_text("x\n", encoding="utf-8")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    return folder


def test_rows_are_lists_or_maps_of_texts(folder: Path) -> None:
    session = database(import_directory=folder).session()
    rows = session.run("LOAD CSV FROM 'file:///people.csv' AS line RETURN line").values()
    assert [row[0] for row in rows] == [
        ["name", "age", "note"],
        ["Ada", "36", 'said "no", twice'],
        ["Grace", None, "two\nlines"],
        ['O"Neil', "7"],
    ]
    text = "LOAD CSV WITH HEADERS FROM $uri AS line RETURN line.name, toInteger(line.age), line.note, line.nothing"
    rows = session.run(text, {"uri": "file:///people.csv"}).values()
    assert rows[0] == ["Ada", 36, 'said "no", twice', None] and rows[2] == ['O"Neil', 7, None, None]
    text = "LOAD CSV WITH HEADERS FROM 'file:///with%20space.csv' AS row FIELDTERMINATOR ';' RETURN row"
    assert session.run(text).values() == [[{"a": "1", "b": "2"}]]


@pytest.mark.parametrize(
    ("rest", "rows"),
    [
        ("RETURN l[0], linenumber(), file()", [["name", 1, "people.csv"], ["Ada", 2, "people.csv"]]),
        ("WITH l[0] AS x WHERE linenumber() > 1 RETURN x, linenumber() ORDER BY linenumber() DESC", [["Ada", 2]]),
        ("WITH * UNWIND [8, 9] AS x RETURN *", [[["name", "age"], 8], [["name", "age"], 9], [["Ada", "36"], 8]]),
        ("CALL (l) { RETURN linenumber() + 1 AS n } RETURN n, linenumber()", [[2, 1], [3, 2]]),
        ("CALL () { RETURN file() AS f } RETURN f, file()", [[None, "people.csv"]]),
        ("WITH count(*) AS c RETURN c, linenumber(), file()", [[2, None, None]]),
        ("RETURN max(linenumber()), collect(DISTINCT file())", [[2, ["people.csv"]]]),
        ("WITH l WHERE EXISTS { UNWIND [1] AS x WITH x WHERE linenumber() = 2 RETURN x } RETURN l[0]", [["Ada"]]),
        ("LOAD CSV FROM 'file:///with%20space.csv' AS k RETURN linenumber(), file()", [[1, "with space.csv"]]),
    ],
)
def test_a_row_knows_its_number_and_file(folder: Path, rest: str, rows: list[Any]) -> None:
    (folder / "people.csv").write_text("name,age\n\nAda,36\n", encoding="utf-8")
    session = database(import_directory=folder).session()
    assert session.run(f"LOAD CSV FROM 'file:///people.csv' AS l {rest}").values()[: len(rows)] == rows
    assert session.run("RETURN linenumber(), file()").values() == [[None, None]]


def test_numbers_of_rows_count_headers_and_go_on_in_every_file(folder: Path) -> None:
    lines = "\n".join(str(number) for number in range(2, 30_002))
    (folder / "many.csv").write_text(f"id\n{lines}", encoding="utf-8")
    session = database(import_directory=folder).session()
    text = (
        "UNWIND [1, 2] AS turn LOAD CSV WITH HEADERS FROM 'file:///many.csv' AS row"
        " RETURN count(*), sum(CASE toInteger(row.id) WHEN linenumber() THEN 1 ELSE 0 END), max(linenumber())"
    )
    assert session.run(text).values() == [[60_000, 60_000, 30_001]]


def test_what_is_read_becomes_a_graph_portion_by_portion(folder: Path) -> None:
    lines = "\n".join(f"{number},{number % 7}" for number in range(50_000))
    (folder / "many.csv").write_text(f"id,group\n{lines}", encoding="utf-8")
    session = database(import_directory=folder).session()
    session.run(
        "LOAD CSV WITH HEADERS FROM 'file:///many.csv' AS row"
        " CALL (row) { CREATE (:N {id: toInteger(row.id), group: row.group}) } IN TRANSACTIONS OF 20000 ROWS"
    ).values()
    assert session.run("MATCH (n:N) RETURN count(n), sum(n.id), count(DISTINCT n.group)").values() == [
        [50_000, sum(range(50_000)), 7]
    ]
    first = session.run("LOAD CSV FROM 'file:///many.csv' AS row RETURN row[0] LIMIT 1").values()
    assert first == [["id"]]


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("file:///nowhere.csv", "No such file"),
        ("file:///../secret.csv", "leads out of"),
        ("file:///%2e%2e/secret.csv", "leads out of"),
        ("file:///link.csv", "leads out of"),
        ("file:///", "it is no file"),
        ("people.csv", "only file:///"),
        ("file://elsewhere/people.csv", "only file:///"),
        ("ftp://localhost/x.csv", "only file:///"),
        ("http://169.254.169.254/latest", "is not allowed"),
        ("http://127.0.0.1:9/x.csv", "attempts failed"),
    ],
)
def test_what_cannot_be_read_is_refused(folder: Path, uri: str, reason: str) -> None:
    session = database(import_directory=folder).session()
    with pytest.raises(ExternalResourceFailed) as caught:
        session.run("LOAD CSV FROM $uri AS row RETURN row", {"uri": uri}).values()
    assert "cannot load" in str(caught.value)
    assert reason in str(caught.value) or uri.startswith("http://127"), caught.value


def test_what_gzip_packed_is_unpacked(folder: Path) -> None:
    packed = gzip.compress(PEOPLE.encode())
    (folder / "people.csv.gz").write_bytes(packed)
    (folder / "torn.csv.gz").write_bytes(packed[:-12])
    (folder / "wrong.csv.gz").write_bytes(packed[:2] + b"no gzip at all")
    session = database(import_directory=folder).session()
    text = "LOAD CSV WITH HEADERS FROM $uri AS line RETURN line.name"
    assert session.run(text, {"uri": "file:///people.csv.gz"}).values() == [["Ada"], ["Grace"], ['O"Neil']]
    for name in ("torn", "wrong"):
        with pytest.raises(ExternalResourceFailed, match="cannot be unpacked"):
            session.run(text, {"uri": f"file:///{name}.csv.gz"}).values()


def test_what_a_web_server_keeps_packed_is_unpacked(web: str, folder: Path) -> None:
    """It comes with that encoding though none was asked for, as object stores send it."""
    (folder / "people.csv.gzip").write_bytes(gzip.compress(PEOPLE.encode()))
    (folder / "people.csv.br").write_bytes(b"...")
    session = database(transform_hosts=("127.0.0.1",)).session()
    text = "LOAD CSV WITH HEADERS FROM $uri AS line RETURN line.name"
    assert session.run(text, {"uri": f"{web}/people.csv.gzip"}).values() == [["Ada"], ["Grace"], ['O"Neil']]
    with pytest.raises(ExternalResourceFailed, match="compressed content"):
        session.run(text, {"uri": f"{web}/people.csv.br"}).values()


def test_what_unpacks_to_too_much_is_refused(web: str, folder: Path) -> None:
    (folder / "bomb.csv.gz").write_bytes(gzip.compress(b"1,2\n" * 100_000))
    limits = Limits(import_bytes_max=100_000)
    session = database(limits=limits, transform_hosts=("127.0.0.1",)).session()
    with pytest.raises(ExternalResourceFailed, match="100000"):
        session.run("LOAD CSV FROM $uri AS line RETURN count(*)", {"uri": f"{web}/bomb.csv.gz"}).values()


def test_a_server_without_a_folder_reads_no_files() -> None:
    with pytest.raises(ExternalResourceFailed) as caught:
        database().session().run("LOAD CSV FROM 'file:///people.csv' AS row RETURN row").values()
    assert caught.value.hint == "start the server with --import-directory, and put the file there"
    with pytest.raises(ExternalResourceFailed):
        Database(GraphStore()).session().run("LOAD CSV FROM 'file:///x' AS row RETURN row").values()


@pytest.fixture
def web(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *arguments: object) -> None:
            """Tell nothing."""

        def end_headers(self) -> None:
            encoding = Path(self.path).suffix
            if encoding in (".gzip", ".br"):
                self.send_header("Content-Encoding", encoding[1:])
            super().end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_over_http(web: str) -> None:
    session = database().session()
    text = "LOAD CSV WITH HEADERS FROM $uri AS row RETURN row.name"
    assert session.run(text, {"uri": f"{web}/people.csv"}).values() == [["Ada"], ["Grace"], ['O"Neil']]
    with pytest.raises(ExternalResourceFailed, match="status 404"):
        session.run(text, {"uri": f"{web}/nothing.csv"}).values()
    narrowed = database(transform_hosts=("example.org",)).session()
    with pytest.raises(ExternalResourceFailed, match="not among"):
        narrowed.run(text, {"uri": f"{web}/people.csv"}).values()
    small = database(limits=Limits(import_bytes_max=10)).session()
    with pytest.raises(ExternalResourceFailed, match="larger than 10 bytes"):
        small.run(text, {"uri": f"{web}/people.csv"}).values()


def test_what_is_no_csv_is_named(folder: Path) -> None:
    session = database(import_directory=folder).session()
    (folder / "open.csv").write_text('a,"b\nc', encoding="utf-8")
    (folder / "binary.csv").write_bytes(b"\xff\xfe\x00")
    for name, reason in (("open.csv", "is no CSV"), ("binary.csv", "is not UTF-8")):
        with pytest.raises(ExternalResourceFailed, match=reason):
            session.run("LOAD CSV FROM $uri AS row RETURN row", {"uri": f"file:///{name}"}).values()


@pytest.mark.parametrize(
    "text",
    [
        "LOAD CSV FROM 'file:///people.csv' AS row",
        "LOAD CSV FROM 'file:///people.csv' AS row FIELDTERMINATOR ';;' RETURN row",
        "LOAD CSV FROM 7 AS row RETURN row",
        "WITH 1 AS row LOAD CSV FROM 'file:///people.csv' AS row RETURN row",
        "LOAD CSV 'file:///people.csv' AS row RETURN row",
    ],
)
def test_what_is_no_statement(folder: Path, text: str) -> None:
    with pytest.raises(CypherError) as caught:
        database(import_directory=folder).session().run(text).values()
    assert caught.value.code in ("Neo.ClientError.Statement.SyntaxError", "Neo.ClientError.Statement.TypeError")


def test_words_stay_names() -> None:
    text = "WITH 1 AS load, 2 AS csv, 3 AS headers, 4 AS `from` RETURN load, csv, headers, `from`"
    assert database().session().run(text).values() == [[1, 2, 3, 4]]


def test_streams_load_nothing(folder: Path) -> None:
    runs = [QueryRun("LOAD CSV FROM 'file:///people.csv' AS row CREATE ()", 1, {})]
    with pytest.raises(QueryFailed) as caught:
        Ingestion(database(import_directory=folder)).apply(runs, uuid4(), {Partition("t", "", 0): 1}, None)
    assert isinstance(caught.value.error, ForbiddenInTransaction)
