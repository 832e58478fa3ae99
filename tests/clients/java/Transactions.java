import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.neo4j.driver.Bookmark;
import org.neo4j.driver.Session;
import org.neo4j.driver.SessionConfig;
import org.neo4j.driver.TransactionConfig;
import org.neo4j.driver.exceptions.RetryableException;

/** Transactions, from one statement to retried ones. */
final class Transactions {
    private static final class Own extends RuntimeException {}

    static void addTo(Map<String, Consumer<Surroundings>> checks) {
        checks.put("auto_commit", Transactions::autoCommit);
        checks.put("explicit_transaction", Transactions::explicitTransaction);
        checks.put("managed_transaction", Transactions::managedTransaction);
        checks.put("bookmarks", Transactions::bookmarks);
        checks.put("retry_on_conflict", Transactions::retryOnConflict);
    }

    private static void inTwo(Surroundings around, BiConsumer<Session, Session> action) {
        around.inSession(session -> around.inSession(other -> action.accept(session, other)));
    }

    private static void expectCount(Session session, long expected, String what) {
        Surroundings.expect(Surroundings.single(session, Surroundings.COUNT).asLong(), expected, what);
    }

    private static void autoCommit(Surroundings around) {
        inTwo(around, (session, other) -> {
            session.run("CREATE (:Kept)").consume();
            expectCount(other, 1, "nodes seen by another session");
            session.run("UNWIND range(1, 9) AS x CREATE (:Kept)"); // the next one consumes it
            expectCount(session, 10, "nodes");
        });
    }

    private static void explicitTransaction(Surroundings around) {
        var config = TransactionConfig.builder()
                .withMetadata(Map.of("app", "checks"))
                .withTimeout(Duration.ofSeconds(30))
                .build();
        inTwo(around, (session, other) -> {
            try (var transaction = session.beginTransaction(config)) {
                transaction.run("CREATE (:Kept)").consume();
                var own = Surroundings.single(transaction, Surroundings.COUNT).asLong();
                Surroundings.expect(own, 1L, "own nodes before the commit");
                expectCount(other, 0, "others' nodes before the commit");
                transaction.commit();
            }
            expectCount(other, 1, "nodes after the commit");
            try (var transaction = session.beginTransaction()) {
                transaction.run("CREATE (:Kept)").consume();
                transaction.rollback();
            }
            try (var transaction = session.beginTransaction()) {
                transaction.run("CREATE (:Kept)").consume(); // neither committed nor rolled back
            }
            expectCount(session, 1, "nodes after two rollbacks");
        });
    }

    private static void managedTransaction(Surroundings around) {
        around.inSession(session -> {
            var text = "CREATE (n:Kept {x: 7}) RETURN n.x";
            var made = session.executeWrite(tx -> Surroundings.single(tx, text).asLong());
            Surroundings.expect(made, 7L, "result");
            var cameOut = false;
            try {
                session.executeWriteWithoutResult(tx -> {
                    tx.run("CREATE (:Kept)").consume();
                    throw new Own();
                });
            } catch (Own error) {
                cameOut = true;
            }
            Surroundings.expect(cameOut, true, "that an exception of the work comes out");
            var count = session.executeRead(tx -> Surroundings.single(tx, Surroundings.COUNT).asLong());
            Surroundings.expect(count, 1L, "nodes");
        });
        var counters = around.query("CREATE (:Kept)").summary().counters();
        Surroundings.expect(counters.nodesCreated(), 1, "nodes made by executableQuery");
    }

    private static void bookmarks(Surroundings around) {
        var first = new HashSet<Bookmark>();
        var second = new HashSet<Bookmark>();
        around.inSession(session -> {
            session.run("CREATE (:Kept)").consume();
            first.addAll(session.lastBookmarks());
            session.executeWriteWithoutResult(tx -> tx.run("CREATE (:Kept)").consume());
            second.addAll(session.lastBookmarks());
        });
        Surroundings.expect(first.size() * 10 + second.size(), 11, "bookmarks after two commits");
        Surroundings.expect(first.equals(second), false, "that two commits have the same bookmark");
        Set<Bookmark> both = new HashSet<>(first);
        both.addAll(second);
        around.inSession(
                SessionConfig.builder().withBookmarks(both).build(), session -> expectCount(session, 2, "nodes"));
        around.inSession(SessionConfig.builder().withBookmarks(second).build(), session -> {
            try (var transaction = session.beginTransaction()) {
                var count = Surroundings.single(transaction, Surroundings.COUNT).asLong();
                Surroundings.expect(count, 2L, "nodes");
                transaction.commit();
            }
        });
    }

    private static void retryOnConflict(Surroundings around) {
        inTwo(around, (session, other) -> {
            session.run("CREATE (:Counter {value: 0})").consume();
            var attempts = new AtomicInteger();
            session.executeWriteWithoutResult(tx -> {
                tx.run("MATCH (c:Counter) SET c.value = c.value + 1").consume();
                if (attempts.incrementAndGet() == 1) {
                    other.run("MATCH (c:Counter) SET c.value = c.value + 10").consume();
                }
            });
            Surroundings.expect(attempts.get(), 2, "attempts");
            var value = Surroundings.single(session, "MATCH (c:Counter) RETURN c.value").asLong();
            Surroundings.expect(value, 11L, "both effects");
            try (var transaction = session.beginTransaction()) {
                transaction.run("MATCH (c:Counter) SET c.value = 0").consume();
                other.run("MATCH (c:Counter) SET c.value = 1").consume();
                var error = Surroundings.expectError(transaction::commit);
                Surroundings.expect(error instanceof RetryableException, true, "that the driver may try again");
                Surroundings.expect(error.code().startsWith("Neo.TransientError."), true, "code " + error.code());
            }
        });
    }
}
