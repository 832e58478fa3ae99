"""The confinement of a transform's process, which puts it on itself before it sees the user's script.

``Layer`` names each layer and says what it stops; ``STEPS`` puts them on, in order. Each stops alone what another might
let through: tests/sandbox shows for every attack which one did. All of it by ctypes: nothing but the standard library
is needed. Source: Linux man pages prctl(2), unshare(2), capabilities(7), landlock(7), seccomp(2).
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from memgraph_py.streams import seccomp


class Layer(StrEnum):
    """What stands between a script and the machine. The last three are the parent's (``transform.py``)."""

    DIE_WITH_PARENT = "die with parent"
    """A server that is killed leaves no process behind."""
    NOBODY = "nobody"
    """As root only: the user nobody, where the interpreter stays readable to others."""
    NAMESPACES = "namespaces"
    """An empty network, no shared memory and no user of others. Containers and some systems forbid it."""
    LIMITS = "limits"
    """Memory, stack, open files, processes; no core, no file that grows, no locked memory."""
    NO_CAPABILITIES = "no capabilities"
    """Nothing of what root may do more than others, user 0 included."""
    NO_NEW_PRIVILEGES = "no new privileges"
    """No program gives any back."""
    NOT_DUMPABLE = "not dumpable"
    """Its memory and descriptors are closed to other processes of the same user, another script's included."""
    LANDLOCK = "landlock"
    """Files and folders: only the interpreter's own can be read, nothing written, no TCP. EACCES."""
    SECCOMP = "seccomp"
    """System calls: what is not listed fails with EPERM (sockets, fork, threads, exec, signals, every way of writing);
    what only an attack calls, and calls of a foreign table, kill with SIGSYS."""
    DEADLINE = "deadline"
    """Loops, sleep, whatever does not answer in time: the process is killed."""
    REPLY_CHECKS = "reply checks"
    """Length, shape, types, nesting and sequence of what comes back."""
    OUTPUT_LIMITS = "output limits"
    """Lines and bytes that reach the server's log."""


MANDATORY = (Layer.LIMITS, Layer.NO_CAPABILITIES, Layer.NO_NEW_PRIVILEGES, Layer.LANDLOCK, Layer.SECCOMP)
"""Layers without which a script is not run, unless the server was started with --allow-unsandboxed-transforms."""

NOBODY = 65534
OPEN_FILES_MAX = 64
STACK_BYTES = 8 << 20
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 1, 4, 24, 38, 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWNET = 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x4000_0000
CAPABILITY_VERSION_3 = 0x2008_0522
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_READ_FILE, LANDLOCK_READ_DIRECTORY = 4, 8
SYSTEM_FILES = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/usr/share/zoneinfo",
    "/dev/null",
    "/dev/urandom",
)
"""What shared libraries, time zones and random numbers need besides the interpreter's own folders."""


class Subject(NamedTuple):
    """The process to confine: whom it dies with, its memory, and what it may read."""

    parent: int
    memory_bytes: int
    readable: Sequence[str]


def confine(parent: int, memory_bytes: int, packages: Sequence[str]) -> dict[str, str]:
    """Confine this process for good. Gives why a layer is missing, by its name; an empty map: all layers are in place.

    parent: the process to die with. packages: folders of Python packages that the script may import from, besides the
    standard library.
    """
    subject = Subject(parent, memory_bytes, _readable_paths(packages))
    missing: dict[str, str] = {}
    for layer, step in STEPS:
        if sys.platform != "linux":
            missing[layer.value] = f"{platform.system()} has no such protection"
            continue
        try:
            step(subject)
        except (OSError, ValueError) as error:
            missing[layer.value] = str(error)
    return missing


def _readable_paths(packages: Sequence[str]) -> list[str]:
    """The interpreter's library folders, the packages, and the system's shared files; those that exist."""
    own = [path for path in sys.path if path]
    libraries = os.path.join(sys.base_prefix, "lib")
    paths = [*own, *packages, *SYSTEM_FILES]
    if sys.base_prefix not in ("/", "/usr"):
        paths.append(libraries)
    return [path for path in dict.fromkeys(paths) if os.path.exists(path)]


