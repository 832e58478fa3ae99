"""Queries made wrong: tokens and characters left out, doubled, swapped, put elsewhere; queries spliced and nested."""

import random
import re
from collections.abc import Callable, Sequence

TOKEN = re.compile(r"\s+|\w+|'[^']*'|\"[^\"]*\"|`[^`]*`|->|<-|\.\.|<>|<=|>=|=~|.", re.DOTALL)
WRAPPERS = (
    ("(", ")"),
    ("[", "]"),
    ("{", "}"),
    ("{a: ", "}"),
    ("CASE WHEN ", " THEN 1 END"),
    ("NOT ", ""),
    ("-", ""),
    ("EXISTS { ", " }"),
    ("COUNT { MATCH ", " }"),
    ("CALL { ", " }"),
    ("FOREACH (x IN [1] | ", ")"),
    ("[x IN ", " | x]"),
    ("all(x IN ", " WHERE true)"),
    ("reduce(t = 0, x IN ", " | t)"),
    ("toString(", ")"),
    ("count(DISTINCT ", ")"),
    ("/* ", " */"),
    ("'", "'"),
    ("`", "`"),
)
CHARACTERS = "()[]{}<>-=+*/%^.,:;|&!$'\"`\\ \n\t\0aN019_é😀\u2028\ufeff"
STRAY = (
    "WITH",
    "RETURN",
    "WHERE",
    "UNION",
    "null",
    "$p",
    "*",
    "..",
    "AS x",
    "ORDER BY",
    "LIMIT 1",
    "DISTINCT",
    "9" * 25,
    "IS :: INTEGER NOT NULL",
    "IS NOT TYPED LIST<STRING | DATE>",
    "IS A|!B",
    "QUERY MEMORY LIMIT 1 MB",
    "IS UNIQUE",
    "IS NODE KEY",
)


class Mutator:
    """Makes wrong queries of right ones."""

    def __init__(self, random: random.Random, seeds: Sequence[str]) -> None:
        self._random = random
        self._seeds = seeds
        self._ways: tuple[Callable[[list[str]], list[str]], ...] = (
            self._exchange,
            self._exchange,
            self._exchange,
            self._leave_out,
            self._double,
            self._swap,
            self._replace,
            self._insert,
            self._change_character,
            self._splice,
            self._wrap,
            self._repeat,
        )

    def text(self) -> str:
        """A query with one to four mutations."""
        tokens = self._tokens()
        for _ in range(self._random.choice((1, 1, 1, 1, 2, 3))):
            if tokens:
                tokens = self._random.choice(self._ways)(tokens)
        return "".join(tokens)

    def _tokens(self) -> list[str]:
        return TOKEN.findall(self._random.choice(self._seeds))

    def _place(self, tokens: list[str]) -> int:
        return self._random.randrange(len(tokens))

    def _part(self, tokens: list[str]) -> tuple[int, int]:
        start = self._place(tokens)
        return start, min(len(tokens), start + self._random.randint(1, 8))

    def _leave_out(self, tokens: list[str]) -> list[str]:
        start, stop = self._part(tokens)
        return tokens[:start] + tokens[stop:]

    def _double(self, tokens: list[str]) -> list[str]:
        start, stop = self._part(tokens)
        return tokens[:stop] + tokens[start:]

    def _swap(self, tokens: list[str]) -> list[str]:
        one, other = self._place(tokens), self._place(tokens)
        swapped = list(tokens)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        return swapped

    def _replace(self, tokens: list[str]) -> list[str]:
        other = self._tokens() or ["x"]
        place = self._place(tokens)
        return [*tokens[:place], other[self._place(other)], *tokens[place + 1 :]]

    def _exchange(self, tokens: list[str]) -> list[str]:
        """A name for a name, a keyword for a keyword, a number for a number, a sign for a sign."""
        place = self._place(tokens)
        others = [token for token in (*self._tokens(), *tokens) if _class(token) == _class(tokens[place])]
        return [*tokens[:place], self._random.choice(others), *tokens[place + 1 :]]

    def _insert(self, tokens: list[str]) -> list[str]:
        place = self._place(tokens)
        return [*tokens[:place], f" {self._random.choice(STRAY)} ", *tokens[place:]]

    def _change_character(self, tokens: list[str]) -> list[str]:
        text = "".join(tokens)
        place = self._random.randrange(len(text))
        inserted = self._random.choice(CHARACTERS) if self._random.random() < 0.7 else ""
        return [text[:place], inserted, text[place + self._random.randint(0, 1) :]]

    def _splice(self, tokens: list[str]) -> list[str]:
        other = self._tokens() or ["x"]
        return tokens[: self._place(tokens)] + other[self._place(other) :]

    def _wrap(self, tokens: list[str]) -> list[str]:
        start, stop = self._part(tokens)
        left, right = self._random.choice(WRAPPERS)
        times = self._random.choice((1, 1, 1, 2, 30))
        return [*tokens[:start], left * times, *tokens[start:stop], right * times, *tokens[stop:]]

    def _repeat(self, tokens: list[str]) -> list[str]:
        start, stop = self._part(tokens)
        return tokens[:start] + tokens[start:stop] * self._random.choice((3, 10, 50)) + tokens[stop:]


def _class(token: str) -> str:
    """What a token may stand for, by its looks."""
    if token[:1].isalpha():
        return "keyword" if token.isupper() and len(token) > 1 else "name"
    return (
        "number" if token[:1].isdigit() else "blank" if token.isspace() else "string" if token[:1] in "'\"" else "sign"
    )
