"""A bag of word vectors, and a convolutional network over them, for rows of word numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from querist.errors import InvalidInput
from querist.models.torch.backend import need_torch
from querist.models.torch.networks.convolutional import check_dropout

__all__ = ["Words"]


@dataclass(frozen=True)
class Words:
    """Vectors of words, averaged and looked at through windows: rows of the encoder ``tokens`` to classes.

    Prefer it for many labels in a language or a trade that no pretrained encoder knows: every word's
    vector is learnt from the labels alone.  With few labels use "minilm", or "tfidf".

    Parameters
    ----------
    numbers : int
        Of the words, as the encoder has them.
    width : int
        Of a word's vector.
    windows : sequence of int
        Words that the filters of a layer see at a time; () is the mean of the vectors alone.
    filters : int
        For each window.
    dropout : float

    >>> import torch
    >>> Words(numbers=50)(3)(torch.tensor([[4.0, 7.0, -1.0], [-1.0, -1.0, -1.0]])).shape
    torch.Size([2, 3])

    Kim, Convolutional neural networks for sentence classification, 2014; Iyyer et al., Deep unordered
    composition rivals syntactic methods for text classification, 2015.
    """

    numbers: int = 20_000
    width: int = 64
    windows: tuple[int, ...] = (2, 3)
    filters: int = 64
    dropout: float = 0.5

    def __post_init__(self) -> None:
        object.__setattr__(self, "windows", tuple(self.windows))
        if min(self.numbers, self.width, self.filters, *self.windows) < 1:
            raise InvalidInput(
                f"numbers = {self.numbers}, width = {self.width}, windows = {self.windows} and filters = "
                f"{self.filters} make no network.",
                mend="Each is 1 or more; leave them out.",
            )
        check_dropout(self.dropout)

    def __call__(self, classes: int) -> Any:
        """The network, for so many classes."""
        need_torch()
        from torch import nn

        from querist.models.torch.networks.layers import WordVectors

        vectors = WordVectors(self.numbers, self.width, self.windows, self.filters)
        seen = self.width + self.filters * len(self.windows)
        return nn.Sequential(vectors, nn.Dropout(self.dropout), nn.Linear(seen, classes))
