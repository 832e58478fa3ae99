"""Fixtures of tests over a bare socket."""

from collections.abc import Callable, Iterator

import pytest

from memgraph_py.server.app import EmbeddedServer
from tests.server.peer import Peer, connector


@pytest.fixture
def connect(server: EmbeddedServer) -> "Iterator[Callable[[], Peer]]":
    """Opens connections to the server."""
    with connector(server) as connect:
        yield connect
