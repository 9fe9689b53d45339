"""Data sets by name: scikit-learn's own, files with a label column, and collections in QUERIST_DATA."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatch
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.evaluation.collections import COLLECTIONS
from querist.evaluation.dataset import Dataset
from querist.evaluation.files import read_arrays, read_campaign, read_libsvm, read_table

__all__ = ["dataset_names", "load_dataset", "matching"]

_LIBSVM = (".libsvm", ".svm", ".svmlight")


def load_dataset(spec: Any) -> Dataset:
    """The data set that a name, a path or a mapping describes.

    ==============================  ==============================================================
    ``"digits"``, ``"wine"``, ...    one of scikit-learn's own
    ``"tab_al_benchmark/sonar"``    one of a collection below the folder QUERIST_DATA
    ``"points.csv"``                a table (CSV, TSV, JSON lines, Parquet) with a label column, or a
                                    folder of pictures: read and encoded as ``querist label`` does
    ``"points.npz"``                arrays ``x`` and ``y`` (``x_test``, ``y_test``, ``costs``)
    ``"points.libsvm"``             LIBSVM's format, gzipped or not
    ``"reviews.querist"``           a campaign: its labelled items, with the seconds they took
    ==============================  ==============================================================

    Parameters
    ----------
    spec : str, path, mapping or :class:`Dataset`
        A mapping has ``"data"`` (a name or a path) and options: ``label`` (the column), ``task``
        ("classes" or "number"), ``costs`` (the column), ``unit``, ``encoder``, ``name``, ``rows`` (at
        most so many, drawn once), and those of :func:`querist.data.open_source`.

    >>> load_dataset("wine").x.shape
    (178, 13)
    """
    if isinstance(spec, Dataset):
        return spec
    told = {"data": str(spec)} if isinstance(spec, str | os.PathLike) else dict(spec)
    if "data" not in told:
        raise InvalidInput(f"{spec!r} names no data set.", mend="Write {'data': 'digits'}.")
    told = {name: tuple(one) if isinstance(one, list | tuple) else one for name, one in told.items()}
    for name, one in told.items():
        if not (one is None or isinstance(one, bool | int | float | str | tuple)):
            raise InvalidInput(
                f"The option {name!r} of {told['data']!r} is {one!r}, which no record can hold.",
                mend="Make the features yourself and give Dataset(name, x, y).",
            )
    return _loaded(str(told.pop("data")), tuple(sorted(told.items())))


def matching(pattern: str) -> list[str]:
    """The names that a pattern such as ``"tab_al_benchmark/*"`` means; itself where it is none.

    >>> matching("digits"), len(matching("d*"))
    (['digits'], 2)
    """
    if not any(sign in pattern for sign in "*?["):
        return [pattern]
    found = [name for name in dataset_names() if fnmatch(name, pattern)]
    if not found:
        raise InvalidInput(f"No data set fits {pattern!r}.", mend=_known())
    return found


def dataset_names() -> list[str]:
    """The names that :func:`load_dataset` takes here, QUERIST_DATA included."""
    return [*_OWN, *_collected()]


@lru_cache(maxsize=64)
def _loaded(data: str, options: tuple[tuple[str, Any], ...]) -> Dataset:
    told = dict(options)
    name, rows = told.pop("name", None), told.pop("rows", None)
    made = _read(data, told)
    spec: Any = data if not options else {"data": data, **dict(options)}
    if rows is not None and rows < len(made):
        drawn = np.sort(np.random.default_rng(0).permutation(len(made))[:rows])
        made = _part(made, drawn)
    return _named(made, name or made.name, spec)


def _read(data: str, options: dict[str, Any]) -> Dataset:
    if data in _OWN:
        _refuse(data, options, ())
        return _OWN[data]()
    if data in (collected := _collected()):
        _refuse(data, options, ("encoder",))
        reader, path = collected[data]
        return reader(data, path, **options)
    path = Path(data).expanduser()
    if not path.exists():
        raise InvalidInput(f"No data set and no file is called {data!r}.", mend=_known(data))
    from querist.workspace import Workspace

    if Workspace.there(path):
        _refuse(data, options, ("task",))
        return read_campaign(path, **options)
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix == ".npz":
        return read_arrays(path, **options)
    if suffix in _LIBSVM or path.name.removesuffix(".gz").endswith("svmstyle.txt"):
        return read_libsvm(path, **options)
    return read_table(path, **options)


def _part(made: Dataset, rows: np.ndarray) -> Dataset:
    from querist.models import take

    costs = None if made.costs is None else made.costs[rows]
    return Dataset(
        made.name, take(made.x, rows), made.y[rows], made.test, costs, made.unit, made.task, made.scale
    )


def _named(made: Dataset, name: str, spec: Any) -> Dataset:
    return Dataset(name, made.x, made.y, made.test, made.costs, made.unit, made.task, made.scale, spec)


def _refuse(data: str, options: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in options:
        if name not in known:
            raise InvalidInput(
                f"The data set {data!r} takes no option {name!r}.",
                mend=f"It takes {', '.join(known)}." if known else "Leave it out.",
            )


def _known(name: str = "") -> str:
    import difflib

    names = dataset_names()
    close = difflib.get_close_matches(name, names, n=3)
    guess = f"Did you mean {' or '.join(map(repr, close))}? " if close else ""
    more = "" if os.environ.get("QUERIST_DATA") else " QUERIST_DATA names a folder with more."
    return f"{guess}There are {', '.join(_OWN)}, and files with labels.{more}"


# ---------------------------------------------------------------- scikit-learn's own


def _scikit(name: str, loader: str, task: str, scale: bool) -> Callable[[], Dataset]:
    def read() -> Dataset:
        import sklearn.datasets

        x, y = getattr(sklearn.datasets, loader)(return_X_y=True)
        return Dataset(name, x / 16 if name == "digits" else x, y, task=task, scale=scale)

    return read


_OWN: dict[str, Callable[[], Dataset]] = {
    "digits": _scikit("digits", "load_digits", "classes", False),
    "wine": _scikit("wine", "load_wine", "classes", True),
    "breast_cancer": _scikit("breast_cancer", "load_breast_cancer", "classes", True),
    "iris": _scikit("iris", "load_iris", "classes", True),
    "diabetes": _scikit("diabetes", "load_diabetes", "number", True),
}


# ---------------------------------------------------------------- collections in QUERIST_DATA


def _collected() -> dict[str, tuple[Callable[..., Dataset], Path]]:
    root = os.environ.get("QUERIST_DATA")
    found: dict[str, tuple[Callable[..., Dataset], Path]] = {}
    if root:
        for folder, (pattern, reader) in COLLECTIONS.items():
            for path in sorted(Path(root, folder).glob(pattern)) if pattern else _single(Path(root, folder)):
                found[f"{folder}/{_stem(path)}" if pattern else folder] = (reader, path)
    return found


def _single(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield folder


def _stem(path: Path) -> str:
    name = path.name.removesuffix(".gz")
    for ending in ("-svmstyle.txt", ".csv", ".txt", ".all"):
        name = name.removesuffix(ending)
    return name
