"""Points and their distances."""

import pytest

from memgraph_py.errors import ArgumentError, CypherError, CypherTypeError
from memgraph_py.functions.spatial import distance, point
from memgraph_py.values.types import Point, Value


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ({"x": 1, "y": 2}, Point(7203, (1.0, 2.0))),
        ({"x": 1, "y": 2, "z": 3}, Point(9157, (1.0, 2.0, 3.0))),
        ({"longitude": 1, "latitude": 2}, Point(4326, (1.0, 2.0))),
        ({"longitude": 1, "latitude": 2, "height": 3}, Point(4979, (1.0, 2.0, 3.0))),
        ({"x": 1, "y": 2, "crs": "WGS-84"}, Point(4326, (1.0, 2.0))),
        ({"x": 1, "y": 2, "srid": 4326}, Point(4326, (1.0, 2.0))),
        ({"x": None, "y": 2}, None),
    ],
)
def test_point(components: dict[str, Value], expected: Value) -> None:
    assert point(components) == expected


@pytest.mark.parametrize(
    ("components", "error"),
    [
        ({"x": 1}, ArgumentError),
        ({"x": "1", "y": 2}, CypherTypeError),
        ({"x": 1, "y": 2, "crs": "mars"}, ArgumentError),
        ({"x": 1, "y": 2, "z": 3, "srid": 7203}, ArgumentError),
        ({"longitude": 0, "latitude": 91}, ArgumentError),
        (1, CypherTypeError),
    ],
)
def test_no_point(components: Value, error: type[CypherError]) -> None:
    with pytest.raises(error):
        point(components)


def test_distance() -> None:
    assert distance(point({"x": 0, "y": 0}), point({"x": 3, "y": 4})) == 5.0
    assert distance(point({"x": 0, "y": 0}), point({"longitude": 0, "latitude": 0})) is None
    quarter = distance(point({"longitude": 0, "latitude": 0}), point({"longitude": 90, "latitude": 0}))
    assert quarter == pytest.approx(10_018_759, abs=1)
    up = distance(
        point({"longitude": 0, "latitude": 0, "height": 0}), point({"longitude": 0, "latitude": 0, "height": 7})
    )
    assert up == 7.0
    assert distance(1, point({"x": 0, "y": 0})) is None
