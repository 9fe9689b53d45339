"""A variational autoencoder in torch: features into few numbers, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.errors import MissingExtra

__all__ = ["Vae", "train_vae"]

_BATCH = 128
_RATE = 2e-3
_STEPS = 1500  # at least, however few the rows are
_WARM = 0.3  # share of the epochs over which the codes are drawn together more and more


class Vae:
    """A trained autoencoder: ``encode`` gives the means of the codes, ``decode`` the features back."""

    def __init__(self, encoder: Any, decoder: Any, components: int) -> None:
        self._encoder, self._decoder, self._components = encoder, decoder, components

    def encode(self, x: np.ndarray) -> np.ndarray:
        """Codes (n, components) of rows from 0 to 1."""
        return self._through(self._encoder, x)[:, : self._components]

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Rows from 0 to 1, (n, d)."""
        return np.asarray(1 / (1 + np.exp(-self._through(self._decoder, codes))))

    @staticmethod
    def _through(layers: Any, rows: np.ndarray) -> np.ndarray:
        torch = _torch()
        with torch.no_grad():
            return np.asarray(layers(torch.as_tensor(rows, dtype=torch.float32)).numpy(), dtype=np.float64)


def train_vae(
    x: np.ndarray, components: int, *, hidden: int = 256, epochs: int = 60, weight: float = 1.0, seed: int = 0
) -> Vae:
    """Train an autoencoder on rows ``x`` (n, d) of numbers from 0 to 1, one hidden layer each way.

    ``epochs`` passes over the rows, and more where they are so few that this is little.  ``weight`` is that
    of the divergence of the codes from a standard normal distribution.

    Kingma & Welling 2014.
    """
    torch = _torch()
    layers, generator = torch.nn, torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = layers.Sequential(
            layers.Linear(x.shape[1], hidden), layers.ReLU(), layers.Linear(hidden, 2 * components)
        )
        decoder = layers.Sequential(
            layers.Linear(components, hidden), layers.ReLU(), layers.Linear(hidden, x.shape[1])
        )
    rows = torch.as_tensor(x, dtype=torch.float32)
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=_RATE)
    epochs = max(epochs, -(-_STEPS * _BATCH // len(rows)))
    for epoch in range(epochs):
        drawn = weight * min(1.0, (epoch + 1) / max(1.0, _WARM * epochs))
        order = torch.randperm(len(rows), generator=generator)
        for start in range(0, len(rows), _BATCH):
            batch = rows[order[start : start + _BATCH]]
            told = encoder(batch)
            mean, log_variance = told[:, :components], told[:, components:].clamp(-10, 10)
            noise = torch.randn(mean.shape, generator=generator)
            said = decoder(mean + noise * (log_variance / 2).exp())
            fit = layers.functional.binary_cross_entropy_with_logits(said, batch, reduction="sum")
            apart = (mean.square() + log_variance.exp() - 1 - log_variance).sum() / 2
            loss = (fit + drawn * apart) / len(batch)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return Vae(encoder.eval(), decoder.eval(), components)


def _torch() -> Any:
    try:
        import torch
    except ImportError as missing:
        raise MissingExtra(
            f"A variational autoencoder needs torch ({missing}).",
            mend="Install it (pip install torch), or use Latent(), which needs nothing more.",
        ) from missing
    return torch
