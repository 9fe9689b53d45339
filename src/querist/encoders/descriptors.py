"""What can be said of a picture without having learned to see: edges, textures, colours, a thumbnail.

Each descriptor takes pictures (n, size, size, 3), float32 in 0..1, and gives (n, d) float32.
"""

from __future__ import annotations

import numpy as np

__all__ = ["colours", "edges", "textures", "thumbnails"]

_BINS = 8  # orientations of an edge, over half a turn
_FAINT = 1e-2  # blocks with less contrast than this are not blown up to full strength


def edges(x: np.ndarray, grids: tuple[int, ...] = (8, 4)) -> list[np.ndarray]:
    """Histograms of oriented gradients, one array a grid: where edges run in which direction.

    Each grid's cells are gathered in overlapping blocks of 2 x 2, and each block is scaled by its own
    strength, so that light does not matter.  Square roots even out strong and faint edges.

    Dalal and Triggs, Histograms of oriented gradients for human detection, 2005.
    """
    n, size = x.shape[:2]
    grey = x.mean(axis=3)
    across, down = np.zeros_like(grey), np.zeros_like(grey)
    across[:, :, 1:-1] = grey[:, :, 2:] - grey[:, :, :-2]
    down[:, 1:-1] = grey[:, 2:] - grey[:, :-2]
    angle = (np.arctan2(down, across) % np.pi) * np.float32(_BINS / np.pi)
    low = angle.astype(np.int32)
    share = angle - low
    strength = np.hypot(across, down)
    planes = np.zeros((n, size, size, _BINS), dtype=np.float32)
    at = np.ogrid[:n, :size, :size]
    planes[(*at, low % _BINS)] = strength * (1 - share)
    planes[(*at, (low + 1) % _BINS)] += strength * share
    return [_blocks(planes, cells) for cells in grids]


def _blocks(planes: np.ndarray, cells: int) -> np.ndarray:
    borders = np.linspace(0, planes.shape[1], cells + 1).astype(int)[:-1]
    held = np.add.reduceat(np.add.reduceat(planes, borders, axis=1), borders, axis=2)
    parts = [held[:, :-1, :-1], held[:, 1:, :-1], held[:, :-1, 1:], held[:, 1:, 1:]]
    blocks = np.concatenate(parts, axis=3)
    blocks /= np.sqrt((blocks**2).sum(axis=3, keepdims=True) + _FAINT)
    return np.asarray(np.sqrt(blocks.reshape(len(blocks), -1)), dtype=np.float32)


def textures(x: np.ndarray) -> np.ndarray:
    """Histograms of uniform local binary patterns: which small patterns the surface is made of.

    Ojala, Pietikainen and Maenpaa, Multiresolution gray-scale and rotation invariant texture
    classification with local binary patterns, 2002.
    """
    grey = x.mean(axis=3)
    middle = grey[:, 1:-1, 1:-1] + np.float32(0.01)
    height, width = middle.shape[1:]
    code = np.zeros(middle.shape, dtype=np.uint8)
    around = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
    for bit, (top, left) in enumerate(around):
        code |= (grey[:, top : top + height, left : left + width] > middle).astype(np.uint8) << bit
    return _shares(_UNIFORM[code].reshape(len(x), -1), int(_UNIFORM.max()) + 1)


def colours(x: np.ndarray) -> np.ndarray:
    """Histograms of brightness, saturation, two opponent colours and 125 mixed ones."""
    red, green, blue = x[..., 0], x[..., 1], x[..., 2]
    bright = x.max(axis=3)
    saturation = (bright - x.min(axis=3)) / (bright + 1e-3)
    single = (
        (bright, 8),
        (saturation, 8),
        ((red - green) / 2 + 0.5, 12),
        ((red + green - 2 * blue) / 4 + 0.5, 12),
    )
    parts = [_shares(_binned(values, bins), bins) for values, bins in single]
    mixed = _binned(red, 5) * 25 + _binned(green, 5) * 5 + _binned(blue, 5)
    return np.concatenate([*parts, _shares(mixed, 125)], axis=1)


def thumbnails(x: np.ndarray, side: int = 8) -> np.ndarray:
    """The picture in ``side`` x ``side`` grey dots."""
    n, size = x.shape[:2]
    borders = np.linspace(0, size, side + 1).astype(int)[:-1]
    held = np.add.reduceat(np.add.reduceat(x.mean(axis=3), borders, axis=1), borders, axis=2)
    return np.asarray(held.reshape(n, -1) * (side / size) ** 2, dtype=np.float32)


def _binned(values: np.ndarray, bins: int) -> np.ndarray:
    return np.minimum((values * bins).astype(np.int32), bins - 1).reshape(len(values), -1)


def _shares(codes: np.ndarray, bins: int) -> np.ndarray:
    """Square roots of the share of each code in each row (Hellinger's distance, for a linear model)."""
    n, pixels = codes.shape
    flat = (np.arange(n)[:, None] * bins + codes).ravel()
    counts = np.bincount(flat, minlength=n * bins).reshape(n, bins)
    return np.asarray(np.sqrt(counts / pixels), dtype=np.float32)


def _uniform_codes() -> np.ndarray:
    """Patterns with two changes around the circle at most keep a code each; the others share the last."""
    patterns = np.arange(256)
    turned = (patterns >> 1) | ((patterns & 1) << 7)
    changes = np.array([int(one).bit_count() for one in patterns ^ turned])
    codes = np.full(256, (changes <= 2).sum())
    codes[changes <= 2] = np.arange((changes <= 2).sum())
    return codes.astype(np.int32)


_UNIFORM = _uniform_codes()
