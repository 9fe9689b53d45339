"""DropQuery: who changes, how often; the lots belong to items; then groups."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from querist.data import Pool
from querist.errors import InvalidInput, MissingCapability
from querist.strategies import DropQuery, Snapshot, as_strategy


class Linear:
    """Class "b" where the features sum above 1."""

    classes = ("a", "b")

    def proba(self, x: Any) -> np.ndarray:
        b = 1 / (1 + np.exp(-(np.asarray(x.sum(axis=1)).ravel() - 1.0)))
        return np.column_stack([1 - b, b])


@pytest.mark.parametrize("kind", [np.asarray, csr_array])
def test_only_items_that_hang_on_few_features_are_asked(kind: Any) -> None:
    """Zeros stay zeros whatever is withheld; many small ones hold on the whole; one large one falls."""
    x = np.zeros((60, 40))
    x[20:40] = 1.0  # a sum of 40: withheld and scaled it stays above 1
    x[40:60, 0] = 1.5  # falls to 0 with a chance of rate
    snapshot = Snapshot(Pool(kind(x)), model=Linear(), seed=1)
    strategy = DropQuery(rate=0.9, looks=5)
    proposal = strategy.propose(snapshot, 8)
    assert min(proposal.ids) >= 40 and (proposal.scores > 0.5).all() and len(set(proposal.ids)) == 8
    rest = strategy.propose(snapshot, 60)
    share = dict(zip(rest.ids, rest.scores, strict=True))
    assert sorted(rest.ids) == list(range(60)) and all(share[row] == 0 for row in range(20))
    assert (np.diff(rest.scores) <= 0).all()  # those that change oftenest come first


def test_each_feature_is_withheld_as_often_as_said_and_the_rest_is_scaled() -> None:
    seen: list[np.ndarray] = []

    class Watched(Linear):
        def proba(self, x: Any) -> np.ndarray:
            seen.append(np.array(x))
            return super().proba(x)

    x = np.random.default_rng(0).normal(size=(2000, 10)) + 5
    DropQuery(rate=0.4, looks=3).propose(Snapshot(Pool(x), model=Watched()), 1)
    looks = seen[1:]
    assert len(looks) == 3 and not (looks[0] == looks[1]).all()
    for look in looks:
        kept = look != 0
        assert abs(kept.mean() - 0.6) < 0.02 and (np.abs(kept.mean(axis=0) - 0.6) < 0.05).all()
        assert np.allclose(look[kept], x[kept] / 0.6)
        assert abs(np.corrcoef(kept[:, 0], kept[:, 1])[0, 1]) < 0.08
        assert abs(np.corrcoef(kept[:-1, 0], kept[1:, 1])[0, 1]) < 0.08


def test_the_lots_belong_to_the_items() -> None:
    x = np.random.default_rng(0).normal(size=(50, 6))
    ids = [f"item-{row}" for row in range(50)]
    order = np.random.default_rng(1).permutation(50)
    here = Snapshot(Pool(x, ids=ids), model=Linear(), seed=3)
    there = Snapshot(Pool(x[order], ids=[ids[row] for row in order]), model=Linear(), seed=3)
    first, second = (DropQuery().propose(one, 50) for one in (here, there))
    assert dict(zip(first.ids, first.scores, strict=True)) == dict(
        zip(second.ids, second.scores, strict=True)
    )


def test_what_makes_no_sense_is_refused() -> None:
    for wrong in ({"rate": 1.0}, {"rate": 0.0}, {"looks": 0}, {"sample": 0}):
        with pytest.raises(InvalidInput, match=next(iter(wrong))):
            DropQuery(**wrong)
    with pytest.raises(MissingCapability, match="proba"):
        as_strategy("drop_query").propose(Snapshot(Pool(np.eye(3)), labels={0: "a"}, model=object()), 1)
    words = Snapshot(Pool(np.array([["x"], ["y"]], dtype=object)), model=Linear())
    with pytest.raises(MissingCapability, match="no table of numbers"):
        DropQuery().propose(words, 1)
