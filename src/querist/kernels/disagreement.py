"""How far the members of a committee disagree, from what each says of each row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.kernels.arrays import Array, blocks
from querist.kernels.large import run_compiled
from querist.kernels.uncertainty import check_rows

__all__ = [
    "as_draws",
    "bald",
    "by_blocks",
    "consensus_entropy",
    "max_kl",
    "mean_std",
    "variance_of_draws",
    "variation_ratio",
    "vote_entropy",
    "weighed",
]


def vote_entropy(draws: Any) -> Array:
    """-sum_c v_c log v_c, v_c the share of the members that say c: from 0 to log min(K, C).

    Prefer it for members whose probabilities mean little (trees grown to the end); :func:`bald`
    also sees that a member is unsure.  A member that is torn gives its leading classes equal shares.

    Parameters
    ----------
    draws : (K, n, C) probabilities of K members, float32 or float64

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> draws = np.array([[[0.9, 0.1], [0.9, 0.1]], [[0.8, 0.2], [0.2, 0.8]]])
    >>> vote_entropy(draws).round(4)
    array([0.    , 0.6931])

    Dagan & Engelson 1995.
    """
    return by_blocks(draws, lambda block: _entropy(_votes(block)), compiled="vote_entropy")


def variation_ratio(draws: Any) -> Array:
    """1 - the largest share of the votes: from 0 to 1 - 1/min(K, C).

    As :func:`vote_entropy`, and deaf to how the minority is split.

    Parameters
    ----------
    draws : (K, n, C) probabilities of K members, float32 or float64

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> variation_ratio(np.array([[[0.9, 0.1]], [[0.8, 0.2]], [[0.2, 0.8]], [[0.6, 0.4]]]))
    array([0.25])

    Freeman 1965; Beluch et al. 2018.
    """
    return by_blocks(draws, lambda block: 1 - _votes(block).max(axis=1), compiled="variation_ratio")


def consensus_entropy(draws: Any) -> Array:
    """H(mean of the members), in nats: all the uncertainty there is, disagreement and noise together.

    Entropy of the committee's own prediction.  Prefer :func:`bald`, which leaves out the part that
    no label can remove, where labels are noisy.

    Parameters
    ----------
    draws : (K, n, C) probabilities of K members, float32 or float64

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> consensus_entropy(np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]])).round(4)
    array([0.6931, 0.6931])
    """
    draws = as_draws(draws)
    whole, inner = np.zeros((2, draws.shape[1]), dtype=draws.dtype)
    left = run_compiled("disagreement", draws, [whole, inner])
    _fill(draws, lambda block: _entropy(block.mean(axis=0)), left, whole)
    return np.asarray(whole)


def bald(draws: Any) -> Array:
    """H(mean) - mean of H, in nats: what the label would tell of the model; from 0 to log K.

    The mutual information of the label and the member, which is also the mean Kullback-Leibler
    divergence from the members to their mean.  0 where all agree, however unsure each of them is.

    Parameters
    ----------
    draws : (K, n, C) probabilities of K members or posterior samples, float32 or float64

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> bald(np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]])).round(4)
    array([0.6931, 0.    ])

    McCallum & Nigam 1998 (mean KL); Houlsby et al. 2011; Gal, Islam & Ghahramani 2017.
    """
    draws = as_draws(draws)
    whole, inner = np.zeros((2, draws.shape[1]), dtype=draws.dtype)
    left = run_compiled("disagreement", draws, [whole, inner])
    scores = np.maximum(whole - inner, 0)
    _fill(draws, _information, left, scores)
    return np.asarray(scores)


def max_kl(draws: Any) -> Array:
    """max_k KL(p^k || mean), in nats: how far the farthest member is from the consensus.

    One dissenter suffices; prefer :func:`bald` unless the members are few and all are trusted.

    Parameters
    ----------
    draws : (K, n, C) probabilities of K members, float32 or float64

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> max_kl(np.array([[[1.0, 0.0]], [[1.0, 0.0]], [[0.0, 1.0]]])).round(4)
    array([1.0986])

    McCallum & Nigam 1998; the maximum instead of the mean as in modAL.
    """
    return by_blocks(draws, _farthest)


def mean_std(draws: Any) -> Array:
    """(1/C) sum_c std_k p^k_c: how far the members are apart, class by class; from 0 to 1/2.

    Parameters
    ----------
    draws : (K, n, C) probabilities of K members, float32 or float64

    Returns
    -------
    (n,) of the dtype given; higher = ask

    >>> mean_std(np.array([[[1.0, 0.0], [0.5, 0.5]], [[0.0, 1.0], [0.5, 0.5]]]))
    array([0.5, 0. ])

    Kampffmeyer, Salberg & Jenssen 2016.
    """
    return by_blocks(draws, lambda block: block.std(axis=0).mean(axis=1))


def variance_of_draws(draws: Any) -> Array:
    """Var_k f_k(x): how far the numbers that the members predict are apart; 0 or more.

    Parameters
    ----------
    draws : (K, n) numbers of K members

    Returns
    -------
    (n,) float64; higher = ask

    >>> variance_of_draws(np.array([[1.0, 5.0], [3.0, 5.0]]))
    array([1., 0.])

    Burbidge, Rowland & King 2007; MacKay 1992.
    """
    draws = np.asarray(draws)
    if draws.ndim != 2 or not len(draws) or draws.dtype.kind not in "fiub":
        raise InvalidInput(
            f"Draws of numbers must be a (K, n) table; got shape {draws.shape} of {draws.dtype}.",
            mend="Give one row a member and one column an item.",
        )
    scores = np.empty(draws.shape[1])
    for start, stop in blocks(draws.shape[1], len(draws)):
        block = draws[:, start:stop].astype(np.float64)
        if not np.isfinite(block).all():
            column = start + int(np.flatnonzero(~np.isfinite(block).all(axis=0))[0])
            raise InvalidInput(f"The draws of row {column} are not all finite.", mend="Give finite numbers.")
        scores[start:stop] = block.var(axis=0)
    return scores


def as_draws(draws: Any) -> Array:
    """``draws`` as (K, n, C) floats: as they are where they are float32 or float64."""
    draws = np.asarray(draws)
    if draws.ndim != 3 or 0 in (draws.shape[0], draws.shape[2]) or draws.dtype.kind not in "fiub":
        raise InvalidInput(
            f"Draws must be (K, n, C) probabilities; got shape {draws.shape} of {draws.dtype}.",
            mend="Give one table (n, C) a member; a committee of regressors has variances instead.",
        )
    kind = draws.dtype if draws.dtype in (np.float32, np.float64) else np.dtype(np.float64)
    return np.asarray(draws, dtype=kind)


def by_blocks(draws: Any, score: Callable[[Array], Array], *, compiled: str = "") -> Array:
    """One number a row, (n,), from blocks (K, rows, C) that are known to be distributions.

    Large draws go through the kernel of that name in :mod:`querist.kernels.compiled`.
    """
    draws = as_draws(draws)
    scores = np.empty(draws.shape[1], dtype=draws.dtype)
    left = run_compiled(compiled, draws, [scores]) if compiled else [(0, draws.shape[1])]
    _fill(draws, score, left, scores)
    return scores


def _fill(draws: Array, score: Callable[[Array], Array], left: list[tuple[int, int]], scores: Array) -> None:
    """The scores of some ranges of rows."""
    members, _, classes = draws.shape
    for begin, end in left:
        for start, stop in blocks(end - begin, members * classes):
            block = np.ascontiguousarray(draws[:, begin + start : begin + stop])
            for k in range(members):
                check_rows(block[k], begin + start, of=f" of member {k}")
            scores[begin + start : begin + stop] = score(block)


def weighed(proba: Array) -> Array:
    """p log p number by number, 0 for 0."""
    logs: Array = np.maximum(proba, np.finfo(proba.dtype).tiny)
    np.log(logs, out=logs)
    logs *= proba
    return logs


def _entropy(proba: Array) -> Array:
    """H of each row, (n,), never below 0."""
    return np.asarray(np.maximum(-_sums(weighed(proba)), 0))


def _information(block: Array) -> Array:
    total = _sums(weighed(block.mean(axis=0)))
    inner = _sums(weighed(block).mean(axis=0))
    return np.asarray(np.maximum(inner - total, 0))


def _farthest(block: Array) -> Array:
    mean = block.mean(axis=0)
    logs = np.log(np.maximum(mean, np.finfo(mean.dtype).tiny))
    divergence = np.stack([_sums(weighed(said) - said * logs) for said in block])
    return np.asarray(np.maximum(divergence.max(axis=0), 0))


def _votes(block: Array) -> Array:
    """The share of the members that say each class, (n, C)."""
    votes = np.zeros(block.shape[1:], dtype=block.dtype)
    for said in block:
        leads = said == said.max(axis=1, keepdims=True)
        votes += leads / _sums(leads.astype(block.dtype))[:, None]
    votes /= len(block)
    return votes


def _sums(table: Array) -> Array:
    """The sum of each row, (n,); a product with ones, since rows are short."""
    return np.asarray(table @ np.ones(table.shape[1], dtype=table.dtype))
