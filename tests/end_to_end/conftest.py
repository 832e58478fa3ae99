"""Brokers for the end-to-end tests."""

from collections.abc import Iterator

import pytest

from memgraph_py.cli.embedded_broker import EmbeddedBroker
from tests.end_to_end.kafka_broker import RealBroker, Unavailable, real_broker


@pytest.fixture
def embedded_broker() -> Iterator[EmbeddedBroker]:
    """A broker in this process."""
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture(scope="session")
def apache_kafka() -> Iterator[RealBroker]:
    """Apache Kafka; tests that use it carry the mark ``real_kafka`` and are skipped where there is none."""
    try:
        context = real_broker()
        broker = context.__enter__()
    except Unavailable as reason:
        pytest.skip(str(reason))
    yield broker
    context.__exit__(None, None, None)
