"""Networks of skorch as they are: skorch trains, and the network is asked as any other."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput, MissingCapability
from querist.models.estimator import length, plain_list
from querist.models.rows import take
from querist.models.torch.asking import Asked, Learnt
from querist.models.torch.backend import as_floats, need_torch
from querist.models.torch.building import chance
from querist.models.torch.masks import dropout_layers
from querist.models.torch.posterior import MonteCarloDropout, Posterior
from querist.models.torch.reading import Network, find_head

__all__ = ["SkorchModel"]


class SkorchModel(Asked):
    """A ``skorch.NeuralNetClassifier`` as a model: its own training, with draws and embeddings on top.

    Prefer it where a net is set up in skorch already; otherwise :class:`TorchModel`.

    Parameters
    ----------
    net : anything with ``fit``, ``module_`` after it, and ``predict_proba``
        Never changed: fitting works on a clone.  Its module has one output a class.
    classes : values, optional
        The labels seen, sorted, when not given; a module without an output for each class that had no
        label yet must be given labels of all.
    prepare : function, optional
        From rows to what ``fit`` and the module take; float32 if not given.
    posterior : "auto", a posterior or None
    layer : str, optional
        See :class:`TorchModel`.
    """

    slow: ClassVar[bool] = True

    def __init__(
        self,
        net: Any,
        *,
        classes: Sequence[Any] | None = None,
        prepare: Callable[[Any], Any] | None = None,
        posterior: Any = "auto",
        layer: str | None = None,
    ) -> None:
        need_torch()
        if not hasattr(net, "fit") or not hasattr(net, "module") or not hasattr(net, "initialize"):
            raise MissingCapability(
                f"{net!r} is no net of skorch: it lacks module, initialize or fit.",
                mend="Give skorch.NeuralNetClassifier(YourModule, ...), or use TorchModel(YourModule).",
            )
        self.net, self.prepare, self.layer = net, prepare, layer
        self._auto = isinstance(posterior, str) and posterior == "auto"
        self._posterior = None if self._auto else posterior
        self._classes = None if classes is None else tuple(classes)

    @property
    def describes(self) -> str:
        """The kind of network, for messages."""
        module = self.net.module
        return f"SkorchModel of {getattr(module, '__name__', type(module).__name__)}"

    def __repr__(self) -> str:
        return f"SkorchModel({self.describes.rpartition(' ')[2]})"

    def with_classes(self, classes: Sequence[Any]) -> SkorchModel:
        """The same model with these columns."""
        other = copy.copy(self)
        other._classes = tuple(classes)
        return other

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> SkorchModel:
        """A new model, trained by skorch on rows ``x`` and their classes ``y``."""
        from sklearn.base import clone

        values = plain_list(y)
        seen = tuple(sorted(set(values), key=lambda one: (type(one).__name__, one)))
        if not seen:
            raise InvalidInput("No labels to fit to.", mend="Label an item first; a cold model is None.")
        other = copy.copy(self)
        if len(seen) == 1:
            other.learnt = Learnt(seen, posterior=self._posterior or MonteCarloDropout())
            return other
        columns = seen if self._classes is None else tuple(sorted(self._classes, key=seen.__contains__))
        columns = tuple(sorted(columns, key=lambda one: (type(one).__name__, one)))
        number = {value: i for i, value in enumerate(columns)}
        target = np.array([number[value] for value in values], dtype=np.int64)
        net = clone(self.net) if hasattr(self.net, "get_params") else copy.deepcopy(self.net)
        inputs = (self.prepare or as_floats)(x)
        with chance(seed):
            net.fit(inputs if self.prepare else inputs.numpy(), target)
        network = Network(net.module_, next(net.module_.parameters()).device, self.prepare)
        network, width = find_head(network, take(x, np.arange(min(2, length(x)))), self.layer)
        if width != len(columns):
            raise InvalidInput(
                f"The network gives {width} numbers a row, and there are {len(columns)} classes.",
                mend="Let the module have one output a class, and name all of them: classes=[...].",
            )
        other.learnt = self._believing(Learnt(seen, columns, network), x, target, seed)
        return other

    def _believing(self, learnt: Learnt, x: Any, target: np.ndarray, seed: int) -> Learnt:
        network = learnt.network
        assert network is not None
        posterior: Posterior | None = self._posterior
        if self._auto:
            dropping = any(one.p > 0 for one in dropout_layers(network.module).values())
            posterior = MonteCarloDropout() if dropping else None
        if posterior is None:
            return learnt
        if lack := posterior.needs(network):
            raise InvalidInput(
                f"{type(posterior).__name__} cannot be had of this network, which {lack}.",
                mend="Add such a layer, or choose another posterior.",
            )
        if posterior.cycles > 1 or posterior.spectral is not None or hasattr(posterior, "wrapped"):
            raise InvalidInput(
                f"{type(posterior).__name__} takes part in the training, which skorch does here.",
                mend="Use TorchModel, or MonteCarloDropout or LastLayerLaplace.",
            )
        return replace(learnt, posterior=posterior.learnt(network, x, target, learnt.says, [], seed))
