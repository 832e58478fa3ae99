"""Points: which coordinates a system has, wherever they come from.

Source: Neo4j Cypher manual, "Spatial values".
"""

import math

from memgraph_py.errors import ArgumentError
from memgraph_py.values.types import Point

GEOGRAPHIC = (4326, 4979)
"""The systems of longitude and latitude."""


def make_point(srid: int, coordinates: tuple[float, ...]) -> Point:
    """The point; on the globe with the longitude from -180 to 180 that is the same meridian. Raises ArgumentError for a
    latitude beyond the poles."""
    if srid not in GEOGRAPHIC:
        return Point(srid, coordinates)
    longitude, latitude, *height = coordinates
    if not -90 <= latitude <= 90:
        raise ArgumentError(f"a latitude is from -90 to 90, got {latitude}", detail="NumberOutOfRange")
    return Point(srid, (_within_half_turn(longitude), latitude, *height))


def _within_half_turn(longitude: float) -> float:
    if not math.isfinite(longitude) or -180 <= longitude <= 180:
        return longitude
    turns = math.ceil((abs(longitude) - 180) / 360)
    return longitude - math.copysign(360 * turns, longitude)
