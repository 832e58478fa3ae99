import java.nio.file.Path;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.harness.Neo4j;
import org.neo4j.harness.Neo4jBuilders;

/** An in-process Neo4j that answers Bolt on a free port of the loopback address; it ends when its standard input does. */
public class Neo4jServer {
    public static void main(String[] arguments) throws Exception {
        Neo4j neo4j = Neo4jBuilders.newInProcessBuilder(Path.of(arguments[0]))
                .withDisabledServer()
                .withConfig(GraphDatabaseSettings.auth_enabled, false)
                .withConfig(BoltConnector.enabled, true)
                .withConfig(BoltConnector.listen_address, new SocketAddress("127.0.0.1", 0))
                .build();
        System.out.println("bolt://127.0.0.1:" + neo4j.boltURI().getPort());
        System.out.flush();
        while (System.in.read() != -1) {
            continue;
        }
        Runtime.getRuntime().halt(0); // its data are thrown away
    }
}
