"""Files of LOAD CSV: from the folder that the server was told, or over http and https by the rules of scripts."""

import codecs
import gzip
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from memgraph_py.config import Settings
from memgraph_py.errors import ExternalResourceFailed
from memgraph_py.streams.source import FAILURES, Refused, cause_of, check_size, open_inside

_PIECE_BYTES = 256 << 10  # what is made of it stays below a megabyte, so the C library uses the same memory again
_GZIP = b"\x1f\x8b"
_IN_MEMORY_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class ImportFiles:
    """What a statement may read."""

    settings: Settings

    def read(self, uri: str, check: Callable[[], None]) -> Iterator[str]:
        """The text at the URI, UTF-8, as it is or packed by gzip, in pieces; opened when the first one is asked for.

        check: called again and again while it is waited for; what it raises ends this. Raises ExternalResourceFailed
        that says why it cannot be had.
        """
        seconds = self.settings.limits.import_fetch_seconds
        try:
            if _is_web(uri):
                yield from self._from_web(uri, seconds, check)
            else:
                with open_inside(self._folder(), _path(uri), "--import-directory") as opened:
                    yield from _decoded(opened)
            return
        except TimeoutError:
            cause = f"it took longer than {seconds:g} s"
        except UnicodeDecodeError as error:
            cause = f"it is not UTF-8: {error.reason}"
        except FAILURES as error:
            cause = cause_of(error)
        hint = None
        if self.settings.import_directory is None and not _is_web(uri):
            hint = "start the server with --import-directory, and put the file there"
        raise ExternalResourceFailed(f"cannot load {uri[:200]!r}: {cause}", hint=hint)

    def _from_web(self, uri: str, seconds: float, check: Callable[[], None]) -> Iterator[str]:
        from memgraph_py.streams.web import WebSource

        limits = self.settings.limits
        bounds = (limits.import_bytes_max, limits.transform_fetch_redirects_max)
        web = WebSource(self.settings.transform_hosts, *bounds, encodings=("identity", "gzip", "x-gzip"))
        with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as spooled:
            web.fetch(uri, spooled, seconds, check)
            spooled.seek(0)
            yield from _decoded(spooled, limits.import_bytes_max)

    def _folder(self) -> Path:
        if self.settings.import_directory is None:
            raise Refused("this server reads no files")
        return self.settings.import_directory


def _decoded(opened: IO[bytes], bytes_max: int | None = None) -> Iterator[str]:
    """The text, unpacked where it was packed by gzip: no UTF-8 begins like that. Raises Refused where it unpacks to
    more than ``bytes_max``, or not at all."""
    packed = opened.read(len(_GZIP)) == _GZIP
    opened.seek(0)
    source = gzip.GzipFile(fileobj=opened, mode="rb") if packed else opened
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    length = 0
    try:
        while piece := source.read(_PIECE_BYTES):
            length += len(piece)
            if bytes_max is not None:
                check_size(length, bytes_max)
            yield decoder.decode(piece)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise Refused(f"it cannot be unpacked: {error}") from error
    yield decoder.decode(b"", final=True)


def _is_web(uri: str) -> bool:
    return uri.lower().startswith(("http://", "https://"))


def _path(uri: str) -> str:
    """The path of a `file:` URI, relative to the folder. Raises Refused for any other URI."""
    parts = urlsplit(uri)
    if parts.scheme.lower() != "file" or parts.netloc not in ("", "localhost"):
        raise Refused("only file:///…, http:// and https:// URIs are allowed")
    return unquote(parts.path).lstrip("/")
