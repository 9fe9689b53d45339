"""The latent space of an autoencoder: torch is loaded on use, and codes come back as what they stand for."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from querist.data import Pool
from querist.errors import InvalidInput, MissingExtra
from querist.synthesis import VaeLatent


def _rows(n):
    at = np.random.default_rng(0).random((n, 1))
    return 1 / (1 + np.exp(-20 * (np.linspace(0, 1, 16) - at)))  # one number tells each row


def test_an_autoencoder_learns_what_rows_have_in_common(monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr("querist.models.vae._STEPS", 400)
    x, rng = _rows(100), np.random.default_rng(0)
    space = VaeLatent(2, hidden=32, epochs=400).learned(Pool(x))
    back = space.features(space.encode(x))
    assert np.abs(back - x).mean() < 0.1 < np.abs(x.mean(axis=0) - x).mean()
    drawn = space.sample(50, rng)
    assert space.contains(drawn).all() and (space.features(drawn) >= x.min(axis=0)).all()


def test_the_same_pool_gives_the_same_space(monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr("querist.models.vae._STEPS", 5)
    pool = Pool(_rows(40))
    space, again = (VaeLatent(2, hidden=8, epochs=5).learned(pool) for _ in range(2))
    assert again.codes == pytest.approx(space.codes)


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
