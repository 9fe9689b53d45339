"""The layers that PyTorch has not: from rows of numbers, as a pool holds them, to what networks read."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from querist.errors import InvalidInput

__all__ = ["Levelled", "Pictures", "Reader", "Sentences", "Turned", "WordVectors", "lazily"]


def lazily(kind: Callable[..., Any], *sizes: Any, **more: Any) -> Any:
    """A layer of ``nn.Lazy...``, as wide as the first rows it meets; without PyTorch's warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return kind(*sizes, **more)


class Levelled(nn.Module):  # type: ignore[misc]
    """Rows brought to mean 0 and deviation 1 as a whole, by what was met in training.

    Columns keep their scales beside each other: of an encoder's features, the last ones are noise.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.BatchNorm1d(1, affine=False, momentum=None)

    def forward(self, x: Any) -> Any:
        return self.scale(x.unsqueeze(1)).squeeze(1)


class Pictures(nn.Module):  # type: ignore[misc]
    """Rows of pixels as pictures: (rows, side * side * colours) to (rows, colours, side, side)."""

    def forward(self, x: Any) -> Any:
        width = int(x.shape[1])
        for colours in (1, 3):
            side = math.isqrt(width // colours)
            if side * side * colours == width:
                return x.reshape(-1, side, side, colours).permute(0, 3, 1, 2)
        raise InvalidInput(
            f"Rows of {width} numbers are no square pictures, in grey or in three colours.",
            mend="Give it the rows of the encoder 'pixels', or use Perceptron for features.",
        )


class WordVectors(nn.Module):  # type: ignore[misc]
    """Rows of word numbers (-1 behind the end of a text) as one vector a text.

    The mean of the words' vectors, and beside it, for each window, the strongest answer of each filter that
    passes over so many words at a time.
    """

    def __init__(self, numbers: int, width: int, windows: Sequence[int], filters: int) -> None:
        super().__init__()
        self.vectors = nn.Embedding(numbers, width)
        nn.init.normal_(self.vectors.weight, std=0.1)
        self.filters = nn.ModuleList(
            nn.Conv1d(width, filters, window, padding=window - 1) for window in windows
        )

    def forward(self, rows: Any) -> Any:
        ids = rows.long()
        there = (ids >= 0).unsqueeze(2)
        refuse_beyond(ids, self.vectors.num_embeddings)
        vectors = self.vectors(ids.clamp(min=0)) * there
        mean = vectors.sum(dim=1) / there.sum(dim=1).clamp(min=1)
        across = vectors.transpose(1, 2)
        strongest = [torch.relu(one(across)).amax(dim=2) for one in self.filters]
        return torch.cat([mean, *strongest], dim=1) if strongest else mean


class Reader(nn.Module):  # type: ignore[misc]
    """A sequence classifier of ``transformers``, given rows of token numbers (-1 behind a text's end)."""

    def __init__(self, model: Any, config: Any) -> None:
        super().__init__()
        self.model = model
        self.padding = int(getattr(config, "pad_token_id", None) or 0)
        self.numbers = int(getattr(config, "vocab_size", 0))

    def forward(self, rows: Any) -> Any:
        return self.read(rows)[0].logits

    def row_lengths(self, rows: Any) -> np.ndarray:
        """How many tokens each row has: rows of about as many are best read together."""
        return np.asarray((np.asarray(rows) >= 0).sum(axis=1))

    def read(self, rows: Any) -> tuple[Any, Any]:
        """What the model says of the rows, and which of its places hold a token."""
        ids = rows.long()
        if not written():  # what leaves here must read rows of any length
            longest = max(1, int((ids >= 0).sum(dim=1).max()))
            ids = ids[:, :longest]  # nothing is computed of what all rows lack
        there = ids >= 0
        there[:, 0] = True  # a text without a token has one, or its mean would be of nothing
        if self.numbers:
            refuse_beyond(ids, self.numbers)
        filled = ids.masked_fill(ids < 0, self.padding)
        return self.model(input_ids=filled, attention_mask=there.to(torch.long)), there


class Sentences(Reader):
    """A model of ``transformers`` as vectors of texts: the mean of what it says of the tokens, levelled."""

    def forward(self, rows: Any) -> Any:
        said, there = self.read(rows)
        mask = there.unsqueeze(2).to(said.last_hidden_state.dtype)
        mean = (said.last_hidden_state * mask).sum(dim=1) / mask.sum(dim=1)
        return nn.functional.normalize(mean, dim=1) * mean.shape[1] ** 0.5


class Turned(nn.Module):  # type: ignore[misc]
    """Vectors turned and stretched to vectors of the same width: as they are, until it has learnt."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.turn = nn.Linear(width, width, bias=False)
        nn.init.zeros_(self.turn.weight)

    def forward(self, x: Any) -> Any:
        return nn.functional.normalize(x + self.turn(x), dim=1)


def written() -> bool:
    """Whether the network is being written down for elsewhere, and no number in it may decide anything."""
    return bool(torch.jit.is_tracing() or torch.compiler.is_compiling())


def refuse_beyond(ids: Any, numbers: int) -> None:
    """InvalidInput where a token has a number that the network has no vector for."""
    if not written() and ids.numel() and (largest := int(ids.max())) >= numbers:
        raise InvalidInput(
            f"A token has the number {largest:,}, and the network knows {numbers:,} of them.",
            mend="Let network and encoder be of one folder, or give both the same numbers: "
            "Words(numbers=...), TokensEncoder(numbers=...).",
        )
