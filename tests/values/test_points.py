"""Points: the globe goes round, and ends at its poles."""

import math

import pytest

from memgraph_py.errors import ArgumentError
from memgraph_py.values.points import make_point


@pytest.mark.parametrize(
    ("longitude", "meridian"),
    [(180, 180), (-180, -180), (190, -170), (-190, 170), (540, 180), (-540, -180), (1e6, -80), (math.inf, math.inf)],
)
def test_a_longitude_goes_round(longitude: float, meridian: float) -> None:
    assert make_point(4326, (longitude, 90.0)).coordinates == (meridian, 90.0)
    assert make_point(4979, (longitude, -90.0, 7.0)).coordinates == (meridian, -90.0, 7.0)
    assert make_point(7203, (longitude, 91.0)).coordinates == (longitude, 91.0)


@pytest.mark.parametrize("latitude", [90.1, -91.0, math.inf, math.nan])
def test_a_latitude_ends_at_the_poles(latitude: float) -> None:
    with pytest.raises(ArgumentError, match="a latitude is from -90 to 90"):
        make_point(4326, (0.0, latitude))
