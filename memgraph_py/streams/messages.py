"""Messages of a topic, as columns, and where they come from: declares the port MessageSource."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from memgraph_py.storage.changes import Partition, StreamPosition
from memgraph_py.streams.status import Ends


class SourceUnavailable(Exception):
    """The broker cannot be reached, or refuses us; the text is its own reason. It may pass."""


class TopicMissing(Exception):
    """The broker answers, and has no such topic."""


class SourceFailed(Exception):
    """The topic cannot be read on from the stream's position; waiting will not help."""


@dataclass(slots=True)
class Messages:
    """Messages of one topic, as columns: value, partition and offset of each. times: by partition, when its last
    message was written (seconds since 1970), where that is known; bytes: of the values that were appended."""

    values: list[bytes] = field(default_factory=list)
    partitions: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    times: dict[int, float] = field(default_factory=dict, compare=False)
    bytes: int = field(default=0, compare=False)

    def __len__(self) -> int:
        return len(self.values)

    def extend(self, more: "Messages") -> None:
        """Append these."""
        self.values += more.values
        self.partitions += more.partitions
        self.offsets += more.offsets
        self.times.update(more.times)
        self.bytes += sum(map(len, more.values))

    def in_order(self) -> "Messages":
        """The same by partition; those of one partition stay as they came, which is in order of offset."""
        if self.partitions == sorted(self.partitions):
            return self
        rows = sorted(range(len(self)), key=self.partitions.__getitem__)
        return Messages(
            [self.values[row] for row in rows],
            [self.partitions[row] for row in rows],
            [self.offsets[row] for row in rows],
            self.times,
            self.bytes,
        )

    def cut(self, size: int, bytes_max: int) -> tuple[list["Messages"], "Messages"]:
        """Batches of so many, as many as are full and hold so many bytes together, but one at least, whatever it has;
        and what is left."""
        if len(self) <= size:
            return ([self] if self.values else []), Messages()
        batches: list[Messages] = []
        start = bytes = 0
        while start == 0 or start + size <= len(self):
            batch = self._part(start, start + size)
            bytes += batch.bytes
            if batches and bytes > bytes_max:
                break
            batches.append(batch)
            start += size
        rest = self._part(start, len(self))
        (rest if rest.values else batches[-1]).times = self.times
        return batches, rest

    def _part(self, start: int, end: int) -> "Messages":
        values = self.values[start:end]
        return Messages(values, self.partitions[start:end], self.offsets[start:end], {}, sum(map(len, values)))

    def next_offsets(self) -> dict[int, int]:
        """By partition, the offset after the last one; the messages are in order."""
        last = dict(zip(self.partitions, self.offsets, strict=True))
        return {partition: offset + 1 for partition, offset in last.items()}

    def ranges(self) -> tuple[tuple[int, int, int], ...]:
        """(partition, first offset, last offset) of each partition; the messages are in order."""
        first = dict(zip(reversed(self.partitions), reversed(self.offsets), strict=True))
        return tuple((partition, first[partition], end - 1) for partition, end in self.next_offsets().items())


class MessageSource(Protocol):
    """A topic that is read from a position on. All calls come from one thread at a time."""

    def connect(self, seconds: float) -> None:
        """Reach the broker and find the topic. Raises SourceUnavailable or TopicMissing within about so many
        seconds."""
        ...

    def seek(self, position: StreamPosition | None) -> None:
        """Go on at the position; partitions it does not name, from their oldest message. Raises SourceFailed where the
        topic is not the one that the position belongs to, SourceUnavailable where no broker tells the oldest."""
        ...

    def read(self, count: int, seconds: float) -> Messages:
        """Up to count messages; waits up to so many seconds unless there are so many. Raises SourceFailed."""
        ...

    def check(self) -> None:
        """See that the topic is still the same one, and take up new partitions. Raises SourceFailed."""
        ...

    def confirm(self) -> bool:
        """Whether the topic is still the same one; False, with ``trouble``, where that cannot be told now. Raises
        SourceFailed where it was made anew."""
        ...

    def partition(self, number: int) -> Partition:
        """The name of a partition in the stream's position."""
        ...

    def pause(self, number: int) -> None:
        """Read no more of this partition."""
        ...

    @property
    def partitions(self) -> Sequence[int]:
        """All partitions of the topic, ascending."""
        ...

    @property
    def beginnings(self) -> Mapping[Partition, int]:
        """Where it began to read the partitions that the position did not name. Once they are in a position, a topic
        that is made anew or loses messages meanwhile is told, however few of them were read."""
        ...

    @property
    def ended(self) -> set[int]:
        """Partitions read to their end; kept only by a source that was asked to report ends."""
        ...

    @property
    def trouble(self) -> str | None:
        """Why the broker does not answer just now, or None."""
        ...

    def ends(self) -> dict[int, Ends | None]:
        """What is known of each partition without asking; None where nothing is."""
        ...

    def ask_ends(self, seconds: float) -> dict[int, Ends | None]:
        """The same by asking the broker, which may take so long; nothing where it does not answer."""
        ...

    def acknowledge(self, next_offsets: Mapping[int, int]) -> None:
        """Tell the broker how far the graph is, for its lag tools. Never raises, may do it later or not at all."""
        ...

    def close(self) -> None:
        """Leave the broker."""
        ...


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What a MessageSource is made from. group: the consumer group; reports_ends: keep ``ended``."""

    uri: str
    topic: str
    group: str
    answer_seconds: float
    reports_ends: bool = False


SourceFactory: TypeAlias = Callable[[SourceSettings], MessageSource]
