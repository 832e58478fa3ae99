"""Every error a client can see, with its Neo4j status code.

One class per status code. ``ClientError``: the client must change something; ``TransientError``: retry as is;
``DatabaseError``: our fault. A message is short, lower case, without a full stop, names in quotes; ``hint`` says what
to do; ``position`` points into the query text; ``detail`` is the openCypher TCK's name of the case, such as
``UndefinedVariable``. Texts that STREAMS.md fixes keep their own spelling.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "ArgumentError",
    "BookmarkTimeout",
    "CommitFailed",
    "CommitUnknown",
    "ConstraintCreationFailed",
    "ConstraintExists",
    "ConstraintMissing",
    "ConstraintNameTaken",
    "ConstraintViolation",
    "CypherError",
    "CypherSyntaxError",
    "CypherTypeError",
    "DatabaseError",
    "DatabaseNotFound",
    "EntityNotFound",
    "EquivalentRuleExists",
    "Forbidden",
    "ForbiddenInTransaction",
    "ForbiddenOnConstraintIndex",
    "IndexNameTaken",
    "InvalidBookmark",
    "InvalidRequest",
    "LimitExceeded",
    "MemoryLimitExceeded",
    "MemoryPoolExceeded",
    "MistypedExpression",
    "ParameterMissing",
    "Position",
    "ProcedureCallFailed",
    "ProcedureNotFound",
    "RepeatedProperty",
    "SchemaError",
    "SemanticError",
    "ServiceUnavailable",
    "ShortestPathOfOneNode",
    "StartupError",
    "StreamError",
    "TransactionConflict",
    "TransactionTerminated",
    "TransactionTimedOut",
    "TransformError",
]


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a query text: ``offset`` from 0 in characters, ``line`` and ``column`` from 1."""

    offset: int
    line: int
    column: int


