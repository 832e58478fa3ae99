"""What ``read_short_run`` reads is what the ``Decoder`` reads; the rest it leaves alone."""

from hypothesis import example, given
from hypothesis import strategies as st

from memgraph_py.bolt.messages import Run, decode_request
from memgraph_py.bolt.packstream import Decoder, pack
from memgraph_py.bolt.short_run import read_short_run
from memgraph_py.values.types import Value

VALUES: st.SearchStrategy[Value] = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.text(max_size=300), st.floats(allow_nan=False), st.booleans(), st.none()
)


def run(text: str, parameters: dict[str, Value], options: dict[str, Value]) -> bytes:
    return b"\xb3\x10" + pack(text) + pack(parameters) + pack(options)


@given(
    st.one_of(st.text(max_size=60), st.text(min_size=100, max_size=600)),
    st.dictionaries(st.text(max_size=16), VALUES, max_size=4),
    st.sampled_from(({}, {"mode": "r"}, {"tx_timeout": 5})),
)
def test_a_message_reads_alike(text: str, parameters: dict[str, Value], options: dict[str, Value]) -> None:
    message = run(text, parameters, options)
    found = read_short_run(message)
    assert found is None or found == decode_request(Decoder(message, 10))


@given(st.binary(max_size=40), st.integers(0, 60))
@example(b"", 3)
def test_no_bytes_are_read_otherwise(rest: bytes, cut: int) -> None:
    """Bytes that are no message, and messages that are cut short, are the ``Decoder``'s."""
    for message in (b"\xb3\x10" + rest, b"\xb3\x10" + rest + b"\xa0", run("RETURN $a", {"a": 7, "b": "x"}, {})[:cut]):
        found = read_short_run(message)
        if found is not None:
            assert found == decode_request(Decoder(message, 10))


def test_the_usual_ones_are_read() -> None:
    assert read_short_run(run("RETURN 1", {}, {})) == Run("RETURN 1", {})
    parameters: dict[str, Value] = {"id": 5, "big": -70_000, "huge": 2**40, "small": -3, "name": "Ada"}
    text = "MATCH (n:Person {id: $id}) WHERE n.name = $name RETURN n"
    assert read_short_run(run(text, parameters, {})) == Run(text, parameters)
    parameters |= {
        "uuid": "8c1f7e1a-57b2-4f0e-9a53-0c3a7c8f9d11",
        "text": "ä" * 200,
        "at": 1.5,
        "yes": True,
        "no": None,
    }
    long = text + " // " + "x" * 300
    assert read_short_run(run(long, parameters, {})) == Run(long, parameters)
    assert read_short_run(run(text, {"list": [1]}, {})) is None
