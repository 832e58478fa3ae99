"""The system call filter of a transform's process: an allow-list as a BPF program, for x86_64 and aarch64.

Of aarch64 the program and its numbers are tested, against the kernel's headers; attacks were tried on x86_64 only.

What is not listed fails with EPERM, which Python shows as PermissionError: sockets, fork, threads, exec, signals
to others, everything that writes to a file system. What only an attack would call, and calls of another
architecture's table, kill. Some calls are allowed by argument only: opening for reading, reading limits,
signalling oneself.

    load architecture → not ours: kill → load number → (special calls: look at an argument) → listed: allow → EPERM

Source: Linux, Documentation/userspace-api/seccomp_filter.rst; call numbers from the kernel's tables of both
architectures.
"""

import ctypes
import os
import platform
import struct
from typing import TypeAlias

Instruction: TypeAlias = tuple[int, int, int, int]
"""operation, jump if true, jump if false, constant."""

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, PERMISSION_DENIED, NOT_IMPLEMENTED, KILL = 0x7FFF_0000, 0x0005_0001, 0x0005_0026, 0x8000_0000
SECCOMP_MODE_FILTER, PR_SET_SECCOMP = 2, 22
X32_CALLS = 0x4000_0000
"""Call numbers from here on belong to x86's x32 table."""

ARCHITECTURES = {"x86_64": (0xC000_003E, 0), "aarch64": (0xC000_00B7, 1)}
"""Machine → (audit number, column in CALLS)."""

_ = -1
CALLS: dict[str, tuple[int, int]] = {
    "access": (21, _),
    "arch_prctl": (158, _),
    "brk": (12, 214),
    "clock_getres": (229, 114),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "close": (3, 57),
    "dup": (32, 23),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "fstat": (5, 80),
    "futex": (202, 98),
    "getcpu": (309, 168),
    "getcwd": (79, 17),
    "getdents64": (217, 61),
    "getegid": (108, 177),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getpid": (39, 172),
    "getppid": (110, 173),
    "getrandom": (318, 278),
    "getresgid": (120, 150),
    "getresuid": (118, 148),
    "getrlimit": (97, 163),
    "getrusage": (98, 165),
    "gettid": (186, 178),
    "gettimeofday": (96, 169),
    "getuid": (102, 174),
    "lseek": (8, 62),
    "lstat": (6, _),
    "madvise": (28, 233),
    "membarrier": (324, 283),
    "mincore": (27, 232),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "munmap": (11, 215),
    "nanosleep": (35, 101),
    "newfstatat": (262, 79),
    "poll": (7, _),
    "ppoll": (271, 73),
    "pread64": (17, 67),
    "read": (0, 63),
    "readlink": (89, _),
    "readlinkat": (267, 78),
    "readv": (19, 65),
    "restart_syscall": (219, 128),
    "rseq": (334, 293),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126),
    "sched_getaffinity": (204, 123),
    "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120),
    "sched_yield": (24, 124),
    "set_robust_list": (273, 99),
    "set_tid_address": (218, 96),
    "sigaltstack": (131, 132),
    "stat": (4, _),
    "statx": (332, 291),
    "sysinfo": (99, 179),
    "time": (201, _),
    "times": (100, 153),
    "uname": (63, 160),
    "write": (1, 64),
    "writev": (20, 66),
}
KILLED: dict[str, tuple[int, int]] = {
    "bpf": (321, 280),
    "finit_module": (313, 273),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "kexec_load": (246, 104),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "userfaultfd": (323, 282),
}
LOOKED_AT: dict[str, tuple[int, int]] = {
    "clone3": (435, 435),
    "fcntl": (72, 25),
    "ioctl": (16, 29),
    "open": (2, _),
    "openat": (257, 56),
    "openat2": (437, 437),
    "prlimit64": (302, 261),
    "tgkill": (234, 131),
}
WRITING_FLAGS = (
    os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | (getattr(os, "O_TMPFILE", 0) & ~os.O_DIRECTORY)
)
TERMINAL_QUERIES = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX: what opening a file as text asks."""
DESCRIPTOR_QUERIES = (0, 1, 2, 3, 1030)
"""F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC."""


def install() -> None:
    """Filter this process's system calls from here on. Raises OSError with the reason; NO_NEW_PRIVS must be set."""
    program = instructions(os.getpid(), platform.machine())
    buffer = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *instruction) for instruction in program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    filter = Program(len(program), ctypes.addressof(buffer))
    library = ctypes.CDLL(None, use_errno=True)
    mode = ctypes.c_ulong(SECCOMP_MODE_FILTER)
    if library.prctl(PR_SET_SECCOMP, mode, ctypes.byref(filter), ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")


def instructions(process: int, machine: str) -> list[Instruction]:
    """The filter; ``process`` is the one that may be signalled. Raises OSError for a machine that has no table here."""
    if machine not in ARCHITECTURES:
        raise OSError(0, f"seccomp: no table of system calls for {machine}")
    audit, column = ARCHITECTURES[machine]
    program: list[Instruction] = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, audit), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]
    if machine == "x86_64":
        program += [(AT_LEAST, 0, 1, X32_CALLS), (RETURN, 0, 0, KILL)]
    for name, body in _looked_at(process).items():
        number = LOOKED_AT[name][column]
        if number >= 0:
            program += [(EQUAL, 0, len(body), number), *body]
    for table, verdict in ((CALLS, ALLOW), (KILLED, KILL)):
        for numbers in table.values():
            if numbers[column] >= 0:
                program += [(EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, verdict)]
    program.append((RETURN, 0, 0, PERMISSION_DENIED))
    return program


def _looked_at(process: int) -> dict[str, list[Instruction]]:
    """What follows a match of these calls' numbers; each body ends in a return on every path."""
    yes, no = (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, PERMISSION_DENIED)
    absent = [(RETURN, 0, 0, NOT_IMPLEMENTED)]  # so that the C library falls back to the older call
    return {
        "openat": [_argument(2), (ANY_BIT, 1, 0, WRITING_FLAGS), yes, no],
        "open": [_argument(1), (ANY_BIT, 1, 0, WRITING_FLAGS), yes, no],
        "openat2": absent,
        "clone3": absent,
        "ioctl": [_argument(1), *_one_of(TERMINAL_QUERIES)],
        "fcntl": [_argument(1), *_one_of(DESCRIPTOR_QUERIES)],
        # of itself only, and the new limit must be a null pointer, in both halves: limits are read, never set
        "prlimit64": [
            *(_argument(0), (EQUAL, 0, 5, 0)),
            *(_argument(2), (EQUAL, 0, 3, 0), _argument(2, high=True), (EQUAL, 0, 1, 0)),
            *(yes, no),
        ],
        "tgkill": [_argument(0), (EQUAL, 0, 1, process), yes, no],
    }


def _argument(index: int, *, high: bool = False) -> Instruction:
    """Load the lower (or higher) half of an argument; both architectures are little-endian."""
    return (LOAD, 0, 0, 16 + 8 * index + (4 if high else 0))


def _one_of(constants: tuple[int, ...]) -> list[Instruction]:
    """Allow when the loaded value is one of these."""
    tests = [(EQUAL, len(constants) - at, 0, constant) for at, constant in enumerate(constants)]
    return [*tests, (RETURN, 0, 0, PERMISSION_DENIED), (RETURN, 0, 0, ALLOW)]
