"""Handshake: agreeing on a version of the protocol.

A client opens with the magic number and four offers of versions, in its order of preference; the server answers with
the first that it knows, or with zeros and closes. An offer may be a manifest: then the server lists what it knows, and
the client chooses:

    client  60 60 B0 17   00 00 01 FF  00 08 08 05  00 02 04 04  00 00 00 03
    server  00 00 01 FF   02           00 08 08 05  00 03 04 04  00           manifest, count, ranges, capabilities
    client  00 00 08 05   00                                                  version, capabilities

Numbers of the manifest come in groups of seven bits, the lowest first, each but the last with the high bit set.

Source: Bolt specification, "Handshake".
"""

from dataclasses import dataclass

from memgraph_py.bolt.framing import ProtocolViolation
from memgraph_py.bolt.packstream import Dialect

MAGIC = b"\x60\x60\xb0\x17"
OPENING_BYTES = 20
REFUSED = b"\x00\x00\x00\x00"
MANIFEST = b"\x00\x00\x01\xff"
CAPABILITIES = 0
"""Of those that a manifest may offer, this server has none."""
VARINT_BYTES_MAX = 10
"""Enough for 64 bits."""


@dataclass(frozen=True, slots=True)
class ProtocolVersion:
    """A version of Bolt and its features: the one place that says how versions differ.

    route: ROUTE is known. recv_timeout: HELLO tells how long a healthy server is silent at most. utc_patch: a date and
    time with a zone counts its seconds in UTC if the client asks for it; utc: always. element_ids: structures carry
    text ids beside the numbers. logon: credentials come in LOGON, not in HELLO. filters: a client chooses what it is
    notified of. telemetry: TELEMETRY is known. statuses: summaries have GQL's statuses in place of notifications.
    gql_errors: FAILURE has the fields of GQL. home_database: RUN and BEGIN tell which database was chosen for a client
    that named none.
    """

    major: int
    minor: int
    route: bool
    recv_timeout: bool
    utc_patch: bool
    utc: bool
    element_ids: bool
    logon: bool
    filters: bool
    telemetry: bool
    statuses: bool
    gql_errors: bool
    home_database: bool

    def dialect(self, *, patched: bool) -> Dialect:
        """How structures are written. patched: the client asked for the patch `utc`."""
        return Dialect(self.element_ids, self.utc or (self.utc_patch and patched))


def _version(major: int, minor: int) -> ProtocolVersion:
    number = (major, minor)
    return ProtocolVersion(
        major,
        minor,
        route=number >= (4, 3),
        recv_timeout=number >= (4, 3),
        utc_patch=(4, 3) <= number < (5, 0),
        utc=number >= (5, 0),
        element_ids=number >= (5, 0),
        logon=number >= (5, 1),
        filters=number >= (5, 2),
        telemetry=number >= (5, 4),
        statuses=number >= (5, 5),
        gql_errors=number >= (5, 7),
        home_database=number >= (5, 8),
    )


RANGES = ((5, 0, 8), (4, 1, 4))
"""Major version, first and last minor version; newest first."""
VERSIONS = tuple(_version(major, minor) for major, first, last in RANGES for minor in range(last, first - 1, -1))


class Handshake:
    """The bytes before the first message. output: what is to be sent. version: the one agreed upon, or None."""

    __slots__ = ("_chosen_by_client", "_received", "output", "version")

    def __init__(self) -> None:
        self.output = b""
        self.version: ProtocolVersion | None = None
        self._received = b""
        self._chosen_by_client = False

    def feed(self, data: bytes) -> bytes | None:
        """What follows the handshake in the bytes so far, once there is a ``version``; None before.

        Raises ProtocolViolation for bytes that are no handshake, and where no version is agreed upon; ``output`` is to
        be sent all the same.
        """
        self._received += data
        if not self._chosen_by_client:
            received = self._received
            if received[:4] != MAGIC[: len(received)]:
                raise ProtocolViolation("the connection did not open with Bolt's magic number")
            if len(received) < OPENING_BYTES:
                return None
            self._received = received[OPENING_BYTES:]
            self._answer(received[4:OPENING_BYTES])
        return self._choice() if self._chosen_by_client else self._received

    def _answer(self, offers: bytes) -> None:
        """To the first offer that is known, in the client's order; within a range the highest.

        An offer is `00 range minor major`: it stands for the minors from ``minor - range`` to ``minor``.
        """
        for start in range(0, len(offers), 4):
            offer = offers[start : start + 4]
            if offer == MANIFEST:
                self._chosen_by_client = True
                self.output = manifest()
                return
            _, span, minor, major = offer
            for version in VERSIONS:
                if version.major == major and minor - span <= version.minor <= minor:
                    self.version = version
                    self.output = bytes((0, 0, version.minor, version.major))
                    return
        self.output = REFUSED
        raise ProtocolViolation("no version of Bolt in common")

    def _choice(self) -> bytes | None:
        """What follows the client's choice from the manifest; None while that is not complete."""
        received = self._received
        end = 4
        while end < len(received) and received[end] & 0x80:
            end += 1
        if end - 4 >= VARINT_BYTES_MAX:
            raise ProtocolViolation("the capabilities in a handshake have more than 64 bits")
        if end >= len(received):
            return None
        zero, span, minor, major = received[:4]
        chosen = [version for version in VERSIONS if (version.major, version.minor) == (major, minor)]
        if not chosen or zero or span:
            raise ProtocolViolation("a client chose a version that was not offered")
        if any(byte & 0x7F for byte in received[4 : end + 1]):
            raise ProtocolViolation("a client chose a capability that was not offered")
        self.version = chosen[0]
        return received[end + 1 :]


def manifest() -> bytes:
    """The list of versions, as a client that offers a manifest is answered."""
    ranges = [bytes((0, last - first, last, major)) for major, first, last in RANGES]
    return b"".join((MANIFEST, bytes((len(ranges),)), *ranges, bytes((CAPABILITIES,))))
