"""Checks: each kind of value as a parameter, as a property and as a result."""

import math

from checks import Context, Difference, expect
from neo4j.spatial import CartesianPoint, WGS84Point
from neo4j.time import Date, DateTime, Duration, Time
from pytz import FixedOffset, timezone  # the driver's own kinds; zoneinfo's make it crash


def there_and_back(context: Context, value: object, *, stored: bool = True) -> None:
    """As a parameter and back; inside a list and a map; as a property, where stored is true."""
    record = context.driver.execute_query("RETURN $x AS x, [$x] AS list, {key: $x} AS map", x=value).records[0]
    same(record["x"], value)
    same(record["list"][0], value)
    same(record["map"]["key"], value)
    if stored:
        context.driver.execute_query("CREATE (:Kept {x: $x})", x=value)
        found = context.driver.execute_query("MATCH (n:Kept) RETURN n.x AS x").records[0]["x"]
        same(found, value)
        context.driver.execute_query("MATCH (n:Kept) DELETE n")


def same(found: object, expected: object) -> None:
    """Equal, of one type, floats by their bits and NaN as NaN. Raises Difference."""
    if isinstance(expected, float) and isinstance(found, float):
        alike = math.isnan(found) if math.isnan(expected) else found.hex() == expected.hex()
        if not alike:
            raise Difference(f"value is {found!r}, expected {expected!r}")
    else:
        expect(found, expected)


def null_and_booleans(context: Context) -> None:
    for value in (True, False):
        there_and_back(context, value)
    there_and_back(context, None, stored=False)


def integers(context: Context) -> None:
    for bits in (7, 8, 15, 16, 31, 32, 63):
        for value in (-(1 << bits), -(1 << bits) + 1, (1 << bits) - 1):
            there_and_back(context, value)
    for value in (0, -1, -16, -17, 1 << 32):
        there_and_back(context, value)
    sums = context.driver.execute_query("RETURN $x + 1 AS up, -$x - 2 AS down", x=(1 << 63) - 2).records[0]
    expect((sums["up"], sums["down"]), ((1 << 63) - 1, -(1 << 63)), "arithmetic at the edges")


def floats(context: Context) -> None:
    for value in (0.0, -0.0, 1.5, 0.1, -1e308, 5e-324, math.pi, math.inf, -math.inf, math.nan):
        there_and_back(context, value)


def strings(context: Context) -> None:
    for value in ("", "a", "Größe ✓ 𝄞 日本語", "\u0000\n\t\"'\\`", "e\u0301", "x" * 15, "x" * 16, "x" * 255, "y" * 256):
        there_and_back(context, value)
    for length in (65_535, 65_536, 1_000_000):
        there_and_back(context, "ä" * length)
    size = context.driver.execute_query("RETURN size($x) AS size", x="𝄞✓" * 100_000).records[0]["size"]
    expect(size, 200_000, "length of a string in characters")


def bytes_(context: Context) -> None:
    for value in (b"", b"\x00\xff", bytes(range(256)), b"\x01" * 100_000):
        found = context.driver.execute_query("RETURN $x AS x, [$x] AS list", x=value).records[0]
        expect(bytes(found["x"]), value)
        expect(bytes(found["list"][0]), value)


def lists_and_maps(context: Context) -> None:
    for value in ([], [1, 2, 3], ["a", "b"], [True, False], [1.5, -0.0], list(range(70_000))):
        there_and_back(context, value)
    mixed = [1, "a", None, [2.5, [True, {"deep": [None, {"er": "x"}]}]], {}]
    there_and_back(context, mixed, stored=False)
    there_and_back(context, {"a": 1, "b": {"c": mixed, "": "empty", "ä ✓": None}}, stored=False)
    there_and_back(context, {f"key{number}": number for number in range(1_000)}, stored=False)


