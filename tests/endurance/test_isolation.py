"""What tests/isolation records in seconds, for minutes: `pytest --endurance tests/endurance`."""

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from neo4j import GraphDatabase

from tests.isolation.recording import CHAIN, PROPERTY, Form, Recorder
from tests.isolation.test_isolation import is_sound

if TYPE_CHECKING:
    from tests.conftest import ServerProcess

ROUNDS = 60
SECONDS = 10.0


@pytest.mark.timeout(0)
@pytest.mark.parametrize("form", [PROPERTY, CHAIN], ids=["property", "chain"])
def test_no_anomaly_in_many_histories(start_process: "Callable[..., ServerProcess]", form: Form) -> None:
    """One history after another, the server killed in each."""
    for _ in range(ROUNDS):
        seed = random.randrange(1_000_000)
        print(f"seed {seed}")
        recorder = Recorder(form, seed)
        server = start_process()
        with GraphDatabase.driver(server.bolt_uri) as driver:
            with driver.session() as session:
                session.run("MATCH (n) DETACH DELETE n").consume()
                session.run(
                    "DROP INDEX ON :Register(key)" if list(session.run("SHOW INDEXES")) else "RETURN 1"
                ).consume()
            recorder.set_up(driver)

            def kill(server: "ServerProcess" = server) -> None:
                time.sleep(SECONDS)
                server.kill()

            recorder.run(driver, 60.0, kill)
        last = start_process()
        with GraphDatabase.driver(last.bolt_uri) as driver:
            recorder.run(driver, 1.0)
            is_sound(recorder, recorder.final(driver))
        assert last.terminate() == 0
