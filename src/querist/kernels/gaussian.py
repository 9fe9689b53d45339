"""What a label may bring where the model says of each number how unsure it is: improvement, information."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, as_numbers

__all__ = [
    "expected_improvement",
    "gaussian_information",
    "improvement_chance",
    "straddle",
    "variance_removed",
]

_ROOT_HALF_PI = float(np.sqrt(np.pi / 2))
_ROOT_TWO = float(np.sqrt(2.0))


def expected_improvement(mean: Any, std: Any, best: float) -> Array:
    """E[max(f - best, 0)] for f normal: by how much the value is expected to pass the best known.

    sigma (z Phi(z) + phi(z)) with z = (mean - best) / sigma, by a form that keeps its digits where the
    improvement is all but impossible.

    Parameters
    ----------
    mean, std : (n,) numbers
        The prediction of each row and its standard deviation, 0 or more.
    best : float
        What is to be passed.

    Returns
    -------
    (n,) float64, 0 or more; higher = ask

    >>> expected_improvement([1.0, 0.0, -9.0], [0.0, 1.0, 1.0], best=0.0).round(4)
    array([1.    , 0.3989, 0.    ])

    Mockus 1975; Jones, Schonlau & Welch 1998.
    """
    from scipy.special import erfcx

    mean, std, best = _checked(mean, std, best)
    gain = mean - best
    out = np.maximum(gain, 0.0)  # what is left without doubt
    torn = std > 0
    # of mean < best: phi(z) (1 - |z| Phi(-|z|) / phi(z)); of mean > best the same beside the gain
    with np.errstate(over="ignore", invalid="ignore"):  # too far away for a double is nothing
        away = np.abs(gain[torn]) / std[torn]
        tail = np.exp(-(away**2) / 2) / np.sqrt(2 * np.pi)
        tail *= 1 - away * _ROOT_HALF_PI * erfcx(away / _ROOT_TWO)
    out[torn] += std[torn] * np.maximum(np.nan_to_num(tail), 0.0)
    return np.asarray(out)


def improvement_chance(mean: Any, std: Any, best: float) -> Array:
    """P(f > best) for f normal: how likely the value is to pass the best known; from 0 to 1.

    Parameters
    ----------
    mean, std : (n,) numbers
    best : float

    Returns
    -------
    (n,) float64; higher = ask.  Without doubt 1 above ``best`` and 0 elsewhere

    >>> improvement_chance([1.0, 0.0, -1.0], [0.0, 1.0, 1.0], best=0.0).round(4)
    array([1.    , 0.5   , 0.1587])

    Kushner 1964.
    """
    from scipy.special import ndtr

    mean, std, best = _checked(mean, std, best)
    out = (mean > best).astype(np.float64)
    torn = std > 0
    with np.errstate(over="ignore"):
        out[torn] = ndtr((mean[torn] - best) / std[torn])
    return np.asarray(out)


def gaussian_information(std: Any, noise: Any) -> Array:
    """1/2 log(1 + std^2 / noise^2), in nats: what a noisy label tells of the number behind it; 0 or more.

    The mutual information of the label and the model (BALD) where both are normal.  One ``noise`` for
    all rows orders them as the variance does; a noise of each row's own passes over the noisy ones.

    Parameters
    ----------
    std : (n,) numbers, 0 or more
        How unsure the model is of each row, the noise of the label left out.
    noise : float or (n,) numbers above 0
        The standard deviation of the label around the truth.

    Returns
    -------
    (n,) float64; higher = ask

    >>> gaussian_information([0.0, 1.0, 1.0], [1.0, 1.0, 3.0]).round(4)
    array([0.    , 0.3466, 0.0527])

    Houlsby et al. 2011; Holzmueller et al. 2023.
    """
    std = _numbers(std, "std")
    noise = as_numbers(noise)
    if noise.shape not in ((), std.shape):
        raise InvalidInput(
            f"Noise of shape {noise.shape} for {len(std)} rows.", mend="Give one number, or one a row."
        )
    noise = np.broadcast_to(noise, std.shape)
    if not ((noise > 0) & np.isfinite(noise)).all() or (std < 0).any():
        raise InvalidInput(
            f"Standard deviations must be 0 or more and the noise above 0; the smallest are "
            f"{std.min(initial=np.inf)!r} and {noise.min(initial=np.inf)!r}.",
            mend="Give the spread of repeated answers to the same question as noise.",
        )
    return np.asarray(np.log1p(np.square(std / noise)) / 2)


def straddle(mean: Any, std: Any, level: float, width: float = 1.96) -> Array:
    """width * std - |mean - level|: how far the interval of a number reaches over the level; higher = ask.

    Above 0 where it cannot be told on which side the number is.  As ``width`` grows it orders rows by
    their deviation alone, at 0 by how near the mean is.

    Parameters
    ----------
    mean, std : (n,) numbers
    level, width : float

    >>> straddle([1.0, 1.0, 3.0], [0.5, 1.0, 1.0], level=1.0, width=2.0)
    array([1., 2., 0.])

    Bryan et al. 2005.
    """
    mean, std, level = _checked(mean, std, level)
    return np.asarray(width * std - np.abs(mean - level))


def variance_removed(covariance: Any, variance: Any, noise: float = 0.0) -> Array:
    """cov(x, r)^2 / (var(x) + noise^2), its mean over the places r: what a label of x would take away.

    The integrated variance of a Gaussian posterior falls by so much whatever the label turns out to be.

    Parameters
    ----------
    covariance : (n, m) numbers
        Of the predictions of n rows with those of m places at which the number is wanted.
    variance : (n,) numbers, 0 or more
        Of the predictions of the rows.
    noise : float, 0 or more
        The standard deviation of a label around the truth.

    Returns
    -------
    (n,) float64, 0 or more; higher = ask

    >>> variance_removed([[1.0, 0.5], [0.0, 0.0]], [1.0, 0.0])
    array([0.625, 0.   ])

    Cohn, Ghahramani & Jordan 1996; Seo et al. 2000 (ALC).
    """
    covariance, variance = as_numbers(covariance), _numbers(variance, "variance")
    if covariance.ndim != 2 or len(covariance) != len(variance) or (variance < 0).any() or noise < 0:
        raise InvalidInput(
            f"Covariances of shape {covariance.shape} for {len(variance)} variances, the smallest "
            f"{variance.min(initial=np.inf)!r}, noise {noise!r}.",
            mend="Give a row of covariances for each variance of 0 or more.",
        )
    spread = variance + noise**2
    removed = np.square(covariance).mean(axis=1) if covariance.shape[1] else np.zeros(len(variance))
    return np.asarray(np.where(spread > 0, removed / np.where(spread > 0, spread, 1.0), 0.0))


def _checked(mean: Any, std: Any, best: float) -> tuple[Array, Array, float]:
    mean, std = _numbers(mean, "mean"), _numbers(std, "std")
    if mean.shape != std.shape or (std < 0).any() or not np.isfinite(best):
        raise InvalidInput(
            f"Improvement needs a mean and a deviation of 0 or more for each row, and a finite best; "
            f"got shapes {mean.shape} and {std.shape}, the smallest deviation "
            f"{std.min(initial=np.inf)!r}, best {best!r}.",
            mend="Give what model.mean_std(x) says.",
        )
    return mean, std, float(best)


def _numbers(values: Any, what: str) -> Array:
    array = as_numbers(values)
    if array.ndim != 1 or not np.isfinite(array).all():
        raise InvalidInput(
            f"{what} must be one finite number a row; got shape {array.shape}.", mend="Give an (n,) array."
        )
    return array
