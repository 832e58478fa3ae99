"""Brokers for the end-to-end tests."""

from collections.abc import Iterator

import pytest

from memgraph_py.cli.embedded_broker import EmbeddedBroker


@pytest.fixture
def embedded_broker() -> Iterator[EmbeddedBroker]:
    """A broker in this process."""
    with EmbeddedBroker() as broker:
        yield broker
