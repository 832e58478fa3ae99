"""`python -m benchmarks.prepare`: what a statement costs before it runs, in CPU time of its thread.

New texts are parsed, analysed, planned and optimised; texts that differ in literals or comments alone find the plan of
the first; a text that came before is found as it is. The collector of garbage is set as in the server.
"""

import time
from collections.abc import Callable
from functools import partial

from rich.console import Console
from rich.table import Table

from memgraph_py.config import Limits
from memgraph_py.engine.database import Database
from memgraph_py.engine.statements import StatementCache
from memgraph_py.server.app import tune_process
from memgraph_py.storage.store import GraphStore

ROUNDS = 7
SHORT = "MATCH (n:User {id: 42}) RETURN n.name, n"
LONG = """\
MATCH (u:User {id: $id})-[:KNOWS]->(f:User)-[r:LIKES]->(p:Post)<-[:WROTE]-(a:User)
WHERE p.score > 10 AND NOT (a)-[:BLOCKS]->(u) AND a.name STARTS WITH 'A' AND f.age >= 18 AND f.age < 65
WITH u, f, p, a, count(r) AS likes, collect(DISTINCT a.name) AS names
ORDER BY likes DESC SKIP 5 LIMIT 50
OPTIONAL MATCH (p)-[:TAGGED]->(t:Tag) WHERE t.name IN ['x', 'y', 'z'] OR t.weight > 0.5
WITH u, f, p, a, likes, names, [x IN collect(t.name) WHERE x <> 'none' | toUpper(x)] AS tags
WHERE size(tags) > 0 AND any(x IN tags WHERE x CONTAINS 'A')
UNWIND tags AS tag
WITH u, f, p, likes, names, tag, CASE WHEN likes > 100 THEN 'hot' WHEN likes > 10 THEN 'warm' ELSE 'cold' END AS heat
MATCH (c:City)<-[:LIVES_IN]-(u)
WHERE c.country = 'DE' OR c.country = 'FR' AND c.population > 100000
CALL { WITH u MATCH (u)-[:OWNS]->(x:Thing) RETURN count(x) AS things, sum(x.price) AS total }
WITH u, f, p, likes, names, tag, heat, c, things, total, coalesce(total / things, 0.0) AS mean
WHERE mean > 3.5 AND EXISTS { MATCH (f)-[:KNOWS*1..2]-(u) }
MATCH (u)-[:MEMBER_OF]->(g:Group)<-[:MEMBER_OF]-(f)
WHERE g.founded < date('2020-01-01') AND g.name =~ '.*club.*' AND coalesce(g.public, true)
WITH *, count { (g)<-[:MEMBER_OF]-() } AS members
RETURN u.id AS user, f.name AS friend, p {.title, .score, author: names[0]} AS post, tag AS tag, heat AS heat,
c.name + ' (' + c.country + ')' AS place, reduce(s = 0, x IN range(1, things) | s + x) AS owned, mean AS mean, members
ORDER BY mean DESC, friend LIMIT 20"""


def main() -> None:
    """Print the table."""
    database = Database(GraphStore())
    session = database.session()
    session.run("CREATE INDEX ON :User(id)").values()
    session.run("UNWIND range(1, 2000) AS id CREATE (:User {id: id})-[:LIVES_IN]->(:City {id: id})").values()
    view = database.store.current
    tune_process()
    cache = database.core.statements
    numbers = iter(range(10**9))
    table = Table("µs of CPU", "characters", "this server", "to reach")

    def row(name: str, text: str, reach: str, prepare: Callable[[str], object], calls: int) -> None:
        table.add_row(name, f"{len(text):,}", f"{least(partial(prepare, text), calls):,.1f}", reach)

    for text, reach, calls in ((SHORT, "600", 200), (LONG, "6,000", 20)):
        row("a new text", text, reach, lambda text: StatementCache(Limits()).prepare(text, view), calls)
    for text, calls in ((SHORT, 500), (LONG, 100)):
        cache.prepare(text, view)
        row("other literals", text, "", lambda text: cache.prepare(other(text, next(numbers)), view), calls)
    for text, calls in ((SHORT, 500), (LONG, 100)):
        row("other comments", text, "", lambda text: cache.prepare(f"{text} // {next(numbers)}", view), calls)
    for text, calls in ((SHORT, 5_000), (LONG, 5_000)):
        row("a known text", text, "2", lambda text: cache.prepare(text, view), calls)
    Console().print(table)


def other(text: str, number: int) -> str:
    """The text with another number in a literal."""
    return text.replace("id: 42", f"id: {number}").replace("100000", str(number))


def least(call: Callable[[], object], calls: int) -> float:
    """Microseconds of one call: the least of several rounds' averages."""
    found = []
    for _ in range(ROUNDS):
        begun = time.thread_time()
        for _ in range(calls):
            call()
        found.append((time.thread_time() - begun) / calls)
    return min(found) * 1e6


if __name__ == "__main__":
    main()
