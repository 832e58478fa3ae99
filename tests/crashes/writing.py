"""A writer: a client that changes the graph, and knows what must be there after a crash.

Everything a writer makes is its own: nodes with its keys, relationships between them and to the one hub that all
share, and its part of the counter that all share. So what it should find is a ``State``, which each transaction takes
on to the next one. When the server dies, the transaction that was not answered may be there or not: the state that is
found must be one of two, and nothing between them.
"""

import copy
import random
from dataclasses import dataclass, field

from neo4j import Driver, Session, Transaction
from neo4j.exceptions import DriverError, TransientError
from neo4j.spatial import CartesianPoint
from neo4j.time import Date, DateTime, Duration

NODES_MAX = 40
"""A writer with more deletes more often."""

Properties = dict[str, object]


@dataclass(slots=True)
class Item:
    """A node as its writer knows it; id: id and element id, None until they were seen."""

    value: object
    is_flagged: bool = False
    id: list[object] | None = None


@dataclass(slots=True)
class Link:
    """A relationship of a writer; ends are keys of its nodes, or `hub`."""

    source: str
    target: str
    value: object
    id: list[object] | None = None


@dataclass(slots=True)
class State:
    """What a writer's part of the graph holds, by key."""

    items: dict[str, Item] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    counted: int = 0

    def told(self) -> dict[str, object]:
        """All but ids, to compare."""
        return {
            "items": {key: [repr(item.value), item.is_flagged] for key, item in sorted(self.items.items())},
            "links": {key: [link.source, link.target, repr(link.value)] for key, link in sorted(self.links.items())},
        }

    def remove(self, key: str) -> None:
        """The node with all its relationships."""
        del self.items[key]
        self.links = {name: link for name, link in self.links.items() if key not in (link.source, link.target)}


@dataclass(slots=True)
class Statement:
    """One query of a transaction. creates: the key of what it creates and returns the id of."""

    text: str
    parameters: Properties
    creates: str | None = None


