"""Text to tokens: cut by one regular expression, then a second look at brackets and neighbours.

Cypher is LALR(1) once a few tokens are told apart that look alike, by what stands around them:

    (a)-[r]->(b)    the `(` of a node pattern, since a relationship follows its `)`      (a) - [1]   an expression
    [x IN xs | y]   a comprehension                                                      [x, y]      a list
    [(a)-->(b) | b] a pattern comprehension, since `|` stands in these brackets          [(a)]       a list
    [x IN xs | y]   `|` divides it, the first one of its brackets behind no label        n:A|B       labels
    all(x IN xs …)  a quantifier                                                         all         a name
    EXISTS { … }    a subquery                                                           exists(n.p) a function

What is left is decided by the parser's state (``parser.py``): a token that cannot stand where it does is taken as its
``fallback``, so a keyword is a name wherever it is no keyword. What is wrong becomes a token of kind ``INVALID``, so
that errors come in the order of the text.
"""

import re
from collections.abc import Collection, Mapping
from itertools import accumulate, chain, compress
from sys import intern
from typing import Any, TypeAlias

from memgraph_py.cypher.tables import END
from memgraph_py.errors import CypherSyntaxError, Position
from memgraph_py.immutable import immutable
from memgraph_py.values.types import Value

INVALID = "INVALID"
Found: TypeAlias = "Value | CypherSyntaxError"
"""The value of a token."""

DEPTH_MAX = 200
"""Brackets inside brackets, and levels of the tree: analysis and planning recurse, a few frames a level, and Python
allows 1,000 of them."""

INTEGER_MAX = 2**63 - 1

_TOKEN = re.compile(
    r"""
      [a-zA-Z_]\w*|[](){},:;]|[^\W\d]\w*
    | (?:[0-9][0-9_]*\.[0-9]+|\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?\w*
    | \.\.|\|\||<>|<=|>=|=~|\+=|/(?![*/])|[-+*%^=<>(){}\[\],.:;|&!]
    | \$(?:\s|//[^\r\n]*+|/\*.*?\*/)*+(?:\w+|`(?:[^`]|``)*`|(?=\())
    | '[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"
    | `(?:[^`]|``)*`
    """,
    re.VERBOSE | re.DOTALL,
)
_BLANKS = re.compile(r"\s+|//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_PIECE = re.compile(rf"[ ]|{_TOKEN.pattern}|{_BLANKS.pattern}|.+", re.VERBOSE | re.DOTALL)
"""A blank, a token, more blanks or a comment, or all the rest of the text where none of these begins. What is not
closed goes on to the end: to look for its end again and again would be slow. What most pieces are is tried first."""
_BLANK = ""
"""The kind of blanks and comments."""
_SIGNS = (
    *("..", "||", "<>", "<=", ">=", "=~", "+=", "-", "+", "*", "/", "%", "^", "=", "<", ">"),
    *("(", ")", "{", "}", "[", "]", ",", ".", ":", ";", "|", "&", "!"),
)
_BRACKETS = frozenset("()[]|")
_OPENING = frozenset("([{")
_LOOKED_AT = _BRACKETS | frozenset("{}")
_NUMBER = re.compile(
    r"""
    (?P<float>[0-9]*\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)
    |[0-9]+|0[xX][0-9a-fA-F]+|0[oO][0-7]+
    """,
    re.VERBOSE,
)
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9a-fA-F])_(?=[0-9a-fA-F])")
_NAME_AT_END = re.compile(r"(?:\w+|`(?:[^`]|``)*`)\Z")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
"""What else stands behind a backslash keeps it: a regular expression can be written as it is. Source: Neo4j 5."""

