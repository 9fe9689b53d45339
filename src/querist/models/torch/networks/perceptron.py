"""A perceptron with hidden layers and dropout, for the features of an encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from querist.errors import InvalidInput
from querist.models.torch.backend import need_torch
from querist.models.torch.networks.convolutional import check_dropout

__all__ = ["Perceptron"]


@dataclass(frozen=True)
class Perceptron:
    """Hidden layers with dropout on the features of an encoder, or a linear head where there are none.

    Prefer it where classes bend around each other in the features, or where draws by dropout are wanted
    of a pretrained encoder ("minilm", "efficientnet").  Logistic regression on the same features is
    about as good and trains in a moment.

    Parameters
    ----------
    hidden : sequence of int
        Widths; () is a linear layer on the features alone.
    dropout : float
        The share dropped of the features and behind each hidden layer.

    >>> import torch
    >>> Perceptron(hidden=(8,))(3)(torch.zeros(5, 20)).shape
    torch.Size([5, 3])
    """

    hidden: tuple[int, ...] = (256,)
    dropout: float = 0.3

    def __post_init__(self) -> None:
        object.__setattr__(self, "hidden", tuple(self.hidden))
        if min(self.hidden, default=1) < 1:
            raise InvalidInput(f"hidden = {self.hidden} makes no network.", mend="Try (256,).")
        check_dropout(self.dropout)

    def __call__(self, classes: int) -> Any:
        """The network, for so many classes."""
        need_torch()
        from torch import nn

        from querist.models.torch.networks.layers import Levelled, lazily

        layers = [Levelled(), nn.Dropout(self.dropout)]
        for width in self.hidden:
            layers += [lazily(nn.LazyLinear, width), nn.ReLU(), nn.Dropout(self.dropout)]
        return nn.Sequential(*layers, lazily(nn.LazyLinear, classes))
