"""What the plain algorithm of each work costs at least, at the machine's own rates, in seconds."""

from __future__ import annotations

from inputs import Shape
from machine import Rates


def one_reading_of_proba(rates: Rates, n: int, shape: Shape) -> float:
    return rates.reading(n * shape.classes)


def logarithms_of_proba(rates: Rates, n: int, shape: Shape) -> float:
    return max(rates.reading(n * shape.classes), rates.logarithms(n * shape.classes))


def one_reading_of_draws(rates: Rates, n: int, shape: Shape) -> float:
    return rates.reading(shape.members * n * shape.classes)


def logarithms_of_draws(rates: Rates, n: int, shape: Shape) -> float:
    numbers = shape.members * n * shape.classes
    return max(rates.reading(numbers), rates.logarithms(numbers))


def one_reading_of_x(rates: Rates, n: int, shape: Shape) -> float:
    return rates.reading(n * shape.d)


def one_reading_of_numbers(rates: Rates, n: int, shape: Shape) -> float:
    return rates.reading(2 * n)


def reading_of_x_for_each_pick(rates: Rates, n: int, shape: Shape) -> float:
    known = rates.products(n * shape.d * shape.labelled, skinny=True) if shape.labelled else 0.0
    return shape.batch * rates.reading(n * shape.d) + known


def reading_of_proba_for_each_pick(rates: Rates, n: int, shape: Shape) -> float:
    return shape.batch * rates.reading(n * shape.classes)


def all_pairs(rates: Rates, n: int, shape: Shape) -> float:
    return rates.products(n * n * shape.d / 2)


def pairs_with_labelled(rates: Rates, n: int, shape: Shape) -> float:
    return rates.products(n * shape.d * shape.labelled, skinny=True)


def twenty_rounds(rates: Rates, n: int, shape: Shape) -> float:
    return 20 * rates.products(n * shape.d * (shape.batch + shape.labelled))


def rounds_and_pairs_within(rates: Rates, n: int, shape: Shape) -> float:
    clusters = shape.batch + shape.labelled
    within = (n / clusters) ** 2 * shape.d * shape.batch / 2
    return twenty_rounds(rates, n, shape) + rates.products(within)


def future_of_each_pair(rates: Rates, n: int, shape: Shape) -> float:
    return rates.logarithms(n * n * shape.classes)


def joint_entropies(rates: Rates, n: int, shape: Shape) -> float:
    configurations = sum(min(shape.classes**k, 10_000) for k in range(1, shape.batch))
    answers = n * shape.classes * configurations
    return rates.products(answers * shape.members) + rates.logarithms(answers)


def information_of_pairs(rates: Rates, n: int, shape: Shape) -> float:
    answers = n * shape.labelled * shape.classes**2
    return rates.products(answers * shape.members) + rates.logarithms(answers)


def fisher(rates: Rates, n: int, shape: Shape) -> float:
    return rates.products(n * shape.d**2 / 2) + 2 * shape.batch * rates.reading(n * shape.d)


def kernel_of_labelled(rates: Rates, n: int, shape: Shape) -> float:
    return rates.products(n * shape.labelled * (shape.d + shape.labelled))
