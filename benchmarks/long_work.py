"""Statements that take long, each by another kind of work: what ``benchmarks.cancel`` and tests interrupt.

Each would run for ten seconds or, most of them, for as long as one waits, and takes little memory in the first ones.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from memgraph_py.values.types import Value

CSV_LINES = 200_000
IMPORTED = "lines.csv"

GRAPH = (
    "UNWIND range(0, 299) AS i CREATE (:Dense {i: i, text: 'text ' + toString(i)})",
    "MATCH (a:Dense), (b:Dense) WHERE a.i <> b.i AND (a.i * 7 + b.i * 13) % 5 = 0 CREATE (a)-[:TO {w: a.i}]->(b)",
    "UNWIND range(0, 199999) AS i CREATE (:Item {i: i, text: 'item ' + toString(i % 1000)})",
    "CREATE (:Hub)",
    "MATCH (h:Hub), (i:Item) CREATE (h)-[:HAS]->(i)",
    "UNWIND range(0, 5) AS level UNWIND range(0, 19) AS i CREATE (:Layer {level: level, i: i})",
    "MATCH (a:Layer), (b:Layer) WHERE b.level = a.level + 1 CREATE (a)-[:NEXT]->(b)",
    "UNWIND range(1, 1000000) AS x CREATE (:Wide {x: x, y: x % 1000})",
)
"""Dense: 300 nodes with 60 relationships each. Item: 200,000. Layer: 6 layers of 20, each node leads to all of the
next layer. Wide: a million."""

_NUMBERS = "UNWIND range(1, 1000000000) AS x"
_MANY = "UNWIND range(1, 20000000) AS x"


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of work and a statement that does it. streams: it gives rows from the beginning on. committed: it is the
    COMMIT of a transaction in which this was run."""

    name: str
    text: str
    parameters: dict[str, Value] = field(default_factory=dict)
    streams: bool = False
    committed: str | None = None


