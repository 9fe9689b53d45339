"""NumPy files: 2-D arrays are rows of numbers, 3-D and 4-D ones are pictures."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from querist.data.source import Columns, Source
from querist.errors import SourceError

__all__ = ["read_arrays"]

_USUAL = ("x", "images", "data", "features", "embeddings", "x_train", "train_images", "arr_0")


def read_arrays(
    path: Path, *, column: str | None = None, label: str | None = None, kind: str | None = None
) -> Source:
    """The items of a ``.npy`` or ``.npz`` file; an item's id is its row number.

    ``column`` names the array in an ``.npz``, ``label`` the one that holds labels already given.
    """
    arrays = _load(path)
    name = _chosen(path, arrays, column)
    x = arrays[name]
    if x.dtype.kind not in "fiub":
        raise SourceError(
            f"The array {name!r} of {path} holds {x.dtype}, not numbers.",
            mend="Name another array with columns=.",
        )
    if x.ndim < 2 or x.ndim > 4 or (x.ndim == 4 and x.shape[3] not in (1, 3)) or 0 in x.shape:
        raise SourceError(
            f"The array {name!r} of {path} has the shape {x.shape}.",
            mend="Rows are (n, d); pictures (n, height, width) or (n, height, width, 1 or 3); none is 0.",
        )
    if kind not in (None, "row" if x.ndim == 2 else "image"):
        raise SourceError(
            f"An array of the shape {x.shape} holds {'rows' if x.ndim == 2 else 'pictures'}, not {kind!r}.",
            mend="Leave kind out.",
        )
    ids = [str(i) for i in range(len(x))]
    given = {} if not label else _labels(path, arrays, label, len(x))
    columns = (
        Columns(kind="row", size=len(x), vectors=x)
        if x.ndim == 2
        else Columns(kind="image", size=len(x), images=x)
    )
    return Source(
        kind=columns.kind,
        ids=ids,
        content=columns,
        labels={ids[i]: value for i, value in given.items()},
        options={"columns": [name], "label": label or ""},
        path=str(path),
    )


def _load(path: Path) -> Mapping[str, Any]:
    if not path.exists():
        raise SourceError(f"{path} does not exist.", mend="Check the path.")
    try:
        if path.suffix.lower() == ".npy":
            return {"arr_0": np.load(path, mmap_mode="r", allow_pickle=False)}
        with path.open("rb") as file, np.load(file, allow_pickle=False) as loaded:
            held = {name: loaded[name] for name in loaded.files}
            return {name: one for name, one in held.items() if isinstance(one, np.ndarray) and one.ndim}
    except ValueError as error:
        if "pickle" in str(error).lower():
            raise SourceError(
                f"{path} holds Python objects, which could run code when read.",
                mend="Save plain numbers (and labels as strings or numbers) with numpy.savez.",
            ) from error
        raise SourceError(f"{path} is no NumPy file: {error}.", mend="Write it with numpy.save.") from error
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise SourceError(f"{path} is damaged: {error}.", mend="Write or copy it again.") from error


def _chosen(path: Path, arrays: Mapping[str, Any], column: str | None) -> str:
    if not arrays:
        raise SourceError(f"{path} holds no arrays.", mend="Write it with numpy.savez.")
    if column is not None:
        return _named(path, arrays, column)
    wide = [name for name, array in arrays.items() if array.ndim >= 2]
    usual = [name for known in _USUAL for name in wide if name.casefold() == known]
    if usual or len(wide) == 1 or len(arrays) == 1:
        return (usual or wide or list(arrays))[0]
    shown = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
    raise SourceError(f"{path} holds the arrays {shown}.", mend="Name the one to use with columns=.")


def _named(path: Path, arrays: Mapping[str, Any], name: str) -> str:
    if name not in arrays:
        raise SourceError(
            f"{path} has no array {name!r}; it has {', '.join(arrays)}.", mend="Name one of them."
        )
    return name


def _labels(path: Path, arrays: Mapping[str, Any], label: str, n: int) -> dict[int, str]:
    y = arrays[_named(path, arrays, label)]
    y = y.reshape(len(y), -1)[:, 0] if y.size == len(y) else y
    if y.ndim != 1 or len(y) != n:
        raise SourceError(
            f"The labels {label!r} of {path} have the shape {y.shape}; {n} items need ({n},).",
            mend="Name the array that goes with the items.",
        )
    return {i: str(value) for i, value in enumerate(y.tolist()) if value == value}
