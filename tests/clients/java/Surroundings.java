import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.neo4j.driver.Driver;
import org.neo4j.driver.EagerResult;
import org.neo4j.driver.Record;
import org.neo4j.driver.Session;
import org.neo4j.driver.SessionConfig;
import org.neo4j.driver.SimpleQueryRunner;
import org.neo4j.driver.Value;
import org.neo4j.driver.exceptions.Neo4jException;

/**
 * Where the server is, and what all checks share.
 *
 * @param driver connected to {@code uri}
 * @param telemetryUri the same server, which asks for telemetry there
 * @param version of Bolt, the newest that the server knows
 */
record Surroundings(Driver driver, String uri, String telemetryUri, String version) {
    static final String COUNT = "MATCH (n:Kept) RETURN count(n)";

    /** What a check throws when the server does not do what it must. */
    static final class Difference extends RuntimeException {
        Difference(String text) {
            super(text);
        }
    }

    /** Throws a Difference unless both are equal and of one type. */
    static void expect(Object found, Object expected, String what) {
        if (!Objects.equals(found, expected)) {
            throw new Difference("%s is %.300s, expected %.300s".formatted(what, found, expected));
        }
    }

    /** The server's error that the action throws. Throws a Difference where it throws none. */
    static Neo4jException expectError(Runnable action) {
        try {
            action.run();
        } catch (Neo4jException error) {
            return error;
        }
        throw new Difference("no error");
    }

    /** The one value of the one record. */
    static Value single(SimpleQueryRunner runner, String text) {
        return runner.run(text).single().get(0);
    }

    /** Lets the driver run a text by itself. */
    EagerResult query(String text, Map<String, Object> parameters) {
        return driver.executableQuery(text).withParameters(parameters).execute();
    }

    EagerResult query(String text) {
        return query(text, Map.of());
    }

    /** The one record of such a query. */
    Record one(String text, Map<String, Object> parameters) {
        var records = query(text, parameters).records();
        expect(records.size(), 1, "number of records of " + text);
        return records.get(0);
    }

    Record one(String text) {
        return one(text, Map.of());
    }

    /** Runs the action in a session. */
    void inSession(SessionConfig config, Consumer<Session> action) {
        try (var session = driver.session(config)) {
            action.accept(session);
        }
    }

    void inSession(Consumer<Session> action) {
        inSession(SessionConfig.defaultConfig(), action);
    }
}
