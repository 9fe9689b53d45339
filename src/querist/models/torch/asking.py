"""What every fitted network can be asked, however it was trained: the capabilities that strategies read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.errors import InvalidInput, NotFitted
from querist.models.capability import where
from querist.models.estimator import length
from querist.models.torch.gradients import layer_gradients, named_gradients
from querist.models.torch.losses import evidence, said_by, softmax
from querist.models.torch.posterior import Posterior
from querist.models.torch.reading import Network

__all__ = ["Asked", "Learnt"]


@dataclass(frozen=True)
class Learnt:
    """What training left: the network, what its outputs mean, its posterior and its temperature.

    ``columns`` are the classes of the module's outputs, ``seen`` those that had a label.  A model of one
    class alone has no network.
    """

    seen: tuple[Any, ...]
    columns: tuple[Any, ...] = ()
    network: Network | None = None
    posterior: Posterior | None = None
    temperature: float = 1.0
    evidential: bool = False

    def says(self, logits: Any) -> np.ndarray:
        """Probabilities (..., W) float64 from logits; those of a tensor are worked out where it lies."""
        if hasattr(logits, "detach"):
            logits = logits.cpu() if logits.device.type == "mps" else logits  # which has no float64
            told = said_by(logits.double(), temperature=self.temperature, evidential=self.evidential)
            return np.asarray(told.cpu().numpy())
        if self.evidential:
            alpha = evidence(logits)
            return np.asarray(alpha / alpha.sum(axis=-1, keepdims=True))
        return softmax(np.asarray(logits, dtype=np.float64) / self.temperature)


def _network(model: Any) -> Network | None:
    learnt = model.learnt
    return None if learnt is None else learnt.network


class Asked(ABC):
    """What a model that holds a network can do: tell chances, draw, embed, and show its last layer.

    Asking changes nothing of the module: neither its mode, nor its buffers, nor its hooks.
    """

    learnt: Learnt | None = None
    structured: bool = False
    embed_on_device: bool = False
    _classes: tuple[Any, ...] | None = None
    _lengths: Any = None
    _posterior: Any = None

    @property
    @abstractmethod
    def describes(self) -> str:
        """The kind of network, for messages."""

    @property
    def classes(self) -> tuple[Any, ...]:
        """What the columns of :meth:`proba` are."""
        if self._classes is not None:
            return self._classes
        if self.learnt is None:
            raise NotFitted(
                f"{self.describes} does not tell its classes.", mend="Fit it: model.fitted(x, y)."
            )
        return self.learnt.columns or self.learnt.seen

    @property
    def is_fitted(self) -> bool:
        """Whether it has seen labels."""
        return self.learnt is not None

    @property
    def network(self) -> Any:
        """The trained ``nn.Module``; None of a model that saw one class alone."""
        network = self._asked().network
        return None if network is None else network.module

    @property
    def posterior(self) -> Any:
        """What its draws come from, or None."""
        return self._posterior if self.learnt is None else self.learnt.posterior

    @where(lambda model: not model.structured)
    def proba(self, x: Any) -> np.ndarray:
        """Class probabilities, (n, C) float64, columns in the order of ``classes``."""
        learnt = self._asked()
        if learnt.network is None or not length(x):
            return self._constant(length(x))
        if learnt.posterior is None:
            return self._in_place(learnt.says(learnt.network.logits(x)))
        return self._in_place(learnt.posterior.proba(learnt.network, x, learnt.says))

    @where(lambda model: model.posterior is not None and not model.structured)
    def draws(self, x: Any, k: int, rng: np.random.Generator) -> np.ndarray:
        """What ``k`` members of the posterior say, (k, n, C) float32; the same ones for every row."""
        learnt = self._asked()
        if learnt.network is None or learnt.posterior is None or not length(x):
            return np.broadcast_to(self._constant(length(x)), (k, length(x), len(self.classes))).copy()
        said = learnt.posterior.members(learnt.network, x, k, rng, learnt.says)
        return self._in_place(said).astype(np.float32)

    def predict(self, x: Any) -> np.ndarray:
        """The likeliest class of each row, (n,); of units, a tuple of classes a row."""
        classes = np.empty(len(self.classes), dtype=object)
        classes[:] = self.classes
        if self.structured:
            said, item = self.units(x)
            best = classes[said.argmax(axis=1)]
            rows = np.empty(length(x), dtype=object)
            rows[:] = [tuple(best[item == i].tolist()) for i in range(length(x))]
            return rows
        plain = np.asarray(self.classes)
        same = plain.ndim == 1 and plain.tolist() == list(self.classes)
        return np.asarray((plain if same else classes)[self.proba(x).argmax(axis=1)])

    @where(lambda model: getattr(_network(model), "layer", None) is not None)
    def embed(self, x: Any) -> np.ndarray:
        """What the last layer sees, (n, d) float32; of units, their mean.

        A tensor where it was made, if the model says ``embed_on_device``.
        """
        network = _network(self)
        assert network is not None
        if not length(x):
            wide = getattr(network.last, "in_features", 0)
            return np.empty((0, wide), dtype=np.float32)
        return network.seen_there(x) if self.embed_on_device else network.seen(x)[0]

    @where(lambda model: getattr(_network(model), "linear", False) and not model.learnt.evidential)
    def head(self) -> tuple[np.ndarray, np.ndarray]:
        """The linear last layer over what ``embed`` says: weights (C, d) and bias (C,), temperature within.

        The bias is minus infinity for a class without a label.
        """
        learnt, network = self._asked(), _network(self)
        assert network is not None
        weights, bias = network.last_layer()
        full, low = np.zeros((len(self.classes), weights.shape[1])), np.full(len(self.classes), -np.inf)
        for column, value in enumerate(learnt.columns):
            if value in learnt.seen:
                place = self.classes.index(value)
                full[place] = weights[column] / learnt.temperature
                low[place] = bias[column] / learnt.temperature
        return full, low

    @where(lambda model: getattr(_network(model), "linear", False))
    def gradient(self, x: Any, y: Any = None, *, parameters: Sequence[str] | None = None) -> np.ndarray:
        """The gradient of the log loss at ``y`` in the module's weights, (n, P), of each row by itself.

        Parameters
        ----------
        y : n classes, optional
            The network's own best guesses if not given, as BADGE has it.
        parameters : names, optional
            As in ``module.named_parameters()``, one backward pass a row; the last layer's weights and
            bias in closed form if not given.  For distances between these alone nothing need be
            written down: they are (p - 1 at the class) x (``embed``), see ``Badge``.
        """
        learnt, network = self._asked(), _network(self)
        assert network is not None
        number = {value: i for i, value in enumerate(learnt.columns)}
        target = None
        if y is not None:
            try:
                target = np.array([number[value] for value in y], dtype=np.intp)
            except KeyError as error:
                raise InvalidInput(
                    f"{error.args[0]!r} is none of the classes that the network was fitted to.",
                    mend=f"They are {', '.join(map(repr, learnt.columns))}.",
                ) from error
        if parameters is None:
            return layer_gradients(network, x, target)
        return named_gradients(network, x, target, parameters)

    @where(lambda model: model.structured)
    def units(self, x: Any) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities of all units of all rows, (u, C), and the row that each belongs to, (u,)."""
        learnt, n = self._asked(), length(x)
        if learnt.network is None:
            logits = np.zeros((n, max(self._lengths_of(x, 1), default=0), len(learnt.seen)))
        else:
            logits = learnt.network.logits(x)
        there = np.isfinite(logits).all(axis=2)
        there &= np.arange(logits.shape[1]) < np.asarray(self._lengths_of(x, logits.shape[1]))[:, None]
        if learnt.network is None:
            return self._constant(int(there.sum())), np.nonzero(there)[0]
        return self._in_place(learnt.says(logits[there])), np.nonzero(there)[0]

    def _lengths_of(self, x: Any, longest: int) -> list[int]:
        return [longest] * length(x) if self._lengths is None else [int(one) for one in self._lengths(x)]

    def _asked(self) -> Learnt:
        if self.learnt is None:
            raise NotFitted(
                f"{self.describes} has not seen a label yet.", mend="Fit it first: model.fitted(x, y)."
            )
        return self.learnt

    def _constant(self, n: int) -> np.ndarray:
        only = self._asked().seen[0]
        return np.tile([float(one == only) for one in self.classes], (n, 1)) if n else self._nothing()

    def _nothing(self) -> np.ndarray:
        return np.empty((0, len(self.classes)))

    def _in_place(self, proba: np.ndarray) -> np.ndarray:
        """Columns of the module's outputs at the places of the classes; one without a label is impossible."""
        learnt, classes = self._asked(), self.classes
        if learnt.columns == classes and len(learnt.seen) == len(classes):
            return proba
        place = {value: i for i, value in enumerate(classes)}
        if lacking := [value for value in learnt.seen if value not in place]:
            raise InvalidInput(
                f"The network was fitted to {lacking[0]!r}, which is none of the classes.",
                mend="Give with_classes(...) all classes that had labels.",
            )
        full = np.zeros((*proba.shape[:-1], len(classes)), dtype=proba.dtype)
        known = [i for i, value in enumerate(learnt.columns) if value in learnt.seen]
        places = [place[learnt.columns[i]] for i in known]
        part = proba[..., known]
        if len(known) < len(learnt.columns):
            total = part.sum(axis=-1, keepdims=True)
            part = np.where(total > 0, part / np.where(total > 0, total, 1), 1 / len(known))
        full[..., places] = part
        return full
