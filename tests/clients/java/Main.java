import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.neo4j.driver.AuthTokens;
import org.neo4j.driver.Config;
import org.neo4j.driver.GraphDatabase;

/**
 * The checks of ../README.md with the official driver: {@code java Main bolt://… bolt://… 5.8}.
 *
 * <p>It prints `ok` and the name of each check, or what differs, and then ends with 1.
 */
final class Main {
    public static void main(String[] arguments) {
        System.exit(run(arguments[0], arguments[1], arguments[2]));
    }

    private static int run(String uri, String telemetryUri, String version) {
        var checks = new LinkedHashMap<String, Consumer<Surroundings>>();
        Connections.addTo(checks);
        Kinds.addTo(checks);
        Elements.addTo(checks);
        Transactions.addTo(checks);
        Results.addTo(checks);
        Failures.addTo(checks);
        var config = Config.builder().withFetchSize(100).build();
        try (var driver = GraphDatabase.driver(uri, AuthTokens.basic("anyone", "anything"), config)) {
            var around = new Surroundings(driver, uri, telemetryUri, version);
            for (Map.Entry<String, Consumer<Surroundings>> check : checks.entrySet()) {
                around.query("MATCH (n) DETACH DELETE n");
                try {
                    check.getValue().accept(around);
                } catch (RuntimeException error) {
                    System.err.println("differs: " + check.getKey() + ": " + error);
                    error.printStackTrace();
                    return 1;
                }
                System.out.println("ok " + check.getKey());
            }
        }
        return 0;
    }
}
