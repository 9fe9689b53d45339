"""Members that share all weights but two vectors a layer: an ensemble in one training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from querist.errors import InvalidInput
from querist.models.members import members_by_lot
from querist.models.torch.backend import run
from querist.models.torch.posterior import Says
from querist.models.torch.reading import Network, plain

__all__ = ["BatchEnsemble"]


@dataclass(frozen=True)
class BatchEnsemble:
    """Members share the weights; each has two vectors a layer, by which it weighs what goes in and out.

    Prefer it to :class:`DeepEnsemble` where members do not fit into memory, or training cannot be paid
    ``size`` times: a batch is shared out among them, so that it costs one training.  They differ less than
    networks trained apart, and each sees a part of the batches: give it more steps.

    Linear layers and convolutions are weighed, from outside, by hooks; the vectors begin as random signs.
    The embedding is that of the last member, and there is no ``head``.

    Parameters
    ----------
    size : int
        Members, two or more.

    Wen, Tran & Ba 2020.
    """

    size: int = 4
    cycles: int = field(default=1, init=False, repr=False)
    spectral: float | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.size < 2:
            raise InvalidInput(f"An ensemble of {self.size}.", mend="Give size=2 or more; 4 is usual.")

    def needs(self, network: Network) -> str:
        """A linear layer or a convolution."""
        from querist.models.torch.weighed import weighed_layers

        return "" if weighed_layers(network.module) else "has no linear layer and no convolution"

    def wrapped(self, module: Any) -> Any:
        """``module`` with the vectors of each member beside it."""
        from querist.models.torch.weighed import Weighed

        return Weighed(module, self.size)

    def learnt(self, network: Any, x: Any, target: Any, says: Any, kept: Any, seed: int) -> BatchEnsemble:
        """Itself: the vectors are the network's."""
        return self

    def members(self, network: Network, x: Any, k: int, rng: np.random.Generator, says: Says) -> np.ndarray:
        """(k, n, W): what members say; one that is asked twice is computed once."""
        which = members_by_lot(self.size, k, rng)
        said = {}
        for member in sorted(set(which.tolist())):

            def work(inputs: Any, member: int = member) -> np.ndarray:
                with network.module.weighing(member):
                    return plain(run(network.module.inner, inputs))

            said[member] = says(np.concatenate(network.each(x, work)))
        return np.stack([said[int(member)] for member in which])

    def proba(self, network: Network, x: Any, says: Says) -> np.ndarray:
        """The mean of all members."""
        return says(network.logits(x))
