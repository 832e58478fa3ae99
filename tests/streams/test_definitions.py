"""The metadata file: written as a whole, read back, refused when damaged."""

import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from memgraph_py.errors import CommitFailed, StartupError
from memgraph_py.streams.definitions import FILE_NAME, FORMAT, Definition, Definitions

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


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": 2, "database_id": "x"}', b'{"format": 1}', b'"\xff"']
)
def test_a_damaged_or_newer_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(StartupError, match=f"{FILE_NAME}' is damaged: "):
        Definitions(tmp_path)
    newer = {"format": FORMAT + 1, "database_id": str(uuid4()), "streams": []}
    (tmp_path / FILE_NAME).write_text(json.dumps(newer))
    with pytest.raises(StartupError, match=f"format {FORMAT + 1}"):
        Definitions(tmp_path)


def test_no_flipped_bit_changes_what_a_stream_is(tmp_path: Path) -> None:
    """Another stream id would be an import from the beginning, another state or script an import of something else."""
    definitions = Definitions(tmp_path)
    definitions.put(replace(DEFINITION, name="é", state="running", fetched_time=1.5))
    path = tmp_path / FILE_NAME
    whole = path.read_bytes()
    for position in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[position // 8] ^= 1 << position % 8
        path.write_bytes(damaged)
        try:
            found = Definitions(tmp_path)
        except StartupError as error:
            assert str(path) in error.message
        else:  # white space is free
            assert (found.all(), found.database_id) == (definitions.all(), definitions.database_id), position


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    Definitions(tmp_path).put(DEFINITION)
    path = tmp_path / FILE_NAME
    whole = path.read_bytes()
    for end in range(len(whole) - 1):
        path.write_bytes(whole[:end])
        with pytest.raises(StartupError, match="is damaged: "):
            Definitions(tmp_path)


def test_who_changes_the_file_takes_the_checksum_out(tmp_path: Path) -> None:
    definitions = Definitions(tmp_path)
    definitions.put(DEFINITION)
    path = tmp_path / FILE_NAME
    changed = path.read_text().replace("host:9092", "elsewhere:9092")
    path.write_text(changed)
    with pytest.raises(StartupError, match="is damaged: it has a wrong checksum") as raised:
        Definitions(tmp_path)
    assert 'take out its line "checksum"' in str(raised.value.hint)
    path.write_text("\n".join(line for line in changed.splitlines() if "checksum" not in line))
    again = Definitions(tmp_path)
    assert (again.all(), again.database_id) == ([replace(DEFINITION, uri="elsewhere:9092")], definitions.database_id)
    again.put(DEFINITION)
    assert "checksum" in path.read_text()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(StartupError, match=f"cannot read the file of the streams '{tmp_path}/{FILE_NAME}': Is a dir"):
        Definitions(tmp_path)
