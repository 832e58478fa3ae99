"""Answers that are remembered take no more memory for what clients name."""

import gc
import sys

import pytest

from memgraph_py.server import summaries


@pytest.mark.parametrize(
    "columns", [("x" * 1_000_000,), tuple(f"c{number}" for number in range(10_000))], ids=["long", "many"]
)
def test_long_names_are_not_remembered(columns: tuple[str, ...]) -> None:
    before = sys.getrefcount(columns)
    first = summaries.beginning(columns, 0, None, True)
    gc.collect()
    assert sys.getrefcount(columns) == before
    assert summaries.beginning(columns, 0, None, True) == first


def test_short_names_are_remembered() -> None:
    assert summaries.beginning(("n",), 0, None, False) is summaries.beginning(("n",), 0, None, False)
