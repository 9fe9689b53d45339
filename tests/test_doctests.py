"""Every example in every docstring shows what really happens."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import warnings

import pytest

import querist

MODULES = [  # none is started by being imported
    "querist",
    *(found.name for found in pkgutil.walk_packages(querist.__path__, "querist.")),
]


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples(name: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(str(tmp_path))
    if name.startswith("querist.models.torch"):
        pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)
        module = importlib.import_module(name)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, _ = doctest.testmod(module, optionflags=flags, verbose=False)
    assert failed == 0, f"{failed} examples in the docstrings of {name} do not hold (see above)"
