import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.neo4j.driver.Record;
import org.neo4j.driver.Result;
import org.neo4j.driver.SessionConfig;
import org.neo4j.driver.exceptions.ResultConsumedException;
import org.neo4j.driver.reactivestreams.ReactiveSession;
import org.neo4j.driver.summary.GqlStatusObject;
import org.neo4j.driver.summary.QueryType;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Results that are read piece by piece, and what their summaries say. */
final class Results {
    private static final long ROWS = 100_000;

    static void addTo(Map<String, Consumer<Surroundings>> checks) {
        checks.put("several_results", Results::severalResults);
        checks.put("streaming", Results::streaming);
        checks.put("early_discard", Results::earlyDiscard);
        checks.put("summary", Results::summary);
        checks.put("plan", Results::plan);
    }

    private static SessionConfig fetching(long size) {
        return SessionConfig.builder().withFetchSize(size).build();
    }

    private static void severalResults(Surroundings around) {
        around.inSession(fetching(3), session -> {
            try (var transaction = session.beginTransaction()) {
                var text = "UNWIND range($low, $low + 19) AS x RETURN x";
                var first = transaction.run(text, Map.of("low", 1));
                var second = transaction.run(text, Map.of("low", 101));
                var third = transaction.run(text, Map.of("low", 201));
                for (var x = 1L; x <= 20; x++) {
                    var pair = List.of(first.next().get("x").asLong(), second.next().get("x").asLong());
                    Surroundings.expect(pair, List.of(x, x + 100), "rows of two results in turn");
                }
                Surroundings.expect(first.hasNext(), false, "that the first has more rows");
                Surroundings.expect(third.next().get("x").asLong(), 201L, "first row of the third");
                transaction.commit();
            }
        });
    }

    /** With the reactive session: the subscriber asks for so many rows as it can take. */
    private static void streaming(Surroundings around) {
        var text = "UNWIND range(1, $rows) AS x RETURN x, 'row ' + toString(x) AS text";
        var number = new AtomicLong();
        Flux.usingWhen(
                        Mono.fromSupplier(() -> around.driver().session(ReactiveSession.class, fetching(100))),
                        session -> Flux.from(session.run(text, Map.of("rows", ROWS)))
                                .flatMap(result -> Flux.from(result.records()).limitRate(100)),
                        ReactiveSession::close)
                .doOnNext(record -> expectRow(record, number.incrementAndGet()))
                .blockLast();
        Surroundings.expect(number.get(), ROWS, "number of rows");
    }

    private static void expectRow(Record record, long number) {
        Surroundings.expect(record.get("x").asLong(), number, "row");
        Surroundings.expect(record.get("text").asString(), "row " + number, "its text");
    }

    private static void earlyDiscard(Surroundings around) {
        var text = "UNWIND range(1, 1000000) AS x RETURN x";
        around.inSession(fetching(100), session -> { // left with an open result
            Surroundings.expect(session.run(text).next().get("x").asLong(), 1L, "first row");
        });
        around.inSession(fetching(100), session -> {
            var result = session.run(text);
            for (var number = 1L; number <= 150; number++) {
                Surroundings.expect(result.next().get("x").asLong(), number, "row");
            }
            Surroundings.expect(result.consume().queryType(), QueryType.READ_ONLY, "query type");
            expectConsumed(result);
            Surroundings.expect(Surroundings.single(session, "RETURN 2 AS two").asLong(), 2L, "row of the next query");
            var made = session.run("UNWIND range(1, 1000) AS x CREATE (n:Made) RETURN n").consume();
            var count = made.counters().nodesCreated();
            Surroundings.expect(count, 1_000, "nodes made by a query whose rows are not wanted");
        });
    }

    private static void expectConsumed(Result result) {
        try {
            result.next();
        } catch (ResultConsumedException error) {
            return;
        }
        throw new Surroundings.Difference("a consumed result has more rows");
    }

    private static void summary(Surroundings around) {
        var text = "CREATE (a:A:B {x: 1, y: 2})-[:T {z: 3}]->(b:C) REMOVE a.y SET b:D RETURN a";
        var told = around.query(text).summary();
        var counters = told.counters();
        var made = List.of(
                counters.nodesCreated(), counters.relationshipsCreated(), counters.labelsAdded(), counters.propertiesSet());
        Surroundings.expect(made, List.of(2, 1, 4, 4), "nodes, relationships, labels, properties");
        Surroundings.expect(counters.containsUpdates(), true, "updates");
        Surroundings.expect(told.queryType(), QueryType.READ_WRITE, "query type");
        told = around.query("MATCH (n) DETACH DELETE n").summary();
        var deleted = List.of(told.counters().nodesDeleted(), told.counters().relationshipsDeleted());
        Surroundings.expect(deleted, List.of(2, 1), "deleted nodes and relationships");
        Surroundings.expect(told.queryType(), QueryType.WRITE_ONLY, "query type");
        told = around.query("RETURN $x AS x", Map.of("x", 1L)).summary();
        Surroundings.expect(told.query().text(), "RETURN $x AS x", "text");
        Surroundings.expect(told.query().parameters().asMap(), Map.of("x", 1L), "parameters");
        Surroundings.expect(told.queryType(), QueryType.READ_ONLY, "query type");
        Surroundings.expect(told.counters().containsUpdates(), false, "updates of a read");
        var unit = TimeUnit.MILLISECONDS;
        var times = told.resultAvailableAfter(unit) >= 0 && told.resultConsumedAfter(unit) >= 0;
        Surroundings.expect(times, true, "times that are not negative");
        Surroundings.expect(told.server().agent().startsWith("Neo4j/"), true, "server agent");
        Surroundings.expect(told.database().name(), "neo4j", "database");
        var queries = Map.of("RETURN 1", "00000", "CREATE ()", "00001", "UNWIND [] AS n RETURN n", "02000");
        for (var query : queries.entrySet()) {
            var statuses = around.query(query.getKey()).summary().gqlStatusObjects().stream();
            var found = statuses.map(GqlStatusObject::gqlStatus).toList();
            Surroundings.expect(found, List.of(query.getValue()), "status of " + query.getKey());
        }
        told = around.query("CREATE INDEX ON :Summary(x)").summary();
        Surroundings.expect(told.counters().indexesAdded(), 1, "indexes added");
        Surroundings.expect(told.queryType(), QueryType.SCHEMA_WRITE, "query type");
        told = around.query("DROP INDEX ON :Summary(x)").summary();
        Surroundings.expect(told.counters().indexesRemoved(), 1, "indexes removed");
    }

    private static void plan(Surroundings around) {
        var told = around.query("EXPLAIN MATCH (n:A) WHERE n.x > 1 RETURN n.x AS x").summary();
        var plan = told.queryPlan().orElseThrow(() -> new Surroundings.Difference("there is no plan"));
        Surroundings.expect(plan.operatorType().isEmpty(), false, "that an operator has no name");
        Surroundings.expect(plan.children().isEmpty(), false, "that the plan has no children");
        Surroundings.expect(told.queryProfile().isPresent(), false, "that there is a profile");
        Surroundings.expect(around.query("EXPLAIN CREATE (:Explained)").records(), List.of(), "records of EXPLAIN");
        var count = around.one("MATCH (n:Explained) RETURN count(n) AS count").get("count").asLong();
        Surroundings.expect(count, 0L, "nodes made by EXPLAIN");
    }
}
