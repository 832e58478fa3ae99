"""`python launcher.py POST COMMAND…`: runs a command where a server may find itself: as nobody, or without some system
calls. The tests start servers and hosts (``host.py``) through it.

POST is JSON: ``user``: "root", "nobody" or null for whoever runs the tests; ``readable``: folders that everybody must
be able to read there; ``denied``: system calls (names of ``NUMBERS``) that fail as on a kernel without them.
"""

import ctypes
import errno
import json
import os
import platform
import struct
import sys
import tempfile
from pathlib import Path

NUMBERS = {
    "x86_64": {"unshare": [272], "landlock": [444, 445, 446], "seccomp": [317], "prctl": [157]},
    "aarch64": {"unshare": [97], "landlock": [444, 445, 446], "seccomp": [277], "prctl": [167]},
}
ERRORS = {"unshare": errno.EPERM, "landlock": errno.ENOSYS, "seccomp": errno.ENOSYS}
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 0x2_0000, 0x1000, 0x4000, 1 << 18, 2
NOBODY = 65534

library = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Set up, then become the command."""
    post = json.loads(sys.argv[1])
    if post.get("user") in ("root", "nobody"):
        let_everybody_read([Path(path) for path in post.get("readable", [])])
    if post.get("user") == "nobody":
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    if post.get("denied"):
        deny(post["denied"])
    os.execv(sys.argv[2], sys.argv[2:])


def let_everybody_read(paths: list[Path]) -> None:
    """In a mount namespace of its own: where a folder above a path is closed to others, an open one takes its place,
    with nothing in it but the path."""
    closed: dict[Path, list[Path]] = {}
    for path in paths:
        for folder in reversed(path.parents):
            if folder.stat().st_mode & 0o001 == 0:
                closed.setdefault(folder, []).append(path)
                break
    if not closed:
        return
    check(library.unshare(CLONE_NEWNS), "unshare")
    mount(None, "/", None, MS_REC | MS_PRIVATE, None)
    for folder, inside in closed.items():
        kept = []
        for path in inside:
            place = tempfile.mkdtemp(prefix="sandbox-")
            mount(str(path), place, None, MS_BIND, None)
            kept.append(place)
        mount("tmpfs", str(folder), "tmpfs", 0, "mode=755")
        for path, place in zip(inside, kept, strict=True):
            path.mkdir(parents=True, exist_ok=True)
            mount(place, str(path), None, MS_BIND, None)
            check(library.umount2(place.encode(), MNT_DETACH), "umount2")
            os.rmdir(place)


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None) -> None:
    """mount(2)."""
    texts = [None if text is None else text.encode() for text in (source, target, kind, data)]
    check(library.mount(*texts[:3], ctypes.c_ulong(flags), texts[3]), f"mount {target}")


def deny(names: list[str]) -> None:
    """From here on these calls fail, in this process and all that it starts."""
    numbers = NUMBERS[platform.machine()]
    program: list[tuple[int, int, int, int]] = [(0x20, 0, 0, 0)]
    for name in names:
        for number in numbers[name]:
            program += [(0x15, 0, 1, number), (0x06, 0, 0, 0x0005_0000 | ERRORS[name])]
    if "seccomp" in names:  # its older door: prctl with PR_SET_SECCOMP
        refusal = 0x0005_0000 | errno.EINVAL
        program += [(0x15, 0, 3, numbers["prctl"][0]), (0x20, 0, 0, 16)]
        program += [(0x15, 0, 1, PR_SET_SECCOMP), (0x06, 0, 0, refusal)]
    program.append((0x06, 0, 0, 0x7FFF_0000))
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *instruction) for instruction in program))
    filter = struct.pack("@HxxxxxxP", len(program), ctypes.addressof(code))
    check(library.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    check(library.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter, 0, 0), "prctl")


def check(result: int, call: str) -> None:
    """Raise OSError when the call failed."""
    if result < 0:
        raise OSError(ctypes.get_errno(), call)


if __name__ == "__main__":
    main()
