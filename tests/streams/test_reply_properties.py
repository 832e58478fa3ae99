"""Whatever a script returns within the rules arrives unchanged; whatever bytes a child sends, the parent stays well."""

import math
import socket
import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memgraph_py.config import Limits
from memgraph_py.errors import TransformError
from memgraph_py.streams.transform import Reply, Transform
from memgraph_py.streams.transform_worker import HEADER, _encode

INTEGERS = st.integers(-(1 << 63), (1 << 63) - 1)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=5)
SCALARS = st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)
ANSWERS = st.lists(
    st.tuples(st.sampled_from(["A", "B", ""]), st.dictionaries(st.sampled_from("xyz"), VALUES, max_size=3)), max_size=12
)


@pytest.fixture(scope="module")
def transform() -> Iterator[Transform]:
    """A parent without a child: what is asked of it needs none."""
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Transform(process, ours, Limits())


def encoded(answer: object) -> bytearray:
    """What the child sends of it, without the length before it."""
    frame = bytearray()
    _encode(msgspec.msgpack.Encoder(), 7, answer, frame, 100)
    return frame[HEADER.size :]


@given(ANSWERS)
@settings(max_examples=300)
def test_every_allowed_answer_arrives_as_it_was(
    transform: Transform, answer: list[tuple[str, dict[str, object]]]
) -> None:
    payload = encoded(answer)
    sequence, fault, runs = msgspec.msgpack.decode(payload, type=Reply)
    assert (sequence, fault) == (7, "")
    arrived = [
        (run.query, {name: values[row] for name, values in run.parameters.items()})
        for run in transform._checked(runs)
        for row in range(run.rows)
    ]
    assert arrived == answer
    assert repr([sorted(params.items()) for _, params in arrived]) == repr(
        [sorted(params.items()) for _, params in answer]
    )  # True is not 1, 1.0 is not 1


@given(
    st.binary(max_size=60)
    | st.builds(lambda tail: b"\x93\x01\xa0\x91\x94\xa1Q\x01\x91\xa1a\x91\x91" + tail, st.binary())
)
@settings(max_examples=500)
def test_any_bytes_are_a_reply_or_an_error(transform: Transform, payload: bytes) -> None:
    try:
        _, _, runs = transform._decode(bytearray(payload), msgspec.msgpack.Decoder(Reply))
        for run in transform._checked(runs):
            for values in run.parameters.values():
                assert len(values) == run.rows
                msgspec.msgpack.encode(values)
                assert all(not isinstance(value, bytes) for value in values)
    except TransformError as error:
        assert error.message == "The transform script contains a runtime error!"


def test_nan_arrives(transform: Transform) -> None:
    payload = encoded([("Q", {"v": math.nan})])
    (run,) = transform._checked(msgspec.msgpack.decode(payload, type=Reply)[2])
    assert math.isnan(run.parameters["v"][0])  # type: ignore[arg-type]