_QUANTIFIERS = frozenset({"ALL", "ANY", "NONE", "SINGLE"})
_SHORTEST = frozenset({"SHORTESTPATH", "ALLSHORTESTPATHS"})
_SUBQUERIES = frozenset({"EXISTS", "COUNT", "COLLECT"})
_NAMES_BEFORE_SIGNS = frozenset({"CASE", "CONSTRAINT", "DISTINCT", "INDEX", "NOT", "SHORTEST", "STREAM"})
"""Keywords that may stand where a name may: before one of these signs they are names."""
_COMPARATORS = frozenset({"=", "<>", "<=", ">="})
_OPERAND_ENDS = frozenset(
    {
        *("NAME", "INTEGER", "FLOAT", "STRING", "PARAMETER", "NULL", "TRUE", "FALSE", "INF", "INFINITY", "NAN"),
        *("END", ")", "]", "}"),
    }
)
_BEHIND_IS = frozenset({"NULL", "NOT", "TYPED", "NORMALIZED", ":"})
_TRIM_SIDES = frozenset({"BOTH", "LEADING", "TRAILING"})
_AFTER_NAMES = frozenset({".", "=", "<>", "<=", ">=", ")", "]", "}", ",", "/", "%", "^", "|"})

_FALLBACKS = {
    "(": "_NODE_OPEN",
    "_NODE_OPEN": "(",
    "-": "_DASH",
    "_DASH": "-",
    "<": "_ARROW_LEFT",
    "_ARROW_LEFT": "<",
    ">": "_ARROW_RIGHT",
    "_ARROW_RIGHT": ">",
    "|": "_BAR",
    "_BAR": "|",
    "_COMPREHENSION_OPEN": "[",
    "_PATTERN_COMPREHENSION_OPEN": "[",
    "QUANTIFIER": "NAME",
    "SHORTEST_PATH": "NAME",
}


def kinds_of(words: Collection[str]) -> dict[str, str]:
    """The kinds of blanks, signs and keywords, these in upper and in lower case; ``words`` are in upper case."""
    upper = {word: intern(word) for word in (*words, *_SPECIAL)}
    signs = {" ": _BLANK, "\n": _BLANK, **{sign: intern(sign) for sign in _SIGNS}}
    return {**signs, **{word.lower(): kind for word, kind in upper.items()}, **upper}


def fallbacks(words: Collection[str]) -> dict[str, str]:
    """kind → the kind to try where it is not accepted."""
    return {**dict.fromkeys(words, "NAME"), **_FALLBACKS}


@immutable
class Tokens:
    """The tokens of a text, one entry each, the last of kind ``END``. A value: the text of a word or sign, the name
    without backticks, the Python value of a literal, the ``CypherSyntaxError`` of what is ``INVALID``."""

    kinds: list[str]
    values: list[Found]
    starts: list[int]
    ends: list[int]


