"""How many of the items lately seen have a new item as their nearest: the density of streams.

Everything lies in one vector of float64: means and spreads of what was seen, and a window of rows, each
with the distance to its nearest neighbour so far, when it was last of use, and how well it is remembered.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from querist.kernels.arrays import Array
from querist.kernels.compiling import compiled

__all__ = ["density_state", "local_density"]

WIDTH, SIZE, COUNT, PLACE, SEEN, MEMORY = range(6)
HEAD = 6


def density_state(width: int, size: int, memory: float) -> Array:
    """A window of ``size`` rows that has seen nothing; ``memory`` 0 forgets the oldest first."""
    v = np.zeros(HEAD + 2 * width + size * (width + 3))
    v[WIDTH], v[SIZE], v[MEMORY] = width, size, memory
    return v


@compiled
def _weakest(v: Any, times: int, strengths: int) -> int:
    """The row that is remembered worst: strength fades with exp(-age / (memory * strength))."""
    worst, at = math.inf, 0
    for i in range(int(v[COUNT])):
        kept = -(v[SEEN] - v[times + i]) / (v[MEMORY] * v[strengths + i])
        if kept < worst:
            worst, at = kept, i
    return at


@compiled
def local_density(v: Any, x: Any) -> int:
    """Take in one row and tell of how many rows in the window it is the nearest so far.

    With a memory, each of those rows is refreshed, and the row that is remembered worst leaves.
    """
    width, size, count = int(v[WIDTH]), int(v[SIZE]), int(v[COUNT])
    means, squares, rows = HEAD, HEAD + width, HEAD + 2 * width
    nearest = rows + size * width
    times, strengths = nearest + size, nearest + 2 * size
    v[SEEN] += 1
    for j in range(width):
        off = x[j] - v[means + j]
        v[means + j] += off / v[SEEN]
        v[squares + j] += (off * (x[j] - v[means + j]) - v[squares + j]) / v[SEEN]
    density, closest = 0, math.inf
    for i in range(count):
        row = v[rows + i * width : rows + (i + 1) * width]
        distance = 0.0
        for j in range(width):
            off = row[j] - x[j]
            distance += off * off / (v[squares + j] + 1e-12)
        if distance < v[nearest + i]:
            density += 1
            v[nearest + i] = distance
            v[times + i] = v[SEEN]
            v[strengths + i] += 1.0
        closest = min(closest, distance)
    if count < size:
        at = count
        v[COUNT] += 1
    elif v[MEMORY] > 0:
        at = _weakest(v, times, strengths)
    else:
        at = int(v[PLACE])
        v[PLACE] = (at + 1) % size
    for j in range(width):
        v[rows + at * width + j] = x[j]
    v[nearest + at] = closest
    v[times + at] = v[SEEN]
    v[strengths + at] = 1.0
    return density
