"""The laws of strategies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from querist.strategies import Proposal, Snapshot, Strategy, as_strategy
from querist.testing.laws import Laws, little_memory, no_global_chance, reads_back, run_laws
from querist.testing.reference import Fixed, blobs, snapshot_of

__all__ = ["STRATEGY_LAWS", "check_proposal", "check_strategy"]


def check_strategy(strategy: Any, *, laws: Laws | None = None) -> None:
    """Raise AssertionError unless ``strategy`` keeps every law of strategies.

    Run it over your own strategy in one line of your tests; give ``laws`` a part of
    :data:`STRATEGY_LAWS` to leave some out, with a reason.

    Parameters
    ----------
    strategy : whatever :func:`querist.strategies.as_strategy` takes

    >>> check_strategy("margin")
    """
    run_laws(as_strategy(strategy), STRATEGY_LAWS if laws is None else laws)


def check_proposal(proposal: Proposal, snapshot: Snapshot, n: int) -> None:
    """Raise AssertionError unless ``proposal`` is what a strategy may answer to ``snapshot`` and ``n``.

    Distinct candidates, at most ``n`` and all there are when fewer remain, with finite scores and
    probabilities above 0.

    >>> x, y = blobs(5)
    >>> check_proposal(as_strategy("density").propose(snapshot_of(x), 3), snapshot_of(x), 3)
    """
    free = [snapshot.pool.ids[row] for row in snapshot.candidates]
    assert len(set(proposal.ids)) == len(proposal.ids), f"the same item twice in {list(proposal.ids)}"
    assert set(proposal.ids) <= set(free), f"{set(proposal.ids) - set(free)} may not be asked about"
    wanted = min(n, len(free))
    assert len(proposal) == wanted, f"{len(proposal)} items for n = {n} with {len(free)} candidates"
    scores, chances = np.asarray(proposal.scores), np.asarray(proposal.probabilities)
    assert scores.shape == (wanted,) and np.isfinite(scores).all(), f"scores {scores} for {wanted} items"
    assert chances.shape == (wanted,), f"{chances.shape} probabilities for {wanted} items"
    assert ((chances > 0) & (chances <= 1 + 1e-12)).all(), f"probabilities {chances} are no chances"
    names = ("why", "arms", "made", "parts", "notes")
    told = {name: getattr(proposal, name) for name in names}
    for name, column in told.items():
        assert len(column) in (0, wanted), f"{len(column)} of {name} for {wanted} items"
    assert set(proposal.arms) <= {"active", "random"}, f"arms {set(proposal.arms)}"


def proposes_distinct_candidates(strategy: Strategy) -> None:
    x, y = blobs(40)
    snapshot = snapshot_of(x, y, labelled=range(9), pending=[9, 10], closed=[11])
    for n in (0, 1, 5, 28, 29, 1000):
        check_proposal(strategy.propose(snapshot, n), snapshot, n)


def candidates_may_be_any_subset(strategy: Strategy) -> None:
    x, y = blobs(30)
    for free in ([29], [0, 17], [3, 4, 5, 28]):
        shut = [row for row in range(30) if row not in free]
        snapshot = snapshot_of(x, y, labelled=shut[:6], pending=shut[6:8], closed=shut[8:])
        check_proposal(strategy.propose(snapshot, 2), snapshot, 2)


def a_pool_run_dry_gives_nothing(strategy: Strategy) -> None:
    x, y = blobs(6)
    assert len(strategy.propose(snapshot_of(x, y, labelled=range(6)), 3)) == 0, "it proposed from nothing"


def works_cold(strategy: Strategy) -> None:
    x, y = blobs(20)
    for snapshot in (
        snapshot_of(x),  # no label, no model
        snapshot_of(x, y, labelled=[4], model=None),  # a label, no model yet
        snapshot_of(x, y, labelled=[0]),  # one class: the model is sure of it everywhere
        snapshot_of(x, model=Fixed([1.0])),  # a model that knows one class only
        snapshot_of(x[:1]),
    ):
        check_proposal(strategy.propose(snapshot, 3), snapshot, 3)


def works_on_degenerate_pools(strategy: Strategy) -> None:
    x, y = blobs(4)
    repeated = np.repeat(x, 6, axis=0)
    constant = np.full((24, 4), 3.7)
    zeros = np.zeros((24, 4))
    for rows in (repeated, constant, zeros, repeated[:, :1]):
        for labelled in ((), (0, 6, 12)):
            snapshot = snapshot_of(rows, np.repeat(y, 6), labelled=labelled)
            check_proposal(strategy.propose(snapshot, 10), snapshot, 10)
            check_proposal(strategy.propose(snapshot, 24), snapshot, 24)


def bears_certain_and_torn_models(strategy: Strategy) -> None:
    x, y = blobs(20)
    for proba in ([1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [1 / 3, 1 / 3, 1 / 3]):
        snapshot = snapshot_of(x, y, labelled=[0, 1, 2], model=Fixed(proba))
        check_proposal(strategy.propose(snapshot, 5), snapshot, 5)


def is_a_function_of_the_snapshot_and_its_seed(strategy: Strategy) -> None:
    x, y = blobs(40)
    for seed in (0, 1, 2**40):
        first = strategy.propose(snapshot_of(x, y, labelled=range(9), seed=seed), 7)
        with no_global_chance():
            second = strategy.propose(snapshot_of(x, y, labelled=range(9), seed=seed), 7)
        _same(first, second, "asked twice with one seed")


def changes_nothing(strategy: Strategy) -> None:
    x, y = blobs(30)  # read-only: writing to it raises
    costs = np.linspace(1, 2, 30)
    snapshot = snapshot_of(x, y, labelled=range(6), pending=[7], closed=[8], costs=costs)
    labels, model = dict(snapshot.labels), dict(vars(snapshot.model))
    for column in (snapshot.pool.costs, snapshot.candidates, snapshot.labelled, snapshot.taken):
        if column is not None:
            column.setflags(write=False)
    strategy.propose(snapshot, 4)
    assert dict(snapshot.labels) == labels, "it changed the labels"
    assert vars(snapshot.model) == model, "it changed the model"


def does_not_mind_the_order_of_rows(strategy: Strategy) -> None:
    """Of the picks that were certain; where some were drawn, the proposal must be as valid."""
    x, y = blobs(40, seed=5)
    order = np.random.default_rng(1).permutation(40)
    back = np.argsort(order)
    labelled = np.arange(9)
    here = snapshot_of(x, y, labelled=labelled)
    there = snapshot_of(
        x[order], y[order], labelled=back[labelled], ids=[f"item-{row}" for row in order], model=here.model
    )
    first, second = strategy.propose(here, 6), strategy.propose(there, 6)
    check_proposal(second, there, 6)
    if (first.probabilities == 1).all():
        _same(first, second, "asked of the same items in another order")


def takes_sparse_and_dense_alike(strategy: Strategy) -> None:
    from scipy.sparse import coo_array, csr_array, csr_matrix

    x, y = blobs(40, seed=2)
    x = np.where(x > 0.5, x, 0)
    dense = strategy.propose(snapshot_of(x, y, labelled=range(9)), 6)
    for kind in (csr_array, csr_matrix):
        sparse = snapshot_of(kind(x), y, labelled=range(9))
        _same(dense, strategy.propose(sparse, 6), f"given a {kind.__name__}")
    counts = np.round(20 * x)
    whole = strategy.propose(snapshot_of(csr_array(counts), y, labelled=range(9)), 6)
    small = strategy.propose(snapshot_of(csr_array(counts.astype(np.int8)), y, labelled=range(9)), 6)
    _same(whole, small, "given sparse small whole numbers", tolerance=1e-3)
    coordinates = snapshot_of(coo_array(x), model=None)
    check_proposal(strategy.propose(coordinates, 6), coordinates, 6)


def takes_float32_and_float64_alike(strategy: Strategy) -> None:
    x, y = blobs(40, seed=3)
    double = strategy.propose(snapshot_of(x, y, labelled=range(9)), 6)
    single = strategy.propose(snapshot_of(x.astype(np.float32), y, labelled=range(9)), 6)
    _same(double, single, "given float32", tolerance=1e-3)
    counts = np.clip(np.round(x * 20), -128, 127)  # as bytes, whose squares no byte holds
    whole = strategy.propose(snapshot_of(counts, y, labelled=range(9)), 6)
    small = strategy.propose(snapshot_of(counts.astype(np.int8), y, labelled=range(9)), 6)
    _same(whole, small, "given small whole numbers", tolerance=1e-3)


def goes_on_as_from_a_fresh_start(strategy: Strategy) -> None:
    """Three growing rounds on one pool, and one with a label taken back, beside pools made anew."""
    x, y = blobs(60, seed=6)
    pool = snapshot_of(x).pool
    for labelled in ((*range(6),), (*range(9), 20), (*range(12), 20, 30), (*range(2, 12), 30)):
        anew = snapshot_of(x, y, labelled=labelled, pending=[40], closed=[41])
        first, second = strategy.propose(replace(anew, pool=pool), 6), strategy.propose(anew, 6)
        _same(second, first, f"with {len(labelled)} labels, going on from earlier questions,")


def survives_json(strategy: Strategy) -> None:
    x, y = blobs(30)
    snapshot = snapshot_of(x, y, labelled=range(6))
    back = reads_back(strategy)
    _same(strategy.propose(snapshot, 5), back.propose(snapshot, 5), "written as JSON and read back")


def holds_little_memory(strategy: Strategy) -> None:
    n = 6_000  # n x n: 36 MB as bool, 144 MB as float32
    x, y = blobs(n, 16)
    for snapshot in (snapshot_of(x, y, labelled=range(300)), snapshot_of(x)):
        _ = snapshot.candidates, snapshot.taken
        with little_memory(24_000_000, what=f"{n} rows"):
            strategy.propose(snapshot, 20)


STRATEGY_LAWS: Laws = {
    "proposes distinct candidates, at most n, all when fewer remain": proposes_distinct_candidates,
    "the candidates may be any subset": candidates_may_be_any_subset,
    "a pool run dry gives nothing": a_pool_run_dry_gives_nothing,
    "works cold: no model, no label, one class, one candidate": works_cold,
    "works on repeated rows and constant features": works_on_degenerate_pools,
    "bears models that are certain or torn": bears_certain_and_torn_models,
    "is a function of the snapshot and its seed": is_a_function_of_the_snapshot_and_its_seed,
    "changes nothing": changes_nothing,
    "does not mind the order of rows": does_not_mind_the_order_of_rows,
    "takes sparse and dense alike": takes_sparse_and_dense_alike,
    "takes float32 and float64 alike": takes_float32_and_float64_alike,
    "a fresh start gives the same picks as going on": goes_on_as_from_a_fresh_start,
    "survives being written as JSON": survives_json,
    "holds little memory": holds_little_memory,
}
"""Every law of strategies by what it says.  That a query never trains is in all: the model refuses.

A strategy that is told to try hypothetical labels by refits may train ``model.template``, an unfitted
model of the same kind: what it learns is thrown away, and the campaign's own model stays as it was.
"""


def _same(first: Proposal, second: Proposal, when: str, *, tolerance: float = 1e-6) -> None:
    assert list(first.ids) == list(second.ids), f"{when} it proposes {second.ids} instead of {first.ids}"
    for name in ("scores", "probabilities"):
        one, two = np.asarray(getattr(first, name)), np.asarray(getattr(second, name))
        assert np.allclose(one, two, rtol=tolerance, atol=tolerance), f"{when} {name} are {two}, not {one}"
