"""What tasks with a list of classes share: the list, and the check of one name."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from querist.errors import InvalidInput, InvalidLabel

__all__ = ["OfClasses", "class_word"]

_SHOWN = 12


@dataclass(frozen=True)
class OfClasses:
    """A task whose values are made of classes: distinct words in an order, to which more may be added.

    Words that look the same are the same, however their accents are coded: names are kept in the composed
    form (Unicode NFC), without blanks around them.
    """

    name: ClassVar[str]

    classes: tuple[str, ...] = ()
    open: bool = False

    def __post_init__(self) -> None:
        given: Any = self.classes
        if isinstance(given, str) or not isinstance(given, Iterable):
            raise InvalidInput(
                f"The classes of a task are a sequence of words; got {given!r}.",
                mend=f"Write for example {type(self).__name__}(('yes', 'no')).",
            )
        classes = tuple(class_word(one) for one in given)
        if len(set(classes)) < len(classes):
            twice = next(one for one in classes if classes.count(one) > 1)
            raise InvalidInput(f"The class {twice!r} is in the list twice.", mend="Name every class once.")
        object.__setattr__(self, "classes", classes)

    def class_named(self, value: Any) -> str:
        """``value`` as one of the classes (any word at all, where the task is open); raises InvalidLabel."""
        word = class_word(value, InvalidLabel)
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

    def with_class(self, name: str) -> Self:
        """The same task with one more class, at the end; itself when it has that class."""
        word = class_word(name, InvalidLabel)
        return self if word in self.classes else replace(self, classes=(*self.classes, word))


def class_word(value: Any, error: type[InvalidInput] = InvalidInput) -> str:
    """The word for a class as it is kept everywhere: composed, and without blanks around it."""
    if isinstance(value, int | np.integer):
        return str(value)
    if not isinstance(value, str):
        raise error(
            f"A class is a word; got {value!r} of the type {type(value).__name__}.",
            mend="Give a string (a whole number is taken as its digits); absence is a skip, not a value.",
        )
    word = unicodedata.normalize("NFC", value).strip()  # an accent may be a letter or follow it: one word
    if not any(letter.isprintable() and not letter.isspace() for letter in word):
        raise error(f"A class needs a name; got {value!r}.", mend="Give at least one visible character.")
    return word
