"""What a part is set to is checked in words that name it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from querist.bounds import check_above, check_among, check_sample, check_whole
from querist.errors import InvalidInput
from querist.strategies import Default, Spal


@pytest.mark.parametrize("value", [0, -1.0, math.inf, math.nan, "1", None])
def test_a_number_above_0(value: Any) -> None:
    check_above(0.5, "noise")
    check_above(None, "noise", optional=True)
    with pytest.raises(InvalidInput, match="noise must be a number above 0; got") as error:
        check_above(value, "noise", mend="Give more.")
    assert error.value.mend == "Give more."


@pytest.mark.parametrize("value", [0, 1.5, None, "1"])
def test_a_whole_number(value: Any) -> None:
    check_whole(size=1)
    with pytest.raises(InvalidInput, match="size must be a whole number"):
        check_whole(size=value)


def test_shares_of_the_pool() -> None:
    for good in (None, 1, 7):
        check_among(good)
        check_sample(good)
    with pytest.raises(InvalidInput, match="among"):
        check_among(0.5)
    for wrong in (0, 2.0):
        with pytest.raises(InvalidInput, match="sample"):
            check_sample(wrong)


@pytest.mark.parametrize(
    "part", [lambda: Spal(noise=None), lambda: Spal(pace=None), lambda: Default(radius=None)]
)
def test_what_has_to_be_a_number_is_not_left_out_by_none(part: Any) -> None:
    with pytest.raises(InvalidInput, match="got None"):
        part()