def dates_and_times(context: Context) -> None:
    there_and_back(context, Date(2024, 2, 29))
    there_and_back(context, Date(1, 1, 1))
    there_and_back(context, Date(9999, 12, 31))
    there_and_back(context, Time(12, 34, 56, 789_012_345))
    there_and_back(context, Time(0, 0, 0, 0))
    there_and_back(context, Time(23, 59, 59, 999_999_999, FixedOffset(-450)))
    there_and_back(context, DateTime(2024, 2, 29, 12, 34, 56, 789_012_345))
    there_and_back(context, DateTime(1900, 1, 1, 0, 0, 0, 1))
    there_and_back(context, DateTime(2024, 2, 29, 12, 34, 56, 7, FixedOffset(345)))
    there_and_back(context, DateTime(1969, 12, 31, 23, 59, 59, 999_999_999, FixedOffset(-60)))
    zone = timezone("Europe/Stockholm")
    for moment in ((2024, 1, 15), (2024, 7, 15)):
        value = zone.localize(DateTime(*moment, 12, 34, 56, 7))
        there_and_back(context, value)
        found = context.driver.execute_query("RETURN $x AS x", x=value).records[0]["x"]
        expect(str(found.tzinfo), "Europe/Stockholm", "zone")


def durations(context: Context) -> None:
    there_and_back(context, Duration(months=14, days=3, seconds=12, nanoseconds=500))
    there_and_back(context, Duration(months=-1, days=2, seconds=-3, nanoseconds=-1))
    there_and_back(context, Duration())


def points(context: Context) -> None:
    there_and_back(context, CartesianPoint((1.5, -2.5)))
    there_and_back(context, CartesianPoint((1.0, 2.0, 3.0)))
    there_and_back(context, WGS84Point((12.78, 56.7)))
    there_and_back(context, WGS84Point((-0.0, 90.0, 1e6)))
    made = context.driver.execute_query("RETURN point({x: 3, y: 4}) AS p").records[0]["p"]
    expect((made.srid, made.x, made.y), (7203, 3.0, 4.0), "point")


def nodes(context: Context) -> None:
    text = "CREATE (n:A:B {x: 1, y: 's', z: [1.5]}) RETURN n, id(n) AS id, elementId(n) AS text, n.none AS none"
    record = context.driver.execute_query(text).records[0]
    node = record["n"]
    expect(set(node.labels), {"A", "B"}, "labels")
    expect(dict(node), {"x": 1, "y": "s", "z": [1.5]}, "properties")
    expect(node.element_id, record["text"], "element id")
    expect(record["none"], None, "missing property")
    bare = context.driver.execute_query("CREATE (n) RETURN n, [n, {m: n}] AS list").records[0]
    expect((set(bare["n"].labels), dict(bare["n"])), (set(), {}), "a node of nothing")
    expect(bare["list"][1]["m"].element_id, bare["n"].element_id, "element id of a nested node")
    text = "MATCH (n) WHERE elementId(n) = $id RETURN n.x AS x"
    found = context.driver.execute_query(text, id=node.element_id).records
    expect([record["x"] for record in found], [1], "nodes found by element id")


def relationships(context: Context) -> None:
    text = "CREATE (a:A)-[r:KNOWS {since: 1.5}]->(b:B) RETURN a, r, b, elementId(r) AS text"
    record = context.driver.execute_query(text).records[0]
    relationship = record["r"]
    expect((relationship.type, dict(relationship)), ("KNOWS", {"since": 1.5}), "relationship")
    expect(relationship.element_id, record["text"], "element id")
    expect(relationship.start_node.element_id, record["a"].element_id, "start")
    expect(relationship.end_node.element_id, record["b"].element_id, "end")


def paths(context: Context) -> None:
    text = "CREATE p = (a:A {n: 1})-[:T {n: 2}]->(b:B {n: 3})<-[:U {n: 4}]-(c:C {n: 5}) RETURN p, a, c"
    record = context.driver.execute_query(text).records[0]
    path = record["p"]
    expect(len(path), 2, "length")
    expect([node["n"] for node in path.nodes], [1, 3, 5], "nodes")
    expect([(part.type, part["n"]) for part in path.relationships], [("T", 2), ("U", 4)], "relationships")
    expect(path.relationships[1].start_node.element_id, record["c"].element_id, "start of the one that goes back")
    expect(path.relationships[1].end_node.element_id, path.nodes[1].element_id, "end of the one that goes back")
    lone = context.driver.execute_query("MATCH p = (:A) RETURN p").records[0]["p"]
    expect((len(lone), lone.start_node.element_id), (0, record["a"].element_id), "path of one node")


CHECKS = {
    "null_and_booleans": null_and_booleans,
    "integers": integers,
    "floats": floats,
    "strings": strings,
    "bytes": bytes_,
    "lists_and_maps": lists_and_maps,
    "dates_and_times": dates_and_times,
    "durations": durations,
    "points": points,
    "nodes": nodes,
    "relationships": relationships,
    "paths": paths,
}
