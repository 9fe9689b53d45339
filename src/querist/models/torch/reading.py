"""A trained module, read from outside: what it says, what its last layer sees, and nothing of it changed."""

from __future__ import annotations

import contextlib
import copy
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.models.estimator import length
from querist.models.rows import take
from querist.models.torch.backend import as_floats, in_batches, need_torch, on_device, run
from querist.models.torch.lengths import in_first_order, lengths_of

__all__ = ["Network", "asleep", "find_head"]

_FEW = 64  # rows of unlike lengths that are read at a time: more of them leave a processor's cache
_ASKING = threading.RLock()  # hooks and modes are the module's: one question at a time


@contextlib.contextmanager
def asleep(module: Any) -> Iterator[None]:
    """Every layer as in use (no dropout, batch statistics kept) and as it was before, afterwards."""
    torch = need_torch()
    modes = [(layer, layer.training) for layer in module.modules()]
    try:
        module.eval()
        with torch.no_grad():
            yield
    finally:
        for layer, training in modes:
            layer.training = training


@dataclass(frozen=True)
class Network:
    """A module with what it takes to ask it: how rows become tensors, and which layer is the last.

    ``layer`` is the name of the last layer, whose input is the embedding (None where none was found);
    ``linear`` says that the logits are this layer's output, up to a number common to all classes.
    """

    module: Any
    device: Any
    prepare: Callable[[Any], Any] | None = None
    layer: str | None = None
    linear: bool = False
    batch: int = 512

    def inputs(self, x: Any) -> Any:
        """Rows as the module takes them, where it computes."""
        return on_device((self.prepare or as_floats)(x), self.device)

    def each(self, x: Any, work: Callable[[Any], Any]) -> list[Any]:
        """``work(inputs)`` for the rows in batches, with the module asleep."""
        n = length(x)
        lengths = lengths_of(self.module, x) if n > _FEW and self.prepare is None else None
        rows = np.arange(n) if lengths is None else np.argsort(lengths, kind="stable")
        small = lengths is not None and self.device.type == "cpu"
        batch = min(self.batch, _FEW) if small else self.batch
        as_it_lies = lengths is None and self.prepare is None and isinstance(x, np.ndarray)

        def some(start: int, stop: int) -> Any:  # what is not prepared is copied but once
            return x[start:stop] if as_it_lies else take(x, rows[start:stop])

        with _ASKING, asleep(self.module):
            parts = in_batches(n, batch, lambda start, stop: work(self.inputs(some(start, stop))))
        return parts if lengths is None else [in_first_order(parts, rows)]

    def logits(self, x: Any) -> np.ndarray:
        """What the module says, (n, W), or (n, T, W) of units, float32."""
        return joined(self.each(x, lambda inputs: plain(run(self.module, inputs))))

    def seen(self, x: Any) -> tuple[np.ndarray, np.ndarray]:
        """What the last layer sees of each row, (n, d), and what the module says of it."""
        with _ASKING, self.listening() as heard:
            parts = self.each(x, lambda inputs: (plain(run(self.module, inputs)), plain(flat(heard.pop()))))
        return joined([one for _, one in parts]), joined([one for one, _ in parts])

    def seen_there(self, x: Any) -> Any:
        """What the last layer sees of each row, (n, d) float32, a tensor where the module computes."""

        def heard_of(inputs: Any) -> Any:
            run(self.module, inputs)
            return flat(heard.pop()).detach().float()

        with self.listening() as heard:
            return need_torch().cat(self.each(x, heard_of))

    @contextlib.contextmanager
    def listening(self) -> Iterator[list[Any]]:
        """A list that holds, after each pass, what the last layer saw in it."""
        heard: list[Any] = []
        last = self.last
        handle = last.register_forward_pre_hook(lambda _, inputs: heard.append(inputs[0]))
        try:
            yield heard
        finally:
            handle.remove()

    @property
    def last(self) -> Any:
        """The last layer."""
        assert self.layer is not None
        return self.module.get_submodule(self.layer)

    def last_layer(self) -> tuple[np.ndarray, np.ndarray]:
        """Weights (W, d) and bias (W,) of the last layer, float64."""
        last = self.last
        weights = plain(last.weight).astype(np.float64)
        bias = np.zeros(len(weights)) if last.bias is None else plain(last.bias).astype(np.float64)
        return weights, bias

    def with_module(self, module: Any) -> Network:
        """The same, of another module of the same make."""
        return replace(self, module=module)

    def __getstate__(self) -> dict[str, Any]:
        module = self.module
        if self.device.type != "cpu":  # what is kept must open on a machine without the device
            module = copy.deepcopy(module).to("cpu")
        return {**self.__dict__, "module": module, "device": str(self.device)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        torch = need_torch()
        device = torch.device(state["device"])
        if device.type == "cuda" and not torch.cuda.is_available():
            device = torch.device("cpu")
        for name, value in {**state, "device": device, "module": state["module"].to(device)}.items():
            object.__setattr__(self, name, value)


def plain(tensor: Any) -> np.ndarray:
    """A tensor as a NumPy array of float32."""
    return np.asarray(tensor.detach().float().cpu().numpy())


def joined(parts: list[np.ndarray]) -> np.ndarray:
    """Batches one after the other; units are padded with NaN to the longest item."""
    if not parts:
        return np.empty((0, 0), dtype=np.float32)
    if parts[0].ndim == 3:
        longest = max(part.shape[1] for part in parts)
        parts = [
            np.pad(one, ((0, 0), (0, longest - one.shape[1]), (0, 0)), constant_values=np.nan)
            for one in parts
        ]
    return np.concatenate(parts)


def flat(tensor: Any) -> Any:
    """One vector a row."""
    return tensor.flatten(1)


def find_head(network: Network, x: Any, layer: str | None) -> tuple[Network, int]:
    """The network with its last layer found, and how many numbers it gives a row (or a unit).

    ``x`` are a few rows, which go through once; the last layer is the linear one whose output is what the
    module says, or else the last linear one of as many outputs.  ``layer`` names another.
    """
    from torch import nn

    told: list[tuple[str, Any]] = []
    handles = [
        part.register_forward_hook(lambda _, __, output, name=name: told.append((name, output)))
        for name, part in network.module.named_modules()
        if isinstance(part, nn.Linear) or name == layer
    ]
    try:
        said = network.each(x, lambda inputs: run(network.module, inputs))[0]
    except InvalidInput:
        raise
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        raise InvalidInput(
            f"The network cannot read the rows ({_shape(x)}): {type(error).__name__}: {error}.",
            mend="Let its first layer fit them, or give prepare=, a function from rows to its inputs.",
        ) from error
    finally:
        for handle in handles:
            handle.remove()
    if getattr(said, "ndim", 0) not in (2, 3):
        shape = tuple(getattr(said, "shape", ()))
        raise InvalidInput(
            f"The network gives {shape or type(said).__name__} for {len(x)} rows, not a row of logits each.",
            mend="Let it give (rows, classes), one logit a class; of units (rows, units, classes).",
        )
    width = int(said.shape[-1])
    if layer is not None:
        if layer not in dict(told):
            names = ", ".join(repr(name) for name, _ in network.module.named_modules() if name)
            raise InvalidInput(f"No layer {layer!r} was reached.", mend=f"There are {names}.")
    else:
        ends = [one for one, output in told if output is said]
        fits = [one for one, _ in told if network.module.get_submodule(one).out_features == width]
        layer = next(reversed([*fits, *ends]), None)
    found = replace(network, layer=layer)
    linear = layer is not None and said.ndim == 2 and _is_linear(found, x)
    return replace(found, linear=linear), width


def _is_linear(network: Network, x: Any) -> bool:
    """Whether the logits are the last layer's output, or that less a number common to all classes."""
    from torch import nn

    if not isinstance(network.last, nn.Linear):
        return False
    seen, said = network.seen(x)
    weights, bias = network.last_layer()
    if seen.shape[1] != weights.shape[1] or said.shape[1] != len(weights):
        return False
    off = seen @ weights.T + bias - said
    return bool(np.allclose(off - off[:, :1], 0, atol=1e-3 * max(1.0, float(np.abs(said).max()))))


def _shape(x: Any) -> str:
    shape = getattr(x, "shape", None)
    return f"{len(x)} of {type(x[0]).__name__}" if shape is None else "x".join(map(str, shape))
