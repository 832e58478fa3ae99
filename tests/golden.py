"""Runs golden scripts: `tests/scripts/<area>/<case>.script`, each on a database of its own.

A script is a list of cases with an empty line between them. A case is statements, a line `---`, and what they give:

    > CREATE (:Person {name: 'Ada'})
    a> MATCH (p:Person)
       RETURN p.name
    [plan]> MATCH (p) RETURN p
    !> RETURN x
    ---
    a: 'Ada'
    Project …
    Neo.ClientError.Statement.SyntaxError: variable `x` is not defined

A line without `>` goes on with the statement above it; `; ` divides statements of one line; `//` begins a comment line.

- a name before `>` is a session, kept through the script; BEGIN, COMMIT and ROLLBACK are its transactions
- `!` before the name, or before the statement, expects an error, whose code and text are printed
- `[plan]` prints the plan instead of running it, `[rules]` also after each rule that changed it, and then runs it;
  `[summary]` prints what was written, after the rows
- `:params {map}` sets the parameters of the session

`pytest --update-golden` writes what the statements give into the scripts; the diff is the review.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import asdict

from memgraph_py.config import Limits
from memgraph_py.cypher import ast
from memgraph_py.cypher.analysis import analyse
from memgraph_py.cypher.parser import parse
from memgraph_py.engine.database import Database
from memgraph_py.engine.session import Session
from memgraph_py.errors import CypherError
from memgraph_py.optimizer.pipeline import trace
from memgraph_py.plan.printing import lines, value_text
from memgraph_py.planner import plan_query
from memgraph_py.storage.store import GraphStore
from memgraph_py.values.types import Node, Relationship, Value
from memgraph_py.values.types import Path as GraphPath

HEAD = re.compile(r"(?:\[(?P<tag>plan|rules|summary)\])?(?P<fails>!)?(?P<session>\w+)?> ?(?P<text>.*)")
TRANSACTION_WORDS = ("BEGIN", "COMMIT", "ROLLBACK")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a case."""

    session: str
    text: str
    tag: str | None
    fails: bool


@dataclass(slots=True)
class Case:
    """Statements, and what they are expected to print. ``source``: the lines above `---`, as they stand."""

    line: int
    source: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def statements(self) -> list[Statement]:
        """The statements in order."""
        found: list[list[str | bool | None]] = []
        for line in self.source:
            head = HEAD.fullmatch(line)
            if line.lstrip().startswith("//"):
                continue
            if head is None or line.startswith(" "):
                assert found, f"line {self.line}: a case begins with a statement, such as `> RETURN 1`"
                found[-1][1] = f"{found[-1][1]}\n{line.strip()}"
            else:
                found.append([head["session"] or "", head["text"], head["tag"], head["fails"] is not None])
        return [statement for entry in found for statement in _divided(*entry)]  # type: ignore[arg-type]  # as HEAD is


def _divided(session: str, text: str, tag: str | None, fails: bool) -> Iterator[Statement]:
    for part in re.split(r";\s+", text.rstrip("; \n")):
        marked = part.startswith("!")
        yield Statement(session, part.removeprefix("!").strip(), tag, fails or marked)


def read_cases(text: str) -> list[Case]:
    """The cases of a script."""
    cases: list[Case] = []
    current: Case | None = None
    answered = False
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            current = None
            continue
        if current is None:
            current, answered = Case(number), False
            cases.append(current)
        if line == "---":
            answered = True
        elif answered:
            current.expected.append(line)
        else:
            current.source.append(line)
    return cases


