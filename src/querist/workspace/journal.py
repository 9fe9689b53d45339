"""The journal: an event log that writes what many requests say in one go, and tells whoever listens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from querist.errors import Conflict, StorageError
from querist.events import Event, EventLog

__all__ = ["Journal"]

Listener = Callable[[int, Event], None]


class Journal:
    """An event log in front of another, for a server.

    With ``grouped=True``, ``append`` returns as soon as the events have their numbers, and a thread
    writes all that has gathered in one transaction; :meth:`settle` blocks until a number is on the
    disk.  A server makes its changes inside ``with journal.durable():``, which settles at its end,
    outside every lock: sixteen annotators then share one wait for the disk instead of sixteen.  Only
    where this process is the log's one writer.  With ``grouped=False`` every append is durable when
    it returns, and other servers may write to the same log.

    If writing fails (a full disk), everybody who waits gets the error, and so does every append
    until :meth:`reset`; what was settled before is safe.

    >>> from querist.events import MemoryLog, Released
    >>> journal = Journal(MemoryLog())
    >>> with journal.durable():
    ...     head = journal.append([Released(query="q1")], after=0)
    >>> journal.head(), [number for number, _ in journal.read()]
    (1, [1])
    >>> journal.close()
    """

    def __init__(self, log: EventLog, *, grouped: bool = True) -> None:
        self.log = log
        self.grouped = grouped
        self.listeners: list[Listener] = []
        self._told = 0  # the last number that listeners heard of
        self._gathered: list[Event] = []
        self._settled = self._head = log.head()
        self._failed: StorageError | None = None
        self._generation = 0  # grows with every reset, when numbers come to mean other events
        self._begun_in = threading.local()  # the generation in which this thread's durable block began
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        if grouped:
            self._thread.start()

    def append(self, events: Sequence[Event], *, after: int) -> int:
        """Take ``events`` behind number ``after``; see the class for when they are durable."""
        if not self.grouped:
            head = self.log.append(events, after=after)
            self._tell(after, events)
            return head
        with self._changed:
            if self._failed is not None:
                raise _again(self._failed)
            if getattr(self._begun_in, "generation", None) not in (None, self._generation):
                raise _opened_anew()  # decided on a state that is gone
            if after != self._head:
                raise Conflict(
                    f"The log stands at event {self._head}, not at {after}.", mend="Read on, and try again."
                )
            self._gathered.extend(events)
            self._head += len(events)
            self._changed.notify_all()
        self._tell(after, events)
        return self._head

    def read(self, after: int = 0) -> Iterator[tuple[int, Event]]:
        """The events with a number above ``after``, in order, durable ones only."""
        if self.grouped:
            if after >= self._head:
                return  # nobody else writes: there is nothing that the reader has not seen
            self.settle(self._head)
        for number, event in self.log.read(after):
            if number > self._told:
                self._told = number
                for listener in self.listeners:
                    listener(number, event)
            yield number, event

    def head(self) -> int:
        """The number of the last event."""
        return self._head if self.grouped else self.log.head()

    @contextmanager
    def durable(self) -> Iterator[None]:
        """Whatever is appended inside is on the disk when the block has ended, or the block raises."""
        outer = getattr(self._begun_in, "generation", None)
        generation = self._begun_in.generation = self._generation if outer is None else outer
        try:
            yield
        finally:
            self._begun_in.generation = outer
        self.settle(self._head, generation)

    def settle(self, number: int, generation: int | None = None, timeout: float = 60.0) -> None:
        """Return once event ``number`` (of that ``generation``) is durable; raise what kept it from being."""
        if not self.grouped:
            return
        with self._changed:
            asked = self._generation if generation is None else generation
            self._changed.wait_for(lambda: self._over(number, asked), timeout)
            if self._generation != asked:
                raise _opened_anew()
            if self._settled >= number:
                return
            if self._failed is not None:
                raise _again(self._failed)
        raise StorageError(
            f"The disk did not take event {number} within {timeout:.0f} s.",
            mend="Check the disk; your last answers will be sent again.",
        )

    def _over(self, number: int, generation: int) -> bool:
        return self._settled >= number or self._failed is not None or self._generation != generation

    @property
    def failed(self) -> bool:
        """Whether nothing is taken until :meth:`reset`, because the log could not be written."""
        return self._failed is not None

    def reset(self) -> None:
        """Forget what could not be written; from here on the log under the journal is the truth.

        Does nothing unless writing has failed.  Many may come with the same failure, and the later
        ones must not sweep away what has been taken since the first.
        """
        with self._changed:
            if self._failed is None:
                return
            self._settled = self._head = self.log.head()  # first: while this fails, nothing is taken
            self._failed = None
            self._told = 0
            self._generation += 1
            self._changed.notify_all()

    def close(self) -> None:
        """Write what has gathered, then close the log."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(30)
        self.log.close()

    def _tell(self, after: int, events: Sequence[Event]) -> None:
        for number, event in enumerate(events, start=after + 1):
            for listener in self.listeners:
                listener(number, event)
            self._told = number

    def _write(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._gathered or self._closing)
                if not self._gathered:
                    return
                batch, self._gathered = self._gathered, []
                after = self._settled
            try:
                settled = self.log.append(batch, after=after)
            except Exception as error:  # whatever it was, nobody may be told that the answer is safe
                with self._changed:
                    self._failed = _as_storage_error(error)
                    self._gathered.clear()
                    self._changed.notify_all()
            else:
                with self._changed:
                    self._settled = settled
                    self._changed.notify_all()


def _as_storage_error(error: Exception) -> StorageError:
    if isinstance(error, Conflict):  # no race to run again: what was gathered rests on a state that is gone
        return StorageError(
            f"Another process wrote to this campaign's log beside the one that has it open. {error.message}",
            mend="Send the last answer again; write to the log through one process only.",
        )
    if isinstance(error, StorageError):
        return error
    return StorageError(f"The log could not be written: {error}", mend="Check the disk, and try again.")


def _opened_anew() -> StorageError:
    return StorageError(
        "The log could not be written, and was opened anew.", mend="Send the last answer again."
    )


def _again(error: StorageError) -> StorageError:
    """The same error, for one more reader."""
    return type(error)(error.message, mend=error.mend)
