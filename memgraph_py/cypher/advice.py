"""What to write instead of what other databases and languages have, where a text cannot be read."""

import re

from memgraph_py.cypher.lexer import Tokens
from memgraph_py.cypher.tables import END

_ELSEWHERE = (
    (
        r"(CREATE|DROP|ALTER|START|STOP|GRANT|DENY|REVOKE|RENAME|ENABLE|SHOW) "
        r"(OR|DATABASE|COMPOSITE|ALIAS|SERVER|USER|CURRENT|ROLE|IMMUTABLE|ALL ON|READ|WRITE|ACCESS|MATCH|TRAVERSE)",
        "there is one database, without users and roles, so nothing of that kind can be set up",
    ),
    (r"USING PERIODIC", "write `LOAD CSV … AS row CALL (row) { … } IN TRANSACTIONS OF 1000 ROWS`"),
    (
        r"(CREATE|ALTER) (KAFKA|PULSAR) STREAM",
        "write `CREATE STREAM name AS LOAD DATA KAFKA 'host:port' WITH TOPIC 'topic' WITH TRANSFORM 'http://…'`",
    ),
    (r"ALTER STREAM", "drop the stream and create it anew; it begins with the oldest message that the topic holds"),
    (r"CHECK STREAM", "write `TEST STREAM name`"),
    (r"(CREATE|DROP) TRIGGER", "there are no triggers; the client that writes can do what one would"),
    (r"(BEGIN|COMMIT|ROLLBACK)", "a driver begins and ends transactions; a statement alone is one"),
    (r"SELECT", "write `MATCH (n:Person) WHERE … RETURN n.name`"),
    (r"INSERT INTO", "write `CREATE (:Person {name: 'Ada'})`"),
    (r"UPDATE", "write `MATCH (n:Person) WHERE … SET n.name = 'Ada'`"),
    (r"DELETE FROM", "write `MATCH (n:Person) WHERE … DETACH DELETE n`"),
)
"""How statements begin that other databases have, and what to do here."""

_HERE = (
    (r"\S+ ! =", "unequal is written `<>`"),
    (r"= = ", "equality is written with one `=`"),
    (r"\S+ & &", "write AND"),
    (r"\S+ I?LIKE ", "write STARTS WITH, ENDS WITH, CONTAINS, or `=~` with a regular expression"),
    (r"\S+ BETWEEN ", "write `1 <= x <= 9`"),
    (r"\S+ NOT NULL", "write `x IS NOT NULL`"),
    (r"\S+ NOT (IN|STARTS|ENDS|CONTAINS|LIKE|BETWEEN)", "NOT stands before the whole: `NOT x IN [1, 2]`"),
    (r"\S+ GROUP BY", "the columns without an aggregate are grouped by: `RETURN n.city, count(*)`"),
    (r"\S+ HAVING ", "write `WITH n.city AS city, count(*) AS count WHERE count > 1`"),
    (r"\S+ JOIN ", "nodes are joined by relationships: `MATCH (a)-[:KNOWS]->(b)`"),
    (r"\S+ NULLS ", "NULL is the greatest of all; to have it first write `ORDER BY x IS NOT NULL, x`"),
    (r"\S+ WHERE ", "WHERE stands behind MATCH, WITH and YIELD; elsewhere write `WITH * WHERE …` before"),
    (r"STRING STRING ", r"a quote within a string is written `\'`"),
    (r"- > ", "an arrow has two strokes: `-->`, `-[:KNOWS]->`"),
    (r"\S+ = (?=.*:$)", "properties are written `{name: 'Ada'}`"),
    (r"\S+ : (?=.*=$)", "a node stands in brackets: `(n:Person)`"),
)
"""The token before, the one that cannot stand here, and the next; then the kind that alone could stand here, if any."""

_OPENED = frozenset({"(", "_NODE_OPEN"})


def advice(tokens: Tokens, index: int, accepted: set[str]) -> str | None:
    """What to write instead, where what stands there is known from elsewhere; accepted: kinds that could."""
    if index < 4:
        begin = " ".join(str(value).upper() for value in tokens.values[:4])
        for form, found in _ELSEWHERE:
            if re.match(rf"{form}\b", begin):
                return found
    kinds = [END, *tokens.kinds, END, END][index : index + 3]
    if kinds[1] in _OPENED and (kinds[0] in _OPENED or (kinds[0] == ")" and kinds[2] in _OPENED)):
        return "a pattern in brackets cannot be repeated; one relationship can: `-[:R]->{1,3}`"
    words = [None, *tokens.values, None, None][index : index + 3]
    around = " ".join(
        "STRING" if kind == "STRING" else str(word).upper() for kind, word in zip(kinds, words, strict=True)
    )
    alone = next(iter(accepted)) if len(accepted) == 1 else ""
    return next((found for form, found in _HERE if re.match(form, f"{around} {alone}")), None)
