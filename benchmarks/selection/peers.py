"""The other libraries' side: for each work that one of them does, its own call, ready to be timed.

Runs in an environment of its own, so that querist needs none of them.  What they need to run with today's
NumPy and scikit-learn is given to them here, at run time; nothing of theirs is changed on disk.
"""

from __future__ import annotations

import collections
import collections.abc
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from inputs import Inputs

Query = Callable[[], Any]
Made = Callable[[Inputs], Query]

PACKAGES = {
    "scikit-activeml": "scikit-activeml",
    "modAL": "modAL-python",
    "small-text": "small-text",
    "baal": "baal",
    "ALiPy": "alipy",
    "batchbald_redux": "batchbald_redux",
    "bmdal_reg": "bmdal_reg",
    "apricot": "apricot-select",
    "scikit-learn": "scikit-learn",
    "faiss": "faiss-cpu",
}

# What to install, in this order; --no-deps where a package asks for far more than its selection needs.
INSTALLED = (
    ("torch==2.13.0",),
    ("scikit-activeml==1.0.1", "modAL-python==0.4.2.1", "numba", "tqdm", "pandas", "psutil"),
    (
        "--no-deps",
        "small-text==1.4.1",
        "alipy==1.2.5",
        "apricot-select==0.6.1",
        "faiss-cpu",
        "bmdal_reg==3.0.2",
    ),
    ("--no-deps", "baal==2.1.0", "batchbald_redux==2.0.5", "toma", "structlog", "torchmetrics"),
    ("--no-deps", "lightning-utilities", "dill", "prettytable", "wcwidth", "mat4py", "seaborn"),
)


def query_of(who: str) -> Callable[[str, Inputs], Query]:
    """The calls of one library; a work that it does not have is an ImportError."""
    _mend()
    import peers_of_arrays
    import peers_of_models

    made = peers_of_arrays.QUERIES.get(who, {}) | peers_of_models.QUERIES.get(who, {})

    def query(work: str, given: Inputs) -> Query:
        if work not in made:
            raise ImportError(f"{who} has no {work}")
        return made[work](given)

    return query


def version_of(who: str) -> str:
    try:
        return version(PACKAGES[who])
    except PackageNotFoundError:
        return ""


def _mend() -> None:
    """Names that NumPy and scikit-learn took away after these libraries were written."""
    for name, builtin in (("float", float), ("int", int), ("bool", bool), ("object", object)):
        if name not in np.__dict__:
            setattr(np, name, builtin)
    for name in ("Inf", "infty"):
        if name not in np.__dict__:
            setattr(np, name, np.inf)
    for name in ("Iterable", "Mapping", "Sequence"):
        setattr(collections, name, getattr(collections.abc, name))
    import sklearn.utils
    import sklearn.utils.validation as validation

    checks = validation.check_array, validation.check_X_y
    for check in checks:
        mended = _renamed(check)
        for module in (sklearn.utils, validation):
            setattr(module, check.__name__, mended)


def _renamed(check: Callable[..., Any]) -> Callable[..., Any]:
    """A check that still takes ``force_all_finite`` under its old name."""

    def mended(*arrays: Any, **options: Any) -> Any:
        if "force_all_finite" in options:
            options["ensure_all_finite"] = options.pop("force_all_finite")
        return check(*arrays, **options)

    mended.__name__ = check.__name__
    return mended
