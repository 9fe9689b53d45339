"""Chance without state: one number in [0, 1) a key, fixed by a seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from querist.kernels.arrays import Array

__all__ = ["keys_of", "uniform"]

_CHUNK = 8192
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_STEP = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1


def uniform(keys: Array, seed: int, *, stream: int = 0) -> Array:
    """One number in [0, 1) for each key: the same key and seed give the same number, in any company.

    Prefer it to a generator where a draw must not depend on the order or the number of rows: the
    row that wins a lottery among ten wins it again when another has left.  It is SplitMix64 read
    out of turn; good for sampling, useless for secrets.

    Parameters
    ----------
    keys : (n,) integers
    seed, stream : int
        Different pairs give independent numbers.

    Returns
    -------
    (n,) float64

    >>> uniform(np.array([7, 8, 9]), seed=0)[1] == uniform(np.array([8]), seed=0)[0]
    np.True_

    Steele, Lea & Flood 2014, Fast splittable pseudorandom number generators.
    """
    start = (_scrambled(seed & _WORD) + _scrambled((stream & _WORD) ^ _STEP) * 3) & _WORD
    keys = np.asarray(keys)
    out = np.empty(keys.shape)
    for first in range(0, len(keys), _CHUNK):  # in the cache
        out[first : first + _CHUNK] = _mixed(keys[first : first + _CHUNK], np.uint64(start))
    return out


def keys_of(ids: Sequence[str | int]) -> Array:
    """A 64-bit key for each id, the same whatever its row: what :func:`uniform` draws by.

    Ids that print alike ("1" and 1) share a key.  Time and memory O(n), the latter in chunks.

    >>> keys_of(["a", "b"])[1] == keys_of(["b"])[0]
    np.True_
    """
    if isinstance(ids, range):
        return np.arange(ids.start, ids.stop, ids.step).astype(np.uint64)
    keys = np.empty(len(ids), dtype=np.uint64)
    for start in range(0, len(ids), _CHUNK):
        keys[start : start + _CHUNK] = _hashed(ids[start : start + _CHUNK])
    return keys


def _hashed(ids: Sequence[str | int]) -> Array:
    """FNV-1a over code points, column by column; the padding of shorter ids is passed over."""
    words = np.array([str(one) for one in ids], dtype=str)
    letters = words.view(np.uint32).reshape(len(words), -1)
    mixed = np.full(len(words), 0xCBF29CE484222325, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for column in letters.T:
            mixed = np.where(column, (mixed ^ column) * np.uint64(0x100000001B3), mixed)
    return mixed


def _mixed(keys: Array, start: np.uint64) -> Array:
    with np.errstate(over="ignore"):  # arithmetic modulo 2**64 is what is wanted
        mixed = keys.astype(np.uint64) * np.uint64(_STEP) + start
        mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX[0]
        mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX[1]
        mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)) * 2.0**-53


def _scrambled(word: int) -> int:
    word = ((word ^ (word >> 30)) * int(_MIX[0])) & _WORD
    word = ((word ^ (word >> 27)) * int(_MIX[1])) & _WORD
    return word ^ (word >> 31)
