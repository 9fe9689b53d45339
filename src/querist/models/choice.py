"""The model that an application trains, by name."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from querist.errors import InvalidInput, MissingExtra

__all__ = ["model_named", "settled_name"]

_SAMPLE = 1024
_NETWORK = "torch:"


def model_named(name: str, features: Any = None) -> Any:
    """The estimator or model that ``name`` describes, not fitted.

    ``"default"`` is logistic regression: on vectors of length one (sentence encoders) as they are with
    a weak penalty, on anything else after standardising.  It is well calibrated with few labels, which
    is what a strategy lives on, and trains in well under a second.  Any other name is
    ``"module:factory"``: a class or function without arguments, such as
    ``"sklearn.ensemble:RandomForestClassifier"``, ``"my_models:make"`` or, by its file,
    ``"nets/mine.py:make"``.  What begins with ``"torch:"`` is a network of this library's: ``"torch:cnn"``,
    ``"torch:hf:FOLDER"`` and others (see :data:`querist.models.torch.named.NAMES`).

    Raises
    ------
    InvalidInput
        The name is not of that shape, or the module has no such factory.
    MissingExtra
        The module cannot be imported, or PyTorch is not installed.
    UnknownPart
        There is no network of that name.

    >>> model_named("sklearn.naive_bayes:GaussianNB")
    GaussianNB()
    """
    if name == "default":
        return _logistic(features)
    if name.startswith(_NETWORK):
        from querist.models.torch.named import network_named

        return network_named(name.removeprefix(_NETWORK))
    module_name, colon, attribute = name.rpartition(":")
    if not colon or not module_name or not attribute:
        raise InvalidInput(
            f"{name!r} names no model.",
            mend="Write 'default', 'torch:cnn' or another network, 'module:factory' such as "
            "'sklearn.ensemble:RandomForestClassifier', or 'file.py:factory'.",
        )
    try:
        factory = getattr(_module(module_name), attribute)
    except ImportError as error:
        raise MissingExtra(
            f"The module {module_name!r} of the model {name!r} cannot be imported: {error}.",
            mend="Install it, or put its folder on PYTHONPATH.",
        ) from error
    except AttributeError as error:
        raise InvalidInput(
            f"The module {module_name!r} has no {attribute!r}.",
            mend="Mind the spelling; it is case-sensitive.",
        ) from error
    return factory() if callable(factory) else factory


def settled_name(name: str) -> str:
    """``name`` with whatever file or folder it names told from the root, to be found from anywhere.

    >>> settled_name("sklearn.naive_bayes:GaussianNB"), settled_name("torch:cnn")
    ('sklearn.naive_bayes:GaussianNB', 'torch:cnn')
    """
    if name.startswith(_NETWORK):
        kind, colon, folder = name.removeprefix(_NETWORK).partition(":")
        return f"{_NETWORK}{kind}{colon}{os.path.abspath(folder)}" if folder else name
    file, _, factory = name.rpartition(":")
    return f"{os.path.abspath(file)}:{factory}" if file.endswith(".py") else name


def _module(name: str) -> ModuleType:
    """A module by its name, or by the file that it lies in, whose folder is then importable from."""
    if not name.endswith(".py"):
        return importlib.import_module(name)
    path = Path(name).absolute()
    if not path.is_file():
        raise InvalidInput(f"There is no file {name}.", mend="Give the path of the file that makes it.")
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))  # by a plain name, so that a fitted model can be read again
    return importlib.import_module(path.stem)


def _logistic(features: Any) -> Any:
    from sklearn.linear_model import LogisticRegression

    if features is None or _of_length_one(features):
        return LogisticRegression(C=10.0, max_iter=1000)
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    sparse = not isinstance(features, np.ndarray)
    return make_pipeline(StandardScaler(with_mean=not sparse), LogisticRegression(C=1.0, max_iter=1000))


def _of_length_one(features: Any) -> bool:
    """Whether a sample of the rows has Euclidean length one (rows of zeros, for empty texts, aside)."""
    n = features.shape[0]
    sample = features[np.linspace(0, n - 1, min(n, _SAMPLE)).astype(int)] if n else features
    squares = (
        sample.multiply(sample).sum(axis=1) if hasattr(sample, "multiply") else (sample * sample).sum(axis=1)
    )
    lengths = np.sqrt(np.asarray(squares, dtype=np.float64).ravel())
    return bool(np.all((np.abs(lengths - 1.0) < 0.01) | (lengths == 0.0)))
