"""A model that was exported, asked without what it was trained with."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from querist.errors import InvalidInput, MissingExtra

__all__ = ["Exported"]

_BATCH = 512


class Exported:
    """A model file asked for probabilities: ONNX by onnxruntime alone, TorchScript by PyTorch, or joblib.

    Prefer ``model.onnx``: it runs anywhere, and reading it runs no code.  ``model.joblib`` is a pickle: read
    it only where you trust who wrote it.

    Parameters
    ----------
    path : ``model.onnx``, ``model.pt``, ``model.joblib``, or a folder with one of them and a ``model.json``
    classes : names, optional
        What the columns are; as ``model.json`` says if not given.

    Attributes
    ----------
    about : mapping
        What ``model.json`` tells; nothing of a file by itself.
    """

    def __init__(self, path: str | os.PathLike[str], classes: Sequence[Any] | None = None) -> None:
        file = Path(path)
        self.about: dict[str, Any] = {}
        if file.is_dir():
            told = self.about = _told(file)
            classes = told["classes"] if classes is None else classes
            if told.get("runs") is None:
                raise InvalidInput(
                    f"{file} holds the weights of a network and nothing that runs.",
                    mend="Export it as ONNX: querist export FOLDER --what model --as onnx.",
                )
            file = file / told["runs"]
        if not file.is_file():
            raise InvalidInput(f"There is no file {file}.", mend="Give the folder that was exported.")
        self.path = file
        self.classes: tuple[Any, ...] = () if classes is None else tuple(classes)
        readers = {".onnx": _onnx, ".pt": _script, ".joblib": _joblib}
        if file.suffix not in readers:
            raise InvalidInput(
                f"{file.name} is no model that is known.", mend="Give model.onnx, model.pt or model.joblib."
            )
        self._says = readers[file.suffix](file)
        if file.suffix == ".joblib" and classes is None:
            self.classes = tuple(self._says.__self__.classes)

    def proba(self, x: Any) -> np.ndarray:
        """Class probabilities of rows of features, (n, C) float64."""
        n = int(x.shape[0]) if hasattr(x, "shape") else len(x)
        parts = [np.asarray(self._says(x[a : a + _BATCH]), dtype=np.float64) for a in range(0, n, _BATCH)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.classes)))

    def predict(self, x: Any) -> np.ndarray:
        """The likeliest class of each row, (n,)."""
        return np.asarray(np.asarray(self.classes)[self.proba(x).argmax(axis=1)])


def _told(folder: Path) -> dict[str, Any]:
    path = folder / "model.json"
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidInput(
            f"{folder} holds no model.json.",
            mend="Export the model anew: querist export FOLDER --what model.",
        ) from None
    except ValueError as error:
        raise InvalidInput(f"{path} is damaged: {error}.", mend="Export the model anew.") from error
    if told.get("format") != 1:
        raise InvalidInput(
            f"{path} has the format {told.get('format')!r}; known is 1.",
            mend="Read it with the version of querist that wrote it, or a later one.",
        )
    return told


def _dense(x: Any) -> np.ndarray:
    rows = x.toarray() if hasattr(x, "toarray") else x
    return np.ascontiguousarray(rows, dtype=np.float32)


def _onnx(path: Path) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtra(
            f"{path.name} is run by onnxruntime, which cannot be imported: {error}.",
            mend="Run: pip install onnxruntime.",
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common kind
        raise InvalidInput(
            f"{path} cannot be read: {str(error).splitlines()[0]}.", mend="Export the model anew."
        ) from error
    name, width = session.get_inputs()[0].name, session.get_inputs()[0].shape[-1]

    def says(x: Any) -> Any:
        rows = _dense(x)
        if isinstance(width, int) and rows.shape[-1] != width:
            raise InvalidInput(
                f"The rows have {rows.shape[-1]} features; the model reads {width}.",
                mend="Encode them as the items that it was trained on.",
            )
        return session.run(None, {name: rows})[0]

    return says


def _script(path: Path) -> Any:
    import warnings

    try:
        import torch
    except ImportError as error:
        raise MissingExtra(
            f"{path.name} is run by PyTorch, which cannot be imported: {error}.",
            mend="Run: pip install 'querist[torch]', or export the model as ONNX.",
        ) from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            script = torch.jit.load(str(path), map_location="cpu").eval()
        except RuntimeError as error:
            raise InvalidInput(
                f"{path} cannot be read: {str(error).splitlines()[0]}.", mend="Export the model anew."
            ) from error

    def says(x: Any) -> Any:
        with torch.no_grad():
            return script(torch.from_numpy(_dense(x))).numpy()

    return says


def _joblib(path: Path) -> Any:
    import joblib

    return joblib.load(path).proba
