"""A module with, beside each layer, the two vectors of each member of a batch ensemble."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from querist.models.torch.backend import run

__all__ = ["Weighed", "weighed_layers"]

_KINDS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


def weighed_layers(module: Any) -> dict[str, Any]:
    """The layers that members weigh, by name."""
    return {name: part for name, part in module.named_modules() if isinstance(part, _KINDS)}


class Weighed(nn.Module):  # type: ignore[misc]
    """``inner``, each of its layers W x + b made s * W (r * x) + b, with r and s of each member.

    While it trains, rows are shared out among the members in turn; in use it says the logarithm of their
    mean probability.
    """

    def __init__(self, inner: Any, size: int) -> None:
        super().__init__()
        self.inner, self.size = inner, size
        self.into, self.out = nn.ParameterList(), nn.ParameterList()
        for layer in weighed_layers(inner).values():
            like = layer.weight
            grouped = getattr(layer, "groups", 1)
            for held, width in ((self.into, like.shape[1] * grouped), (self.out, like.shape[0])):
                signs = torch.randint(0, 2, (size, width), dtype=like.dtype, device=like.device)
                held.append(nn.Parameter(2 * signs - 1))

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """Logits of a batch that is shared out, or of all members together."""
        given = named or (inputs[0] if len(inputs) == 1 else inputs)
        if self.training:
            with self.weighing(None):
                return run(self.inner, given)
        said = []
        for member in range(self.size):
            with self.weighing(member):
                said.append(torch.log_softmax(run(self.inner, given), dim=-1))
        return torch.logsumexp(torch.stack(said), dim=0)

    @contextlib.contextmanager
    def weighing(self, member: int | None) -> Iterator[None]:
        """In here every layer is one member's; of None row i is member i's, counted round."""
        handles = []
        try:
            for place, layer in enumerate(weighed_layers(self.inner).values()):
                r, s = self.into[place], self.out[place]
                handles.append(
                    layer.register_forward_pre_hook(
                        lambda layer, inputs, r=r: (_times(layer, inputs[0], r, member), *inputs[1:])
                    )
                )
                handles.append(
                    layer.register_forward_hook(
                        lambda layer, _, output, s=s: _outward(layer, output, s, member)
                    )
                )
            yield
        finally:
            for handle in handles:
                handle.remove()


def _times(layer: Any, x: Any, vectors: Any, member: int | None) -> Any:
    """Each row times the vector of its member, along the features or the channels."""
    if member is None:
        own = vectors[torch.arange(x.shape[0], device=x.device) % len(vectors)]
    else:
        own = vectors[member : member + 1]
    between = [1] * (x.ndim - 2)
    linear = isinstance(layer, nn.Linear)
    return x * own.reshape(own.shape[0], *between, -1) if linear else x * own.reshape(*own.shape, *between)


def _outward(layer: Any, x: Any, vectors: Any, member: int | None) -> Any:
    if layer.bias is None:
        return _times(layer, x, vectors, member)
    linear = isinstance(layer, nn.Linear)
    bias = layer.bias if linear else layer.bias.reshape(-1, *[1] * (x.ndim - 2))
    return _times(layer, x - bias, vectors, member) + bias
