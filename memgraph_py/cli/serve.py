"""`memgraph-py serve`: settings from flags and environment, messages on stderr, one line on stdout when it listens."""

import argparse
import contextlib
import importlib
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from memgraph_py.config import DESCRIPTIONS, Settings, environment_name, flag_name, settings_from
from memgraph_py.errors import StartupError

if TYPE_CHECKING:  # imported when the process can be ended
    from memgraph_py.server.front import Front

logger = logging.getLogger(__name__)

OPEN_FILES_MIN = 64
"""A start takes some thirty; and there are to be connections."""

_PLACEHOLDERS = {
    "bolt_address": "ADDRESS",
    "bolt_port": "PORT",
    "http_address": "ADDRESS",
    "http_port": "PORT",
    "data_directory": "FOLDER",
    "bolt_keep_alive_seconds": "SECONDS",
    "query_timeout_seconds": "SECONDS",
    "query_memory_limit_mb": "MB",
    "total_memory_limit_mb": "MB",
    "worker_threads_max": "COUNT",
    "log_level": "LEVEL",
    "transform_hosts": "HOSTS",
    "transform_directory": "FOLDER",
    "import_directory": "FOLDER",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare a flag for each setting; the default shown is the one where the environment gives none."""
    for name, placeholder in _PLACEHOLDERS.items():
        default = getattr(Settings(), name)
        shown = f", default {default}" if default else ""
        parser.add_argument(
            flag_name(name),
            dest=name,
            metavar=placeholder,
            help=f"{DESCRIPTIONS[name]} ({environment_name(name)}{shown})",
        )
    parser.add_argument(
        flag_name("allow_unsandboxed_transforms"),
        dest="allow_unsandboxed_transforms",
        action="store_const",
        const="true",
        help=f"{DESCRIPTIONS['allow_unsandboxed_transforms']} ({environment_name('allow_unsandboxed_transforms')})",
    )
    parser.add_argument(
        flag_name("accept_lost_commits"),
        dest="accept_lost_commits",
        action="store_const",
        const="true",
        help=f"{DESCRIPTIONS['accept_lost_commits']} ({environment_name('accept_lost_commits')})",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT. Raises StartupError."""
    settings = settings_from(vars(arguments), os.environ)
    _configure_logging(settings.log_level)
    _open_files_as_many_as_allowed(settings)
    for number in (signal.SIGTERM, signal.SIGINT):  # until the event loop takes over there is nothing to save
        signal.signal(number, _end_at_once)
    from memgraph_py.kernels import (
        are_pending,
        let_compiling_wait,
        on_compile,
        waiting_count,
    )  # only now, as these take a while
    from memgraph_py.server.front import Front, run_in_loop
    from memgraph_py.storage.memory import keep_large_arrays_apart

    keep_large_arrays_apart()  # while there is one thread
    front = Front(settings)
    on_compile(CompileProgress(front, waiting_count))
    let_compiling_wait()
    run_in_loop(_serve(front))
    if are_pending():  # the thread that compiles would be in the way of the interpreter's end
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)
    return 0


def _open_files_as_many_as_allowed(settings: Settings) -> None:
    """A connection is an open file, and so is much of a stream: what the system allows at most, instead of the 1,024
    or fewer that programs get which do not ask. Raises StartupError where that is too little to start."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):  # some systems tell more than they give
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    if soft == resource.RLIM_INFINITY:
        return
    if soft < OPEN_FILES_MIN:
        raise StartupError(
            f"only {soft} files may be open at once, which is too little to start",
            hint=f"allow at least {OPEN_FILES_MIN} and one more for each connection, for example with `ulimit -n`",
        )
    if soft < settings.limits.connections_max:
        logger.warning("fewer files may be open at once than there may be connections", extra={"files": soft})


async def _serve(front: "Front") -> None:
    """Importing the server loads the kernels: the front answers meanwhile."""
    await front.open()
    try:
        app = await front.load(lambda: importlib.import_module("memgraph_py.server.app"))
    except BaseException:
        await front.close()
        raise
    await app.App(front.settings, front).run(_announce)


def _end_at_once(number: int, frame: object) -> None:
    """An exception could be lost in a callback of the compiler; and what is open needs no more than after a crash."""
    os._exit(0)


def _announce(bolt_uri: str) -> None:
    """Tell who waits for it. That its reader has left, or that there is no room where it goes, is no reason not to
    serve."""
    try:
        print(f"Bolt listening on {bolt_uri}", flush=True)
    except OSError as error:
        logger.warning("the address could not be written to the output", extra={"reason": error.strerror})
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else what is left of it fails again at the end


class CompileProgress:
    """Tells on stderr and at /health that kernels are being compiled, when it takes longer than loading them from the
    cache."""

    def __init__(self, front: "Front | None" = None, total: Callable[[], int] = lambda: 0) -> None:
        """total: how many kernels there are, 0 where that is not known."""
        self._front = front
        self._total = total
        self._last: float | None = None
        self._slow_seconds = 0.0
        self._told = 0.0
        self._count = 0

    def __call__(self, kernel: str) -> None:
        """Called before each kernel is loaded or compiled; the first also loads the compiler."""
        now = time.monotonic()
        if self._last is not None and now - self._last > 0.25:  # from the cache it takes milliseconds
            self._slow_seconds += now - self._last
        self._last = now
        self._count += 1
        total = self._total()
        told = f"compiling kernel {self._count}{f' of {total}' if total else ''}: {kernel}"
        if self._slow_seconds > 2.0 and self._front is not None:
            self._front.progress = told
        if self._slow_seconds > 2.0 and now - self._told > 1.0:
            with contextlib.suppress(OSError):  # it is called from the thread that compiles, which is to go on
                if self._told == 0.0:
                    told_once = "compiling kernels, once; queries of many rows are slow meanwhile"
                    print(f"memgraph-py: {told_once}", file=sys.stderr)
                print(f"memgraph-py: {told}", file=sys.stderr, flush=True)
            self._told = now


class StructuredFormatter(logging.Formatter):
    """`2026-01-31 12:00:00,000 INFO memgraph_py.server.app: started bolt=bolt://… version=7`."""

    _KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        """The line, with the record's own fields behind the message; a value with spaces is quoted."""
        extra = [f" {name}={_quoted(str(value))}" for name, value in vars(record).items() if name not in self._KNOWN]
        line = super().format(record)
        head, separator, trace = line.partition("\n")
        return head + "".join(extra) + separator + trace


def _quoted(text: str) -> str:
    return repr(text) if not text or any(character.isspace() or character in "\"'=" for character in text) else text


def _configure_logging(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(StructuredFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("numba").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)
