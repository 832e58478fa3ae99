"""The openCypher technology compatibility kit, one test a scenario: in process, and over Bolt with the driver."""

from collections.abc import Iterator
from pathlib import Path

import neo4j
import pytest

from memgraph_py.functions.registry import PROCEDURES
from memgraph_py.server.plugins import load_plugins
from tests.conftest import ServerProcess
from tests.plugin_folder import install
from tests.tck.over_bolt import OverBolt
from tests.tck.runner import InProcess, run_scenario
from tests.tck.scenarios import Scenario

PLUGIN = Path(__file__).parent / "plugin"


@pytest.fixture(scope="module")
def plugin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the plug-in with the TCK's procedures is installed."""
    folder = tmp_path_factory.mktemp("site")
    install(PLUGIN, folder)
    return folder


@pytest.fixture(scope="module")
def plugin(plugin_folder: Path) -> Iterator[None]:
    """The plug-in, loaded in this process."""
    known = set(PROCEDURES)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(plugin_folder))
        load_plugins()
        yield
    for name in PROCEDURES.keys() - known:
        del PROCEDURES[name]


@pytest.fixture(scope="module")
def session(plugin_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[neo4j.Session]:
    """A session with a server that has the plug-in."""
    data_directory = tmp_path_factory.mktemp("tck")
    server = ServerProcess(data_directory, environment={"PYTHONPATH": str(plugin_folder)})
    try:
        with neo4j.GraphDatabase.driver(server.bolt_uri) as driver, driver.session() as session:
            yield session
    finally:
        if server.process.poll() is None:
            server.kill()


@pytest.mark.timeout(60)
@pytest.mark.usefixtures("plugin")
def test_scenario(scenario: Scenario) -> None:
    world = InProcess()
    try:
        run_scenario(scenario, world)
    finally:
        world.close()


@pytest.mark.timeout(60)
def test_scenario_over_bolt(scenario: Scenario, session: neo4j.Session) -> None:
    world = OverBolt(session)
    try:
        run_scenario(scenario, world)
    finally:
        world.clear()
