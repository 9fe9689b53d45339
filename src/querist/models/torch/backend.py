"""PyTorch at the point of use: where it computes, what a row becomes, and what to do when memory runs out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from querist.errors import InvalidInput, MissingExtra, TrainingFailed

__all__ = ["as_floats", "device_of", "in_batches", "need_torch", "on_device", "out_of_memory", "run"]


def need_torch() -> Any:
    """The library ``torch``, or MissingExtra with the command that installs it."""
    try:
        import torch
    except ImportError as error:
        raise MissingExtra(
            f"A network needs PyTorch, which cannot be imported: {error}.",
            mend="Run: pip install 'querist[torch]'.",
        ) from error
    return torch


def device_of(name: str) -> Any:
    """Where to compute: ``"auto"`` is CUDA where there is one, else the processor."""
    torch = need_torch()
    there = bool(torch.cuda.is_available())
    if name == "auto":
        return torch.device("cuda" if there else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InvalidInput(
            f"No device is called {name!r}.", mend="Give 'auto', 'cpu', 'cuda' or 'cuda:1'."
        ) from error
    if device.type == "cuda" and not there:
        raise InvalidInput(
            f"The device {name!r} was asked for, and PyTorch finds no CUDA here.",
            mend="Give device='auto', or install a build of torch for CUDA.",
        )
    return device


def as_floats(rows: Any) -> Any:
    """Rows as one float32 tensor: arrays, sparse matrices, data frames, or a sequence of arrays.

    >>> as_floats(np.array([[1, 2]], dtype=np.uint8))
    tensor([[1., 2.]])
    """
    torch = need_torch()
    if hasattr(rows, "toarray"):
        rows = rows.toarray()
    elif hasattr(rows, "iloc"):
        rows = rows.to_numpy()
    elif not isinstance(rows, np.ndarray) or rows.dtype.kind == "O":
        rows = _stacked(rows)
    if rows.dtype.kind not in "fiub":
        raise InvalidInput(
            f"The rows hold {rows.dtype}, which is no number.",
            mend="Encode them first, or give TorchModel prepare=, a function from rows to tensors.",
        )
    return torch.from_numpy(np.array(rows, dtype=np.float32, order="C"))


def _stacked(rows: Any) -> np.ndarray:
    """A sequence of rows as one array."""
    parts = [np.asarray(row) for row in rows]
    if len(shapes := {part.shape for part in parts}) > 1:
        raise InvalidInput(
            f"Rows of the shapes {', '.join(map(str, sorted(shapes)[:3]))} make no one tensor.",
            mend="Bring them to one shape, or give prepare=, a function that pads a batch.",
        )
    return np.stack(parts) if parts else np.empty((0, 0))


def on_device(inputs: Any, device: Any) -> Any:
    """What ``prepare`` made (a tensor, or a mapping or sequence of such), moved to ``device``."""
    if isinstance(inputs, Mapping) or hasattr(inputs, "keys"):
        return {name: on_device(inputs[name], device) for name in inputs}
    if isinstance(inputs, list | tuple):
        return tuple(on_device(one, device) for one in inputs)
    return inputs.to(device) if hasattr(inputs, "to") else inputs


def run(module: Any, inputs: Any) -> Any:
    """The logits that ``module`` gives: mappings go in by keyword, sequences by place, a tensor as it is.

    Of an output that is more than a tensor it is what is called ``logits``, or what comes first.
    """
    if isinstance(inputs, Mapping):
        said = module(**inputs)
    elif isinstance(inputs, tuple):
        said = module(*inputs)
    else:
        said = module(inputs)
    if hasattr(said, "logits"):
        return said.logits
    if isinstance(said, Mapping) and "logits" in said:
        return said["logits"]
    return said[0] if isinstance(said, list | tuple) else said


def out_of_memory(error: BaseException) -> bool:
    """Whether this is what PyTorch raises when memory runs out, on the processor or beside it."""
    if isinstance(error, MemoryError) or type(error).__name__ in ("OutOfMemoryError", "AcceleratorError"):
        return isinstance(error, MemoryError) or "out of memory" in str(error).lower()
    told = str(error).lower()
    return isinstance(error, RuntimeError) and ("can't allocate memory" in told or "out of memory" in told)


def in_batches(n: int, batch: int, work: Callable[[int, int], Any]) -> list[Any]:
    """``work(start, stop)`` over ``n`` rows, ``batch`` at a time; halved whenever memory runs out.

    >>> in_batches(5, 2, lambda start, stop: stop - start)
    [2, 2, 1]
    """
    said, start = [], 0
    while start < n:
        stop = min(n, start + batch)
        try:
            said.append(work(start, stop))
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            batch = halved(stop - start, error)
            continue
        start = stop
    return said


def halved(batch: int, error: BaseException) -> int:
    """Half the batch, or TrainingFailed where not even one row finds room."""
    if batch > 1:
        torch = need_torch()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return batch // 2
    told = str(error).splitlines()[0] if str(error) else type(error).__name__
    raise TrainingFailed(
        f"Memory ran out with a batch of one row ({told}).",
        mend="Use a smaller network or smaller items, device='cpu', or a machine with more memory.",
    ) from error
