"""The openCypher technology compatibility kit, one test a scenario."""

import pytest

from tests.tck.runner import run_scenario
from tests.tck.scenarios import Scenario


@pytest.mark.timeout(60)
def test_scenario(scenario: Scenario) -> None:
    run_scenario(scenario)
