package main

import (
	"fmt"
	"math"
	"sort"
	"strings"
	"time"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"
	"github.com/neo4j/neo4j-go-driver/v5/neo4j/dbtype"
)

// Each kind of value as a parameter, as a property and as a result.
var values = []check{
	{"null_and_booleans", nullAndBooleans},
	{"integers", integers},
	{"floats", floats},
	{"strings", stringsOfAllKinds},
	{"bytes", bytesOfAllKinds},
	{"lists_and_maps", listsAndMaps},
	{"dates_and_times", datesAndTimes},
	{"durations", durations},
	{"points", points},
	{"nodes", nodes},
	{"relationships", relationships},
	{"paths", paths},
}

// thereAndBack sends the value as a parameter, and gets it by itself, in a list, in a map and as a property.
func thereAndBack(driver neo4j.DriverWithContext, value any) {
	thereAndBackUnstored(driver, value)
	query(driver, "CREATE (:Kept {x: $x})", map[string]any{"x": value})
	expect(one(driver, "MATCH (n:Kept) RETURN n.x AS x", nil)["x"], value, "property")
	query(driver, "MATCH (n:Kept) DELETE n", nil)
}

// thereAndBackUnstored does the same with a value that is no property.
func thereAndBackUnstored(driver neo4j.DriverWithContext, value any) {
	record := one(driver, "RETURN $x AS x, [$x] AS list, {key: $x} AS map", map[string]any{"x": value})
	expect(record["x"], value, "value")
	expect(record["list"], []any{value}, "list")
	expect(record["map"], map[string]any{"key": value}, "map")
}

func nullAndBooleans(around surroundings) {
	thereAndBack(around.driver, true)
	thereAndBack(around.driver, false)
	thereAndBackUnstored(around.driver, nil)
}

func integers(around surroundings) {
	for _, bits := range []uint{7, 8, 15, 16, 31, 32} {
		low := -(int64(1) << bits)
		for _, value := range []int64{low, low + 1, -low - 1} {
			thereAndBack(around.driver, value)
		}
	}
	for _, value := range []int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64, 0, -1, -16, -17, 1 << 32} {
		thereAndBack(around.driver, value)
	}
	sums := one(around.driver, "RETURN $x + 1 AS up, -$x - 2 AS down", map[string]any{"x": int64(math.MaxInt64 - 1)})
	expect(sums, map[string]any{"up": int64(math.MaxInt64), "down": int64(math.MinInt64)}, "arithmetic at the edges")
}

func floats(around surroundings) {
	values := []float64{
		0, math.Copysign(0, -1), 1.5, 0.1, -1e308, 5e-324, math.Pi, math.Inf(1), math.Inf(-1), math.NaN(),
	}
	for _, value := range values {
		thereAndBack(around.driver, value)
	}
}

func stringsOfAllKinds(around surroundings) {
	for _, value := range []string{"", "a", "Größe ✓ 𝄞 日本語", "\x00\n\t\"'\\`", "e\u0301"} {
		thereAndBack(around.driver, value)
	}
	for _, length := range []int{15, 16, 255, 256, 65_535, 65_536, 1_000_000} {
		thereAndBack(around.driver, strings.Repeat("ä", length))
	}
	parameters := map[string]any{"x": strings.Repeat("𝄞✓", 100_000)}
	size := one(around.driver, "RETURN size($x) AS size", parameters)["size"]
	expect(size, int64(200_000), "length of a string in characters")
}

func bytesOfAllKinds(around surroundings) {
	all := make([]byte, 256)
	for index := range all {
		all[index] = byte(index)
	}
	for _, value := range [][]byte{{}, {0, 255}, all, make([]byte, 100_000)} {
		record := one(around.driver, "RETURN $x AS x, [$x] AS list", map[string]any{"x": value})
		expect(record["x"], value, "value")
		expect(record["list"], []any{value}, "list")
	}
}

func listsAndMaps(around surroundings) {
	many, keys := []any{}, map[string]any{}
	for number := int64(0); number < 70_000; number++ {
		many = append(many, number)
	}
	for number := int64(0); number < 1_000; number++ {
		keys[fmt.Sprintf("key%d", number)] = number
	}
	lists := [][]any{{}, {int64(1), int64(2)}, {"a", "b"}, {true, false}, {1.5, math.Copysign(0, -1)}, many}
	for _, value := range lists {
		thereAndBack(around.driver, value)
	}
	deep := map[string]any{"deep": []any{nil, map[string]any{"er": "x"}}}
	mixed := []any{int64(1), "a", nil, []any{2.5, []any{true, deep}}, map[string]any{}}
	thereAndBackUnstored(around.driver, mixed)
	inner := map[string]any{"c": mixed, "": "empty", "ä ✓": nil}
	thereAndBackUnstored(around.driver, map[string]any{"a": int64(1), "b": inner})
	thereAndBackUnstored(around.driver, keys)
}