class Writer:
    """One client. ``state``: what the server said is there; ``pending``: what it may hold as well."""

    def __init__(self, number: int, seed: int) -> None:
        self.number = number
        self.state = State()
        self.pending: State | None = None
        self.commits = 0
        self.conflicts = 0
        self._random = random.Random(seed)
        self._keys = 0

    def run(self, driver: Driver) -> None:
        """One transaction after another, until the server is gone."""
        self.pending = None
        with driver.session() as session:
            while True:
                after = copy.deepcopy(self.state)
                statements = self._statements(after)
                is_undone = len(statements) > 1 and self._random.random() < 0.1
                try:
                    if len(statements) == 1:
                        self.pending = after
                        ids = _run(session, statements[0])
                    else:
                        with session.begin_transaction() as transaction:
                            ids = {}
                            for statement in statements:
                                ids |= _run(transaction, statement)
                            if is_undone:
                                transaction.rollback()
                            else:
                                self.pending = after  # not before: what is not committed must never be there
                                transaction.commit()
                except TransientError:  # another writer was first: nothing was written
                    self.conflicts += 1
                    self.pending = None
                    continue
                except (DriverError, OSError):
                    return
                self._acknowledge(after, ids, is_undone)

    def check(self, found: State) -> list[str]:
        """What is wrong with what was found; it is then what the writer goes on from."""
        candidates = [self.state] if self.pending is None else [self.state, self.pending]
        alike = [state for state in candidates if state.told() == found.told()]
        if not alike:
            return [f"writer {self.number}: {_difference(candidates, found)}"]
        wrong = []
        expected = alike[0]
        for kind, known, seen in (("node", expected.items, found.items), ("link", expected.links, found.links)):
            for key, element in known.items():
                if element.id is not None and element.id != seen[key].id:
                    wrong.append(f"writer {self.number}: {kind} {key} had ids {element.id}, and has {seen[key].id}")
        found.counted = expected.counted
        self.state, self.pending = found, None
        return wrong

    def _acknowledge(self, after: State, ids: dict[str, list[object]], is_undone: bool) -> None:
        self.commits += 1
        self.pending = None
        if is_undone:
            return
        for key, id in ids.items():
            for elements in (after.items, after.links):
                if key in elements:
                    elements[key].id = id
        self.state = after

    def _statements(self, after: State) -> list[Statement]:
        """A transaction, whose effect ``after`` then holds."""
        if self._random.random() < 0.6:
            return [self._statement(after)]
        statements = [self._statement(after) for _ in range(self._random.randint(2, 4))]
        if self._random.random() < 0.15:  # seen by the new node, as it is one transaction
            statements.append(self._create(after))
            statements.append(Statement("MATCH (c:Counter) SET c.total = c.total + 1", {}))
            after.counted += 1
        return statements

    def _statement(self, after: State) -> Statement:
        keys = sorted(after.items)
        if len(keys) < 3:
            return self._create(after)
        if len(keys) > NODES_MAX:
            return self._delete(after, self._random.choice(keys))
        choose = self._random.choice
        makers = (
            lambda: self._create(after),
            lambda: self._merge(after, choose([*keys[:5], self._new_key()])),
            lambda: self._set(after, choose(keys)),
            lambda: self._flag(after, choose(keys)),
            lambda: self._delete(after, choose(keys)),
            lambda: self._link(after, choose(keys), choose(keys)),
            lambda: self._link(after, "hub", choose(keys)),
            lambda: self._set_link(after) if after.links else self._create(after),
            lambda: self._unlink(after) if after.links else self._create(after),
        )
        return choose(makers)()

    def _create(self, after: State) -> Statement:
        key, value = self._new_key(), self._value()
        after.items[key] = Item(value)
        text = "CREATE (n:Item {writer: $writer, key: $key, value: $value}) RETURN [id(n), elementId(n)]"
        return Statement(text, self._parameters(key, value), key)

    def _merge(self, after: State, key: str) -> Statement:
        value = self._value()
        after.items.setdefault(key, Item(None)).value = value
        text = "MERGE (n:Item {key: $key}) SET n.writer = $writer, n.value = $value RETURN [id(n), elementId(n)]"
        return Statement(text, self._parameters(key, value), key)

    def _set(self, after: State, key: str) -> Statement:
        after.items[key].value = value = self._value()
        return Statement("MATCH (n:Item {key: $key}) SET n.value = $value", self._parameters(key, value))

    def _flag(self, after: State, key: str) -> Statement:
        item = after.items[key]
        item.is_flagged = not item.is_flagged
        what = "SET n:Flagged" if item.is_flagged else "REMOVE n:Flagged"
        return Statement(f"MATCH (n:Item {{key: $key}}) {what}", {"key": key})

    def _delete(self, after: State, key: str) -> Statement:
        after.remove(key)
        return Statement("MATCH (n:Item {key: $key}) DETACH DELETE n", {"key": key})

    def _link(self, after: State, source: str, target: str) -> Statement:
        key, value = self._new_key(), self._value()
        after.links[key] = Link(source, target, value)
        parameters = {**self._parameters(key, value), "source": source, "target": target}
        start = "(a:Hub)" if source == "hub" else "(a:Item {key: $source})"
        text = (
            f"MATCH {start}, (b:Item {{key: $target}}) "
            "CREATE (a)-[r:LINK {writer: $writer, key: $key, value: $value}]->(b) RETURN [id(r), elementId(r)]"
        )
        return Statement(text, parameters, key)

    def _set_link(self, after: State) -> Statement:
        key = self._random.choice(sorted(after.links))
        link = after.links[key]
        link.value = value = self._value()
        text = "MATCH (:Item {key: $target})<-[r:LINK {key: $key}]-() SET r.value = $value"
        return Statement(text, {"key": key, "value": value, "target": link.target})

    def _unlink(self, after: State) -> Statement:
        key = self._random.choice(sorted(after.links))
        target = after.links.pop(key).target
        return Statement(
            "MATCH (:Item {key: $target})<-[r:LINK {key: $key}]-() DELETE r", {"key": key, "target": target}
        )

    def _new_key(self) -> str:
        self._keys += 1
        return f"{self.number}-{self._keys}"

    def _parameters(self, key: str, value: object) -> Properties:
        return {"writer": self.number, "key": key, "value": value}

    def _value(self) -> object:
        draw = self._random
        return draw.choice(
            (
                draw.randrange(20),
                draw.randrange(-(1 << 62), 1 << 62),
                draw.choice("abcdefgh"),
                "ä" * draw.randrange(2_000),
                draw.random(),
                draw.random() < 0.5,
                [draw.randrange(9), "x", None, [1.5]],
                b"\0\1\2" * draw.randrange(400),
                Date(2020, 2, draw.randrange(1, 30)),
                DateTime(2020, 2, 1, draw.randrange(24)),
                Duration(days=draw.randrange(9)),
                CartesianPoint((draw.random(), 2.0)),
                None,
            )
        )


def _run(where: Session | Transaction, statement: Statement) -> dict[str, list[object]]:
    """Run it to its end; gives the id of what it created."""
    records = list(where.run(statement.text, statement.parameters))
    if statement.creates is None:
        return {}
    ((id,),) = records
    return {statement.creates: id}


def _difference(candidates: list[State], found: State) -> str:
    """What of the graph is in none of the states."""
    lines = []
    seen = found.told()
    for name, state in zip(("acknowledged", "with what was not"), candidates, strict=False):
        told = state.told()
        parts = [
            f"{kind} {key}: expected {str(told[kind].get(key))[:200]}, found {str(seen[kind].get(key))[:200]}"
            for kind in ("items", "links")
            for key in sorted(told[kind].keys() | seen[kind].keys())
            if told[kind].get(key) != seen[kind].get(key)
        ]
        lines.append(f"[{name}] " + "; ".join(parts[:6]))
    return " | ".join(lines)
