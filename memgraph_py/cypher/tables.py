"""The parse tables of `grammar/*.lark`, compiled by Lark (LALR(1)) and cached on disk.

Lark reads the grammar and computes the automaton; ``parser.py`` drives it. Building takes 0.3 s, so the tables are
written as JSON into the user's cache folder under a key of the grammar's text, and read from there without Lark.
"""

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from sys import intern
from typing import Any

FILES = ("cypher.lark", "schema.lark", "streams.lark", "tables.lark", "terminals.lark")
END = intern("$END")

NOTHING = 1 << 30
"""In a layout: None stands here, for an optional part that was not written."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a reduction does. ``layout`` tells how ``length`` values become the arguments of the function ``name``:
    i is value i, ~i the list at i spliced in, ``NOTHING`` a None. ``unit``: the only argument is the result, without a
    call; a name with a leading underscore gathers its arguments in a list."""

    origin: str
    name: str
    length: int
    layout: tuple[int, ...]
    unit: bool


@dataclass(frozen=True, slots=True)
class Tables:
    """The automaton. ``actions[state][kind]`` is the next state, or ~i for a reduction by ``rules[i]``;
    ``gotos[state][origin]`` the next state after one. ``words`` are the keywords, ``signs`` the punctuation. Kinds are
    interned, in the lexer too: so one is found among the actions without a look at its letters."""

    start: int
    actions: list[dict[str, int]]
    gotos: list[dict[str, int]]
    rules: list[Rule]
    words: frozenset[str]
    signs: frozenset[str]


def load_tables() -> Tables:
    """The tables of the grammar in this installation: from the cache, else built and put there."""
    text = grammar_text()
    path = _cache_path(text)
    if path is not None:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            return _decode(json.loads(path.read_text(encoding="utf-8")))
    tables = build_tables(text)
    if path is not None:
        with contextlib.suppress(OSError):
            _write(path, json.dumps(_encode(tables)))
    return tables


def grammar_text() -> str:
    """The grammar's files, one after another. They lie beside the package in a checkout and inside it in a wheel."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "grammar", package.parent / "grammar"):
        if (folder / FILES[0]).is_file():
            return "\n".join((folder / name).read_text(encoding="utf-8") for name in FILES)
    raise FileNotFoundError(f"grammar/{FILES[0]} lies neither in {package} nor beside it")


def build_tables(text: str) -> Tables:
    """The tables of a grammar. Raises lark's GrammarError where a conflict remains: none is resolved silently."""
    from lark import Lark
    from lark.common import LexerConf
    from lark.lexer import Lexer

    class NoLexer(Lexer):
        """Stands where Lark wants a lexer: tokens come from ``lexer.py``."""

        def __init__(self, conf: LexerConf) -> None:
            del conf

        def lex(self, lexer_state: Any, parser_state: Any) -> Any:
            raise AssertionError("Lark's own driver is not used")

    lark = Lark(text, parser="lalr", lexer=NoLexer, maybe_placeholders=True, strict=True)
    written = {t.name: t.pattern.value for t in lark.terminals if t.pattern is not None and t.pattern.type == "str"}
    table = lark.parser.parser._parse_table  # it has no public name
    numbers: dict[Any, int] = {}
    rules: list[Rule] = []
    actions: list[dict[str, int]] = [{} for _ in table.states]
    gotos: list[dict[str, int]] = [{} for _ in table.states]
    origins = {rule.origin.name for rule in lark.rules}
    for state, row in table.states.items():
        for symbol, (action, argument) in row.items():
            if action.name == "Reduce":
                if argument not in numbers:
                    numbers[argument] = len(rules)
                    rules.append(_rule(argument))
                actions[state][written.get(symbol, symbol)] = ~numbers[argument]
            elif symbol in origins:
                gotos[state][symbol] = argument
            else:
                actions[state][written.get(symbol, symbol)] = argument
    # Lark stops in its end state; we shift the end, like any token
    actions[table.end_states["start"]][END] = table.end_states["start"]
    words = frozenset(value for value in written.values() if value[0].isalpha())
    signs = frozenset(written.values()) - words
    return Tables(table.start_states["start"], [*map(_interned, actions)], gotos, rules, words, signs)


def _rule(rule: Any) -> Rule:
    """Our rule of Lark's: it carries what Lark would do in its tree builder."""
    layout: list[int] = []
    position = 0
    for empty in rule.options.empty_indices or (False,) * len(rule.expansion):
        if empty:
            layout.append(NOTHING)
            continue
        symbol = rule.expansion[position]
        if symbol.is_term:
            dropped = symbol.filter_out and not rule.options.keep_all_tokens
            if not dropped:
                layout.append(position)
        else:
            layout.append(~position if symbol.name.startswith("_") else position)
        position += 1
    unit = bool(rule.options.expand1) and rule.alias is None and len(layout) == 1 and 0 <= layout[0] < NOTHING
    origin = str(rule.origin.name)
    return Rule(origin, rule.alias or origin, len(rule.expansion), tuple(layout), unit)


def _cache_path(text: str) -> Path | None:
    """Where the tables of this grammar are kept; None where there is no home folder."""
    folder = os.environ.get("XDG_CACHE_HOME")
    if not folder:
        home = os.path.expanduser("~")
        if not os.path.isabs(home):
            return None
        folder = os.path.join(home, ".cache")
    # this file decides how tables are made of a grammar, so its text belongs to the key
    key = hashlib.sha256(text.encode() + Path(__file__).read_bytes()).hexdigest()[:16]
    return Path(folder) / "memgraph-py" / f"grammar-{key}.json"


def _write(path: Path, text: str) -> None:
    """Replace a file at once, so that another process never reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except OSError:
        os.unlink(name)
        raise


def _encode(tables: Tables) -> dict[str, Any]:
    return {
        "start": tables.start,
        "actions": tables.actions,
        "gotos": tables.gotos,
        "rules": [asdict(rule) for rule in tables.rules],
        "words": sorted(tables.words),
        "signs": sorted(tables.signs),
    }


def _decode(data: dict[str, Any]) -> Tables:
    rules = [Rule(**{**rule, "layout": tuple(rule["layout"])}) for rule in data["rules"]]
    actions = [*map(_interned, data["actions"])]
    return Tables(data["start"], actions, data["gotos"], rules, frozenset(data["words"]), frozenset(data["signs"]))


def _interned(row: dict[str, int]) -> dict[str, int]:
    return dict(zip(map(intern, row), row.values(), strict=True))
