"""The grammar's files: no conflict, a function for every rule, and the cache of the tables."""

from pathlib import Path

import pytest
from lark.exceptions import GrammarError

from memgraph_py.cypher.construction import FAMILIES
from memgraph_py.cypher.parser import parse
from memgraph_py.cypher.tables import END, build_tables, grammar_text, load_tables


def test_grammar_has_no_conflict() -> None:
    """Lark resolves shift/reduce conflicts silently unless it is strict; ours has none at all."""
    assert build_tables(grammar_text()).rules


def test_a_conflict_is_an_error() -> None:
    ambiguous = grammar_text().replace('"NOT" negation -> not_', '"NOT" negation -> not_ | negation "AND" negation')
    assert ambiguous != grammar_text()
    with pytest.raises(GrammarError):
        build_tables(ambiguous)


def test_every_rule_has_one_function() -> None:
    for rule in load_tables().rules:
        if not rule.unit and not rule.name.startswith("_"):
            assert len([family for family in FAMILIES if hasattr(family, rule.name)]) == 1, rule.name


def test_tables_are_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    built = load_tables()
    (file,) = (tmp_path / "memgraph-py").iterdir()
    assert load_tables() == built
    file.write_text("{")
    assert _shape(load_tables()) == _shape(built)  # a damaged file is built anew


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert load_tables().actions


def _shape(tables: object) -> tuple[int, int]:
    return len(tables.actions), len(tables.rules)  # type: ignore[attr-defined]  # Tables, whose states are numbered by chance


def test_the_end_is_accepted_after_a_statement() -> None:
    assert any(END in row for row in load_tables().actions)
    assert parse("RETURN 1")
