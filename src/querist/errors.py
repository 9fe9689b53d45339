"""Every error that querist raises, as one tree.

    QueristError
    |-- InvalidInput (ValueError)         an argument or a file is not what it must be
    |   |-- SourceError                   data that cannot be read: says where, and how to mend it
    |   |-- InvalidLabel                  a value that the task does not know
    |   |-- UnknownItem (KeyError)        an id that is not in the pool
    |   |-- UnknownQuery (KeyError)       a query that this campaign never asked
    |   `-- UnknownPart                   a name or a spec that no part of the registry has
    |-- MissingCapability (TypeError)     a strategy needs something that the model cannot give
    |-- MissingExtra (ImportError)        an optional dependency is not installed
    |-- CampaignError (RuntimeError)
    |   |-- AlreadyAnswered               a query told twice, with two answers
    |   |-- BudgetSpent                   the campaign's budget allows no further question
    |   |-- NotFitted                     a model was asked before it saw a label
    |   `-- TrainingFailed                a network could not learn: its loss is NaN, or memory ran out
    `-- StorageError (OSError)
        |-- Conflict                      somebody else wrote to the log first
        |-- CampaignInUse                 another process has the campaign open
        `-- DiskFull                      no room left; nothing was half-written

Each message says what happened with both values, why if that is likely, and the mend.
"""

from __future__ import annotations

__all__ = [
    "AlreadyAnswered",
    "BudgetSpent",
    "CampaignError",
    "CampaignInUse",
    "Conflict",
    "DiskFull",
    "InvalidInput",
    "InvalidLabel",
    "MissingCapability",
    "MissingExtra",
    "NotFitted",
    "QueristError",
    "SourceError",
    "StorageError",
    "TrainingFailed",
    "UnknownItem",
    "UnknownPart",
    "UnknownQuery",
]


class QueristError(Exception):
    """The root of every error that querist raises on purpose.

    ``mend`` is the sentence that says what to do; it is also the end of the message.
    """

    def __init__(self, message: str, *, mend: str = "") -> None:
        self.message = message
        self.mend = mend
        super().__init__(f"{message} {mend}".strip())

    def __str__(self) -> str:  # KeyError would show the repr
        return f"{self.message} {self.mend}".strip()

    def __reduce__(self) -> tuple[object, ...]:  # the mend is keyword-only; keep it through pickle
        return _rebuild, (type(self), self.message, self.mend)


def _rebuild(kind: type[QueristError], message: str, mend: str) -> QueristError:
    return kind(message, mend=mend)


class InvalidInput(QueristError, ValueError):
    """An argument or a file is not what it must be."""


class SourceError(InvalidInput):
    """Data that cannot be read; the message names the place and the mend."""


class InvalidLabel(InvalidInput):
    """A value that the task does not know."""


class UnknownItem(InvalidInput, KeyError):
    """An id that is not in the pool."""


class UnknownQuery(InvalidInput, KeyError):
    """A query that this campaign never asked."""


class UnknownPart(InvalidInput):
    """A name or a spec that no part of the registry has."""


class MissingCapability(QueristError, TypeError):
    """A strategy needs something that the model cannot give."""


class MissingExtra(QueristError, ImportError):
    """An optional dependency is not installed."""


class CampaignError(QueristError, RuntimeError):
    """A campaign cannot do what was asked of it in its present state."""


class AlreadyAnswered(CampaignError):
    """A query told twice, with two different answers."""


class BudgetSpent(CampaignError):
    """The campaign's budget allows no further question."""


class NotFitted(CampaignError):
    """A model was asked before it saw a label."""


class TrainingFailed(CampaignError):
    """A network could not learn, or not be asked: its loss is NaN, or memory ran out."""


class StorageError(QueristError, OSError):
    """The log or the folder could not be read or written; what was acknowledged is safe."""


class Conflict(StorageError):
    """Somebody else wrote to the log first: read on, and try again."""


class CampaignInUse(StorageError):
    """Another process has the campaign open."""


class DiskFull(StorageError):
    """No room left on the device; nothing was half-written."""
