"""One class out of several."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput, InvalidLabel
from querist.specs import named

__all__ = ["Classification"]

_SHOWN = 12


@named("classification")
@dataclass(frozen=True)
class Classification:
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
    """

    name: ClassVar[str]

    classes: tuple[str, ...] = ()
    open: bool = False

    def __post_init__(self) -> None:
        given: Any = self.classes
        if isinstance(given, str) or not isinstance(given, Iterable):
            raise InvalidInput(
                f"The classes of a task are a sequence of words; got {given!r}.",
                mend="Write for example Classification(('yes', 'no')).",
            )
        classes = tuple(_word(one) for one in given)
        if len(set(classes)) < len(classes):
            twice = next(one for one in classes if classes.count(one) > 1)
            raise InvalidInput(f"The class {twice!r} is in the list twice.", mend="Name every class once.")
        object.__setattr__(self, "classes", classes)

    def validate(self, value: Any) -> str:
        """``value`` as one of the classes (any word at all, where the task is open).

        Raises
        ------
        InvalidLabel
            Not a word, or not a class; the message names the closest classes.
        """
        word = _word(value, InvalidLabel)
        if word in self.classes or self.open:
            return word
        close = difflib.get_close_matches(word, self.classes, n=3, cutoff=0.5)
        guess = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
        listed = ", ".join(map(repr, self.classes[:_SHOWN])) or "none yet"
        more = f" and {len(self.classes) - _SHOWN} more" if len(self.classes) > _SHOWN else ""
        raise InvalidLabel(
            f"{word!r} is not a class of this task.",
            mend=f"{guess}Its classes are: {listed}{more}. A new class is added with add_class({word!r}).",
        )

    def with_class(self, name: str) -> Classification:
        """The same task with one more class, at the end; itself when it has that class.

        >>> Classification(("a",)).with_class("b").classes
        ('a', 'b')
        """
        word = _word(name, InvalidLabel)
        return self if word in self.classes else replace(self, classes=(*self.classes, word))


def _word(value: Any, error: type[InvalidInput] = InvalidInput) -> str:
    if isinstance(value, int | np.integer):
        return str(value)
    if not isinstance(value, str):
        raise error(
            f"A class is a word; got {value!r} of the type {type(value).__name__}.",
            mend="Give a string (a whole number is taken as its digits); absence is a skip, not a value.",
        )
    word = str(value).strip()
    if not word:
        raise error(f"A class needs a name; got {value!r}.", mend="Give at least one visible character.")
    return word