def _control(option: int, *arguments: int) -> None:
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    _check(ctypes.CDLL(None, use_errno=True).prctl(ctypes.c_int(option), *padded), "prctl")


def _check(result: int, call: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
    return result


def _die_with_parent(subject: Subject) -> None:
    _control(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != subject.parent:
        os._exit(0)  # it died before the signal was asked for


def _become_nobody(subject: Subject) -> None:
    """As root only, and only where nobody can read all that the interpreter needs; otherwise raises ValueError."""
    if os.geteuid() != 0:
        return
    for path in (*subject.readable, sys.executable):
        if path not in SYSTEM_FILES and not _readable_to_all(path):
            raise ValueError(f"{path} is not readable to others than root")
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def _readable_to_all(path: str) -> bool:
    path = os.path.realpath(path)
    mode = os.stat(path).st_mode
    if mode & 0o004 == 0 or (os.path.isdir(path) and mode & 0o001 == 0):
        return False
    while path != "/":
        path = os.path.dirname(path)
        if os.stat(path).st_mode & 0o001 == 0:
            return False
    return True


def _leave_namespaces(_: Subject) -> None:
    """An empty network and no shared memory of others. Containers and some systems forbid it."""
    flags = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
    _check(ctypes.CDLL(None, use_errno=True).unshare(ctypes.c_int(flags)), "unshare")


def _set_limits(subject: Subject) -> None:
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES_MAX),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        (resource.RLIMIT_STACK, STACK_BYTES),
        (resource.RLIMIT_AS, subject.memory_bytes),
    ):
        hard = resource.getrlimit(limit)[1]
        bounded = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (bounded, bounded))


def _drop_capabilities(_: Subject) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    for capability in range(64):  # those that the kernel does not know, or that we may not drop, answer with an error
        library.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0)
    library.prctl(PR_CAP_AMBIENT, ctypes.c_ulong(PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)
    header = struct.pack("=II", CAPABILITY_VERSION_3, 0)
    _check(library.capset(header, bytes(24)), "capset")


def _restrict_files(subject: Subject) -> None:
    """Landlock: reading below these paths, nothing else. Raises OSError where the kernel has none."""
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    version = _check(library.syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1)), "landlock")
    rights = (1 << 13) - 1  # version 1; then moving between folders, truncating, ioctl on devices
    rights |= (1 << 13 if version >= 2 else 0) | (1 << 14 if version >= 3 else 0) | (1 << 15 if version >= 5 else 0)
    network = 3 if version >= 4 else 0  # TCP bind and connect
    scopes = 3 if version >= 6 else 0  # abstract sockets and signals of processes outside
    attributes = struct.pack("=QQQ", rights, network, scopes)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = _check(
        library.syscall(LANDLOCK_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0)),
        "landlock_create_ruleset",
    )
    for path in subject.readable:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        allowed = LANDLOCK_READ_FILE | (LANDLOCK_READ_DIRECTORY if os.path.isdir(path) else 0)
        rule = struct.pack("=Qi", allowed, descriptor)
        _check(
            library.syscall(LANDLOCK_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint32(0)),
            f"landlock_add_rule {path}",
        )
        os.close(descriptor)
    _check(library.syscall(LANDLOCK_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0)), "landlock_restrict_self")
    os.close(ruleset)


STEPS: tuple[tuple[Layer, Callable[[Subject], None]], ...] = (
    (Layer.DIE_WITH_PARENT, _die_with_parent),
    (Layer.NOBODY, _become_nobody),
    (Layer.NAMESPACES, _leave_namespaces),
    (Layer.LIMITS, _set_limits),
    (Layer.NO_CAPABILITIES, _drop_capabilities),
    (Layer.DIE_WITH_PARENT, _die_with_parent),  # again: a change of credentials clears it
    (Layer.NO_NEW_PRIVILEGES, lambda _: _control(PR_SET_NO_NEW_PRIVS, 1)),
    (Layer.NOT_DUMPABLE, lambda _: _control(PR_SET_DUMPABLE, 0)),
    (Layer.LANDLOCK, _restrict_files),
    (Layer.SECCOMP, lambda _: seccomp.install()),
)
