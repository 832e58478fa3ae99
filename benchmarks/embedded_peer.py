"""Kùzu and Ladybug, where they are installed: each in a process of its own, as two of them do not bear each other."""

import importlib
import importlib.util
import multiprocessing
import tempfile
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.social_graph import Social

MODULES = {"kuzu": "Kùzu", "ladybug": "Ladybug"}
"""Packages, and the names of what they are in tables."""
BUFFER_BYTES = 2 << 30


class EmbeddedPeer:
    """A database in a child process, which holds the graph."""

    def __init__(self, module: str, graph: Social) -> None:
        self.name = MODULES[module]
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(module, graph, other), daemon=True)
        self._process.start()
        other.close()
        self._pipe.recv()

    def ask(self, text: str, parameters: Mapping[str, Any]) -> tuple[list[tuple[Any, ...]] | str, float]:
        """The rows, nodes as maps, or why there are none; and the seconds of the processor that its threads used until
        the result was there, unread."""
        self._pipe.send((text, dict(parameters)))
        rows, seconds = self._pipe.recv()
        return rows, seconds

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join(10)
        self._process.terminate()


def is_installed(module: str) -> bool:
    """True where the package can be imported."""
    return importlib.util.find_spec(module) is not None


def _serve(module: str, graph: Social, pipe: Connection) -> None:
    package = importlib.import_module(module)
    database = package.Database(":memory:", buffer_pool_size=BUFFER_BYTES)
    connection = package.Connection(database, num_threads=2)
    _load(connection, graph)
    pipe.send(None)
    prepared: dict[str, Any] = {}
    while True:
        try:
            text, parameters = pipe.recv()
        except EOFError:
            return
        begun = time.process_time()
        try:
            if text not in prepared:
                prepared[text] = connection.prepare(text)
            result = connection.execute(prepared[text], parameters)
            used = time.process_time() - begun
            pipe.send(([tuple(row) for row in result.get_all()], used))
        except RuntimeError as error:  # what both raise for a text that they do not know
            pipe.send((str(error), 0.0))


def _load(connection: Any, graph: Social) -> None:
    connection.execute("CREATE NODE TABLE User(id INT64, age INT64, PRIMARY KEY(id))")
    connection.execute("CREATE REL TABLE Friend(FROM User TO User)")
    with tempfile.TemporaryDirectory() as folder:
        users, friends = Path(folder) / "users.csv", Path(folder) / "friends.csv"
        with users.open("w") as file:
            file.writelines(f"{id},{'' if age < 0 else age}\n" for id, age in enumerate(graph.ages.tolist(), start=1))
        np.savetxt(friends, np.column_stack((graph.sources, graph.targets)), fmt="%d", delimiter=",")
        connection.execute(f'COPY User FROM "{users}"')
        connection.execute(f'COPY Friend FROM "{friends}"')
