"""A trained network on its way out: ONNX, TorchScript and safetensors, tried before it is handed over."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from querist.data import atomic_write, full_disk_told
from querist.errors import InvalidInput, MissingExtra
from querist.models.exported import Exported
from querist.models.rows import take
from querist.models.torch.backend import as_floats, need_torch
from querist.models.torch.telling import networks_of, telling

__all__ = ["NETWORK_FORMATS", "write_network"]

NETWORK_FORMATS = ("onnx", "torchscript", "safetensors")
"""What :func:`write_network` writes."""

_CLOSE = 1e-3
_TOLD = {
    "model.onnx": "the network as ONNX: rows of numbers in, probabilities of the classes out",
    "model.pt": "the same as TorchScript, for torch.jit.load",
    "weights.safetensors": "the weights alone, by the names that the module has for them",
}


def write_network(
    model: Any, folder: str | os.PathLike[str], x: Any, *, formats: Sequence[str] = NETWORK_FORMATS
) -> dict[str, str]:
    """Write a trained network into ``folder``, in forms that need neither querist nor, of ONNX, PyTorch.

    ONNX and TorchScript hold ``proba`` whole: the mean over its posterior, the temperature and the order of
    the classes.  Each is read again and asked about ``x``; a form that says otherwise than the model is an
    error and not a file.  The names of the classes are kept in ``model.json``.

    Parameters
    ----------
    model : a fitted TorchModel, SkorchModel, or ensemble of such
    x : some rows, two or more
        As the model was fitted to; what is written is tried on them.

    Returns
    -------
    mapping from the names of the files to what they are

    Raises
    ------
    InvalidInput
        The network reads something else than rows of numbers, or says something else when written.

    >>> import tempfile
    >>> from torch import nn
    >>> from querist.models.torch import TorchModel, Training
    >>> def make(classes):
    ...     return nn.Linear(2, classes)
    >>> x = np.eye(2)
    >>> model = TorchModel(make, training=Training(least_steps=20)).fitted(x, ["no", "yes"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sorted(write_network(model, folder, x, formats=["safetensors"]))
    ['model.json', 'weights.safetensors']
    """
    if strange := [one for one in formats if one not in NETWORK_FORMATS]:
        raise InvalidInput(
            f"No network is written as {strange[0]!r}.", mend=f"Give {', '.join(NETWORK_FORMATS)}."
        )
    folder, told = Path(folder), {}
    networks_of(model)
    with full_disk_told(folder):
        folder.mkdir(parents=True, exist_ok=True)
    rows = take(x, np.arange(min(5, x.shape[0] if hasattr(x, "shape") else len(x))))
    if "safetensors" in formats:
        _write_weights(model, folder / "weights.safetensors")
        told["weights.safetensors"] = _TOLD["weights.safetensors"]
    writers = {"onnx": ("model.onnx", _write_onnx), "torchscript": ("model.pt", _write_script)}
    for form, (name, write) in writers.items():
        if form in formats:
            path = folder / name
            write(telling(model), as_floats(take(rows, np.arange(2))), path)
            _compare(model, rows, path)
            told[name] = _TOLD[name]
    runs = next((name for name in ("model.onnx", "model.pt") if name in told), None)
    with atomic_write(folder / "model.json") as file:
        held = {"format": 1, "classes": [str(one) for one in model.classes], "runs": runs}
        file.write(json.dumps(held, indent=1).encode())
    return {**told, "model.json": "the classes in the order of the columns, and which file to run"}


def _write_onnx(module: Any, rows: Any, path: Path) -> None:
    torch = need_torch()
    partly = path.with_suffix(".partly")
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # what the exporter thinks of its own age
            torch.onnx.export(
                module,
                (rows,),
                str(partly),
                dynamo=False,  # the newer one needs a library more, takes longer, and says the same
                input_names=["rows"],
                output_names=["proba"],
                dynamic_axes={"rows": {0: "n"}, "proba": {0: "n"}},
                opset_version=17,
            )
    except ImportError as error:
        raise MissingExtra(f"ONNX is not installed: {error}.", mend=_INSTALL) from error
    except (RuntimeError, TypeError, ValueError) as error:
        partly.unlink(missing_ok=True)
        raise _not_written("ONNX", f"{type(error).__name__}: {str(error).splitlines()[0]}") from error
    os.replace(partly, path)


_INSTALL = "Run: pip install 'querist[torch]'."


def _write_script(module: Any, rows: Any, path: Path) -> None:
    torch = need_torch()
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            script = torch.jit.trace(module, rows, check_trace=False)
    except (RuntimeError, TypeError, ValueError) as error:
        raise _not_written("TorchScript", f"{type(error).__name__}: {str(error).splitlines()[0]}") from error
    with atomic_write(path) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(script, file)


def _write_weights(model: Any, path: Path) -> None:
    try:
        from safetensors.torch import save
    except ImportError as error:
        raise MissingExtra(f"safetensors is not installed: {error}.", mend=_INSTALL) from error
    networks = networks_of(model)
    weights = {}
    for i, one in enumerate(networks):
        for name, tensor in one.network.state_dict().items():
            key = name if len(networks) == 1 else f"{i}.{name}"
            weights[key] = tensor.detach().cpu().contiguous().clone()  # apart, where two names share one
    with atomic_write(path) as file:
        file.write(save(weights, metadata={"classes": json.dumps([str(one) for one in model.classes])}))


def _compare(model: Any, rows: Any, path: Path) -> None:
    """Ask what was written about other numbers of rows than it was made with."""
    asked = Exported(path, model.classes)
    for n in {1, len(rows) if not hasattr(rows, "shape") else int(rows.shape[0])}:
        part = take(rows, np.arange(n))
        try:
            said, wanted = asked.proba(as_floats(part).numpy()), np.asarray(model.proba(part))
            off = float(np.abs(said - wanted).max()) if said.shape == wanted.shape else np.inf
        except Exception as error:
            off, told = np.inf, f": {type(error).__name__}: {str(error).splitlines()[0]}"
        else:
            told = ""
        if not off <= _CLOSE:
            path.unlink()
            kind = "ONNX" if path.suffix == ".onnx" else "TorchScript"
            raise _not_written(kind, f"of {n} rows it says something else ({off:.2g} off){told}")


def _not_written(kind: str, why: str) -> InvalidInput:
    return InvalidInput(
        f"The network cannot be written as {kind}: {why}.",
        mend="Let forward() use tensors throughout: x.flatten(1), and no Python number of the batch's size; "
        "or write safetensors.",
    )
