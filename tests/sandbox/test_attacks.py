"""Every attack, at every post: the layer that is named stops it, and the server goes on as before.

That it was that layer is shown twice: by the error, which each layer has to itself, and by the same attack with that
one layer left out, where the machine survives it: it then succeeds, or meets the next layer.
"""

import platform
from collections import Counter

import pytest

from memgraph_py.streams.seccomp import ARCHITECTURES, CALLS, KILLED, LOOKED_AT
from tests.sandbox import attacks_on_files, attacks_on_server, attacks_on_system
from tests.sandbox.attacks import PRELUDE, Attack, outcome
from tests.sandbox.posts import HostProcess

ATTACKS = attacks_on_files.ATTACKS + attacks_on_system.ATTACKS + attacks_on_server.ATTACKS
REPEATABLE = [attack for attack in ATTACKS if attack.without]

pytestmark = pytest.mark.usefixtures("known_machine")


def carry_out(host: HostProcess, attack: Attack, off: list[str]) -> str:
    """What came of it."""
    loading = "loaded" in attack.name
    limits = {"transform_batch_seconds": attack.seconds, "transform_load_seconds": attack.seconds if loading else 60.0}
    batches = [["1"]] * attack.batches
    return outcome(host.run(attack.source, batches=batches, limits=limits, off=off, allow_unsandboxed=bool(off)))


@pytest.mark.parametrize("attack", ATTACKS, ids=[f"{attack.layer}: {attack.name}" for attack in ATTACKS])
def test_the_layer_stops_it(host: HostProcess, attack: Attack) -> None:
    assert attack.stopped in carry_out(host, attack, [])
    host.assert_nothing_leaked()  # and the next attack's process starts and answers as this one did


@pytest.mark.parametrize("attack", REPEATABLE, ids=[f"{attack.layer}: {attack.name}" for attack in REPEATABLE])
def test_it_was_that_layer(first_host: HostProcess, attack: Attack) -> None:
    if first_host.post.user is None:
        pytest.skip("what happens without a layer is known for a server of root's only")
    assert attack.without in carry_out(first_host, attack, [attack.layer.value])
    first_host.assert_nothing_leaked()


def test_attacks_are_told_apart_and_every_kind_of_layer_is_met() -> None:
    names = Counter(attack.name for attack in ATTACKS)
    assert [name for name, count in names.items() if count > 1] == []
    assert len({attack.layer for attack in ATTACKS}) == 6


UPROBES = (335, 336)
"""Newer kernels take these for their own, whatever a filter says, and end any other caller with SIGILL."""
EVERY_CALL = """
allowed = set(ALLOWED)
def stream(batch):
    refused, other = 0, []
    for number in range(1024):
        if number in allowed:
            continue
        try:
            call(number, 0, 0, 0, 0, 0, 0)
            other.append([number, 'done'])
        except OSError as error:
            if error.errno == errno.EPERM:
                refused += 1
            else:
                other.append([number, errno.errorcode[error.errno]])
    return [('done', {'text': [refused, other]})]
"""


def test_every_call_that_is_not_listed_is_refused(host: HostProcess) -> None:
    """Those of tomorrow's kernels included: the list says what is allowed."""
    column = ARCHITECTURES[platform.machine()][1]
    listed = [numbers[column] for table in (CALLS, KILLED, LOOKED_AT) for numbers in table.values()]
    answer = host.run(PRELUDE + EVERY_CALL.replace("ALLOWED", repr([*listed, *UPROBES])))
    assert answer["fault"] is None, answer
    refused, other = answer["answers"][0][1]["text"]  # type: ignore[index]
    assert other == []
    assert refused == 1024 - len({number for number in [*listed, *UPROBES] if number >= 0})


def test_no_descriptor_is_inherited(host: HostProcess) -> None:
    source = (
        "import os\ndef stream(batch):\n    held = []\n    for n in range(65536):\n"
        "        try: os.fstat(n); held.append(n)\n        except OSError: pass\n"
        "    return [('done', {'text': len(held)})]"
    )
    assert outcome(host.run(source)) == "done: 4"  # the three standard ones, and the channel


def test_the_environment_says_nothing(host: HostProcess) -> None:
    source = "import os\ndef stream(batch): return [('done', {'text': sorted(os.environ)})]"
    numerical = [f"{name}_NUM_THREADS" for name in ("ARROW", "MKL", "NUMEXPR", "OMP", "OPENBLAS")]
    assert outcome(host.run(source)) == f"done: {sorted(['LANG', 'PATH', *numerical])}"
