"""Rejected: what a function of construction raises."""


class Rejected(Exception):
    """What the grammar lets pass and is no Cypher; the parser makes a CypherSyntaxError of it."""

    def __init__(self, message: str, offset: int, *, hint: str | None = None, detail: str = "UnexpectedSyntax") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint
        self.detail = detail
