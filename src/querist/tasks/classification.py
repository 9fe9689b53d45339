"""One class out of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from querist.specs import named
from querist.tasks.classes import OfClasses

__all__ = ["Classification"]


@named("classification")
@dataclass(frozen=True)
class Classification(OfClasses):
    """One class out of several; the order of the classes is the order of the model's columns.

    Parameters
    ----------
    classes : sequence of str
        Distinct, not empty words.  Whole numbers are taken as their digits, so that the labels of a
        scikit-learn data set go in as they are.
    open : bool
        True: a value that is not in the list yet is a new class.  Prefer False where the classes are
        known: then a slip of the pen is found out.

    >>> task = Classification(("sport", "world"))
    >>> task.validate("sport")
    'sport'
    >>> task.validate("sprot")
    Traceback (most recent call last):
    ...
    querist.errors.InvalidLabel: 'sprot' is not a class of this task. Did you mean 'sport'? ...
    >>> Classification(range(3)).validate(2)
    '2'
    >>> task.with_class("art").classes
    ('sport', 'world', 'art')
    """

    def validate(self, value: Any) -> str:
        """``value`` as one of the classes (any word at all, where the task is open).

        Raises
        ------
        InvalidLabel
            Not a word, or not a class; the message names the closest classes.
        """
        return self.class_named(value)
