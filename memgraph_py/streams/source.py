"""Where what a statement names comes from: a transform script, a file of LOAD CSV; over http or https (``web.py``), or
from the one folder that the server was told."""

import os
import stat
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol

from memgraph_py.config import Limits
from memgraph_py.errors import TransformError


class Refused(Exception):
    """It cannot be had; the text is the cause."""


class Sink(Protocol):
    """What takes the content, part by part."""

    def write(self, part: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class ScriptSource:
    """Where scripts may come from. hosts: the only ones, or empty for any; directory: the only folder for paths,
    or None."""

    hosts: tuple[str, ...]
    directory: Path | None
    limits: Limits

    def fetch(self, uri: str) -> str:
        """The script's text. Raises TransformError, ``detail`` saying why."""
        limits = self.limits
        sink = BytesIO()
        try:
            if "://" in uri:
                from memgraph_py.streams.web import WebSource

                web = WebSource(self.hosts, limits.transform_script_bytes_max, limits.transform_fetch_redirects_max)
                web.fetch(uri, sink, limits.transform_fetch_seconds)
            else:
                self._read_path(uri, sink)
            return sink.getvalue().decode("utf-8-sig")
        except TimeoutError:
            cause = f"it took longer than {limits.transform_fetch_seconds:g} s"
        except UnicodeDecodeError as error:
            cause = f"it is not UTF-8: {error.reason} at byte {error.start}"
        except FAILURES as error:
            cause = cause_of(error)
        raise TransformError(f"Couldn't get the transform script from {uri}", detail=cause)

    def _read_path(self, path: str, sink: Sink) -> None:
        if self.directory is None:
            raise Refused("it is no http or https URI, and paths need a server started with --transform-directory")
        most = self.limits.transform_script_bytes_max
        with open_inside(self.directory, path, "--transform-directory") as opened:
            content = opened.read(most + 1)
        check_size(len(content), most)
        sink.write(content)


def open_inside(directory: Path, path: str, setting: str) -> BinaryIO:
    """A file in a folder, opened to be read. Raises Refused for what is none or lies elsewhere, OSError."""
    directory = directory.resolve()
    file = (directory / path).resolve()
    if not file.is_relative_to(directory):
        raise Refused(f"the path leads out of the server's {setting}")
    # without waiting for a pipe's writer, and no link that took the file's place
    descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Refused("it is no file")
    return open(descriptor, "rb")


def check_size(length: int, bytes_max: int) -> None:
    """Raises Refused for more bytes than there may be."""
    if length > bytes_max:
        raise Refused(f"it is larger than {bytes_max} bytes")


FAILURES = (Refused, OSError, UnicodeError, ValueError)
"""What fetching raises beside TimeoutError, which is an OSError: ask for that first."""


def cause_of(error: Exception) -> str:
    """Why, without the server's own paths."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
