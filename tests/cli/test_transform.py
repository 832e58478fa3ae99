"""`memgraph-py transform test`."""

import json
from pathlib import Path

import pytest

from memgraph_py.cli.main import main

SCRIPT = Path(__file__).resolve().parents[2] / "examples" / "transform.py"
ALLOW = "--allow-unsandboxed-transforms"


def test_queries_are_printed_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    messages = tmp_path / "messages.txt"
    messages.write_bytes(b"1\n1 2\n")
    assert main(["transform", "test", str(SCRIPT), str(messages), ALLOW, "--batch-size", "1"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    decoder = json.JSONDecoder()
    query, end = decoder.raw_decode(first)
    assert query == "CREATE (:Node {id: $id})" and json.loads(first[end:]) == {"id": "1"}
    assert second.endswith(' {"from_id": "1", "to_id": "2"}')


def test_what_a_script_prints_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script, messages = tmp_path / "script.py", tmp_path / "messages.txt"
    script.write_text("import sys\ndef stream(batch):\n    print('got', batch, file=sys.stderr)\n    return []\n")
    messages.write_bytes(b"1\n")
    assert main(["transform", "test", str(script), str(messages), ALLOW]) == 0
    assert "got [b'1']\n" in capsys.readouterr().err


def test_the_error_of_a_script_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script, messages = tmp_path / "script.py", tmp_path / "messages.txt"
    script.write_text("def stream(batch):\n    return 1 / 0\n")
    messages.write_bytes(b"1\n")
    assert main(["transform", "test", str(script), str(messages), ALLOW]) == 1
    err = capsys.readouterr().err
    assert "The transform script contains a runtime error!" in err and "ZeroDivisionError" in err


def test_what_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["transform", "test", str(tmp_path / "none.py"), str(tmp_path / "none.txt")]) == 1
    assert capsys.readouterr().err.startswith(f"memgraph-py: cannot read '{tmp_path}/none.py': ")
    assert main(["transform", "test", str(SCRIPT), str(SCRIPT), "--batch-size", "0"]) == 1
