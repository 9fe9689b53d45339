"""What a label would change: the gradient of the log loss in the weights, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.models.torch.backend import run
from querist.models.torch.losses import softmax
from querist.models.torch.reading import Network, asleep, plain

__all__ = ["layer_gradients", "named_gradients"]


def layer_gradients(network: Network, x: Any, target: np.ndarray | None) -> np.ndarray:
    """(n, W d + W): of the log loss in the last layer's weights and then its bias, in closed form.

    Row by row it is (p - 1 at the class) x (what the layer sees, 1).  ``target`` are the numbers of the
    classes; the likeliest of each row if None.
    """
    seen, said = network.seen(x)
    slope = softmax(said)
    target = slope.argmax(axis=1) if target is None else target
    slope[np.arange(len(slope)), target] -= 1
    weights = np.einsum("nw,nd->nwd", slope, seen).reshape(len(seen), -1)
    return weights if network.last.bias is None else np.concatenate([weights, slope], axis=1)


def named_gradients(network: Network, x: Any, target: np.ndarray | None, names: Sequence[str]) -> np.ndarray:
    """(n, P): of the log loss in the parameters ``names``, in their order, one backward pass a row."""
    import torch

    parameters = dict(network.module.named_parameters())
    if lacking := [name for name in names if name not in parameters]:
        raise InvalidInput(
            f"No parameter is called {lacking[0]!r}.", mend=f"There are {', '.join(map(repr, parameters))}."
        )
    wanted = [parameters[name] for name in names]
    rows = []
    with asleep(network.module):
        free = [(one, one.requires_grad) for one in wanted]
        try:
            for one in wanted:
                one.requires_grad_(True)
            for i in range(len(x)):
                with torch.enable_grad():
                    logits = run(network.module, network.inputs(x[i : i + 1]))
                    number = int(logits.argmax()) if target is None else int(target[i])
                    loss = -torch.log_softmax(logits, dim=1)[0, number]
                    found = torch.autograd.grad(loss, wanted, allow_unused=True)
                parts = [
                    np.zeros(one.numel()) if slope is None else plain(slope).ravel()
                    for one, slope in zip(wanted, found, strict=True)
                ]
                rows.append(np.concatenate(parts))
        finally:
            for one, requires in free:
                one.requires_grad_(requires)
    return np.asarray(np.stack(rows) if rows else np.empty((0, sum(one.numel() for one in wanted))))
