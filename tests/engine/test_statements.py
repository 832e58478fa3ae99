"""The statement cache: bounded, by entries and by characters; shared by texts that differ in literals and blanks."""

import pytest

from memgraph_py.config import Limits
from memgraph_py.engine.statements import VARIANTS_MAX, PreparedQuery, StatementCache
from memgraph_py.errors import CypherSyntaxError
from memgraph_py.plan.operators import Eager
from memgraph_py.plan.tree import walk
from memgraph_py.storage.store import GraphStore


def text(number: int, length: int) -> str:
    return f"RETURN {number} AS x" + "x" * length


def test_entries_and_characters_have_a_bound() -> None:
    view = GraphStore().current
    cache = StatementCache(Limits(statement_cache_entries=10, statement_cache_characters=10_000))
    for number in range(30):
        cache.prepare(text(number, 20), view)
    assert len(cache._entries) == 10
    for number in range(30):
        first = cache.prepare(text(number, 500), view)
        assert cache.prepare(text(number, 500), view) is first
    assert cache._characters == sum(len(key[0]) for key in cache._entries) <= 10_000
    kept = list(cache._entries)
    long = cache.prepare(text(0, 5_000), view)
    assert cache.prepare(text(0, 5_000), view) is not long
    assert list(cache._entries) == kept, "one long statement drives out no others"


def prepared(cache: StatementCache, store: GraphStore, text: str) -> PreparedQuery:
    found = cache.prepare(text, store.current)
    assert isinstance(found, PreparedQuery)
    return found


def test_texts_that_differ_in_literals_share_a_plan() -> None:
    store, cache = GraphStore(), StatementCache(Limits())
    first = prepared(cache, store, "MATCH (n:User {id: 1}) WHERE n.tags IN ['a', 'b'] RETURN n.name LIMIT 10")
    other = prepared(cache, store, "MATCH (n:User {id: 23}) WHERE n.tags IN ['x', ''] RETURN n.name LIMIT 10")
    assert other.plan is first.plan
    assert list(first.literals.values()) == [1, ["a", "b"]]
    assert list(other.literals.values()) == [23, ["x", ""]]
    assert first.parameters == other.parameters == frozenset()


def test_merges_that_set_the_same_are_planned_with_their_literals() -> None:
    store, cache = GraphStore(), StatementCache(Limits())
    merges = "MERGE (a:P {id: row.a}) ON CREATE SET a.v = 1 MERGE (b:P {id: row.b}) ON CREATE SET b.v = %s"
    for rows in ("CALL (row) { %s }", "FOREACH (x IN [row] | %s)"):
        alike, different = (f"UNWIND $rows AS row {rows % (merges % value)}" for value in ("1", "2"))
        plans = [prepared(cache, store, text).plan for text in (alike, different)]
        assert [any(isinstance(part, Eager) and part.singly for part in walk(plan)) for plan in plans] == [False, True]
    single = "UNWIND $rows AS row CALL (row) { MERGE (a:P {id: row.a}) ON CREATE SET a.v = %s }"
    assert prepared(cache, store, single % 1).plan is prepared(cache, store, single % 2).plan


def test_texts_that_differ_in_what_matters_do_not() -> None:
    store, cache = GraphStore(), StatementCache(Limits())
    texts = [
        "MATCH (n:User {id: 1}) RETURN n.name LIMIT 10",
        "MATCH (n:User {id: 1}) RETURN n.name LIMIT 11",
        "MATCH (n:User {id: 1.0}) RETURN n.name LIMIT 10",
        "MATCH (n:User {id: '1'}) RETURN n.name LIMIT 10",
        "MATCH (n:User {id: 1}) RETURN n.name, 10",
        "EXPLAIN MATCH (n:User {id: 1}) RETURN n.name LIMIT 10",
    ]
    assert len({id(prepared(cache, store, text).plan) for text in texts}) == len(texts)
    assert prepared(cache, store, texts[-1]).literals == {}, "the plan that is shown has the literals"


def test_texts_that_differ_in_white_space_and_comments_share_a_plan() -> None:
    store, cache = GraphStore(), StatementCache(Limits())
    first = prepared(cache, store, "MATCH (n:User {id: 1}) RETURN n.name, n.x + 1 AS x")
    places = [(one.unknown, one.offset) for one in first.notifications]
    assert places == [(("labels", "User"), 9), (("keys", "id"), 15), (("keys", "name"), 32), (("keys", "x"), 40)]
    for id in (2, 333):
        text = f"/* trace='1' */ MATCH (n:User {{id: {id}}})\n  RETURN n.name, // name\n n.x + 1 AS x"
        other = prepared(cache, store, text)
        assert other.plan is first.plan
        assert other.literals == {"#0": id}
        assert other.text == text
        expected = [text.index(name) for name in ("User", "id:", "name,", "x + 1")]
        assert [one.offset for one in other.notifications] == expected
    bare = "MATCH (n) RETURN n"
    assert prepared(cache, store, f"{bare} // 1").plan is prepared(cache, store, f"{bare} // 2").plan


def test_names_of_columns_are_as_written() -> None:
    store, cache = GraphStore(), StatementCache(Limits())
    first = prepared(cache, store, "MATCH (n {id: 1}) RETURN n.x +  1")
    assert first.columns == ("n.x +  1",)
    assert prepared(cache, store, "MATCH (n {id: 1}) RETURN n.x + 1").columns == ("n.x + 1",)
    assert prepared(cache, store, "MATCH (n {id: 2}) RETURN n.x + /* one */ 1").columns == ("n.x + /* one */ 1",)
    last = prepared(cache, store, "MATCH  (n {id: 33})  RETURN  n.x + /* one */ 1 // 1")
    assert last.columns == ("n.x + /* one */ 1",)
    assert prepared(cache, store, "MATCH (n {id: 4}) RETURN n.x + /* one */ 1 // 2").plan is last.plan


def test_a_text_that_is_written_like_a_shape_is_refused() -> None:
    store, cache = GraphStore(), StatementCache(Limits())
    prepared(cache, store, "MATCH (n {id: 1})  RETURN n.x")
    shapes = [key for key, entry in cache._entries.items() if not isinstance(entry, PreparedQuery)]
    assert len(shapes) == 2
    for shape, _ in shapes:
        with pytest.raises(CypherSyntaxError, match="unexpected character"):
            cache.prepare(shape, store.current)
    assert len(cache._entries) == 3


def test_a_shape_keeps_so_many_plans() -> None:
    store, cache = GraphStore(), StatementCache(Limits())
    for limit in range(1, 2 * VARIANTS_MAX):
        prepared(cache, store, f"MATCH (n {{id: 1}}) RETURN n LIMIT {limit}")
    newest = prepared(cache, store, f"MATCH (n {{id: 1}}) RETURN n LIMIT {2 * VARIANTS_MAX - 1}")
    assert prepared(cache, store, f"MATCH (n {{id: 2}}) RETURN n LIMIT {2 * VARIANTS_MAX - 1}").plan is newest.plan
    assert prepared(cache, store, "MATCH (n {id: 2}) RETURN n LIMIT 1").plan is not newest.plan
