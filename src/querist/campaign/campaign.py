"""The campaign: ask and tell over an event log."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType, TracebackType
from typing import Any

import numpy as np

from querist.campaign import telling
from querist.campaign.asking import Asking, Suggest
from querist.campaign.desk import Decision, Desk
from querist.campaign.fitting import Fitting
from querist.campaign.little_to_gain import usual_stopping
from querist.campaign.opening import Wish, opening_events
from querist.campaign.quality import Estimates, Quality, estimates, quality
from querist.campaign.query import Query, describe, query_of
from querist.campaign.settings import Settings
from querist.campaign.stopping import StoppingCriterion, Verdict
from querist.data import ItemId, Pool
from querist.errors import InvalidInput
from querist.events import EventLog, State, Trained, open_log
from querist.strategies.contract import Snapshot
from querist.tasks import Task

__all__ = ["Campaign", "Progress"]


@dataclass(frozen=True)
class Progress:
    """How far the campaign is: numbers of items, what was spent, how good the model is, whether to stop."""

    items: int
    labelled: int
    answers: int
    pending: int
    skipped: int
    flagged: int
    spent: float
    budget: float | None
    quality: Quality | None
    verdict: Verdict


class Campaign:
    """Asks annotators for labels and keeps every word they said.

    A campaign is an event log with a strategy on top.  Opened on a log that has events already, it goes
    on where that log stands; any number of campaigns, in any number of threads and processes, may share
    one log.

    Parameters
    ----------
    pool : Pool
        The items.
    task : Task, optional
        What one label is; may be left out when the log knows it.
    strategy : name, spec, acquisition or strategy, optional
        How items are chosen; ``"default"`` in a new campaign.  One that has no name in the registry
        serves this process only and is not written into the settings.
    model : estimator, optional
        Any scikit-learn classifier, regressor or pipeline, or a model of your own.  Fitted by ``ask``
        when labels have changed, never by ``tell``.
    log : EventLog, path or URL, optional
        Where the events live, as :func:`querist.open_log` takes it; in memory when left out.
    seed : int, optional
        The same seed, answers and order of calls give the same questions.  0 in a new campaign.
    settings : Settings, optional
        The first settings, all at once; a log that has events keeps its own.
    random_share, budget, overlap, lease, skipped : optional
        Single settings, see :class:`Settings`.  Left out, they are as the log has them.
    stopping : StoppingCriterion, optional
        When to stop; made from the settings' budget and target, and what the models tell of the gain that
        is left, when left out.
    suggest : function, optional
        Items -> {"value": ..., "proba": ...} (or None) each, where the model lives somewhere else.
    clock : function
        Seconds since 1970.

    >>> from querist.data import Pool
    >>> from querist.strategies.contract import Proposal
    >>> from querist.tasks import Classification
    >>> campaign = Campaign(Pool(ids=["a", "b"]), Classification(("cat", "dog")), strategy="random")
    >>> query = campaign.ask()[0]
    >>> campaign.tell(query, "cat")
    >>> campaign.labels == {query.item: "cat"}
    True
    >>> campaign.retract(query.item)
    >>> len(campaign.labels)
    0
    """

    def __init__(
        self,
        pool: Pool,
        task: Task | None = None,
        *,
        strategy: Any = None,
        model: Any = None,
        log: EventLog | str | os.PathLike[str] | None = None,
        seed: int | None = None,
        settings: Settings | None = None,
        random_share: float | str | None = None,
        budget: float | None = None,
        overlap: int | None = None,
        lease: float | None = None,
        skipped: str | None = None,
        stopping: StoppingCriterion | None = None,
        suggest: Suggest | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not isinstance(pool, Pool):
            raise InvalidInput(
                f"A campaign asks about the items of a Pool; got {type(pool).__name__}.",
                mend="Wrap it: Campaign(Pool(features), ...).",
            )
        place = ":memory:" if log is None else log
        opened = open_log(place) if isinstance(place, str | os.PathLike) else None
        self._desk = Desk(pool, opened or place, clock)  # type: ignore[arg-type]
        self._stopping = stopping
        watched = stopping is not None and bool(stopping.needs)
        fitting = None if model is None else Fitting(pool, model, clock, watched=watched)
        self._asking = Asking(self._desk, strategy, fitting, suggest)
        single = {
            "random_share": random_share,
            "budget": budget,
            "overlap": overlap,
            "lease": lease,
            "skipped": skipped,
        }
        changes = {name: value for name, value in single.items() if value is not None}
        wish = Wish(task, seed, settings, strategy, changes)
        try:
            self._desk.write(lambda: (opening_events(wish, self.state, clock()), None))
        except BaseException:
            if opened is not None:
                opened.close()
            raise

    # ------------------------------------------------------------ asking

    def ask(self, n: int = 1, *, to: str | None = None, lease: float | None = None) -> list[Query]:
        """The next ``n`` questions for the annotator ``to``; fewer, or none, when no more are free.

        What is out with anybody is never asked again until it is answered, given back or expired.  With
        an overlap, items that want a further opinion go first, to those who have not dealt with them.

        Parameters
        ----------
        n : int
        to : str, optional
            The annotator; overlap needs it, to tell one from another.
        lease : float, optional
            Seconds; the settings' lease when left out.

        Raises
        ------
        BudgetSpent
            The answered questions have used up the budget.
        """
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
            raise InvalidInput(f"ask(n) wants a number of questions; got {n!r}.", mend="Give 1 or more.")
        _check_lease(lease)
        return self._desk.write(lambda: self._asking.next(int(n), to, lease))

    def reopen(self, item: ItemId, *, to: str | None = None, lease: float | None = None) -> Query:
        """Put one particular item to an annotator, whatever its state; the one they hold if they hold it.

        The way back to a question: reopen it, then :meth:`retract`, so that nobody is asked in its place.

        Raises
        ------
        BudgetSpent
            The annotator has no answered question about it that the budget counts, and it has no room.
        """
        item = self._desk.item(item)
        _check_lease(lease)
        return self._desk.write(lambda: self._asking.again(item, to, lease))[0]

    def held(self, to: str | None = None) -> list[Query]:
        """The questions that this annotator holds now, the oldest first."""
        with self._desk.lock:
            self._desk.refresh()
            self._desk.standing.expire(self._desk.clock())
            held = self._desk.standing.leases.of_annotator(to)
            return [query_of(asked, self.pool, self.state.made) for asked in held]

    # ------------------------------------------------------------ telling

    def tell(
        self,
        query: Query | str | Mapping[ItemId, Any],
        value: Any = None,
        *,
        by: str | None = None,
        seconds: float | None = None,
    ) -> None:
        """Record an answer: to a question (or its id), or unasked for items: ``{item: value}``.

        Durable when it returns.  Never trains.  The same answer told twice counts once; an item told a
        new value is corrected.  An answer that comes after the lease is kept.  Told by mapping, all
        labels are stored or none, and they are no part of what the budget counts.

        Parameters
        ----------
        query : Query, str or mapping
        value : the task's value
            Not with a mapping.
        by : str, optional
            The annotator; the one whom the question was put to when left out.
        seconds : float, optional
            How long the answer took.

        Raises
        ------
        AlreadyAnswered
            The question was answered otherwise before, or its answer was taken back.
        InvalidLabel, UnknownQuery, UnknownItem
        """
        if not isinstance(query, Mapping):
            self._desk.write(lambda: (telling.answer(self._desk, query, value, by, seconds), None))
            return
        if value is not None:
            raise InvalidInput(
                f"tell({{item: value}}) takes no second value; got {value!r}.", mend="Leave it out."
            )
        labels = dict(query)
        self._desk.write(lambda: (telling.told(self._desk, labels, by, seconds), None))

    def skip(
        self,
        query: Query | str,
        *,
        because: str = "",
        by: str | None = None,
        seconds: float | None = None,
    ) -> None:
        """Record that the annotator gives no value, and why; the settings say what becomes of the item."""
        self._desk.write(lambda: (telling.skip(self._desk, query, because, by, seconds), None))

    def retract(self, item: ItemId, *, by: str | None = None) -> None:
        """Take back what ``by`` (None: everybody) said of the item, a skip included.

        The item is free again, and the next model does not know of the label.  Nothing said, nothing done.
        """
        self._desk.write(lambda: (telling.retract(self._desk, item, by), None))

    def release(self, query: Query | str, *, by: str | None = None) -> None:
        """Give a question back unanswered: the item is free again.  One that is closed stays as it is."""
        self._desk.write(lambda: (telling.release(self._desk, query, by), None))

    def flag(self, item: ItemId, flagged: bool = True, *, comment: str = "", by: str | None = None) -> None:
        """Mark an item for a second look, with a comment; or take the mark away."""
        self._desk.write(lambda: (telling.flag(self._desk, item, flagged, comment, by), None))

    def add_class(self, name: str, *, by: str | None = None) -> None:
        """Add a class at the end of the list; one that is there already stays where it is."""
        self._desk.write(lambda: (telling.class_added(self._desk, name, by), None))

    def configure(self, *, by: str | None = None, **changes: Any) -> None:
        """Change settings while the campaign runs: ``configure(budget=200, random_share=0.2)``."""
        self._desk.write(lambda: (telling.settings_changed(self._desk, changes, by), None))

    # ------------------------------------------------------------ looking

    @property
    def pool(self) -> Pool:
        """The items."""
        return self._desk.pool

    @property
    def log(self) -> EventLog:
        """Where the events live."""
        return self._desk.log

    @property
    def state(self) -> State:
        """What the events add up to; read-only, and alive: it moves on with the campaign."""
        return self._desk.state

    @property
    def labels(self) -> Mapping[ItemId, Any]:
        """What is believed of each item; a live, read-only view."""
        return MappingProxyType(self._desk.state.labels)

    @property
    def settings(self) -> Settings:
        """The settings now."""
        return self._desk.settings

    @property
    def task(self) -> Task:
        """The task now, with the classes added since."""
        return self._desk.task

    @property
    def model(self) -> Any:
        """The model of the labels as they are now, fitted here if need be; None while there is no label."""
        with self._desk.lock:
            fitted = self._asking.fitted()
            return None if fitted is None else fitted.model

    def snapshot(self, to: str | None = None) -> Snapshot:
        """The campaign as a strategy sees it; its parts are live, read-only views."""
        with self._desk.lock:
            self._desk.standing.expire(self._desk.clock())
            return self._asking.snapshot(to)

    def why(self, query: Query | str) -> str:
        """Why this item was asked, in a sentence or two."""
        return describe(self._desk.query(query).asked)

    @property
    def estimates(self) -> Estimates:
        """How good the model is, told from the answers: quality, active questions, anchoring."""
        with self._desk.lock:
            return estimates(self.state)

    @property
    def verdict(self) -> Verdict:
        """Whether to stop, how far the campaign is, and why."""
        with self._desk.lock:
            return self._verdict()

    @property
    def progress(self) -> Progress:
        """How far the campaign is."""
        desk = self._desk
        with desk.lock:
            desk.standing.expire(desk.clock())
            return Progress(
                items=len(desk.pool),
                labelled=len(desk.state.labels),
                answers=desk.state.answers,
                pending=len(desk.standing.leases.items),
                skipped=len(desk.state.skipped),
                flagged=len(desk.state.flagged),
                spent=desk.standing.spent,
                budget=desk.settings.budget,
                quality=quality(desk.state),
                verdict=self._verdict(),
            )

    @property
    def lock(self) -> threading.RLock:
        """What every verb holds while it works; hold it to read the state as of one moment."""
        return self._desk.lock

    def adopt(self, trained: Trained) -> None:
        """Note that a model from elsewhere took over; told twice of one version, it is noted once."""

        def decide() -> Decision[None]:
            known = any(one.version == trained.version for one in reversed(self.state.trained))
            return [] if known else [replace(trained, at=self._desk.clock())], None

        self._desk.write(decide)

    def refresh(self) -> None:
        """Take in what other processes wrote; every verb does so by itself."""
        self._desk.refresh()

    def close(self) -> None:
        """Close the log."""
        self._desk.log.close()

    def __enter__(self) -> Campaign:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Campaign({len(self.pool)} items, {len(self.labels)} labelled, {self.log!r})"

    def _verdict(self) -> Verdict:
        settings, standing = self._desk.settings, self._desk.standing
        if self._stopping is not None:
            return self._stopping(self.state)
        if settings.budget is None or self.pool.costs is None:
            return usual_stopping(settings, self.state)(self.state)
        spent = Verdict(
            stop=standing.spent >= settings.budget,
            progress=min(1.0, standing.spent / settings.budget),
            reason=f"{standing.spent:g} of {settings.budget:g} units of cost",
        )
        others = usual_stopping(replace(settings, budget=None), self.state)(self.state)
        return max(spent, others, key=lambda one: (one.stop, one.progress))


def _check_lease(lease: float | None) -> None:
    if lease is not None and not lease > 0:
        raise InvalidInput(f"A lease is a number of seconds above 0; got {lease!r}.", mend="Leave it out.")
