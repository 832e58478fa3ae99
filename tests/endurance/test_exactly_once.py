"""200,000 messages of Apache Kafka under 200 kills of server and broker, five times over."""

import random
from pathlib import Path

import pytest

from tests.end_to_end.exactly_once import Run
from tests.end_to_end.kafka_broker import RealBroker

RUNS, MESSAGES, KILLS = 5, 200_000, 200


@pytest.mark.real_kafka
@pytest.mark.timeout(0)
@pytest.mark.parametrize("number", range(RUNS))
def test_200_kills(apache_kafka: RealBroker, tmp_path: Path, number: int) -> None:
    seed = random.randrange(1 << 32)
    told = [f"run {number}, seed {seed}"]
    try:
        report = Run(apache_kafka, tmp_path, random.Random(seed), told.append).carry_out(MESSAGES, KILLS)
    finally:
        apache_kafka.start()
    assert report.wrong == [], told
    assert (report.server_kills, report.broker_kills) == (KILLS // 2, KILLS // 2)
