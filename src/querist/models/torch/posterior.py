"""What makes a committee of one network: the contract, and the kinds that need no more than its outputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from querist.errors import InvalidInput
from querist.models.members import members_by_lot
from querist.models.torch.backend import need_torch, run
from querist.models.torch.losses import evidence
from querist.models.torch.masks import Masks, dropout_layers, masked, stem
from querist.models.torch.reading import Network

__all__ = ["Evidential", "MonteCarloDropout", "Posterior", "Snapshots"]

Says = Callable[[Any], np.ndarray]
"""From logits (..., W), an array or a tensor, to probabilities: the loss's own way, and the temperature."""


class Posterior(Protocol):
    """A distribution over what a trained network might say.

    ==========================================  =====================================================
    ``needs``                                   "" or why a network may not have it (said before training)
    ``learnt(network, x, target, says, kept, seed)``  itself, after looking at what the network learnt from
    ``members(network, x, k, rng, says)``       (k, n, W) what k members say; the same state of ``rng``
                                                asks the same members, whatever ``x`` is
    ``proba(network, x, says)``                 (n, W) what they say together
    ``cycles``                                  of the learning rate in training; the states at their ends
                                                are ``kept``
    ``spectral``                                the largest factor by which a layer may stretch, or None
    ==========================================  =====================================================
    """

    @property
    def cycles(self) -> int: ...
    @property
    def spectral(self) -> float | None: ...
    def needs(self, network: Network) -> str: ...
    def learnt(
        self, network: Network, x: Any, target: np.ndarray, says: Says, kept: list[Any], seed: int
    ) -> Posterior: ...
    def members(
        self, network: Network, x: Any, k: int, rng: np.random.Generator, says: Says
    ) -> np.ndarray: ...
    def proba(self, network: Network, x: Any, says: Says) -> np.ndarray: ...


@dataclass(frozen=True)
class MonteCarloDropout:
    """Each member is the network with one mask for its dropout layers, the same for every row.

    Prefer it where the network has dropout anyway: it costs nothing in training.  It is a rough posterior,
    often too narrow; :class:`DeepEnsemble` tells better at several times the training.  Batch statistics
    are those of use, never of training, and other layers stay as they are.

    Parameters
    ----------
    layers : names, optional
        Which dropout layers drop: these, or those below them; all if not given.
    rate : float in (0, 1), optional
        The share that they drop when asked; the one that they were trained with if not given.
    average : int
        ``proba`` is the mean of so many members, always the same; 0: the network without dropout, which
        costs one pass.

    A module that is an ``nn.Sequential`` computes what lies before its first dropout once for all members.

    Gal & Ghahramani 2016; Kirsch, van Amersfoort & Gal 2019 (the same masks for a whole pool).
    """

    layers: Sequence[str] | None = None
    rate: float | None = None
    average: int = 0
    cycles: int = field(default=1, init=False, repr=False)
    spectral: float | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.rate is not None and not 0 < self.rate < 1:
            raise InvalidInput(f"rate is a share between 0 and 1; got {self.rate!r}.", mend="Try 0.5.")

    def needs(self, network: Network) -> str:
        """Layers of dropout."""
        if not (layers := dropout_layers(network.module, self.layers)):
            return "has no dropout layer (torch.nn.functional.dropout cannot be seen)"
        return "" if self.rate or any(one.p > 0 for one in layers.values()) else "drops nothing (p = 0)"

    def learnt(self, network: Any, x: Any, target: Any, says: Any, kept: Any, seed: int) -> MonteCarloDropout:
        """Itself."""
        return self

    def members(self, network: Network, x: Any, k: int, rng: np.random.Generator, says: Says) -> np.ndarray:
        """(k, n, W) probabilities, each member with a mask of its own."""

        torch = need_torch()
        layers = dropout_layers(network.module, self.layers)
        seeds = rng.integers(2**63, size=k).tolist()
        before, after = stem(network.module, layers)
        masks = Masks()

        def work(inputs: Any) -> np.ndarray:
            if before is not None and not isinstance(inputs, dict | tuple):
                inputs, rest = before(inputs), after
            else:
                rest = network.module
            said = []
            for seed in seeds:
                with masked(layers, seed, self.rate, masks):
                    said.append(run(rest, inputs).detach().float())
            return says(torch.stack(said, dim=1))  # rows first, as everything that is read in batches

        parts = network.each(x, work)
        if not parts:
            return np.empty((k, 0, 0))
        return np.concatenate(parts).swapaxes(0, 1)

    def proba(self, network: Network, x: Any, says: Says) -> np.ndarray:
        """One pass without dropout, or the mean of ``average`` members."""
        if not self.average:
            return says(network.logits(x))
        members: np.ndarray = self.members(network, x, self.average, np.random.default_rng(0), says)
        return np.asarray(members.mean(axis=0))


