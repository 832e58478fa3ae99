"""SIGKILL at random moments, under eight writers, a stream and changing definitions, with checkpoints all the time.

A failure tells its seed: `MEMGRAPH_CRASH_SEED=<seed> pytest tests/crashes` begins with it. What depends on time cannot
be repeated to the letter; what the clients do can. `pytest --endurance tests/endurance` kills ten times as often.
"""

import os
import random
from pathlib import Path

import pytest

from tests.crashes.killing import Report, Run

KILLS = 10


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(5))
def test_every_acknowledged_commit_survives_whole(tmp_path: Path, number: int) -> None:
    seed = int(os.environ.get("MEMGRAPH_CRASH_SEED", random.randrange(1_000_000))) + number
    print(f"seed {seed}")
    report = Run(tmp_path, seed).carry_out(KILLS)
    print(told(report))
    assert report.wrong == []
    assert sum(report.kills.values()) >= KILLS
    assert report.commits > 30 and report.messages > 100


def told(report: Report) -> str:
    """A line for the log of a test."""
    slowest = max(report.start_seconds)
    return (
        f"kills {dict(report.kills)}, {report.commits} commits, {report.conflicts} conflicts, "
        f"{report.definitions} definitions, {report.messages} messages, {report.nodes} nodes, start ≤ {slowest:.1f} s"
    )
