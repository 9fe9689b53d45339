"""The desk: deals questions to annotators and takes their answers, in the words of the wire."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any
from urllib.parse import quote

from querist.campaign import Query
from querist.errors import BudgetSpent, InvalidInput, StorageError, UnknownItem
from querist.events import ItemState
from querist.server import wire
from querist.server.figures import Figures, why_of
from querist.workspace import Workspace

__all__ = ["Desk"]

_SNIPPET = 240
_META = 2000

Item = str | int


class Desk:
    """What the routes call.  Every change is durable when its method returns.

    Methods may be called from many threads at once.  Whatever goes wrong is one of querist's errors.
    """

    def __init__(self, workspace: Workspace, figures: Figures) -> None:
        self.workspace = workspace
        self.figures = figures
        self._texts: list[str] | None = None
        self._reading = threading.Lock()

    # ------------------------------------------------------------ asking

    def next(self, by: str, n: int) -> wire.NextReply:
        """The questions that ``by`` holds, and new ones up to ``n``."""
        with self._durable():
            held = [query.id for query in self.workspace.campaign.held(by)[:n]]
            wanted = n - len(held)
            fresh = self._ask(wanted, by) if wanted > 0 else []
        questions = [self.question(query, by) for query in [*held, *fresh]]
        return wire.NextReply(questions=questions, done=None if questions else self._nothing_left())

    def question(self, query: str, by: str) -> wire.Question:
        """One query as the page shows it."""
        campaign = self.workspace.campaign
        if query not in campaign.state.queries:  # opened anew, for items that came, while this was asked
            campaign.refresh()
        state = campaign.state
        asked = state.queries[query].asked
        of = state.items.get(asked.item) or ItemState()
        told = of.annotations.get(by)
        return wire.Question(
            query=query,
            item=asked.item,
            content=self.content(asked.item),
            made=asked.item in state.made,
            why=why_of(asked),
            suggestion=self._suggestion(asked),
            hidden=asked.hidden,
            until=asked.until,
            previous=None if told is None else str(told.value),
            flagged=of.flagged,
            comment=of.comment,
        )

    # ------------------------------------------------------------ changing

    def answer(self, request: wire.AnswerRequest, by: str) -> wire.Done:
        """Take an answer; the same one sent twice counts once."""
        with self._durable():
            self.workspace.campaign.tell(request.query, request.value, by=by, seconds=request.seconds)
        return self._done(by)

    def skip(self, request: wire.SkipRequest, by: str) -> wire.Done:
        """Take a question back unanswered, with its cause."""
        with self._durable():
            self.workspace.campaign.skip(
                request.query, because=request.because, by=by, seconds=request.seconds
            )
        return self._done(by)

    def release(self, queries: Sequence[str], by: str) -> wire.Done:
        """Take questions back that will not be answered; what is closed or unknown stays as it is."""
        with self._durable():
            for query in queries:
                if query in self.workspace.campaign.state.queries:
                    self.workspace.campaign.release(query, by=by)
        return self._done(by)

    def retract(self, item: Item, by: str) -> wire.RetractReply:
        """Withdraw what ``by`` said of an item, and put the same item to them again."""
        item = self.item(item)
        with self._durable():
            query = self._reopened(item, by)  # first: nobody gets its place in the budget
            self.workspace.campaign.retract(item, by=by)
        done = self._done(by)
        return wire.RetractReply(head=done.head, progress=done.progress, question=self.question(query.id, by))

    def correct(self, item: Item, value: str, by: str) -> wire.Done:
        """Take another value for an item that was answered before."""
        item = self.item(item)
        with self._durable():
            self.workspace.campaign.tell({item: value}, by=by)
        return self._done(by)

    def flag(self, request: wire.FlagRequest, by: str) -> wire.Done:
        """Mark an item for a second look, or take the mark away."""
        item = self.item(request.item)
        with self._durable():
            self.workspace.campaign.flag(item, request.flagged, comment=request.comment, by=by)
        return self._done(by)

    def add_class(self, name: str, by: str) -> wire.Done:
        """Add a class to the end of the list."""
        if not self.workspace.settings.open_classes:
            raise InvalidInput(
                f"The list of classes is closed, so {name!r} cannot be added.",
                mend="Ask whoever runs the campaign, or skip the item as unclear.",
            )
        with self._durable():
            self.workspace.campaign.add_class(name, by=by)
        return self._done(by)

    def change_settings(self, request: wire.SettingsRequest, by: str) -> wire.Done:
        """Change the settings that the request names."""
        changes = request.model_dump(exclude_none=True)
        for bound in ("budget", "target"):
            if changes.get(bound) == 0:
                changes[bound] = None
        with self._durable():
            if changes:
                self.workspace.campaign.configure(by=by, **changes)
        return self._done(by)

    # ------------------------------------------------------------ showing

    def item(self, item: Item) -> Item:
        """The item's id as the pool holds it: an address only knows text."""
        if item in self.workspace.campaign.state.made:
            return item
        found = self.workspace.pool.find(item)
        if found is None:
            raise UnknownItem(f"This campaign has no item {item!r}.", mend="Ids are compared exactly.")
        return found

    def content(self, item: Item) -> wire.Content:
        """What is shown of an item."""
        held = self.workspace.content(item)
        kind = held["kind"]
        return wire.Content(
            kind=kind,
            text=held.get("text"),
            url=_media_url(item) if kind == "image" else None,
            fields=_fields(held.get("fields")) if kind == "row" else [],
            meta=_fields(held.get("meta")),
        )

    def answers(
        self,
        *,
        offset: int = 0,
        limit: int = 50,
        q: str = "",
        by: str | None = None,
        value: str | None = None,
        state: str | None = None,
    ) -> wire.AnswersReply:
        """What was said so far, the last word first, with filters that all must hold."""
        needle = q.casefold().strip()
        found = (
            item
            for item in self.figures.tally.newest_first()
            if self._matches(item, by, value, state) and (not needle or needle in self._searchable(item))
        )
        page = list(islice(found, offset, offset + limit))
        total = offset + len(page) + sum(1 for _ in found) if page or offset == 0 else None
        if total is None:  # beyond the end
            total = self.answers(limit=1, q=q, by=by, value=value, state=state).total
        return wire.AnswersReply(answers=[self._told(item, by) for item in page], total=total)

    # ------------------------------------------------------------ inside

    @contextmanager
    def _durable(self) -> Iterator[None]:
        """A change that is on the disk at the end of the block, or undone in memory and raised."""
        try:
            with self.workspace.journal.durable():
                yield
        except StorageError:
            self.workspace.recover()
            raise
        finally:
            self.workspace.on_change()

    def _ask(self, n: int, by: str) -> list[str]:
        try:
            return [query.id for query in self.workspace.campaign.ask(n, to=by)]
        except BudgetSpent:
            return []  # the reply says so in words

    def _reopened(self, item: Item, by: str) -> Query:
        """The question about an item that ``by`` wants back; where the budget is full, for one they hold."""
        campaign = self.workspace.campaign
        try:
            return campaign.reopen(item, to=by)
        except BudgetSpent:
            held = campaign.held(by)
            if not held:
                raise
            campaign.release(_hindmost(held), by=by)
            return campaign.reopen(item, to=by)

    def _done(self, by: str) -> wire.Done:
        progress = self.figures.progress(by)
        return wire.Done(head=progress.head, progress=progress)

    def _nothing_left(self) -> str:
        state, budget = self.workspace.campaign.state, self.workspace.settings.budget
        left = math.inf if budget is None else math.ceil(budget - state.spent)
        if left <= 0:
            return f"The budget of {budget:g} labels is spent."
        if sum(map(len, state.open.values())) >= left:
            last = "last label of the budget is" if left == 1 else f"last {left} labels of the budget are"
            return f"The {last} out with somebody else just now."
        if state.open:
            return "Every item is labelled, skipped, or out with somebody else just now."
        return "Every item is labelled or skipped."

    def _suggestion(self, asked: Any) -> wire.Suggestion | None:
        told = asked.suggestion
        if told is None or asked.hidden:
            return None
        others = [(str(name), float(proba)) for name, proba in told.get("runners_up", ())]
        return wire.Suggestion(value=str(told["value"]), proba=float(told["proba"]), runners_up=others)

    def _matches(self, item: Item, by: str | None, value: str | None, state: str | None) -> bool:
        of = self.workspace.campaign.state.items.get(item)
        if of is None or not (of.annotations or of.skips or of.flagged):
            return False
        if (state == "flagged" and not of.flagged) or (state == "skipped" and not of.skips):
            return False
        if state == "labelled" and not of.annotations:
            return False
        if state == "disputed" and len({one.value for one in list(of.annotations.values())}) < 2:
            return False
        if by is not None and by not in of.annotations and by not in of.skips:
            return False
        return value is None or self.workspace.campaign.state.labels.get(item) == value

    def _searchable(self, item: Item) -> str:
        if item not in self.workspace.pool:
            return f"{item} {_text_of(item, self.workspace.content(item), _META)}".casefold()
        return self._haystack()[self.workspace.pool.row(item)]

    def _haystack(self) -> list[str]:
        """What of every item can be searched; read once, in the first search, and kept."""
        with self._reading:
            if self._texts is None or len(self._texts) != len(self.workspace.pool):
                # more items may have come than the pool knows of yet
                pairs = zip(self.workspace.pool.ids, self.workspace.items, strict=False)
                self._texts = [f"{item} {_text_of(item, held, _META)}".casefold() for item, held in pairs]
            return self._texts

    def _snippet(self, item: Item) -> str:
        return _text_of(item, self.workspace.content(item), _SNIPPET)

    def _told(self, item: Item, by: str | None) -> wire.Answer:
        campaign = self.workspace.campaign
        of = campaign.state.items.get(item) or ItemState()
        said: Sequence[Any] = [*of.annotations.values(), *of.skips.values()]
        last = max(_believed(said, by, campaign.state.labels.get(item)), key=_moment, default=None)
        query = campaign.state.queries.get(last.query) if last is not None and last.query else None
        suggestion = query.asked.suggestion if query is not None else None
        return wire.Answer(
            item=item,
            snippet=self._snippet(item),
            url=_media_url(item) if self.workspace.manifest.kind == "image" else None,
            value=getattr(last, "value", None),
            answers=len(of.annotations),
            others=[
                wire.Opinion(by=one.by, value=str(one.value))
                for one in list(of.annotations.values())  # another annotator may be answering it just now
                if one.value != getattr(last, "value", None)
            ],
            because=getattr(last, "because", None),
            by=None if last is None else last.by,
            at=0.0 if last is None else last.at,
            seconds=None if last is None else last.seconds,
            flagged=of.flagged,
            comment=of.comment,
            arm=None if query is None else query.asked.arm,
            made=item in campaign.state.made,
            suggested=None if suggestion is None else str(suggestion["value"]),
            predicted=self._predicted(item),
        )

    def _predicted(self, item: Item) -> str | None:
        ranking = self.workspace.ranking
        if ranking is None or item not in self.workspace.pool:
            return None
        likeliest = ranking.suggestion(self.workspace.pool.row(item), 1)
        return likeliest[0][0] if likeliest else None


def _hindmost(held: Sequence[Query]) -> Query:
    """The question that its annotator would see last: those that were opened again go before the others."""
    return next((one for one in reversed(held) if one.arm != "reopened"), held[0])


def _text_of(item: Item, held: Mapping[str, Any], length: int) -> str:
    """An item in one line of text."""
    if held.get("text") is not None:
        return " ".join(str(held["text"])[: 2 * length].split())[:length]
    if held["kind"] == "row":
        return " · ".join(f"{name}: {value}" for name, value in held["fields"].items())[:length]
    return str(item)[-length:]


def _believed(said: Sequence[Any], by: str | None, label: Any) -> list[Any]:
    """What ``by`` said; of everybody's words those that agree with the label, where there is one."""
    if by is not None:
        return [one for one in said if one.by == by]
    return [one for one in said if label is not None and getattr(one, "value", None) == label] or list(said)


def _moment(said: Any) -> int:
    return int(said.number)


def _media_url(item: Item) -> str:
    return f"/api/media/{quote(str(item), safe='')}"


def _fields(told: Any) -> list[wire.FieldOf]:
    return [
        wire.FieldOf(name=str(name), value=str(value)[:_META]) for name, value in dict(told or {}).items()
    ]
