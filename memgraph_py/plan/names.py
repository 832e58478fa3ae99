"""Names of columns that no query names: what the planner calls what has no name, columns that hold parameters, numbers
of rows. They begin with half a surrogate pair, which no text of a statement holds, so that none is a user's."""

_MARK = "\ud800"


def own(name: str) -> str:
    """The name as one of ours."""
    return _MARK + name


def is_own(name: str) -> bool:
    """True of a name that ``own`` gave."""
    return name[:1] == _MARK


def shown(text: str) -> str:
    """A text with names of ours as people read them."""
    return text.replace(_MARK, "@")


def of_parameter(name: str) -> str:
    """The column that holds a parameter of rows."""
    return f"{_MARK}${name}"
