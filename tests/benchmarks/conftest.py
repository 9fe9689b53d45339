"""Benchmarks are folders that python runs and no packages: their modules are borrowed for a test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

Borrow = Callable[[str, Sequence[str]], SimpleNamespace]


@contextmanager
def borrowed(folder: str, names: Sequence[str]) -> Iterator[SimpleNamespace]:
    """The modules of ``benchmarks/folder`` ("" for none); those of the same names are put back afterwards."""
    place = str(Path(__file__).parents[2] / "benchmarks" / folder)
    before = {name: sys.modules.pop(name, None) for name in names}
    sys.path.insert(0, place)
    try:
        yield SimpleNamespace(**{name: import_module(name) for name in names})
    finally:
        sys.path.remove(place)
        for name, module in before.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module


@pytest.fixture(scope="module")
def borrow() -> Iterator[Borrow]:
    """Gives the modules of a benchmark until the tests of this module have run."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda folder, names: stack.enter_context(borrowed(folder, names))