@dataclass(frozen=True)
class Snapshots:
    """The members are one network at the ends of several cycles of its learning rate: one training for all.

    Prefer it to :class:`DeepEnsemble` where training is dear; its members differ less.

    Parameters
    ----------
    cycles : int
        The training is divided into so many; the rate falls to nothing along a cosine in each.

    Huang, Li, Pleiss, Liu, Hopcroft & Weinberger 2017.
    """

    cycles: int = 5
    spectral: float | None = field(default=None, init=False, repr=False)
    kept: tuple[Any, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.cycles < 2:
            raise InvalidInput(f"{self.cycles} cycle makes no committee.", mend="Give cycles=2 or more.")

    def needs(self, network: Network) -> str:
        """Nothing."""
        return ""

    def learnt(
        self, network: Network, x: Any, target: Any, says: Any, kept: list[Any], seed: int
    ) -> Snapshots:
        """The states that were kept."""
        return replace(self, kept=tuple(kept))

    def members(self, network: Network, x: Any, k: int, rng: np.random.Generator, says: Says) -> np.ndarray:
        """(k, n, W): what some of the snapshots say; one that is asked twice is computed once."""
        which = members_by_lot(len(self.kept), k, rng)
        said = {int(i): says(self._restored(network, int(i)).logits(x)) for i in set(which.tolist())}
        return np.stack([said[int(i)] for i in which])

    def proba(self, network: Network, x: Any, says: Says) -> np.ndarray:
        """The mean of all snapshots."""
        everyone = [says(self._restored(network, i).logits(x)) for i in range(len(self.kept))]
        return np.asarray(np.mean(everyone, axis=0))

    def _restored(self, network: Network, place: int) -> Network:
        import copy

        module = copy.deepcopy(network.module)
        module.load_state_dict(self.kept[place])
        return network.with_module(module)


@dataclass(frozen=True)
class Evidential:
    """The network itself tells a Dirichlet over class probabilities; goes with the loss ``"evidential"``.

    One pass tells doubt and ignorance apart.  Prefer a committee where it can be afforded: what evidence
    means is learnt from the labels alone, and far from them it is a guess.

    Members share their chance: each is one quantile a class, so that one is the same over all rows.

    Sensoy, Kaplan & Kandemir 2018.
    """

    cycles: int = field(default=1, init=False, repr=False)
    spectral: float | None = field(default=None, init=False, repr=False)

    def needs(self, network: Network) -> str:
        """Nothing that can be seen in the network; the loss is looked at where it is given."""
        return ""

    def learnt(self, network: Any, x: Any, target: Any, says: Any, kept: Any, seed: int) -> Evidential:
        """Itself."""
        return self

    def members(self, network: Network, x: Any, k: int, rng: np.random.Generator, says: Says) -> np.ndarray:
        """(k, n, W) draws from each row's Dirichlet."""
        from scipy.special import gammaincinv

        alpha = evidence(network.logits(x))
        chance = rng.uniform(1e-6, 1 - 1e-6, size=(k, 1, alpha.shape[1]))
        amounts = gammaincinv(alpha[None], chance)
        return np.asarray(amounts / amounts.sum(axis=2, keepdims=True))

    def proba(self, network: Network, x: Any, says: Says) -> np.ndarray:
        """The mean of the Dirichlet."""
        return says(network.logits(x))
