"""The last layer as a distribution: a Gaussian around what was trained, in closed form."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.models.torch.losses import softmax
from querist.models.torch.posterior import Says
from querist.models.torch.reading import Network

__all__ = ["LastLayerLaplace"]

_AVERAGED = 32
_CELLS = 1 << 22


@dataclass(frozen=True)
class LastLayerLaplace:
    """Members differ in the last layer, by the curvature of the loss around it.

    Prefer it where one training is all that can be paid: it costs one decomposition after it, needs no
    dropout, and its prior is found from the layer itself.  What the layers below might have learnt
    otherwise it does not see.  Needs a network that ends in a linear layer, trained by log loss.

    Parameters
    ----------
    prior : float above 0, optional
        The precision that the weights have beforehand; the one under which the weights that were trained
        are likeliest, their number over their squared length, if not given.
    most : int
        Up to so many weights their covariance is kept whole; above it as a Kronecker product of what
        the layer sees and how the classes bend.

    ``proba`` is the mean of 32 members, always the same ones.

    MacKay 1992; Kristiadi, Hein & Hennig 2020; Daxberger et al. 2021.
    """

    prior: float | None = None
    most: int = 1600
    cycles: int = field(default=1, init=False, repr=False)
    spectral: float | None = field(default=None, init=False, repr=False)
    centre: Any = field(default=None, repr=False, compare=False)  # (W, d + 1)
    parts: Any = field(default=None, repr=False, compare=False)  # eigenvectors
    spread: Any = field(default=None, repr=False, compare=False)  # deviations along them

    def __post_init__(self) -> None:
        if self.prior is not None and not 0 < self.prior < np.inf:
            raise InvalidInput(
                f"prior must be above 0; got {self.prior!r}.", mend="Leave it out to have it found."
            )

    def needs(self, network: Network) -> str:
        """A linear last layer."""
        return "" if network.linear else "does not end in a linear layer whose outputs are the logits"

    def learnt(
        self, network: Network, x: Any, target: np.ndarray, says: Says, kept: Any, seed: int
    ) -> LastLayerLaplace:
        """The Gaussian around the trained layer, by the generalised Gauss-Newton curvature."""
        seen, _ = network.seen(x)
        phi = np.column_stack([seen, np.ones(len(seen))]).astype(np.float64)
        weights, bias = network.last_layer()
        centre = np.column_stack([weights, bias])
        proba = softmax(phi @ centre.T)
        if centre.size <= self.most:
            values, vectors = np.linalg.eigh(curvature(phi, proba))
            parts: Any = vectors
        else:
            bends = np.diag(proba.mean(axis=0)) - proba.T @ proba / len(proba)
            inner, left = np.linalg.eigh(bends)
            outer, right = np.linalg.eigh(phi.T @ phi)
            values, parts = np.multiply.outer(np.maximum(inner, 0), np.maximum(outer, 0)), (left, right)
        values = np.maximum(values, 0)
        prior = self.prior or likeliest_prior(centre)
        return replace(self, centre=centre, parts=parts, spread=1 / np.sqrt(values + prior))

    def layers(self, k: int, rng: np.random.Generator) -> np.ndarray:
        """(k, W, d + 1): last layers drawn from the Gaussian."""
        noise = rng.standard_normal((k, *self.spread.shape)) * self.spread
        if isinstance(self.parts, tuple):
            left, right = self.parts
            return np.asarray(self.centre + left @ noise @ right.T)
        return np.asarray(self.centre + (noise @ self.parts.T).reshape(k, *self.centre.shape))

    def members(self, network: Network, x: Any, k: int, rng: np.random.Generator, says: Says) -> np.ndarray:
        """(k, n, W): what the network says with other last layers."""
        seen, _ = network.seen(x)
        return self._said(seen, self.layers(k, rng), says)

    def proba(self, network: Network, x: Any, says: Says) -> np.ndarray:
        """The mean of 32 members."""
        seen, _ = network.seen(x)
        layers = self.layers(_AVERAGED, np.random.default_rng(0))
        step = max(1, _CELLS // (_AVERAGED * len(self.centre)))
        starts = range(0, len(seen), step)
        parts = [self._said(seen[start : start + step], layers, says).mean(axis=0) for start in starts]
        return np.concatenate(parts) if parts else np.empty((0, len(self.centre)))

    def _said(self, seen: np.ndarray, layers: np.ndarray, says: Says) -> np.ndarray:
        logits = np.einsum("nd,kcd->knc", seen, layers[:, :, :-1], optimize=True) + layers[:, None, :, -1]
        return says(logits)


def curvature(phi: np.ndarray, proba: np.ndarray) -> np.ndarray:
    """The sum over rows of (diag(p) - p p') x (phi phi'), (W d, W d): that of the log loss in the weights."""
    classes, d = proba.shape[1], phi.shape[1]
    whole = np.empty((classes, d, classes, d))
    for i in range(classes):
        for j in range(i, classes):
            bend = proba[:, i] * (float(i == j) - proba[:, j])
            block = (phi * bend[:, None]).T @ phi
            whole[i, :, j, :] = block
            whole[j, :, i, :] = block
    return whole.reshape(classes * d, classes * d)


def likeliest_prior(weights: np.ndarray) -> float:
    """The precision under which these weights are likeliest, as draws around zero.

    Not the one under which the labels are: the layers below have put the labelled rows so far apart that the
    loss hardly bends any more, and the evidence then wants hardly any prior.  Draws under that one are noise.
    """
    return float(np.clip(weights.size / max(float((weights**2).sum()), 1e-12), 1e-3, 1e6))
