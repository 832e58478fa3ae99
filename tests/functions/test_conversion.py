"""Conversions of whole columns of texts, beside those of one text after another."""

import math
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from memgraph_py.columnar import Column, Kind
from memgraph_py.errors import CypherTypeError
from memgraph_py.functions.conversion import float_of, integer_of
from memgraph_py.functions.registry import FUNCTIONS, Environment
from memgraph_py.storage.store import GraphStore

SPELLED = st.one_of(
    st.none(),
    st.integers().map(str),
    st.floats().map(str),
    st.text(alphabet=st.sampled_from("0123456789+-.eE \t\u00a0\u0663x"), max_size=24),
    st.decimals(allow_nan=False, allow_infinity=False, places=6).map(str),
)


@pytest.fixture(scope="module")
def environment() -> Environment:
    class Clock:
        def now_seconds(self) -> float:
            return 0.0

    return Environment(GraphStore().current, Clock(), lambda: 0.5)


@given(texts=st.lists(SPELLED, min_size=1, max_size=8))
@example(texts=["1e22", "1e23", "123456789012345e22", "0.1", "-0", ".5", "5.", ".", "1e", "1e+", "9007199254740993"])
@example(texts=["9223372036854775808"])
@example(texts=["-9223372036854775809.5"])
@example(texts=["9223372036854775807", "-9223372036854775808", " NaN ", "+Infinity", " +7 ", "+", "", "1.9", "-1e3"])
def test_texts_become_the_same_numbers_one_by_one_and_together(environment: Environment, texts: list[str]) -> None:
    for name, convert in (("tointeger", integer_of), ("tofloat", float_of)):
        try:
            expected = [None if text is None else convert(text) for text in texts]
        except CypherTypeError:
            with pytest.raises(CypherTypeError, match="too large"):
                FUNCTIONS[name].apply(environment, [Column.from_values(texts)])
            continue
        column = FUNCTIONS[name].apply(environment, [Column.from_values(texts)])
        assert list(map(bits, column.to_values())) == list(map(bits, expected)), name


def bits(value: object) -> object:
    """Floats told apart as far as they can be."""
    if isinstance(value, float):
        return "nan" if math.isnan(value) else struct.pack("<d", value)
    return value


def test_many_texts_become_a_column_of_numbers(environment: Environment) -> None:
    column = FUNCTIONS["tointeger"].apply(environment, [Column.from_values([str(number) for number in range(100)])])
    assert column.kind is Kind.INT and column.values.tolist() == list(range(100)) and column.valid is None
