"""How laws are run and told: each is a function of one part that raises AssertionError."""

from __future__ import annotations

import contextlib
import json
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from querist.specs import from_spec, parts, to_spec

__all__ = ["Laws", "little_memory", "no_global_chance", "reads_back", "run_laws"]

Laws = Mapping[str, Callable[[Any], None]]


def run_laws(part: Any, laws: Laws) -> None:
    """Try ``part`` by every law; the message names the part, the law that it breaks, and how."""
    for law, check in laws.items():
        try:
            check(part)
        except Exception as error:
            told = f"{type(error).__name__}: {error}" if not isinstance(error, AssertionError) else str(error)
            raise AssertionError(f"{part!r} breaks the law {law!r}: {told}") from error


@contextlib.contextmanager
def no_global_chance() -> Iterator[None]:
    """Fails when NumPy's global random state was used."""
    before = np.random.get_state(legacy=False)
    yield
    after = np.random.get_state(legacy=False)
    assert str(before) == str(after), "it used NumPy's global random state; take a Generator"


@contextlib.contextmanager
def little_memory(limit: int, *, what: str) -> Iterator[None]:
    """Fails when more than ``limit`` bytes were held at any moment."""
    tracemalloc.start()
    try:
        start, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - start <= limit, (
        f"it held {(peak - start) / 1e6:.1f} MB more than it was given on {what}; "
        f"{limit / 1e6:.0f} MB is what blocks need: read the pool in blocks, never n x n"
    )


def reads_back(part: Any) -> Any:
    """``part`` written as JSON and read back, equal to itself; as it is where nobody gave it a name."""
    if type(part) not in parts(type(part)).values():
        return part
    written = json.dumps(to_spec(part))
    back = from_spec(json.loads(written))
    assert back == part, f"written as {written} it reads back as {back!r}"
    return back
