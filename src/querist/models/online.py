"""A softmax, or a committee of them, that learns one row at a time within microseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np

from querist.errors import InvalidInput, InvalidLabel, NotFitted
from querist.kernels import online_softmax as kernel

__all__ = ["OnlineModel", "OnlineSoftmax"]

_FEWEST = 2  # classes that there is room for at least


@runtime_checkable
class OnlineModel(Protocol):
    """A model that learns from one labelled row at a time, for streams.

    ``classes`` grows as labels bring new ones.  ``draws_one`` gives (K, C) probabilities, one row a member
    of a committee and one in all where it is none; ``forget`` drops what was learned but the last ``keep``
    labelled rows, as far as the model can.
    """

    @property
    def classes(self) -> tuple[Any, ...]: ...
    def draws_one(self, x: np.ndarray) -> np.ndarray: ...
    def draws_many(self, x: np.ndarray) -> np.ndarray: ...
    def learn_one(self, x: np.ndarray, label: Any, weight: float = 1.0) -> None: ...
    def forget(self, keep: int = 0) -> None: ...


class OnlineSoftmax:
    """A softmax that learns one row at a time; of ``hidden`` features where given; or a committee of them.

    Rows are put on one scale by what was seen, each label is followed by a few steps on labelled rows
    that are kept, and steps do not die out, so that it follows what changes.  One row takes about a
    microsecond.  Prefer it for streams; on a pool, models that are fitted to the end predict better.

    Parameters
    ----------
    classes : values, optional
        All classes, where they are known; without it labels bring them.
    members : int
        Members of a committee, which learn from bootstrap samples (Oza & Russell 2001).
    hidden : int
        Rectified random features of each member; 0 for a linear model.
    rate : float
        The length of a step (as of RMSprop: relative to the recent gradients).
    fade : float in (0, 1)
        What of the squares of past gradients is kept at a step.
    decay : float
        Weight decay.
    kept, steps : int
        Labelled rows that are kept, and how many of them are learned once more with every new label.
    span : float
        Items over which means and spreads are taken.
    seed : int

    >>> model = OnlineSoftmax(seed=1)
    >>> for x, label in [([0.0], "a"), ([1.0], "b")] * 20:
    ...     model.learn_one(np.array(x), label)
    >>> model.classes, model.proba([[0.0], [1.0]]).argmax(axis=1).tolist()
    (('a', 'b'), [0, 1])
    """

    describes: ClassVar[str] = "OnlineSoftmax"

    def __init__(
        self,
        classes: Sequence[Any] | None = None,
        *,
        members: int = 1,
        hidden: int = 0,
        rate: float = 0.1,
        fade: float = 0.99,
        decay: float = 1e-4,
        kept: int = 200,
        steps: int = 4,
        span: float = 10_000.0,
        seed: int = 0,
    ) -> None:
        if members < 1 or hidden < 0 or kept < 1 or steps < 0:
            raise InvalidInput(
                f"members={members!r}, hidden={hidden!r}, kept={kept!r}, steps={steps!r} are counts.",
                mend="Give members and kept 1 or more, hidden and steps 0 or more.",
            )
        self.open = classes is None
        self.classes: tuple[Any, ...] = () if classes is None else tuple(classes)
        self.members, self.hidden = int(members), int(hidden)
        self.rate, self.fade, self.decay, self.span = rate, fade, decay, span
        self.kept, self.steps, self.seed = int(kept), int(steps), int(seed)
        self.shape: Any = None
        self.vector: Any = None

    def __repr__(self) -> str:
        return f"OnlineSoftmax({len(self.classes)} classes, members={self.members}, hidden={self.hidden})"

    @property
    def width(self) -> int | None:
        """How many numbers a row has; None before the first."""
        return None if self.shape is None else int(self.shape[kernel.WIDTH])

    @property
    def trained(self) -> int:
        """Labels learned, and not forgotten as a whole."""
        return 0 if self.vector is None else int(self.vector[kernel.TRAINED])

    def make_room(self, width: int) -> None:
        """Make the vector for rows of ``width`` numbers and the classes known; what was learned stays."""
        classes = max(_FEWEST, len(self.classes))
        if self.shape is not None and int(self.shape[kernel.CLASSES]) >= classes:
            return
        shape = kernel.softmax_shape(width, classes, self.members, self.hidden, self.kept, self.steps)
        vector = kernel.softmax_vector(shape, self.rate, self.fade, self.decay, self.span, self.seed)
        if self.shape is not None:
            _carry(self.shape, self.vector, shape, vector)
        self.shape, self.vector = shape, vector

    def draws_one(self, x: np.ndarray) -> np.ndarray:
        """What each member says of one row, (K, C)."""
        return np.asarray(self.draws_many(np.asarray(x)[None])[:, 0])

    def draws_many(self, x: Any) -> np.ndarray:
        """What each member says of many rows, (K, n, C)."""
        if self.vector is None or not self.classes:
            raise NotFitted("OnlineSoftmax has learned nothing yet.", mend="Tell it a label first.")
        x = np.ascontiguousarray(x, dtype=np.float64)
        self._check(x.shape[1])
        room = int(self.shape[kernel.CLASSES])
        out = np.zeros((self.members, len(x), room))
        kernel.proba_rows(self.shape, self.vector, np.array(x), out)
        out = out[:, :, : len(self.classes)]
        if len(self.classes) < room:  # one class alone: the place for a second says nothing
            out /= out.sum(axis=2, keepdims=True)
        return np.ascontiguousarray(out)

    def proba(self, x: Any) -> np.ndarray:
        """Mean class probabilities, (n, C)."""
        return np.asarray(self.draws_many(x).mean(axis=0))

    def draws(self, x: Any, k: int, rng: np.random.Generator) -> np.ndarray:
        """What ``k`` members say, (k, n, C); distinct ones while there are enough."""
        from querist.models.members import members_by_lot

        return np.asarray(self.draws_many(x)[members_by_lot(self.members, k, rng)])

    def observe(self, x: np.ndarray) -> None:
        """Take a row without a label into the means and spreads that rows are scaled by."""
        self.make_room(len(x))
        kernel.observe(self.shape, self.vector, np.array(x, dtype=np.float64))

    def learn_one(self, x: np.ndarray, label: Any, weight: float = 1.0) -> None:
        """Learn one label.  A new class is added, unless the classes were given."""
        x = np.array(x, dtype=np.float64)
        if x.ndim != 1:
            raise InvalidInput(f"A row is a vector of numbers; got shape {x.shape}.", mend="Give one row.")
        if not np.isfinite(x).all():
            raise InvalidInput("A row holds a number that is not finite.", mend="Leave it out, or fill it.")
        self._check(len(x))
        column = self.column(label)
        self.make_room(len(x))
        if self.vector[kernel.COUNTED] <= self.vector[kernel.TRAINED]:  # nobody showed it before
            kernel.observe(self.shape, self.vector, x)
        kernel.learn_row(self.shape, self.vector, x, column, float(weight))

    def column(self, label: Any) -> int:
        """The column of a label; a class that is new gets one, where classes may be added."""
        if label in self.classes:
            return self.classes.index(label)
        if not self.open:
            raise InvalidLabel(
                f"{label!r} is none of the classes {', '.join(map(repr, self.classes))}.",
                mend="Give the model all classes, or none and let labels bring them.",
            )
        if label is None:
            raise InvalidLabel("None is no label.", mend="Leave out what nobody knows.")
        self.classes = (*self.classes, label)
        if self.shape is not None:
            self.make_room(int(self.shape[kernel.WIDTH]))
        return len(self.classes) - 1

    def forget(self, keep: int = 0) -> None:
        """Drop what was learned, and learn anew from the last ``keep`` labelled rows."""
        if self.vector is not None:
            kernel.forget(self.shape, self.vector, int(keep))

    def fitted(self, x: Any, y: Any, *, seed: int = 0) -> OnlineSoftmax:
        """A new model that went over all rows five times, in an order by the seed; for pools."""
        fresh = OnlineSoftmax(**{**self._own(), "seed": seed})
        rows = np.asarray(x, dtype=np.float64)
        if not len(rows):
            raise InvalidInput("No labels to fit to.", mend="Label an item first; a cold model is None.")
        for one in np.repeat(rows, 5, axis=0):  # as often as it is learned
            fresh.observe(one)
        order = np.random.default_rng(seed)
        for _ in range(5):
            for row in order.permutation(len(rows)):
                fresh.learn_one(rows[row], y[row])
        return fresh

    def arrays(self) -> dict[str, Any]:
        """All that the model is, as plain values and arrays; :meth:`from_arrays` is the way back."""
        own = {**self._own(), "open": self.open, "classes": list(self.classes)}
        return {"own": own, "shape": self.shape, "vector": self.vector}

    @classmethod
    def from_arrays(cls, kept: Mapping[str, Any]) -> OnlineSoftmax:
        """The model that :meth:`arrays` told of."""
        own = dict(kept["own"])
        known, is_open = tuple(own.pop("classes")), own.pop("open")
        model = cls(**{**own, "classes": known})
        model.open = is_open
        if kept["vector"] is not None:
            model.shape, model.vector = np.array(kept["shape"]), np.array(kept["vector"])
        return model

    def _own(self) -> dict[str, Any]:
        return {
            "classes": None if self.open else self.classes,
            "members": self.members,
            "hidden": self.hidden,
            "rate": self.rate,
            "fade": self.fade,
            "decay": self.decay,
            "kept": self.kept,
            "steps": self.steps,
            "span": self.span,
            "seed": self.seed,
        }

    def _check(self, width: int) -> None:
        if self.width is not None and width != self.width:
            raise InvalidInput(
                f"A row has {width} numbers; the model learned rows of {self.width}.",
                mend="Give every row the same columns.",
            )


def _carry(shape: Any, vector: np.ndarray, to_shape: Any, to: np.ndarray) -> None:
    """Take what was learned over into a vector with room for more classes."""
    to[: kernel.HEAD] = vector[: kernel.HEAD]
    for begin, end in (
        (kernel.MEANS, kernel.RANDOM),
        (kernel.RANDOM, kernel.WEIGHTS),
        (kernel.ROWS, kernel.SCALED),
    ):
        to[to_shape[begin] : to_shape[end]] = vector[shape[begin] : shape[end]]
    members, classes, more = (int(one) for one in (shape[kernel.MEMBERS], shape[1], to_shape[1]))
    for begin, end in ((kernel.WEIGHTS, kernel.GRADIENTS), (kernel.GRADIENTS, kernel.ROWS)):
        old = vector[shape[begin] : shape[end]].reshape(members, classes, -1)
        new = to[to_shape[begin] : to_shape[end]].reshape(members, more, -1)
        new[:, :classes] = old
