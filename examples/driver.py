"""Query a running server with the official driver: `python examples/driver.py [bolt://127.0.0.1:7687]`."""

import sys

from neo4j import GraphDatabase

PEOPLE = [{"name": "Ada", "born": 1815}, {"name": "Charles", "born": 1791}, {"name": "Grace", "born": 1906}]


def main(uri: str) -> None:
    with GraphDatabase.driver(uri, auth=None) as driver:
        with driver.session() as session:  # schema and stream statements are auto-commit: session.run
            session.run("CREATE INDEX person_name IF NOT EXISTS FOR (p:Person) ON (p.name)").consume()

        driver.execute_query(
            "UNWIND $people AS person MERGE (p:Person {name: person.name}) SET p.born = person.born", people=PEOPLE
        )
        driver.execute_query(
            "MATCH (a:Person {name: $a}), (b:Person {name: $b}) MERGE (a)-[:KNOWS]->(b)", a="Ada", b="Charles"
        )

        records, summary, _ = driver.execute_query(
            "MATCH (p:Person) OPTIONAL MATCH (p)-[:KNOWS]->(friend) "
            "RETURN p.name AS name, p.born AS born, collect(friend.name) AS friends ORDER BY born"
        )
        for record in records:
            print(f"{record['name']} ({record['born']}) knows {', '.join(record['friends']) or 'nobody'}")
        print(f"answered by {summary.server.agent}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "bolt://127.0.0.1:7687")
