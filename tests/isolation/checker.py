"""Looks for what snapshot isolation forbids in a history of appends and reads, as Elle does (Kingsbury, Alvaro 2020).

The longest committed read of a list gives the order of its versions; every other read must be a beginning of it. From
the order follow the dependencies between transactions (Adya 1999):

    T1 ─ww▶ T2    T2's append follows T1's in a list            T1 ─rt▶ T2    T1 was answered before T2 began
    T1 ─wr▶ T2    T2 read T1's append as the last one           T1 ─rw▶ T2    T1 read the list as it was before T2's

A cycle of ww is G0; of ww and wr G1c; with a single rw G-single (read skew). Snapshot isolation forbids every cycle in
which no two rw follow one another. Cycles with two rw in a row are write skew, and are allowed. Answers come after
publication and transactions begin on what is published, so real time counts as a dependency too.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from tests.isolation.history import Append, Outcome, Read, Transaction

Edges = dict[int, dict[int, str]]
"""From transaction to transaction, with the kind of the dependency."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """kind: its name in the literature; transactions: ids of those that take part."""

    kind: str
    transactions: tuple[int, ...]
    text: str


def check(history: list[Transaction], final: dict[int, tuple[int, ...]] | None = None) -> list[Anomaly]:
    """All anomalies, each kind of them once or more. ``final``: every list after the last transaction."""
    writers = {append.value: transaction for transaction in history for append in transaction.appends()}
    reader = Transaction(-1, [Read(key, values) for key, values in (final or {}).items()], Outcome.COMMITTED)
    observed = _with_what_was_seen([*history, reader], writers)
    committed = [transaction for transaction in observed if transaction.outcome is Outcome.COMMITTED]
    anomalies = [anomaly for transaction in history for anomaly in _internal(transaction)]  # aborted ones read as well
    for transaction in committed:
        anomalies += [*_dirty_reads(transaction, writers), *_fractured_reads(transaction, writers)]
    versions, disagreements = _version_orders(committed)
    anomalies += disagreements
    anomalies += _lost_updates(committed, final)
    if not disagreements:
        anomalies += _cycles(committed, _dependencies(committed, versions, writers))
    return anomalies


def _with_what_was_seen(history: list[Transaction], writers: dict[int, Transaction]) -> list[Transaction]:
    """The history, in which a transaction without an answer has committed if a committed one saw it."""
    outcomes = {transaction.id: transaction.outcome for transaction in history}
    waiting = deque(transaction for transaction in history if transaction.outcome is Outcome.COMMITTED)
    while waiting:
        for operation in waiting.popleft().operations:
            for value in operation.values if isinstance(operation, Read) else ():
                writer = writers.get(value)
                if writer is not None and outcomes[writer.id] is Outcome.UNKNOWN:
                    outcomes[writer.id] = Outcome.COMMITTED
                    waiting.append(writer)
    return [
        Transaction(
            transaction.id, transaction.operations, outcomes[transaction.id], transaction.begin, transaction.end
        )
        for transaction in history
    ]


def _internal(transaction: Transaction) -> list[Anomaly]:
    """A transaction sees its own appends, and what it read before."""
    found = []
    known: dict[int, tuple[int, ...]] = {}
    appended: dict[int, tuple[int, ...]] = defaultdict(tuple)
    for operation in transaction.operations:
        key = operation.key
        if isinstance(operation, Append):
            appended[key] += (operation.value,)
            if key in known:
                known[key] += (operation.value,)
            continue
        if key in known and operation.values != known[key]:
            text = f"list {key}: expected {known[key]}, read {operation.values}"
            found.append(Anomaly("non-repeatable read", (transaction.id,), text))
        elif appended[key] and operation.values[-len(appended[key]) :] != appended[key]:
            text = f"list {key}: own appends {appended[key]} are not at the end of {operation.values}"
            found.append(Anomaly("internal", (transaction.id,), text))
        known[key] = operation.values
        if repeated := [value for value, count in Counter(operation.values).items() if count > 1]:
            found.append(Anomaly("duplicate", (transaction.id,), f"list {key}: {repeated} more than once"))
    return found


def _dirty_reads(transaction: Transaction, writers: dict[int, Transaction]) -> list[Anomaly]:
    """G1a: what was rolled back is read. G1b: what its transaction then appended to is read."""
    found = []
    for operation in transaction.operations:
        if not isinstance(operation, Read):
            continue
        for value in operation.values:
            writer = writers.get(value)
            if writer is None:
                found.append(Anomaly("garbage", (transaction.id,), f"list {operation.key}: nobody appended {value}"))
            elif writer.outcome is Outcome.ABORTED:
                text = f"list {operation.key}: {value} was rolled back"
                found.append(Anomaly("G1a", (transaction.id, writer.id), text))
        last = writers.get(operation.values[-1]) if operation.values else None
        if last is not None and last.id != transaction.id:
            final = last.appends(operation.key)[-1].value
            if operation.values[-1] != final:
                text = f"list {operation.key}: {operation.values[-1]} is there, and {final} of the same writer is not"
                found.append(Anomaly("G1b", (transaction.id, last.id), text))
    return found


def _fractured_reads(transaction: Transaction, writers: dict[int, Transaction]) -> list[Anomaly]:
    """Of another transaction one append is seen and one is not, in lists that were both read."""
    found = []
    seen = transaction.first_reads()
    others = {writers[value].id: writers[value] for values in seen.values() for value in values if value in writers}
    for other in others.values():
        appends = [append for append in other.appends() if append.key in seen and other.id != transaction.id]
        missing = [append for append in appends if append.value not in seen[append.key]]
        if missing:
            found.append(Anomaly("fractured read", (transaction.id, other.id), f"{missing} of {appends} not seen"))
    return found


def _version_orders(committed: list[Transaction]) -> tuple[dict[int, tuple[int, ...]], list[Anomaly]]:
    """The longest read of each list; and reads that are no beginning of it."""
    longest: dict[int, tuple[int, ...]] = {}
    reads = [
        (transaction.id, key, values) for transaction in committed for key, values in transaction.first_reads().items()
    ]
    for _, key, values in reads:
        longest[key] = max(longest.get(key, ()), values, key=len)
    return longest, [
        Anomaly("incompatible order", (id,), f"list {key}: {values} and {longest[key]}")
        for id, key, values in reads
        if longest[key][: len(values)] != values
    ]


def _lost_updates(committed: list[Transaction], final: dict[int, tuple[int, ...]] | None) -> list[Anomaly]:
    """Two that read the same version of a list both appended to it; or an append is not there in the end."""
    found = []
    based_on: dict[tuple[int, tuple[int, ...]], int] = {}
    for transaction in committed:
        for key, values in transaction.first_reads().items():
            if not transaction.appends(key):
                continue
            other = based_on.setdefault((key, values), transaction.id)
            if other != transaction.id:
                text = f"list {key}: both read {values} and appended"
                found.append(Anomaly("lost update", (other, transaction.id), text))
        if final is None:
            continue
        for append in transaction.appends():
            if append.value not in final.get(append.key, ()):
                text = f"list {append.key}: {append.value} is gone"
                found.append(Anomaly("lost update", (transaction.id,), text))
    return found


def _dependencies(
    committed: list[Transaction], versions: dict[int, tuple[int, ...]], writers: dict[int, Transaction]
) -> dict[str, Edges]:
    """By kind: ww, wr, rw, rt. Points in time are nodes of rt as well, with negative ids below -1."""
    edges: dict[str, Edges] = {kind: defaultdict(dict) for kind in ("ww", "wr", "rw", "rt")}

    def add(kind: str, source: int, target: int) -> None:
        if source != target:
            edges[kind][source][target] = kind

    for values in versions.values():
        for earlier, later in pairwise(value for value in values if value in writers):
            add("ww", writers[earlier].id, writers[later].id)
    for transaction in committed:
        for key, values in transaction.first_reads().items():
            if values and values[-1] in writers:
                add("wr", writers[values[-1]].id, transaction.id)
            following = versions[key][len(values) : len(values) + 1]
            if following and following[0] in writers:
                add("rw", transaction.id, writers[following[0]].id)
    events = sorted(
        [(transaction.end, 1, transaction.id) for transaction in committed]
        + [(transaction.begin, 0, transaction.id) for transaction in committed]
    )
    moment = -2
    for _, is_end, id in events:
        if is_end:
            add("rt", moment, moment - 1)
            add("rt", id, moment - 1)
            moment -= 1
        else:
            add("rt", moment, id)
    return edges


def _cycles(committed: list[Transaction], edges: dict[str, Edges]) -> list[Anomaly]:
    """One shortest cycle of each kind that snapshot isolation forbids; the strictest kind that fits names it."""
    ids = [transaction.id for transaction in committed]
    for name, kinds in (
        ("G0", ("ww",)),
        ("G1c", ("ww", "wr")),
        ("G-single", ("ww", "wr", "rw")),
        ("G0 in real time", ("ww", "rt")),
        ("G1c in real time", ("ww", "wr", "rt")),
        ("G-single in real time", ("ww", "wr", "rw", "rt")),
    ):
        cycle = _shortest_cycle(ids, [edges[kind] for kind in kinds])
        if cycle is not None:
            several = sum(kind == "rw" for _, kind in cycle) > 1
            kind = name.replace("G-single", "G-nonadjacent") if several else name
            text = " ".join(f"T{id} ─{dependency}▶" for id, dependency in cycle if id >= 0)
            return [Anomaly(kind, tuple(id for id, _ in cycle if id >= 0), text)]
    return []


_Place = tuple[int, bool]
"""A transaction, and whether it was reached by rw."""


def _shortest_cycle(ids: list[int], edges: list[Edges]) -> list[tuple[int, str]] | None:
    """(transaction, dependency that leads on) round a cycle without two rw in a row; None if there is none."""
    following: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for part in edges:
        for source, targets in part.items():
            following[source] += targets.items()

    def steps(place: _Place) -> list[tuple[_Place, str]]:
        id, by_rw = place
        return [((target, kind == "rw"), kind) for target, kind in following[id] if not (by_rw and kind == "rw")]

    best: list[tuple[int, str]] | None = None
    for start in _on_cycles([(id, by_rw) for id in ids for by_rw in (False, True)], steps)[:50]:
        came: dict[_Place, tuple[_Place, str]] = {}
        waiting = deque([start])
        while waiting and start not in came:
            place = waiting.popleft()
            for target, kind in steps(place):
                if target not in came:
                    came[target] = (place, kind)
                    waiting.append(target)
        if start not in came:  # it lies between two cycles
            continue
        cycle: list[tuple[int, str]] = []
        place = start
        while not cycle or place != start:
            place, kind = came[place]
            cycle.append((place[0], kind))
        cycle.reverse()
        best = cycle if best is None or len(cycle) < len(best) else best
    return best


def _on_cycles(places: list[_Place], steps: Callable[[_Place], list[tuple[_Place, str]]]) -> list[_Place]:
    """Places that lie on a cycle, or between two: those left when the ones without a way in are taken away, again and
    again, and then those without a way out."""
    ways: dict[_Place, set[_Place]] = {}
    waiting = list(places)
    while waiting:
        place = waiting.pop()
        if place not in ways:
            ways[place] = {target for target, _ in steps(place)}
            waiting += ways[place]
    for _ in range(2):
        count = Counter(target for targets in ways.values() for target in targets)
        free = [place for place in ways if not count[place]]
        while free:
            for target in ways.pop(free.pop()):
                count[target] -= 1
                if not count[target]:
                    free.append(target)
        turned: dict[_Place, set[_Place]] = {place: set() for place in ways}
        for place, targets in ways.items():
            for target in targets & ways.keys():
                turned[target].add(place)
        ways = turned
    return sorted(ways)
