"""Newcomers: what somebody answers as who gives no name."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

__all__ = ["DEFAULT_NAME", "Newcomers"]

DEFAULT_NAME = "me"
_GRACE = 30.0  # seconds until somebody who was let in follows the news, or went again


class Newcomers:
    """Calls people who give no name so that no two who are here at once share their questions.

    The first is "me", as whoever labels alone remains; while somebody is here under that name (holds a
    question, or has the page open) the next is "me 2", and so on.

    >>> newcomers = Newcomers(held=lambda name: ["q1"] if name == "me" else [])
    >>> newcomers.name(), newcomers.name()
    ('me 2', 'me 3')
    """

    def __init__(self, held: Callable[[str], Collection[Any]]) -> None:
        self._held = held
        self._here: Counter[str] = Counter()
        self._greeted: dict[str, float] = {}
        self._greeting = threading.Lock()

    @contextmanager
    def here(self, name: str) -> Iterator[None]:
        """Whoever answers as ``name`` has the page open during the block; for the loop's thread alone."""
        self._here[name] += 1
        try:
            yield
        finally:
            self._here[name] -= 1

    def name(self) -> str:
        """The first name that nobody goes by just now."""
        with self._greeting:
            names = (DEFAULT_NAME if k == 1 else f"{DEFAULT_NAME} {k}" for k in count(1))
            free = next(name for name in names if not self._taken(name))
            self._greeted[free] = time.monotonic()
            return free

    def _taken(self, name: str) -> bool:
        greeted = self._greeted.get(name)
        if self._here[name] > 0 or (greeted is not None and time.monotonic() - greeted < _GRACE):
            return True
        return bool(self._held(name))
