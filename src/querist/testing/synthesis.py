"""The laws of strategies that make items."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np

from querist.data import Domain, Pool
from querist.strategies import MadeItems, Proposal, Snapshot
from querist.synthesis import Synthesis
from querist.synthesis.contract import domain_of
from querist.testing.laws import Laws, no_global_chance, reads_back, run_laws
from querist.testing.reference import Fixed, blobs, snapshot_of

__all__ = ["SYNTHESIS_LAWS", "check_made", "check_synthesis"]


def check_synthesis(strategy: Synthesis, *, laws: Laws | None = None) -> None:
    """Raise AssertionError unless ``strategy`` keeps every law of strategies that make items.

    It is tried on pools of four features, and on an empty one: give it a domain of four columns, or one that
    is learned from a pool.

    >>> from querist.data import Box
    >>> from querist.synthesis import Filling
    >>> check_synthesis(Filling(Box(((0.0, 1.0),) * 4)))
    """
    run_laws(strategy, SYNTHESIS_LAWS if laws is None else laws)


def check_made(strategy: Any, proposal: Proposal, snapshot: Snapshot, n: int) -> None:
    """Raise AssertionError unless ``proposal`` is what a synthesis may answer to ``snapshot`` and ``n``.

    Distinct items, at most ``n``: candidates of the pool, or made ones that lie in the domain, hold plain
    JSON and features like those of the pool, and were not made before.
    """
    k = len(proposal)
    assert k <= n, f"{k} items for n = {n}"
    assert len(set(proposal.ids)) == k, f"the same item twice in {list(proposal.ids)}"
    scores, chances = np.asarray(proposal.scores), np.asarray(proposal.probabilities)
    assert scores.shape == chances.shape == (k,) and np.isfinite(scores).all(), (
        f"scores {scores} for {k} items"
    )
    assert ((chances > 0) & (chances <= 1)).all(), f"probabilities {chances} are no chances"
    made = list(proposal.made) or [None] * k
    assert len(made) == k, f"{len(made)} of made for {k} items"
    free = {snapshot.pool.ids[row] for row in snapshot.candidates}
    for item, one in zip(proposal.ids, made, strict=True):
        if one is None:
            assert item in free, f"{item!r} is no candidate, and comes without content"
            continue
        assert item not in snapshot.pool and item not in snapshot.made.ids, f"{item!r} is there already"
        assert json.loads(json.dumps(dict(one.content)))["kind"], "a made item's content has a kind"
    features = [one.features for one in made if one is not None]
    if features and isinstance(features[0], np.ndarray):
        x, domain = np.stack(features), domain_of(strategy.domain, snapshot.pool)
        assert np.isfinite(x).all(), "features are not finite"
        if snapshot.pool.features is not None:
            assert x.shape[1:] == snapshot.pool.features.shape[1:], f"features of shape {x.shape[1:]}"
        points = x if type(domain).features is Domain.features else domain.points(x)
        assert points is None or domain.contains(points).all(), "it made an item outside of its domain"


def makes_distinct_items_of_the_domain(strategy: Any) -> None:
    x, y = blobs(40)
    snapshot = snapshot_of(x, y, labelled=range(9), pending=[9, 10], closed=[11])
    for n in (0, 1, 5):
        proposal = strategy.propose(snapshot, n)
        check_made(strategy, proposal, snapshot, n)
        assert len(proposal) == n, f"{len(proposal)} items for n = {n} in a domain without end"


def makes_nothing_twice(strategy: Any) -> None:
    x, y = blobs(40)
    snapshot = snapshot_of(x, y, labelled=range(9))
    proposal = strategy.propose(snapshot, 3)
    after = replace(snapshot, made=_told(proposal, y))
    again = strategy.propose(after, 3)
    check_made(strategy, again, after, 3)


def works_cold(strategy: Any) -> None:
    x, y = blobs(20)
    for snapshot in (
        snapshot_of(x),
        snapshot_of(x, y, labelled=[4], model=None),
        snapshot_of(x, y, labelled=[0]),
        snapshot_of(x, y, labelled=[0], model=Fixed([1.0])),
    ):
        check_made(strategy, strategy.propose(snapshot, 2), snapshot, 2)


def bears_certain_and_torn_models(strategy: Any) -> None:
    x, y = blobs(20)
    for proba in ([1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3]):
        snapshot = snapshot_of(x, y, labelled=[0, 1, 2], model=Fixed(proba))
        check_made(strategy, strategy.propose(snapshot, 2), snapshot, 2)


def needs_no_pool(strategy: Any) -> None:
    if not isinstance(strategy.domain, Domain):
        return
    empty = Snapshot(Pool(np.empty((0, 4))))
    check_made(strategy, strategy.propose(empty, 2), empty, 2)
    x, y = blobs(40)
    made = _told(strategy.propose(empty, 2), y)
    model = snapshot_of(x, y, labelled=range(9)).model
    later = replace(empty, made=made, model=model)
    check_made(strategy, strategy.propose(later, 2), later, 2)


def is_a_function_of_the_snapshot_and_its_seed(strategy: Any) -> None:
    x, y = blobs(40)
    for seed in (0, 2**40):
        first = strategy.propose(snapshot_of(x, y, labelled=range(9), seed=seed), 3)
        with no_global_chance():
            second = strategy.propose(snapshot_of(x, y, labelled=range(9), seed=seed), 3)
        _same(first, second, "asked twice with one seed")


def changes_nothing(strategy: Any) -> None:
    x, y = blobs(30)  # read-only: writing to it raises
    snapshot = snapshot_of(x, y, labelled=range(6), pending=[7], closed=[8])
    labels, model = dict(snapshot.labels), dict(vars(snapshot.model))
    strategy.propose(snapshot, 3)
    assert dict(snapshot.labels) == labels, "it changed the labels"
    assert vars(snapshot.model) == model, "it changed the model"


def survives_json(strategy: Any) -> None:
    x, y = blobs(30)
    snapshot = snapshot_of(x, y, labelled=range(6))
    _same(strategy.propose(snapshot, 2), reads_back(strategy).propose(snapshot, 2), "written as JSON")


SYNTHESIS_LAWS: Laws = {
    "makes distinct items of the domain, n of them": makes_distinct_items_of_the_domain,
    "makes nothing twice": makes_nothing_twice,
    "works cold: no model, no label, one class": works_cold,
    "bears models that are certain or torn": bears_certain_and_torn_models,
    "needs no pool where its domain needs none": needs_no_pool,
    "is a function of the snapshot and its seed": is_a_function_of_the_snapshot_and_its_seed,
    "changes nothing": changes_nothing,
    "survives being written as JSON": survives_json,
}
"""Every law of strategies that make items by what it says.  That none trains is in all: the model refuses."""


def _told(proposal: Proposal, y: Any) -> MadeItems:
    """The made items of a proposal, as if they had been answered."""
    held = [(item, one) for item, one in zip(proposal.ids, proposal.made, strict=False) if one is not None]
    return MadeItems(
        ids=[item for item, _ in held],
        features=[one.features for _, one in held],
        labels={item: y[at] for at, (item, _) in enumerate(held)},
    )


def _same(first: Proposal, second: Proposal, when: str) -> None:
    assert list(first.ids) == list(second.ids), f"{when} it proposes {second.ids} instead of {first.ids}"
    assert np.allclose(first.scores, second.scores), f"{when} it gives other scores"
