"""Plug-ins, found through their entry points as pip leaves them."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from neo4j import GraphDatabase

from memgraph_py.errors import StartupError
from memgraph_py.functions.registry import AGGREGATES, FUNCTIONS, PROCEDURES
from memgraph_py.server.plugins import load_plugins
from tests.conftest import REPOSITORY, ServerProcess

EXAMPLE = REPOSITORY / "examples" / "plugin" / "memgraph_py_words.py"


def install(folder: Path, name: str, text: str) -> None:
    """What installing a distribution of one module leaves behind."""
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    information = folder / f"{name}-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (information / "entry_points.txt").write_text(f"[memgraph_py.plugins]\nit = {name}\n", encoding="utf-8")


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
    install(site, EXAMPLE.stem, EXAMPLE.read_text(encoding="utf-8"))
    server = start_process(environment={"PYTHONPATH": str(site)})
    with GraphDatabase.driver(server.bolt_uri) as driver, driver.session() as session:
        assert session.run("RETURN words.initials('Ada Lovelace'), words.initials(null)").values() == [["AL", None]]
        text = "UNWIND ['a', 'ccc', 'bb', null] AS x RETURN words.longest(x), count(x)"
        assert session.run(text).values() == [["ccc", 3]]
        rows = session.run("CALL words.split('a b a') YIELD word, count RETURN word, count ORDER BY word").values()
        assert rows == [["a", 2], ["b", 1]]


def test_one_that_is_imported_already_is_left_alone(site: Path) -> None:
    install(site, EXAMPLE.stem, EXAMPLE.read_text(encoding="utf-8"))
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
    ],
)
def test_one_that_cannot_be_loaded_is_named(site: Path, text: str, reason: str) -> None:
    install(site, "broken", text)
    with pytest.raises(StartupError) as caught:
        load_plugins()
    assert "the plug-in 'it' (broken) cannot be loaded" in str(caught.value) and reason in str(caught.value)
