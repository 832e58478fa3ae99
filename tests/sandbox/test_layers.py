"""The layers themselves: what the kernel says of a confined process, what each does alone, and what happens where one
cannot be had."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from memgraph_py.streams.sandbox import MANDATORY, STEPS, Layer
from tests.sandbox.attacks import PRELUDE, outcome
from tests.sandbox.posts import POSTS, REPOSITORY, HostProcess, Post

NOBODY = "65534"
QUIET = "def stream(batch): return [('done', {'text': 'quiet'})]"


def test_the_kernel_says_so(host: HostProcess) -> None:
    answer = host.run(QUIET)
    facts = answer["facts"]
    assert isinstance(facts, dict)
    for capabilities in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
        assert int(facts[capabilities], 16) == 0
    assert (facts["NoNewPrivs"], facts["Seccomp"], facts["Threads"], facts["Groups"]) == ("1", "2", "1", "")
    if host.post.user is not None:
        user = "0" if host.post.hidden else NOBODY
        assert set(facts["Uid"].split()) == set(facts["Gid"].split()) == {user}


def test_all_layers_are_in_place_that_the_system_gives(host: HostProcess) -> None:
    missing = host.run(QUIET)["missing"]
    assert missing == ({} if host.post.namespaces else {"namespaces": "[Errno 1] unshare: Operation not permitted"})


ALONE = {
    Layer.NOBODY: ("return os.getuid()", "done: 65534", "done: 0"),
    Layer.NAMESPACES: (
        "import socket\nreturn socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('127.0.0.1', 53))",
        "ENETUNREACH",
        "done: None",
    ),
    Layer.LIMITS: ("import mmap\nreturn len(mmap.mmap(-1, 4 << 30))", "ENOMEM", "done: 4294967296"),
    Layer.NO_CAPABILITIES: ("return os.chroot('/')", "EPERM", "done: None"),
    Layer.NO_NEW_PRIVILEGES: ("return call(157, 39, 0, 0, 0, 0)", "done: 1", "done: 0"),
    Layer.NOT_DUMPABLE: ("return call(157, 3, 0, 0, 0, 0)", "done: 0", "done: 1"),
    Layer.LANDLOCK: ("return len(os.listdir('/')) > 0", "EACCES", "done: True"),
    Layer.SECCOMP: ("return os.kill(os.getpid(), 0)", "EPERM", "done: None"),
}
"""Layer → an attack, what comes of it with that layer alone, and what with none."""
NEEDED = {Layer.LANDLOCK: Layer.NO_NEW_PRIVILEGES, Layer.SECCOMP: Layer.NO_NEW_PRIVILEGES}


@pytest.mark.parametrize("layer", ALONE, ids=str)
def test_each_layer_stops_something_alone(first_host: HostProcess, known_machine: None, layer: Layer) -> None:
    if first_host.post.user is None:
        pytest.skip("a process without any layer is root's only where the tests run as root")
    body, alone, with_none = ALONE[layer]
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    source = (
        f"{PRELUDE}\ndef attack():\n{lines}\ndef stream(batch):\n"
        "    try: return [('done', {'text': repr(attack())})]\n"
        "    except OSError as error: return [('stopped', {'text': errno.errorcode[error.errno]})]\n"
    )
    others = [step.value for step, _ in STEPS if step not in (layer, NEEDED.get(layer))]
    assert outcome(first_host.run(source, off=others, allow_unsandboxed=True)) == alone
    every = [step.value for step, _ in STEPS]
    assert outcome(first_host.run(source, off=every, allow_unsandboxed=True)) == with_none


def test_layers_that_are_shown_alone_and_by_attacks_are_all_there_are() -> None:
    shown_elsewhere = {Layer.DIE_WITH_PARENT, Layer.DEADLINE, Layer.REPLY_CHECKS, Layer.OUTPUT_LIMITS}
    assert {*ALONE, *shown_elsewhere} == set(Layer)
    assert {layer for layer, _ in STEPS} == {*ALONE, Layer.DIE_WITH_PARENT}
    assert set(MANDATORY) <= {layer for layer, _ in STEPS}


@pytest.mark.parametrize("post", POSTS, ids=lambda post: post.name)
def test_a_script_dies_with_a_server_that_was_killed(post: Post) -> None:
    """Though it ignores every signal and never reads its channel again."""
    host = HostProcess(post)
    source = (
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\n"
        "def stream(batch):\n    while True: pass\n"
    )
    host.begin(source, limits={"transform_batch_seconds": 120.0})
    deadline = time.monotonic() + 60
    while not (children := children_of(host.process_id)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    host.kill()
    while any(is_alive(child) for child in children):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def children_of(process_id: int) -> list[int]:
    tasks = Path(f"/proc/{process_id}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def is_alive(process_id: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{process_id}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture(params=["landlock", "seccomp"])
def lacking(request: pytest.FixtureRequest) -> Iterator[HostProcess]:
    """A host on a kernel without that layer."""
    user = "root" if os.geteuid() == 0 else None
    process = HostProcess(Post("lacking", user, denied=(request.param,)), warm=False)
    yield process
    process.close()


REASONS = {
    "landlock": "landlock ([Errno 38] landlock: Function not implemented)",
    "seccomp": "seccomp ([Errno 22] seccomp: Invalid argument)",
}


def test_without_landlock_or_seccomp_no_script_runs_unless_allowed(lacking: HostProcess) -> None:
    (layer,) = lacking.post.denied
    refused = lacking.run(QUIET)
    text, _, hint = str(refused["fault"]).partition("\n")
    assert text == f"the transform script cannot be confined on this system: {REASONS[layer]}"
    assert hint == "--allow-unsandboxed-transforms runs it with the server's own rights"
    assert refused["answers"] == []
    allowed = lacking.run(QUIET, allow_unsandboxed=True)
    assert outcome(allowed) == "done: quiet"
    assert allowed["missing"] == {layer: REASONS[layer].removeprefix(f"{layer} (").removesuffix(")")}


def test_the_architecture_names_every_layer() -> None:
    page = (REPOSITORY / "memgraph_py" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    section = page.partition("## The sandbox of a transform")[2].partition("\n## ")[0]
    assert [layer.value for layer in Layer if f"*{layer.value}*" not in " ".join(section.split())] == []
