"""What was worked out of a pool's features, kept for the next question about them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

__all__ = ["Memory", "memory_of"]


class Memory:
    """A few values that cost much to work out, each under a key; the longest unused goes first.

    What is kept is never changed: whoever has news makes a new value and keeps that in its place.  A value
    must be worth nothing but time, so that a fresh start gives the same answers.

    Parameters
    ----------
    most : int
        How many values are kept at once.

    >>> memory = Memory(most=2)
    >>> for key in ("a", "b", "c"):
    ...     _ = memory.keep(key, key.upper())
    >>> memory.get("a"), memory.get("c")
    (None, 'C')
    """

    def __init__(self, most: int = 8) -> None:
        self.most = most
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()  # one pool may be asked about from several threads

    def get(self, key: Hashable) -> Any:
        """What is kept under ``key``, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def keep(self, key: Hashable, value: Any) -> Any:
        """Keep ``value`` under ``key`` from now on, and return it."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self.most:
                self._values.popitem(last=False)
        return value


_OF: WeakKeyDictionary[Any, Memory] = WeakKeyDictionary()


def memory_of(pool: Any) -> Memory:
    """The one memory of ``pool``, which is forgotten with it.

    >>> from querist.data import Pool
    >>> pool = Pool([[0.0], [1.0]])
    >>> memory_of(pool) is memory_of(pool), memory_of(pool) is memory_of(Pool([[0.0], [1.0]]))
    (True, False)
    """
    return _OF.setdefault(pool, Memory())
