"""Where the TCK lies, and the list of scenarios that do not pass yet.

A scenario on the list counts as a known failure when it fails, and fails the run when it passes; one that is not on the
list must pass. `--tck-update` writes the list anew from what this run found.
"""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.tck.scenarios import Scenario, locate, read_all

KNOWN_FAILURES = Path(__file__).with_name("known_failures.txt")
KNOWN_FAILURE = "known failure"
_known = pytest.StashKey[frozenset[str]]()
_all = pytest.StashKey[frozenset[str]]()
_outcomes = pytest.StashKey[dict[str, bool]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tck", metavar="PATH", help="folder of the openCypher TCK's feature files")
    parser.addoption("--tck-update", action="store_true", help="rewrite tests/tck/known_failures.txt")


def pytest_configure(config: pytest.Config) -> None:
    lines = KNOWN_FAILURES.read_text(encoding="utf-8").splitlines() if KNOWN_FAILURES.exists() else []
    config.stash[_known] = frozenset(filter(None, lines))
    config.stash[_outcomes] = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "scenario" not in metafunc.fixturenames:
        return
    folder = locate(metafunc.config.getoption("--tck", default=None))
    if folder is None:
        reason = "the openCypher TCK is not here: --tck PATH or MEMGRAPH_TCK tells where its features are"
        metafunc.parametrize("scenario", [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="tck")])
        return
    scenarios = read_all(folder)
    config = metafunc.config
    config.stash[_all] = frozenset(scenario.id for scenario in scenarios)
    gone = sorted(config.stash[_known] - config.stash[_all])
    if gone and not config.getoption("--tck-update", default=False):
        raise pytest.UsageError(f"{KNOWN_FAILURES.name} names {len(gone)} scenarios that the TCK has not: {gone[0]}")
    metafunc.parametrize("scenario", scenarios, ids=[scenario.id for scenario in scenarios])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    callspec = getattr(item, "callspec", None)  # of a test with parameters
    scenario = None if callspec is None else callspec.params.get("scenario")
    if call.when != "call" or not isinstance(scenario, Scenario):
        return (yield)
    config, error = item.config, call.excinfo
    config.stash[_outcomes][scenario.id] = error is None
    updating = config.getoption("--tck-update", default=False)
    listed = error is not None if updating else scenario.id in config.stash[_known]
    if listed and error is not None:
        call.excinfo = None  # so that no traceback is rendered, which takes longer than the scenario
    report = yield
    if listed and error is not None:
        report.user_properties.append((KNOWN_FAILURE, str(error.value)))
    elif listed:
        report.outcome = "failed"
        report.longrepr = f"passes now: take it off {KNOWN_FAILURES.name}, or run with --tck-update"
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    if report.when == "call" and report.passed and any(name == KNOWN_FAILURE for name, _ in report.user_properties):
        return "known failures", "x", "KNOWN FAILURE"
    return None


def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    outcomes = config.stash.get(_outcomes, {})
    if not config.getoption("--tck-update", default=False) or not outcomes:
        return
    unseen = (config.stash[_known] & config.stash[_all]) - outcomes.keys()
    failed = unseen | {id for id, passed in outcomes.items() if not passed}
    KNOWN_FAILURES.write_text("".join(f"{id}\n" for id in sorted(failed)), encoding="utf-8")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    outcomes = terminalreporter.config.stash.get(_outcomes, {})
    if outcomes:
        passed = sum(outcomes.values())
        terminalreporter.write_line(
            f"openCypher TCK: {passed} of {len(outcomes)} scenarios pass ({100 * passed / len(outcomes):.1f} %)"
        )
