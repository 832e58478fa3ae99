"""A client that makes and drops indexes and streams, and knows which must be there after a crash."""

import random
from dataclasses import dataclass, field

from neo4j import Driver, Session
from neo4j.exceptions import DriverError

INDEXES = [("Item", "value"), ("Item", "writer"), ("Message", "number"), ("Flagged", "value")]
STREAMS = ["spare", "other"]
KEPT_INDEX = ("Item", "key")
"""What writers seek by; it is never dropped."""


@dataclass(slots=True)
class Definer:
    """``there``: indexes (label, key) and streams by name; ``pending``: what may be there or not."""

    seed: int
    uri: str
    transform: str
    there: set[object] = field(default_factory=set)
    pending: object = None
    done: int = 0

    def run(self, driver: Driver) -> None:
        """One command after another, until the server is gone."""
        draw = random.Random(self.seed + self.done)
        self.pending = None
        with driver.session() as session:
            while True:
                what = draw.choice([*INDEXES, *STREAMS])
                self.pending = what
                try:
                    session.run(self._command(what)).consume()
                except (DriverError, OSError):
                    return
                self.there ^= {what}
                self.pending = None
                self.done += 1

    def check(self, session: Session) -> list[str]:
        """What is wrong with the definitions that are found; they are then what it goes on from."""
        indexes = set(index_list(session)) - {KEPT_INDEX}
        streams = {row["name"] for row in session.run("SHOW STREAMS")} - {"messages"}
        found: set[object] = {*indexes, *streams}
        expected = [self.there, self.there ^ {self.pending}] if self.pending is not None else [self.there]
        wrong = [] if found in expected else [f"definitions: expected one of {expected}, found {found}"]
        self.there, self.pending = found, None
        return wrong

    def _command(self, what: object) -> str:
        if isinstance(what, tuple):
            label, key = what
            return f"{'DROP' if what in self.there else 'CREATE'} INDEX ON :{label}({key})"
        if what in self.there:
            return f"DROP STREAM {what}"
        return self.create_stream(str(what))

    def create_stream(self, name: str) -> str:
        """The command that makes a stream of this name."""
        return (
            f"CREATE STREAM {name} AS LOAD DATA KAFKA '{self.uri}' WITH TOPIC 'numbers' "
            f"WITH TRANSFORM '{self.transform}'"
        )


def index_list(session: Session) -> list[tuple[str, str]]:
    """(label, key) of every index."""
    return [(row["labelsOrTypes"][0], row["properties"][0]) for row in session.run("SHOW INDEXES")]
