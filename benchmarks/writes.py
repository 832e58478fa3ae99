"""`python -m benchmarks.writes`: what many writes cost the server, in CPU time.

The same rows in three ways: 1,000 of them as the parameter of one statement (`UNWIND $rows AS row …`), which commits by
itself; as single statements, all sent at once between BEGIN and COMMIT; and each of them sent when the one before it is
answered, as official drivers do. Then MERGE of a relationship at a node
that has very many, against one that has ten. The server is a process of its own, with a log, and every commit is
synced; the client sends prepared bytes. What is told is the least of some turns.

With --former PYTHON the server of another installation (its interpreter) takes turns with this one; --peer does so
too, and sends what the official driver makes of the same statements.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from benchmarks.bolt_client import message, statement
from benchmarks.peers import BoltPeer, add_peer_argument
from benchmarks.report import Figure, add_output_arguments, publish
from benchmarks.server_cpu import cpu_seconds, cpu_used
from benchmarks.serving import Server, serving
from memgraph_py.values.types import Value

KNOWN = 100_000
"""Nodes that relationships, MERGE and SET find."""
ROWS = 1_000
STATEMENTS = 5
"""Of ROWS rows each, a turn."""
HUB_RELATIONSHIPS = 1_000_000

Row = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Work:
    """A statement for one row: with $row, over which the same statement unwinds, or as it stands.

    row: the n-th row of all. per_second, microseconds: to reach as rows of UNWIND, and as single statements.
    """

    name: str
    text: str
    row: Callable[[int], Row]
    per_second: float | None = None
    microseconds: float | None = None
    unwound_peers: Mapping[str, float] = field(default_factory=dict)
    single_peers: Mapping[str, float] = field(default_factory=dict)

    @property
    def unwound(self) -> str:
        """Over $rows."""
        return "UNWIND $rows AS row " + self.text.replace("$", "row.")


WORKS = (
    Work(
        "CREATE a node",
        "CREATE (:Node {id: $id})",
        lambda n: {"id": KNOWN + n},
        600_000,
        35,
        {"Grafeo": 267_000, "Memgraph 2019": 220_000, "Neo4j": 97_000},
        {"Memgraph 2019": 78, "ArcadeDB": 82, "Neo4j": 261},
    ),
    Work(
        "CREATE a node with four properties",
        "CREATE (:User {id: $id, age: $age, gender: $gender, name: $name})",
        lambda n: {"id": n, "age": n % 90, "gender": "female" if n % 2 else "male", "name": f"user number {n}"},
    ),
    Work(
        "MATCH, MATCH, CREATE a relationship",
        "MATCH (n:Node {id: $from_id}), (m:Node {id: $to_id}) CREATE (n)-[:Edge]->(m)",
        lambda n: {"from_id": n * 7919 % KNOWN, "to_id": n * 104_729 % KNOWN},
        300_000,
        35,
        {"Grafeo": 88_000, "Memgraph 2019": 65_000, "Neo4j": 31_000},
        {"Memgraph 2019": 106, "ArcadeDB": 116, "Neo4j": 316},
    ),
    Work(
        "MERGE a node, SET a property",
        "MERGE (n:Node {id: $id}) SET n.value = $value",
        lambda n: {"id": n * 7919 % (2 * KNOWN), "value": n},
    ),
    Work(
        "MATCH a node, SET a property",
        "MATCH (n:Node {id: $id}) SET n.value = $value",
        lambda n: {"id": n * 7919 % KNOWN, "value": n},
    ),
    Work(
        "MATCH, MATCH, MERGE a relationship",
        "MATCH (n:Node {id: $from_id}) MATCH (m:Node {id: $to_id}) MERGE (n)-[:Known]->(m)",
        lambda n: {"from_id": n * 7919 % KNOWN, "to_id": n * 104_729 % KNOWN},
    ),
)
HUB_TEXT = "MATCH (a:Hub {id: $hub}) MATCH (b:Node {id: $id}) MERGE (a)-[:At]->(b)"


class Target(Protocol):
    """A server that takes turns."""

    def create_index(self, label: str) -> None:
        """On the property id."""
        ...

    def unwind(self, text: str, batches: Sequence[Sequence[Row]]) -> None:
        """Each batch as $rows of one statement that commits by itself."""
        ...

    def transaction(self, text: str, rows: Sequence[Row], *, waits: bool = False) -> None:
        """One statement a row, in one transaction. waits: for each answer before the next one."""
        ...

    def cpu_seconds(self) -> dict[str, float] | None:
        """Used so far, by thread."""
        ...


class Ours:
    """A server of ours, and a connection to it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._client = server.client()

    def create_index(self, label: str) -> None:
        """See Target."""
        self._client.ask(statement(f"CREATE INDEX ON :{label}(id)"), 2)

    def unwind(self, text: str, batches: Sequence[Sequence[Row]]) -> None:
        """See Target."""
        for data in [statement(text, {"rows": [*rows]}) for rows in batches]:
            self._client.ask(data, 2)

    def transaction(self, text: str, rows: Sequence[Row], *, waits: bool = False) -> None:
        """See Target."""
        statements = [statement(text, row) for row in rows]
        begin, commit = message(0x11, {}), message(0x12)
        if not waits:
            self._client.ask(b"".join((begin, *statements, commit)), 2 * len(rows) + 2)
            return
        self._client.ask(begin, 1)
        for data in statements:
            self._client.ask(data, 2)
        self._client.ask(commit, 1)

    def cpu_seconds(self) -> dict[str, float]:
        """See Target."""
        return cpu_seconds(self._server.own_process)


