"""How a network learns: passes over the labels, when to stop, and what to keep."""

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from querist.errors import InvalidInput, TrainingFailed
from querist.models.rows import take
from querist.models.torch.backend import as_floats, halved, need_torch, on_device, out_of_memory, run
from querist.models.torch.checkpoints import Checkpoints
from querist.models.torch.lengths import beside_their_like, lengths_of
from querist.models.torch.reading import Network, asleep

__all__ = ["Lesson", "Training", "learn"]

Progress = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Training:
    """How a network is trained: as long as it pays, and the same every time.

    Parameters
    ----------
    epochs : int
        Passes over the labels at most.
    least_steps : int
        Updates at least, whatever ``epochs`` says: a pass over twenty labels is one.
    batch : int
        Rows an update.  Where memory runs out, an update is made of halves.
    learning_rate : float or "find"
        ``"find"`` raises it from step to step on a copy of the network, and takes a tenth of where the loss
        was lowest: a hundred steps more.
    optimizer : "adamw", "adam", "sgd", or a function
        Of the parameters and the learning rate, to an optimiser of PyTorch.
    weight_decay : float
        For the optimisers that have a name.
    schedule : "constant" or "cosine"
    clip : float, optional
        No gradient is longer than that.
    held_back : share from 0 to below 1
        Labels kept for early stopping and for the temperature; none while that would be fewer than
        ``least_held_back``, and never the last one of a class.
    least_held_back : int
    patience : int
        So many looks at the held-back labels without a better loss end the training, at its best moment.
    class_weights : "balanced" or mapping from class to weight, optional
    augment : function, optional
        Of a batch as ``prepare`` made it and a ``numpy.random.Generator``, to the batch that is learnt from.
    start : "cold", "warm" or "shrink"
        Where a network that is fitted already begins when it is fitted again: anew; from what it knows; or
        from half of that, with a tenth of a new start (Ash & Adams 2020), which learns as fast and ends
        better than "warm".
    checkpoints : folder, optional
        Where an interrupted training is kept, to go on from: the ``models/`` of a campaign, say.
    progress : bool or function
        A line on the error output, or a function of steps done, steps in all, and the loss.

    >>> Training(epochs=20, class_weights="balanced").batch
    64
    """

    epochs: int = 50
    least_steps: int = 300
    batch: int = 64
    learning_rate: float | str = 1e-3
    optimizer: Any = "adamw"
    weight_decay: float = 1e-4
    schedule: str = "constant"
    clip: float | None = None
    held_back: float = 0.1
    least_held_back: int = 10
    patience: int = 10
    class_weights: Any = None
    augment: Callable[[Any, np.random.Generator], Any] | None = None
    start: str = "cold"
    checkpoints: str | os.PathLike[str] | None = None
    progress: bool | Progress = False

    def __post_init__(self) -> None:
        for name, low in (("epochs", 1), ("least_steps", 0), ("batch", 1), ("patience", 1)):
            if not isinstance(told := getattr(self, name), int) or told < low:
                raise InvalidInput(
                    f"{name} is a whole number of {low} or more; got {told!r}.", mend="Leave it out."
                )
        if not 0 <= self.held_back < 1:
            raise InvalidInput(
                f"held_back is a share from 0 to below 1; got {self.held_back!r}.", mend="Try 0.1."
            )
        rate = self.learning_rate
        if rate != "find" and (isinstance(rate, str) or not 0 < rate < np.inf):
            raise InvalidInput(f"learning_rate is above 0, or 'find'; got {rate!r}.", mend="Try 0.001.")
        for name, known in _CHOICES.items():
            told = getattr(self, name)
            if told not in known and not callable(told):
                raise InvalidInput(f"No {name} is called {told!r}.", mend=f"Give {', '.join(known)}.")

    def held(self, target: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Which rows are held back, (n,) true or false."""
        back = np.zeros(len(target), dtype=bool)
        wanted = round(len(target) * self.held_back)
        if wanted < max(1, self.least_held_back):
            return back
        left = dict(zip(*np.unique(target, return_counts=True), strict=True))
        for row in rng.permutation(len(target)):
            if wanted and left[target[row]] > 1:
                back[row], wanted = True, wanted - 1
                left[target[row]] -= 1
        return back


_CHOICES = {
    "optimizer": ("adamw", "adam", "sgd"),
    "schedule": ("constant", "cosine"),
    "start": ("cold", "warm", "shrink"),
}


@dataclass
class Lesson:
    """What is learnt from: rows, the numbers of their classes, which are held back, and by what loss."""

    x: Any
    target: np.ndarray  # (n,), or (n, T) of units with -100 where there is none
    loss: Callable[[Any, Any], Any]
    weights: np.ndarray | None = None  # (W,) of the classes
    held: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    likely: np.ndarray | None = None  # (n,) how often a row is met, of rows that are not all alike

    def mean_loss(self, network: Network, rows: np.ndarray, inputs: Any) -> Any:
        """The mean loss of a batch, weighted where the classes are."""
        torch = need_torch()
        logits = run(network.module, inputs)
        target = torch.from_numpy(self.target[rows]).to(network.device)
        if logits.ndim == 3:
            logits = logits.reshape(-1, logits.shape[-1])
            target = target[:, : len(logits) // len(rows)].reshape(-1)
            known = target >= 0
            logits, target = logits[known], target[known]
        losses = self.loss(logits, target)
        if losses.ndim == 0:
            if self.weights is not None:
                raise InvalidInput(
                    "The loss gives one number a batch, and classes cannot be weighted in it.",
                    mend="Let it give one a row (reduction='none'), or leave class_weights out.",
                )
            return losses
        if self.weights is None:
            return losses.mean()
        weights = torch.as_tensor(self.weights, dtype=losses.dtype, device=losses.device)[target]
        return (losses * weights).sum() / weights.sum()


def learn(
    network: Network,
    lesson: Lesson,
    training: Training,
    *,
    seed: int,
    cycles: int = 1,
    after_step: Callable[[], None] | None = None,
    checkpoints: Checkpoints | None = None,
) -> list[dict[str, Any]]:
    """Train the network's module in place, and return its states at the end of each cycle (of one: none)."""
    return _Course(network, lesson, training, seed, cycles, after_step, checkpoints).taken()


class _Course:
    """One training from its first step to its last."""

    def __init__(
        self,
        network: Network,
        lesson: Lesson,
        training: Training,
        seed: int,
        cycles: int,
        after_step: Callable[[], None] | None,
        checkpoints: Checkpoints | None,
    ) -> None:
        self.network, self.lesson, self.training = network, lesson, training
        self.cycles, self.after_step, self.checkpoints = cycles, after_step, checkpoints
        back = lesson.held if len(lesson.held) else np.zeros(len(lesson.target), dtype=bool)
        self.rows, self.back = np.flatnonzero(~back), np.flatnonzero(back)
        self.rng = np.random.default_rng([int(seed) % 2**63, 1])
        self.lengths = lengths_of(network.module, lesson.x) if network.prepare is None else None
        per_epoch = -(-len(self.rows) // training.batch)
        epochs = max(training.epochs, -(-training.least_steps // per_epoch))
        self.per_look = per_epoch * max(1, -(-10 // per_epoch))  # ten steps between looks at least
        self.steps = -(-epochs * per_epoch // cycles) * cycles
        self.batch = training.batch
        # a tensor of all rows, where rows become tensors in the same way alone as in company
        self.whole = as_floats(lesson.x) if network.prepare is None else None
        self.best: tuple[float, Any] = (np.inf, None)
        self.waited = 0

    def taken(self) -> list[dict[str, Any]]:
        """Take it, from where it was interrupted if it was."""
        rate = self.training.learning_rate
        if isinstance(rate, str):
            from querist.models.torch.learning_rate import found_rate

            rate = found_rate(self.network, self._loss_of, self._batches(), self._optimizer)
        optimizer = self._optimizer(self.network.module, rate)
        kept: list[dict[str, Any]] = []
        step, order = 0, self._batches()
        if self.checkpoints is not None and (state := self.checkpoints.read()) is not None:
            step, order, kept = self._resumed(state, optimizer)
        self.network.module.train()
        while step < self.steps:
            if not order:
                order = self._batches()
            self._set_rate(optimizer, rate, step)
            loss = self._update(optimizer, order.pop(0), step, rate)
            step += 1
            self._tell(step, loss)
            if self.cycles > 1 and step % (self.steps // self.cycles) == 0:
                kept.append(copy.deepcopy(self.network.module.state_dict()))
            if len(self.back) and self.cycles == 1 and step % self.per_look == 0 and self._enough():
                break
            if self.checkpoints is not None and self.checkpoints.due(step):
                self.checkpoints.write(self._state(optimizer, step, order, kept))
        if self.best[1] is not None:
            self.network.module.load_state_dict(self.best[1])
        self.network.module.eval()
        optimizer.zero_grad(set_to_none=True)  # what is kept holds no slopes
        if self.checkpoints is not None:
            self.checkpoints.remove()
        self._tell(self.steps, float("nan"), last=True)
        return kept

    def _batches(self) -> list[np.ndarray]:
        """The rows of one pass, in batches of like size: none of one row, which has no statistics."""
        if self.lesson.likely is None:
            order = self.rng.permutation(self.rows)
        else:
            chance = self.lesson.likely[self.rows] / self.lesson.likely[self.rows].sum()
            order = self.rng.choice(self.rows, len(self.rows), p=chance)
        batches = max(1, -(-len(order) // self.training.batch))
        if self.lengths is not None and batches > 1:
            return beside_their_like(order, self.lengths, batches, self.rng)
        return list(np.array_split(order, batches))

    def _inputs(self, rows: np.ndarray, *, augment: bool) -> Any:
        if self.whole is not None:
            torch = need_torch()
            inputs = on_device(self.whole[torch.from_numpy(rows)], self.network.device)
        else:
            inputs = self.network.inputs(take(self.lesson.x, rows))
        if augment and self.training.augment is not None:
            inputs = on_device(self.training.augment(inputs, self.rng), self.network.device)
        return inputs

    def _loss_of(self, network: Network, rows: np.ndarray) -> Any:
        return self.lesson.mean_loss(network, rows, self._inputs(rows, augment=True))

    def _update(self, optimizer: Any, rows: np.ndarray, step: int, rate: float) -> float:
        """One step along the gradient of a batch, in as few parts as find room."""
        torch = need_torch()
        while True:
            try:
                optimizer.zero_grad(set_to_none=True)
                total = 0.0
                for part in np.array_split(rows, -(-len(rows) // self.batch)):
                    loss = self._loss_of(self.network, part)
                    share = len(part) / len(rows)
                    (loss * share).backward()
                    total += float(loss.detach()) * share
                break
            except (RuntimeError, MemoryError) as error:
                if not out_of_memory(error):
                    raise
                self.batch = halved(min(self.batch, len(rows)), error)
        if not np.isfinite(total):
            raise TrainingFailed(self._no_number(total, step, rate), mend=self._remedy(rows))
        if self.training.clip is not None:
            torch.nn.utils.clip_grad_norm_(self.network.module.parameters(), self.training.clip)
        optimizer.step()
        if self.after_step is not None:
            self.after_step()
        return total

    def _no_number(self, loss: float, step: int, rate: float) -> str:
        return f"The loss is {loss} at step {step + 1} of {self.steps}, with the learning rate {rate:.3g}."

    def _remedy(self, rows: np.ndarray) -> str:
        whole = self.whole
        if whole is not None and not bool(need_torch().isfinite(whole).all()):
            return "The features hold NaN or infinity: fill or drop these rows first."
        return "Lower learning_rate, give clip=1.0, or standardise the features."

    def _enough(self) -> bool:
        """Whether the held-back labels have ceased to be told better; remembers the best moment."""
        loss = self._loss_held()
        if loss < self.best[0] - 1e-6:
            self.best, self.waited = (loss, copy.deepcopy(self.network.module.state_dict())), 0
        else:
            self.waited += 1
        return self.waited >= self.training.patience

    def _loss_held(self) -> float:
        back, batch = self.back, self.network.batch
        if self.lengths is not None:
            back, batch = back[np.argsort(self.lengths[back], kind="stable")], self.training.batch
        with asleep(self.network.module):
            losses = [
                float(self.lesson.mean_loss(self.network, part, self._inputs(part, augment=False)))
                * len(part)
                for part in np.array_split(back, -(-len(back) // batch))
            ]
        return sum(losses) / len(back)

    def _optimizer(self, module: Any, rate: float) -> Any:
        torch = need_torch()
        learns = [one for one in module.parameters() if one.requires_grad]
        if not learns:
            raise InvalidInput(
                "No parameter of the network learns: all have requires_grad=False.",
                mend="Leave the last layer free.",
            )
        if callable(self.training.optimizer):
            return self.training.optimizer(learns, rate)
        told = {"lr": rate, "weight_decay": self.training.weight_decay}
        if all(one.is_floating_point() and one.device.type in ("cpu", "cuda") for one in learns):
            told["fused"] = True  # one pass over each tensor: an eighth of the time, and the same numbers
        if self.training.optimizer == "sgd":
            return torch.optim.SGD(learns, momentum=0.9, nesterov=True, **told)
        kind = torch.optim.AdamW if self.training.optimizer == "adamw" else torch.optim.Adam
        return kind(learns, **told)

    def _set_rate(self, optimizer: Any, rate: float, step: int) -> None:
        """Constant, or along a cosine from ``rate`` to nothing, once or once a cycle."""
        if self.training.schedule == "constant" and self.cycles == 1:
            return
        length = self.steps // self.cycles
        share = (step % length) / length
        for group in optimizer.param_groups:
            group["lr"] = rate * 0.5 * (1 + np.cos(np.pi * share))

    def _tell(self, step: int, loss: float, *, last: bool = False) -> None:
        told = self.training.progress
        if callable(told):
            if not last:
                told(step, self.steps, loss)
        elif told:
            if last:
                sys.stderr.write("\n")
            elif step % max(1, self.steps // 40) == 0 or step == self.steps:
                filled = round(30 * step / self.steps)
                bar = "#" * filled + "." * (30 - filled)
                sys.stderr.write(f"\r[{bar}] step {step} of {self.steps}, loss {loss:.4f}")
                sys.stderr.flush()

    def _state(self, optimizer: Any, step: int, order: list[np.ndarray], kept: Any) -> dict[str, Any]:
        torch = need_torch()
        return {
            "module": self.network.module.state_dict(),
            "optimizer": optimizer.state_dict(),
            "step": step,
            "order": [torch.from_numpy(one) for one in order],
            "chance": torch.get_rng_state(),
            "own_chance": self.rng.bit_generator.state,
            "best": self.best,
            "waited": self.waited,
            "kept": kept,
        }

    def _resumed(self, state: Mapping[str, Any], optimizer: Any) -> tuple[int, list[np.ndarray], list[Any]]:
        torch = need_torch()
        self.network.module.load_state_dict(state["module"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["chance"])
        self.rng.bit_generator.state = state["own_chance"]
        self.best, self.waited = tuple(state["best"]), state["waited"]
        return state["step"], [one.numpy() for one in state["order"]], list(state["kept"])