WORKS = (
    Work("cross product", "MATCH (a:Item), (b:Item), (c:Dense) RETURN count(*) + sum(a.i)"),
    Work("expansion", "MATCH (a:Dense)-->(b)-->(c)-->(d)-->(e) RETURN sum(e.i)"),
    Work("variable length", "MATCH p = (a:Dense {i: 3})-[*1..7]->(b) RETURN count(p)"),
    Work(
        "shortest path",
        f"{_NUMBERS} MATCH (a:Dense {{i: x % 300}}), (b:Hub) MATCH p = shortestPath((a)-[*]->(b)) RETURN p",
    ),
    Work(
        "all shortest paths",
        f"{_NUMBERS} MATCH (a:Layer {{level: 0, i: x % 20}}), (b:Layer {{level: 5}})"
        " MATCH p = allShortestPaths((a)-[*]->(b)) RETURN count(p)",
    ),
    Work("frontier", f"{_NUMBERS} MATCH (a:Dense {{i: x % 300}})-->()-->()-->(b) WITH DISTINCT x, b RETURN count(*)"),
    Work("sort of integers", f"{_MANY} WITH x * 7919 % 1000003 AS k ORDER BY k RETURN collect(k)[0]"),
    Work("sort of floats", f"{_MANY} WITH rand() AS k ORDER BY k RETURN collect(k)[0]"),
    Work("sort of texts", f"{_MANY} WITH toString(x * 7919 % 1000003) AS k ORDER BY k RETURN collect(k)[0]"),
    Work(
        "sort of long texts",
        f"{_MANY} WITH 'a text of more than sixty-four bytes, so that words do not order it, '"
        " + toString(x * 7919 % 1000003) AS k ORDER BY k RETURN collect(k)[0]",
    ),
    Work(
        "sort of mixed values",
        f"{_MANY} WITH CASE x % 3 WHEN 0 THEN x WHEN 1 THEN toString(x) ELSE [x] END AS k"
        " ORDER BY k RETURN collect(k)[0]",
    ),
    Work("the first of a sort", f"{_NUMBERS} WITH x ORDER BY x * 7919 % 1000003, x LIMIT 100000 RETURN count(x)"),
    Work("grouping of integers", f"{_NUMBERS} WITH x % 100003 AS k, count(*) AS c RETURN sum(c)"),
    Work("grouping of texts", f"{_MANY} WITH toString(x) AS k, count(*) AS c RETURN sum(c)"),
    Work("grouping of lists", f"{_MANY} WITH [x % 1000, 'a'] AS k, count(*) AS c RETURN sum(c)"),
    Work(
        "grouping of mixed values",
        f"{_MANY} WITH CASE x % 2 WHEN 0 THEN x ELSE toString(x) END AS k, count(*) AS c RETURN sum(c)",
    ),
    Work(
        "many aggregates",
        f"{_MANY} RETURN x % 3, sum(x), avg(x), stDev(x), percentileCont(x, 0.5), min(toString(x)), max(x)",
    ),
    Work("exact sums", f"{_MANY} RETURN x % 1000, sum(x * 1000000000), sum(CASE x % 2 WHEN 0 THEN 1.5 ELSE x END)"),
    Work("DISTINCT", f"{_MANY} WITH DISTINCT x RETURN count(x)"),
    Work("DISTINCT of lists", f"{_MANY} WITH DISTINCT [x] AS l RETURN count(l)"),
    Work("count(DISTINCT)", f"{_MANY} RETURN count(DISTINCT toString(x))"),
    Work("collect", f"{_MANY} WITH collect(x) AS l RETURN size(l)"),
    Work("collect by group", f"{_MANY} WITH x % 100000 AS k, collect(toString(x)) AS l RETURN sum(size(l))"),
    Work(
        "hash join",
        f"{_MANY} WITH x % 5 AS k MATCH (a:Item), (b:Dense) WHERE a.i % 7 = b.i % 7 AND a.i > k RETURN count(*)",
    ),
    Work("hash join of properties", "MATCH (a:Item), (b:Item) WHERE a.text = b.text RETURN sum(a.i + b.i)"),
    Work("a list", f"{_NUMBERS} WITH [i IN range(1, 100000) | i + x] AS l RETURN sum(size(l))"),
    Work(
        "a long comprehension",
        "WITH range(1, 9000000) AS l UNWIND range(1, 100) AS x"
        " RETURN sum(size([i IN l WHERE i % 2 = 0 | toString(i)]))",
    ),
    Work(
        "nested comprehensions", f"{_NUMBERS} RETURN sum(size([i IN range(1, 1000) | [j IN range(1, 1000) | i * j]]))"
    ),
    Work("quantifiers", f"{_NUMBERS} RETURN sum(CASE WHEN all(i IN range(1, 1000000) WHERE i > 0) THEN 1 ELSE 0 END)"),
    Work(
        "reduce",
        "RETURN reduce(s = 0, i IN range(1, 9999999) | s + i % 7) + reduce(s = 0, i IN range(1, 9999999) | s + i)",
    ),
    Work("reduce of lists", "RETURN size(reduce(s = [], i IN range(1, 9999999) | s + i))"),
    Work("reduce of texts", "RETURN size(reduce(s = '', i IN range(1, 9999999) | s + 'x'))"),
    Work("range()", f"{_NUMBERS} WITH range(x, x + 9000000) AS l RETURN sum(l[17])"),
    Work(
        "lists that double",
        f"{_NUMBERS} WITH range(1, 4000000) AS l WITH l + l AS l WITH l + l AS m RETURN sum(size(m))",
    ),
    Work("lists compared", f"{_NUMBERS} WITH range(1, 3000000) AS l, range(1, 3000000) AS m RETURN count(l = m)"),
    Work("sought in a list", f"WITH range(1, 9000000) AS l {_NUMBERS} RETURN sum(CASE WHEN -x IN l THEN 1 ELSE 0 END)"),
    Work(
        "slices and reverse",
        f"WITH range(1, 9000000) AS l {_NUMBERS} RETURN sum(size(reverse(l)) + size(tail(l)) + size(l[1..]))",
    ),
    Work(
        "texts that double",
        f"WITH reduce(s = 'abcdefgh', i IN range(1, 11) | s + s) AS t {_NUMBERS} RETURN sum(size(t + x))",
    ),
    Work(
        "replace",
        f"WITH reduce(s = 'ab', i IN range(1, 13) | s + s) AS t {_NUMBERS} RETURN sum(size(replace(t, 'b', 'cde')))",
    ),
    Work("split", f"WITH reduce(s = 'ab', i IN range(1, 12) | s + s) AS t {_NUMBERS} RETURN sum(size(split(t, 'b')))"),
    Work(
        "upper case", f"WITH reduce(s = 'aß', i IN range(1, 13) | s + s) AS t {_NUMBERS} RETURN sum(size(toUpper(t)))"
    ),
    Work(
        "contains",
        f"WITH reduce(s = 'aaaaaaaa', i IN range(1, 19) | s + s) AS t {_NUMBERS}"
        " RETURN sum(CASE WHEN t CONTAINS 'aaaaaaaab' + x THEN 1 ELSE 0 END)",
    ),
    Work("regular expression", f"{_NUMBERS} RETURN count('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' + x =~ '(a|aa)+b')"),
    Work(
        "regular expression on a long text",
        f"WITH reduce(s = 'abcdefgh', i IN range(1, 20) | s + s) AS t {_NUMBERS} RETURN count(t =~ '.*z.*')",
    ),
    Work("UNWIND of a list", f"WITH range(1, 9000000) AS l {_NUMBERS} UNWIND l AS y RETURN sum(y)"),
    Work(
        "UNWIND of a parameter",
        f"{_NUMBERS} UNWIND $rows AS row RETURN sum(row.x), count(row.text)",
        {"rows": [{"x": x, "text": f"text {x}"} for x in range(50_000)]},
    ),
    Work("maps", f"{_NUMBERS} WITH {{a: x, b: [x], c: toString(x)}} AS m RETURN count(keys(m)), sum(m.a)"),
    Work(
        "dates",
        f"{_NUMBERS} RETURN max(date({{year: 2000 + x % 20, month: 1 + x % 12}}) + duration({{days: x % 100}}))",
    ),
    Work("points", f"{_NUMBERS} RETURN sum(point.distance(point({{x: x, y: 1}}), point({{x: 1, y: x}})))"),
    Work("LOAD CSV", f"{_NUMBERS} LOAD CSV FROM 'file:///{IMPORTED}' AS line RETURN count(line[0])"),
    Work(
        "LOAD CSV, grouped",
        f"{_NUMBERS} LOAD CSV FROM 'file:///{IMPORTED}' AS line WITH line, count(*) AS c RETURN sum(c)",
    ),
    Work("LOAD CSV from the web", f"{_NUMBERS} LOAD CSV FROM $uri AS line RETURN count(line[0])"),
    Work("CREATE", f"{_NUMBERS} CREATE (:New {{x: x, text: toString(x)}})"),
    Work("CREATE of relationships", f"MATCH (h:Hub) {_NUMBERS} CREATE (h)-[:NEW {{x: x}}]->(h)"),
    Work("MERGE", f"{_NUMBERS} MERGE (:Merged {{x: x % 5000}})"),
    Work("MERGE of paths", f"{_MANY} MATCH (a:Dense {{i: x % 300}}) MERGE (a)-[:M]->(b:Other {{x: x}})"),
    Work("SET", f"{_NUMBERS} MATCH (n:Item) SET n.seen = x"),
    Work("SET, row by row", f"{_NUMBERS} MATCH (n:Dense) SET n.i = n.i + 1"),
    Work("SET of labels", f"{_NUMBERS} MATCH (n:Item) SET n:Seen REMOVE n:Seen"),
    Work("FOREACH", f"{_NUMBERS} FOREACH (y IN range(1, 9000000) | CREATE (:Each {{x: y}}))"),
    Work("DELETE", f"{_NUMBERS} CREATE (n:Gone {{x: x}}) DELETE n"),
    Work("DETACH DELETE", f"MATCH (n:Item) DETACH DELETE n WITH count(*) AS c {_NUMBERS} CREATE (n:Gone) DELETE n"),
    Work(
        "CALL of a subquery",
        f"{_NUMBERS} CALL {{ WITH x MATCH (n:Dense) WHERE n.i > x RETURN count(n) AS c }} RETURN sum(c)",
    ),
    Work("CALL IN TRANSACTIONS", f"{_NUMBERS} CALL {{ WITH x CREATE (:Batch {{x: x}}) }} IN TRANSACTIONS OF 1000 ROWS"),
    Work("procedures", f"{_NUMBERS} CALL db.schema.nodeTypeProperties() YIELD nodeType RETURN count(nodeType)"),
    Work("EXISTS", "MATCH (a:Item), (b:Dense) WHERE EXISTS { (b)-->(c:Dense)-->(d) WHERE d.i = a.i } RETURN count(*)"),
    Work("COLLECT", "MATCH (a:Item), (b:Dense) RETURN sum(size(COLLECT { MATCH (b)-->(c) RETURN c.i + a.i }))"),
    Work("UNION", f"CALL {{ {_NUMBERS} RETURN x AS y UNION {_NUMBERS} RETURN x + 1 AS y }} RETURN count(y)"),
    Work("rows to a client", "UNWIND range(1, 100000000) AS x RETURN x, toString(x) AS text", streams=True),
    Work("rows of lists to a client", f"{_NUMBERS} RETURN range(1, 1000000) AS l", streams=True),
    Work("rows of nodes to a client", f"{_NUMBERS} MATCH (n:Item) RETURN n", streams=True),
    Work("rows of paths to a client", "MATCH p = (:Dense)-->()-->()-->() RETURN p", streams=True),
)

