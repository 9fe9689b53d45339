"""QUIRE (Huang, Jin & Zhou, 2010) as it was run, on one update of a matrix a question."""

from __future__ import annotations

import numpy as np
from svm import gaussian

__all__ = ["quire"]


def quire(x: np.ndarray, y: np.ndarray, start: int) -> np.ndarray:
    """The order of QUIRE with a Gaussian kernel (gamma 1) and noise 1: least of L_ss - det / L_ss + 2 |t|.

    L is the inverse of K + 1 and det the determinant of its unlabelled block.  In the published library
    the inverse of that block is a first-order one, K_uu + 1 - K_ul K_lu, and where a row is taken out of it
    the squared length of its column is subtracted from every element, not the outer product: both are
    kept here.  Without them t would be the prediction over its variance.
    """
    n = len(y)
    similar = gaussian(x, x[:0], gamma=1.0)
    noisy = similar + np.eye(n)
    whole, log_all = np.linalg.inv(noisy), np.linalg.slogdet(noisy)[1]
    order, free = list(range(start)), np.arange(start, n)
    factor = np.linalg.inv(noisy[:start, :start])
    log_known = np.linalg.slogdet(noisy[:start, :start])[1]
    inverse = noisy[start:, start:] - similar[start:, :start] @ similar[:start, start:]
    block, told = whole[start:, start:], whole[:, :start] @ y[:start]
    while len(free):
        own = np.diag(block)
        worth = own - np.exp(log_known - log_all) / own + 2 * np.abs(_pull(block, inverse, told[free]))
        at = int(np.argmin(worth)) if len(free) > 1 else 0
        row, rest = int(free[at]), np.delete(np.arange(len(free)), at)
        factor, grown = _grown(factor, similar[row, order], noisy[row, row])
        log_known += grown
        told += whole[:, row] * y[row]
        across = similar[free[rest], row]
        inverse = inverse[np.ix_(rest, rest)] - np.outer(across, across)
        block, free = block[np.ix_(rest, rest)], free[rest]
        order.append(row)
    return np.array(order)


def _pull(block: np.ndarray, inverse: np.ndarray, told: np.ndarray) -> np.ndarray:
    """What the labels say of each unlabelled row with the others taken out."""
    own, squares = np.diag(block), np.einsum("ij,ij->i", inverse, inverse)
    corner = np.diag(inverse)
    answer = inverse @ told
    both = np.einsum("ij,ji->i", block, inverse) - own * corner
    through = block @ answer - own * answer - told * both
    less = (squares - corner**2) / corner
    out: np.ndarray = told - through + less * (block.sum(axis=1) - own) * (told.sum() - told)
    return out


def _grown(inverse: np.ndarray, across: np.ndarray, own: float) -> tuple[np.ndarray, float]:
    """The inverse with one more row and column, and the logarithm by which its determinant falls."""
    solved, k = inverse @ across, len(inverse)
    left = own - across @ solved
    grown = np.empty((k + 1, k + 1))
    grown[:k, :k] = inverse + np.outer(solved, solved) / left
    grown[k, :k] = grown[:k, k] = -solved / left
    grown[k, k] = 1.0 / left
    return grown, float(np.log(left))
