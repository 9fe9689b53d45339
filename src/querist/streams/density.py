"""Which items have company: those that several of the last ones have as their nearest neighbour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.stream_density import density_state, local_density
from querist.specs import named

__all__ = ["Cognition", "Density", "Neighbourhood"]


@named("stream_density")
@dataclass(frozen=True)
class Density:
    """Asks only about items that are the nearest so far of at least ``least`` of the last ``window``.

    Keeps questions from single odd items.  Prefer it where the stream has outliers; it costs one
    distance to each row of the window.

    Parameters
    ----------
    window, least : int

    Ienco, Zliobaite & Pfahringer 2014 (DBALStream).
    """

    window: int = 100
    least: int = 1

    def __post_init__(self) -> None:
        if self.window < 1 or self.least < 0:
            raise InvalidInput(
                f"window={self.window!r} and least={self.least!r} are counts.", mend="Leave them out."
            )

    def begin(self, width: int) -> Neighbourhood:
        """The window of a new stream, for rows of ``width`` numbers."""
        return Neighbourhood(density_state(width, self.window, 0.0), self.least)

    @classmethod
    def examples(cls) -> list[Density]:
        return [cls(), cls(window=20, least=2)]


@named("cognition")
@dataclass(frozen=True)
class Cognition:
    """``Density`` in a small window that forgets as people do: what was of use lately is kept longest.

    A row of the window is refreshed when a new item comes nearer to it than any before; memory fades with
    exp(-age / (memory * times refreshed)), and the row that is remembered worst makes room.

    Parameters
    ----------
    window, least : int
    memory : float
        Items in which the memory of a row that was never refreshed falls to 1/e.

    Liu, Xue, Wu, Li & Zhang 2023 (cognitive dual query strategies).
    """

    window: int = 30
    least: int = 1
    memory: float = 30.0

    def __post_init__(self) -> None:
        if self.window < 1 or self.least < 0 or not self.memory > 0:
            raise InvalidInput(
                f"window={self.window!r}, least={self.least!r} and memory={self.memory!r} are above 0.",
                mend="Leave them out.",
            )

    def begin(self, width: int) -> Neighbourhood:
        """The window of a new stream, for rows of ``width`` numbers."""
        return Neighbourhood(density_state(width, self.window, self.memory), self.least)

    @classmethod
    def examples(cls) -> list[Cognition]:
        return [cls(), cls(window=10, least=2, memory=100.0)]


class Neighbourhood:
    """A density at work on one stream."""

    __slots__ = ("least", "state")

    def __init__(self, state: np.ndarray, least: int) -> None:
        self.state, self.least = state, least

    def alone(self, x: Any) -> bool:
        """Whether too few rows have this one as their nearest; takes it in."""
        return bool(local_density(self.state, x) < self.least)
