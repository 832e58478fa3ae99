"""The statement cache is bounded, by entries and by characters."""

from memgraph_py.config import Limits
from memgraph_py.engine.statements import StatementCache
from memgraph_py.storage.store import GraphStore


def text(number: int, length: int) -> str:
    return f"RETURN {number} AS x /*" + "x" * length + "*/"


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
