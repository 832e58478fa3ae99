"""Where the server may run: as root or as nobody, with namespaces and without; and the weakest: as root, without
namespaces, with an interpreter that nobody can read. A ``Post`` is one of these, a ``HostProcess`` a server-like
process there."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
LAUNCHER = REPOSITORY / "tests" / "sandbox" / "launcher.py"
HOST = REPOSITORY / "tests" / "sandbox" / "host.py"
ENVIRONMENT = {"PYTHONPATH": str(REPOSITORY), "NUMBA_DISABLE_JIT": "1"}
"""Without compiled kernels: nobody may not write their cache, and none are needed."""
LEAK_SECONDS = 20.0
MEMORY_MEBIBYTES_MAX = 400
"""What a host may grow by over all attacks: a reply of 64 MiB, decoded, and no more of the next."""


@dataclass(frozen=True, slots=True)
class Post:
    """user: root, nobody, or None for whoever runs the tests. hidden: root's interpreter is for root alone, so that the
    script's process stays root. namespaces: whether they can be had. denied: layers that the kernel does not have."""

    name: str
    user: str | None
    hidden: bool = False
    namespaces: bool = True
    denied: tuple[str, ...] = ()

    def command(self, *words: str) -> list[str]:
        """The words that run a command there."""
        denied = [*self.denied, *([] if self.namespaces else ["unshare"])]
        readable = {sys.base_prefix, sys.prefix, str(REPOSITORY), sysconfig.get_path("purelib")}
        post = {"user": self.user, "readable": sorted(map(os.path.realpath, readable)), "denied": denied}
        return [sys.executable, str(LAUNCHER), json.dumps(post), *words]

    @property
    def off(self) -> list[str]:
        """Layers to leave out, as such a system does."""
        return ["nobody"] if self.hidden else []


POSTS = (
    [
        Post("root", "root"),
        Post("root-without-namespaces", "root", namespaces=False),
        Post("root-with-hidden-interpreter-without-namespaces", "root", hidden=True, namespaces=False),
        Post("nobody", "nobody"),
        Post("nobody-without-namespaces", "nobody", namespaces=False),
    ]
    if os.geteuid() == 0
    else [Post("user", None), Post("user-without-namespaces", None, namespaces=False)]
)
"""Those that this test run can have: only root can become somebody else."""


class HostProcess:
    """``host.py`` at a post. Ends with ``close``."""

    def __init__(self, post: Post, *, warm: bool = True) -> None:
        """warm: run a script first, so that what is made once is there when leaks are counted."""
        self.post = post
        self._process = subprocess.Popen(
            post.command(sys.executable, "-u", str(HOST)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**os.environ, **ENVIRONMENT, "DATABASE_PASSWORD": "only-the-server-knows"},
        )
        line = self._process.stdout.readline()  # type: ignore[union-attr]  # a pipe
        if not line:
            _, errors = self._process.communicate()
            if "PermissionError" in errors and "unshare" in errors:
                pytest.skip(f"this interpreter is for root alone, and mount namespaces are forbidden: {errors[-200:]}")
            raise AssertionError(errors)
        self.folder = Path(json.loads(line)["folder"])
        self.process_id: int = json.loads(line)["process"]
        if warm:
            self.run("def stream(batch): return []")
        self._begin = self.census()

    def run(self, source: str, **request: object) -> dict[str, object]:
        """The answer to a script; see ``host.py``."""
        self.begin(source, **request)
        return self._answer()

    def begin(self, source: str, **request: object) -> None:
        """The same without waiting for the answer."""
        off = [*self.post.off, *request.pop("off", [])]  # type: ignore[misc]
        self._send({"source": source, "off": off, **request})

    def census(self) -> dict[str, object]:
        """What of it could leak."""
        self._send({"census": True})
        return self._answer()

    def assert_nothing_leaked(self) -> None:
        """No thread, descriptor, process or memory is left; waits for what ends by itself."""
        deadline = time.monotonic() + LEAK_SECONDS
        while True:
            now = self.census()
            same = all(now[kind] == self._begin[kind] for kind in ("threads", "descriptors", "children"))
            if same:
                break
            assert time.monotonic() < deadline, (self._begin, now)
            time.sleep(0.05)
        assert now["mebibytes"] <= self._begin["mebibytes"] + MEMORY_MEBIBYTES_MAX  # type: ignore[operator]

    def kill(self) -> None:
        """SIGKILL: a crash."""
        self._process.kill()
        self._process.communicate()
        shutil.rmtree(self.folder)

    def close(self) -> None:
        """End it; fails when it wrote errors."""
        if self._process.poll() is not None:
            return
        _, errors = self._process.communicate(timeout=60)
        assert self._process.returncode == 0, errors
        assert errors == ""

    def _send(self, request: dict[str, object]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def _answer(self) -> dict[str, object]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self._process.communicate()[1]
        answer: dict[str, object] = json.loads(line)
        return answer