def position(text: str, offset: int) -> Position:
    """The place of an offset in a text."""
    before = text[:offset]
    return Position(offset, before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


def tokenise(text: str, known: Mapping[str, str]) -> Tokens:
    """The tokens of a text; ``known`` are the ``kinds_of`` its keywords. Blanks and comments are left out."""
    pieces: list[str] = _PIECE.findall(text)
    stops = [*accumulate(map(len, pieces))]
    kinds: list[Any] = [*map(known.get, pieces)]
    values: list[Found] = [*pieces]
    if kinds and kinds[-1] is None and not (_TOKEN.fullmatch(pieces[-1]) or _BLANKS.fullmatch(pieces[-1])):
        kinds[-1], values[-1] = INVALID, _invalid_character(text, pieces[-1][0], len(text) - len(pieces[-1]))
    for index, kind in enumerate(kinds):
        if kind is None:
            word = pieces[index]
            if word.isidentifier():
                kinds[index] = known.get(word.upper(), "NAME")
                continue
            kinds[index], values[index] = _valued(text, word, stops[index] - len(word))
            if kinds[index] is INVALID:  # no parser gets past it
                del kinds[index + 1 :]
                break
    starts = [*compress(chain((0,), stops), kinds), len(text)]
    ends = [*compress(stops, kinds), len(text)]
    values = [*compress(values, kinds), None]
    kinds = [*filter(None, kinds), END]
    tokens = Tokens(kinds, values, starts, ends)
    if not _SPECIAL.isdisjoint(kinds):
        _retag_words(tokens)
    if not _BRACKETS.isdisjoint(kinds):
        _retag_brackets(tokens, text)
    return tokens


def _valued(text: str, written: str, start: int) -> tuple[str, Found]:
    """Kind and value of a literal, a parameter, a quoted name, a word with odd letters, or of blanks."""
    first = written[0]
    if first in "0123456789.":
        return _number(text, written, start)
    if first in "'\"":
        return _string(text, written, start)
    if first == "$":
        name = _NAME_AT_END.search(written)
        if name is None:
            return "$", written
        return "PARAMETER", name[0][1:-1].replace("``", "`") if name[0][0] == "`" else name[0]
    if first == "`":
        return "NAME", written[1:-1].replace("``", "`")
    return (_BLANK, None) if _BLANKS.fullmatch(written) else ("NAME", written)


def _number(text: str, written: str, start: int) -> tuple[str, Found]:
    digits = _BETWEEN_DIGITS.sub("", written) if "_" in written else written
    match = _NUMBER.fullmatch(digits)
    if match is None:
        return INVALID, _error(text, start, f'invalid number "{written[:40]}"', "InvalidNumberLiteral")
    if match.group("float") is not None:
        number = float(digits)
        if number == float("inf"):
            return INVALID, _error(text, start, f'number "{written[:40]}" is too large', "FloatingPointOverflow")
        return "FLOAT", number
    # more digits than any 64-bit number has: int() itself refuses thousands of them
    value = int(digits, 0 if digits[:1] == "0" and not digits.isdigit() else 10) if len(digits) < 80 else 2**64
    if value > INTEGER_MAX:
        # the error is raised where the parser does not want this kind
        kind = "LEAST_INTEGER" if value == INTEGER_MAX + 1 else INVALID
        return kind, _error(text, start, f'integer "{written[:40]}" does not fit 64 bits', "IntegerOverflow")
    return "INTEGER", value


def _string(text: str, written: str, start: int) -> tuple[str, Found]:
    body = written[1:-1]
    if "\\" not in body:
        return "STRING", body
    try:
        value = _ESCAPE.sub(_unescape, body)
        # a character beyond 16 bits may be written as two surrogates, as in JSON; a lone one is no text
        return "STRING", value.encode("utf-16", "surrogatepass").decode("utf-16")
    except ValueError:
        return INVALID, _error(text, start, "a string holds an invalid escape", "InvalidUnicodeLiteral")


def _unescape(match: re.Match[str]) -> str:
    four, eight, letter = match.groups()
    if letter is not None:
        if letter == "u":
            raise ValueError(match.group())
        return _ESCAPES.get(letter, match.group())
    return chr(int(four or eight, 16))


def _invalid_character(text: str, written: str, start: int) -> CypherSyntaxError:
    if written == "/":
        return _error(text, start, "the comment that begins here does not end", "UnexpectedSyntax")
    if written in "'\"`":
        return _error(text, start, "the string or name that begins here does not end", "UnexpectedSyntax")
    detail = "UnexpectedSyntax" if written.isascii() else "InvalidUnicodeCharacter"
    return _error(text, start, f'unexpected character "{written}"', detail)


def _error(text: str, offset: int, message: str, detail: str) -> CypherSyntaxError:
    return CypherSyntaxError(message, position=position(text, offset), detail=detail)


def _retag_words(tokens: Tokens) -> None:
    """Turn keywords into names, or into kinds of their own, by what follows them."""
    kinds = tokens.kinds
    for index in [index for index, kind in enumerate(kinds) if kind in _SPECIAL]:
        kind = kinds[index]
        following = kinds[index + 1]
        if kind in _SUBQUERIES:
            # `count {.name}` projects a map of the variable count
            opens = following == "{" and kinds[index + 2] != "."
            if not opens and not (kind == "EXISTS" and _after_if(kinds, index)):
                kinds[index] = "NAME"
        elif kind in _SHORTEST:
            kinds[index] = "SHORTEST_PATH" if following == "(" else "NAME"
        elif kind == "REDUCE":
            kinds[index] = kind if following == "(" and kinds[index + 3 : index + 4] == ["="] else "NAME"
        elif kind == "WITH":
            if _is_zoned_type(tokens.values, index):
                kinds[index] = "NAME"
        elif kind == "WHEN":
            _retag_when(kinds, index)
        elif kind in _NAMES_BEFORE_SIGNS:
            if following in _AFTER_NAMES:
                kinds[index] = "NAME"
        elif kind in _TRIM_SIDES:
            if kinds[index - 1] != "(" or not (following[0].isalpha() or following in ("(", "[", "{")):
                kinds[index] = "NAME"
        elif kind in ("STARTS", "ENDS"):
            if following != "WITH":
                kinds[index] = "NAME"
        elif following == "(" and kinds[index + 3 : index + 4] == ["IN"]:
            kinds[index] = "QUANTIFIER"
        elif kind in ("ALL", "ANY") and _is_selector(tokens, index):
            kinds[index] = "SHORTEST"
        elif kind != "ALL" and not (kind == "ANY" and following == "<"):  # the type ANY<A | B>
            kinds[index] = "NAME"


def _is_selector(tokens: Tokens, index: int) -> bool:
    """True for ALL and ANY before a path: `ANY SHORTEST (a)-->+(b)`, `ANY 3 PATHS (a)-->+(b)`, `ALL (a)-->+(b)`."""
    following = tokens.kinds[index + 1]
    return following in ("SHORTEST", "(", "INTEGER") or str(tokens.values[index + 1]).upper() in ("PATH", "PATHS")


def _retag_when(kinds: list[str], index: int) -> None:
    """Tell `CASE x WHEN = 1` and `WHEN IS NULL` from variables of these names."""
    following = kinds[index + 1]
    if following in _AFTER_NAMES and not (following in _COMPARATORS and kinds[index - 1] in _OPERAND_ENDS):
        kinds[index] = "NAME"
    elif following == "IS":
        is_test = kinds[index + 2] in _BEHIND_IS or kinds[index + 3 : index + 4] == ["NORMALIZED"]
        kinds[index + 1] = "IS" if is_test else "NAME"


def _is_zoned_type(values: list[Found], index: int) -> bool:
    """True within the types `TIME WITH TIME ZONE` and `TIMESTAMP WITH TIMEZONE`."""
    before, *after = (str(value).upper() for value in values[max(index - 1, 0) : index + 3] if value is not None)
    zone = after[1:] == ["TIME", "ZONE"] or after[1:2] == ["TIMEZONE"]
    return zone and before in ("TIME", "TIMESTAMP")


def _after_if(kinds: list[str], index: int) -> bool:
    """True within `IF EXISTS` and `IF NOT EXISTS`."""
    return "IF" in kinds[max(index - 2, 0) : index]


def _retag_brackets(tokens: Tokens, text: str) -> None:
    """Tell node patterns, comprehensions and strokes of relationships from their likes."""
    kinds = tokens.kinds
    closed: dict[int, int] = {}
    bars: dict[int, list[int]] = {}
    opened: list[int] = []
    for index in [index for index, kind in enumerate(kinds) if kind in _LOOKED_AT]:
        kind = kinds[index]
        if kind in _OPENING:
            opened.append(index)
            if len(opened) > DEPTH_MAX:
                kinds[index] = INVALID
                tokens.values[index] = _too_deep(text, tokens.starts[index])
                break
        elif kind == "|":
            bars.setdefault(opened[-1] if opened else -1, []).append(index)
        elif opened:
            closed[opened.pop()] = index
    for start, end in closed.items():
        if kinds[start] == "(":
            if _is_node(kinds, start) and _is_relationship(kinds, end + 1, closed):
                kinds[start] = "_NODE_OPEN"
                kinds[end + 1] = _FALLBACKS[kinds[end + 1]]
        elif kinds[start] == "[":
            if kinds[start + 2] == "IN" and kinds[start + 1][0].isalpha():
                kinds[start] = "_COMPREHENSION_OPEN"
            elif start in bars and (kinds[start + 1] in ("(", "_NODE_OPEN") or kinds[start + 2] == "="):
                kinds[start] = "_PATTERN_COMPREHENSION_OPEN"
    for start, places in bars.items():
        for place in places:
            if place != _divider(kinds, start, places, closed):
                kinds[place] = "_BAR"


def _divider(kinds: list[str], start: int, bars: list[int], closed: dict[int, int]) -> int | None:
    """Which of the `|` right inside a bracket divides it; the others stand between labels or types."""
    if start < 0:
        return None
    before = kinds[start - 1] if start else END
    if kinds[start] == "(" and before == "FOREACH":
        return bars[0]
    if kinds[start].endswith("COMPREHENSION_OPEN") or (kinds[start] == "(" and before == "REDUCE"):
        return next((bar for bar in bars[:-1] if not _may_join(kinds, bar, closed)), bars[-1])
    return None


def _may_join(kinds: list[str], bar: int, closed: dict[int, int]) -> bool:
    """True when what stands before and behind the `|` could be labels or types."""
    before, after = kinds[bar - 1], kinds[bar + 1]
    if kinds[bar + 2 : bar + 3] and kinds[bar + 2] in _BEHIND_OPERANDS and after[0].isalpha():
        return False
    if before == ")":
        opened = next((start for start, end in closed.items() if end == bar - 1), 0)
        return kinds[opened - 1] in _BEFORE_LABELS
    if before[0].isalpha():
        return before in _TYPE_ENDS or kinds[bar - 2] in _BEFORE_LABELS or kinds[bar - 2] == "NAME"
    return before in ("%", ">", "!")


_BEFORE_LABELS = frozenset((":", "|", "_BAR", "&", "!", "(", "<", "IS", "TYPED", "$", "PARAMETER"))
_BEHIND_OPERANDS = frozenset((".", ":", "(", "[", "{", "+", "-", "*", "/", "^"))
_TYPE_ENDS = frozenset(("NULL", "LIST", "ARRAY"))


def _too_deep(text: str, offset: int) -> CypherSyntaxError:
    return _error(text, offset, f"nested more than {DEPTH_MAX} levels deep", "UnexpectedSyntax")


def _is_node(kinds: list[str], start: int) -> bool:
    """True when what follows the `(` could be a node pattern."""
    first, second = kinds[start + 1], kinds[start + 2] if start + 2 < len(kinds) else END
    if first in (")", ":", "{", "PARAMETER"):
        return True
    return first[0].isalpha() and second in (")", ":", "{", "PARAMETER", "WHERE")


def _is_relationship(kinds: list[str], index: int, closed: dict[int, int]) -> bool:
    """True when `-[…]-(`, `--(`, `<--(`, `-->(`, `-->+(`, `-->{1,3}(` and their like stand at ``index``."""
    if kinds[index] == "<":
        index += 1
    if kinds[index] != "-":
        return False
    index += 1
    if kinds[index] == "[":
        if index not in closed:
            return False
        index = closed[index] + 1
    if kinds[index] != "-":
        return False
    index += 1
    if kinds[index] == ">":
        index += 1
    if kinds[index] in ("+", "*"):
        index += 1
    elif kinds[index] == "{" and index in closed:
        index = closed[index] + 1
    return kinds[index] in ("(", "_NODE_OPEN")


_SPECIAL = (
    _QUANTIFIERS
    | _SHORTEST
    | _SUBQUERIES
    | _NAMES_BEFORE_SIGNS
    | _TRIM_SIDES
    | {"ENDS", "REDUCE", "STARTS", "WHEN", "WITH"}
)
