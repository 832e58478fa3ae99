"""Plug-ins, found through their entry points as pip leaves them."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from neo4j import GraphDatabase, Query
from neo4j.exceptions import Neo4jError

from memgraph_py.engine.database import Database
from memgraph_py.errors import CypherError, StartupError
from memgraph_py.functions.registry import AGGREGATES, FUNCTIONS, PROCEDURES
from memgraph_py.server.plugins import load_plugins
from memgraph_py.storage.store import GraphStore
from tests.conftest import REPOSITORY, ServerProcess
from tests.plugin_folder import install as install_package

EXAMPLE = REPOSITORY / "examples" / "plugin"


def install(folder: Path, name: str, text: str) -> None:
    """A package of one module with this text."""
    package = folder.parent / f"package-{name}"
    package.mkdir()
    (package / f"{name}.py").write_text(text, encoding="utf-8")
    points = f'[project.entry-points."memgraph_py.plugins"]\nit = "{name}"\n'
    (package / "pyproject.toml").write_text(f'[project]\nname = "{name}"\nversion = "1.0"\n{points}', encoding="utf-8")
    install_package(package, folder)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of installed distributions; what they register is forgotten at the end."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = [dict(registry) for registry in (FUNCTIONS, AGGREGATES, PROCEDURES)]
    modules = set(sys.modules)
    yield folder
    for registry, known in zip((FUNCTIONS, AGGREGATES, PROCEDURES), before, strict=True):
        registry.clear()  # type: ignore[attr-defined]  # a dict
        registry.update(known)  # type: ignore[attr-defined]  # of its own kind
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def test_the_example_answers_over_bolt(tmp_path: Path, start_process: Callable[..., ServerProcess]) -> None:
    site = tmp_path / "site"
    site.mkdir()
    install_package(EXAMPLE, site)
    server = start_process(environment={"PYTHONPATH": str(site)})
    with GraphDatabase.driver(server.bolt_uri) as driver, driver.session() as session:
        assert session.run("RETURN words.initials('Ada Lovelace'), words.initials(null)").values() == [["AL", None]]
        text = "UNWIND ['a', 'ccc', 'bb', null] AS x RETURN words.longest(x), count(x)"
        assert session.run(text).values() == [["ccc", 3]]
        rows = session.run("CALL words.split('a b a') YIELD word, count RETURN word, count ORDER BY word").values()
        assert rows == [["a", 2], ["b", 1]]


def test_a_server_with_a_broken_one_does_not_start(tmp_path: Path, start_process: Callable[..., ServerProcess]) -> None:
    site = tmp_path / "site"
    site.mkdir()
    install(site, "not_today", "raise ValueError('not today')")
    server = start_process(environment={"PYTHONPATH": str(site)})
    assert server.wait() != 0
    assert "the package 'not_today' cannot be loaded: ValueError: not today" in server.stderr()


ENDLESS = """
import time
from memgraph_py.functions.registry import aggregate, procedure, scalar

@scalar("endless.value", 1)
def value(argument):
    "Never returns."
    while True:
        time.sleep(0.01)

@aggregate("endless.all", 1)
def all(environment, arguments, groups, group_count):
    "Never returns."
    value(None)

@procedure("endless.rows", (("argument", "INTEGER"),), (("row", "INTEGER"),))
def rows(environment, arguments):
    "Never returns."
    value(None)
"""


def test_one_that_never_returns_holds_up_nobody_else(
    tmp_path: Path, start_process: Callable[..., ServerProcess]
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    install(site, "endless", ENDLESS)
    server = start_process(environment={"PYTHONPATH": str(site)})
    texts = [
        "RETURN endless.value(1)",
        "MATCH (n) WHERE n.id = 1 RETURN endless.value(n.id)",
        "CREATE (n {id: endless.value(2)})",
        "RETURN CASE WHEN true THEN [1, endless.value(1)] END",
        "UNWIND [1] AS x RETURN endless.all(x)",
        "CALL endless.rows(1) YIELD row RETURN row",
    ]
    with GraphDatabase.driver(server.bolt_uri) as driver, driver.session() as session, driver.session() as other:
        session.run("CREATE ({id: 1})").consume()
        for text in texts:
            with pytest.raises(Neo4jError) as ended:
                session.run(Query(text, timeout=0.3)).consume()
            assert ended.value.code == "Neo.ClientError.Transaction.TransactionTimedOut"
            assert other.run("MATCH (n) RETURN count(n)").values() == [[1]]
        assert server.terminate() == 0


def test_one_that_is_imported_already_is_left_alone(site: Path) -> None:
    install_package(EXAMPLE, site)
    load_plugins()
    load_plugins()
    assert not FUNCTIONS["words.initials"].built_in and not PROCEDURES["words.split"].built_in
    assert FUNCTIONS["abs"].built_in and PROCEDURES["db.ping"].built_in


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("def broken(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError"),
        (
            "from memgraph_py.functions.registry import scalar\n@scalar('abs', 1)\ndef mine(x): return x",
            'there is a function or procedure "abs" already',
        ),
        ("from memgraph_py.functions.registry import *\n@scalar('mine.f', 1)\ndef f(x): return x", "has no docstring"),
        ("from memgraph_py.functions.registry import *\n@scalar('mine.F', 1)\ndef f(x): 'F.'", "in lower case"),
    ],
)
def test_one_that_cannot_be_loaded_is_named(site: Path, text: str, reason: str) -> None:
    install(
        site,
        "broken",
        f"from memgraph_py.functions.registry import scalar\n@scalar('mine.g', 1)\ndef g(x): 'G.'\n{text}",
    )
    with pytest.raises(StartupError) as caught:
        load_plugins()
    assert "mine.g" not in FUNCTIONS
    assert "the plug-in 'it' (broken) of the package 'broken' cannot be loaded" in str(caught.value) and reason in str(
        caught.value
    )


FAULTY = """
from memgraph_py.functions.registry import aggregate, columnar, procedure, scalar
@scalar('mine.object', 1)
def f(x):
    'No value.'
    return [object()]

@scalar('mine.large', 1)
def f(x):
    'Too large.'
    return {'n': 2 ** 64}

@columnar('mine.short', 1)
def f(environment, columns):
    'Rows are missing.'
    return columns[0].slice(0, 1)

@aggregate('mine.none', 1)
def f(environment, columns, groups, group_count):
    'No column.'

@procedure('mine.wide', (), (('a', 'INTEGER'),))
def f(environment, arguments):
    'Too many values.'
    return [(1, 2)]

@procedure('mine.late', (('n', 'INTEGER'),), (('a', 'INTEGER'),), optional=(2,))
def f(environment, arguments):
    'Fails after some rows.'
    for number in range(arguments[0]):
        yield (number,)
    raise KeyError('late')
"""


def test_what_plug_ins_do_wrong_is_told_as_their_error(site: Path) -> None:
    install(site, "faulty", FAULTY)
    load_plugins()
    session = Database(GraphStore()).session()
    for text in (
        "RETURN mine.object(1)",
        "RETURN mine.large(1)",
        "UNWIND [1, 2] AS x RETURN mine.short(x)",
        "RETURN mine.none(1)",
        "CALL mine.wide()",
        "CALL mine.late()",
        "CALL mine.late(0) YIELD a RETURN a",
    ):
        with pytest.raises(CypherError) as caught:
            session.run(text).values()
        assert caught.value.code == "Neo.ClientError.Procedure.ProcedureCallFailed", text
        assert caught.value.message.startswith('"mine.'), text
