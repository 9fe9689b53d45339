"""PyTorch modules as they are: trained on labels, and asked whatever strategies ask."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput, NotFitted
from querist.models.estimator import length, plain, plain_list
from querist.models.rows import take
from querist.models.torch.asking import Asked, Learnt
from querist.models.torch.backend import device_of, need_torch
from querist.models.torch.batch_ensemble import BatchEnsemble
from querist.models.torch.building import built, chance, shown, takes_width, warmed
from querist.models.torch.calibration import found_temperature
from querist.models.torch.checkpoints import Checkpoints, digest
from querist.models.torch.distance import DistanceAware, Stretch
from querist.models.torch.laplace import LastLayerLaplace
from querist.models.torch.losses import Loss, loss_of
from querist.models.torch.masks import dropout_layers
from querist.models.torch.posterior import Evidential, MonteCarloDropout, Posterior, Snapshots
from querist.models.torch.reading import Network, find_head
from querist.models.torch.training import Lesson, Training, learn

__all__ = ["TorchModel"]

_POSTERIORS: dict[str, Callable[[], Posterior]] = {
    "dropout": MonteCarloDropout,
    "laplace": LastLayerLaplace,
    "distance": DistanceAware,
    "snapshots": Snapshots,
    "batch_ensemble": BatchEnsemble,
    "evidential": Evidential,
}


class TorchModel(Asked):
    """A plain ``nn.Module`` as a model: trained on the labels, asked through hooks, never changed.

    Prefer it for what features do not hold: pictures, texts, signals, or a pretrained network of yours.  On
    features of an encoder, with a few hundred labels, logistic regression is as good and far faster.

    Parameters
    ----------
    module : a function that makes a module, or a module
        A function of one argument is told the number of classes seen so far; one without an argument, and
        a module (each fit begins from a copy of it), must have one output a class, in sorted order where
        ``classes`` are not given.  It gives logits, (rows, classes), or something with ``logits`` in it.
    loss : "cross_entropy", "evidential", or a function of logits and class numbers
    posterior : "auto", the name of a posterior, a posterior, or None
        Where ``draws`` come from: "dropout", "laplace", "distance", "snapshots", "batch_ensemble" or
        "evidential"; "auto" is dropout where the module has some, otherwise nothing.
    training : Training, optional
        How it learns.
    classes : values, optional
        What the columns of ``proba`` are; the labels seen, sorted, when not given.
    prepare : function, optional
        From rows (as the pool holds them) to the module's inputs: a tensor, a sequence of tensors (given
        by place) or a mapping (given by keyword).  Numbers become one float32 tensor if not given.
    layer : str, optional
        The layer whose input is the embedding, as in ``named_modules()``; the last linear one if not given.
    calibrate : bool
        Whether logits are divided by the temperature under which the held-back labels are likeliest; 1
        while none are held back.
    structured : bool
        The module gives (rows, units, classes) and a label is a sequence of classes (None: unknown); the
        model has ``units`` in place of ``proba``.
    lengths : function, optional
        From rows to how many units each has; all that the module gives if not given.
    device : "auto", "cpu", "cuda", ...
    embed_on_device : bool
        Whether ``embed`` leaves its vectors there, where k-center, k-means++ and BADGE then search.
    batch : int
        Rows that are asked at a time; halved whenever memory runs out.

    >>> from torch import nn
    >>> def make(classes):
    ...     return nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, classes))
    >>> model = TorchModel(make, training=Training(learning_rate=0.01))
    >>> model = model.fitted([[0.0, 1.0], [0.2, 0.9], [1.0, 0.0], [0.9, 0.3]], ["up", "up", "down", "down"])
    >>> model.predict([[0.1, 1.1], [1.1, 0.1]]).tolist(), model.embed([[0.0, 1.0]]).shape
    (['up', 'down'], (1, 16))
    >>> model.draws([[0.5, 0.5]], 20, np.random.default_rng(0)).shape
    (20, 1, 2)
    """

    slow: ClassVar[bool] = True
    encoder: Any = None  # whose rows it reads, in an application; None: whatever features there are

    def __init__(
        self,
        module: Any,
        loss: str | Loss = "cross_entropy",
        *,
        posterior: Any = "auto",
        training: Training | None = None,
        classes: Sequence[Any] | None = None,
        prepare: Callable[[Any], Any] | None = None,
        layer: str | None = None,
        calibrate: bool = False,
        structured: bool = False,
        lengths: Callable[[Any], Sequence[int]] | None = None,
        device: str = "auto",
        embed_on_device: bool = False,
        batch: int = 512,
    ) -> None:
        need_torch()
        loss_of(loss)
        if isinstance(posterior, str) and posterior not in (*_POSTERIORS, "auto"):
            raise InvalidInput(
                f"No posterior is called {posterior!r}.",
                mend=f"Give 'auto', {', '.join(map(repr, _POSTERIORS))}, or None.",
            )
        if classes is not None and len(set(classes)) < len(classes):
            raise InvalidInput(
                f"Classes must be distinct; got {tuple(classes)!r}.", mend="Name each class once."
            )
        if (posterior == "evidential" or isinstance(posterior, Evidential)) and loss != "evidential":
            raise InvalidInput(
                f"Evidence is learnt by the loss 'evidential'; got {loss!r}.", mend="Give loss='evidential'."
            )
        self.module, self.loss, self.training = module, loss, training or Training()
        named = isinstance(posterior, str) and posterior in _POSTERIORS
        self._posterior = _POSTERIORS[posterior]() if named else posterior
        self._auto = isinstance(posterior, str) and posterior == "auto"
        if self._auto:
            self._posterior = Evidential() if loss == "evidential" else None
        self._classes = None if classes is None else tuple(classes)
        self.prepare, self.layer, self.calibrate = prepare, layer, calibrate
        self.structured, self._lengths = structured, lengths
        self.device, self.embed_on_device, self.batch = device, embed_on_device, batch

    @property
    def describes(self) -> str:
        """The kind of network, for messages."""
        return f"TorchModel of {shown(self.module).rpartition('.')[2]}"

    def __repr__(self) -> str:
        told = [shown(self.module), shown(self.loss)]
        told += [f"posterior={'auto' if self._auto else self._posterior!r}"]
        own = Training()
        changed = {
            one.name: shown(getattr(self.training, one.name))
            for one in fields(Training)
            if getattr(self.training, one.name) != getattr(own, one.name)
            and one.name not in ("checkpoints", "progress")
        }
        told += [f"training={changed}"] if changed else []
        for name in ("prepare", "layer", "calibrate", "structured"):
            if getattr(self, name):
                told.append(f"{name}={shown(getattr(self, name))}")
        return f"TorchModel({', '.join(told)})"

    @property
    def template(self) -> TorchModel:
        """The same before it saw a label."""
        return self._with(None)

    def with_classes(self, classes: Sequence[Any]) -> TorchModel:
        """The same model with these columns; classes that it does not know have probability 0."""
        other = copy.copy(self)
        other._classes = tuple(classes)
        return other

    def fitted(
        self, x: Any, y: Any, *, seed: int = 0, progress: Callable[[float, str], None] | None = None
    ) -> TorchModel:
        """A new model, trained on rows ``x`` and their classes ``y``; the same seed gives the same one.

        Where this one is fitted already and ``training.start`` is "warm" or "shrink", the new one begins
        from what it knows.  ``progress`` is told now and then how far it is, from 0 to 1, with a few words.

        Raises
        ------
        InvalidInput
            The network cannot read the rows, or its outputs are not as many as the classes.
        TrainingFailed
            The loss became NaN, or memory ran out with one row at a time.
        """
        values, seen = self._values(y)
        if len(seen) == 1:
            return self._with(Learnt(seen))
        x = x if hasattr(x, "shape") or hasattr(x, "iloc") else _rows(x)
        with chance(seed, device_of(self.device)):
            return self._with(self._taught(x, values, seen, seed, self._telling(progress)))

    def refreshed(self, x: Any, y: Any, *, new: Any, steps: int = 100, seed: int = 0) -> TorchModel:
        """A new model after a few more steps, in which a batch holds new labels and old ones half and half.

        For between two full trainings: it takes a moment, and forgets nothing that the old labels hold.
        A class that the network does not know yet makes it a full training.

        Parameters
        ----------
        x, y : all rows that have a label, and their classes
        new : positions in ``x`` of what was labelled since the last training
        steps : int
        """
        values, seen = self._values(y)
        learnt = self.learnt
        if learnt is None or learnt.network is None or not set(seen) <= set(learnt.columns):
            return self.fitted(x, y, seed=seed)
        x = x if hasattr(x, "shape") or hasattr(x, "iloc") else _rows(x)
        fresh = np.zeros(len(values), dtype=bool)
        fresh[np.asarray(new, dtype=np.intp)] = True
        likely = np.ones(len(values))
        if fresh.any() and not fresh.all():
            likely = np.where(fresh, 0.5 / fresh.sum(), 0.5 / (~fresh).sum())
        network = learnt.network.with_module(copy.deepcopy(learnt.network.module))
        lesson = self._lesson(x, values, learnt.columns, seed)
        lesson.likely, lesson.held = likely, np.zeros(len(values), dtype=bool)
        short = replace(self.training, epochs=1, least_steps=steps, schedule="constant", held_back=0.0)
        with chance(seed, network.device):
            learn(network, lesson, short, seed=seed)
            told = replace(learnt, network=network, seen=tuple(one for one in learnt.columns if one in seen))
            return self._with(self._believing(told, x, lesson, [], seed))

    def _telling(self, progress: Callable[[float, str], None] | None) -> Training:
        """How it is trained, with somebody told of it."""
        if progress is None:
            return self.training

        def tell(done: int, total: int, loss: float) -> None:
            progress(done / total, f"step {done} of {total}")

        return replace(self.training, progress=tell)

    def _taught(
        self, x: Any, values: list[Any], seen: tuple[Any, ...], seed: int, training: Training
    ) -> Learnt:
        """Build, train, look at what was learnt."""
        sizes = takes_width(self.module)
        network = Network(
            built(self.module, len(seen)).to(device_of(self.device)),
            device_of(self.device),
            self.prepare,
            batch=self.batch,
        )
        network, width = find_head(network, take(x, np.arange(min(2, length(x)))), self.layer)
        columns = self._columns(width, seen, sizes)
        posterior = self._posterior_for(network)
        if isinstance(posterior, BatchEnsemble):
            beside = network.with_module(posterior.wrapped(network.module))
            network, _ = find_head(beside, take(x, np.arange(min(2, length(x)))), _inner(self.layer))
        self._warm(network, columns)
        lesson = self._lesson(x, values, columns, seed)
        after = None
        if posterior is not None and posterior.spectral is not None:
            after = Stretch(network, posterior.spectral)
        kept = learn(
            network,
            lesson,
            training,
            seed=seed,
            cycles=1 if posterior is None else posterior.cycles,
            after_step=after,
            checkpoints=self._checkpoints(x, values, seed),
        )
        learnt = Learnt(seen, columns, network, posterior, evidential=self.loss == "evidential")
        return self._believing(learnt, x, lesson, kept, seed)

    def _believing(self, learnt: Learnt, x: Any, lesson: Lesson, kept: list[Any], seed: int) -> Learnt:
        """With its posterior fitted and its temperature found."""
        network, posterior = learnt.network, learnt.posterior
        assert network is not None
        if posterior is not None and not self.structured:
            posterior = posterior.learnt(network, x, lesson.target, learnt.says, kept, seed)
            learnt = replace(learnt, posterior=posterior)
        back = np.flatnonzero(lesson.held) if not self.structured else np.empty(0, dtype=np.intp)
        if not self.calibrate or not len(back) or learnt.evidential:
            return learnt
        held = take(x, back)
        logits = network.logits(held) if posterior is None else None

        def proba_at(temperature: float) -> np.ndarray:
            trial = replace(learnt, temperature=temperature)
            if logits is not None or posterior is None:
                return trial.says(np.asarray(logits))
            return posterior.proba(network, held, trial.says)

        return replace(learnt, temperature=found_temperature(proba_at, lesson.target[back]))

    def _posterior_for(self, network: Network) -> Posterior | None:
        if self._auto and self._posterior is None:
            dropping = any(one.p > 0 for one in dropout_layers(network.module).values())
            return MonteCarloDropout() if dropping and not self.structured else None
        told: Posterior | None = self._posterior
        if told is not None and (lack := told.needs(network)):
            raise InvalidInput(
                f"{type(told).__name__} cannot be had of this network, which {lack}.",
                mend="Add such a layer, choose another posterior, or use DeepEnsemble.",
            )
        return told

    def _columns(self, width: int, seen: tuple[Any, ...], sizes: bool) -> tuple[Any, ...]:
        """What the module's outputs mean."""
        columns = seen if sizes or self._classes is None else tuple(_sorted(self._classes))
        if width == len(columns):
            return columns
        raise InvalidInput(
            f"The network gives {width} numbers a row, and there are {len(columns)} classes"
            f"{'' if sizes or self._classes is not None else ' among the labels'}.",
            mend="Let its last layer have as many outputs as it is told: give a function of the number of "
            "classes, such as lambda classes: nn.Linear(20, classes).",
        )

    def _warm(self, network: Network, columns: tuple[Any, ...]) -> None:
        if self.learnt is None or self.learnt.network is None or self.training.start == "cold":
            return
        warmed(
            network.module,
            self.learnt.network.module,
            layer=network.layer,
            columns=columns,
            old_columns=self.learnt.columns,
            **({} if self.training.start == "warm" else {"keep": 0.5, "new": 0.1}),
        )

    def _lesson(self, x: Any, values: list[Any], columns: tuple[Any, ...], seed: int) -> Lesson:
        number = {value: i for i, value in enumerate(columns)}
        if self.structured:
            longest = max(map(len, values))
            target = np.full((len(values), longest), -100, dtype=np.int64)
            for row, told in enumerate(values):
                target[row, : len(told)] = [-100 if one is None else number[one] for one in told]
            return Lesson(x, target, loss_of(self.loss), self._weights(target[target >= 0], columns))
        target = np.array([number[value] for value in values], dtype=np.int64)
        held = self.training.held(target, np.random.default_rng(int(seed) % 2**63))
        return Lesson(x, target, loss_of(self.loss), self._weights(target, columns), held)

    def _weights(self, target: np.ndarray, columns: tuple[Any, ...]) -> np.ndarray | None:
        told = self.training.class_weights
        if told is None:
            return None
        if told == "balanced":
            counts = np.bincount(target, minlength=len(columns))
            return np.asarray(len(target) / (np.count_nonzero(counts) * np.maximum(counts, 1)))
        if lacking := [one for one in columns if one not in told]:
            raise InvalidInput(
                f"class_weights do not tell the weight of {lacking[0]!r}.",
                mend="Give one for every class, or 'balanced'.",
            )
        return np.array([float(told[one]) for one in columns])

    def _checkpoints(self, x: Any, values: list[Any], seed: int) -> Checkpoints | None:
        if self.training.checkpoints is None:
            return None
        old = None if self.learnt is None or self.training.start == "cold" else self.network
        before = [] if old is None else [one.cpu().numpy() for one in old.state_dict().values()]
        return Checkpoints(self.training.checkpoints, digest(x, values, seed, repr(self), *before))

    def _values(self, y: Any) -> tuple[list[Any], tuple[Any, ...]]:
        """The labels as plain values, and the classes among them, sorted."""
        if self.structured:
            values = [[plain(one) for one in told] for told in y]
            seen = {one for told in values for one in told if one is not None}
        else:
            values = plain_list(y)
            if values and isinstance(values[0], list | tuple | set | frozenset):
                raise InvalidInput(
                    f"A label is one class; got the set {values[0]!r}.",
                    mend="Give structured=True if it is a sequence of units; of sets, see ScikitMultiLabel.",
                )
            seen = set(values)
        if not seen:
            raise InvalidInput("No labels to fit to.", mend="Label an item first; a cold model is None.")
        if self._classes is not None and (unknown := seen.difference(self._classes)):
            raise InvalidInput(
                f"The labels hold {sorted(map(repr, unknown))[0]}, which is none of the "
                f"{len(self._classes)} classes.",
                mend="Add the class first, or correct the label.",
            )
        return values, tuple(_sorted(seen))

    def _with(self, learnt: Learnt | None) -> TorchModel:
        other = copy.copy(self)
        other.learnt = learnt
        if learnt is not None and learnt.network is None and learnt.posterior is None:
            other._posterior = self._posterior or (MonteCarloDropout() if self._auto else None)
            other.learnt = replace(learnt, posterior=other._posterior)
            other._posterior = self._posterior
        return other

    def state(self) -> dict[str, Any]:
        """The parameters and buffers of the trained module, as ``state_dict()`` gives them."""
        if self.network is None:
            raise NotFitted(
                "Labels of one class train no network.", mend="Label an item of another class first."
            )
        return dict(self.network.state_dict())


def _inner(layer: str | None) -> str | None:
    """The name of a layer of a module that has vectors beside it."""
    return None if layer is None else f"inner.{layer}".rstrip(".")


def _sorted(values: Any) -> list[Any]:
    """Values in an order that does not depend on how they came."""
    return sorted(values, key=lambda one: (type(one).__name__, one))


def _rows(x: Any) -> Any:
    """A sequence of rows of numbers as an array; anything else as a list."""
    listed = list(x)
    try:
        array = np.asarray(listed)
    except ValueError:
        return listed
    return array if array.dtype.kind in "fiub" else listed
