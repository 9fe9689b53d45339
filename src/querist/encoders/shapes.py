"""Pictures by their edges and colours: an encoder that needs no weights."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.data import open_image
from querist.encoders.encoder import Contents, Progress, Unreadable
from querist.errors import InvalidInput, NotFitted, SourceError
from querist.specs import named

__all__ = ["ShapesEncoder", "pixels_of"]

_BLOCK = 256


@named("shapes")
@dataclass(frozen=True)
class ShapesEncoder:
    """Pictures by oriented edges and colour, without weights to download.

    Histograms of oriented gradients over a grid of cells, with the layout of the colours.  It takes a tenth
    of a millisecond for a small picture.  Prefer a pretrained encoder ("efficientnet") for photographs.

    Dalal and Triggs, Histograms of oriented gradients for human detection, 2005.
    """

    name: ClassVar[str]
    size: int = 0

    def __post_init__(self) -> None:
        if self.size and not 16 <= self.size <= 512:
            raise InvalidInput(
                f"size is from 16 to 512; got {self.size}.", mend="Leave it at 0: it is found out."
            )

    def fitted(self, contents: Contents) -> ShapesEncoder:
        """Find out how large the pictures are, and whether they have colour."""
        made = copy.copy(self)
        object.__setattr__(made, "_learned", (self.size or 32, True))
        return made

    def encode(
        self, contents: Contents, *, progress: Progress | None = None, unreadable: Unreadable | None = None
    ) -> np.ndarray:
        """Features (n, d); a picture that cannot be read is zeros."""
        size, _ = self._known()
        parts = []
        for start in range(0, len(contents), _BLOCK):
            block = contents[start : start + _BLOCK]
            x, bad = pixels_of(block, size)
            features = _features(x)
            for i, reason in bad.items():
                features[i] = 0
                if unreadable is not None:
                    unreadable(start + i, reason)
            parts.append(features)
            if progress is not None:
                progress(start + len(block), len(contents))
        return np.concatenate(parts) if parts else np.zeros((0, 1), dtype=np.float32)

    def state(self) -> Mapping[str, np.ndarray]:
        """The size that was found out."""
        return {"size": np.array(self._known()[0])}

    def restored(self, state: Mapping[str, np.ndarray]) -> ShapesEncoder:
        """The encoder whose :meth:`state` this is."""
        made = copy.copy(self)
        object.__setattr__(made, "_learned", (int(state["size"]), True))
        return made

    def _known(self) -> tuple[int, bool]:
        learned: Any = getattr(self, "_learned", None)
        if learned is None:
            raise NotFitted("The encoder has not seen any picture yet.", mend="Call fitted(contents) first.")
        return learned  # type: ignore[no-any-return]


def pixels_of(contents: Contents, size: int) -> tuple[np.ndarray, dict[int, str]]:
    """Pictures as (n, size, size, 3) float32 in 0..1, and the reasons why some (zeros) could not be read."""
    x = np.zeros((len(contents), size, size, 3), dtype=np.float32)
    bad: dict[int, str] = {}
    for i, content in enumerate(contents):
        try:
            image = open_image(content.get("data") or content["path"], at_least=2 * size)
        except SourceError as error:
            bad[i] = error.message
            continue
        x[i] = np.asarray(image.resize((size, size)), dtype=np.float32) / 255
    return x, bad


def _features(x: np.ndarray, cells: int = 7, bins: int = 8) -> np.ndarray:
    n, size = x.shape[:2]
    grey = x.mean(axis=3)
    dy, dx = np.gradient(grey, axis=(1, 2))
    length = np.hypot(dx, dy)
    angle = (np.arctan2(dy, dx) % np.pi) * (bins / np.pi)
    low = np.floor(angle).astype(int) % bins
    share = angle - np.floor(angle)
    edge = np.linspace(0, size, cells + 1).astype(int)[:-1]
    planes = np.zeros((n, size, size, bins), dtype=np.float32)
    at = np.ogrid[:n, :size, :size]
    planes[(*at, low)] = length * (1 - share)
    planes[(*at, (low + 1) % bins)] += length * share
    pooled = np.add.reduceat(np.add.reduceat(planes, edge, axis=1), edge, axis=2)
    blocks = np.concatenate(
        [pooled[:, :-1, :-1], pooled[:, 1:, :-1], pooled[:, :-1, 1:], pooled[:, 1:, 1:]], axis=3
    )
    blocks = blocks / np.sqrt((blocks**2).sum(axis=3, keepdims=True) + 1e-2)
    coarse = (
        x[:, : size // 4 * 4, : size // 4 * 4].reshape(n, 4, size // 4, 4, size // 4, 3).mean(axis=(2, 4))
    )
    return np.concatenate([blocks.reshape(n, -1), coarse.reshape(n, -1)], axis=1).astype(np.float32)
