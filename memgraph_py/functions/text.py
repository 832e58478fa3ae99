"""Functions of strings, and the infix symbols that match them. Source: openCypher 9, "String functions".

Positions count characters (code points). What is no string is a CypherTypeError in a function, and NULL beside
`STARTS WITH` and its kin.
"""

import math
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import regex

from memgraph_py.columnar import STRING_LENGTH_MASK, Column, Kind
from memgraph_py.errors import ArgumentError, LimitExceeded
from memgraph_py.functions.registry import Environment, columnar, scalar
from memgraph_py.functions.rows import each_pair, joint_validity, wrong_argument, wrong_operands
from memgraph_py.functions.string_columns import byte_lengths, contains_one, ends_of, equal_strings, starts_of
from memgraph_py.values.naming import COORDINATE_SYSTEMS
from memgraph_py.values.temporal_parts import TEMPORALS
from memgraph_py.values.temporal_text import text_of
from memgraph_py.values.types import Point, Value

_PLAIN_FROM, _PLAIN_BELOW = 1e-3, 1e7
"""Numbers between them are written without an exponent, as Java does."""
PATTERN_SECONDS_MAX = 1.0
"""For one text; a pattern and a text that need more are refused."""


@columnar("STARTS WITH", 2)
def starts_with(environment: Environment, arguments: list[Column]) -> Column:
    """Whether the text begins with the other one."""
    left, right = arguments
    if left.kind is Kind.STRING and right.kind is Kind.STRING:
        lengths = byte_lengths(right)
        long_enough = byte_lengths(left) >= lengths
        same = equal_strings(starts_of(left, np.where(long_enough, lengths, 0)), right)
        return Column(Kind.BOOL, same & long_enough, joint_validity(left, right))
    return each_pair(environment.bounds, _match(str.startswith), left, right)


@columnar("ENDS WITH", 2)
def ends_with(environment: Environment, arguments: list[Column]) -> Column:
    """Whether the text ends with the other one."""
    left, right = arguments
    if left.kind is Kind.STRING and right.kind is Kind.STRING:
        lengths = byte_lengths(right)
        long_enough = byte_lengths(left) >= lengths
        same = equal_strings(ends_of(left, np.where(long_enough, lengths, 0)), right)
        return Column(Kind.BOOL, same & long_enough, joint_validity(left, right))
    return each_pair(environment.bounds, _match(str.endswith), left, right)


@scalar("||", 2)
def concatenate(left: Value, right: Value) -> Value:
    """Two texts, or two lists, one after the other. Source: GQL, "concatenation"."""
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        return left + right
    raise wrong_operands("||", left, right)


@columnar("CONTAINS", 2)
def contains(environment: Environment, arguments: list[Column]) -> Column:
    """Whether the other text stands anywhere in the text."""
    left, right = arguments
    if left.kind is Kind.STRING and right.kind is Kind.STRING:
        found = contains_one(left, right)
        if found is not None:
            return Column(Kind.BOOL, found, joint_validity(left, right))
    return each_pair(environment.bounds, _match(str.__contains__), left, right)


@columnar("=~", 2)
def matches(environment: Environment, arguments: list[Column]) -> Column:
    """Whether the whole text matches the regular expression."""
    return each_pair(environment.bounds, _match(_full_match), *arguments)


@scalar("toupper", 1, signature="toUpper(input :: STRING) :: STRING")
@scalar("upper", 1, signature="upper(input :: STRING) :: STRING")
def to_upper(text: Value) -> Value:
    """The text in upper case."""
    return _text("toUpper", text).upper()


@scalar("tolower", 1, signature="toLower(input :: STRING) :: STRING")
@scalar("lower", 1, signature="lower(input :: STRING) :: STRING")
def to_lower(text: Value) -> Value:
    """The text in lower case."""
    return _text("toLower", text).lower()


@scalar("trim", 1, signature="trim(input :: STRING) :: STRING")
@scalar("btrim", 1, 2, signature="btrim(input :: STRING, trimCharacterString = ' ' :: STRING) :: STRING")
def trim(text: Value, characters: Value = None) -> Value:
    """The text without white space, or without the given characters, at both ends."""
    return _text("trim", text).strip(None if characters is None else _text("trim", characters))


@scalar("ltrim", 1, 2, signature="ltrim(input :: STRING, trimCharacterString = ' ' :: STRING) :: STRING")
def trim_left(text: Value, characters: Value = None) -> Value:
    """The text without white space, or without the given characters, at its beginning."""
    return _text("ltrim", text).lstrip(None if characters is None else _text("ltrim", characters))


@scalar("rtrim", 1, 2, signature="rtrim(input :: STRING, trimCharacterString = ' ' :: STRING) :: STRING")
def trim_right(text: Value, characters: Value = None) -> Value:
    """The text without white space, or without the given characters, at its end."""
    return _text("rtrim", text).rstrip(None if characters is None else _text("rtrim", characters))


