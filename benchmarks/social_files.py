"""The friendship graph of `benchmarks.social_graph` as two CSV files, as users would have them.

users.csv    id,age,gender,completion_percentage     an age stands at seven of ten, a gender at 99 of 100
edges.csv    src,dst
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.social_graph import FRIENDSHIPS, USERS, social

GENDERS = ("", "woman", "man")


@dataclass(frozen=True, slots=True)
class SocialFiles:
    """The files, and what a database that holds them must answer."""

    users_path: Path
    edges_path: Path
    users: int
    friendships: int
    answers: list[int]
    """Users, sum of their ages, of their completion; women; friendships; sum of the ids of the neighbours of user 1."""

    @property
    def elements(self) -> int:
        """Nodes and relationships."""
        return self.users + self.friendships


def write_social_files(folder: Path, times: int = 1) -> SocialFiles:
    """Write them there; a graph ``times`` as large has as many users and friendships more."""
    graph = social(times * USERS, times * FRIENDSHIPS)
    random = np.random.default_rng(11)
    count = len(graph.ages)
    draws = random.random(count)
    genders = np.where(draws < 0.01, 0, np.where(draws < 0.515, 1, 2))
    completion = (100 * random.beta(1.2, 1.6, count)).astype(np.int64)
    users, edges = folder / "users.csv", folder / "edges.csv"
    rows = zip(range(1, count + 1), graph.ages.tolist(), genders.tolist(), completion.tolist(), strict=True)
    with users.open("w", encoding="utf-8") as file:
        file.write("id,age,gender,completion_percentage\n")
        file.writelines(f"{id},{'' if age < 0 else age},{GENDERS[gender]},{done}\n" for id, age, gender, done in rows)
    with edges.open("w", encoding="utf-8") as file:
        file.write("src,dst\n")
        pairs = zip(graph.sources.tolist(), graph.targets.tolist(), strict=True)
        file.writelines(f"{source},{target}\n" for source, target in pairs)
    return SocialFiles(
        users,
        edges,
        count,
        len(graph.sources),
        [
            count,
            int(graph.ages[graph.ages >= 0].sum()),
            int(completion.sum()),
            int((genders == 1).sum()),
            len(graph.sources),
            int(graph.targets[graph.sources == 1].sum() + graph.sources[graph.targets == 1].sum()),
        ],
    )
