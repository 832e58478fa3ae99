"""10 million elements made and deleted, and many walks on the store: `pytest --endurance tests/endurance`."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.properties.test_store_model import Walk

WALKS = 2_000


@pytest.mark.timeout(0)
def test_ten_million_elements_leave_nothing() -> None:
    """In a process of its own, as its resident memory is what is looked at."""
    output = subprocess.run(
        [sys.executable, "-m", "benchmarks.growth"],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=3_600,
    ).stdout
    print(output)
    ratios = [float(ratio) for ratio in re.findall(r"most resident / live set: ([\d.]+)", output)]
    files = [int(size) for size in re.findall(r"most files: (\d+) MB", output)]
    assert len(ratios) == len(files) == 3, "without a reader, with one, after it"
    assert max(ratios) <= 2.0, "of the process, with what the C library keeps; tests/storage looks at the arrays"
    assert max(files) <= 96, "the log's 32 MB, a checkpoint or two, and what came while one was written"


@pytest.mark.timeout(0)
def test_many_walks_agree_with_the_model() -> None:
    for seed in range(WALKS):
        print(f"seed {seed}")
        Walk(seed).run()
