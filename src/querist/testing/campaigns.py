"""A campaign against a plain dictionary: a hypothesis state machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from querist.campaign import Campaign, Query
from querist.data import Pool
from querist.errors import AlreadyAnswered, BudgetSpent
from querist.events import EventLog, MemoryLog, fold
from querist.tasks import Classification

__all__ = ["CampaignMachine"]

ITEMS = ("a", "b", "c", "d", "e")
CLASSES = ("yes", "no", "maybe")
PEOPLE = (None, "ann", "bob", "cy")

_person, _item, _value = st.sampled_from(PEOPLE), st.sampled_from(ITEMS), st.sampled_from(CLASSES)
_any = st.integers(0, 10_000)
_writer = st.integers(0, 1)


@dataclass
class _Asked:
    """What the dictionary knows of one question."""

    item: str
    to: str | None
    until: float
    status: str = "open"
    by: str | None = None
    told: str | None = None


@dataclass
class _Book:
    """The dictionary model: what was said, by whom, in order; slow and plain."""

    said: dict[str, dict[str | None, str]] = field(default_factory=lambda: {item: {} for item in ITEMS})
    skips: dict[str, dict[str | None, str]] = field(default_factory=lambda: {item: {} for item in ITEMS})
    asked: dict[str, _Asked] = field(default_factory=dict)
    paid: set[tuple[str, str | None]] = field(default_factory=set)
    flags: dict[str, tuple[bool, str]] = field(default_factory=dict)

    def labels(self) -> dict[str, str]:
        found = {}
        for item, said in self.said.items():
            values = list(reversed(said.values()))  # the last word first
            if values:
                most = max(values.count(value) for value in values)
                found[item] = next(value for value in values if values.count(value) == most)
        return found

    def out(self, now: float) -> list[_Asked]:
        return [one for one in self.asked.values() if one.status == "open" and one.until > now]

    def last_word(self, item: str, by: str | None) -> None:
        """Whatever ``by`` said of the item before stands no longer."""
        self.said[item].pop(by, None)
        self.skips[item].pop(by, None)

    def close(self, item: str, by: str | None, *statuses: str) -> None:
        for one in self.asked.values():
            if one.item == item and one.by == by and one.status in statuses:
                one.status = "retracted"


class CampaignMachine(RuleBasedStateMachine):
    """Two writers ask, tell, skip, retract, flag, give back and reopen; a dictionary does the same.

    After every step both must agree on labels, on what is out and on what may be asked, and the state
    must equal the fold of the log.  Time is a clock of the machine's own, so that leases end.

    For a log of your own, override :meth:`open_log`:

    >>> class OfMyLog(CampaignMachine):
    ...     def open_log(self):
    ...         return MemoryLog()
    >>> TestMyLog = OfMyLog.TestCase
    """

    def open_log(self) -> EventLog:
        """A new, empty log."""
        return MemoryLog()

    def reopened(self, log: EventLog) -> EventLog:
        """The same log, opened again."""
        return log

    @initialize(
        overlap=st.integers(1, 3),
        skipped=st.sampled_from(["out", "others", "back"]),
        budget=st.sampled_from([None, 4, 12]),
        share=st.sampled_from([0.0, 0.5]),
    )
    def begin(self, overlap: int, skipped: str, budget: int | None, share: float) -> None:
        self.now = 1000.0
        self.book = _Book()
        self.overlap, self.skipped, self.budget = overlap, skipped, budget
        self.log = self.open_log()
        settings: dict[str, Any] = {
            "overlap": overlap,
            "skipped": skipped,
            "budget": budget,
            "random_share": share,
        }
        first = self._campaign(task=Classification(CLASSES), strategy="random", seed=1, **settings)
        self.writers = [first, self._campaign()]

    def teardown(self) -> None:
        if hasattr(self, "log"):
            self.log.close()

    def _campaign(self, **given: Any) -> Campaign:
        return Campaign(Pool(ids=ITEMS), log=self.log, clock=lambda: self.now, **given)

    # ------------------------------------------------------------ asking

    @rule(writer=_writer, to=_person, n=st.integers(1, 6), lease=st.sampled_from([None, 10.0, 100.0]))
    def ask(self, writer: int, to: str | None, n: int, lease: float | None) -> None:
        opinions, fresh = self._opinions(to), self._fresh(to)
        room = None if self.budget is None else self.budget - len(self.book.paid)
        try:
            queries = self.writers[writer].ask(n, to=to, lease=lease)
        except BudgetSpent:
            assert room is not None and room <= 0, f"{room} labels are left in the budget"
            return
        assert room is None or room > 0, "the budget was spent, and yet it asked"
        items = [query.item for query in queries]
        wanted = min(n, len(opinions) + len(fresh))
        if room is not None:
            wanted = max(0, min(wanted, room - len(self.book.out(self.now))))
        assert len(items) == wanted == len(set(items)), f"asked {items}, of {opinions} and {fresh}"
        first = items[: min(n, len(opinions))]
        assert set(first) <= set(opinions), f"second opinions {opinions} go first, not {first}"
        assert set(items[len(first) :]) <= set(fresh), f"{items} are not all of {fresh}"
        for query in queries:
            self._put(query)

    @rule(writer=_writer, item=_item, to=_person)
    def ask_again(self, writer: int, item: str, to: str | None) -> None:
        held = [key for key, one in self.book.asked.items() if one in self.book.out(self.now)]
        mine = [key for key in held if self.book.asked[key].item == item and self.book.asked[key].to == to]
        room = inf if self.budget is None else self.budget - len(self.book.paid) - len(held)
        try:
            query = self.writers[writer].reopen(item, to=to)
        except BudgetSpent:
            assert not mine and room < 1 and (item, to) not in self.book.paid
            return
        assert mine or room >= 1 or (item, to) in self.book.paid, "no room in the budget, and yet it asked"
        assert query.item == item
        if mine:
            assert query.id == mine[0], "who holds the question gets that one"
        else:
            self._put(query)

    def _put(self, query: Query) -> None:
        assert query.id not in self.book.asked, f"{query.id} was asked before"
        until = inf if query.until is None else query.until
        self.book.asked[query.id] = _Asked(str(query.item), query.to, until)

    def _fresh(self, to: str | None) -> list[str]:
        out = {one.item for one in self.book.out(self.now)}
        free = [item for item in ITEMS if not self.book.said[item] and item not in out]
        if self.skipped == "out":
            return [item for item in free if not self.book.skips[item]]
        if self.skipped == "others":
            return [item for item in free if to not in self.book.skips[item]]
        return free

    def _opinions(self, to: str | None) -> list[str]:
        found = []
        for item in ITEMS:
            said, skips = self.book.said[item], self.book.skips[item]
            holders = {one.to for one in self.book.out(self.now) if one.item == item}
            wanted = said and len(said.keys() | holders) < self.overlap
            dealt = said.keys() | holders | skips.keys()
            if wanted and to not in dealt and not (skips and self.skipped == "out"):
                found.append(item)
        return found

    # ------------------------------------------------------------ telling

    @precondition(lambda self: self.book.asked)
    @rule(writer=_writer, which=_any, value=_value, by=_person)
    def tell(self, writer: int, which: int, value: str, by: str | None) -> None:
        key = list(self.book.asked)[which % len(self.book.asked)]
        asked = self.book.asked[key]
        standing = self.book.said[asked.item].get(asked.by)
        closed = asked.status in ("answered", "retracted")
        counted = asked.status == "answered" and value in (asked.told, standing)
        try:
            self.writers[writer].tell(key, value, by=by)
        except AlreadyAnswered:
            assert closed and not counted
            return
        assert not closed or counted, f"{key} was {asked.status}, and took {value!r}"
        if not closed:
            self._answered(key, value, asked.to if by is None else by)

    @rule(writer=_writer, item=_item, value=_value, by=_person)
    def tell_unasked(self, writer: int, item: str, value: str, by: str | None) -> None:
        held = [key for key, one in self.book.asked.items() if one in self.book.out(self.now)]
        held = [
            key for key in held if self.book.asked[key].item == item and self.book.asked[key].to in (by, None)
        ]
        skipped = self.book.skips[item].get(by)
        self.writers[writer].tell({item: value}, by=by)
        if held or (skipped is not None and self.book.asked[skipped].status == "skipped"):
            self._answered(held[0] if held else str(skipped), value, by)
        elif self.book.said[item].get(by) != value:
            self._say(item, value, by, paid=False)

    def _answered(self, key: str, value: str, by: str | None) -> None:
        asked = self.book.asked[key]
        asked.status, asked.by, asked.told = "answered", by, asked.told or value
        self._say(asked.item, value, by, paid=True)

    def _say(self, item: str, value: str, by: str | None, *, paid: bool) -> None:
        corrected = by in self.book.said[item]
        if paid:
            self.book.paid.add((item, by))
        elif not corrected:
            self.book.paid.discard((item, by))
        self.book.last_word(item, by)
        self.book.close(item, by, "skipped")
        self.book.said[item][by] = value

    @precondition(lambda self: self.book.asked)
    @rule(writer=_writer, which=_any, by=_person)
    def skip(self, writer: int, which: int, by: str | None) -> None:
        key = list(self.book.asked)[which % len(self.book.asked)]
        asked = self.book.asked[key]
        before = asked.status
        try:
            self.writers[writer].skip(key, because="unclear", by=by)
        except AlreadyAnswered:
            assert before in ("answered", "retracted")
            return
        assert before not in ("answered", "retracted")
        if before == "skipped":
            return
        who = asked.to if by is None else by
        self.book.last_word(asked.item, who)
        self.book.paid.discard((asked.item, who))
        self.book.close(asked.item, who, "answered")
        self.book.skips[asked.item][who] = key
        asked.status, asked.by = "skipped", who

    @rule(writer=_writer, item=_item, by=_person)
    def retract(self, writer: int, item: str, by: str | None) -> None:
        self.writers[writer].retract(item, by=by)
        for one in PEOPLE if by is None else (by,):
            self.book.last_word(item, one)
            self.book.paid.discard((item, one))
            self.book.close(item, one, "answered", "skipped")

    @precondition(lambda self: self.book.asked)
    @rule(writer=_writer, which=_any)
    def release(self, writer: int, which: int) -> None:
        key = list(self.book.asked)[which % len(self.book.asked)]
        self.writers[writer].release(key)
        if self.book.asked[key].status == "open":
            self.book.asked[key].status = "released"

    @rule(writer=_writer, item=_item, flagged=st.booleans(), comment=st.sampled_from(["", "look"]))
    def flag(self, writer: int, item: str, flagged: bool, comment: str) -> None:
        self.writers[writer].flag(item, flagged, comment=comment)
        self.book.flags[item] = (flagged, comment)

    @rule(
        writer=_writer,
        overlap=st.integers(1, 3),
        skipped=st.sampled_from(["out", "others", "back"]),
        more=st.integers(0, 3),
    )
    def change_settings(self, writer: int, overlap: int, skipped: str, more: int) -> None:
        self.overlap, self.skipped = overlap, skipped
        self.budget = None if self.budget is None else self.budget + more
        self.writers[writer].configure(overlap=overlap, skipped=skipped, budget=self.budget)

    # ------------------------------------------------------------ time, and the log

    @rule(seconds=st.sampled_from([1.0, 10.0, 101.0]))
    def time_goes_on(self, seconds: float) -> None:
        self.now += seconds

    @rule(writer=_writer)
    def reopen_from_the_log(self, writer: int) -> None:
        """One of the two stops and begins again; the other goes on."""
        self.writers[writer] = self._campaign()

    @rule()
    def close_and_reopen(self) -> None:
        """Everything stops and begins again."""
        self.log = self.reopened(self.log)
        self.writers = [self._campaign(), self._campaign()]

    @invariant()
    def both_agree_with_the_book(self) -> None:
        if not hasattr(self, "writers"):
            return
        told = fold(self.log.read())
        out = {one.item for one in self.book.out(self.now)}
        for campaign in self.writers:
            campaign.refresh()
            assert campaign.state == told, "going on is not the same as rebuilding from the log"
            assert dict(campaign.labels) == self.book.labels()
            assert set(campaign.snapshot().pending) == out, "what is out"
            assert set(campaign.state.skipped) == {item for item in ITEMS if self.book.skips[item]}
            assert set(campaign.state.flagged) == {item for item, one in self.book.flags.items() if one[0]}
            assert campaign.progress.spent == len(self.book.paid), "what the budget counts"
            assert campaign.state.answers == sum(map(len, self.book.said.values()))
        for key, query in told.queries.items():
            assert query.status == self.book.asked[key].status, f"{key} is {query.status}"
