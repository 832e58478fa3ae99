"""20,000 messages of Apache Kafka, 20 kills of server and broker: each message takes effect exactly once."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.ingest_kills import tell
from tests.end_to_end.exactly_once import ACTS, Report, Run, differences, plan
from tests.end_to_end.kafka_broker import RealBroker

MESSAGES = 20_000
KILLS = 20


@pytest.fixture
def killed_broker(apache_kafka: RealBroker) -> Iterator[RealBroker]:
    """The broker that all share; it runs again afterwards."""
    yield apache_kafka
    apache_kafka.start()


@pytest.mark.quick
@pytest.mark.parametrize("kills", [1, 2, 7, 20, 500])
def test_half_of_the_kills_are_the_server_s(kills: int) -> None:
    acts = plan(kills, random.Random(kills))
    of_server, of_broker = (sum(ACTS[act][side] for act in acts) for side in (0, 1))
    assert (of_server, of_broker) == (kills - kills // 2, kills // 2)
    if kills >= 20:
        assert set(acts) == set(ACTS)


@pytest.mark.quick
@pytest.mark.parametrize(
    ("places", "wrong"),
    [
        ([(1, 0), (0, 0), (0, 1)], []),
        ([(0, 0), (1, 0)], ["1 lost"]),
        ([(0, 0), (0, 1), (0, 1), (1, 0)], ["1 double"]),
        ([(0, 0), (0, 1), (1, 0), (1, 1)], ["1 never sent"]),
        ([(0, 1), (0, 0), (1, 0)], ["partition 0 is out of order"]),
        ([(0, 0), (0, 1), (0, 0)], ["1 lost", "1 double", "partition 0 is out of order"]),
    ],
)
def test_what_is_wrong_is_told(places: list[tuple[int, int]], wrong: list[str]) -> None:
    assert differences(places, {0: 2, 1: 1}) == wrong


@pytest.mark.quick
def test_the_verdict_is_the_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert tell(Report(messages=10, seconds=1.0)) == 0
    assert "exactly once" in capsys.readouterr().out
    assert tell(Report(messages=10, seconds=1.0, wrong=["1 lost"])) == 1
    assert capsys.readouterr().out.endswith("WRONG:\n1 lost\n")


@pytest.mark.slow
@pytest.mark.real_kafka
@pytest.mark.timeout(600)
def test_each_message_takes_effect_once_whatever_is_killed(killed_broker: RealBroker, tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    told: list[str] = [f"seed {seed}"]
    report = Run(killed_broker, tmp_path, random.Random(seed), told.append).carry_out(MESSAGES, KILLS)
    assert report.wrong == [], told
    assert (report.server_kills, report.broker_kills) == (KILLS // 2, KILLS // 2)
