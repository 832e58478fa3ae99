"""A transform's child process from the parent's side: answers and faults. tests/sandbox has the attacks."""

import errno
import math
import os
import resource
import time
from pathlib import Path

import pytest

from memgraph_py.config import Limits
from memgraph_py.engine.query_runs import QueryRun
from memgraph_py.errors import ServiceUnavailable, TransformError
from memgraph_py.streams.transform import Script, TransformStarter
from memgraph_py.streams.transform_worker import ERROR_CHARACTERS_MAX
from tests.streams.conftest import wait_until
from tests.streams.fakes import MANUAL

NAME = "http://localhost/transform.py"


def answer(starter: TransformStarter, body: str, batch: list[bytes] | None = None) -> list[QueryRun]:
    """What a script with this body of stream() gives for a batch."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    transform = starter.start(Script(f"import os, sys\ndef stream(batch):\n{lines}\n", NAME))
    try:
        return transform.apply([b"1"] if batch is None else batch)
    finally:
        transform.close()


def fault(starter: TransformStarter, body: str) -> str:
    with pytest.raises(TransformError) as failed:
        answer(starter, body)
    assert failed.value.message == "The transform script contains a runtime error!"
    assert failed.value.detail is not None
    return failed.value.detail


def test_the_manual_s_script(starter: TransformStarter) -> None:
    transform = starter.start(Script(MANUAL, NAME))
    for _ in range(2):
        assert transform.apply([b"1", b"2", b"1 2"]) == [
            QueryRun("CREATE (:Node {id: $id})", 2, {"id": ["1", "2"]}),
            QueryRun(
                "MATCH (n:Node {id: $from_id}), (m:Node {id: $to_id}) CREATE (n)-[:Edge]->(m)",
                1,
                {"from_id": ["1"], "to_id": ["2"]},
            ),
        ]
    assert transform.apply([]) == []
    transform.close()
    transform.close()


def test_batches_that_are_asked_for_together_are_answered_one_after_another(starter: TransformStarter) -> None:
    """Each of its own call, also where the answers are longer than what is read at once; none after a failing one."""
    body = "def stream(batch): return [('Q', {'n': [int(m)] * 5000}) for m in batch]"
    transform = starter.start(Script(body, NAME))
    numbers = range(20)
    for _ in range(2):
        transform.ask([[b"%d" % number] for number in numbers])
        for number in numbers:
            assert transform.answer() == [QueryRun("Q", 1, {"n": [[number] * 5000]})]
    transform.ask([[b"1"], [b"x"], [b"2"]])
    assert [run.rows for run in transform.answer()] == [1]
    for _ in range(2):
        with pytest.raises(TransformError):
            transform.answer()
    transform.close()


def test_every_allowed_value(starter: TransformStarter) -> None:
    value = [None, True, -1, 2**63 - 1, -(2**63), 1.5, math.inf, "é", [], {"a": {"b": [1, "x"]}}]
    (run,) = answer(starter, f"from math import inf\nreturn [('Q', {{'v': {value!r}}})]")
    assert run.parameters["v"] == [value]
    assert [type(item) for item in run.parameters["v"][0]] == [type(item) for item in value]  # type: ignore[union-attr]
    (run,) = answer(starter, "return [('Q', {'v': float('nan')})]")
    assert math.isnan(run.parameters["v"][0])  # type: ignore[arg-type]


def test_a_megabyte_there_and_back(starter: TransformStarter) -> None:
    batch = [os.urandom(50_000) for _ in range(100)]
    runs = answer(starter, "return [('Q', {'v': m.hex()}) for m in batch]", batch)
    assert runs == [QueryRun("Q", 100, {"v": [message.hex() for message in batch]})]


def test_a_traceback_shows_the_script_s_lines_only(starter: TransformStarter) -> None:
    text = fault(starter, "return [('Q', {'v': 1 / 0})]")
    assert text.startswith(f'Traceback (most recent call last):\n  File "{NAME}", line 3, in stream')
    assert "return [('Q', {'v': 1 / 0})]" in text
    assert text.endswith("ZeroDivisionError: division by zero")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return None", "stream() must return a list"),
        ("return [('Q', {'ids': [b'x']})]", "[0].params.ids[0]: a value of type bytes"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("sys.exit(0)", "SystemExit: 0"),
        ("os._exit(7)", "the script's process ended with status 7"),
        ("os.abort()", "the script's process was ended by SIGABRT"),
        ("class E(Exception):\n    def __str__(self): raise SystemExit\nraise E", "E"),
        ("def f(): f()\nf()", "RecursionError"),
        ("return [('x', {})] * 1_100_000", "more than 1000000 queries for one batch"),
        ("return [('x', {'v': 'x' * 1_000_000})] * 100", "more than 67108864"),
        ("while True: pass", "the script did not answer within 2 s"),
    ],
)  # fmt: skip
def test_faults_end_the_batch_and_nothing_else(starter: TransformStarter, body: str, expected: str) -> None:
    assert expected in fault(starter, body)


FORGE = """
import struct
for fd in range(3, 64):
    try:
        os.write(fd, struct.pack('<I', len(frame)) + frame)
    except OSError:
        pass
