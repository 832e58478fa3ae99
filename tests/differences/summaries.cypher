// Statements whose summaries are compared: what they count. The first line makes the graph; in the second each key has a
// name, since Neo4j does not count NULL for one that was never used.
CREATE (a:A {x:1, y:2, name:'a'})-[:R {w:1}]->(b:B {x:2}), (a)-[:R {w:2}]->(c:A:C {x:3}), (b)-[:S]->(c), (d:D)
CREATE (:Known {age: 1, nested: 1, q: 1, z: 1, k: 1, Ada: 1, b: 1, c: 1, a: 1})
MATCH (n:A) SET n.x = NULL, n.x = 1
MATCH (n:A) SET n.x = 1
MATCH (n:A) SET n.x = n.x
MATCH (n:A) SET n.q = NULL
MATCH (n:A) SET n.x = NULL
MATCH (n:A) SET n.x = 5, n.x = 6
MATCH (n:A) SET n.q = 5, n.q = NULL
MATCH (n:A) SET n.q = 5 SET n.q = NULL
MATCH (n:A) SET n.q = NULL, n.x = 4
MATCH (n:A) SET n = {x: 1}
MATCH (n:A) SET n = {}
MATCH (n:A) SET n = {x: 1, q: NULL}
MATCH (n:A) SET n = {x: NULL, q: NULL}
MATCH (n:A) SET n = n
MATCH (n:A) SET n = properties(n)
MATCH (n:A) SET n += {x: 1}
MATCH (n:A) SET n += {}
MATCH (n:A) SET n += {x: NULL}
MATCH (n:A) SET n += {q: NULL}
MATCH (n:A) SET n += {x: 1, q: NULL, z: 4}
MATCH (n:A) SET n += n
MATCH (n:A) SET n += properties(n)
MATCH (n:A) SET n[$name] = 1
MATCH (n:A) SET n[$name] = NULL
MATCH (n:A {x: 1}) SET n = {x: 1, y: 2, name: 'a'}
MATCH (n:A {x: 1}) SET n = {x: 1}
MATCH (n:A {x: 1}) SET n = {z: 1}
MATCH (n:A {x: 1}) SET n += {z: NULL, x: NULL}
MATCH (n:A {x: 1})-->(m) SET n.x = 4
MATCH (n:A {x: 1})-->(m) SET n = {x: 4}
MATCH (n:A {x: 1})-->(m) SET n += {x: 4}
MATCH (n:A {x: 1})-->(m) SET n:Q
MATCH (n:A {x: 1})-->(m) REMOVE n.x
MATCH (n:A) SET n:A
MATCH (n:A) SET n:C
MATCH (n:A) SET n:A:C:Q
MATCH (n:A) SET n:Q SET n:Q
MATCH (n:A) SET n:Q REMOVE n:Q
MATCH (n:A) REMOVE n:C
MATCH (n:A) REMOVE n:Q
MATCH (n:A) REMOVE n:A, n:C
MATCH (n:A) REMOVE n.q
MATCH (n:A) REMOVE n.x
MATCH (n:A) REMOVE n.x, n.x
MATCH (n:A) REMOVE n.x, n.q, n.y
MATCH (n:A) SET n.x = NULL REMOVE n.x
MATCH (n:A) REMOVE n[$name]
MATCH (n:A) REMOVE n['x']
MATCH ()-[r]->() SET r.w = 1
MATCH ()-[r]->() SET r.w = NULL
MATCH ()-[r]->() SET r.w = NULL, r.w = 1
MATCH ()-[r]->() SET r = {w: 1}
MATCH ()-[r]->() SET r = {}
MATCH ()-[r]->() SET r += {w: NULL, z: 1}
MATCH ()-[r]->() REMOVE r.w
MATCH ()-[r]->() REMOVE r.q
MATCH ()-[r]->()  SET r = {q: NULL}
CREATE (n:A:A {x: 1, y: NULL})
CREATE (n:A {x: 1}) SET n.x = 1, n.z = NULL, n:A:B
CREATE (n:A {x: 1, y: null})
CREATE (n:A)-[:R {x: 1, y: NULL}]->(m)
CREATE (n:X {a: 1}) DELETE n
CREATE (n:X {a: 1}) SET n.b = 1 DELETE n
MERGE (n:A {x: 1}) ON MATCH SET n.x = 1, n.k = NULL
MERGE (n:A {x: 10}) ON CREATE SET n.x = 1, n.k = NULL, n:A:Z
MERGE (n:A {x: 1}) ON MATCH SET n += {x: 1, k: NULL}
MERGE (n:A {x: 1}) ON MATCH SET n = {x: 1, k: NULL}
MERGE (n:A {x: 10}) ON CREATE SET n = {x: 1, k: NULL}
MERGE (n:A {x: 10}) ON CREATE SET n += {x: 1, k: NULL}
MATCH (n:A) DETACH DELETE n
MATCH (n) DETACH DELETE n
MATCH ()-[r]->() DELETE r
MATCH ()-[r:R]->()  DELETE r, r
UNWIND [1, 1] AS x MERGE (n:M {x: x}) SET n.c = x
UNWIND [1, 2] AS x MATCH (n:A) SET n.c = x
UNWIND [1, 2] AS x MATCH (n:A) SET n.c = coalesce(n.c, 0) + x
UNWIND [1, NULL] AS x MATCH (n:A) SET n.c = x
UNWIND [NULL, NULL] AS x MATCH (n:A) SET n.c = x
UNWIND [{x: 1}, {y: 3}] AS m MATCH (n:A {x: 1}) SET n += m
OPTIONAL MATCH (n:Nope) SET n.x = 1, n:A REMOVE n.y
OPTIONAL MATCH (n:Nope) SET n = {x: 1}
MATCH (n:A) FOREACH (i IN [1, 2] | SET n.x = i)
MATCH (n:A), (m:B) SET n.x = 1, m.x = 1
MATCH (n:A) SET n.x = 1, n = {y: 3}
MATCH (n:A) SET n = {y: 3}, n.x = NULL
MATCH (n:A) SET n.x = [1], n.y = []
MATCH (n:A) SET n:$('A'), n:$($name)
MATCH (n:A) SET n IS Q
MATCH (n:A) CALL (n) { SET n.x = 1 }
MATCH (n:A) REMOVE n:A SET n:A
MATCH (n:A {x: 1}) SET n = {x: 1.0}
MATCH (n:A {x: 1}) DETACH DELETE n CREATE (:A)
MATCH (a:A {x: 1}), (b:D) MERGE (a)-[r:T {k: 1}]->(b) ON CREATE SET r.k = 2, r.z = NULL
MATCH (a:A {x: 1}), (b:D) CREATE (a)-[r:T]->(b) SET r = {k: 2, z: NULL}
MERGE (n:A {x: 1}) ON MATCH SET n.x = 1, n.x = 2
MERGE (n:A {x: 1}) ON MATCH SET n.q = NULL, n.x = 2
MERGE (n:A {x: 1}) ON MATCH SET n.q = NULL, n.y = NULL
MERGE (n:A {x: 1}) ON MATCH SET n += {q: NULL, x: 2}
MERGE (n:A {x: 1}) ON MATCH SET n = {q: NULL, x: 2}
MERGE (n:A {x: 1}) ON MATCH SET n += $map
MERGE (n:A {x: 1}) ON MATCH SET n = $map
MERGE (n:A {x: 11}) ON CREATE SET n.q = NULL, n.x = 2
MERGE (n:A {x: 11}) ON CREATE SET n += {q: NULL, x: 2}
MERGE (n:A {x: 11}) ON CREATE SET n += $map
MERGE (n:A {x: 11}) ON CREATE SET n = $map
MERGE (n:A {x: 11}) ON CREATE SET n = {q: NULL, x: 2}
MATCH (a:A {x: 1}), (b:B) MERGE (a)-[r:R]->(b) ON MATCH SET r.q = NULL, r.w = 3
MATCH (a:A {x: 1}), (b:B) MERGE (a)-[r:R]->(b) ON MATCH SET r += {q: NULL, w: 3}
MATCH (a:A {x: 1}), (b:B) MERGE (a)-[r:R]->(b) ON MATCH SET r = {q: NULL, w: 3}
MATCH (a:A {x: 1}), (b:B) MERGE (a)-[r:R]->(b) ON MATCH SET r.q = NULL
MATCH (a:A {x: 1}), (b:B) MERGE (a)-[r:R]->(b) ON MATCH SET a.q = NULL, a.x = 1
MATCH (n:A) SET n[$name] = NULL, n.x = 1
MATCH (n:A) SET n[$name] = NULL, n['q'] = NULL
MATCH (n:A) SET n.x = 2, n.x = NULL
MATCH (n:A) SET n.q = NULL, n.z = NULL
MATCH (n:A) SET n.q = NULL SET n.z = NULL
MATCH (n:A) SET n.q = NULL SET n.z = 1
MATCH (n:A), (m:B) SET n.q = NULL, m.q = NULL
MATCH (n:A), (m:B) SET n.q = NULL, m.q = NULL, n.z = NULL
MATCH (n:A), (m:B) SET n.q = NULL, n.z = NULL, m.q = NULL
MATCH (n:A), (m:B) SET n.q = 1, n:Q, n.q = 2
WITH $map AS m MATCH (n:A) SET n += m
WITH $map AS m MATCH (n:A) SET n = m
MATCH (n:A) SET n += $map
MATCH (n:A) SET n = $map
UNWIND [$map, {y: 1}] AS m MATCH (n:A) SET n += m
UNWIND [$map, {y: 1}] AS m MATCH (n:A) SET n = m
MATCH (n:A), (m:B) SET n = m
MATCH (n:A), (m:A) SET n += m
MATCH ()-[r]->() SET r += {q: NULL}
MATCH ()-[r]->() SET r = {q: NULL, w: 1}
MATCH ()-[r]->() SET r.q = NULL, r.z = 1
MATCH ()-[r]->() SET r.q = NULL
MATCH (n:A) WITH {e: n} AS m SET m.e.q = NULL, m.e.x = 1
MATCH (n:A) SET (n).q = NULL, (n).x = 1
MATCH (n:A) FOREACH (i IN [1, 2] | SET n.x = i, n.q = NULL)
CREATE (n:A {x: 1}) SET n += {x: 2, q: NULL}
CREATE (n:A {x: 1}) SET n = {y: 2, q: NULL}
OPTIONAL MATCH (n:Nope) SET n.x = 1, n.y = 2
OPTIONAL MATCH (n:Nope) SET n += {x: 1, y: NULL}
MATCH (a:D) SET a.k = 1, a.k = 1
UNWIND [{q: null}, {q: 1, z: 2}, {}] AS m MATCH (n:A) SET n = m
UNWIND [{q: null}, {q: 1, z: 2}, {}, {q: null}] AS m MATCH (n:A) SET n += m
UNWIND [1, 2] AS i MATCH (n:A {x: 1}), (m:A {x: 1}) SET n.x = i, n.q = null, m.x = 7 - i, m.x = i
UNWIND [1, null, 2] AS i MATCH (n:A {x: 1}) SET n.x = i, n.q = null, n.x = i + 1
