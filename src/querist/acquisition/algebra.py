"""What a label would be worth, and how worths are combined."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from querist.errors import InvalidInput
from querist.specs import named

__all__ = ["Acquisition", "Constant", "Power", "Product", "Rank", "Ratio", "Sum"]

_TINY = 1e-12


class Acquisition(abc.ABC):
    """A prediction in, one number a candidate out: higher = more worth asking.

    Every acquisition of ours is finite and 0 or more (``UpperConfidenceBound`` excepted, which is a value
    of the label), so that products and ratios keep their sense, and gives a row the same number alone
    as in company (``Rank`` excepted).  They compose:

    >>> from querist.acquisition import Cost, Density, Entropy, Margin
    >>> Margin() * Density() ** 2 / Cost()
    Margin() * Density() ** 2 / Cost()
    >>> 0.5 * Entropy() + Density()
    0.5 * Entropy() + Density()

    Your own is a frozen dataclass with a name:

    >>> from dataclasses import dataclass
    >>> from querist.specs import named
    >>> @named("example/first_class")
    ... @dataclass(frozen=True)
    ... class FirstClass(Acquisition):
    ...     def __call__(self, prediction):
    ...         return prediction.proba[:, 0]
    """

    name: ClassVar[str] = ""
    reason: ClassVar[str] = ""
    """One sentence for the annotator: why such an item is asked."""

    needs: frozenset[str] = frozenset({"proba"})
    """The capabilities of the model that it reads; empty where it works without a model."""

    uniform: bool = False
    """Whether the order that it gives is a uniform lottery."""

    relative: bool = False
    """Whether a row's number depends on the other candidates."""

    @abc.abstractmethod
    def __call__(self, prediction: Any) -> np.ndarray:
        """One number a candidate, (k,)."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """The sentences of all its parts."""
        return (self.reason,) if self.reason else ()

    @classmethod
    def examples(cls) -> tuple[Acquisition, ...]:
        """Instances on which ``querist.testing`` checks the laws, where the defaults do not suffice."""
        return (cls(),)

    def __mul__(self, other: Acquisition | float) -> Product:
        return Product((*_factors(self), *_factors(_part(other))))

    def __rmul__(self, other: float) -> Product:
        return Product((_part(other), *_factors(self)))

    def __add__(self, other: Acquisition | float) -> Sum:
        return Sum((*_terms(self), *_terms(_part(other))))

    def __radd__(self, other: float) -> Sum:
        return Sum((_part(other), *_terms(self)))

    def __truediv__(self, other: Acquisition | float) -> Ratio:
        return Ratio(self, _part(other))

    def __pow__(self, exponent: float) -> Power:
        return Power(self, float(exponent))


class _Composite(Acquisition):
    """An acquisition made of others: it needs what they need."""

    @property
    @abc.abstractmethod
    def parts(self) -> tuple[Acquisition, ...]:
        """The acquisitions that it is made of."""

    @property
    def needs(self) -> frozenset[str]:  # type: ignore[override]
        return frozenset().union(*(part.needs for part in self.parts))

    @property
    def relative(self) -> bool:  # type: ignore[override]
        return any(part.relative for part in self.parts)

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(reason for part in self.parts for reason in part.reasons))


@named("constant")
@dataclass(frozen=True)
class Constant(Acquisition):
    """The same number for every item: the 0.5 of ``0.5 * Entropy()``."""

    value: float = 1.0
    needs: ClassVar[frozenset[str]] = frozenset()  # type: ignore[misc]

    def __post_init__(self) -> None:
        if not np.isfinite(self.value):
            raise InvalidInput(f"A constant must be finite; got {self.value!r}.", mend="Give a number.")

    def __call__(self, prediction: Any) -> np.ndarray:
        return np.full(len(prediction), float(self.value))

    def __repr__(self) -> str:
        return f"{self.value:g}"


@named("product")
@dataclass(frozen=True, repr=False)
class Product(_Composite):
    """One worth times another: high where all are high.  Written ``a * b``.

    Factors must be 0 or more, or the sense would turn; ``Rank(a)`` makes any score so.
    """

    of: tuple[Acquisition, ...]

    def __post_init__(self) -> None:
        _check_parts(self.of, "product")

    @property
    def parts(self) -> tuple[Acquisition, ...]:
        return self.of

    @property
    def uniform(self) -> bool:  # type: ignore[override]
        return _one_lottery(self.of)

    def __call__(self, prediction: Any) -> np.ndarray:
        scores = np.ones(len(prediction))
        several = sum(not isinstance(part, Constant) for part in self.of) > 1
        for part in self.of:
            factor = np.asarray(part(prediction), dtype=np.float64)
            if several and not isinstance(part, Constant):
                _check_sign(part, factor)
            scores *= factor
        return scores

    def __repr__(self) -> str:
        return " * ".join(_bracketed(part, Sum) for part in self.of)


@named("ratio")
@dataclass(frozen=True, repr=False)
class Ratio(_Composite):
    """One worth by another: worth for each unit of cost, say.  Written ``a / b``.

    The denominator must be 0 or more; below 1e-12 it counts as that.
    """

    above: Acquisition
    below: Acquisition

    def __post_init__(self) -> None:
        _check_parts(self.parts, "ratio")

    @property
    def parts(self) -> tuple[Acquisition, ...]:
        return (self.above, self.below)

    def __call__(self, prediction: Any) -> np.ndarray:
        below = np.asarray(self.below(prediction), dtype=np.float64)
        _check_sign(self.below, below)
        return np.asarray(self.above(prediction), dtype=np.float64) / np.maximum(below, _TINY)

    def __repr__(self) -> str:
        return f"{_bracketed(self.above, Sum)} / {_bracketed(self.below, Sum, Product, Ratio)}"


@named("sum")
@dataclass(frozen=True, repr=False)
class Sum(_Composite):
    """Worths added: high where any is high.  Written ``a + b``; weigh them with ``0.3 * a + b``.

    Mind the units: ``Rank(a) + Rank(b)`` adds places instead of amounts.
    """

    of: tuple[Acquisition, ...]

    def __post_init__(self) -> None:
        _check_parts(self.of, "sum")

    @property
    def parts(self) -> tuple[Acquisition, ...]:
        return self.of

    @property
    def uniform(self) -> bool:  # type: ignore[override]
        return _one_lottery(self.of)

    def __call__(self, prediction: Any) -> np.ndarray:
        scores = np.zeros(len(prediction))
        for part in self.of:
            scores += part(prediction)
        return scores

    def __repr__(self) -> str:
        return " + ".join(map(repr, self.of))


@named("power")
@dataclass(frozen=True, repr=False)
class Power(_Composite):
    """A worth to a power: how much it counts in a product.  Written ``a ** 2``.

    The base must be 0 or more.  A negative exponent prefers little to much; 0 counts as 1e-12 then.
    """

    base: Acquisition
    exponent: float = 1.0

    def __post_init__(self) -> None:
        _check_parts((self.base,), "power")
        if not np.isfinite(self.exponent):
            raise InvalidInput(f"An exponent must be finite; got {self.exponent!r}.", mend="Give a number.")

    @property
    def parts(self) -> tuple[Acquisition, ...]:
        return (self.base,)

    @property
    def uniform(self) -> bool:  # type: ignore[override]
        return self.base.uniform and self.exponent != 0

    def __call__(self, prediction: Any) -> np.ndarray:
        base = np.asarray(self.base(prediction), dtype=np.float64)
        _check_sign(self.base, base)
        return np.power(base if self.exponent >= 0 else np.maximum(base, _TINY), self.exponent)

    def __repr__(self) -> str:
        return f"{_bracketed(self.base, Sum, Product, Ratio, Power)} ** {self.exponent:g}"


@named("rank")
@dataclass(frozen=True)
class Rank(_Composite):
    """The share of the candidates that score lower, equals counting half: from 0 to 1, free of units.

    Prefer it to add or multiply scores of different units.  The only acquisition in which a row's
    number depends on the others.

    >>> from querist.acquisition import Cost
    >>> from querist.models import Prediction
    >>> Rank(Cost())(Prediction(None, np.zeros((4, 1)), costs=[5.0, 1.0, 1.0, 9.0]))
    array([0.625, 0.25 , 0.25 , 0.875])
    """

    of: Acquisition
    relative: ClassVar[bool] = True  # type: ignore[misc]

    def __post_init__(self) -> None:
        _check_parts((self.of,), "rank")

    @property
    def parts(self) -> tuple[Acquisition, ...]:
        return (self.of,)

    @property
    def uniform(self) -> bool:  # type: ignore[override]
        return self.of.uniform

    def __call__(self, prediction: Any) -> np.ndarray:
        _, group, size = np.unique(self.of(prediction), return_inverse=True, return_counts=True)
        below = np.cumsum(size) - size
        places: np.ndarray = ((below + size / 2) / max(1, len(prediction)))[group]
        return places


def _part(value: Acquisition | float) -> Acquisition:
    return value if isinstance(value, Acquisition) else Constant(float(value))


def _factors(part: Acquisition) -> tuple[Acquisition, ...]:
    return part.of if isinstance(part, Product) else (part,)


def _terms(part: Acquisition) -> tuple[Acquisition, ...]:
    return part.of if isinstance(part, Sum) else (part,)


def _one_lottery(parts: tuple[Acquisition, ...]) -> bool:
    """A lottery with constants stays one; two lotteries, or one with a worth, are not uniform."""
    rest = [part for part in parts if not isinstance(part, Constant)]
    return len(rest) == 1 and rest[0].uniform


def _bracketed(part: Acquisition, *loose: type) -> str:
    return f"({part!r})" if isinstance(part, loose) else repr(part)


def _check_parts(parts: tuple[Any, ...], what: str) -> None:
    wrong = [part for part in parts if not isinstance(part, Acquisition)]
    if wrong or not parts:
        raise InvalidInput(
            f"A {what} is made of acquisitions; got {wrong[0] if wrong else 'none'!r}.",
            mend="Write for example Margin() * Density(), with brackets after each name.",
        )


def _check_sign(part: Acquisition, scores: np.ndarray) -> None:
    if len(scores) and scores.min() < 0:
        raise InvalidInput(
            f"{part!r} gives scores down to {scores.min():.4g}, which would turn the sense of a product.",
            mend=f"Use Rank({part!r}), which is 0 or more, or shift it with + 1.",
        )
