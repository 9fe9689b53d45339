"""What a network is trained to make small, and how its logits become probabilities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.models.torch.backend import need_torch

__all__ = ["LOSSES", "Loss", "evidence", "loss_of", "said_by", "softmax"]

Loss = Callable[[Any, Any], Any]
"""From logits (n, W) and the numbers of the right classes (n,) to losses (n,), or to their mean."""


def cross_entropy(logits: Any, target: Any) -> Any:
    """The log loss of each row; rows marked -100 cost nothing."""
    from torch.nn import functional

    return functional.cross_entropy(logits, target, reduction="none")


def evidential(logits: Any, target: Any) -> Any:
    """The expected log loss under a Dirichlet of 1 + softplus(logits), with a pull of evidence to nothing.

    Sensoy, Kaplan & Kandemir 2018, their equation 4; the pull is the mean of the evidence for wrong classes.
    """
    torch = need_torch()
    alpha = 1 + torch.nn.functional.softplus(logits)
    right = alpha.gather(1, target[:, None]).squeeze(1)
    total = alpha.sum(dim=1)
    wrong = total - right - (alpha.shape[1] - 1)
    return torch.digamma(total) - torch.digamma(right) + _PULL * torch.log1p(wrong)


_PULL = 0.1

LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy, "evidential": evidential}
"""The losses that have a name."""


def loss_of(loss: str | Loss) -> Loss:
    """The loss that a name means; a function as it is."""
    if callable(loss):
        return loss
    if loss not in LOSSES:
        raise InvalidInput(
            f"No loss is called {loss!r}.",
            mend=f"Give {' or '.join(map(repr, LOSSES))}, or a function of logits and targets.",
        )
    return LOSSES[loss]


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities from logits along the last axis, float64; minus infinity is probability 0."""
    logits = np.asarray(logits, dtype=np.float64)
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def said_by(logits: Any, *, temperature: float, evidential: bool) -> Any:
    """Probabilities from a tensor of logits along its last axis, where it lies and as exact as it is."""
    torch = need_torch()
    if evidential:
        alpha = 1 + torch.nn.functional.softplus(logits)
        return alpha / alpha.sum(dim=-1, keepdim=True)
    return torch.softmax(logits / temperature, dim=-1)


def evidence(logits: np.ndarray) -> np.ndarray:
    """The parameters of the Dirichlet that evidential logits mean, all above 1."""
    return np.asarray(1 + np.logaddexp(0, np.asarray(logits, dtype=np.float64)))
