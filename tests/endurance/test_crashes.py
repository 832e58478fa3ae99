"""What tests/crashes and tests/durability show in minutes, at length: `pytest --endurance tests/endurance`."""

import random
from pathlib import Path

import pytest

from tests.crashes.killing import Run
from tests.crashes.test_kill_9 import told
from tests.durability.test_faulty_disk import no_commit_is_lost_or_comes_back

RUNS, KILLS = 10, 50


@pytest.mark.timeout(0)
@pytest.mark.parametrize("number", range(RUNS))
def test_500_kills(tmp_path: Path, number: int) -> None:
    seed = random.randrange(1_000_000)
    report = Run(tmp_path, seed).carry_out(KILLS)
    print(f"run {number}, seed {seed}: {told(report)}")
    assert report.wrong == []
    assert sum(report.kills.values()) >= KILLS


@pytest.mark.timeout(0)
def test_5000_faulty_disks(tmp_path: Path) -> None:
    for _ in range(5_000):
        seed = random.randrange(1 << 40)
        folder = tmp_path / str(seed)
        folder.mkdir()
        no_commit_is_lost_or_comes_back(folder, seed)
