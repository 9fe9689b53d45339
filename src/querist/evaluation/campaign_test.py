"""A model of a campaign, held still and measured by the questions that follow."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from querist.campaign.made import of_pool
from querist.errors import CampaignError, NotFitted
from querist.evaluation.active_testing import ActiveTest, Measured

if TYPE_CHECKING:
    from querist.events import State
    from querist.workspace import Workspace

__all__ = ["CampaignTest"]

_STRATEGY = "active_testing"
_TOLD = "test.json"  # written last, and taken away first: a test runs as long as it is there
_CHANGED: dict[str, Any] = {
    "strategy": _STRATEGY,
    "random_share": 0.0,
    "hide_share": 1.0,
}  # while the test runs


@dataclass(frozen=True)
class CampaignTest:
    """The test that runs in a campaign's folder: its model of then against the answers since.

    From :meth:`begin` on the campaign's questions are drawn by the strategy ``active_testing``, each with the
    chance that it had (fair draws until the learner has ranked the pool); people answer them on the page,
    without a suggestion that could sway them, and the answers teach later models as ever.
    What is measured is the model of the beginning, over the items that had no label then, those that people
    skip left out.  :meth:`end` gives the campaign its strategy back.

    ``version`` is the model's, ``labels`` what it was trained on, ``since`` the event after which answers
    count, ``rows`` the pool rows that are tested, ``proba`` what the model says of them.
    """

    folder: Path
    version: str
    labels: int
    since: int
    before: dict[str, Any]
    classes: tuple[str, ...]
    rows: np.ndarray
    proba: np.ndarray

    @classmethod
    def begin(cls, workspace: Workspace) -> CampaignTest:
        """Hold the model in force still and let the campaign ask what measures it.

        Raises
        ------
        NotFitted
            No model is in force yet.
        CampaignError
            A test runs already.
        """
        from querist.strategies import ActiveTesting
        from querist.workspace import current_ranking, unrank
        from querist.workspace.atomic import write_json

        folder = workspace.folder / "test"
        if (folder / _TOLD).exists():
            raise CampaignError(
                f"A test runs already in {workspace.folder}.", mend="End it first: querist test FOLDER --end."
            )
        ranking = workspace.adopt()
        if ranking is None or ranking.proba is None:
            raise NotFitted(
                f"No model is in force in {workspace.folder}.",
                mend="Open the page for a moment (querist serve), and answer questions of two classes if "
                "nobody has; then begin the test.",
            )
        state, settings = workspace.state, workspace.settings.as_json()
        free = np.ones(len(ranking.proba), dtype=bool)
        known = workspace.pool.rows(of_pool(state.labels, state))
        free[known[known < len(free)]] = False
        test = cls(
            folder=folder,
            version=ranking.version,
            labels=ranking.labels,
            since=state.head,
            before={name: settings[name] for name in _CHANGED},
            classes=tuple(ranking.classes),
            rows=np.flatnonzero(free),
            proba=np.asarray(ranking.proba)[free],
        )
        folder.mkdir(exist_ok=True)  # a beginning that was interrupted left nothing that counts
        np.savez(folder / "model.npz", rows=test.rows, proba=test.proba)
        told = {name: getattr(test, name) for name in ("version", "labels", "since", "before")}
        write_json(folder / _TOLD, {**told, "classes": list(test.classes)})
        assert ActiveTesting.name == _STRATEGY
        workspace.campaign.configure(**_CHANGED)
        unrank(workspace.models)  # it was ranked by the strategy before, without the chances that count
        workspace.ranking = current_ranking(workspace.models)
        return test

    @classmethod
    def open(cls, workspace: Workspace) -> CampaignTest | None:
        """The test that runs in this folder, or None."""
        from querist.workspace.atomic import read_json

        folder = workspace.folder / "test"
        if not (folder / _TOLD).exists():
            return None
        told = read_json(folder / _TOLD)
        with np.load(folder / "model.npz", allow_pickle=False) as held:
            return cls(folder=folder, **{**told, "classes": tuple(told["classes"])}, **dict(held))

    def end(self, workspace: Workspace) -> None:
        """Give the campaign the settings back that it had."""
        workspace.campaign.configure(**self.before)
        (self.folder / _TOLD).unlink()  # first: without it there is no test
        shutil.rmtree(self.folder)

    def measured(self, workspace: Workspace, *, confidence: float = 0.95) -> Measured:
        """How often the model is wrong on the tested items, from the answers so far."""
        state = workspace.state
        skipped = {int(row) for row in workspace.pool.rows(of_pool(state.skipped, state))}
        kept = np.array([int(row) not in skipped for row in self.rows], dtype=bool)
        rows, classes = self.rows[kept], tuple(dict.fromkeys([*self.classes, *state.classes]))
        proba = np.zeros((len(rows), len(classes)))
        proba[:, : len(self.classes)] = self.proba[kept]
        features = workspace.features()
        place = {int(row): i for i, row in enumerate(rows)}
        test = ActiveTest(
            proba,
            features[rows],
            train=self._train(workspace, state, features, set(place)),
            classes=classes,
            confidence=confidence,
        )
        for item, chance, value in self._answers(state):
            at = place.get(int(workspace.pool.row(item)))
            if at is not None:
                test.note(at, chance, rarest=_rarest())
                test.tell(at, value)
        return test.measured()

    def _train(self, workspace: Workspace, state: State, features: Any, tested: set[int]) -> Any:
        """The labels of items that are not tested."""
        pairs = [
            (int(workspace.pool.row(item)), label) for item, label in of_pool(state.labels, state).items()
        ]
        known = [(row, label) for row, label in pairs if row not in tested]
        return (features[[row for row, _ in known]], [label for _, label in known]) if known else None

    def _answers(self, state: State) -> list[tuple[Any, float, Any]]:
        """Item, chance and label of each question of the test that was answered, in the order of asking."""
        found, seen = [], set()
        for query in sorted(state.queries.values(), key=lambda one: one.number):
            asked = query.asked
            ours = asked.arm == "random" or (asked.arm == "active" and asked.strategy == _STRATEGY)
            if (
                query.number > self.since
                and ours
                and query.status == "answered"
                and asked.item not in seen
                and asked.probability
                and asked.item not in state.made
            ):
                seen.add(asked.item)
                found.append((asked.item, float(asked.probability), state.labels[asked.item]))
        return found


def _rarest() -> float:
    from querist.strategies import ActiveTesting

    return ActiveTesting().rarest
