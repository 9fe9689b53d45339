"""Bandits over strategies in campaigns: what they note, and what they learn from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from querist import Campaign, Pool
from querist.errors import InvalidInput
from querist.events import MemoryLog
from querist.kernels import entropy_gain, exp4_weights, exp4p_chances, exp4p_weights
from querist.strategies import Albl, Comb, Explore, Snapshot, Tailor, as_strategy
from querist.tasks import Classification
from querist.testing import blobs, snapshot_of

BANDITS = [
    Albl(("margin", "random"), horizon=30),
    Comb(("margin", "density"), horizon=30),
    Tailor(("margin", "density")),
]


def campaign(strategy: Any, log: Any = None) -> tuple[Campaign, np.ndarray]:
    x, y = blobs(60, seed=4)
    made = Campaign(
        Pool(x),
        Classification(("a", "b", "c")),
        strategy=strategy,
        model=LogisticRegression(),
        seed=3,
        log=log or MemoryLog(),
    )
    return made, y


def answer(made: Campaign, y: np.ndarray, times: int, n: int = 1) -> list[int]:
    asked = []
    for _ in range(times):
        for query in made.ask(n):
            asked.append(int(query.item))
            made.tell(query, str(y[int(query.item)]))
    return asked


@pytest.mark.parametrize("strategy", BANDITS, ids=repr)
@pytest.mark.parametrize("n", [1, 4])
def test_a_fresh_start_equals_going_on(strategy: Any, n: int) -> None:
    """Reopened after every few answers, the campaign asks what it would have asked."""
    log = MemoryLog()
    going_on, y = campaign(strategy)
    wanted = answer(going_on, y, 12, n)
    found = []
    for _ in range(4):
        reopened, _ = campaign(strategy, log)
        found += answer(reopened, y, 3, n)
    assert found == wanted


@pytest.mark.parametrize("strategy", [*BANDITS, Explore(BANDITS[0], 0.3)], ids=repr)
def test_notes_reach_the_log_and_come_back(strategy: Any) -> None:
    made, y = campaign(strategy)
    answer(made, y, 10)
    notes = made.state.notes
    assert notes and set(notes) <= set(made.state.labels)
    turns = [next(iter(note.values())).get("turn", place) for place, note in enumerate(notes.values(), 1)]
    assert turns == list(range(1, len(notes) + 1))


def asked(
    strategy: Any, x: Any, y: Any, first: list[int], picks: list[int], notes: dict[Any, Any]
) -> Snapshot:
    base = snapshot_of(x, y, labelled=[*first, *picks])
    return Snapshot(base.pool, labels=base.labels, model=base.model, seed=len(picks), notes=notes)


def test_albl_learns_as_exp4p_written_out() -> None:
    x, y = blobs(20, seed=1)
    strategy = Albl(("margin", "density"), horizon=10, delta=0.2, floor=0.1)
    first, weights, advised, q = [0, 1, 2, 3], np.ones(3), [0.0] * 3, 1.0
    picks: list[int] = []
    notes: dict[Any, Any] = {}
    weighed: list[tuple[int, float]] = []
    for turn in range(6):
        now = asked(strategy, x, y, first, picks, notes)
        if picks:
            said = now.model.predict(x[[row for row, _ in weighed]])
            hits = [a == y[row] for a, (row, _) in zip(said, weighed, strict=True)]
            reward = sum(hit / q for hit, (_, q) in zip(hits, weighed, strict=True)) / (20 * 10)
            weights = exp4p_weights(weights, advised, q, reward, floor=0.1, horizon=10, delta=0.2)
        p = exp4p_chances(weights, 0.1)
        heads = [as_strategy(arm).propose(now, 1).ids[0] for arm in ("margin", "density")]
        proposal = strategy.propose(now, 1)
        item = proposal.ids[0]
        advised = [float(head == item) for head in heads] + [1 / (16 - turn)]
        q = float(np.dot(p, advised))
        assert proposal.probabilities == pytest.approx([q])
        assert proposal.notes[0]["albl"]["weights"] == pytest.approx(weights.tolist())
        row = int(str(item).split("-")[1])
        picks.append(row)
        weighed.append((row, q))
        notes[item] = proposal.notes[0]


def test_comb_learns_as_exp4_on_the_evenness_of_the_classes() -> None:
    x, y = blobs(30, seed=2)
    strategy = Comb(("margin", "density"), shortlist=5, sharpness=3.0, horizon=10)
    first = asked(strategy, x, y, [0, 1, 2, 3], [], {})
    proposal = strategy.propose(first, 1)
    note = proposal.notes[0]["comb"]
    assert note["weights"] == [1.0, 1.0]
    row = int(str(proposal.ids[0]).split("-")[1])
    second = asked(strategy, x, y, [0, 1, 2, 3], [row], {proposal.ids[0]: proposal.notes[0]})
    after = strategy.propose(second, 1).notes[0]["comb"]

    def evenness(snapshot: Snapshot) -> float:
        said = snapshot.model.proba(x[snapshot.candidates]).argmax(axis=1)
        shares = np.bincount(said, minlength=3) / len(said)
        return float(-sum(share * np.log(share) for share in shares if share) / np.log(3))

    assert note["evenness"] == pytest.approx(evenness(first))
    reward = entropy_gain(evenness(second), evenness(first))
    wanted = exp4_weights([1, 1], note["advised"], note["chance"], reward, rate=note["rate"])
    assert after["weights"] == pytest.approx(wanted.tolist())


@pytest.mark.parametrize("strategy", BANDITS, ids=repr)
def test_the_chances_are_those_of_the_draws(strategy: Any) -> None:
    """Over many seeds every item is drawn as often as the proposals say."""
    x, y = blobs(12, seed=3)
    counts: dict[Any, int] = {}
    told: dict[Any, float] = {}
    steady = replace(strategy, arms=("margin", "density"))  # arms that draw nothing themselves
    for seed in range(2000):
        base = snapshot_of(x, y, labelled=[0, 1, 2], seed=seed)
        proposal = steady.propose(base, 1)
        counts[proposal.ids[0]] = counts.get(proposal.ids[0], 0) + 1
        told[proposal.ids[0]] = float(proposal.probabilities[0])
    for item, count in counts.items():
        assert count / 2000 == pytest.approx(told[item], abs=0.05)


def test_a_campaign_that_changed_its_arms_begins_anew() -> None:
    made, y = campaign(Albl(("margin", "random")))
    answer(made, y, 5)
    notes = made.state.notes
    other = Albl(("margin", "random", "density"))
    snapshot = Snapshot(made.pool, labels=made.state.labels, notes=notes, seed=1)
    assert other.propose(snapshot, 1).notes[0]["albl"]["weights"] == [1.0] * 4


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Albl(("margin",), uniform=False),
        lambda: Albl(()),
        lambda: Albl(horizon=0),
        lambda: Albl(delta=1.0),
        lambda: Albl(floor=0.5),
        lambda: Comb(("margin",)),
        lambda: Comb(threshold=0.0),
        lambda: Comb(sharpness=-1.0),
        lambda: Comb(shortlist=0),
        lambda: Tailor(balance=1.5),
        lambda: Tailor(memory=0.0),
    ],
)
def test_what_is_wrong_is_told(wrong: Any) -> None:
    with pytest.raises(InvalidInput):
        wrong()


def test_posteriors_of_tailor_by_hand() -> None:
    """Two classes, two labels at first (a, b); then b as said, a against what was said."""
    strategy = Tailor(("margin", "random"), balance=0.5, memory=0.8)
    labels = {0: "a", 1: "b", 2: "b", 3: "a"}
    notes = {
        2: {"tailor": {"arms": 2, "by": [0], "said": "b"}},
        3: {"tailor": {"arms": 2, "by": [0, 1], "said": "b"}},
    }
    wins, losses = strategy.posterior(Snapshot(Pool(np.eye(5)), labels=labels, notes=notes))
    # b is one of two labels: (3 / 2) / 2 / 2 = 3/8 rare, no news; a is one of three: 2 / 2 / 2 = 1/2, news
    first, second = 0.5 * 3 / 8, 0.5 * 1 / 2 + 0.5
    assert wins == pytest.approx([1 + 0.8 * first + second, 1 + second])
    assert losses == pytest.approx([1 + 0.8 * (1 - first) + 1 - second, 2 - second])
