"""What must hold of a graph after a crash, whatever was written: asked of the server, in one transaction, as streams go
on meanwhile."""

from collections import Counter, defaultdict

from neo4j import Session, Transaction

from tests.crashes.writing import Item, Link, State


def writers_states(session: Session | Transaction) -> dict[int, State]:
    """What each writer's part of the graph holds."""
    states: dict[int, State] = defaultdict(State)
    rows = session.run(
        "MATCH (n:Item) RETURN n.writer AS writer, n.key AS key, n.value AS value, n:Flagged AS flagged, "
        "[id(n), elementId(n)] AS id"
    )
    for row in rows:
        assert row["key"] not in states[row["writer"]].items, f"key {row['key']} is there twice"
        states[row["writer"]].items[row["key"]] = Item(row["value"], row["flagged"], row["id"])
    rows = session.run(
        "MATCH (a)-[r:LINK]->(b) RETURN r.writer AS writer, r.key AS key, r.value AS value, "
        "coalesce(a.key, 'hub') AS source, b.key AS target, [id(r), elementId(r)] AS id"
    )
    for row in rows:
        assert row["key"] not in states[row["writer"]].links, f"link {row['key']} is there twice"
        states[row["writer"]].links[row["key"]] = Link(row["source"], row["target"], row["value"], row["id"])
    return states


def wrong_counts(session: Session | Transaction) -> list[str]:
    """Counts that the store keeps, against rows counted one by one; relationships seen from both ends."""
    wrong = []
    for what, kept, counted in (
        ("nodes", "MATCH (n) RETURN count(n)", "MATCH (n) WITH collect(id(n)) AS ids RETURN size(ids)"),
        ("items", "MATCH (n:Item) RETURN count(*)", "MATCH (n) WHERE 'Item' IN labels(n) RETURN count(n.key)"),
        (
            "links",
            "MATCH ()-[r:LINK]->() RETURN count(r)",
            "MATCH (a)-[r:LINK]->() WITH collect(id(r)) AS i RETURN size(i)",
        ),
        ("links", "MATCH ()-[r:LINK]->() RETURN count(r)", "MATCH (b) MATCH (b)<-[r:LINK]-() RETURN count(id(r))"),
    ):
        numbers = [session.run(text).single(strict=True)[0] for text in (kept, counted)]
        if numbers[0] != numbers[1]:
            wrong.append(f"{what}: {numbers[0]} by `{kept}`, {numbers[1]} by `{counted}`")
    ids = session.run("MATCH (n) RETURN id(n), elementId(n)").values()
    if len({id for id, _ in ids}) < len(ids) or len({element_id for _, element_id in ids}) < len(ids):
        wrong.append("two nodes have one id")
    return wrong


def wrong_indexes(session: Session | Transaction, indexes: list[tuple[str, str]]) -> list[str]:
    """For each index (label, key): what a seek finds against what a scan finds, for all values there are."""
    wrong = []
    for label, key in indexes:
        scanned = session.run(
            f"MATCH (n) WHERE '{label}' IN labels(n) AND n.{key} IS NOT NULL RETURN n.{key}, id(n)"
        ).values()
        expected = Counter((repr(value), id) for value, id in scanned if not isinstance(value, list))
        values = list({repr(value): value for value, _ in scanned if not isinstance(value, list)}.values())
        seek = f"UNWIND $values AS value MATCH (n:{label}) WHERE n.{key} = value RETURN n.{key}, id(n)"
        plan = str(session.run(f"EXPLAIN {seek}", values=values).consume().plan)
        if "IndexSeek" not in plan:
            wrong.append(f"{label}({key}): no seek in {plan}")
        values += ["never there", -77, 0.25]
        sought = Counter((repr(value), id) for value, id in session.run(seek, values=values).values())
        for name, difference in (("by seek only", sought - expected), ("by scan only", expected - sought)):
            if difference:
                wrong.append(f"{label}({key}): {name}: {list(difference.items())[:5]}")
    return wrong


def wrong_messages(session: Session | Transaction, sent: dict[int, list[int]], *, is_complete: bool) -> list[str]:
    """Each partition's messages in the graph are its first ones, each once; all of them when complete."""
    numbers = [number for (number,) in session.run("MATCH (m:Message) RETURN m.number").values()]
    twice = [number for number, count in Counter(numbers).items() if count > 1]
    wrong = [f"messages are there more than once: {sorted(twice)[:20]}"] if twice else []
    seen = set(numbers)
    for partition, in_order in sent.items():
        there = [number in seen for number in in_order]
        first_missing = there.index(False) if False in there else len(there)
        if any(there[first_missing:]):
            wrong.append(
                f"partition {partition}: message {in_order[first_missing]} is missing, and later ones are there"
            )
        if is_complete and first_missing < len(there):
            wrong.append(f"partition {partition}: {len(there) - first_missing} messages never came")
    unknown = seen - {number for in_order in sent.values() for number in in_order}
    return wrong + ([f"messages that were never sent: {sorted(unknown)[:20]}"] if unknown else [])
