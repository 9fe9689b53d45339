"""A small convolutional network with dropout, for small pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from querist.errors import InvalidInput
from querist.models.torch.backend import need_torch

__all__ = ["Convolutional"]


@dataclass(frozen=True)
class Convolutional:
    """A small convolutional network with dropout, trained from nothing on rows of the encoder ``pixels``.

    Prefer it for small pictures and some hundred labels or more.  With few labels logistic regression on
    "shapes" is ahead, and of photographs ``Perceptron`` on the features of "efficientnet".

    Each of ``channels`` is a layer of 3 x 3 filters, a rectifier, and the largest of each 2 x 2; then come
    dropout, a hidden layer, and dropout again.  What lies before the first dropout is computed once for
    all draws.

    Parameters
    ----------
    channels : sequence of int
        Filters of each layer; each halves the side.
    hidden : int
    dropout : pair of shares
        Of the last filters, and of the hidden layer.

    >>> network = Convolutional(channels=(4, 8), hidden=16)(3)
    >>> import torch
    >>> network(torch.zeros(5, 28 * 28)).shape, network(torch.zeros(5, 28 * 28)).requires_grad
    (torch.Size([5, 3]), True)

    Gal, Islam & Ghahramani, Deep Bayesian active learning with image data, 2017, whose network has the same
    parts.
    """

    channels: tuple[int, ...] = (32, 64)
    hidden: int = 128
    dropout: tuple[float, float] = (0.25, 0.5)

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(self.channels))
        if not self.channels or min(*self.channels, self.hidden) < 1:
            raise InvalidInput(
                f"channels = {self.channels} and hidden = {self.hidden} make no network.",
                mend="Leave them at (32, 64) and 128.",
            )
        check_dropout(*self.dropout)

    def __call__(self, classes: int) -> Any:
        """The network, for so many classes."""
        need_torch()
        from torch import nn

        from querist.models.torch.networks.layers import Levelled, Pictures, lazily

        layers = [Levelled(), Pictures()]
        for i, channels in enumerate(self.channels):
            first = lazily(nn.LazyConv2d, channels, 3, padding=1)
            layers.append(nn.Conv2d(self.channels[i - 1], channels, 3, padding=1) if i else first)
            layers += [nn.ReLU(), nn.MaxPool2d(2)]
        layers += [nn.Dropout(self.dropout[0]), nn.Flatten(), lazily(nn.LazyLinear, self.hidden), nn.ReLU()]
        return nn.Sequential(*layers, nn.Dropout(self.dropout[1]), nn.Linear(self.hidden, classes))


def check_dropout(*shares: float) -> None:
    """Raise InvalidInput unless each is a share from 0 to below 1."""
    for share in shares:
        if not 0 <= share < 1:
            raise InvalidInput(f"dropout is a share from 0 to below 1; got {share!r}.", mend="Try 0.5.")
