"""Data sets from files: tables and pictures as ``querist label`` reads them, arrays, LIBSVM, campaigns."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from querist.errors import InvalidInput
from querist.evaluation.dataset import Dataset

if TYPE_CHECKING:
    from querist.data import Source

__all__ = ["encoded", "from_source", "read_arrays", "read_campaign", "read_libsvm", "read_table"]

Progress = Callable[[int, int], None]

_MANY = 20  # different numbers beyond which a column of numbers is no list of classes


def read_table(
    path: Path,
    *,
    task: str | None = None,
    costs: str | None = None,
    unit: str = "labels",
    encoder: Any = "auto",
    **reading: Any,
) -> Dataset:
    """A table or a folder with labels, encoded as ``querist label`` does."""
    from querist.data import open_source

    return from_source(open_source(path, **reading), path, task=task, costs=costs, unit=unit, encoder=encoder)


def from_source(
    source: Source,
    path: Path,
    *,
    task: str | None = None,
    costs: str | None = None,
    unit: str = "labels",
    encoder: Any = "auto",
    progress: Progress | None = None,
) -> Dataset:
    """The labelled items of a source.

    Numbers of more than 20 kinds, fractions among them, are a number to predict; the rest is classes.
    """
    rows = [row for row, item in enumerate(source.ids) if item in source.labels]
    told = [source.labels[source.ids[row]] for row in rows]
    if len(set(told)) < 2:
        raise InvalidInput(
            f"{path} has {len(rows):,} labels{f', each of them {told[0]!r}' if told else ''}; a comparison"
            " needs two that differ.",
            mend="Name the column with the labels: label='COLUMN'.",
        )
    contents = [source.content[row] for row in rows]
    paid = None if costs is None else [_cost(path, costs, one) for one in contents]
    if costs is not None:
        contents = [_without(one, costs) for one in contents]
    kind = task or ("number" if _numbers(told) else "classes")
    if kind == "classes":
        source.check_classes()
    y: Any = [float(one) for one in told] if kind == "number" else told
    x = encoded(source.kind, contents, encoder, progress)
    return Dataset(path.stem, x, y, costs=paid, unit=unit, task=kind)


def encoded(
    kind: str, contents: list[Any], encoder: Any = "auto", progress: Progress | None = None
) -> np.ndarray:
    """Features of items, by querist's own encoder for their kind if no other is named."""
    from querist.encoders import encoder_for

    return encoder_for(kind, encoder).fitted(contents).encode(contents, progress=progress)


def read_arrays(path: Path, *, task: str | None = None, unit: str = "labels") -> Dataset:
    """An ``.npz`` file with ``x`` and ``y``, and where they are there ``x_test``, ``y_test``, ``costs``."""
    with np.load(path, allow_pickle=False) as held:
        arrays = {name.lower(): held[name] for name in held.files}
    x, y = (arrays.get(name, arrays.get(f"{name}_train")) for name in ("x", "y"))
    if x is None or y is None:
        raise InvalidInput(
            f"{path} has the arrays {', '.join(arrays)}.", mend="Name two of them x and y (or X, x_train)."
        )
    tested = (arrays["x_test"], arrays["y_test"]) if {"x_test", "y_test"} <= arrays.keys() else None
    return Dataset(path.stem, x, y, tested, arrays.get("costs"), unit, task)


def read_libsvm(path: Path, *, task: str | None = None) -> Dataset:
    """LIBSVM's format: ``label index:value ...`` a line; dense in memory unless most of it is zeros."""
    from sklearn.datasets import load_svmlight_file

    x, y = load_svmlight_file(str(path))
    whole = bool(np.all(y == np.rint(y)))
    kind = task or ("classes" if whole and len(np.unique(y)) <= _MANY * 5 else "number")
    if x.nnz > 0.1 * x.shape[0] * x.shape[1]:
        x = x.toarray()
    told: Any = [str(int(one)) for one in y] if kind == "classes" and whole else y
    name = re.sub(r"(-svmstyle)?(\.txt|\.libsvm|\.svm|\.svmlight)?(\.gz)?$", "", path.name)
    return Dataset(name, x, told, task=kind, scale=not hasattr(x, "tocsr"))


def read_campaign(path: Path, *, task: str | None = None, progress: Progress | None = None) -> Dataset:
    """The labelled items of a campaign; they cost the seconds that annotators took, where those are known.

    An item whose time is not known costs the median of the others.
    """
    from querist.workspace import Workspace

    with Workspace.open(path, exclusive=False) as workspace:
        state, ids = workspace.state, workspace.items.ids
        rows = [row for row, item in enumerate(ids) if item in state.labels]
        labels = [state.labels[ids[row]] for row in rows]
        if len(set(labels)) < 2:
            raise InvalidInput(
                f"The campaign {path} has {len(labels):,} labels of {len(set(labels))} classes.",
                mend="Label items of two classes first.",
            )
        features = workspace.features(progress)[rows]
        taken = [_seconds(state.items[ids[row]]) for row in rows]
    known = [one for one in taken if one]
    costs = [one or float(np.median(known)) for one in taken] if known else None
    return Dataset(
        path.stem,
        features,
        labels,
        costs=costs,
        unit="seconds" if costs else "labels",
        task=task or "classes",
    )


def _seconds(item: Any) -> float | None:
    """What all annotators of an item took together."""
    told = [one.seconds for one in item.annotations.values() if one.seconds]
    return float(sum(told)) if told else None


def _numbers(told: list[str]) -> bool:
    try:
        values = {float(one) for one in told}
    except ValueError:
        return False
    return len(values) > _MANY and any(one != int(one) for one in values if np.isfinite(one))


def _cost(path: Path, column: str, content: Any) -> float:
    told = {**content.get("meta", {}), **content.get("fields", {})}
    try:
        return float(told[column])
    except (KeyError, ValueError) as error:
        raise InvalidInput(
            f"{path} has no number in the column {column!r} for some item; it has {', '.join(told)}.",
            mend="Name the column with the costs, and give every item one.",
        ) from error


def _without(content: Any, column: str) -> Any:
    if "fields" not in content:
        return content
    fields = {name: value for name, value in content["fields"].items() if name != column}
    return {**content, "fields": fields}
