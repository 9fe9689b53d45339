"""The latent space of an autoencoder: torch is loaded on use, and codes come back as what they stand for."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from querist.data import Pool
from querist.errors import InvalidInput, MissingExtra
from querist.synthesis import VaeLatent


def test_an_autoencoder_learns_what_rows_have_in_common():
    pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    at = rng.random((300, 1))
    x = 1 / (1 + np.exp(-20 * (np.linspace(0, 1, 16) - at)))  # one number tells each row
    space = VaeLatent(2, hidden=32, epochs=100).learned(Pool(x))
    back = space.features(space.encode(x))
    assert np.abs(back - x).mean() < 0.1 < np.abs(x.mean(axis=0) - x).mean()
    drawn = space.sample(50, rng)
    assert space.contains(drawn).all() and (space.features(drawn) >= x.min(axis=0)).all()
    again = VaeLatent(2, hidden=32, epochs=100).learned(Pool(x))
    assert again.codes == pytest.approx(space.codes), "the same pool gives the same space"


def test_synthesis_loads_no_torch():
    code = "import sys, querist.synthesis; print('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
    )


def test_without_torch_the_mend_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"Latent\(\)"):
        VaeLatent(2).learned(Pool(np.eye(4)))


def test_what_no_autoencoder_takes():
    with pytest.raises(InvalidInput, match="hidden=0"):
        VaeLatent(hidden=0)
