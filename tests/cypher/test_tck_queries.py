"""Every query text of the openCypher TCK through parse and analyse: what must not compile does not, all else does.

Runs where the scenarios themselves run (``tests/tck``).
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis import analyse
from memgraph_py.cypher.parser import parse
from memgraph_py.errors import CypherError
from memgraph_py.functions.registry import PROCEDURES, Procedure
from tests.tck.scenarios import Missing, locate

_RAISED = re.compile(r"an? (\w+) should be raised at (compile time|runtime|any time): (\S+)")
_PROCEDURE = re.compile(r"there exists a procedure ([\w.]+)\((.*?)\) :: \((.*?)\)\s*:?$")


@dataclass(frozen=True, slots=True)
class Case:
    """A query of a scenario. expected: class and detail of the compile-time error, or None."""

    scenario: str
    text: str
    expected: tuple[str, str] | None
    runtime: bool
    procedures: tuple[Procedure, ...]


def cases(features: Path) -> Iterator[Case]:
    """All queries of all scenarios, outlines expanded."""
    for path in sorted(features.rglob("*.feature")):
        document = Parser().parse(path.read_text(encoding="utf-8"))
        document["uri"] = path.name
        for pickle in Compiler().compile(document):
            yield from _of_scenario(f"{path.stem}: {pickle['name']}", pickle["steps"])


def _of_scenario(name: str, steps: list[dict[str, object]]) -> Iterator[Case]:
    procedures = tuple(_procedure(match) for step in steps if (match := _PROCEDURE.match(str(step["text"]))))
    raised = next((match for step in steps if (match := _RAISED.match(str(step["text"])))), None)
    for step in steps:
        argument = step.get("argument")
        if not isinstance(argument, dict) or "docString" not in argument:
            continue
        checked = step["text"] == "executing query:"
        compile_time = checked and raised is not None and raised.group(2) == "compile time"
        expected = (raised.group(1), raised.group(3)) if compile_time and raised else None
        yield Case(name, argument["docString"]["content"], expected, checked and raised is not None, procedures)


def _procedure(match: re.Match[str]) -> Procedure:
    def fields(text: str) -> tuple[tuple[str, str], ...]:
        pairs = [part.split("::") for part in text.split(",") if part.strip()]
        return tuple((name.strip(), kind.strip()) for name, kind in pairs)

    return Procedure(match.group(1), fields(match.group(2)), fields(match.group(3)), lambda *_: [], "")


def outcome(case: Case, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str] | None:
    """Class and detail of what parsing and analysis raise, or None. A missing parameter is the engine's to find."""
    with monkeypatch.context() as patch:
        for procedure in case.procedures:
            patch.setitem(PROCEDURES, procedure.name, procedure)
        try:
            statement = parse(case.text)
            if isinstance(statement, ast.Query):
                analyse(statement, case.text)
        except CypherError as error:
            return error.tck_type, error.detail or f"no detail: {error.text()}"
    return None


def wrong(case: Case, raised: tuple[str, str] | None) -> str | None:
    """What is wrong with an outcome, or None."""
    expected = case.expected
    if expected == ("ParameterMissing", "MissingParameter") or (expected is None and case.runtime):
        return None
    if raised == expected:
        return None
    return f"{case.scenario}: {case.text.strip()!r}: expected {expected}, got {raised}"


def test_all_queries(pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        folder = locate(pytestconfig.getoption("--tck", default=None))
    except Missing as missing:
        pytest.skip(str(missing))
    failures: list[str] = []
    counts: Counter[str] = Counter()
    for case in cases(folder):
        counts["must not compile" if case.expected else "must compile"] += 1
        failure = wrong(case, outcome(case, monkeypatch))
        if failure is not None:
            failures.append(failure)
    assert counts["must not compile"] > 400
    assert not failures, f"{len(failures)} of {counts}:\n" + "\n".join(failures)
