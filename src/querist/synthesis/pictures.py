"""Pictures from the latent space of a pool's pictures, read by the encoder that reads the real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.data import Pool, open_image, with_bytes
from querist.errors import InvalidInput, SourceError
from querist.specs import named
from querist.synthesis.contents import ContentDomain, Encode, contents_of, encoder_of
from querist.synthesis.contract import LearnedDomain
from querist.synthesis.latent import Latent, LatentSpace, VaeLatent, picture_content

__all__ = ["PictureSpace", "Pictures"]

_LARGEST = 64


@named("synthesis/pictures")
@dataclass(frozen=True)
class Pictures(LearnedDomain):
    """Pictures near real ones, and blends of two, from the leading directions of their pixels.

    For small pictures of one kind in one place: digits, letters, cells, faces cut to size.  Photographs of
    scenes come out as fog; leave those to the pool.  ``Realism`` and "cannot be labelled" keep fog away.

    Parameters
    ----------
    components : int, 1 or more
    size : int
        Side in pixels of what is made, 64 at most.
    vae : bool
        Whether a variational autoencoder is trained instead (needs torch): blends look more real.
    """

    components: int = 30
    size: int = 28
    vae: bool = False
    name: ClassVar[str]

    def __post_init__(self) -> None:
        if self.components < 1 or not 4 <= self.size <= _LARGEST:
            raise InvalidInput(
                f"components={self.components!r}, size={self.size!r}.",
                mend=f"Give 1 component or more, and a side from 4 to {_LARGEST}.",
            )

    def learned(self, pool: Pool) -> PictureSpace:
        """The space of this pool's pictures."""
        pixels, coloured = _pixels(contents_of(pool, "image"), self.size)
        shape = (self.size, self.size, 3) if coloured else (self.size, self.size)
        recipe: Any = Latent(self.components, shape=shape)
        if self.vae:
            recipe = VaeLatent(min(self.components, 16), shape=shape)
        return PictureSpace(recipe.learned(Pool(pixels)), encoder_of(pool), pool.features)


class PictureSpace(ContentDomain):
    """A latent space of pixels; the model reads pictures through the encoder."""

    def __init__(self, latent: LatentSpace, encode: Encode, features: Any) -> None:
        super().__init__(lambda contents: encode([with_bytes(one) for one in contents]), features)
        self.latent = latent

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Codes near those of real pictures."""
        return self.latent.sample(n, rng)

    def vary(self, points: Any, scale: float, rng: np.random.Generator) -> np.ndarray:
        """A code nearby."""
        return self.latent.vary(points, scale, rng)

    def between(self, first: Any, second: Any, share: Any) -> np.ndarray:
        """Codes on the way."""
        return self.latent.between(first, second, share)

    def contains(self, points: Any) -> np.ndarray:
        """Whether the codes are within those of real pictures."""
        return self.latent.contains(points)

    def content(self, points: Any) -> list[Mapping[str, Any]]:
        """The pictures: shades between black and white, whatever the brightest real one is."""
        pixels = np.clip(self.latent.features(points), 0.0, 255.0).round()
        assert self.latent.shape is not None
        return [picture_content(row.reshape(self.latent.shape)) for row in pixels]


def _pixels(contents: Sequence[Mapping[str, Any]], size: int) -> tuple[np.ndarray, bool]:
    """Pictures as rows of pixels from 0 to 255, in grey where none has colour."""
    held = []
    for content in contents:
        try:
            image = open_image(content.get("data") or content["path"], at_least=size)
        except (SourceError, KeyError):
            continue
        held.append(np.asarray(image.resize((size, size)), dtype=np.float32))
    if not held:
        raise InvalidInput("None of the pictures can be read.", mend="Give content with 'path' or 'data'.")
    rows = np.stack(held)
    coloured = bool((np.ptp(rows, axis=3) > 12).mean() > 0.01)
    grey = rows if coloured else rows.mean(axis=3)
    return grey.reshape(len(rows), -1), coloured
