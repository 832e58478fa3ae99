"""A friendship graph like those of real users: 100,000 of them, 1,768,515 relationships, the same for the same seed.

Out-degrees are log-normal (sigma 1.1, at most 800); half of the targets lie near the source, within n / 100 places;
the others are drawn by popularity, place n · u^2.2 of a shuffled order; three in ten are answered by a relationship
back. No loops, no relationship twice. An age stands at seven of ten users.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from memgraph_py.columnar import Column, Kind
from memgraph_py.engine.database import Database
from memgraph_py.storage.store import GraphStore
from memgraph_py.storage.transaction import Access

USERS, FRIENDSHIPS = 100_000, 1_768_515
SIGMA, DEGREE_MAX, DRAWN_SHARE = 1.1, 800, 0.75
POPULARITY_EXPONENT, BACK_SHARE, AGE_SHARE = 2.2, 0.3, 0.7


@dataclass(frozen=True, slots=True)
class Social:
    """Users have ids from 1. ages: (users,), -1 where unknown. sources, targets: (friendships,) ids, shuffled."""

    ages: NDArray[np.int64]
    sources: NDArray[np.int64]
    targets: NDArray[np.int64]


def social(users: int = USERS, friendships: int = FRIENDSHIPS, seed: int = 7) -> Social:
    """The graph."""
    random = np.random.default_rng(seed)
    weights = np.exp(SIGMA * random.standard_normal(users))
    cap = min(DEGREE_MAX, users // 4)
    degrees = np.minimum(cap, weights * (friendships * DRAWN_SHARE / weights.sum()) + random.random(users)).astype(
        np.int64
    )
    popular = random.permutation(users)
    window = max(50, users // 100)
    found: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
    sources = np.repeat(np.arange(users), degrees)
    while len(found) < friendships:
        size = len(sources)
        near = (sources + random.integers(-window, window + 1, size)) % users
        far = popular[(users * random.random(size) ** POPULARITY_EXPONENT).astype(np.int64)]
        targets = np.where(random.random(size) < 0.5, near, far)
        back = random.random(size) < BACK_SHARE
        pairs = np.concatenate([sources * users + targets, (targets * users + sources)[back]])
        pairs = np.concatenate([found, pairs[pairs // users != pairs % users]])
        _, first = np.unique(pairs, return_index=True)
        found = pairs[np.sort(first)]
        sources = random.integers(0, users, max(1_000, friendships - len(found)))  # top up where pairs fell together
    found = random.permutation(found[:friendships])
    ages = np.clip(12 + random.gamma(2.2, 6.5, users), 0, 100).astype(np.int64)
    ages[random.random(users) >= AGE_SHARE] = -1
    return Social(ages, found // users + 1, found % users + 1)


def store_social(store: GraphStore, graph: Social) -> None:
    """`(:User {id, age})-[:Friend]->(:User)` in the store, with an index on the id."""
    session = Database(store).session()
    session.run("CREATE INDEX ON :User(id)").values()
    session.close()
    schema = store.current.schema
    count = len(graph.ages)
    properties = {
        schema.keys.intern("id"): Column(Kind.INT, np.arange(1, count + 1)),
        schema.keys.intern("age"): Column(Kind.INT, graph.ages, graph.ages >= 0),
    }
    transaction = store.begin(Access.WRITE)
    users = transaction.create_nodes(count, (schema.labels.intern("User"),), properties)
    friend = schema.types.intern("Friend")
    transaction.create_relationships(users[graph.sources - 1], users[graph.targets - 1], friend, {})
    store.commit(transaction).result()
