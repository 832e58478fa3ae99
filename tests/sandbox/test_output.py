"""What a script prints to standard error is in the server's log, with its stream's name, within limits."""

import io
import logging
import os
from collections.abc import Iterator

import pytest

from memgraph_py.config import Limits
from memgraph_py.errors import TransformError
from memgraph_py.streams import script_log
from memgraph_py.streams.script_log import LINES_MAX, ScriptLog
from memgraph_py.streams.transform import Script, TransformStarter
from tests.streams.conftest import wait_until

LOGGER = "memgraph_py.streams.script_log"


@pytest.fixture
def log() -> Iterator[ScriptLog]:
    log = ScriptLog()
    yield log
    log.close()


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """(stream, line) of what was logged."""
    return [(record.stream, record.line) for record in caplog.records if hasattr(record, "line")]  # type: ignore[attr-defined]


def left_out(caplog: pytest.LogCaptureFixture) -> int:
    return sum(record.lines for record in caplog.records if hasattr(record, "lines"))  # type: ignore[attr-defined]


def write(log: ScriptLog, *parts: bytes) -> io.RawIOBase:
    """Follow a pipe into which these are written before it is closed."""
    reader, writer = os.pipe()
    pipe = os.fdopen(reader, "rb", buffering=0)
    log.follow(pipe, "s")
    for part in parts:
        os.write(writer, part)
    os.close(writer)
    return pipe


def test_print_to_standard_error_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    starter = TransformStarter(Limits(), allow_unsandboxed=False)
    source = (
        "import sys\nprint('loaded', file=sys.stderr)\n"
        "def stream(batch):\n    print('got', *batch, 'é', file=sys.stderr)\n    return []\n"
    )
    transform = starter.start(Script(source, "http://localhost/t.py", "orders"))
    assert transform.apply([b"1"]) == []
    wait_until(lambda: len(lines(caplog)) == 2)
    assert lines(caplog) == [("orders", "loaded"), ("orders", "got b'1' é")]
    assert caplog.records[-1].getMessage() == "output of a transform script"
    transform.close()
    starter.close()


def test_lines_are_limited_in_number_and_the_rest_is_counted(caplog: pytest.LogCaptureFixture, log: ScriptLog) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    pipe = write(log, *(b"line %d\n" % number for number in range(LINES_MAX + 7)))
    wait_until(lambda: pipe.closed)
    assert lines(caplog) == [("s", f"line {number}") for number in range(LINES_MAX)]
    assert left_out(caplog) == 7


def test_the_next_window_begins_anew(
    caplog: pytest.LogCaptureFixture, log: ScriptLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    monkeypatch.setattr(script_log, "WINDOW_SECONDS", 0.0)
    reader, writer = os.pipe()
    log.follow(os.fdopen(reader, "rb", buffering=0), "s")
    os.write(writer, b"x\n" * (LINES_MAX + 1))
    wait_until(lambda: len(lines(caplog)) == LINES_MAX)
    os.write(writer, b"after\n")
    wait_until(lambda: ("s", "after") in lines(caplog))
    assert left_out(caplog) == 1
    os.close(writer)


def test_a_line_is_cut_and_cannot_forge_another(caplog: pytest.LogCaptureFixture, log: ScriptLog) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    pipe = write(log, b"\x1b[31mred\rERROR \xff\x85\n", b"y" * 30_000, b"z" * 30_000 + b"\nlast without an end")
    wait_until(lambda: pipe.closed)
    forged, long, last = (line for _, line in lines(caplog))
    assert forged == "\\x1b[31mred\\rERROR \ufffd\ufffd"
    assert long == "y" * 1_000 + "…"
    assert last == "last without an end"


def test_gigabytes_meet_the_deadline_and_little_of_them_is_read(caplog: pytest.LogCaptureFixture) -> None:
    """Reading is slowed, so the script waits for its reader, and the server's log and processor are left alone."""
    caplog.set_level(logging.INFO, LOGGER)
    starter = TransformStarter(Limits(transform_batch_seconds=1.0), allow_unsandboxed=False)
    source = "import os\ndef stream(batch):\n    data = b'x' * 1_000_000 + b'\\n'\n    while True: os.write(2, data)\n"
    transform = starter.start(Script(source, "u", "flood"))
    with pytest.raises(TransformError) as late:
        transform.apply([b"1"])
    assert late.value.detail == "the script did not answer within 1 s and was ended"
    transform.close()
    starter.close()
    assert len(lines(caplog)) <= LINES_MAX
    logged = sum(len(line) for _, line in lines(caplog)) + left_out(caplog) * 1_000_000
    assert logged < 20_000_000


def test_a_log_that_was_closed_follows_nothing() -> None:
    log = ScriptLog()
    log.close()
    log.close()
    assert write_to_closed(log).closed


def write_to_closed(log: ScriptLog) -> io.RawIOBase:
    reader, writer = os.pipe()
    os.close(writer)
    pipe = os.fdopen(reader, "rb", buffering=0)
    log.follow(pipe, "s")
    return pipe
