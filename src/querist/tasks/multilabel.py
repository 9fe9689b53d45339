"""Several classes at once: a label is a set of classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.errors import InvalidInput, InvalidLabel
from querist.specs import named
from querist.tasks.classes import OfClasses
from querist.tasks.multilabel_metrics import jaccard_distance

__all__ = ["MultiLabel", "indicator", "is_label_set", "label_sets"]


@named("multilabel")
@dataclass(frozen=True)
class MultiLabel(OfClasses):
    """Any number of classes an item, none included: the label is the set of those that it has.

    A label is given as any iterable of class names and kept as a tuple in the order of the classes, so
    that equal sets are equal values.  ``()`` is a label, which says that the item has none of the classes; an
    item that nobody has looked at has no label.  Prefer :class:`Classification` where one class
    excludes the others.

    Parameters
    ----------
    classes : sequence of str
        As for :class:`Classification`: distinct words, whole numbers taken as their digits.
    open : bool
        True: a name that is not in the list yet is a new class.

    >>> task = MultiLabel(("sport", "money", "war"))
    >>> task.validate({"war", "sport"}), task.validate([])
    (('sport', 'war'), ())
    >>> task.validate("war")
    Traceback (most recent call last):
    ...
    querist.errors.InvalidLabel: A label of this task is a set of classes; got 'war'. ...
    """

    def validate(self, value: Any) -> tuple[str, ...]:
        """``value`` as a tuple of classes in their order; new ones of an open task come last, by alphabet.

        Raises
        ------
        InvalidLabel
            Not an iterable of words, or a word that is no class; the message names the closest classes.
        """
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
            one = value if isinstance(value, str) else "sport"
            raise InvalidLabel(
                f"A label of this task is a set of classes; got {value!r}.",
                mend=f"Write a list: [{one!r}] for one class, [] for none of them.",
            )
        words = {self.class_named(one) for one in value}
        return (*(one for one in self.classes if one in words), *sorted(words.difference(self.classes)))

    def distance(self, one: Any, other: Any) -> float:
        """How far apart two labels are, from 0 (equal) to 1 (no class in common): Jaccard's distance.

        >>> MultiLabel(("a", "b", "c")).distance(["a", "b"], ["b"])
        0.5
        """
        return jaccard_distance(self.validate(one), self.validate(other))

    def indicator(self, labels: Sequence[Any]) -> np.ndarray:
        """Which classes each label has, (n, C) true or false.

        >>> MultiLabel(("a", "b")).indicator([["b"], []]).astype(int)
        array([[0, 1],
               [0, 0]])
        """
        return indicator([self.validate(one) for one in labels], self.classes)

    def labels(self, table: Any) -> list[tuple[str, ...]]:
        """The labels that an indicator matrix (n, C) holds, dense or sparse, one a row.

        >>> MultiLabel(("a", "b")).labels([[0, 1], [0, 0]])
        [('b',), ()]
        """
        return label_sets(table, self.classes)


def is_label_set(value: Any) -> bool:
    """Whether a value is a set of classes, and not one class: a tuple, list, set or frozenset."""
    return isinstance(value, tuple | list | set | frozenset)


def indicator(labels: Sequence[Any], classes: Sequence[Any]) -> np.ndarray:
    """Which of ``classes`` each label has, (n, C) true or false; a single class counts as a set of one.

    Names that are none of the classes are passed over.

    >>> indicator([("b",), (), "a"], ("a", "b")).tolist()
    [[False, True], [False, False], [True, False]]
    """
    place = {value: i for i, value in enumerate(classes)}
    table = np.zeros((len(labels), len(place)), dtype=bool)
    for row, label in zip(table, labels, strict=True):
        columns = [place.get(one, -1) for one in (label if is_label_set(label) else (label,))]
        row[[column for column in columns if column >= 0]] = True
    return table


def label_sets(table: Any, classes: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of an indicator matrix as tuples of classes; the inverse of :func:`indicator`.

    Raises
    ------
    InvalidInput
        The matrix has another number of columns, or holds something other than 0 and 1.
    """
    dense = np.asarray(table.toarray() if hasattr(table, "toarray") else table)
    if dense.ndim != 2 or dense.shape[1] != len(classes) or not np.isin(dense, (0, 1)).all():
        raise InvalidInput(
            f"An indicator matrix has one column a class and holds 0 and 1; got shape {dense.shape} of "
            f"{dense.dtype} for {len(classes)} classes.",
            mend="Give 1 where the row has the class and 0 where it has not.",
        )
    return [tuple(classes[int(column)] for column in np.flatnonzero(row)) for row in dense]
