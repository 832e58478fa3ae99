"""What a transaction says of its changes in outline is true after each statement, and after what was undone."""

from memgraph_py.engine.database import Database
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Access
from memgraph_py.values.types import Value


def test_size_counts_what_is_there_and_what_was_created() -> None:
    database = Database(GraphStore())
    session = database.session()
    session.run("UNWIND range(1, 10) AS id CREATE (:A {id: id})-[:R]->(:B)").values()
    assert database.store.current.size == 30
    transaction = database.store.begin(Access.WRITE)
    assert transaction.size == 30
    nodes = transaction.create_nodes(3, (0,), {})
    assert transaction.size == 33
    mark = transaction.mark()
    transaction.create_nodes(2, (0,), {})
    transaction.create_relationships(nodes[:1], nodes[1:2], 0, {})
    assert transaction.size == 36
    transaction.undo_to(mark)
    assert transaction.size == 33
    transaction.undo_to(mark)
    transaction.create_nodes(1, (0,), {})
    assert transaction.size == 34
    database.store.rollback(transaction)


def test_a_seek_finds_what_many_statements_before_it_wrote() -> None:
    """More than are looked through block by block, of which some concern the index and some do not."""
    database = Database(GraphStore())
    session = database.session()
    session.run("CREATE INDEX ON :A(id)").values()
    session.run("UNWIND range(1, 10) AS id CREATE (:A {id: id})").values()
    find = "MATCH (n:A {id: $id}) RETURN count(n)"

    def found(id: int) -> object:
        return session.run(find, {"id": id}).values()[0][0]

    session.begin()
    for number in range(1, 31):
        session.run("MATCH (n:A {id: $id}) SET n.other = $id", {"id": number % 10 + 1}).values()
    assert [found(1), found(100)] == [1, 0]
    for number in range(30):
        session.run("CREATE (:Other {id: $id})", {"id": number}).values()
    assert [found(1), found(0)] == [1, 0]
    session.run("CREATE (:A {id: 100})").values()
    session.run("MATCH (n:A {id: 1}) SET n.id = 200").values()
    assert [found(1), found(100), found(200)] == [0, 1, 1]
    session.run("MATCH (n:A {id: 200}) REMOVE n:A").values()
    session.run("MATCH (n:A {id: 2}) DELETE n").values()
    assert [found(2), found(3), found(200)] == [0, 1, 0]
    session.rollback()
    assert [found(1), found(2), found(100)] == [1, 1, 0]


def test_a_value_is_found_among_what_was_created() -> None:
    """As in a committed graph, whatever the types, however many have it."""
    values: list[Value] = [1, 1.0, True, "1", "a", "a", 2.5, None, 7, float("nan"), 2**53 + 1, float(2**53)]
    find = "MATCH (n:A {id: $id}) RETURN count(n)"
    for texts in (["CREATE (:A {id: $id})"], ["CREATE (:A {id: $id})", "CREATE (:B {id: $id})"]):
        for prefix in range(1, len(values) + 1):
            database = Database(GraphStore())
            session = database.session()
            session.run("CREATE INDEX ON :A(id)").values()
            session.run("UNWIND ['a', 7, 8] AS id CREATE (:A {id: id})").values()
            session.begin()
            for value in values[:prefix]:
                for text in texts:
                    session.run(text, {"id": value}).values()
                session.run(find, {"id": value}).values()
            within = [session.run(find, {"id": value}).values()[0][0] for value in (*values, 8)]
            session.commit().result()
            assert within == [session.run(find, {"id": value}).values()[0][0] for value in (*values, 8)]
