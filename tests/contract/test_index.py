"""README.md of this folder names every test, and every test that it names is there."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
ELSEWHERE = {"test_index.py", "test_show_stream.py"}
"""Without a table of their own."""


@pytest.mark.quick
def test_the_table_and_the_tests_agree() -> None:
    named: set[tuple[str, str]] = set()
    file = ""
    for word in re.findall(
        r"\btest_\w+(?:\.py:)?", (FOLDER / "README.md").read_text(encoding="utf-8").split("Elsewhere:")[0]
    ):
        if word.endswith(".py:"):
            file = word.removesuffix(":")
        else:
            named.add((file, word))
    there = {
        (path.name, name)
        for path in FOLDER.glob("test_*.py")
        if path.name not in ELSEWHERE
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert named - {("", "test_index")} == there
