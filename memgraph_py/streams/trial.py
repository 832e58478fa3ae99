"""TEST STREAM: what the first batches would run. Reads with a source and a child of its own, and leaves nothing
behind."""

import time

from memgraph_py.engine.stream_control import TestedQuery
from memgraph_py.streams.consumer import SLICE_SECONDS
from memgraph_py.streams.messages import Messages, MessageSource, SourceUnavailable
from memgraph_py.streams.transform import Transform

READ_COUNT_MAX = 1_000


def run_trial(
    source: MessageSource, transform: Transform, batch_size: int, batches: int, answer_seconds: float
) -> list[TestedQuery]:
    """The queries of so many batches, in order. Raises TransformError, SourceFailed or SourceUnavailable.

    The messages of a batch are taken partition by partition, so that the same test on an unchanged topic gives the same
    rows; a running stream takes them as they arrive.
    """
    messages = _first_messages(source, batch_size * batches, answer_seconds)
    tested: list[TestedQuery] = []
    for start in range(0, len(messages), batch_size):
        for run in transform.apply(messages.values[start : start + batch_size]):
            for row in range(run.rows):
                params = {name: values[row] for name, values in run.parameters.items()}
                tested.append(TestedQuery(run.query, params))
    return tested


def _first_messages(source: MessageSource, count: int, answer_seconds: float) -> Messages:
    """The first messages in the order of (partition, offset), count of them or all there are."""
    read: dict[int, Messages] = {number: Messages() for number in source.partitions}
    full: set[int] = set()
    answered = time.monotonic()
    while not _is_determined(read, source.ended | full, count):
        ends = len(source.ended)
        received = source.read(min(count, READ_COUNT_MAX), SLICE_SECONDS)
        for value, number, offset in zip(received.values, received.partitions, received.offsets, strict=True):
            if number not in full:
                of_partition = read[number]
                of_partition.extend(Messages([value], [number], [offset]))
                if len(of_partition) == count:
                    full.add(number)
                    source.pause(number)
        now = time.monotonic()
        if received.values or len(source.ended) > ends:
            answered = now
        elif now - answered >= answer_seconds:
            raise SourceUnavailable(source.trouble or f"no answer for {answer_seconds:g} s")
    first = Messages()
    for of_partition in read.values():
        first.extend(of_partition)
    return Messages(first.values[:count], first.partitions[:count], first.offsets[:count])


def _is_determined(read: dict[int, Messages], complete: set[int], count: int) -> bool:
    """True once no message still to come can be among the first ones."""
    known = 0
    for number, of_partition in read.items():
        known += len(of_partition)
        if known >= count:
            return True
        if number not in complete:
            return False
    return True
