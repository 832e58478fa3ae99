import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.neo4j.driver.AccessMode;
import org.neo4j.driver.AuthToken;
import org.neo4j.driver.AuthTokens;
import org.neo4j.driver.Bookmark;
import org.neo4j.driver.Config;
import org.neo4j.driver.GraphDatabase;
import org.neo4j.driver.NotificationClassification;
import org.neo4j.driver.NotificationSeverity;
import org.neo4j.driver.SessionConfig;
import org.neo4j.driver.summary.GqlNotification;

/** How a driver finds and greets the server. */
final class Connections {
    static void addTo(Map<String, Consumer<Surroundings>> checks) {
        checks.put("handshake", Connections::handshake);
        checks.put("connectivity", Connections::connectivity);
        checks.put("routing", Connections::routing);
        checks.put("telemetry", Connections::telemetry);
        checks.put("notification_filter", Connections::notificationFilter);
    }

    /** Runs the action with a driver of its own. */
    private static void connected(String uri, AuthToken auth, Config config, Consumer<Surroundings> action) {
        try (var driver = GraphDatabase.driver(uri, auth, config)) {
            action.accept(new Surroundings(driver, uri, uri, ""));
        }
    }

    private static void handshake(Surroundings around) {
        var server = around.query("RETURN 1").summary().server();
        Surroundings.expect(server.protocolVersion(), around.version(), "version of Bolt");
        var announced = server.agent().startsWith("Neo4j/5.26.0 compatible (memgraph-py ");
        Surroundings.expect(announced, true, "agent " + server.agent() + " as announced");
    }

    private static void connectivity(Surroundings around) {
        for (var uri : List.of(around.uri(), around.uri().replace("bolt://", "neo4j://"))) {
            for (var auth : List.of(AuthTokens.none(), AuthTokens.basic("anyone", "anything"))) {
                connected(uri, auth, Config.defaultConfig(), own -> own.driver().verifyConnectivity());
            }
        }
    }

    private static void routing(Surroundings around) {
        var uri = around.uri().replace("bolt://", "neo4j://");
        connected(uri, AuthTokens.none(), Config.defaultConfig(), own -> {
            Set<Bookmark> bookmarks;
            var writing = SessionConfig.builder().withDefaultAccessMode(AccessMode.WRITE).build();
            try (var session = own.driver().session(writing)) {
                session.executeWriteWithoutResult(tx -> tx.run("CREATE (:Routed)").consume());
                bookmarks = session.lastBookmarks();
            }
            var reading = SessionConfig.builder()
                    .withDefaultAccessMode(AccessMode.READ)
                    .withBookmarks(bookmarks)
                    .build();
            own.inSession(reading, session -> {
                var count = session.executeRead(tx -> Surroundings.single(tx, "MATCH (n:Routed) RETURN count(n)").asLong());
                Surroundings.expect(count, 1L, "nodes written by way of a routing table");
            });
        });
    }

    private static void telemetry(Surroundings around) {
        connected(around.telemetryUri(), AuthTokens.none(), Config.defaultConfig(), own -> {
            own.query("RETURN 1");
            own.inSession(session -> {
                session.executeRead(tx -> tx.run("RETURN 1").consume());
                try (var transaction = session.beginTransaction()) {
                    transaction.run("RETURN 1").consume();
                    transaction.commit();
                }
                Surroundings.expect(Surroundings.single(session, "RETURN 1 AS one").asLong(), 1L, "value");
            });
        });
    }

    private static void notificationFilter(Surroundings around) {
        var config = Config.builder()
                .withMinimumNotificationSeverity(NotificationSeverity.WARNING)
                .withDisabledNotificationClassifications(Set.of(NotificationClassification.HINT))
                .build();
        connected(around.uri(), AuthTokens.none(), config, own -> {
            own.driver().verifyConnectivity();
            var off = SessionConfig.builder().withMinimumNotificationSeverity(NotificationSeverity.OFF).build();
            own.inSession(off, session -> {
                var statuses = session.run("RETURN 1 AS one").consume().gqlStatusObjects();
                Surroundings.expect(statuses.size(), 1, "number of statuses");
                var notifications = statuses.stream().filter(GqlNotification.class::isInstance).count();
                Surroundings.expect(notifications, 0L, "number of notifications");
            });
        });
    }
}
