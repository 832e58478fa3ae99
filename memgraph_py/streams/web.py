"""Fetching over http and https what a statement names; imported when the first one does, as httpx takes a tenth of a
second to load.

A URI in a statement makes the server send a request, so it may not reach what only the server can reach by being
where it is: link-local and cloud metadata addresses are refused, in whatever form they are written, since what is
checked is the address that is connected to, at each redirect again. Loopback and private addresses are allowed:
the manual's own example is there.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

import httpx

from memgraph_py.bounds import no_check
from memgraph_py.errors import CypherError
from memgraph_py.streams.source import Refused, Sink, cause_of, check_size

Address: TypeAlias = IPv4Address | IPv6Address

METADATA_ADDRESSES: frozenset[Address] = frozenset(
    map(ip_address, ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd20:ce::254"))
)
"""Where clouds tell a machine its secrets, besides 169.254.169.254, which is link-local."""
METADATA_NETWORK = IPv6Network("fd00:ec2::/32")
"""One cloud's addresses for its own machines: fd00:ec2::254, and ::23 for its containers."""
EMBEDDING_NETWORKS = tuple(map(IPv6Network, ("::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48")))
"""IPv6 addresses that end in an IPv4 address: the old compatible form, translated ones, and those of NAT64."""
LOOK_SECONDS = 0.02
"""So often it is seen whether anybody still waits for the content."""
REDIRECTS = frozenset((301, 302, 303, 307, 308))


@dataclass(frozen=True, slots=True)
class WebSource:
    """What may be had over http and https. hosts: the only ones, or empty for any that is not forbidden. encodings: in
    which the content may come, though it is not asked for in any; it is written as it comes."""

    hosts: tuple[str, ...]
    bytes_max: int
    redirects_max: int
    encodings: tuple[str, ...] = ("identity",)

    def fetch(self, uri: str, sink: Sink, seconds: float, check: Callable[[], None] = no_check) -> None:
        """Write the content into the sink. check: called again and again; what it raises ends this. Raises
        TimeoutError, or one of FAILURES."""
        try:
            is_wanted = asyncio.run(self._fetch_watched(uri, sink, seconds, check))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Refused(cause_of(error)) from error
        if not is_wanted:
            check()

    async def _fetch_watched(self, uri: str, sink: Sink, seconds: float, check: Callable[[], None]) -> bool:
        """False where ``check`` raises: its error is not let through here, as tasks and what they raise know each
        other, and would keep all that the error's frames know."""
        fetching = asyncio.ensure_future(self._fetch_url(uri, sink, seconds))
        while not (await asyncio.wait((fetching,), timeout=LOOK_SECONDS))[0]:
            try:
                check()
            except CypherError:
                fetching.cancel()
                await asyncio.wait((fetching,))
                return False
        await fetching
        return True

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
        if response.headers.get("content-encoding", "identity").strip().lower() not in self.encodings:
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
