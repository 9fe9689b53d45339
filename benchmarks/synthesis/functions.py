"""Six standard test functions on the unit cube, as numbers and as sides of their median."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.data import Box
from querist.evaluation import Dataset

__all__ = ["FUNCTIONS", "Function", "numbers_of", "sides_of"]

POOL, TEST = 1000, 2000


@dataclass(frozen=True)
class Function:
    """A function of points of the unit cube; ``level`` parts the cube into two halves of like volume."""

    name: str
    columns: int
    at: Callable[[np.ndarray], np.ndarray]

    @property
    def box(self) -> Box:
        return Box(((0.0, 1.0),) * self.columns)

    @property
    def level(self) -> float:
        x = np.random.default_rng(12345).random((20_000, self.columns))
        return float(np.median(self.at(x)))


def _branin(u: np.ndarray) -> np.ndarray:
    x, y = 15 * u[:, 0] - 5, 15 * u[:, 1]
    curve = y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6
    return np.asarray(curve**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10)


def _camel(u: np.ndarray) -> np.ndarray:
    x, y = 4 * u[:, 0] - 2, 2 * u[:, 1] - 1
    return np.asarray((4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (-4 + 4 * y**2) * y**2)


def _himmelblau(u: np.ndarray) -> np.ndarray:
    x, y = 10 * u[:, 0] - 5, 10 * u[:, 1] - 5
    return np.asarray((x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2)


def _friedman(u: np.ndarray) -> np.ndarray:
    first = 10 * np.sin(np.pi * u[:, 0] * u[:, 1])
    return np.asarray(first + 20 * (u[:, 2] - 0.5) ** 2 + 10 * u[:, 3] + 5 * u[:, 4])


_ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
_A3 = np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
_P3 = 1e-4 * np.array([[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]])
_A6 = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
_P6 = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def _hartmann(a: np.ndarray, p: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    def at(u: np.ndarray) -> np.ndarray:
        away = (a * (u[:, None, :] - p) ** 2).sum(axis=2)
        return np.asarray(-(_ALPHA * np.exp(-away)).sum(axis=1))

    return at


FUNCTIONS = {
    one.name: one
    for one in (
        Function("branin", 2, _branin),
        Function("six-hump camel", 2, _camel),
        Function("himmelblau", 2, _himmelblau),
        Function("hartmann-3", 3, _hartmann(_A3, _P3)),
        Function("friedman", 5, _friedman),
        Function("hartmann-6", 6, _hartmann(_A6, _P6)),
    )
}
"""By name; Surjanovic & Bingham's library of test functions has their formulas."""


@dataclass(frozen=True)
class _Side:
    """On which side of its median the function is."""

    name: str
    level: float

    def __call__(self, x: Any) -> np.ndarray:
        return np.where(FUNCTIONS[self.name].at(np.asarray(x)) > self.level, "above", "below")


@dataclass(frozen=True)
class _Number:
    """The function by the standard deviation of its values."""

    name: str
    centre: float
    scale: float

    def __call__(self, x: Any) -> np.ndarray:
        return (FUNCTIONS[self.name].at(np.asarray(x)) - self.centre) / self.scale


def sides_of(function: Function) -> Dataset:
    """Points with the side of the median on which they are; the pool is drawn from them."""
    x, test = _points(function)
    answer = _Side(function.name, function.level)
    return Dataset(f"{function.name}, sides", x, answer(x), (test, answer(test)), oracle=answer)


def numbers_of(function: Function) -> Dataset:
    """Points with the values of the function, standardised."""
    x, test = _points(function)
    values = function.at(test)
    answer = _Number(function.name, float(values.mean()), float(values.std()))
    return Dataset(f"{function.name}, numbers", x, answer(x), (test, answer(test)), oracle=answer)


def _points(function: Function) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(777)
    return rng.random((4 * POOL, function.columns)), rng.random((TEST, function.columns))
