"""Fetching what a statement names: a transform script, a file of LOAD CSV; over http or https, or from the one folder
that the server was told.

A URI in a statement makes the server send a request, so it may not reach what only the server can reach by being
where it is: link-local and cloud metadata addresses are refused, in whatever form they are written, since what is
checked is the address that is connected to, at each redirect again. Loopback and private addresses are allowed:
the manual's own example is there.
"""

import asyncio
import contextlib
import os
import socket
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias

import httpx

from memgraph_py.config import Limits
from memgraph_py.errors import TransformError

Address: TypeAlias = IPv4Address | IPv6Address

METADATA_ADDRESSES: frozenset[Address] = frozenset(
    map(ip_address, ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd20:ce::254"))
)
"""Where clouds tell a machine its secrets, besides 169.254.169.254, which is link-local."""
METADATA_NETWORK = IPv6Network("fd00:ec2::/32")
"""One cloud's addresses for its own machines: fd00:ec2::254, and ::23 for its containers."""
EMBEDDING_NETWORKS = tuple(map(IPv6Network, ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")))
"""IPv6 addresses that end in an IPv4 address: the old compatible form, translated ones, and those of NAT64."""
REDIRECTS = frozenset((301, 302, 303, 307, 308))


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


@dataclass(frozen=True, slots=True)
class WebSource:
    """What may be had over http and https. hosts: the only ones, or empty for any that is not forbidden."""

    hosts: tuple[str, ...]
    bytes_max: int
    redirects_max: int

    def fetch(self, uri: str, sink: Sink, seconds: float) -> None:
        """Write the content into the sink. Raises TimeoutError, or one of FAILURES."""
        asyncio.run(self._fetch_url(uri, sink, seconds))

    async def _fetch_url(self, uri: str, sink: Sink, seconds: float) -> None:
        """Asynchronous for one reason: the limit of time then holds for all of it, a server that drips bytes
        included. SSL_CERT_FILE or SSL_CERT_DIR names other authorities for https than the usual ones."""
        url = httpx.URL(uri)
        try:
            authorities = httpx.create_ssl_context()
        except OSError as error:
            raise Refused(
                f"the authorities of SSL_CERT_FILE or SSL_CERT_DIR cannot be read: {cause_of(error)}"
            ) from error
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(verify=authorities, trust_env=False, follow_redirects=False, timeout=None) as client,
        ):
            for _ in range(self.redirects_max + 1):
                further = await self._get(client, url, sink)
                if further is None:
                    return
                url = further
        raise Refused(f"more than {self.redirects_max} redirects")

    async def _get(self, client: httpx.AsyncClient, url: httpx.URL, sink: Sink) -> httpx.URL | None:
        """Where a redirect leads; None when the content was written."""
        fault: Exception = Refused("the host has no address")
        credentials = (url.username, url.password) if url.userinfo else None
        for address in await self._checked_addresses(url):
            request = client.build_request(
                "GET",
                url.copy_with(host=str(address), userinfo=b""),  # a client that logs the URL knows no password
                headers={"Host": url.netloc.decode("ascii"), "Accept-Encoding": "identity"},
                extensions={"sni_hostname": url.raw_host.decode("ascii")},
            )
            try:
                response = await client.send(request, stream=True, auth=credentials)
            except httpx.ConnectError as error:
                fault = error
                continue
            try:
                return await self._content(response, url, sink)
            finally:
                await response.aclose()
        raise fault

    async def _content(self, response: httpx.Response, url: httpx.URL, sink: Sink) -> httpx.URL | None:
        if response.status_code in REDIRECTS and "location" in response.headers:
            return url.join(response.headers["location"])
        if response.status_code != 200:
            raise Refused(f"the server answered with status {response.status_code}")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise Refused("the server answered with compressed content, which was not asked for")
        declared = response.headers.get("content-length", "")
        if declared.isdecimal():
            check_size(int(declared), self.bytes_max)
        length = 0
        async for part in response.aiter_raw(65_536):
            length += len(part)
            check_size(length, self.bytes_max)
            sink.write(part)
        return None

    async def _checked_addresses(self, url: httpx.URL) -> list[Address]:
        """All addresses of the URL's host. Raises Refused when one of them is not allowed."""
        if url.scheme not in ("http", "https"):
            raise Refused("only http and https URIs are allowed")
        if self.hosts and url.host.lower() not in {host.lower() for host in self.hosts}:
            raise Refused(f"the host {url.host} is not among the server's --transform-hosts")
        port = url.port or (443 if url.scheme == "https" else 80)
        if port > 65_535:
            raise Refused(f"there is no port {port}")
        addresses = await _addresses(url.host, port)
        for address in addresses:
            if is_forbidden(address):
                raise Refused(f"the address {address} is not allowed")
        return list(dict.fromkeys(addresses))


FAILURES = (Refused, httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError, ValueError)
"""What fetching raises beside TimeoutError, which is an OSError: ask for that first."""


def cause_of(error: Exception) -> str:
    """Why, without the server's own paths."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


async def _addresses(host: str, port: int) -> list[Address]:
    """What the host's name stands for. Raises OSError.

    In a thread that nobody waits for: a look-up cannot be cancelled, and asyncio's own would hold up the end of the
    loop until some resolver gives up.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[Address]] = loop.create_future()

    def look_up() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in entries]
        except (OSError, ValueError) as error:  # a ValueError is a name that cannot be encoded
            tell(lambda error=error: found.set_exception(error))  # type: ignore[misc]  # bound here
        else:
            tell(lambda: found.set_result(addresses))

    def tell(outcome: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the time was up, and the loop is closed
            loop.call_soon_threadsafe(lambda: None if found.done() else outcome())

    threading.Thread(target=look_up, name="look-up", daemon=True).start()
    return await found


def is_forbidden(address: Address) -> bool:
    """True for link-local, multicast, unspecified and metadata addresses, also inside an IPv6 form of an IPv4
    address."""
    if isinstance(address, IPv6Address):
        if address in METADATA_NETWORK:
            return True
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address.teredo is not None:
            inner = address.teredo[1]
        if inner is None and int(address) > 1 and any(address in network for network in EMBEDDING_NETWORKS):
            inner = IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None and is_forbidden(inner):
            return True
    return address.is_link_local or address.is_multicast or address.is_unspecified or address in METADATA_ADDRESSES
