"""A latent space learned from a pool: few numbers that stand for many, and a way back."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from querist.data import Pool
from querist.data.domains import NumericDomain
from querist.errors import InvalidInput
from querist.kernels import Mixture, mixture
from querist.models import take
from querist.specs import named
from querist.synthesis.contract import LearnedDomain

__all__ = ["Latent", "LatentSpace", "VaeLatent", "picture_content"]

_ROWS = 5000  # real rows that it is learned from
_SEED = 13


@dataclass(frozen=True, eq=False)
class LatentSpace(NumericDomain):
    """A domain whose points are codes: ``decode`` turns them into features, ``encode`` turns them back.

    ``codes`` are those of real items, each column about 1 wide; ``density`` is theirs, or None: points
    are then drawn near real ones (a kernel density of the width ``smooth``).  ``bounds`` are those of the
    features.  ``shape`` says that features are the pixels of a picture.
    """

    codes: np.ndarray = field(repr=False)
    encode: Callable[[np.ndarray], np.ndarray] = field(repr=False)
    decode: Callable[[np.ndarray], np.ndarray] = field(repr=False)
    bounds: tuple[np.ndarray, np.ndarray] = field(repr=False)
    smooth: float = 0.2
    density: Mixture | None = field(default=None, repr=False)
    shape: tuple[int, ...] | None = None
    names: Sequence[str] = ()
    kind: Any = np.float64

    @property
    def low(self) -> np.ndarray:
        return np.asarray(self.codes.min(axis=0))

    @property
    def high(self) -> np.ndarray:
        return np.asarray(self.codes.max(axis=0))

    def sample(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """``n`` codes as dense as the real ones are."""
        d = self.codes.shape[1]
        if self.density is not None:
            part = rng.choice(len(self.density.weights), size=n, p=self.density.weights)
            spread = np.sqrt(self.density.variances[part])
            return self.nearest(self.density.means[part] + spread * rng.standard_normal((n, d)))
        near = self.codes[rng.integers(len(self.codes), size=n)]
        return self.nearest(near + self.smooth * self.codes.std(axis=0) * rng.standard_normal((n, d)))

    def design(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """By lot: what is even in a latent space is mostly nothing real."""
        return self.sample(n, rng)

    def nearest(self, points: Any) -> np.ndarray:
        """The codes cut off where real ones end."""
        return np.clip(np.asarray(points, dtype=np.float64), self.low, self.high)

    def features(self, points: Any) -> np.ndarray:
        """The features that the codes stand for, within the bounds of real ones."""
        decoded = self.decode(np.asarray(points, dtype=np.float64))
        return np.asarray(np.clip(decoded, *self.bounds), dtype=self.kind)

    def points(self, features: Any) -> np.ndarray:
        """The codes of features."""
        dense = features.toarray() if hasattr(features, "toarray") else features
        return self.nearest(self.encode(np.asarray(dense, dtype=np.float64)))

    def places_of(self, features: Any) -> np.ndarray:
        """The places of the codes as they are, beyond where real ones end too."""
        dense = features.toarray() if hasattr(features, "toarray") else features
        return self.places(self.encode(np.asarray(dense, dtype=np.float64)))

    def fields(self, points: Any) -> list[dict[str, str]]:
        """The features under their names."""
        rows = self.features(points)
        names = self.names or tuple(f"x{at + 1}" for at in range(rows.shape[1]))
        return [{name: f"{value:.6g}" for name, value in zip(names, row, strict=True)} for row in rows]

    def content(self, points: Any) -> list[Mapping[str, Any]]:
        """A picture each where features are pixels; a row of fields else."""
        if self.shape is None:
            return [{"kind": "row", "fields": fields} for fields in self.fields(points)]
        low, high = float(self.bounds[0].min()), float(self.bounds[1].max())
        grey = (self.features(points) - low) / max(high - low, 1e-12)
        return [picture_content((255 * row).round().reshape(self.shape)) for row in grey]


@named("synthesis/latent")
@dataclass(frozen=True)
class Latent(LearnedDomain):
    """The leading directions of the pool's features (PCA), with a density of real items in them.

    Points drawn are near real ones, and what is between two of them is a blend.  For digits, spectra, tables
    of correlated numbers.  Prefer :class:`VaeLatent` where blends of two real items are no items, and torch
    is there.  Needs numeric features.

    Parameters
    ----------
    components : int, 1 or more
    density : "kernel" or "mixture"
        Near a real item each, or of so many Gaussians as ``components``.
    smooth : float, 0 or more
        How far from a real item a point is drawn, by the spread of each direction.
    shape : sequence of int, optional
        That features are the pixels of pictures: (height, width), or (height, width, 3).

    >>> x = np.random.default_rng(0).standard_normal((50, 6)) @ np.ones((6, 6))
    >>> space = Latent(2).learned(Pool(x))
    >>> space.features(space.points(x[:1])).shape
    (1, 6)
    """

    components: int = 16
    density: str = "kernel"
    smooth: float = 0.2
    shape: Sequence[int] | None = None
    name: ClassVar[str]

    def __post_init__(self) -> None:
        _check_latent(self.components, self.smooth, self.shape)
        if self.density not in ("kernel", "mixture"):
            raise InvalidInput(f"density={self.density!r}.", mend="It is 'kernel' or 'mixture'.")
        object.__setattr__(self, "shape", None if self.shape is None else tuple(self.shape))

    def learned(self, pool: Pool) -> LatentSpace:
        """The space of this pool."""
        x = _real(pool)
        mean = x.mean(axis=0)
        _, sizes, directions = np.linalg.svd(x - mean, full_matrices=False)
        kept = max(1, min(self.components, int((sizes > 1e-9 * max(sizes[0], 1e-300)).sum())))
        # every direction by the width of the first: distance means as much as between the items themselves
        scale = 4 * max(float(sizes[0]), 1e-12) / np.sqrt(len(x))
        directions = directions[:kept]

        def encode(rows: np.ndarray) -> np.ndarray:
            return np.asarray((rows - mean) @ directions.T / scale)

        def decode(codes: np.ndarray) -> np.ndarray:
            return np.asarray(mean + scale * codes @ directions)

        codes = encode(x)
        return LatentSpace(
            codes=codes,
            encode=encode,
            decode=decode,
            bounds=(x.min(axis=0), x.max(axis=0)),
            smooth=self.smooth,
            density=_mixture(codes, self.components) if self.density == "mixture" else None,
            shape=_shape(self.shape, x.shape[1]),
            kind=_kind(pool),
        )


@named("synthesis/vae")
@dataclass(frozen=True)
class VaeLatent(LearnedDomain):
    """The latent space of a variational autoencoder that is trained on the pool; needs torch.

    Between two real items lie items that look real, more often than in :class:`Latent`; training takes a
    while (a minute or so for some thousand small pictures), and happens when the first item is made.

    Parameters
    ----------
    components : int, 1 or more
    hidden : int, 1 or more
        Width of the hidden layers.
    epochs : int, 1 or more
    smooth : float, 0 or more
    shape : sequence of int, optional

    Kingma & Welling 2014; Schumann & Rehbein 2019 (queries from its latent space).
    """

    components: int = 16
    hidden: int = 256
    epochs: int = 80
    smooth: float = 0.1
    shape: Sequence[int] | None = None
    name: ClassVar[str]

    def __post_init__(self) -> None:
        _check_latent(self.components, self.smooth, self.shape)
        if self.hidden < 1 or self.epochs < 1:
            raise InvalidInput(f"hidden={self.hidden!r}, epochs={self.epochs!r}.", mend="Give 1 or more.")
        object.__setattr__(self, "shape", None if self.shape is None else tuple(self.shape))

    def learned(self, pool: Pool) -> LatentSpace:
        """The space of this pool; trains the network."""
        from querist.models.vae import train_vae  # torch is loaded when it is needed, and no earlier

        x = _real(pool)
        low, high = x.min(axis=0), x.max(axis=0)
        width = np.where(high > low, high - low, 1.0)
        network = train_vae((x - low) / width, self.components, hidden=self.hidden, epochs=self.epochs)
        return LatentSpace(
            codes=network.encode((x - low) / width) / 4,
            encode=lambda rows: network.encode((rows - low) / width) / 4,
            decode=lambda codes: low + width * network.decode(4 * codes),
            bounds=(low, high),
            smooth=self.smooth,
            shape=_shape(self.shape, x.shape[1]),
            kind=_kind(pool),
        )


def picture_content(pixels: np.ndarray) -> dict[str, Any]:
    """Pixels from 0 to 255, (height, width) or (height, width, 3), as content that an event can hold."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).save(out, "PNG")
    return {"kind": "image", "png": base64.b64encode(out.getvalue()).decode("ascii")}


