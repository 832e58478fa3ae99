"""The filter as a program: what it says of every call of both architectures, by running it, and its numbers against the
kernel's own headers."""

import os
import platform
import re
from pathlib import Path

import pytest

from memgraph_py.streams import seccomp
from memgraph_py.streams.seccomp import ALLOW, ARCHITECTURES, CALLS, KILL, KILLED, LOOKED_AT, NOT_IMPLEMENTED
from memgraph_py.streams.seccomp import PERMISSION_DENIED as DENIED

pytestmark = pytest.mark.quick

PROCESS = 4_242
HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h", "/usr/include/asm-generic/unistd_64.h"),
}
"""aarch64 uses the generic table."""

machines = pytest.mark.parametrize("machine", sorted(ARCHITECTURES))


def verdict(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the filter answers to a call."""
    audit = ARCHITECTURES[machine][0] if architecture is None else architecture
    words = {0: number & 0xFFFF_FFFF, 4: audit}
    for index in range(6):
        value = arguments[index] if index < len(arguments) else 0
        words[16 + 8 * index] = value & 0xFFFF_FFFF
        words[20 + 8 * index] = value >> 32 & 0xFFFF_FFFF
    program, at, loaded = seccomp.instructions(PROCESS, machine), 0, 0
    while True:
        operation, if_true, if_false, constant = program[at]
        at += 1
        if operation == seccomp.RETURN:
            return constant
        if operation == seccomp.LOAD:
            loaded = words[constant]
            continue
        holds = {
            seccomp.EQUAL: loaded == constant,
            seccomp.AT_LEAST: loaded >= constant,
            seccomp.ANY_BIT: loaded & constant != 0,
        }[operation]
        at += if_true if holds else if_false


@machines
def test_every_number_has_the_verdict_of_its_table(machine: str) -> None:
    column = ARCHITECTURES[machine][1]
    expected = {numbers[column]: ALLOW for numbers in CALLS.values()}
    expected |= {numbers[column]: KILL for numbers in KILLED.values()}
    special = {numbers[column] for numbers in LOOKED_AT.values()}
    for number in range(2_000):
        if number not in special:
            assert verdict(machine, number) == expected.get(number, DENIED), number


@machines
def test_calls_of_another_table_kill(machine: str) -> None:
    for architecture in (0x4000_0003, 0x4000_0028, 0xC000_003E, 0xC000_00B7):  # i386, ARM, x86_64, aarch64
        if architecture != ARCHITECTURES[machine][0]:
            assert verdict(machine, CALLS["read"][ARCHITECTURES[machine][1]], architecture=architecture) == KILL
    if machine == "x86_64":
        assert verdict(machine, seccomp.X32_CALLS + 1) == verdict(machine, 0xFFFF_FFFF) == KILL
    else:
        assert verdict(machine, 0xFFFF_FFFF) == DENIED


@machines
def test_some_calls_are_allowed_by_argument_only(machine: str) -> None:
    number = {name: numbers[ARCHITECTURES[machine][1]] for name, numbers in LOOKED_AT.items()}
    reading = os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY | os.O_NOFOLLOW
    assert verdict(machine, number["openat"], 0, 0, reading) == ALLOW
    for flag in (os.O_WRONLY, os.O_RDWR, os.O_CREAT, os.O_TRUNC, os.O_APPEND, os.O_TMPFILE):
        assert verdict(machine, number["openat"], 0, 0, flag | os.O_CLOEXEC) == DENIED
        if number["open"] >= 0:
            assert verdict(machine, number["open"], 0, flag) == DENIED
    assert verdict(machine, number["openat2"]) == verdict(machine, number["clone3"]) == NOT_IMPLEMENTED
    assert verdict(machine, number["prlimit64"], 0, 7, 0, 1) == ALLOW
    assert verdict(machine, number["prlimit64"], PROCESS + 1, 7, 0) == DENIED
    assert {verdict(machine, number["prlimit64"], 0, 7, new) for new in (1, 1 << 32)} == {DENIED}
    assert verdict(machine, number["tgkill"], PROCESS, 1, 6) == ALLOW
    assert verdict(machine, number["tgkill"], PROCESS + 1, 1, 6) == DENIED
    assert {verdict(machine, number["ioctl"], 0, request) for request in seccomp.TERMINAL_QUERIES} == {ALLOW}
    assert verdict(machine, number["ioctl"], 0, 0x5412) == DENIED  # TIOCSTI
    assert {verdict(machine, number["fcntl"], 0, command) for command in seccomp.DESCRIPTOR_QUERIES} == {ALLOW}
    assert {verdict(machine, number["fcntl"], 0, command) for command in (4, 6, 8, 1024, 1031, 1033)} == {DENIED}


@machines
def test_the_numbers_are_the_kernel_s(machine: str) -> None:
    header = next((Path(path) for path in HEADERS[machine] if Path(path).exists()), None)
    if header is None:
        pytest.skip(f"the kernel's header for {machine} is not installed (linux-libc-dev)")
    defined = re.findall(r"^#\s*define\s+__NR(?:3264)?_(\w+)\s+(\d+)", header.read_text(), re.MULTILINE)
    numbers = {name: int(number) for name, number in defined}
    if machine == "aarch64":  # names that the generic table has in two widths
        numbers |= {"newfstatat": numbers["fstatat"], "lseek": numbers["lseek"], "fcntl": numbers["fcntl"]}
    column = ARCHITECTURES[machine][1]
    for table in (CALLS, KILLED, LOOKED_AT):
        for name, own in table.items():
            if own[column] >= 0:
                assert name in numbers or own[column] >= 424, name  # an older header lacks newer calls
                assert numbers.get(name, own[column]) == own[column], name
            else:
                assert name not in numbers, f"{machine} has {name}"


def test_another_machine_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(OSError, match="seccomp: no table of system calls for riscv64"):
        seccomp.install()