class Other:
    """A peer."""

    def __init__(self, peer: BoltPeer) -> None:
        self._peer = peer

    def create_index(self, label: str) -> None:
        """See Target."""
        self._peer.create_index(label)

    def unwind(self, text: str, batches: Sequence[Sequence[Row]]) -> None:
        """See Target."""
        for rows in batches:
            self._peer.rows(text, {"rows": rows})

    def transaction(self, text: str, rows: Sequence[Row], *, waits: bool = False) -> None:
        """See Target; the driver always waits."""
        self._peer.transaction(text, rows)

    def cpu_seconds(self) -> dict[str, float] | None:
        """See Target."""
        return self._peer.cpu_seconds()


def main() -> None:
    """Run everything and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.writes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--skip-hub", action="store_true", help=f"leave out {HUB_RELATIONSHIPS:,} relationships")
    parser.add_argument("--only", default="", metavar="TEXT", help="work whose name has this in it")
    parser.add_argument("--former", metavar="PYTHON", help="an interpreter with another version, which takes turns")
    add_peer_argument(parser)
    add_output_arguments(parser)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        targets: dict[str, Target] = {"": Ours(stack.enter_context(serving()))}
        if arguments.former:
            targets["former"] = Ours(stack.enter_context(serving(python=arguments.former)))
        for address in arguments.peer:
            targets[address.name] = Other(stack.enter_context(closing(BoltPeer(address))))
        for target in targets.values():
            _prepare(target)
        figures = [
            figure for work in WORKS if arguments.only in work.name for figure in _measure(work, targets, arguments)
        ]
        if not arguments.skip_hub:
            figures += _measure_hub(targets, arguments.turns)
    publish(figures, arguments, "many writes: server CPU time, every commit synced")


def _prepare(target: Target) -> None:
    for label in ("Node", "Hub"):
        target.create_index(label)
    target.unwind("UNWIND $rows AS row CREATE (:Node {id: row.id})", _batches({"id": n} for n in range(KNOWN)))


def _batches(rows: Iterator[Row]) -> list[list[Row]]:
    all_rows = [*rows]
    return [all_rows[start : start + ROWS] for start in range(0, len(all_rows), ROWS)]


def _measure(work: Work, targets: Mapping[str, Target], arguments: argparse.Namespace) -> list[Figure]:
    """As rows of UNWIND, and as single statements."""
    rows = map(work.row, count())
    turns = [[next(rows) for _ in range(STATEMENTS * ROWS)] for _ in range(3 * arguments.turns + 3)]
    unwound = _turns(targets, turns[::3], lambda target, some: target.unwind(work.unwound, _batches(iter(some))))
    per_second = {name: 1 / seconds for name, seconds in unwound.items()}
    figures = [_figure(f"{work.name}: UNWIND of 1,000", "rows/s", per_second, work.per_second, work.unwound_peers)]
    for start, waits in ((1, False), (2, True)):
        single = _turns(
            targets,
            [some[:ROWS] for some in turns[start::3]],
            lambda target, some, waits=waits: target.transaction(work.text, some, waits=waits),
        )
        microseconds = {name: 1e6 * seconds for name, seconds in single.items()}
        name = f"{work.name}: in a transaction of 1,000{', one at a time' if waits else ''}"
        figures.append(_figure(name, "µs a query", microseconds, work.microseconds, work.single_peers))
    return figures


def _figure(
    name: str, unit: str, measured: dict[str, float], reach: float | None, peers: Mapping[str, float]
) -> Figure:
    others = {peer: value for peer, value in measured.items() if peer}
    return Figure(
        name,
        unit,
        measured[""],
        reach,
        more_is_better=unit == "rows/s",
        peers={**peers, **others},
        now_measured=frozenset(others),
    )


def _turns(
    targets: Mapping[str, Target], turns: Sequence[list[Row]], work: Callable[[Target, list[Row]], Any]
) -> dict[str, float]:
    """CPU seconds a row: the least of the turns after the first."""
    least: dict[str, float] = {}
    for number, rows in enumerate(turns):
        for name, target in targets.items():
            before = target.cpu_seconds()
            work(target, rows)
            after = target.cpu_seconds()
            if number and before is not None and after is not None:
                seconds = cpu_used(before, after) / len(rows)
                least[name] = min(seconds, least.get(name, seconds))
    return least


def _measure_hub(targets: Mapping[str, Target], turns: int) -> list[Figure]:
    """At the hub against a node of ten; the same nodes at their other ends, half of them related already."""
    fill = "UNWIND $rows AS row MATCH (a:Hub {id: row.hub}) MATCH (b:Node {id: row.id}) CREATE (a)-[:At]->(b)"
    for target in targets.values():
        target.unwind("UNWIND $rows AS row CREATE (:Hub {id: row.hub})", [[{"hub": hub} for hub in range(2 * ROWS)]])
        some = [{"hub": 0, "id": 2 * n % KNOWN} for n in range(ROWS * 10)]
        for _ in range(HUB_RELATIONSHIPS // len(some)):
            target.unwind(fill, [some])
        target.unwind(fill, [[{"hub": hub, "id": 2 * n} for hub in range(1, 2 * ROWS) for n in range(10)]])
    work = Work("MERGE", HUB_TEXT, lambda n: {})
    figures = []
    for start, form, run in (
        (0, "UNWIND of 1,000", lambda target, rows: target.unwind(work.unwound, [rows])),
        (1, "in a transaction of 1,000", lambda target, rows: target.transaction(work.text, rows)),
    ):
        numbers = [range(2 * turn * ROWS + start, 2 * (turn + 1) * ROWS, 2) for turn in range(turns + 1)]
        at_hub = _turns(targets, [[{"hub": 0, "id": 40_000 + n} for n in some] for some in numbers], run)
        elsewhere = _turns(targets, [[{"hub": 1 + n % ROWS, "id": 40_000 + n} for n in some] for some in numbers], run)
        ratios = {name: at_hub[name] / elsewhere[name] for name in at_hub}
        figures.append(_figure(f"MERGE at a node of 1 M relationships: {form}", "× of 10", ratios, 1.5, {}))
    return figures


if __name__ == "__main__":
    main()
