import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.neo4j.driver.Value;
import org.neo4j.driver.Values;

/** Each kind of value as a parameter, as a property and as a result. */
final class Kinds {
    static void addTo(Map<String, Consumer<Surroundings>> checks) {
        checks.put("null_and_booleans", Kinds::nullAndBooleans);
        checks.put("integers", Kinds::integers);
        checks.put("floats", Kinds::floats);
        checks.put("strings", Kinds::strings);
        checks.put("bytes", Kinds::bytes);
        checks.put("lists_and_maps", Kinds::listsAndMaps);
        checks.put("dates_and_times", Kinds::datesAndTimes);
        checks.put("durations", Kinds::durations);
        checks.put("points", Kinds::points);
    }

    /** As a parameter and back; inside a list and a map; as a property. */
    private static void thereAndBack(Surroundings around, Object given) {
        var value = Values.value(given);
        thereAndBackUnstored(around, value);
        around.query("CREATE (:Kept {x: $x})", Map.of("x", value));
        same(around.one("MATCH (n:Kept) RETURN n.x AS x").get("x"), value);
        around.query("MATCH (n:Kept) DELETE n");
    }

    /** The same with a value that is no property. */
    private static void thereAndBackUnstored(Surroundings around, Object given) {
        var value = Values.value(given);
        var record = around.one("RETURN $x AS x, [$x] AS list, {key: $x} AS map", Map.of("x", value));
        same(record.get("x"), value);
        same(record.get("list").get(0), value);
        same(record.get("map").get("key"), value);
    }

    /** Equal, of one type, floats by their bits. */
    private static void same(Value found, Value expected) {
        if (expected.hasType(org.neo4j.driver.types.TypeSystem.getDefault().FLOAT())) {
            var bits = Double.doubleToLongBits(expected.asDouble());
            Surroundings.expect(Double.doubleToLongBits(found.asDouble()), bits, "bits of " + expected);
        } else {
            Surroundings.expect(found, expected, "value");
        }
    }

    private static void nullAndBooleans(Surroundings around) {
        thereAndBack(around, true);
        thereAndBack(around, false);
        thereAndBackUnstored(around, Values.NULL);
    }

    private static void integers(Surroundings around) {
        for (var bits : List.of(7, 8, 15, 16, 31, 32, 63)) {
            var low = -1L << bits;
            for (var value : List.of(low, low + 1, ~low)) {
                thereAndBack(around, value);
            }
        }
        for (var value : List.of(0L, -1L, -16L, -17L, 1L << 32)) {
            thereAndBack(around, value);
        }
        var sums = around.one("RETURN $x + 1 AS up, -$x - 2 AS down", Map.of("x", Long.MAX_VALUE - 1));
        Surroundings.expect(sums.get("up").asLong(), Long.MAX_VALUE, "upper edge");
        Surroundings.expect(sums.get("down").asLong(), Long.MIN_VALUE, "lower edge");
    }

    private static void floats(Surroundings around) {
        var infinity = Double.POSITIVE_INFINITY;
        var edges = List.of(0.0, -0.0, 1.5, 0.1, -1e308, Double.MIN_VALUE, Math.PI, infinity, -infinity, Double.NaN);
        for (var value : edges) {
            thereAndBack(around, value);
        }
    }

    private static void strings(Surroundings around) {
        for (var value : List.of("", "a", "Größe ✓ 𝄞 日本語", "\u0000\n\t\"'\\`", "e\u0301")) {
            thereAndBack(around, value);
        }
        for (var length : List.of(15, 16, 255, 256, 65_535, 65_536, 1_000_000)) {
            thereAndBack(around, "ä".repeat(length));
        }
        var size = around.one("RETURN size($x) AS size", Map.of("x", "𝄞✓".repeat(100_000))).get("size");
        Surroundings.expect(size.asLong(), 200_000L, "length of a string in characters");
    }

    private static void bytes(Surroundings around) {
        var all = new byte[256];
        for (var index = 0; index < all.length; index++) {
            all[index] = (byte) index;
        }
        for (var value : List.of(new byte[0], new byte[] {0, -1}, all, new byte[100_000])) {
            thereAndBackUnstored(around, value);
        }
    }

    private static void listsAndMaps(Surroundings around) {
        var many = new ArrayList<Object>();
        for (var number = 0L; number < 70_000; number++) {
            many.add(number);
        }
        var keys = new HashMap<String, Object>();
        for (var number = 0L; number < 1_000; number++) {
            keys.put("key" + number, number);
        }
        var lists = List.of(
                List.of(), List.of(1L, 2L, 3L), List.of("a", "b"), List.of(true, false), List.of(1.5, -0.0), many);
        for (var value : lists) {
            thereAndBack(around, value);
        }
        var deep = Map.of("deep", Arrays.asList(null, Map.of("er", "x")));
        var mixed = Arrays.asList(1L, "a", null, List.of(2.5, List.of(true, deep)), Map.of());
        thereAndBackUnstored(around, mixed);
        var inner = new HashMap<String, Object>(Map.of("c", mixed, "", "empty"));
        inner.put("ä ✓", null);
        thereAndBackUnstored(around, Map.of("a", 1L, "b", inner));
        thereAndBackUnstored(around, keys);
    }

    private static void datesAndTimes(Surroundings around) {
        var values = List.of(
                LocalDate.of(2024, 2, 29),
                LocalDate.of(1, 1, 1),
                LocalDate.of(9999, 12, 31),
                LocalTime.of(12, 34, 56, 789_012_345),
                LocalTime.MIDNIGHT,
                OffsetTime.of(23, 59, 59, 999_999_999, ZoneOffset.ofHoursMinutes(-7, -30)),
                LocalDateTime.of(2024, 2, 29, 12, 34, 56, 789_012_345),
                LocalDateTime.of(1900, 1, 1, 0, 0, 0, 1),
                OffsetDateTime.of(2024, 2, 29, 12, 34, 56, 7, ZoneOffset.ofHoursMinutes(5, 45)),
                OffsetDateTime.of(1969, 12, 31, 23, 59, 59, 999_999_999, ZoneOffset.ofHours(-1)),
                ZonedDateTime.of(2024, 1, 15, 12, 34, 56, 7, ZoneId.of("Europe/Stockholm")),
                ZonedDateTime.of(2024, 7, 15, 12, 34, 56, 7, ZoneId.of("Europe/Stockholm")));
        for (var value : values) {
            thereAndBack(around, value);
        }
    }

    private static void durations(Surroundings around) {
        thereAndBack(around, Values.isoDuration(14, 3, 12, 500));
        thereAndBack(around, Values.isoDuration(-1, 2, -4, 999_999_999));
        thereAndBack(around, Values.isoDuration(0, 0, 0, 0));
    }

    private static void points(Surroundings around) {
        thereAndBack(around, Values.point(7203, 1.5, -2.5));
        thereAndBack(around, Values.point(9157, 1, 2, 3));
        thereAndBack(around, Values.point(4326, 12.78, 56.7));
        thereAndBack(around, Values.point(4979, -0.0, 90, 1e6));
        Surroundings.expect(around.one("RETURN point({x: 3, y: 4}) AS p").get("p"), Values.point(7203, 3, 4), "point");
    }
}