import time
time.sleep(60)
"""


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (b"\xff" * 64, "the reply cannot be read"),
        (b"\x93\x01\xa0\x91\x94\xa1\xff\x01\x90\x90", "the reply cannot be read"),
        (b"\x93\x01\xa0\x91\x94\xa1Q\x01\x91\xa1a\x91\x91\x81\x80\x01", "the reply"),
        (b"\x93\x02\xa0\x90", "the reply belongs to another batch"),
        (b"\x92\xa2ok\x90", "the reply cannot be read"),
        (b"\x93\x01\xa0\x91\x94\xa1Q\xce\xff\xff\xff\xff\x90\x90", "more than 1000000 queries"),
        (b"\x93\x01\xa0\x91\x94\xa1Q\x02\x91\xa1a\x91\x91\x01", "the reply has a wrong shape"),
        (b"\x93\x01\xa0\x91\x94\xa1Q\x01\x92\xa1a\xa1a\x92\x91\x01\x91\x01", "the reply has a wrong shape"),
        (b"\x93\x01\xa0\x91\x94\xa1Q\x01\x91\xa1a\x91\x91\xc4\x01x", "of a type that is not allowed"),
        (b"\x93\x01\xa0\x91\x94\xa1Q\x01\x91\xa1a\x91\x91\xd6\xff\x00\x00\x00\x00", "of a type that is not allowed"),
        (b"\x93\x01\xa0\x91\x94\xa1Q\x01\x91\xa1a\x91\x91\xcf" + b"\xff" * 8, "of a type that is not allowed"),
        (b"\x93\x01\xa0\x91\x94\xa1Q\x01\x91\xa1a\x91\x91" + b"\x91" * 5_000 + b"\x90", "the reply"),
        (b"\x93\x01\xa0\x91\x94\xa1Q\x01\x91\xa1a\x91\x91\x81\x01\x02", "the reply"),
        (b"\x93\x01\xa0\x91\x94\xa1Q\x01\x91\xa1a\x91\x91\xdd\x00\xff\xff\xff" + b"\x80" * 0xFFFFFF, "bytes of memory"),
    ],
)  # fmt: skip
def test_forged_replies(starter: TransformStarter, frame: bytes, expected: str) -> None:
    head, filler = (frame, 0) if len(frame) < 10_000 else (frame[:-0xFFFFFF], 0xFFFFFF)
    assert expected in fault(starter, f"frame = {head!r} + b'\\x80' * {filler}\n{FORGE}")


def test_a_length_beyond_the_limit_is_not_waited_for(starter: TransformStarter) -> None:
    body = "for fd in range(3, 64):\n    try: os.write(fd, b'\\xff\\xff\\xff\\x7f')\n    except OSError: pass\n"
    assert "more than 67108864" in fault(starter, f"{body}import time\ntime.sleep(60)")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("[('Q', {'x': 'a' * 100_000_000})]", "take 1000000"),
        ("[('Q', {'x': 'a' * 300_000_000})]", "may take 536870912 bytes of memory"),
        ("[('Q', {'x': 'é' * 100_000_000})]", "may take 536870912 bytes of memory"),
        ("[('Q', {'x': str(i) + 'a' * 1_000_000}) for i in range(400)]", "may take 536870912 bytes of memory"),
        ("[('Q' * 300_000_000, {'x': 1})]", "may take 536870912 bytes of memory"),
        ("[('Q', {'x' * 300_000_000: 1})]", "may take 536870912 bytes of memory"),
        ("[('Q', {'x': 'a' * 600_000_000})]", "may take 536870912 bytes of memory"),
    ],
)
def test_an_answer_that_there_is_no_memory_for_is_no_sudden_death(
    starter: TransformStarter, answer: str, expected: str
) -> None:
    assert expected in fault(starter, f"return {answer}")


def test_messages_that_there_is_no_memory_for_are_told(starter: TransformStarter) -> None:
    transform = starter.start(Script("def stream(batch): return [('Q', {'bytes': len(m)}) for m in batch]", NAME))
    try:
        assert transform.apply([b"x" * 150_000_000]) == [QueryRun("Q", 1, {"bytes": [150_000_000]})]
        with pytest.raises(TransformError) as caught:
            transform.apply([b"x" * 300_000_000])
        assert "MemoryError" in caught.value.text() and "may take 536870912 bytes of memory" in caught.value.text()
        assert transform.status in (None, -9)
    finally:
        transform.close()


def test_an_error_is_cut_to_what_a_person_reads(starter: TransformStarter) -> None:
    head = b"\x93\x01\xdb" + (10_000_000).to_bytes(4, "big")
    body = f"frame = {head!r} + b'E' * 10_000_000 + b'\\x90'\n{FORGE}"
    assert fault(starter, body) == "E" * ERROR_CHARACTERS_MAX


def test_a_process_that_died_between_two_batches_is_named(starter: TransformStarter) -> None:
    transform = starter.start(Script("def stream(b): return []", NAME))
    assert transform.apply([b"1"]) == []
    transform.kill()
    wait_until(lambda: transform.status is not None)
    with pytest.raises(TransformError) as failed:
        transform.apply([b"1"])
    assert failed.value.detail == "the script's process was ended by SIGKILL"
    transform.close()


def test_a_server_with_a_thousand_open_files_runs_scripts(starter: TransformStarter) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1_200:
        pytest.skip(f"this process may open {hard} files at most")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1_200), hard))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1_050)]
    try:
        assert answer(starter, "return [('Q', {})]") == [QueryRun("Q", 1, {})]
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("refused", ["memgraph_py.streams.transform.socket.socketpair", "subprocess.Popen"])
def test_a_system_that_gives_no_more_files_is_named(
    starter: TransformStarter, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    def refuse(*arguments: object, **named: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(refused, refuse)
    for command in (starter.start, starter.check):
        with pytest.raises(ServiceUnavailable, match="for the transform script: Too many open files"):
            command(Script(MANUAL, "http://localhost/transform.py"))
    monkeypatch.undo()
    starter.start(Script(MANUAL, "http://localhost/transform.py")).close()


def test_a_password_in_the_uri_is_not_in_tracebacks(starter: TransformStarter) -> None:
    script = Script("def stream(batch): return 1 / 0", "https://ada:se@cret@localhost/t.py?user=a@b")
    transform = starter.start(script)
    with pytest.raises(TransformError) as failed:
        transform.apply([b"1"])
    assert 'File "https://localhost/t.py?user=a@b", line 1, in stream' in str(failed.value.detail)
    assert "cret" not in failed.value.text()
    transform.close()


def test_a_reply_between_two_batches_is_not_taken_for_the_next(starter: TransformStarter) -> None:
    forge = FORGE.replace("time.sleep(60)", "def stream(b): return []")
    source = f"import os, sys\nframe = b'\\x93\\x01\\xa0\\x90'{forge}"
    with pytest.raises(TransformError):
        starter.start(Script(source, NAME)).apply([b"1"])


def test_the_environment_is_empty_and_no_descriptor_is_inherited(starter: TransformStarter) -> None:
    with Path(os.devnull).open("rb"):
        (run,) = answer(
            starter,
            "held = []\nfor fd in range(64):\n    try: os.fstat(fd); held.append(fd)\n    except OSError: pass\n"
            "return [('Q', {'held': len(held), 'names': sorted(os.environ)})]",
        )
    assert run.parameters["held"] == [4]  # the three standard ones, and the channel
    names = run.parameters["names"][0]
    assert isinstance(names, list) and not [name for name in names if "THREADS" not in str(name)][2:]


def test_the_database_is_not_importable(starter: TransformStarter) -> None:
    (run,) = answer(starter, "return [('Q', {'m': sorted(n for n in sys.modules if n.startswith('memgraph'))})]")
    own = [f"memgraph_py.streams.{name}" for name in ("sandbox", "seccomp", "transform_worker")]
    assert run.parameters["m"] == [["memgraph_py", "memgraph_py.streams", *own]]


def test_ordinary_libraries_work(starter: TransformStarter) -> None:
    runs = answer(
        starter,
        "import csv, json, re, datetime, zoneinfo, decimal, hashlib, numpy, random\n"
        "m = json.loads(batch[0])\n"
        "return [('Q', {'a': m['a'], 'sum': float(numpy.arange(10).sum()), "
        "'hash': hashlib.sha256(b'x').hexdigest()[:4]})]",
        [b'{"a": [1, null]}'],
    )
    assert runs == [QueryRun("Q", 1, {"a": [[1, None]], "sum": [45.0], "hash": ["2d71"]})]


def test_the_child_dies_with_its_starter() -> None:
    starter = TransformStarter(Limits(), allow_unsandboxed=False)
    transform = starter.start(Script("def stream(b): return []", NAME))
    process_id = transform.process_id
    starter.close()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{process_id}/stat").exists() and ") Z " not in Path(f"/proc/{process_id}/stat").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    transform.close()


def test_a_script_is_compiled_without_being_run(starter: TransformStarter, tmp_path: Path) -> None:
    starter.check(Script("raise SystemExit\n", NAME))
    for source in ("def f(:", "\0", "(" * 10_000, "x = " + "-" * 1_000_000 + "1"):
        with pytest.raises(TransformError) as failed:
            starter.check(Script(source, NAME))
        assert failed.value.message == "The transform script contains a runtime error!"


def test_without_confinement_nothing_runs_unless_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memgraph_py.streams.transform.MANDATORY", ("nobody", "landlock", "a layer of tomorrow"))
    monkeypatch.setattr(
        "memgraph_py.streams.transform.BOOTSTRAP",
        "import sys; sys.path += sys.argv[3:]; sys.path.insert(0, sys.argv[1])\n"
        "from memgraph_py.streams import sandbox, transform_worker\n"
        "sandbox.confine = lambda *a: {'landlock': 'Function not implemented'}\n"
        "transform_worker.main()",
    )
    script = Script("def stream(b): return []", NAME)
    strict = TransformStarter(Limits(), allow_unsandboxed=False)
    with pytest.raises(TransformError, match=r"cannot be confined .*: landlock \(Function not implemented\)"):
        strict.start(script)
    strict.close()
    lenient = TransformStarter(Limits(), allow_unsandboxed=True)
    transform = lenient.start(script)
    assert transform.apply([b"1"]) == []
    transform.close()
    lenient.close()
