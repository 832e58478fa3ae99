import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.neo4j.driver.types.Node;
import org.neo4j.driver.types.Relationship;

/** Nodes, relationships and paths. */
final class Elements {
    static void addTo(Map<String, Consumer<Surroundings>> checks) {
        checks.put("nodes", Elements::nodes);
        checks.put("relationships", Elements::relationships);
        checks.put("paths", Elements::paths);
    }

    private static void nodes(Surroundings around) {
        var text = "CREATE (n:A:B {x: 1, y: 's', z: [1.5]}) RETURN n, id(n) AS id, elementId(n) AS text, n.none AS none";
        var record = around.one(text);
        var node = record.get("n").asNode();
        var labels = new ArrayList<String>();
        node.labels().forEach(labels::add);
        Surroundings.expect(Set.copyOf(labels), Set.of("A", "B"), "labels");
        Surroundings.expect(node.asMap(), Map.of("x", 1L, "y", "s", "z", List.of(1.5)), "properties");
        Surroundings.expect(node.elementId(), record.get("text").asString(), "element id");
        Surroundings.expect(node.id(), record.get("id").asLong(), "id");
        Surroundings.expect(record.get("none").isNull(), true, "that the missing property is null");
        var bare = around.one("CREATE (n) RETURN n, [n, {m: n}] AS list");
        var alone = bare.get("n").asNode();
        Surroundings.expect(alone.labels().iterator().hasNext(), false, "that a node of nothing has labels");
        Surroundings.expect(alone.asMap(), Map.of(), "properties of a node of nothing");
        var nested = bare.get("list").get(1).get("m").asNode();
        Surroundings.expect(nested.elementId(), alone.elementId(), "element id of a nested node");
        Map<String, Object> parameters = Map.of("id", node.elementId());
        var found = around.one("MATCH (n) WHERE elementId(n) = $id RETURN n.x AS x", parameters);
        Surroundings.expect(found.get("x").asLong(), 1L, "property of the node found by element id");
    }

    private static void relationships(Surroundings around) {
        var text = "CREATE (a:A)-[r:KNOWS {since: 1.5}]->(b:B) RETURN a, r, b, elementId(r) AS text, id(r) AS id";
        var record = around.one(text);
        var relationship = record.get("r").asRelationship();
        Surroundings.expect(relationship.type(), "KNOWS", "type");
        Surroundings.expect(relationship.asMap(), Map.of("since", 1.5), "properties");
        Surroundings.expect(relationship.elementId(), record.get("text").asString(), "element id");
        Surroundings.expect(relationship.id(), record.get("id").asLong(), "id");
        Surroundings.expect(relationship.startNodeElementId(), record.get("a").asNode().elementId(), "start");
        Surroundings.expect(relationship.endNodeElementId(), record.get("b").asNode().elementId(), "end");
    }

    private static void paths(Surroundings around) {
        var text = "CREATE p = (a:A {n: 1})-[:T {n: 2}]->(b:B {n: 3})<-[:U {n: 4}]-(c:C {n: 5}) RETURN p, a, c";
        var record = around.one(text);
        var path = record.get("p").asPath();
        Surroundings.expect(path.length(), 2, "length");
        var nodes = new ArrayList<Node>();
        path.nodes().forEach(nodes::add);
        var relationships = new ArrayList<Relationship>();
        path.relationships().forEach(relationships::add);
        var numbers = nodes.stream().map(node -> node.get("n").asLong()).toList();
        Surroundings.expect(numbers, List.of(1L, 3L, 5L), "nodes");
        var types = relationships.stream().map(part -> part.type() + part.get("n")).toList();
        Surroundings.expect(types, List.of("T2", "U4"), "relationships");
        var back = relationships.get(1);
        var last = record.get("c").asNode().elementId();
        Surroundings.expect(back.startNodeElementId(), last, "start of the one that goes back");
        Surroundings.expect(back.endNodeElementId(), nodes.get(1).elementId(), "end of the one that goes back");
        var lone = around.one("MATCH p = (:A) RETURN p").get("p").asPath();
        Surroundings.expect(lone.length(), 0, "length of a path of one node");
        Surroundings.expect(lone.start().elementId(), record.get("a").asNode().elementId(), "that node");
    }
}
