"""Where the TCK lies, and how many of its scenarios pass, in process and over Bolt: all of them must."""

import pytest

from tests.tck.scenarios import Missing, Scenario, locate, read_all

_outcomes = pytest.StashKey[dict[str, dict[str, bool]]]()
_read = pytest.StashKey[list[Scenario]]()
_WAYS = {"test_scenario": "in process", "test_scenario_over_bolt": "over Bolt"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tck", metavar="PATH", help="folder of the openCypher TCK's feature files")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_outcomes] = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "scenario" not in metafunc.fixturenames:
        return
    try:
        scenarios = _scenarios(metafunc.config)
    except Missing as missing:
        skipped = pytest.mark.skip(reason=str(missing))
        metafunc.parametrize("scenario", [pytest.param(None, marks=skipped, id="tck")])
        return
    metafunc.parametrize("scenario", scenarios, ids=[scenario.id for scenario in scenarios])


def _scenarios(config: pytest.Config) -> list[Scenario]:
    """All of them, read once."""
    if _read not in config.stash:
        config.stash[_read] = read_all(locate(config.getoption("--tck", default=None)))
    return config.stash[_read]


@pytest.hookimpl
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    callspec = getattr(item, "callspec", None)  # of a test with parameters
    scenario = None if callspec is None else callspec.params.get("scenario")
    if call.when == "call" and isinstance(scenario, Scenario):
        way = _WAYS[item.originalname]  # type: ignore[attr-defined]  # it is a function
        item.config.stash[_outcomes].setdefault(way, {})[scenario.id] = call.excinfo is None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for way, outcomes in terminalreporter.config.stash.get(_outcomes, {}).items():
        passed = sum(outcomes.values())
        terminalreporter.write_line(
            f"openCypher TCK {way}: {passed} of {len(outcomes)} scenarios pass ({100 * passed / len(outcomes):.1f} %)"
        )
