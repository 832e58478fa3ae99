"""Points and distances. Source: openCypher CIP2017-02-13 and Neo4j Cypher manual, "Spatial functions"."""

import math

from memgraph_py.errors import ArgumentError
from memgraph_py.functions.registry import scalar
from memgraph_py.functions.rows import wrong_argument
from memgraph_py.values.naming import COORDINATE_SYSTEMS
from memgraph_py.values.points import GEOGRAPHIC, make_point
from memgraph_py.values.types import Point, Value

SYSTEMS = {name: srid for srid, name in COORDINATE_SYSTEMS.items()}
THREE_DIMENSIONAL = (9157, 4979)
EARTH_RADIUS_METRES = 6_378_140.0
_NAMES = (("x", "longitude"), ("y", "latitude"), ("z", "height"))


@scalar("point", 1, signature="point(input :: MAP) :: POINT")
def point(components: Value) -> Value:
    """The point of a map with x and y, and perhaps z, or longitude and latitude, and perhaps height; NULL if one is."""
    if not isinstance(components, dict):
        raise wrong_argument("point", components, "MAP")
    if any(components.get(name, 0.0) is None for pair in _NAMES for name in pair):
        return None
    coordinates: list[float] = []
    for cartesian, geographic in _NAMES:
        value = components.get(cartesian, components.get(geographic))
        if value is None:
            break
        if type(value) not in (int, float):
            raise wrong_argument("point", value, "numbers")
        coordinates.append(float(value))  # type: ignore[arg-type]  # a number, checked
    srid = _system(components, len(coordinates))
    demanded = 3 if srid in THREE_DIMENSIONAL else 2
    if len(coordinates) != demanded:
        raise ArgumentError(
            f"a point in '{COORDINATE_SYSTEMS[srid]}' has {demanded} coordinates, not {len(coordinates)}",
            hint="it is made of x, y and perhaps z, or of longitude, latitude and perhaps height",
        )
    return make_point(srid, tuple(coordinates))


@scalar("point.distance", 2, signature="point.distance(from :: POINT, to :: POINT) :: FLOAT")
@scalar("distance", 2, signature="distance(from :: POINT, to :: POINT) :: FLOAT")
def distance(left: Value, right: Value) -> Value:
    """The distance of two points: in the plane, or in metres on the globe; NULL of no points, or different systems."""
    if not isinstance(left, Point) or not isinstance(right, Point) or left.srid != right.srid:
        return None
    if left.srid not in GEOGRAPHIC:
        return math.dist(left.coordinates, right.coordinates)
    heights = (left.coordinates[2], right.coordinates[2]) if left.srid in THREE_DIMENSIONAL else (0.0, 0.0)
    along = _great_circle(left.coordinates, right.coordinates) * (EARTH_RADIUS_METRES + sum(heights) / 2)
    return math.hypot(along, heights[0] - heights[1])


@scalar(
    "point.withinbbox",
    3,
    signature="point.withinBBox(point :: POINT, lowerLeft :: POINT, upperRight :: POINT) :: BOOLEAN",
)
def within_box(value: Value, lower_left: Value, upper_right: Value) -> Value:
    """Whether a point lies in the box of two corners; NULL for what is no point, and for other coordinate systems."""
    points = [point for point in (value, lower_left, upper_right) if isinstance(point, Point)]
    if len(points) < 3:
        return None
    here, lower, upper = points
    if not here.srid == lower.srid == upper.srid:
        return None
    for axis, (at, least, most) in enumerate(zip(here.coordinates, lower.coordinates, upper.coordinates, strict=True)):
        # a box whose left longitude is greater lies across the 180th meridian
        across = axis == 0 and here.srid in GEOGRAPHIC and least > most
        if not (at >= least or at <= most if across else least <= at <= most):
            return False
    return True


def _system(components: dict[str, Value], dimensions: int) -> int:
    """The srid: as told by `srid` or `crs`, or by the names of the coordinates."""
    told = components.get("srid", components.get("crs"))
    if told is None:
        geographic = "longitude" in components or "latitude" in components
        return (4979 if geographic else 9157) if dimensions == 3 else (4326 if geographic else 7203)
    srid = SYSTEMS.get(told.lower()) if isinstance(told, str) else told
    if srid not in SYSTEMS.values() or not isinstance(srid, int):
        raise ArgumentError(
            "unknown coordinate system", hint=", ".join(f"{name} ({id})" for name, id in SYSTEMS.items())
        )
    return srid


def _great_circle(left: tuple[float, ...], right: tuple[float, ...]) -> float:
    """The angle between two points on the globe, in radians, by the haversine formula."""
    from_longitude, from_latitude, to_longitude, to_latitude = map(math.radians, (*left[:2], *right[:2]))
    chord = (
        math.sin((to_latitude - from_latitude) / 2) ** 2
        + math.cos(from_latitude) * math.cos(to_latitude) * math.sin((to_longitude - from_longitude) / 2) ** 2
    )
    return 2 * math.asin(math.sqrt(min(1.0, chord)))
