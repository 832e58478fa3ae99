// What users write, a query a line, over the graph of the first one. Parameters: PARAMETERS in test_neo4j.py.
CREATE (ada:Person:Admin {name:'Ada', born:1815, email:'ada@x.org', tags:['a','b'], since: date('2020-01-15')}), (bob:Person {name:'Bob', born:1950, email:null, score: 1.5, at: datetime('2021-03-04T05:06:07.89+02:00')}), (cy:Person {name:'Cy', born:1975, loc: point({x:1,y:2})}), (dee:Person {name:'Dee'}), (m1:Movie {title:'The Matrix', released:1999, rating: 8.7}), (m2:Movie {title:'Heat', released:1995}), (c:City {name:'Zürich', loc: point({longitude:8.54, latitude:47.37})}), (ada)-[:KNOWS {since:2000, w:1.0}]->(bob)-[:KNOWS {since:2005, w:2.0}]->(cy)-[:KNOWS {since:2010, w: 3.0}]->(dee), (dee)-[:KNOWS {since: 2015, w: 4.0}]->(ada), (ada)-[:ACTED_IN {roles:['Neo','X']}]->(m1), (bob)-[:ACTED_IN {roles:['Y']}]->(m1), (bob)-[:DIRECTED]->(m2), (cy)-[:LIVES_IN]->(c), (ada)-[:LIVES_IN]->(c)
MATCH (p:Person) CALL (p) { MATCH (p)-[:KNOWS]->(f) RETURN count(f) AS c } RETURN p.name, c ORDER BY p.name
MATCH (p:Person) CALL { WITH p MATCH (p)-[:KNOWS]->(f) RETURN f.name AS fn } RETURN p.name, fn ORDER BY p.name
MATCH (p:Person) CALL (*) { MATCH (p)-[:KNOWS]->(f) RETURN f.name AS fn } RETURN p.name, fn ORDER BY p.name
MATCH (p:Person) CALL () { MATCH (m:Movie) RETURN count(m) AS c } RETURN p.name, c ORDER BY p.name
MATCH (p:Person) OPTIONAL CALL (p) { MATCH (p)-[:DIRECTED]->(m) RETURN m.title AS t } RETURN p.name, t ORDER BY p.name
MATCH (p:Person) CALL (p) { CREATE (:X {of: p.name}) } RETURN count(*)
MATCH (p:Person) CALL (p) { MATCH (p)-[:KNOWS]->(f) RETURN f.name AS x UNION MATCH (p)-[:ACTED_IN]->(m) RETURN m.title AS x } RETURN p.name, x ORDER BY p.name, x
MATCH (p:Person) WHERE EXISTS { (p)-[:ACTED_IN]->() } RETURN p.name ORDER BY p.name
MATCH (p:Person) WHERE EXISTS { MATCH (p)-[:ACTED_IN]->(m) WHERE m.released > 1998 RETURN m } RETURN p.name ORDER BY p.name
MATCH (p:Person) RETURN p.name, COUNT { (p)-[:KNOWS]->() } AS c ORDER BY p.name
MATCH (p:Person) WHERE COUNT { (p)--() } > 2 RETURN p.name ORDER BY p.name
MATCH (p:Person) RETURN p.name, COLLECT { MATCH (p)-[:KNOWS]->(f) RETURN f.name ORDER BY f.name } AS c ORDER BY p.name
MATCH (p:Person) RETURN p.name, COLLECT { WITH p UNWIND p.tags AS t RETURN t } AS c ORDER BY p.name
MATCH (p:Person) RETURN p.name, EXISTS { (p)-[:LIVES_IN]->(:City {name:'Zürich'}) } AS c ORDER BY p.name
MATCH (p:Person) RETURN p.name, COUNT { MATCH (p)-[:KNOWS]->(f) RETURN f UNION ALL MATCH (p)-[:ACTED_IN]->(f) RETURN f } AS c ORDER BY p.name
MATCH p = (a:Person {name:'Ada'})-[:KNOWS]->{1,3}(b) RETURN b.name, length(p) ORDER BY length(p)
MATCH (a:Person {name:'Ada'})-[:KNOWS]->+(b) RETURN b.name
MATCH (a:Person {name:'Ada'})-[:KNOWS]->*(b) RETURN b.name
MATCH (a:Person {name:'Ada'})-[:KNOWS*1..2]->(b) RETURN b.name
MATCH p = shortestPath((a:Person {name:'Ada'})-[:KNOWS*]->(b:Person {name:'Dee'})) RETURN length(p)
MATCH p = allShortestPaths((a:Person {name:'Ada'})-[:KNOWS*..5]-(b:Person {name:'Cy'})) RETURN length(p)
RETURN [x IN range(1,10) WHERE x % 2 = 0 | x^2] AS l
MATCH (a:Person {name:'Ada'}) RETURN [(a)-[:KNOWS|ACTED_IN]->(x) | coalesce(x.name, x.title)] AS l
MATCH (a:Person {name:'Ada'}) RETURN [(a)-[r:KNOWS|ACTED_IN]->(x) WHERE x:Movie | x.title] AS l
MATCH (a:Person {name:'Ada'}) RETURN [p = (a)-[:KNOWS]->() | length(p)] AS l
MATCH (a:Person {name:'Ada'}) RETURN a {.name, .born, x: 1, friends: [(a)-[:KNOWS]->(f) | f {.name}]} AS l
MATCH (a:Person {name:'Ada'}) RETURN a {.*, born: null} AS l
MATCH (a:Person {name:'Ada'}) WITH a, 5 AS age RETURN a {.name, age} AS l
MATCH (p:Person) RETURN p.name, CASE WHEN p.born < 1900 THEN 'old' WHEN p.born < 1960 THEN 'mid' ELSE 'new' END AS c ORDER BY p.name
MATCH (p:Person) RETURN p.name, CASE p.born WHEN 1815 THEN 'a' WHEN IS NULL THEN 'n' WHEN > 1960, < 1900 THEN 'x' END AS c ORDER BY p.name
MATCH (p:Person) RETURN p.name, CASE p.born WHEN 1815, 1950 THEN 'a' ELSE 'b' END AS c ORDER BY p.name
RETURN date('2020-01-31') + duration({months:1}) AS d, date('2020-03-31') - duration('P1M') AS e
RETURN duration.between(date('2020-01-31'), date('2021-03-01')) AS d
RETURN duration.inDays(date('2020-01-31'), datetime('2021-03-01T10:00Z')) AS d, duration.inSeconds(time('10:00'), time('12:30')) AS s, duration.inMonths(date('2020-01-01'), date('2021-05-04')) AS m
RETURN datetime('2020-01-01T10:00:00[Europe/Paris]').epochSeconds AS e, datetime({epochMillis: 1234567}) AS m, datetime({year:2020, month:3, day:4, hour:5, timezone:'America/New_York'}) AS t
RETURN date('2020-W05-3') AS a, date('2020Q2') AS b, date('2020-100') AS c, date('20200102') AS d, date('2020-02') AS e
RETURN date.truncate('week', date('2020-05-07')) AS w, datetime.truncate('hour', datetime('2020-05-07T10:11:12Z'), {minute: 5}) AS h, date.truncate('decade', date('2025-01-01')) AS d
RETURN date('2020-05-07').week AS w, date('2020-05-07').dayOfWeek AS dow, date('2020-05-07').quarter AS q, date('2020-05-07').ordinalDay AS o, date('2020-05-07').weekYear AS wy, date('2020-05-07').dayOfQuarter AS dq
RETURN duration('P1Y2M10DT2H30M') AS d, duration('P1Y2M10DT2H30M').months AS m, duration('PT100S').minutes AS mm, duration('PT100S').secondsOfMinute AS s, duration({days: 1.5}) AS x
RETURN localtime('10:11:12.123') AS a, time('10:11:12+01:00') AS b, localdatetime('2020-01-01T00:00') AS c, time({hour: 10, timezone:'+02:00'}) AS d
RETURN toString(date('2020-01-01')) AS a, toString(duration('P1DT1S')) AS b, toString(datetime('2020-01-01T00:00:00Z')) AS c, toString(1.0) AS d, toString(1e20) AS e, toString(true) AS f
RETURN substring('hello', 1, 3) AS a, left('hello', 2) AS b, right('hello', 2) AS c, replace('hello','l','L') AS d, split('a,b,c', ',') AS e, trim('  x ') AS f, ltrim(' x') AS g, rtrim('x ') AS h, reverse('abc') AS i, toUpper('abc') AS j, lower('ABC') AS k, size('abc') AS l, char_length('abc') AS m, btrim('xxaxx', 'x') AS n
RETURN trim(BOTH 'x' FROM 'xxaxx') AS a, trim(LEADING 'x' FROM 'xxaxx') AS b, trim(TRAILING FROM ' a ') AS c
RETURN split('a,b;c', [',',';']) AS e, 'abc' || 'def' AS c, [1] || [2] AS d, normalize('e\u0301') AS n, 'é' IS NORMALIZED AS i, 'a' IS NOT NFC NORMALIZED AS j
RETURN 'abc' =~ 'a.*' AS a, 'abc' STARTS WITH 'a' AS b, 'abc' ENDS WITH 'c' AS c, 'abc' CONTAINS 'b' AS d, 'Abc' =~ '(?i)aBC' AS e
FOREACH (x IN [1,2,3] | CREATE (:F {v: x}))
MATCH p=(a {name:'Ada'})-[:KNOWS*2]->(b) FOREACH (n IN nodes(p) | SET n.marked = true) RETURN count(*)
MERGE (p:Person {name:'Ada'}) ON CREATE SET p.created = true ON MATCH SET p.matched = true RETURN p
MERGE (p:Person {name:'New'}) ON CREATE SET p.created = 1, p:Fresh ON MATCH SET p.matched = true RETURN p
MATCH (a {name:'Ada'}), (b {name:'Cy'}) MERGE (a)-[r:KNOWS]-(b) ON CREATE SET r.n = 1 RETURN r
UNWIND $rows AS row MERGE (x:X {id: row.id}) SET x += row RETURN x.id, x.v ORDER BY x.id
UNWIND null AS x RETURN x
UNWIND [] AS x RETURN x
UNWIND [null, 1] AS x RETURN x
UNWIND 5 AS x RETURN x
UNWIND [[1,2],[3]] AS x UNWIND x AS y RETURN y
MATCH (p:Person) RETURN p.name AS n UNION MATCH (m:Movie) RETURN m.title AS n
RETURN 1 AS a UNION ALL RETURN 1 AS a
RETURN 1 AS a UNION DISTINCT RETURN 1 AS a
MATCH (p:Person) RETURN p.name ORDER BY p.born DESC, p.name SKIP $skip LIMIT $n
MATCH (p:Person) RETURN p.name ORDER BY p.born SKIP 1 + 1 LIMIT toInteger(ceil(1.7))
MATCH (p:Person) RETURN p.name ORDER BY p.name OFFSET 1 LIMIT 2
MATCH (p:Person) ORDER BY p.name LIMIT 2 RETURN p.name
MATCH (p:Person) RETURN percentileCont(p.born, 0.4) AS a, percentileDisc(p.born, 0.5) AS b, stDev(p.born) AS c, avg(p.born) AS d, sum(p.born) AS e, min(p.born) AS f, max(p.name) AS g, collect(DISTINCT p.score) AS h, count(p.email) AS i, count(*) AS j
MATCH (n {name:'Ada'}) SET n[$key] = 'Eve' RETURN n.name
MATCH (n {name:'Ada'}) SET n += $map RETURN n
MATCH (n {name:'Ada'}) SET n = {a:1, b: null} RETURN n
MATCH (n {name:'Ada'}) SET n:$($label):Foo RETURN labels(n)
MATCH (n {name:'Bob'}) SET n:$($labels) RETURN labels(n)
MATCH (n:$($label)) RETURN count(n)
MATCH (n:$all($labels)) RETURN count(n)
MATCH (n:$any($labels)) RETURN count(n)
MATCH ()-[r:$($type)]->() RETURN count(r)
CREATE (n:$($label) {x: 1})-[:$($type)]->(m) RETURN n
MATCH (n {name:'Ada'}) REMOVE n:$($label), n[$key] RETURN n
MATCH (n {name:'Ada'}) REMOVE n:Admin, n.tags RETURN n
MATCH (n {name:'Ada'})-[r]->() DELETE r RETURN count(*)
MATCH (n {name:'Ada'}) DELETE n
MATCH (n {name:'Ada'}) NODETACH DELETE n
RETURN 1 IS :: INTEGER AS a, 'a' IS :: STRING NOT NULL AS b, null IS :: ANY AS c, [1,2] IS :: LIST<INTEGER> AS d, 1.0 IS NOT :: INTEGER AS e, 1 IS TYPED INTEGER | STRING AS f, date() IS :: DATE AS g
RETURN valueType(1) AS a, valueType([1,'a']) AS b, valueType(null) AS c, valueType({a:1}) AS d, valueType([]) AS e, valueType([1, null]) AS f, valueType(date('2020-01-01')) AS g, valueType(point({x:1,y:2})) AS h
MATCH (n:Person) USING SCAN n:Person WHERE n.name = 'Ada' RETURN n.name
MATCH (n:Person) USING INDEX n:Person(name) WHERE n.name = 'Ada' RETURN n.name
RETURN point.distance(point({x:0,y:0}), point({x:3,y:4})) AS d, point({longitude: 12, latitude: 55}).srid AS s, point({x:1,y:2,z:3}).z AS z, point({latitude:1, longitude:2, height:3}).height AS h
RETURN point.withinBBox(point({x:1,y:1}), point({x:0,y:0}), point({x:2,y:2})) AS d
RETURN round(point.distance(point({longitude: 12.78, latitude: 56.7}), point({latitude: 56.71, longitude: 12.79}))) AS dist
MATCH (n) RETURN DISTINCT labels(n) AS l ORDER BY l
MATCH (n:Person&!Admin) RETURN n.name ORDER BY n.name
MATCH (n:Person|Movie) RETURN count(n)
MATCH (n:%) RETURN count(n)
MATCH (n:!%) RETURN count(n)
MATCH (n IS Person) RETURN count(n)
MATCH (n) WHERE n IS Person RETURN count(n)
MATCH (n) WHERE n:Person OR n:Movie RETURN count(n)
MATCH ()-[r:!KNOWS]->() RETURN type(r) AS t ORDER BY t
MATCH ()-[r:KNOWS|LIVES_IN]->() RETURN type(r) AS t, count(*) AS c ORDER BY t
MATCH ()-[r IS KNOWS]->() RETURN count(r)
MATCH (a:Person WHERE a.born > 1900)-[r:KNOWS WHERE r.since > 2004]->(b) RETURN a.name, b.name
MATCH (a)-[r]->(b) WHERE r:KNOWS RETURN count(r)
RETURN toInteger('0x1F') AS a, 0x1F AS b, 0o17 AS c, 1_000_000 AS d, 1e3 AS e, .5 AS f, toFloat('1e3') AS g, toInteger('1.9') AS h, toInteger('x') AS i, toBoolean('TRUE') AS j, toBooleanOrNull(5.5) AS k, toIntegerList(['1','x']) AS l, toStringList([1,true]) AS m
RETURN 5 / 2 AS a, 5 % 3 AS b, -5 / 2 AS c, -5 % 3 AS d, 5.0 / 2 AS e, 2 ^ 3 AS f, 1 / 0.0 AS g, 0.0 / 0.0 AS h
RETURN -9223372036854775808 AS a, 9223372036854775807 AS b
RETURN null = null AS a, null <> 1 AS b, null IS NULL AS c, [null] = [null] AS d, null IN [1] AS e, 1 IN [null, 1] AS f, NOT null AS g, null AND false AS h, null OR true AS i, true XOR null AS j
RETURN head([1,2]) AS a, last([1,2]) AS b, tail([1,2,3]) AS c, [1,2,3][-1] AS d, [1,2,3][1..] AS e, [1,2,3][..-1] AS f, [1,2,3][5] AS g, reverse([1,2]) AS h, range(10,1,-3) AS i, size([]) AS j, isEmpty([]) AS k, isEmpty('') AS l, isEmpty({}) AS m
RETURN all(x IN [1,2] WHERE x > 0) AS a, any(x IN [] WHERE x) AS b, none(x IN [1] WHERE x > 1) AS c, single(x IN [1,2] WHERE x = 1) AS d, reduce(s = 0, x IN [1,2,3] | s + x) AS e
RETURN keys({a:1,b:null}) AS k, properties({a:1}) AS p, {a:1}.a AS x, {a:{b:2}}.a.b AS y, {a:1}['a'] AS z, {`a b`: 1}.`a b` AS w
MATCH p=(a:Person {name:'Ada'})-[r:KNOWS]->(b) RETURN nodes(p), relationships(p), startNode(r).name, endNode(r).name, type(r), length(p), p
RETURN abs(-1) AS a, ceil(1.2) AS b, floor(1.8) AS c, round(1.5) AS d, round(-1.5) AS e, round(1.249, 2) AS f, round(1.25, 1, 'HALF_EVEN') AS g, sign(-3) AS h, sqrt(16) AS i, exp(0) AS j, log(1) AS k, log10(100) AS l, pi() AS m, e() AS n, sin(0) AS o, degrees(pi()) AS p, atan2(1,1) AS q, haversin(0.5) AS r, isNaN(0.0/0.0) AS s, cot(1) AS t
WITH 1 AS a, 2 AS b RETURN *
MATCH (n:Person) WITH n.name AS name, count(*) AS c WHERE c > 0 RETURN * ORDER BY name
MATCH (n:Person) WITH n ORDER BY n.name DESC LIMIT 2 RETURN collect(n.name) AS l
MATCH (n:Person) WITH DISTINCT n.born IS NULL AS x RETURN x ORDER BY x
MATCH (a:Person)-[:KNOWS]->(b) RETURN a.name, count(b) AS c, a.name + '!' ORDER BY a.name
MATCH (a:Person) OPTIONAL MATCH (a)-[:DIRECTED]->(m:Movie) RETURN a.name, m.title, m IS NULL ORDER BY a.name
OPTIONAL MATCH (a:Nope) RETURN a, a.x, labels(a)
MATCH (a:Person), (b:Person) WHERE a.name < b.name RETURN a.name, b.name ORDER BY a.name, b.name
MATCH (a)-->(b)<--(c) WHERE a <> c RETURN count(*)
MATCH (a)-[:KNOWS]->()-[:KNOWS]->(c) RETURN a.name, c.name ORDER BY a.name
MATCH (a)-[r1]->(b), (b)-[r2]->(c) RETURN count(*)
CYPHER 5 MATCH (n:Person) RETURN count(n)
CYPHER runtime=slotted MATCH (n:Person) RETURN count(n)
MATCH (n:Person) WHERE n.name IN ['Ada','Bob'] AND NOT n:Admin RETURN n.name
MATCH (n:Person) WHERE n.born IS NOT NULL AND 1900 < n.born <= 1975 RETURN n.name ORDER BY n.name
MATCH (n:Person) WHERE (n)-[:DIRECTED]->() RETURN n.name
MATCH (n:Person) WHERE NOT (n)-[:DIRECTED]->() RETURN n.name ORDER BY n.name
MATCH (n:Person) WHERE exists((n)-[:DIRECTED]->()) RETURN n.name
MATCH (n:Person) WHERE n.at > datetime('2020-01-01T00:00Z') RETURN n.name
MATCH (n:Person) WHERE n.since.year = 2020 RETURN n.name, n.since.month
MATCH (n:Person) RETURN size([(n)-->() | 1]) AS d, n.name ORDER BY n.name
RETURN datetime() > datetime('2020-01-01T00:00Z') AS a, date() = date(datetime()) AS b, timestamp() > 0 AS c
RETURN coalesce(null, 1) AS a, nullIf(1, 1) AS b, nullIf(1,2) AS c
RETURN randomUUID() =~ '[0-9a-f-]{36}' AS a, rand() < 1 AS b
RETURN "double 'q'" AS a, 'sin"gle' AS b, 'esc\'aped\n\t\\' AS c, '\u00e9' AS d
UNWIND range(1, 3) AS x WITH x WHERE x > 1 RETURN sum(x)
UNWIND $rows AS row RETURN row.id, row['v'], row.nope
WITH [1,2,3] AS l UNWIND l AS x WITH l, x ORDER BY x DESC RETURN collect(x), l
MATCH (n:Person) RETURN n.name AS name, n.born AS born ORDER BY n.born IS NULL, born DESC
MATCH (n) RETURN count(DISTINCT labels(n)) AS c
MATCH (n:Person) RETURN collect(n.name)[0..2] AS c
MATCH (n:Person) RETURN collect(n {.name}) AS c
MATCH (n:Person) WITH collect(n) AS ns RETURN [x IN ns | x.name] AS c, size(ns)
MATCH (n:Person) WITH max(n.born) AS m MATCH (p:Person) WHERE p.born = m RETURN p.name
MATCH (a:Person {name:$name}) CREATE (a)-[:WROTE {at: date('2020-01-01')}]->(b:Book {title:'x'}) RETURN b
CREATE (n:A&B {x:1}) RETURN labels(n)
CREATE (n IS A) RETURN labels(n)
MATCH (a {name:'Ada'})-[r:KNOWS]->() SET r.since = 1, r += {k: 'v'} RETURN r
MATCH (a {name:'Ada'}) SET a = properties(a) RETURN a
MATCH (a {name:'Ada'}), (b {name:'Bob'}) SET a = b RETURN a
MATCH (a {name:'Ada'}) SET (CASE WHEN true THEN a END).x = 1 RETURN a.x
MATCH (a:Person) SET a.name = null RETURN count(a)
MATCH (n:Person) RETURN n.name as name ORDER BY name ASCENDING
MATCH (n:Person) RETURN n.name as name ORDER BY name DESCENDING, n.born ASC
match (n:Person) where n.name = "Ada" return n.name
MATCH (n:`Person`) RETURN n.`name` AS `the name`
RETURN $`name` AS x
RETURN {a: 1, `b c`: [1, {d: 2}]} AS m
WITH {a:1, b:2} AS m RETURN m {.a, c: 3} AS x, m {.*} AS y, m{.nope} AS z
MATCH (n:Person {name:'Ada'}) RETURN n{.*, .tags, extra: n.born + 1}
UNWIND [1,2,2,3] AS x RETURN DISTINCT x ORDER BY x DESC LIMIT 2
UNWIND [1,2,3] AS x WITH x ORDER BY x DESC RETURN collect(x)
UNWIND [3,1,2] AS x RETURN x ORDER BY -x
UNWIND [[2],[1],[null],[1,2]] AS x RETURN x ORDER BY x
UNWIND [1,'a',null,true,2.5,[1],{a:1}, date('2020-01-01')] AS x RETURN x ORDER BY x
UNWIND [1,'a',null,true,2.5,[1],{a:1}] AS x RETURN min(x), max(x)
UNWIND [1,null,2] AS x RETURN sum(x), avg(x), count(x), collect(x), min(x), max(x), stDev(x), stDevP(x)
UNWIND [] AS x RETURN sum(x), avg(x), count(x), collect(x), min(x), max(x), stDev(x), percentileCont(x, 0.5)
UNWIND [duration('P1D'), duration('P2D')] AS d RETURN sum(d), avg(d)
UNWIND range(1,10) AS x RETURN percentileCont(x, 0.95), percentileDisc(x, 0), percentileDisc(x, 1.0)
UNWIND [1,2] AS x UNWIND ['a','b'] AS y RETURN x, collect(y) AS c ORDER BY x
MATCH (a:Person)-[k:KNOWS]->(b) WITH a, k ORDER BY k.w DESC WITH a, collect(k.w) AS ws RETURN a.name, ws ORDER BY a.name
MATCH (a:Person) WITH a.name AS n, CASE WHEN a.born IS NULL THEN 0 ELSE a.born END AS b ORDER BY b RETURN collect(n + ':' + b)
RETURN [1] + 2 AS a, 1 + [2] AS b, [1] + [2] AS c, [1] + null AS d
RETURN 'x' + null AS a, null + 1 AS b
RETURN toString(point({x:1, y:2})) AS a
RETURN date({year: 2020, week: 5, dayOfWeek: 3}) AS a, date({year: 2020, quarter: 2, dayOfQuarter: 5}) AS b, date({year: 2020, ordinalDay: 60}) AS c, date({date: date('2020-01-31'), month: 3}) AS d
RETURN datetime({date: date('2020-01-31'), time: time('10:00+01:00')}) AS a, datetime({datetime: datetime('2020-01-31T10:00Z'), timezone: 'Asia/Tokyo'}) AS b, localdatetime({year: 2020}) AS c
RETURN datetime.fromEpoch(1, 2) AS a, datetime.fromEpochMillis(1000) AS b, datetime({epochSeconds: 10, nanosecond: 5}) AS c
RETURN datetime('2020-01-01T10:00:00+01:00[Europe/Stockholm]') AS a, datetime('2020-07-01T10:00[Europe/Stockholm]').offset AS b, datetime('2020-07-01T10:00[Europe/Stockholm]').timezone AS c, datetime('2020-07-01T10:00[Europe/Stockholm]').offsetMinutes AS d
RETURN datetime('20200101T101112Z') AS a, datetime('2020-01-01T10') AS b, datetime('2020001T10') AS c, localtime('101112') AS d, time('10:11Z') AS e
RETURN duration('P1.5M') AS a, duration('PT1.5H') AS b, duration('P1Y2W') AS c, duration('-P1D') AS d, duration('P-1D') AS e, duration('P2012-02-02T14:37:21.545') AS f
RETURN duration({months: 1, days: -3, hours: 5, nanoseconds: 7}) AS a, duration('P1M') = duration('P30D') AS b, duration('P1D') = duration('PT24H') AS c
RETURN duration.between(datetime('2020-01-01T00:00Z'), datetime('2020-03-02T01:00Z')) AS a, duration.between(date('2020-01-01'), localtime('10:00')) AS b, duration.between(time('10:00Z'), time('09:00Z')) AS c
RETURN date('2020-01-01') < date('2020-01-02') AS a, date('2020-01-01') < datetime('2020-01-01T00:00Z') AS b, duration('P1D') < duration('P2D') AS c
RETURN datetime.realtime() IS NOT NULL AS a, datetime.statement() = datetime.statement() AS b, datetime.transaction('Europe/Oslo').timezone AS c, date.realtime() IS NOT NULL AS d
RETURN localdatetime.truncate('month', localdatetime('2020-05-06T07:08')) AS a, time.truncate('minute', time('10:11:12Z')) AS b, date.truncate('quarter', date('2020-05-06'), {day: 2}) AS c, datetime.truncate('weekYear', datetime('2020-05-06T07:08Z')) AS d
RETURN [d IN range(0, 3) | toString(date('2020-02-27') + duration({days: d}))] AS a
RETURN EXISTS { MATCH (n:Nope) } AS a, COUNT { MATCH (n:Person) } AS b, COLLECT { UNWIND [2,1] AS x RETURN x ORDER BY x } AS c
RETURN COUNT { (:Person)-[:KNOWS]->(:Person) } AS c
MATCH (a:Person) WHERE COUNT { (a)-[:KNOWS]->(b) WHERE b.born > 1950 } = 1 RETURN a.name
MATCH (a:Person) WITH a, COUNT { (a)-[:KNOWS]->() } AS c, EXISTS { (a)-[:DIRECTED]->() } AS d RETURN c, collect(d)
CALL { MATCH (n:Person) RETURN n ORDER BY n.born LIMIT 1 UNION MATCH (n:Person) RETURN n ORDER BY n.born DESC LIMIT 1 } RETURN n.name
CALL { RETURN 1 AS x } CALL { WITH x RETURN x + 1 AS y } RETURN x, y
UNWIND [1,2] AS x CALL (x) { RETURN x AS y UNION RETURN x * 10 AS y } RETURN x, y ORDER BY x, y
UNWIND [1,2] AS x CALL { WITH x WITH x WHERE x > 1 RETURN x AS y } RETURN x, y
UNWIND [0,1,2] AS x CALL (x) { UNWIND range(1,x) AS y RETURN sum(y) AS s } RETURN x, s ORDER BY x
UNWIND range(1,3) AS x CALL (x) { RETURN 1 AS y } IN 2 CONCURRENT TRANSACTIONS OF 1 ROWS RETURN count(*)
MATCH (a:Person {name:'Ada'}) MATCH (b:Person {name:'Bob'}) CREATE (a)-[:X]->(b)<-[:Y]-(a) RETURN count(*)
MATCH (a:Person {name:'Ada'}) CREATE p=(a)-[:X {k:1}]->(:Z {v:2}) RETURN length(p), p
MERGE (a:Person {name:'Ada'})-[:X]->(b:New {id: 1}) RETURN b.id
MERGE (a:Person {name:'Ada'}) MERGE (b:New {id: 1}) MERGE (a)-[r:X]->(b) ON CREATE SET r.at = 1, b.t = 2 RETURN r.at, b.t
MATCH (a:Person) MERGE (y:Year {v: coalesce(a.born, 0)}) MERGE (a)-[:BORN]->(y) RETURN y.v, count(*) ORDER BY y.v
UNWIND [1,1,2] AS x MERGE (n:M {x:x}) RETURN count(DISTINCT n)
MATCH (a:Person)-[r:KNOWS]->(b) SET r.w = r.w * 2, a.out = coalesce(a.out, 0) + 1 RETURN sum(r.w)
MATCH (a:Person {name:'Ada'}) SET a:X:Y, a.k = 1 REMOVE a:X RETURN labels(a)
MATCH (a:Person {name:'Ada'}) SET a IS X RETURN labels(a)
MATCH (n) DETACH DELETE n RETURN count(*)
MATCH p=(:Person {name:'Ada'})-[:ACTED_IN]->(m) DETACH DELETE p RETURN count(*)
MATCH (a:Person {name:'Ada'}) FOREACH (t IN a.tags | MERGE (x:Tag {name: t}) MERGE (a)-[:TAGGED]->(x)) RETURN a.name
FOREACH (i IN CASE WHEN true THEN [1] ELSE [] END | CREATE (:Cond {i: i}))
FOREACH (x IN [1,2] | FOREACH (y IN [1,2] | CREATE (:G {x:x, y:y})))
MATCH (a:Person)-[:KNOWS*0..1]->(b) RETURN a.name, b.name ORDER BY a.name, b.name
MATCH (a:Person {name:'Ada'})-[r:KNOWS*]->(b) RETURN [x IN r | x.since] AS l ORDER BY size(r)
MATCH (a:Person {name:'Ada'})-[:KNOWS*2..]->(b) RETURN b.name
MATCH (a:Person {name:'Ada'})-[:KNOWS* {since: 2000}]->(b) RETURN b.name
MATCH (a:Person {name:'Ada'})-[*..2]-(b) RETURN count(*)
MATCH p=(a:Person {name:'Ada'})-[*1..3]-(b:Movie) WHERE all(n IN nodes(p) WHERE n.name IS NOT NULL OR n:Movie) RETURN count(p)
MATCH p=(a)-[:KNOWS*]->(b) WHERE a <> b RETURN reduce(s=0.0, r IN relationships(p) | s + r.w) AS c ORDER BY c DESC LIMIT 1
MATCH (n:Person) WHERE n.name =~ '(?i)a.*' RETURN n.name
MATCH (n:Person) WHERE n['na' + 'me'] = 'Ada' RETURN n.name
MATCH (n:Person) WHERE any(t IN n.tags WHERE t = 'a') RETURN n.name
MATCH (n:Person) WHERE 'a' IN n.tags RETURN n.name
MATCH (n:Person) WHERE n.tags[0] = 'a' RETURN n.name
MATCH (n:Person) WHERE size(n.tags) > 1 RETURN n.name
MATCH (n) WHERE n.loc IS NOT NULL AND point.distance(n.loc, point({x:0,y:0})) < 5 RETURN n.name
MATCH (n:Person) WITH count(n) AS total MATCH (m:Person) RETURN m.name, round(100.0 / total, 2) AS pct ORDER BY m.name
MATCH (n), (n:Person) RETURN count(*)
RETURN 1 < 2 < 3 AS a, 1 = 1 = true AS b, 3 > 2 >= 2 AS c, 1 <> 2 <> 1 AS d
RETURN NOT true OR true AS a, true XOR false AND false AS b, 2 + 3 * 4 ^ 2 AS c, -2 ^ 2 AS d, 2 ^ 3 ^ 2 AS e, 7 % 4 * 2 AS f, - - 1 AS g
RETURN 1 IN [1] = true AS a, 'a' IN ['a'] AND true AS b, NOT 1 IN [2] AS c, [1] IN [[1]] AS d
RETURN CASE WHEN null THEN 1 ELSE 2 END AS a, CASE null WHEN null THEN 1 ELSE 2 END AS b, CASE 1 WHEN 1.0 THEN 'y' END AS c
RETURN 1.0 AS a, 1e-7 AS b, 1e300*1e10 AS c, 123456789.123 AS d, 1.0E10 AS e, toString(1e-7) AS f, toString(123456789.0) AS g, toString(0.1+0.2) AS h, toString(1e7) AS i, toString(12345678.9) AS j, toString(-0.0) AS k
RETURN char_length('😀') AS a, size('😀') AS b, substring('a😀b', 1, 1) AS c, reverse('a😀b') AS d, left('😀b', 1) AS e, toUpper('ß') AS f
RETURN lower('A') AS a, upper('a') AS b, ltrim('xxa','x') AS c, rtrim('axx', 'x') AS d, character_length('ab') AS e
RETURN toIntegerOrNull('a') AS a, toFloatOrNull([]) AS b, toStringOrNull({}) AS c, toBooleanList(['true', 1]) AS d, toFloatList(['1.5', null, 'x']) AS e
RETURN file() AS a, linenumber() AS b
RETURN keys(null) AS a, size(null) AS b, nodes(null) AS c, head(null) AS d, head([]) AS e, range(1,0) AS f, tail([]) AS g
RETURN round(2.5) AS a, round(-2.5) AS b, round(3.14159, 3) AS c, round(2.5, 0, 'DOWN') AS d, round(2.55, 1, 'CEILING') AS e, round(null) AS f, round(1) AS g, ceil(-0.5) AS h
MATCH (n:Person) FINISH
CREATE (n:Tmp) FINISH
MATCH (n:Person) WITH * WHERE n.born > 1900 RETURN n.name ORDER BY n.name
MATCH (n:Person) WITH *, n.name AS nm RETURN nm ORDER BY nm
MATCH (n:Person)-[:ACTED_IN]->(m) RETURN n.name AS actor, collect(m.title) AS movies UNION MATCH (n:Person)-[:DIRECTED]->(m) RETURN n.name AS actor, collect(m.title) AS movies
MATCH (a:Person&Admin|Movie) RETURN count(a)
MATCH (a:!(Person|Movie)) RETURN count(a)
MATCH (a WHERE a:Person AND a.born > 1900) RETURN count(a)
MATCH (:Person)-[r:KNOWS|ACTED_IN&!X]->() RETURN count(r)
MATCH (a)<-[:KNOWS]->(b) RETURN count(*)
MATCH (a)--(b) RETURN count(*)
MATCH (a)<--(b) RETURN count(*)
MATCH (n:Person {inf: 1}) RETURN n.inf, n.NaN
RETURN {inf: 1}.inf AS x
MATCH (n:Person) USING INDEX n:Person(nope) WHERE n.nope = 1 RETURN n
MATCH (n:Person)-[r:KNOWS]->{1,2}(m) RETURN n.name, size(r), m.name
MATCH (n:Person)-[r:KNOWS {since: 2000}]->+(m) RETURN n.name, size(r), m.name
MATCH (n:Person)-[:KNOWS]-{2}(m) RETURN n.name, m.name
MATCH (n:Person)<-[:KNOWS]-{,2}(m) RETURN n.name, m.name
MATCH (n:Person)-->{0,1}(m)-[:LIVES_IN]->(c) RETURN n.name, m.name
MATCH (n:Person {name:'Ada'})-->*(m) RETURN count(*)
MATCH (n:Person {name:'Ada'})--+(m) RETURN count(*)
MATCH (n:Person {name:'Ada'})-[]->{,}(m) RETURN count(*)
MATCH (n:Person) WHERE EXISTS { (n)-[:KNOWS]->{2}(:Person {name:'Dee'}) } RETURN n.name
MATCH (a:Person {name:'Ada'}) SET a IS X, a IS $($label), a.k = 1 REMOVE a IS Admin, a.k RETURN labels(a)
MATCH (using:Person)-->(scan) WHERE using.name = 'Ada' RETURN count(scan) AS join
MATCH (index)-->(selector) RETURN count(*)
MATCH (a) WHERE (a)-[:KNOWS]->(:Person) AND a.born + 1 > 5 RETURN count(*)
WITH [1] AS a, 2 AS b, {c: 3} AS d RETURN (b)-(b)+(b), (b)-[1][0]*(b), -(b)*(b)
MATCH (p:Person) CALL (p) { OPTIONAL MATCH (p)-[:KNOWS]->(f) RETURN collect(f.name) AS fs } WITH p.name AS n, fs WHERE size(fs) > 0 RETURN n, fs ORDER BY n
MATCH (p:Person) RETURN p.name, [(p)-[r:KNOWS]->(f) WHERE r.since > 2000 | f.name + r.since] AS x ORDER BY p.name
MATCH (p:Person) WITH p, [x IN p.tags WHERE x <> 'a'] AS t RETURN p.name, t ORDER BY p.name
MATCH (p:Person) RETURN p.name ORDER BY CASE p.name WHEN 'Cy' THEN 0 ELSE 1 END, p.name
MATCH (a:Person)-[:KNOWS]->(b:Person) WITH a, collect(b) AS bs UNWIND bs AS b MATCH (b)-[:LIVES_IN]->(c) RETURN a.name, c.name
MATCH (a:Person) OPTIONAL MATCH (a)-[:ACTED_IN]->(m)<-[:ACTED_IN]-(o) RETURN a.name, o.name ORDER BY a.name, o.name
MATCH (a:Person {name:'Ada'}) OPTIONAL MATCH (a)-[:NOPE]->(x) OPTIONAL MATCH (x)-->(y) RETURN a.name, x, y
MATCH (a:Person) WHERE a.born = null RETURN a
MATCH (a:Person) WHERE a.nope IS NULL AND NOT (a.born > 1900) RETURN a.name
MATCH (a) WITH labels(a)[0] AS l, count(*) AS c ORDER BY c DESC, l LIMIT 2 RETURN l, c
MATCH (a:Person) RETURN avg(a.born) > 1900 AS x, max(size(a.name)) AS m, collect(a.name)[0] IS NOT NULL AS y
MATCH (a:Person) WITH count(*) AS c, sum(a.born) AS s RETURN c, s, s / c
MATCH (a:Person) RETURN a.born / 100 * 100 AS century, count(*) AS c ORDER BY century
UNWIND [{a:1},{a:2},{a:1}] AS m RETURN m.a AS a, count(*) AS c ORDER BY a
UNWIND [1,2,3,4] AS x WITH x % 2 AS g, collect(x) AS xs RETURN g, xs, reduce(t=0, y IN xs | t + y) AS s ORDER BY g
WITH 'a,b,c' AS s UNWIND split(s, ',') AS x RETURN x
WITH [1,2,3] AS l RETURN [i IN range(0, size(l)-1) | l[i] * i] AS x
WITH [[1,2],[3,4]] AS m RETURN [r IN m | [c IN r | c * 2]] AS x, reduce(acc=[], r IN m | acc + r) AS flat
WITH {a:1} AS m RETURN m.b IS NULL AS x, keys(m) AS k, m['a'] + 1 AS y, 'a' IN keys(m) AS z
WITH 5 AS n RETURN CASE WHEN n > 3 THEN CASE WHEN n > 4 THEN 'x' ELSE 'y' END END AS v
RETURN reduce(s = '', c IN ['a','b'] | s + toUpper(c)) AS s
RETURN date('2024-02-29') + duration('P1Y') AS a, date('2024-03-31') + duration('P1M') AS b, datetime('2024-03-31T02:30[Europe/Berlin]') AS c, datetime('2024-10-27T02:30[Europe/Berlin]') + duration('PT1H') AS d
RETURN duration.between(datetime('2024-03-30T12:00[Europe/Berlin]'), datetime('2024-03-31T12:00[Europe/Berlin]')) AS a, duration.inSeconds(datetime('2024-03-30T12:00[Europe/Berlin]'), datetime('2024-03-31T12:00[Europe/Berlin]')) AS b
RETURN duration('P1Y') > duration('P11M') AS a, duration({months: 1.5}) AS b, duration({weeks: 1, days: 0.5}) AS c, duration({seconds: 1, milliseconds: 2500}) AS d, duration({years: 1, months: -13}) AS e
RETURN datetime('2024-01-01T00:00:00Z') - duration('PT1S') AS a, date('2024-01-01') - duration({days: 1}) AS b, localtime('00:00') - duration('PT1M') AS c
RETURN datetime('2024-05-05T10:00:00+02:00') = datetime('2024-05-05T08:00:00Z') AS a, datetime('2024-05-05T10:00:00+02:00') > datetime('2024-05-05T08:00:00Z') AS b, time('10:00+01:00') < time('10:00Z') AS c
RETURN toString(datetime('2024-05-05T10:00:00.120+02:00[Europe/Berlin]')) AS a, toString(localtime('10:00:01')) AS b, toString(time('10:00:00.5Z')) AS c, toString(duration('P0D')) AS d, toString(duration('PT0.5S')) AS e, toString(duration('-PT0.5S')) AS f, toString(date('-0001-01-01')) AS g
RETURN point({x:1, y:2}) = point({x:1, y:2}) AS a, point({x:1,y:2}) < point({x:2,y:3}) AS b, point.distance(point({x:1,y:1}), point({longitude:1, latitude:1})) AS c, point({x: null, y: 1}) AS d
RETURN point({x: 1, y: 2, crs: 'WGS-84'}) AS a, point({longitude: 190, latitude: 10}) AS b, point({x: 1, y: 2, srid: 7203}) AS c, point({x:1, y:2, z: 3, crs: 'cartesian-3d'}).crs AS d
MATCH (c:City) RETURN c.loc.latitude, c.loc.longitude, c.loc.x, c.loc.srid, c.loc.crs
RETURN 'a' < 'B' AS a, 'a' < 'aa' AS b, '' < 'a' AS c, 'ä' > 'z' AS d, '10' < '9' AS e, 'a' < 1 AS f, true > false AS g, [1,2] < [1,3] AS h, [1] < [1,0] AS i
UNWIND [1, 1.0, '1', true, null, [1], {a:1}, NULL] AS x RETURN count(DISTINCT x) AS c
UNWIND [3, 'b', null, 1.5, true, date('2020-01-01'), [2], 'a', false, {z:1}, duration('P1D'), point({x:1,y:1})] AS x WITH x ORDER BY x DESC RETURN collect(toString(valueType(x))) AS t
MATCH (n:Person) WITH n ORDER BY n.born SKIP 1 LIMIT 2 MATCH (n)-[r]->(m) RETURN n.name, type(r), coalesce(m.name, m.title) AS t ORDER BY n.name, type(r), t
MATCH (n:Person) RETURN n.name AS x ORDER BY n.born DESC, x LIMIT 2 UNION MATCH (m:Movie) RETURN m.title AS x ORDER BY x LIMIT 1
MERGE (a:Person {name: 'Ada'}) MERGE (b:Person {name: 'Zed'}) MERGE (a)-[r:KNOWS {since: 1}]->(b) SET r.k = true, b += {q: [1,2]} RETURN r.k, b.q
MERGE (a:T1 {x:1})-[:R1]->(b:T2 {y:2})<-[:R2]-(c:T3) RETURN count(*)
MATCH (a:Person {name: 'Ada'}) MERGE (a)-[:HAS]->(t:Thing {k: 1}) MERGE (a)-[:HAS]->(t2:Thing {k: 1}) RETURN t = t2
UNWIND [{id:1,tags:['x','y']},{id:2,tags:[]}] AS row CREATE (n:Row {id: row.id}) FOREACH (t IN row.tags | CREATE (n)-[:TAG]->(:Tag2 {n: t})) RETURN count(n)
MATCH (a:Person {name:'Ada'}) SET a.born = null, a.list = [], a.d = duration('P1D'), a.p = point({x:1,y:1}), a.t = localtime('10:00') RETURN a
MATCH (n:Person) WITH collect(n) AS ns FOREACH (n IN ns | SET n.idx = size(ns)) RETURN ns[0].idx
MATCH (n:Person) SET n.r = rand() < 2 WITH n WHERE n.r RETURN count(n)
MATCH (a:Person {name:'Ada'})-[r:KNOWS]->(b) CREATE (a)-[r2:FRIEND]->(b) SET r2 = r DELETE r RETURN r2
MATCH (a:Person {name:'Ada'}) WITH a, a.name AS n DETACH DELETE a RETURN n
MATCH (a:Movie) DELETE a
MATCH (a:Person) CALL (a) { WITH a.name AS nm RETURN nm + '!' AS q } RETURN collect(q)
CALL { MATCH (n:Person) RETURN count(n) AS c UNION ALL MATCH (m:Movie) RETURN count(m) AS c } RETURN sum(c)
MATCH (n:Person) WHERE n.name IN COLLECT { MATCH (x:Person)-[:KNOWS]->() RETURN x.name } RETURN count(n)
MATCH (n:Person) RETURN n.name, CASE WHEN EXISTS { (n)-[:ACTED_IN]->() } THEN 'actor' ELSE 'no' END AS k ORDER BY n.name
MATCH (n:Person) SET n.c = COUNT { (n)--() } RETURN n.name, n.c ORDER BY n.name
MATCH (n:Person) WHERE ALL(t IN coalesce(n.tags, []) WHERE t IN ['a','b']) RETURN count(n)
MATCH (n:Person) WHERE NONE(x IN [1,2] WHERE x = n.score) AND SINGLE(x IN [1,2] WHERE x = 1) RETURN count(n)
MATCH path = (a:Person {name:'Ada'})-[:KNOWS*1..3]->(x) WITH path ORDER BY length(path) DESC LIMIT 1 RETURN [n IN nodes(path) | n.name] AS names, [r IN relationships(path) | r.since] AS since
MATCH (a:Person {name:'Ada'})-[rs:KNOWS*2]->(b) RETURN size(rs), type(rs[0]), startNode(rs[1]).name
MATCH (a:Person), (b:Person) WHERE a.name < b.name AND NOT (a)-[:KNOWS]-(b) RETURN a.name, b.name
MATCH (a:Person) WHERE (a)-[:KNOWS*2]->(:Person {name:'Cy'}) RETURN a.name
MATCH (a:Person) RETURN exists((a)-[:DIRECTED]->()) AS e, a.name ORDER BY a.name
MATCH (n) WHERE n.title =~ '.*Matrix$' OR n.name STARTS WITH 'A' RETURN coalesce(n.title, n.name) AS x ORDER BY x
MATCH (n:Person) WHERE toLower(n.name) CONTAINS 'a' XOR n.born > 1900 RETURN n.name ORDER BY n.name
MATCH (n:Person {born: 1815}) RETURN n {.name, .born, labels: labels(n), c: COUNT { (n)-->() }} AS m
MATCH (n:Person)-[r]-() RETURN n.name, count(DISTINCT type(r)) AS t, count(r) AS c ORDER BY c DESC, n.name
MATCH (n:Person) RETURN percentileDisc(n.born, 0.5), stDevP(n.born), collect(DISTINCT n.born > 1900)
RETURN 0.1 + 0.2 AS a, 1e100 AS b, -0.0 AS c, 1.0e-10 AS d, 3 % -2 AS e, -3 % 2 AS f, 3.5 % 2 AS g, 2 ^ -1 AS h, 10 / 3 AS i, -10 / 3 AS j, 1 / 3.0 AS k
RETURN range(1, 3) + 4 AS a, [1,2] + [[3]] AS b, [] + null AS c, 'a' + ['b'] AS d, null + [1] AS e
RETURN isEmpty(null) AS a, nullIf('a','a') AS b, coalesce(null,null) AS c, head(tail([1,2])) AS d, last([]) AS e
RETURN count(*) AS c
RETURN count(null) AS c, sum(null) AS s, avg(null) AS a, min(null) AS m, collect(null) AS l
MATCH (n:Nope) RETURN count(*) AS c, sum(n.x) AS s, avg(n.x) AS a, max(n.x) AS m, collect(n) AS l, percentileCont(n.x, 0.5) AS p
MATCH (n:Nope) RETURN n.x, count(*)
WITH 1 AS x WHERE x > 1 RETURN count(*)
UNWIND range(1, 5) AS i WITH i ORDER BY i DESC SKIP 1 LIMIT 3 RETURN collect(i) AS l, sum(i) AS s
UNWIND [1,2,3] AS a UNWIND [1,2,3] AS b WITH a, b WHERE a < b RETURN collect([a,b]) AS pairs
WITH datetime('2024-01-15T10:30:00Z') AS d RETURN d.year + '-' + d.month AS a, d {.year} AS m
MATCH (n) RETURN n.name AS name, count { (n)-->() } AS out, count{(n)<--()} AS `in` ORDER BY name
MATCH (n:Person) RETURN n.`name`, n.name AS `Name With Space` ORDER BY `Name With Space`
MATCH (count:Person {name:'Ada'}) RETURN count.name
MATCH (match:Person {name:'Ada'}) WITH match AS return_, 1 AS order RETURN return_.name, order
MATCH (n:Person) WITH n.name AS name, n.born AS born WITH name, born, CASE WHEN born IS NULL THEN 'unknown' ELSE toString(born) END AS b RETURN collect(name + ':' + b) AS l
MATCH (n:Person) RETURN DISTINCT n.born IS NULL AS x, count(*) AS c ORDER BY c
MATCH (a:Person)-[r:KNOWS]->(b:Person) WHERE r.since > 2000 AND r.w < 4 OR a.name = 'Dee' RETURN a.name, r.since ORDER BY r.since
CREATE (a:L1:L2 {p: $map.name, q: $list[0], r: $rows[0].v}) RETURN a
MATCH (n:Person) WHERE n.name = $name OR n.name IN [x IN $list | toString(x)] RETURN n.name
UNWIND $rows AS r WITH r WHERE r.v IS NOT NULL CREATE (n:R) SET n = r RETURN n
UNWIND keys($map) AS k RETURN k, $map[k] ORDER BY k
MATCH (n {name: $name}) SET n += {a: $null, b: $f} RETURN n.a, n.b
MATCH (a:Person {name:'Ada'}) CALL { WITH a MATCH (a)-->(x) RETURN x LIMIT 1 } WITH a, x RETURN count(x)
RETURN [x IN [1,2,3] WHERE x > 1] AS a, [x IN [] | x] AS b, [x IN null | x] AS c, [n IN [1,null] WHERE n IS NULL] AS d
RETURN toString(datetime('2020-01-01T10:05:00Z')), toString(localdatetime('2020-01-01T10:05:00')), toString(time('10:05:00Z')), toString(localtime('10:05:00')), toString(datetime('2020-01-01T10:05Z')), toString(datetime('2020-01-01T10:05[Europe/Berlin]')), toString(localtime('10')), toString(datetime('2020-01-01T10:05:07Z')), toString(datetime('2020-01-01T10:05:00.5Z'))
RETURN point({longitude: 190, latitude: 10}).x, point({longitude: -190, latitude: 10, height: 3}).x, point({longitude: 180, latitude: 1}).x, point({longitude: -180, latitude: 1}).x, point({longitude: 540, latitude: 1}).x, point({longitude: 1e6, latitude: 1}).x, point({x: 361, y: 1, crs:'wgs-84'}).longitude
MATCH p = ANY SHORTEST (a:Person {name:'Ada'})-[:KNOWS]->+(b:Person) RETURN b.name, length(p)
MATCH p = ALL SHORTEST (a:Person {name:'Ada'})-[:KNOWS|ACTED_IN]-+(b) RETURN coalesce(b.name, b.title), length(p), count(*) AS c
MATCH p = SHORTEST 3 (a:Person {name:'Ada'})--+(b:Person {name:'Cy'}) RETURN length(p) ORDER BY length(p)
MATCH SHORTEST 2 GROUPS (a:Person {name:'Ada'})-[r]-+(b:Person {name:'Cy'}) RETURN size(r), count(*) ORDER BY size(r)
MATCH ANY SHORTEST (a:Person {name:'Ada'})-[r:KNOWS WHERE r.since > 2000]-+(b:Person {name:'Bob'}) RETURN [x IN r | x.since] AS years
MATCH SHORTEST 2 ((a:Person {name:'Ada'})-[r]-+(b:Person {name:'Cy'}) WHERE none(x IN r WHERE x.w > 3)) RETURN size(r) ORDER BY size(r)
MATCH (a:Person)-[r:KNOWS WHERE r.w > 1]->{1,2}(b) RETURN a.name, b.name, size(r)
RETURN INF AS a, -Infinity AS b, NaN AS c, INF > 1 AS d, toString(-INF) AS e, INF IS :: FLOAT AS f, {inf: 1}.inf AS g
WITH 1 AS inf, 2 AS nan RETURN inf, nan, `inf` AS c
MATCH (p:Person) SET p.score = p.born, p.born = p.score, p.old = p.born
MATCH (p:Person {name:'Ada'}) SET p.born = p.born + 1, p:Old, p.next = p.born SET p.last = p.next
UNWIND [1, 2] AS x MATCH (p:Person {name:'Ada'}) SET p.born = p.born + x, p.before = p.born
MERGE (p:Person {name:'Ada'}) ON MATCH SET p.born = 1, p.before = p.born
MATCH (n:Person) WITH EXISTS { (n)-[:KNOWS]->(:Person {name: 'Bob'}) } AS y, count(*) AS c WHERE EXISTS { (n)-[:KNOWS]->(:Person {name: 'Bob'}) } RETURN y, c
MATCH (n:Person) RETURN COUNT { (n)-[:ACTED_IN]->() } AS y, count(*) AS c ORDER BY COUNT { (n)-[:ACTED_IN]->() }
MATCH (n:Person) RETURN n AS m, count(*) + COUNT { (n)-[:KNOWS]->() } AS c ORDER BY m.name
MATCH (n:Person) CALL { MATCH (n)-[:KNOWS]->(f) RETURN f } RETURN count(*)
MATCH (n:Person), (x:Movie) CALL (x) { MATCH (n)-[:DIRECTED]->(x) RETURN count(n) AS c } RETURN n.name, x.title, c ORDER BY n.name, x.title
MATCH (n:Person) CALL () { MATCH (n)-->() WITH n MATCH (n)-->(k) RETURN count(*) AS c } RETURN n.name, c ORDER BY n.name
MATCH (n:Person) CREATE (n)-[:FRESH]->(:Thing) WITH n MATCH (n)-[:FRESH]->(t) RETURN count(t)
MATCH (n:Person) FOREACH (x IN [1] | MERGE (n)-[:HAS]->(:Thing {v: x})) WITH n MATCH (n)-[:HAS]->(t) RETURN count(t)
MATCH (n:Person) RETURN n.name, COUNT { MATCH (m) WITH m WHERE m.released > 1996 MATCH (n)-[:ACTED_IN]->(m) RETURN m } AS c ORDER BY n.name
MATCH (n:Person) RETURN COLLECT { MATCH (m:Movie) WITH count(m) AS c RETURN n.name + c } AS c ORDER BY c
UNWIND [1,2,3] AS x CALL (x) { MATCH (n:Person) WHERE n.taken IS NULL WITH n ORDER BY n.name LIMIT 1 SET n.taken = x RETURN n.name AS name } RETURN x, name ORDER BY x
UNWIND [1,2,3] AS x CALL (x) { MERGE (n:V {k: x % 2}) ON CREATE SET n.c = 1 ON MATCH SET n.c = n.c + 1 RETURN n.c AS c } RETURN x, c ORDER BY x
MATCH (n:Person {name:'Ada'}) SET n.cur = 0 FOREACH (x IN [1,2,3] | SET n.last = n.cur SET n.cur = x) RETURN n.last, n.cur
UNWIND [1,2,3] AS i FOREACH (x IN CASE WHEN EXISTS { (:Once) } THEN [] ELSE [i] END | CREATE (:Once {id: x}))
UNWIND [1,2] AS i FOREACH (x IN [1,2] | FOREACH (y IN range(0, COUNT { (:Many) }) | CREATE (:Many {id: y})))
MATCH (n:Person {name:'Ada'}) UNWIND [1,2] AS k FOREACH (x IN CASE WHEN n.cur IS NULL THEN [k] ELSE [] END | SET n.cur = k)
MATCH (n:Person) UNWIND [1,2] AS k WITH n, k ORDER BY k, n.name FOREACH (x IN CASE WHEN n:Seen THEN [1] ELSE [] END | SET n.seen = k) FOREACH (x IN CASE WHEN n:Seen THEN [] ELSE [1] END | SET n:Seen)
MATCH (a:Person) WITH a ORDER BY a.name MATCH (b:Person) WITH a, b ORDER BY a.name, b.name FOREACH (x IN [coalesce(a.cur, 0), coalesce(b.cur, 0)] | SET a.cur = x + 1)
MATCH (a:Person) WITH a ORDER BY a.name DESC FOREACH (n IN CASE WHEN EXISTS { (:Person {name:'Dee'}) } THEN [a] ELSE [] END | DETACH DELETE n)
MATCH (m:Person {name:'Ada'}) UNWIND [1,2,3] AS i FOREACH (k IN keys(m) | SET m['k' + k] = 1)
UNWIND [1,2,3] AS i FOREACH (x IN [1,2] | CREATE (:Many {id: i, c: COUNT { (:Many) }}))
UNWIND [1,2,3] AS i CALL (i) { CREATE (:Many {id: i, c: COUNT { (:Many) }}) }
UNWIND [1,2,3] AS i CREATE (:Many {id: i, c: COUNT { (:Many) }}), (:Many {id: -i, c: COUNT { (:Many) }})
UNWIND [1,2,1,2] AS i CALL (i) { MERGE (n:V {id: i}) ON CREATE SET n.c = i * 10 ON MATCH SET n.m = i * 10 MERGE (m:V {id: i + 1}) ON CREATE SET m.c = i * 100 ON MATCH SET m.m = i * 100 }
UNWIND [1,2,1,2] AS i CALL (i) { MERGE (n:V {id: i}) ON CREATE SET n.c = i ON MATCH SET n.c = n.c + i MERGE (m:V {id: 3 - i}) ON CREATE SET m.c = n.c * 10 ON MATCH SET m.c = n.c * 100 + m.c }
UNWIND [1,2,3] AS i CALL (i) { MERGE (n:V {id: i}) MERGE (m:V {id: i + 1, last: true}) }
UNWIND [1,2,3] AS i FOREACH (x IN [i] | MERGE (n:V {id: x}) SET n.k = 1 MERGE (m:V {id: x + 1}) SET m.k = 2)
MATCH (m:Person {name:'Ada'}) UNWIND [1,2,3] AS i CALL (m) { WITH m, coalesce(m.cur, 0) AS y SET m += {cur: y + 1} }
MATCH (a:Person)-[:KNOWS]->(b) WITH a, b ORDER BY a.name SET a.cur = coalesce(b.cur, 0) + 1 SET b.cur = coalesce(a.cur, 0) + 1
MATCH (x:Person) CALL (x) { MATCH (m:Movie) WITH count(m) AS c RETURN c + x.born AS r } RETURN r ORDER BY r
MATCH (x:Person) CALL (x) { MATCH (m:Missing) WITH count(m) AS c WHERE c < x.born RETURN c + x.born AS r } RETURN r ORDER BY r
MATCH (x:Person) CALL (*) { MATCH (m:Movie) WITH collect(m.released) AS years UNWIND years AS y WITH y, count(*) AS c WHERE y - x.born > 30 RETURN y + x.born AS r } RETURN r ORDER BY r
MATCH (x:Person) CALL (x) { MATCH (m:Movie) WITH count(m) AS c CALL (c, x) { WITH sum(c) AS s RETURN s + x.born AS q } RETURN q + x.born AS r } RETURN r ORDER BY r
MATCH (x:Person) OPTIONAL CALL (x) { MATCH (m:Movie) WITH count(m) AS c WHERE x.born > 1900 RETURN c AS r } RETURN x.name, r ORDER BY x.name
MATCH (x:Person) CALL (x) { MATCH (m:Movie) WITH max(m.released) AS y, count(*) AS c SET x.latest = y + c } RETURN x.latest
MATCH (x:Person) WITH x ORDER BY x.name CALL (x) { MATCH (m:Movie) CREATE (:Movie) WITH count(*) AS d RETURN d AS v } RETURN x.name, v ORDER BY x.name
MATCH (x:Person) WITH x ORDER BY x.name CALL (x) { MATCH (m:Movie) CREATE (:Movie) WITH count(*) AS d RETURN d + size(x.name) AS v } RETURN x.name, v ORDER BY x.name
MATCH (x:Person) RETURN x.name, COUNT { MATCH (m:Movie) WITH count(m) AS c WHERE c < x.born RETURN c } AS r ORDER BY x.name
MATCH (n:Person) RETURN n.born, count(*) + COUNT { (k:Person) WHERE k.born <= n.born } AS r ORDER BY n.born
MATCH (n:Person) RETURN n.born AS k, [count(*), EXISTS { (k:Person {born: n.born})-[:KNOWS]->(l) WHERE l.born > n.born }] AS r ORDER BY k
MATCH (n:Person) RETURN n.born AS b, sum(n.born + COUNT { (n)--() }) + size([(k:Person {born: n.born})--() | k.name]) AS r ORDER BY b
MATCH (x:Person) WITH x.born > 1900 AS late, count(x) AS c WHERE count(x) > 1 RETURN late, c
MATCH (`@0`:Person)-->()-->(m) RETURN `@0`.name, m.name ORDER BY `@0`.name, m.name
MATCH ()-[`@0`]->(m)-->(`@1`) RETURN type(`@0`), m.name, `@1`.name ORDER BY m.name, `@1`.name, type(`@0`)
WITH 7 AS `@2`, 8 AS `@1`, 9 AS `@0` MATCH ()-[:ACTED_IN]->(x) RETURN `@0`, `@1`, `@2`, x.title ORDER BY x.title
UNWIND [1,2] AS `@row1` MATCH (n:Person) WHERE EXISTS { MATCH (n)-->(m) WHERE m.born > `@row1` } RETURN n.name, `@row1` ORDER BY n.name, `@row1`
UNWIND [1815,1950] AS `@row1` CALL (`@row1`) { MATCH (n:Person {born: `@row1`}) RETURN n.name AS i } RETURN i, `@row1` ORDER BY i
MATCH (n:Person) WITH n, 5 AS `$name` WHERE n.name = $name RETURN n.name, `$name`
RETURN $ name AS a, $/* whose */name AS b, $ `name` AS c
RETURN 'a\q' AS a, '\d+\.\d*' AS b, 'C:\Temp\Users' AS c, 'a\%\`' AS d, "a\'b\\q\n" AS e
RETURN '12.5' =~ '\d+\.\d*' AS a
MATCH (n:Person) RETURN *, n.name AS n ORDER BY n
WITH 1 AS a, 2 AS b RETURN *, a
WITH 1 AS a, 2 AS b RETURN *, b AS a, a AS c
WITH 1 AS a, 2 AS b WITH *, a + b AS a RETURN *
WITH 1 AS a, 2 AS b RETURN DISTINCT *, a + 1 AS a ORDER BY a
UNWIND [1,2,2] AS a WITH a, 2 AS b RETURN *, count(*) AS a
UNWIND [1,2,2] AS a WITH a, 2 AS b RETURN *, count(*) AS c ORDER BY a
UNWIND [1,2,2] AS a UNWIND [3,4] AS b RETURN *, a + b + count(*) AS c ORDER BY a, b
UNWIND [1,-1] AS x CALL (x) { MATCH (n:Person) RETURN DISTINCT n.born AS c ORDER BY x * c LIMIT 1 } RETURN x, c ORDER BY x, c
UNWIND [1,-1] AS x CALL (*) { MATCH (n:Person) RETURN DISTINCT n.born AS c ORDER BY x * c SKIP 1 LIMIT 1 } RETURN x, c ORDER BY x, c
UNWIND [1,-1] AS x CALL (x) { MATCH (n:Person) WITH DISTINCT n.born AS c ORDER BY x * c LIMIT 1 RETURN c } RETURN x, c ORDER BY x, c
UNWIND [1,-1] AS x CALL (x) { MATCH (n)-->() RETURN n.name AS c, count(*) AS k ORDER BY x * k, c LIMIT 1 } RETURN x, c, k ORDER BY x, c
UNWIND [1,-1] AS x CALL (x) { MATCH (n)-->() RETURN n.name AS c, count(*) AS k ORDER BY x * count(*), n.name LIMIT 1 } RETURN x, c, k ORDER BY x, c
UNWIND [1,-1] AS x CALL (x) { MATCH (n)-->() WITH n.name AS c, count(*) AS k ORDER BY x * k, c LIMIT 1 RETURN c } RETURN x, c ORDER BY x, c
UNWIND [1,-1] AS x CALL (x) { MATCH (n:Nope) RETURN count(*) AS c ORDER BY x * c } RETURN x, c ORDER BY x, c
UNWIND [1,-1] AS x CALL (x) { MATCH (n:Person) RETURN DISTINCT n.born AS c ORDER BY x * c LIMIT 1 UNION MATCH (n:Movie) RETURN n.released AS c } RETURN x, c ORDER BY x, c
UNWIND [1,-1] AS x RETURN x, COLLECT { MATCH (n:Person) RETURN DISTINCT n.born AS c ORDER BY x * c } AS l
UNWIND [1,-1] AS x RETURN x, COLLECT { MATCH (n:Nope) RETURN count(*) AS c ORDER BY x * c } AS l
UNWIND [1,-1] AS x RETURN x, COUNT { MATCH (n:Person) RETURN DISTINCT n.born AS c ORDER BY x * c SKIP 1 } AS l
MATCH (n:Person) RETURN n.name, true AND (n)-[:DIRECTED]->() AS a, NOT (n)-[:DIRECTED]->() AS b, (n)-[:DIRECTED]->() XOR (n)-[:LIVES_IN]->() AS c
MATCH (n:Person) RETURN n, count(*) > 0 AND (n)-[:DIRECTED]->() AS a
MATCH (n:Person) WITH n.name AS name, [false OR (n)-[:DIRECTED]->()] AS a RETURN name, a
MATCH (n:Person) SET n.directs = true AND (n)-[:DIRECTED]->() RETURN n.name, n.directs
MATCH (n:Person) RETURN n.name ORDER BY NOT (n)-[:DIRECTED]->(), n.name
MATCH (n:Person) RETURN (NOT (n)-[:DIRECTED]->()) = true AS a, count(*) AS c
MATCH (a:Person)-[:KNOWS]->(b) WITH a, b ORDER BY a.name, b.name SET a.w = 1 SET b.w = 2
MATCH (a:Person) MATCH (b:Person) WITH a, b ORDER BY a.name, b.name SET a.w = a.name + b.name SET b.w = a.name
MATCH (a:Person) MATCH (b:Person) WITH a, b ORDER BY a.name, b.name SET a += {w: 1} SET b += {w: 2}
UNWIND [{a:1,b:2},{a:2,b:1},{a:1,b:1}] AS row CALL (row) { MERGE (a:V {id: row.a}) SET a.w = row.b MERGE (b:V {id: row.b}) SET b.w = row.a * 10 }
UNWIND [{a:1,b:2},{a:2,b:1},{a:1,b:1}] AS row CALL (row) { MERGE (a:V {id: row.a}) SET a.w = row.b MERGE (b:W {key: row.b}) SET b.w = coalesce(b.w, 0) + row.a MERGE (a)-[:T]->(b) }
UNWIND range(0, 60) AS i OPTIONAL MATCH (n:Person) WHERE n.born > 1815 + 5 * i AND i % 3 = 1 WITH i, count(n) AS c WITH collect([i, c]) AS all RETURN all