def _real(pool: Pool) -> np.ndarray:
    """Real rows, the same ones at every question."""
    features = pool.features
    kind = getattr(getattr(features, "dtype", None), "kind", "O")
    if features is None or not len(pool) or (kind not in "fiub" and not hasattr(features, "to_numpy")):
        raise InvalidInput(
            "A latent space is learned from numeric features; this pool has "
            f"{'no items' if not len(pool) else 'none' if features is None else 'raw values'}.",
            mend="Encode the items first, or use Fragments() for texts.",
        )
    rows = np.sort(np.random.default_rng(_SEED).permutation(len(pool))[:_ROWS])
    held = take(features, rows)
    return np.asarray(held.toarray() if hasattr(held, "toarray") else held, dtype=np.float64)


def _kind(pool: Pool) -> Any:
    kind = getattr(pool.features, "dtype", np.dtype(np.float64))
    return kind if getattr(kind, "kind", "O") == "f" else np.float64


def _mixture(codes: np.ndarray, k: int) -> Mixture:
    return mixture(codes, min(k, max(1, len(codes) // 5)), np.random.default_rng(_SEED))


def _shape(shape: Sequence[int] | None, columns: int) -> tuple[int, ...] | None:
    if shape is not None and int(np.prod(shape)) != columns:
        raise InvalidInput(
            f"Pictures of the shape {tuple(shape)} have {int(np.prod(shape))} pixels; the pool has "
            f"{columns} features.",
            mend="Give the shape of the pictures that the features are the pixels of.",
        )
    return None if shape is None else tuple(shape)


def _check_latent(components: int, smooth: float, shape: Sequence[int] | None) -> None:
    if components < 1 or not 0 <= smooth < np.inf or (shape is not None and len(shape) not in (2, 3)):
        raise InvalidInput(
            f"components={components!r}, smooth={smooth!r}, shape={shape!r}.",
            mend="Give 1 component or more, 0 or more, and (height, width) or none.",
        )