func datesAndTimes(around surroundings) {
	day := func(year int, month time.Month, day int) neo4j.Date {
		return neo4j.Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
	}
	for _, value := range []neo4j.Date{day(2024, 2, 29), day(1, 1, 1), day(9999, 12, 31)} {
		thereAndBack(around.driver, value)
	}
	local := func(hour, minute, second, nanosecond int) neo4j.LocalTime {
		return neo4j.LocalTime(time.Date(0, 0, 0, hour, minute, second, nanosecond, time.Local))
	}
	thereAndBack(around.driver, local(12, 34, 56, 789_012_345))
	thereAndBack(around.driver, local(0, 0, 0, 0))
	offset := func(seconds int) *time.Location { return time.FixedZone("Offset", seconds) }
	thereAndBack(around.driver, neo4j.Time(time.Date(0, 0, 0, 23, 59, 59, 999_999_999, offset(-27_000))))
	moment := time.Date(2024, 2, 29, 12, 34, 56, 789_012_345, time.Local)
	thereAndBack(around.driver, neo4j.LocalDateTime(moment))
	thereAndBack(around.driver, neo4j.LocalDateTime(time.Date(1900, 1, 1, 0, 0, 0, 1, time.Local)))
	thereAndBack(around.driver, time.Date(2024, 2, 29, 12, 34, 56, 7, offset(20_700)))
	thereAndBack(around.driver, time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, offset(-3_600)))
	zone := must(time.LoadLocation("Europe/Stockholm"))
	for _, month := range []time.Month{time.January, time.July} {
		thereAndBack(around.driver, time.Date(2024, month, 15, 12, 34, 56, 7, zone))
	}
}

func durations(around surroundings) {
	thereAndBack(around.driver, dbtype.Duration{Months: 14, Days: 3, Seconds: 12, Nanos: 500})
	thereAndBack(around.driver, dbtype.Duration{Months: -1, Days: 2, Seconds: -4, Nanos: 999_999_999})
	thereAndBack(around.driver, dbtype.Duration{})
}

func points(around surroundings) {
	thereAndBack(around.driver, dbtype.Point2D{X: 1.5, Y: -2.5, SpatialRefId: 7203})
	thereAndBack(around.driver, dbtype.Point3D{X: 1, Y: 2, Z: 3, SpatialRefId: 9157})
	thereAndBack(around.driver, dbtype.Point2D{X: 12.78, Y: 56.7, SpatialRefId: 4326})
	thereAndBack(around.driver, dbtype.Point3D{X: math.Copysign(0, -1), Y: 90, Z: 1e6, SpatialRefId: 4979})
	made := one(around.driver, "RETURN point({x: 3, y: 4}) AS p", nil)["p"]
	expect(made, dbtype.Point2D{X: 3, Y: 4, SpatialRefId: 7203}, "point")
}

func nodes(around surroundings) {
	text := "CREATE (n:A:B {x: 1, y: 's', z: [1.5]}) RETURN n, id(n) AS id, elementId(n) AS text, n.none AS none"
	record := one(around.driver, text, nil)
	node := record["n"].(neo4j.Node)
	sort.Strings(node.Labels)
	expect(node.Labels, []string{"A", "B"}, "labels")
	expect(node.Props, map[string]any{"x": int64(1), "y": "s", "z": []any{1.5}}, "properties")
	expect(node.ElementId, record["text"], "element id")
	expect(node.Id, record["id"], "id")
	expect(record["none"], nil, "missing property")
	bare := one(around.driver, "CREATE (n) RETURN n, [n, {m: n}] AS list", nil)
	alone := bare["n"].(neo4j.Node)
	expect(len(alone.Labels)+len(alone.Props), 0, "labels and properties of a node of nothing")
	nested := bare["list"].([]any)[1].(map[string]any)["m"].(neo4j.Node)
	expect(nested.ElementId, alone.ElementId, "element id of a nested node")
	parameters := map[string]any{"id": node.ElementId}
	found := one(around.driver, "MATCH (n) WHERE elementId(n) = $id RETURN n.x AS x", parameters)
	expect(found["x"], int64(1), "property of the node found by element id")
}

func relationships(around surroundings) {
	text := "CREATE (a:A)-[r:KNOWS {since: 1.5}]->(b:B) RETURN a, r, b, elementId(r) AS text, id(r) AS id"
	record := one(around.driver, text, nil)
	relationship := record["r"].(neo4j.Relationship)
	expect(relationship.Type, "KNOWS", "type")
	expect(relationship.Props, map[string]any{"since": 1.5}, "properties")
	expect(relationship.ElementId, record["text"], "element id")
	expect(relationship.Id, record["id"], "id")
	expect(relationship.StartElementId, record["a"].(neo4j.Node).ElementId, "start")
	expect(relationship.EndElementId, record["b"].(neo4j.Node).ElementId, "end")
}

func paths(around surroundings) {
	text := "CREATE p = (a:A {n: 1})-[:T {n: 2}]->(b:B {n: 3})<-[:U {n: 4}]-(c:C {n: 5}) RETURN p, a, c"
	record := one(around.driver, text, nil)
	path := record["p"].(neo4j.Path)
	numbers, types := []any{}, []string{}
	for _, node := range path.Nodes {
		numbers = append(numbers, node.Props["n"])
	}
	for _, relationship := range path.Relationships {
		numbers, types = append(numbers, relationship.Props["n"]), append(types, relationship.Type)
	}
	expect(numbers, []any{int64(1), int64(3), int64(5), int64(2), int64(4)}, "properties of nodes and relationships")
	expect(types, []string{"T", "U"}, "types")
	back := path.Relationships[1]
	expect(back.StartElementId, record["c"].(neo4j.Node).ElementId, "start of the one that goes back")
	expect(back.EndElementId, path.Nodes[1].ElementId, "end of the one that goes back")
	lone := one(around.driver, "MATCH p = (:A) RETURN p", nil)["p"].(neo4j.Path)
	expect(len(lone.Nodes)-len(lone.Relationships), 1, "nodes of a path of one node")
	expect(lone.Nodes[0].ElementId, record["a"].(neo4j.Node).ElementId, "that node")
}