class ScriptRunner:
    """Runs the cases of one script on one database."""

    def __init__(self) -> None:
        self.database = Database(GraphStore(), Limits())
        self.sessions: dict[str, Session] = {}
        self.parameters: dict[str, dict[str, Value]] = {}

    def run(self, case: Case) -> list[str]:
        """What the case prints. Raises AssertionError where an expected error does not come, and any other error."""
        printed: list[str] = []
        for statement in case.statements():
            prefix = f"{statement.session}: " if statement.session else ""
            printed += [f"{prefix}{line}" for line in self._run(statement)]
        return printed

    def close(self) -> None:
        """Ends all sessions."""
        for session in self.sessions.values():
            session.close()

    def _run(self, statement: Statement) -> list[str]:
        try:
            printed = list(self._execute(statement))
        except CypherError as error:
            if not statement.fails:
                raise
            return f"{error.code}: {error.text()}".splitlines()
        assert not statement.fails, f"no error, but {printed}: {statement.text}"
        return printed

    def _execute(self, statement: Statement) -> Iterable[str]:
        session = self.sessions.get(statement.session)
        if session is None:
            session = self.sessions[statement.session] = self.database.session()
        given = self.parameters.setdefault(statement.session, {})
        text = statement.text
        if text.startswith(":params"):
            (row,) = session.run(f"RETURN {text.removeprefix(':params')} AS parameters").values()
            assert isinstance(row[0], dict)
            self.parameters[statement.session] = row[0]
            return []
        if text.upper() in TRANSACTION_WORDS:
            return self._transaction(session, text.upper())
        printed = self._plans(text, statement.tag)
        if statement.tag == "plan":
            return printed
        result = session.run(text, given)
        printed += [", ".join(map(shown, row)) for row in result.values()]
        if statement.tag == "summary":
            counters = asdict(result.summary().counters)
            printed.append(", ".join(f"{name} {count}" for name, count in counters.items() if count))
        return printed

    def _transaction(self, session: Session, word: str) -> list[str]:
        match word:
            case "BEGIN":
                session.begin()
            case "COMMIT":
                session.commit().result()
            case _:
                session.rollback()
        return []

    def _plans(self, text: str, tag: str | None) -> list[str]:
        if tag not in ("plan", "rules"):
            return []
        query = parse(text)
        assert isinstance(query, ast.Query), "only a query has a plan"
        plan = plan_query(query, analyse(query, text), text)
        stages = [("planned", lines(plan))]
        for name, changed in trace(plan, self.database.store.current):
            drawn = lines(changed)
            if drawn != stages[-1][1]:
                stages.append((name, drawn))
        if tag == "plan":
            return stages[-1][1]
        width = max(len(name) for name, _ in stages) + 2
        return [
            f"{f'{name}:' if place == 0 else '':{width}}{line}"
            for name, drawn in stages
            for place, line in enumerate(drawn)
        ]


def shown(value: Value) -> str:
    """A value as a script prints it; elements without their ids, properties by key."""
    match value:
        case Node(_, labels, properties):
            return f"({''.join(f':{label}' for label in sorted(labels))}{_properties(properties, ' ' * bool(labels))})"
        case Relationship(_, type_name, _, _, properties):
            return f"[:{type_name}{_properties(properties, ' ')}]"
        case GraphPath(nodes, relationships):
            text = shown(nodes[0])
            for place, relationship in enumerate(relationships):
                forward = relationship.start_id == nodes[place].id
                text += f"{'-' if forward else '<-'}{shown(relationship)}{'->' if forward else '-'}"
                text += shown(nodes[place + 1])
            return f"<{text}>"
        case list():
            return f"[{', '.join(map(shown, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {shown(item)}' for key, item in value.items())}}}"
        case _:
            return value_text(value)


def _properties(properties: dict[str, Value], before: str) -> str:
    if not properties:
        return ""
    return f"{before}{{{', '.join(f'{key}: {shown(properties[key])}' for key in sorted(properties))}}}"


# --- pytest ---


class ScriptFile(pytest.File):
    """A script as a collection of one test."""

    def collect(self) -> Iterator[pytest.Item]:
        """The one item."""
        yield ScriptItem.from_parent(self, name=self.path.stem)


class ScriptItem(pytest.Item):
    """Runs a script and compares, or updates it."""

    def runtest(self) -> None:
        """Fails with the first case that prints something else."""
        text = self.path.read_text(encoding="utf-8")
        cases = read_cases(text)
        update = self.config.getoption("--update-golden")
        runner = ScriptRunner()
        try:
            for case in cases:
                printed = runner.run(case)
                if update:
                    case.expected = printed
                elif printed != case.expected:
                    raise ScriptFailed(self.path, case, printed)
        finally:
            runner.close()
        if update:
            self.path.write_text("\n".join(map(_written, cases)), encoding="utf-8")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:
        """A difference as it is, any other error with its trace."""
        if isinstance(excinfo.value, ScriptFailed):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the item stands."""
        return self.path, 0, f"script: {self.name}"


class ScriptFailed(Exception):
    """A case printed something else."""

    def __init__(self, path: Path, case: Case, printed: list[str]) -> None:
        parts = [f"{path}:{case.line}", *case.source, "--- expected", *case.expected, "--- printed", *printed]
        super().__init__("\n".join(parts))


def _written(case: Case) -> str:
    return "\n".join([*case.source, "---", *case.expected]) + "\n"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that accepts what the scripts print."""
    parser.addoption("--update-golden", action="store_true", help="write what golden scripts print into them")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Scripts are tests."""
    return ScriptFile.from_parent(parent, path=file_path) if file_path.suffix == ".script" else None
