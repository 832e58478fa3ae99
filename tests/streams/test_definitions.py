"""The metadata file: written as a whole, read back, refused when damaged."""

import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from memgraph_py.errors import CommitFailed, StartupError
from memgraph_py.streams.definitions import FILE_NAME, Definition, Definitions

pytestmark = pytest.mark.quick

DEFINITION = Definition(
    uuid4(), "s", "host:9092", "test", "http://host/t.py", 100, 10, "def stream(b):\n    return []\n"
)


def test_what_is_put_is_there_after_a_restart(tmp_path: Path) -> None:
    definitions = Definitions(tmp_path)
    assert definitions.all() == []
    failed = replace(DEFINITION, name="é `2`", state="error", reason="why\nso", error_time=1.5)
    definitions.put(DEFINITION)
    definitions.put(failed)
    definitions.put(replace(DEFINITION, state="running"))
    again = Definitions(tmp_path)
    assert again.all() == [replace(DEFINITION, state="running"), failed]
    assert again.database_id == definitions.database_id
    again.remove("s")
    assert Definitions(tmp_path).all() == [failed]
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE_NAME]


def test_a_file_that_was_not_finished_does_not_matter(tmp_path: Path) -> None:
    Definitions(tmp_path).put(DEFINITION)
    (tmp_path / "streams.json.new").write_text('{"format": 1')
    assert Definitions(tmp_path).all() == [DEFINITION]


def test_a_write_that_fails_changes_nothing(tmp_path: Path) -> None:
    definitions = Definitions(tmp_path)
    definitions.put(DEFINITION)
    (tmp_path / "streams.json.new").mkdir()
    with pytest.raises(CommitFailed, match="the file of the streams cannot be written: "):
        definitions.put(replace(DEFINITION, name="other"))
    assert definitions.all() == Definitions(tmp_path).all() == [DEFINITION]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 2, "database_id": "x"}', '{"format": 1}'])
def test_a_damaged_or_newer_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(StartupError, match=FILE_NAME):
        Definitions(tmp_path)
    newer = {"format": 2, "database_id": str(uuid4()), "streams": []}
    (tmp_path / FILE_NAME).write_text(json.dumps(newer))
    with pytest.raises(StartupError, match="format 2"):
        Definitions(tmp_path)
