"""Fixtures: a server-like process at each post, one for all its tests."""

import platform
from collections.abc import Iterator

import pytest

from tests.sandbox.posts import POSTS, HostProcess, Post


@pytest.fixture(scope="session", params=POSTS, ids=lambda post: post.name)
def host(request: pytest.FixtureRequest) -> Iterator[HostProcess]:
    """At every post that this test run can have."""
    post: Post = request.param
    process = HostProcess(post)
    yield process
    process.close()


@pytest.fixture(scope="session")
def first_host() -> Iterator[HostProcess]:
    """At the first of them, for what need not be shown everywhere."""
    process = HostProcess(POSTS[0])
    yield process
    process.close()


@pytest.fixture
def known_machine() -> None:
    """Skips where the attacks' numbers of system calls would mean something else."""
    if platform.machine() != "x86_64":
        pytest.skip(f"the attacks' system calls are numbered for x86_64, not {platform.machine()}")
