"""Doubt that grows with the distance from the labels: a Gaussian process in place of the last layer."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.models.torch.backend import need_torch
from querist.models.torch.losses import softmax
from querist.models.torch.posterior import Says
from querist.models.torch.reading import Network

__all__ = ["DistanceAware", "Stretch"]

_PRIORS = np.geomspace(10.0, 1e-3, 13)


@dataclass(frozen=True)
class DistanceAware:
    """Members are draws of a Gaussian process over what the last layer sees; far from the labels they part.

    Prefer it where items unlike any labelled one must be noticed: a linear last layer is surest where it
    has seen nothing.  The process is one of random Fourier features, its mean a logistic regression on
    them, its covariance their Laplace approximation; no layer may stretch distances by more than
    ``spectral`` while it trains, so that what is far in the items is far in the last layer.

    Parameters
    ----------
    features : int
        Random features; the cost after training is their number cubed.
    scale : float above 0, optional
        The length over which the process varies; the median distance between labelled rows if not given.
    prior : float above 0, optional
        The precision of its weights; the one under which the labels are likeliest (to second order) if not
        given.
    spectral : float above 0, optional
        None: layers are let be.

    Liu, Lin, Padhy, Tran, Bedrax-Weiss & Lakshminarayanan 2020 (SNGP).
    """

    features: int = 512
    scale: float | None = None
    prior: float | None = None
    spectral: float | None = 3.0
    cycles: int = field(default=1, init=False, repr=False)
    directions: Any = field(default=None, repr=False, compare=False)  # (d, D)
    shifts: Any = field(default=None, repr=False, compare=False)  # (D,)
    centre: Any = field(default=None, repr=False, compare=False)  # (W, D)
    root: Any = field(default=None, repr=False, compare=False)  # (D, D): a square root of the covariance

    def __post_init__(self) -> None:
        told = 1.0 if self.prior is None else self.prior
        if self.features < 2 or not 0 < told < np.inf or (self.scale or 1) <= 0:
            raise InvalidInput(
                f"features = {self.features}, prior = {self.prior} and scale = {self.scale} make no process.",
                mend="Give 2 features or more, and prior and scale above 0.",
            )

    def needs(self, network: Network) -> str:
        """A layer whose input is an embedding."""
        return "" if network.layer is not None else "has no last layer that was found"

    def learnt(
        self, network: Network, x: Any, target: np.ndarray, says: Says, kept: Any, seed: int
    ) -> DistanceAware:
        """The process, fitted to what the last layer sees of the labelled rows."""
        rng = np.random.default_rng([int(seed) % 2**63, 2])
        seen, said = network.seen(x)
        directions = rng.standard_normal((seen.shape[1], self.features)) / (self.scale or _median(seen))
        fresh = replace(self, directions=directions, shifts=rng.uniform(0, 2 * np.pi, self.features))
        phi = fresh.map(seen)
        prior, found = _regressed(phi, target, self.prior)
        known = np.zeros((said.shape[1], self.features))
        known[np.unique(target)] = found
        sure = says(phi @ known.T).max(axis=1)
        precision = prior * np.eye(self.features) + (phi * (sure * (1 - sure))[:, None]).T @ phi
        values, vectors = np.linalg.eigh(precision)
        return replace(fresh, centre=known, root=vectors / np.sqrt(np.maximum(values, 1e-9)))

    def map(self, seen: np.ndarray) -> np.ndarray:
        """The random features of what the last layer sees, (n, D), each row of a length about one."""
        waves = np.cos(seen.astype(np.float64) @ self.directions + self.shifts)
        return np.asarray(np.sqrt(2 / self.features) * waves)

    def members(self, network: Network, x: Any, k: int, rng: np.random.Generator, says: Says) -> np.ndarray:
        """(k, n, W): draws of the process."""
        phi = self.map(network.seen(x)[0])
        noise = rng.standard_normal((k, self.features, len(self.centre)))
        layers = self.centre.T + self.root @ noise
        return says(np.einsum("nd,kdc->knc", phi, layers, optimize=True))

    def variance(self, network: Network, x: Any) -> np.ndarray:
        """(n,) the variance of each logit, which grows far from every label."""
        return np.asarray(((self.map(network.seen(x)[0]) @ self.root) ** 2).sum(axis=1))

    def proba(self, network: Network, x: Any, says: Says) -> np.ndarray:
        """The mean field: logits shrunk by their own variance (MacKay 1992)."""
        phi = self.map(network.seen(x)[0])
        variance = ((phi @ self.root) ** 2).sum(axis=1)
        return says(phi @ self.centre.T / np.sqrt(1 + np.pi / 8 * variance)[:, None])


def _regressed(phi: np.ndarray, target: np.ndarray, prior: float | None) -> tuple[float, np.ndarray]:
    """A precision of the weights, and the weights (classes there are, D) of the regression under it.

    Without one given, that of the most evidence: from a strong prior down for as long as it grows.
    """
    from sklearn.linear_model import LogisticRegression

    best: tuple[float, float, np.ndarray] | None = None
    two = len(np.unique(target)) == 2  # then one row of weights stands for both, at half the price
    for one in _PRIORS if prior is None else (prior,):
        fit = LogisticRegression(C=(1 + two) / one, fit_intercept=False, max_iter=500).fit(phi, target)
        weights = np.stack([-fit.coef_[0] / 2, fit.coef_[0] / 2]) if two else fit.coef_
        told = log_evidence(phi, np.searchsorted(fit.classes_, target), weights, one)
        if best is not None and told <= best[0]:
            break
        best = (told, one, weights)
    assert best is not None
    return best[1], best[2]


def log_evidence(phi: np.ndarray, target: np.ndarray, weights: np.ndarray, prior: float) -> float:
    """How likely the labels are under a prior of the weights, to second order around the likeliest (W, D).

    The curvature as the Kronecker product of how the classes bend and what the rows are.
    """
    logits = phi @ weights.T
    proba = softmax(logits)
    fits = float(np.log(np.maximum(proba[np.arange(len(target)), target], 1e-300)).sum())
    bends = np.linalg.eigvalsh(np.diag(proba.mean(axis=0)) - proba.T @ proba / len(proba))
    spread = np.linalg.eigvalsh(phi.T @ phi)
    values = np.multiply.outer(np.maximum(bends, 0), np.maximum(spread, 0))
    shrinks = float(np.log1p(values / prior).sum())
    return fits - 0.5 * (prior * float((weights**2).sum()) + shrinks)


def _median(seen: np.ndarray) -> float:
    """The median distance between some of the rows; 1 where they are all alike."""
    some = seen[np.linspace(0, len(seen) - 1, min(len(seen), 500)).astype(int)].astype(np.float64)
    squares = (some**2).sum(axis=1)
    distances = np.sqrt(np.maximum(squares[:, None] + squares - 2 * some @ some.T, 0))
    return float(np.median(distances[np.triu_indices(len(some), 1)])) or 1.0 if len(some) > 1 else 1.0


class Stretch:
    """Holds every layer but the last to a bound on how much it stretches, after each step of a training.

    The largest singular value of each weight is followed by one step of the power method at a time
    (Miyato, Kataoka, Koyama & Yoshida 2018), of convolutions by their kernels as matrices.
    """

    def __init__(self, network: Network, bound: float) -> None:
        torch = need_torch()
        self.bound = bound
        kinds = (torch.nn.Linear, torch.nn.Conv1d, torch.nn.Conv2d, torch.nn.Conv3d)
        self.layers = [
            (part, torch.ones(len(part.weight), device=network.device))
            for name, part in network.module.named_modules()
            if isinstance(part, kinds) and name != network.layer
        ]

    def __call__(self) -> None:
        torch = need_torch()
        with torch.no_grad():
            for part, left in self.layers:
                matrix = part.weight.reshape(len(part.weight), -1)
                right = torch.nn.functional.normalize(matrix.T @ left, dim=0)
                out = matrix @ right
                largest = float(out.norm())
                left.copy_(out / max(largest, 1e-12))
                if largest > self.bound:
                    part.weight.mul_(self.bound / largest)
