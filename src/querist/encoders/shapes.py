"""Pictures by their edges, textures and colours: an encoder that needs no weights."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from querist.data import open_image
from querist.encoders.descriptors import colours, edges, textures, thumbnails
from querist.encoders.directions import leading_directions
from querist.encoders.encoder import Contents, Progress, Unreadable
from querist.errors import InvalidInput, NotFitted, SourceError
from querist.specs import named

__all__ = ["ShapesEncoder", "pixels_of"]

_BLOCK = 128  # pictures described at a time
_FIT_ON = 2000
_SMALL, _LARGE = 32, 96  # the side to which pictures are scaled
# How much each descriptor counts: fine edges, coarse edges, thumbnail, textures, colours.  In a photograph
# the thing may stand anywhere, so that the layout says less and the colour more.
_WEIGHTS = {False: (7.0, 7.0, 5.0, 5.0, 5.0), True: (3.5, 3.5, 2.5, 5.0, 10.0)}


class _Learned(NamedTuple):
    size: int
    coloured: bool
    mean: np.ndarray  # (d,) of the raw descriptors
    directions: np.ndarray  # (d, dim), the blocks' weights within


@named("shapes")
@dataclass(frozen=True)
class ShapesEncoder:
    """Pictures by edges, textures and colours, without weights to download.

    Histograms of oriented gradients on two grids, local binary patterns, histograms of colour (left out when
    the pictures have none) and a thumbnail, each brought to a fixed weight, folded by principal components
    and scaled to length one.  A third of a millisecond a small picture, a few for a photograph.  Do not
    standardise the columns: that would blow up the last components, which are noise.

    Prefer it for small pictures, drawings, scans and wherever nothing may be downloaded.  For photographs of
    things, the pretrained encoder ("efficientnet") needs fewer labels.

    Parameters
    ----------
    dim : number of features (fewer when there are fewer pictures)
    size : side in pixels to which pictures are scaled; 0: 32 when they are small, else 96

    >>> pixels = np.zeros((3, 8, 8), dtype=np.uint8)
    >>> pixels[1, :4], pixels[2, :, :4] = 255, 255
    >>> from querist.data import Columns
    >>> contents = Columns(kind="image", size=3, images=pixels)
    >>> ShapesEncoder(dim=2).fitted(contents).encode(contents).shape
    (3, 2)
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]] = ("image",)
    dim: int = 256
    size: int = 0

    def __post_init__(self) -> None:
        if self.dim < 1 or (self.size and not 16 <= self.size <= 512):
            raise InvalidInput(
                f"dim is at least 1, size 0 or from 16 to 512; got {self.dim} and {self.size}.",
                mend="Leave them at 256 and 0.",
            )

    def fitted(self, contents: Contents) -> ShapesEncoder:
        """Learn the size, whether there is colour, and the directions, from 2,000 pictures at most."""
        step = max(1, -(-len(contents) // _FIT_ON))
        sample = (
            contents[0 : len(contents)] if step == 1 else [contents[i] for i in range(0, len(contents), step)]
        )
        size = self.size or _side(sample)
        coloured = False
        described: list[list[np.ndarray]] = []
        for start in range(0, len(sample), _BLOCK):
            x, bad = pixels_of(sample[start : start + _BLOCK], size)
            good = np.array([i for i in range(len(x)) if i not in bad], dtype=int)
            if not len(good):
                continue
            coloured = coloured or bool(np.ptp(x[good], axis=3).max(initial=0) > 0.05)
            described.append(_described(x[good]))
        if not described:
            raise SourceError(
                "No picture can be read.", mend="Open the source again to see each one's problem."
            )
        blocks = [np.concatenate(parts) for parts in zip(*described, strict=True)]
        return self._with(_fold(blocks, size, coloured, self.dim))

    def encode(
        self, contents: Contents, *, progress: Progress | None = None, unreadable: Unreadable | None = None
    ) -> np.ndarray:
        """Features (n, d), each row of length 1; a picture that cannot be read is zeros, and told."""
        known = self._known()
        features = np.zeros((len(contents), known.directions.shape[1]), dtype=np.float32)
        for start in range(0, len(contents), _BLOCK):
            x, bad = pixels_of(contents[start : start + _BLOCK], known.size)
            described = np.concatenate(_described(x, known.coloured), axis=1)
            block = features[start : start + len(x)]
            block[:] = (described - known.mean) @ known.directions
            block /= np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-9)
            for i, reason in bad.items():
                block[i] = 0
                if unreadable is not None:
                    unreadable(start + i, reason)
            if progress is not None:
                progress(start + len(x), len(contents))
        return features

    def state(self) -> Mapping[str, np.ndarray]:
        """The size, the use of colour, the mean and the directions, as arrays."""
        size, coloured, mean, directions = self._known()
        return {"shape": np.array([size, coloured]), "mean": mean, "directions": directions}

    def restored(self, state: Mapping[str, np.ndarray]) -> ShapesEncoder:
        """The encoder whose :meth:`state` this is."""
        size, coloured = state["shape"].tolist()
        return self._with(_Learned(size, bool(coloured), state["mean"], state["directions"]))

    def _with(self, learned: _Learned) -> ShapesEncoder:
        made = copy.copy(self)
        object.__setattr__(made, "_learned", learned)
        return made

    def _known(self) -> _Learned:
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
        x[i] = np.asarray(image.resize((size, size), 2, reducing_gap=2.0), dtype=np.float32)
    x /= 255
    return x, bad


def _side(sample: Contents) -> int:
    """The side to scale to: pictures are small when most of the first are."""
    sides = []
    for content in sample[:50]:
        try:
            sides.append(min(open_image(content.get("data") or content["path"], at_least=_LARGE).size))
        except SourceError:
            continue
    return _SMALL if sides and float(np.median(sides)) <= 48 else _LARGE


def _described(x: np.ndarray, coloured: bool = True) -> list[np.ndarray]:
    """The descriptors, colour last; textures of large pictures at three scales."""
    fine, coarse = edges(x)
    scales = [x] if x.shape[1] < 64 else [x, _halved(x), _halved(_halved(x))]
    found = [fine, coarse, thumbnails(x), np.concatenate([textures(one) for one in scales], axis=1)]
    return [*found, colours(x)] if coloured else found


def _halved(x: np.ndarray) -> np.ndarray:
    side = x.shape[1] // 2 * 2
    x = x[:, :side, :side]
    return np.asarray((x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]) / 4)


def _fold(blocks: list[np.ndarray], size: int, coloured: bool, dim: int) -> _Learned:
    """Bring each block to its weight (mean length about the centre), then take principal components."""
    blocks = blocks if coloured else blocks[:-1]
    weights = _WEIGHTS[size > 64]
    means = [block.mean(axis=0) for block in blocks]
    scales = []
    for block, mean, weight in zip(blocks, means, weights, strict=False):
        length = float(np.sqrt(((block - mean) ** 2).sum(axis=1)).mean())
        scales.append(np.full(block.shape[1], weight / length if length > 1e-6 else 0.0, dtype=np.float32))
    mean, scale = np.concatenate(means), np.concatenate(scales)
    centred = (np.concatenate(blocks, axis=1) - mean) * scale
    directions = leading_directions(centred, dim) * scale[:, None]
    return _Learned(size, coloured, mean.astype(np.float32), directions.astype(np.float32))