class CypherError(Exception):
    """Base of all errors that reach a client; never raised itself.

    Attributes: message, hint (None or a sentence that says what to do), position (None or a place in the text),
    detail (TCK name of the case, or None).
    """

    code: ClassVar[str] = "Neo.DatabaseError.General.UnknownError"
    tck_type: ClassVar[str] = "RuntimeError"
    message: str
    hint: str | None
    position: Position | None
    detail: str | None

    def __init__(
        self, message: str, *, hint: str | None = None, position: Position | None = None, detail: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.position = position
        self.detail = detail

    def text(self) -> str:
        """The whole message as a client reads it: message and place in the first line, the hint below it."""
        text = self.message
        if self.position is not None:
            text = f"{text} (line {self.position.line}, column {self.position.column} (offset: {self.position.offset}))"
        return text if self.hint is None else f"{text}\n{self.hint}"

    def __init_subclass__(cls, *, code: str, tck_type: str | None = None) -> None:
        cls.code = code
        cls.tck_type = tck_type or cls.__name__


class CypherSyntaxError(CypherError, code="Neo.ClientError.Statement.SyntaxError", tck_type="SyntaxError"):
    """The text is no statement, or breaks a rule that can be checked before it runs."""


class SemanticError(CypherError, code="Neo.ClientError.Statement.SemanticError", tck_type="SemanticError"):
    """The statement is well formed and cannot be carried out, such as MERGE on a null property."""


class CypherTypeError(CypherError, code="Neo.ClientError.Statement.TypeError", tck_type="TypeError"):
    """A value has a type that the function or clause does not take."""


class MistypedExpression(CypherTypeError, code="Neo.ClientError.Statement.SyntaxError", tck_type="TypeError"):
    """The same, known from the text alone."""


class ArgumentError(CypherError, code="Neo.ClientError.Statement.ArgumentError", tck_type="ArgumentError"):
    """A value has the right type and is out of range."""


class ArithmeticFailure(CypherError, code="Neo.ClientError.Statement.ArithmeticError", tck_type="ArithmeticError"):
    """Integer overflow or division by zero."""


class ParameterMissing(CypherError, code="Neo.ClientError.Statement.ParameterMissing", tck_type="ParameterMissing"):
    """The statement names a parameter that was not sent."""

    @classmethod
    def of(cls, names: Iterable[str]) -> "ParameterMissing":
        """For these parameters."""
        return cls(f"expected parameter(s): {', '.join(sorted(names))}", detail="MissingParameter")


class EntityNotFound(CypherError, code="Neo.ClientError.Statement.EntityNotFound", tck_type="EntityNotFound"):
    """A node or relationship that is read was deleted in this transaction."""


class ProcedureNotFound(CypherError, code="Neo.ClientError.Procedure.ProcedureNotFound", tck_type="ProcedureError"):
    """No procedure of that name is registered."""


class ProcedureCallFailed(CypherError, code="Neo.ClientError.Procedure.ProcedureCallFailed", tck_type="ProcedureError"):
    """A function or procedure of a plug-in raised an error, or gave what is no value."""


class ConstraintViolation(
    CypherError,
    code="Neo.ClientError.Schema.ConstraintValidationFailed",
    tck_type="ConstraintVerificationFailed",
):
    """A commit would break a constraint, or delete a node that still has relationships."""


class ConstraintCreationFailed(CypherError, code="Neo.DatabaseError.Schema.ConstraintCreationFailed"):
    """A constraint that the graph breaks already."""


class SchemaError(CypherError, code="Neo.ClientError.Schema.IndexAlreadyExists"):
    """An index on the same is there already; base of all that says that a rule is there."""


class EquivalentRuleExists(SchemaError, code="Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists"):
    """The same index or constraint, of the same name, is there already."""


class IndexNameTaken(SchemaError, code="Neo.ClientError.Schema.IndexWithNameAlreadyExists"):
    """An index has the name."""


class ConstraintExists(SchemaError, code="Neo.ClientError.Schema.ConstraintAlreadyExists"):
    """A constraint on the same is there already."""


class ConstraintNameTaken(SchemaError, code="Neo.ClientError.Schema.ConstraintWithNameAlreadyExists"):
    """A constraint has the name."""


class ForbiddenOnConstraintIndex(CypherError, code="Neo.ClientError.Schema.ForbiddenOnConstraintIndex"):
    """An index that belongs to a constraint goes with it alone."""


class SchemaMissing(CypherError, code="Neo.DatabaseError.Schema.IndexDropFailed"):
    """No index of that name or shape to drop; the codes of both are those of Neo4j."""


class ConstraintMissing(SchemaMissing, code="Neo.DatabaseError.Schema.ConstraintDropFailed"):
    """No constraint of that name or shape."""


class RepeatedProperty(CypherError, code="Neo.ClientError.Schema.RepeatedPropertyInCompositeSchema"):
    """An index or constraint that names a property twice."""


class InvalidRequest(CypherError, code="Neo.ClientError.Request.Invalid"):
    """A Bolt message that is wrong in content or comes in the wrong state."""


class Forbidden(CypherError, code="Neo.ClientError.Security.Forbidden"):
    """What no client may do here."""


class DatabaseNotFound(CypherError, code="Neo.ClientError.Database.DatabaseNotFound"):
    """There is one database, and it has another name."""


class InvalidBookmark(CypherError, code="Neo.ClientError.Transaction.InvalidBookmark"):
    """A bookmark that this server did not give out."""


class BookmarkTimeout(CypherError, code="Neo.TransientError.Transaction.BookmarkTimeout"):
    """A bookmark of a transaction that this server has not seen."""


class ForbiddenInTransaction(CypherError, code="Neo.ClientError.Transaction.ForbiddenDueToTransactionType"):
    """The statement is not allowed in an explicit transaction, or writes in one that was opened to read."""


class TransactionStartFailed(CypherError, code="Neo.DatabaseError.Transaction.TransactionStartFailed"):
    """A statement that makes transactions of its own, inside of another one. Drivers' tools send it again outside."""


class AccessModeViolation(CypherError, code="Neo.ClientError.Statement.AccessMode"):
    """A write in a transaction that was opened with access mode READ."""


class TransactionTerminated(CypherError, code="Neo.ClientError.Transaction.Terminated"):
    """The statement was cancelled, or somebody has ended its transaction."""


class TransactionTimedOut(TransactionTerminated, code="Neo.ClientError.Transaction.TransactionTimedOut"):
    """The same, because its time was over."""


class TransactionConflict(CypherError, code="Neo.TransientError.Transaction.Outdated"):
    """Another transaction committed a write to the same element first; nothing was written, retry as is."""


class LimitExceeded(CypherError, code="Neo.ClientError.General.LimitExceeded"):
    """A bound of ``config.Limits`` was reached."""


class MemoryLimitExceeded(CypherError, code="Neo.ClientError.General.TransactionOutOfMemoryError"):
    """A query would hold more memory than it may. Neo4j's code for the limit of one transaction: the transient one
    below has drivers send the same query again and again."""


class MemoryPoolExceeded(CypherError, code="Neo.TransientError.General.MemoryPoolOutOfMemoryError"):
    """All queries together would hold more memory than they may."""


class ShortestPathOfOneNode(CypherError, code="Neo.DatabaseError.Statement.ExecutionFailed"):
    """shortestPath() was asked for a way from a node back to it. Neo4j's code, though the client can change something:
    its default too, see `dbms.cypher.forbid_shortestpath_common_nodes`."""


class StreamError(CypherError, code="Neo.ClientError.Statement.ExecutionFailed"):
    """A stream clause cannot be carried out; texts are those of STREAMS.md."""


class ExternalResourceFailed(CypherError, code="Neo.ClientError.Statement.ExternalResourceFailed"):
    """A file of LOAD CSV that cannot be had, or is none."""


class TransformError(CypherError, code="Neo.ClientError.Statement.ExternalResourceFailed"):
    """The transform script failed, or could not be fetched; ``detail`` is the script's own traceback, or the cause."""

    def text(self) -> str:
        """The message, and on further lines the traceback or cause."""
        text = super().text()
        return text if self.detail is None else f"{text}\n{self.detail}"


class ServiceUnavailable(CypherError, code="Neo.TransientError.General.DatabaseUnavailable"):
    """The server cannot serve this now: it stops, or too many connections or transactions are open."""


class CommitFailed(CypherError, code="Neo.TransientError.Transaction.LogWriteFailed"):
    """The log could not be written; nothing was committed."""


class CommitUnknown(CommitFailed, code="Neo.DatabaseError.Transaction.TransactionLogError"):
    """The log could not be synced: the commit is not visible now, and may be there after a crash."""


class DatabaseError(CypherError, code="Neo.DatabaseError.General.UnknownError"):
    """Our fault."""


class StartupError(CypherError, code="Neo.DatabaseError.General.StartupFailed"):
    """The server cannot start: the data directory is in use, a file is damaged, a port is taken."""