@scalar(
    "substring", 2, 3, signature="substring(original :: STRING, start :: INTEGER, length = NULL :: INTEGER) :: STRING"
)
def substring(text: Value, start: Value, length: Value = None) -> Value:
    """``length`` characters from ``start`` (from 0), or all from there; less where the text ends."""
    whole, begin = _text("substring", text), _count("substring", start)
    return whole[begin:] if length is None else whole[begin : begin + _count("substring", length)]


@scalar("left", 2, signature="left(original :: STRING, length :: INTEGER) :: STRING")
def left(text: Value, length: Value) -> Value:
    """The first characters."""
    return _text("left", text)[: _count("left", length)]


@scalar("right", 2, signature="right(original :: STRING, length :: INTEGER) :: STRING")
def right(text: Value, length: Value) -> Value:
    """The last characters."""
    whole, count = _text("right", text), _count("right", length)
    return whole[max(0, len(whole) - count) :]


@scalar("replace", 3, signature="replace(original :: STRING, search :: STRING, replace :: STRING) :: STRING")
def replace(text: Value, search: Value, replacement: Value) -> Value:
    """The text with every occurrence of ``search`` replaced; unchanged when ``search`` is empty."""
    whole, found = _text("replace", text), _text("replace", search)
    if not found:
        return whole
    other = _text("replace", replacement)
    if len(other) > len(found) and len(whole) + whole.count(found) * (len(other) - len(found)) > STRING_LENGTH_MASK:
        raise LimitExceeded(f"a string has more than {STRING_LENGTH_MASK} bytes")
    return whole.replace(found, other)


@scalar(
    "split",
    2,
    signature="split(original :: STRING, splitDelimiters :: STRING | LIST<STRING>) :: LIST<STRING>",
)
def split(text: Value, delimiters: Value) -> Value:
    """The parts between the delimiters, a string or a list of them; the single characters for an empty one."""
    whole = _text("split", text)
    if isinstance(delimiters, list):
        marks = [_text("split", mark) for mark in delimiters]
        return list(re.split("|".join(map(re.escape, marks)), whole)) if marks else [whole]
    mark = _text("split", delimiters)
    parts: list[Value] = list(whole.split(mark) if mark else whole or [""])
    return parts


@scalar("normalize", 1, 2, signature="normalize(input :: STRING, normalForm = 'NFC' :: STRING) :: STRING")
def normalize(text: Value, form: Value = "NFC") -> Value:
    """The text in a Unicode normal form: NFC, NFD, NFKC or NFKD."""
    whole = _text("normalize", text)
    match form:
        case "NFC" | "NFD" | "NFKC" | "NFKD":
            return unicodedata.normalize(form, whole)
        case _:
            raise ArgumentError(f"unknown normal form '{_text('normalize', form)}'", hint="NFC, NFD, NFKC or NFKD")


def plain_text(value: Value) -> str | None:
    """The value as toString() and `+` beside a string write it; None of what has no such text."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return number_text(value)
        case Point(srid, coordinates):
            named = ", ".join(f"{name}: {number_text(at)}" for name, at in zip("xyz", coordinates, strict=False))
            return f"point({{{named}, crs: '{COORDINATE_SYSTEMS.get(srid)}'}})"
        case _:
            return text_of(value) if isinstance(value, TEMPORALS) else None


def number_text(value: float) -> str:
    """The number as Cypher writes it: `1`, `1.0`, `1.0E10`, `NaN`, `Infinity`."""
    if isinstance(value, int):
        return str(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or _PLAIN_FROM <= abs(value) < _PLAIN_BELOW:
        return repr(value)
    sign, digits, power = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(power, int)
    rest = "".join(map(str, digits[1:])) or "0"
    return f"{'-' if sign else ''}{digits[0]}.{rest}E{power + len(digits) - 1}"


def _match(test: Callable[[str, str], bool]) -> Callable[[Value, Value], Value]:
    """The test for two strings, NULL for other values."""

    def apply(left: Value, right: Value) -> Value:
        return test(left, right) if isinstance(left, str) and isinstance(right, str) else None

    return apply


def _full_match(text: str, pattern: str) -> bool:
    """Bounded in time: some patterns would take longer than the universe on some texts. Other threads go on
    meanwhile.
    """
    try:
        return regex.fullmatch(pattern, text, concurrent=True, timeout=PATTERN_SECONDS_MAX) is not None
    except TimeoutError as error:
        raise ArgumentError(
            f"'{pattern}' took longer than {PATTERN_SECONDS_MAX:g} s on one text",
            hint="write it without nested repetitions such as (a+)+",
            detail="InvalidArgumentValue",
        ) from error
    except (regex.error, RecursionError) as error:
        raise ArgumentError(f"'{pattern}' is no regular expression: {error}", detail="InvalidArgumentValue") from error


def _text(function: str, value: Value) -> str:
    if isinstance(value, str):
        return value
    raise wrong_argument(function, value, "STRING")


def _count(function: str, value: Value) -> int:
    """A number of characters. Raises CypherTypeError, or ArgumentError when negative."""
    if type(value) is not int:
        raise wrong_argument(function, value, "INTEGER")
    if value < 0:
        raise ArgumentError(f"'{function}' expects no negative number, got {value}", detail="NumberOutOfRange")
    return value