COMMITS = (
    Work(
        "commit of nodes", "", committed="UNWIND range(1, 1000000) AS x CREATE (:Committed {x: x, text: toString(x)})"
    ),
    Work(
        "commit of relationships",
        "",
        committed="MATCH (h:Hub) UNWIND range(1, 1000000) AS x CREATE (h)-[:COMMITTED {x: x}]->(h)",
    ),
    Work("commit of properties", "", committed="MATCH (n:Wide) SET n.y = coalesce(n.y, 0) + 1, n.text = 'a text'"),
    Work("commit of deletions", "", committed="MATCH (n:Wide) DELETE n"),
)
"""They end within seconds; what goes to the log is waited for."""


@contextmanager
def dripping() -> Iterator[str]:
    """The URI of a file that never ends: a byte of it comes every tenth of a second."""
    ended = threading.Event()

    def drip(peer: socket.socket) -> None:
        with peer, suppress(OSError):
            peer.recv(1 << 16)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n\r\n")
            while not ended.wait(0.1):
                peer.sendall(b"1")

    def serve() -> None:
        with suppress(OSError):  # it is closed
            while True:
                threading.Thread(target=drip, args=listening.accept()[:1], daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/lines.csv"
        finally:
            ended.set()
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)


def write_lines(folder: Path, lines: int = CSV_LINES) -> None:
    """The file of LOAD CSV."""
    with (folder / IMPORTED).open("w") as file:
        for start in range(0, lines, 10_000):
            file.writelines(f"{number},name {number},{number % 100}\n" for number in range(start, start + 10_000))
