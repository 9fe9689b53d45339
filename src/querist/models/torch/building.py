"""A network from what the user gave: a factory, or a module to begin from; cold, warm, or half of each."""

from __future__ import annotations

import contextlib
import copy
import inspect
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from querist.errors import InvalidInput
from querist.models.torch.backend import need_torch

__all__ = ["built", "chance", "shown", "takes_width", "warmed"]

_ONE_AT_A_TIME = threading.RLock()  # PyTorch draws from one stream for the whole process


@contextlib.contextmanager
def chance(seed: int, device: Any = None) -> Iterator[None]:
    """PyTorch's chance begins at ``seed`` in here, and goes on where it was afterwards."""
    torch = need_torch()
    devices = [device] if device is not None and device.type == "cuda" else []
    with _ONE_AT_A_TIME, torch.random.fork_rng(devices=devices):
        torch.manual_seed(int(seed) % 2**63)
        yield


def takes_width(factory: Any) -> bool:
    """Whether a factory wants to be told the number of classes."""
    torch = need_torch()
    if isinstance(factory, torch.nn.Module):
        return False
    try:
        parameters = inspect.signature(factory).parameters.values()
    except (TypeError, ValueError):
        return False
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return any(one.kind in places and one.default is one.empty for one in parameters)


def built(factory: Any, width: int) -> Any:
    """A new module: a copy of the one given, or what the factory makes."""
    torch = need_torch()
    if isinstance(factory, torch.nn.Module):
        return copy.deepcopy(factory)
    module = factory(width) if takes_width(factory) else factory()
    if not isinstance(module, torch.nn.Module):
        raise InvalidInput(
            f"The factory made a {type(module).__name__}, which is no torch.nn.Module.",
            mend="Give a module, or a function (of the number of classes, if you like) that makes one.",
        )
    return module


def warmed(
    module: Any,
    old: Any,
    *,
    layer: str | None,
    columns: Sequence[Any],
    old_columns: Sequence[Any],
    keep: float = 1.0,
    new: float = 0.0,
) -> None:
    """Bring what ``old`` knows into ``module``: ``keep`` of it, with ``new`` of what is there.

    Of the last layer the rows of the classes that both know are brought; what has another shape stays.
    """
    torch = need_torch()
    known = [(i, old_columns.index(one)) for i, one in enumerate(columns) if one in old_columns]
    here, there = module.state_dict(), old.state_dict()
    with torch.no_grad():
        for name, value in here.items():
            if (before := there.get(name)) is None:
                continue
            rows = name.rpartition(".")[0] == layer and len(before) == len(old_columns)
            if rows and (list(columns) != list(old_columns)) and value.shape[1:] == before.shape[1:]:
                for i, j in known:
                    value[i] = keep * before[j] + new * value[i]
            elif value.shape == before.shape:
                blended = keep * before + new * value if value.is_floating_point() else before
                value.copy_(before if "running_" in name else blended)


def shown(value: Any) -> str:
    """What Python shows of a value, without the place where a function lies in memory."""
    if inspect.isfunction(value) or inspect.isclass(value) or inspect.isbuiltin(value):
        return f"{value.__module__}.{value.__qualname__}"
    torch_module = hasattr(value, "named_modules") and hasattr(value, "state_dict")
    return type(value).__qualname__ if torch_module else repr(value)
