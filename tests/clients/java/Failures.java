import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.neo4j.driver.Session;
import org.neo4j.driver.SessionConfig;
import org.neo4j.driver.TransactionConfig;
import org.neo4j.driver.exceptions.ClientException;
import org.neo4j.driver.exceptions.Neo4jException;

/** Errors, and that the session goes on after each. */
final class Failures {
    private static final String ENDLESS =
            "UNWIND range(1, 100000) AS x UNWIND range(1, 100000) AS y WITH x, y WHERE x + y < 0 RETURN count(*)";
    private static final String TIMED_OUT = "Neo.ClientError.Transaction.TransactionTimedOut";

    static void addTo(Map<String, Consumer<Surroundings>> checks) {
        checks.put("syntax_error", Failures::syntaxError);
        checks.put("parameter_missing", Failures::parameterMissing);
        checks.put("type_error", Failures::typeError);
        checks.put("error_in_transaction", Failures::errorInTransaction);
        checks.put("unknown_database", Failures::unknownDatabase);
        checks.put("timeout", Failures::timeout);
    }

    /** The session still answers. */
    private static void goesOn(Session session) {
        Surroundings.expect(Surroundings.single(session, "RETURN 1 AS one").asLong(), 1L, "the next answer");
    }

    /** The text has this error, and the session goes on after it. */
    private static Neo4jException fails(
            Surroundings around, String text, Map<String, Object> parameters, String code) {
        try (var session = around.driver().session()) {
            var error = Surroundings.expectError(() -> session.run(text, parameters).consume());
            Surroundings.expect(error.code(), code, "code");
            goesOn(session);
            return error;
        }
    }

    private static void syntaxError(Surroundings around) {
        var code = "Neo.ClientError.Statement.SyntaxError";
        var error = fails(around, "RETURN 1 AS x\nRETRUN 2", Map.of(), code);
        Surroundings.expect(error.getMessage().contains("line 2"), true, "line 2 in " + error.getMessage());
    }

    private static void parameterMissing(Surroundings around) {
        var error = fails(around, "RETURN $missing", Map.of(), "Neo.ClientError.Statement.ParameterMissing");
        Surroundings.expect(error.getMessage().contains("missing"), true, "the name in " + error.getMessage());
    }

    private static void typeError(Surroundings around) {
        fails(around, "RETURN $x - 1", Map.of("x", "text"), "Neo.ClientError.Statement.TypeError");
        var text = "UNWIND [2, 1, 0] AS x RETURN 1 / x";
        fails(around, text, Map.of(), "Neo.ClientError.Statement.ArithmeticError");
    }

    private static void errorInTransaction(Surroundings around) {
        around.inSession(session -> {
            try (var transaction = session.beginTransaction()) {
                transaction.run("CREATE (:Kept)").consume();
                Surroundings.expectError(() -> transaction.run("RETURN 1 / 0").consume());
                var error = Surroundings.expectError(() -> transaction.run("RETURN 1").consume());
                Surroundings.expect(error instanceof ClientException, true, "that the transaction is of no more use");
            }
            var count = Surroundings.single(session, Surroundings.COUNT).asLong();
            Surroundings.expect(count, 0L, "nodes after the rollback");
            var error = Surroundings.expectError(
                    () -> session.executeRead(tx -> tx.run("CREATE (:Kept)").consume()));
            var code = "Neo.ClientError.Statement.AccessMode";
            Surroundings.expect(error.code(), code, "code of a write in a read transaction");
            goesOn(session);
        });
    }

    private static void unknownDatabase(Surroundings around) {
        around.inSession(SessionConfig.forDatabase("nosuch"), session -> {
            var error = Surroundings.expectError(() -> session.run("RETURN 1").consume());
            Surroundings.expect(error.code(), "Neo.ClientError.Database.DatabaseNotFound", "code");
        });
        for (var name : List.of("memgraph", "neo4j")) {
            around.inSession(SessionConfig.forDatabase(name), Failures::goesOn);
        }
    }

    private static void timeout(Surroundings around) {
        var config = TransactionConfig.builder().withTimeout(Duration.ofMillis(300)).build();
        around.inSession(session -> {
            var begin = System.nanoTime();
            var error = Surroundings.expectError(() -> session.run(ENDLESS, config).consume());
            Surroundings.expect(error.code(), TIMED_OUT, "code");
            Surroundings.expect(System.nanoTime() - begin < 30_000_000_000L, true, "that the statement ends soon");
            goesOn(session);
            try (var transaction = session.beginTransaction(config)) {
                error = Surroundings.expectError(() -> transaction.run(ENDLESS).consume());
                Surroundings.expect(error.code(), TIMED_OUT, "code in a transaction");
            }
            goesOn(session);
        });
    }
}
