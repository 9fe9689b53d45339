"""Dropout that stays the same over a pool: one mask a member, whatever rows it is asked about."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.models.torch.backend import need_torch

__all__ = ["Masks", "dropout_layers", "masked", "stem"]

_BY_CHANNEL = ("Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout")
_ALPHA = -1.7580993408473766  # what alpha dropout puts in place of a unit: minus SELU's scale times alpha
_KEPT = 2**24  # entries of masks that are kept: 64 MB


def dropout_layers(module: Any, wanted: Sequence[str] | None = None) -> dict[str, Any]:
    """The dropout layers of ``module`` by name, all of them or those below the names ``wanted``."""
    from torch.nn.modules.dropout import _DropoutNd

    found = {name: layer for name, layer in module.named_modules() if isinstance(layer, _DropoutNd)}
    if wanted is None:
        return found
    below = {one: [name for name in found if name == one or name.startswith(f"{one}.")] for one in wanted}
    if lacking := [one for one, names in below.items() if not names]:
        raise InvalidInput(
            f"No dropout layer is called {lacking[0]!r} or lies below it.",
            mend=f"There are {', '.join(map(repr, found)) or 'none'}.",
        )
    return {name: found[name] for names in below.values() for name in names}


class Masks:
    """The masks that members met in the batches before, where they are used: drawn once for a whole pool.

    As many as there is room for; of a long text each is as large as the text, and few are kept.
    """

    def __init__(self) -> None:
        self.room = _KEPT
        self._of: dict[Any, Any] = {}

    def of(self, key: tuple[Any, ...], made: Callable[[], Any]) -> Any:
        """The mask of this key, made if it is not there."""
        mask = self._of.get(key)
        if mask is None:
            mask = made()
            if mask.numel() <= self.room:
                self.room -= mask.numel()
                self._of[key] = mask
        return mask


@contextlib.contextmanager
def masked(
    layers: dict[str, Any], seed: int, rate: float | None = None, kept: Masks | None = None
) -> Iterator[None]:
    """Each of the layers drops what its mask of this seed says, and nothing else is as in training.

    A mask has the shape of one row, and is drawn in the order of its entries: the second sentence of a batch
    meets the same mask as the first, and a longer padding changes nothing of what comes before it.
    ``kept`` holds masks from one batch to the next, of the same layers and rate.
    """
    kept = Masks() if kept is None else kept
    calls = dict.fromkeys(layers, 0)
    handles = []

    def hook_of(place: int, name: str) -> Any:
        def hook(layer: Any, inputs: Any, output: Any) -> Any:
            calls[name] += 1
            return _dropped(layer, output, (seed, place, calls[name] - 1), rate, kept)

        return hook

    try:
        for place, (name, layer) in enumerate(layers.items()):
            handles.append(layer.register_forward_hook(hook_of(place, name)))
        yield
    finally:
        for handle in handles:
            handle.remove()


def _dropped(layer: Any, x: Any, key: tuple[int, ...], rate: float | None, kept: Masks) -> Any:
    p = float(layer.p) if rate is None else rate
    if p <= 0:
        return x
    kind = type(layer).__name__
    shape = tuple(x.shape[1:])
    if kind in _BY_CHANNEL:
        shape = (shape[0], *(1 for _ in shape[1:]))
    alpha = "Alpha" in kind
    factor = 1.0 if alpha or p >= 1 else 1 / (1 - p)

    def drawn() -> Any:
        keep = np.random.default_rng(key).random(int(np.prod(shape, dtype=int))) >= p
        mask = need_torch().from_numpy(keep.reshape(shape) * np.float32(factor))
        return mask.to(device=x.device, dtype=x.dtype)

    mask = kept.of((*key, shape, x.dtype, x.device), drawn)
    if alpha:
        a = ((1 - p) * (1 + p * _ALPHA**2)) ** -0.5
        return a * (x * mask + _ALPHA * (1 - mask)) - a * _ALPHA * p
    return x * mask


def stem(module: Any, layers: dict[str, Any]) -> tuple[Any, Any]:
    """The part of a sequence before its first dropout, which all members share, and the part from there.

    None and the module itself where it is no sequence, for then nobody can say what comes first.
    """
    from torch import nn

    if type(module) is not nn.Sequential:
        return None, module
    dropping = {name.split(".")[0] for name in layers}
    children = list(module.named_children())
    first = next((i for i, (name, _) in enumerate(children) if name in dropping), len(children))
    whole = [child for _, child in children]
    return nn.Sequential(*whole[:first]), nn.Sequential(*whole[first:])
