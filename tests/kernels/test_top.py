"""The n largest equal a full stable sort."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.errors import InvalidInput
from querist.kernels import top

SCORES = st.lists(st.sampled_from([-np.inf, -1.0, -0.0, 0.0, 0.5, 1.0, 1e300, np.inf]), max_size=12)


@given(scores=SCORES, n=st.integers(-1, 14))
def test_it_is_a_stable_sort_cut_off(scores, n):
    expected = sorted(range(len(scores)), key=lambda row: (-scores[row], row))[: max(0, n)]
    assert top(scores, n).tolist() == expected


@given(scores=SCORES, n=st.integers(0, 14), data=st.data())
def test_ties_go_to_the_larger_of_the_other_numbers(scores, n, data):
    ties = data.draw(st.lists(st.integers(0, 3), min_size=len(scores), max_size=len(scores)))
    expected = sorted(range(len(scores)), key=lambda row: (-scores[row], -ties[row], row))[:n]
    assert top(scores, n, ties=ties).tolist() == expected


def test_any_dtype_and_read_only():
    for dtype in (np.float32, np.int64, np.uint8, bool):
        scores = np.array([0, 1, 1, 0, 1]).astype(dtype)
        scores.setflags(write=False)
        assert top(scores, 4).tolist() == [1, 2, 4, 0]


@pytest.mark.parametrize("wrong", [[0.0, np.nan], [[1.0, 2.0]], 3.0])
def test_what_has_no_order_is_refused(wrong):
    with pytest.raises(InvalidInput, match="one number a row without NaN"):
        top(wrong, 1)


@pytest.mark.parametrize("kind", ["distinct", "equal", "few", "infinite"])
def test_long_tables_are_as_short_ones(kind):
    rng = np.random.default_rng(0)
    scores = rng.random(20_000).astype(np.float32)
    if kind == "equal":
        scores[:] = 1
    elif kind == "few":
        scores = np.round(scores, 2)
    elif kind == "infinite":
        scores[50:] = -np.inf
    ties = rng.random(20_000)
    for n in (1, 7, 19):
        assert top(scores, n).tolist() == np.argsort(-scores, kind="stable")[:n].tolist()
        assert top(scores, n, ties=ties).tolist() == np.lexsort((-ties, -scores))[:n].tolist()
    scores[19_999] = np.nan
    with pytest.raises(InvalidInput, match="without NaN"):
        top(scores, 3)
