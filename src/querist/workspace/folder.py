"""The workspace: one campaign on disk, opened."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from querist.campaign import Campaign, Settings
from querist.data import FeatureStore, ItemTable, Pool, Source, open_items, write_items
from querist.errors import CampaignInUse, InvalidInput, SourceError, StorageError
from querist.events import EventLog, State, Trained, fold, open_log
from querist.strategies import as_strategy
from querist.tasks import Classification
from querist.workspace.arrivals import Arrival, Arrivals, source_of
from querist.workspace.atomic import write_bytes
from querist.workspace.journal import Journal
from querist.workspace.lock import FolderLock
from querist.workspace.manifest import Manifest
from querist.workspace.queue import Queue
from querist.workspace.ranking import Ranking, current_ranking
from querist.workspace.tally import Tally

__all__ = ["Workspace"]

FIRST_SETTINGS = {"random_share": 0.1, "hide_share": 0.1, "lease": 900.0}
"""What a campaign on disk begins with, unless it is told otherwise."""

_DATABASE = "campaign.db"
_TOKEN = "token"
_RUNNERS_UP = 3


class Workspace:
    """A campaign's folder, opened: its items, its log, its campaign, and what the learner published.

    The folder holds ``campaign.json`` (what it was made from), ``campaign.db`` (the events, readable by
    any SQLite tool; elsewhere with a PostgreSQL URL), ``items/`` (what annotators are shown),
    ``features/`` and ``models/`` (derived: they may be deleted).

    Opened exclusively (the default) it may be written, by this process alone.  With
    ``exclusive=False`` it is for reading, beside the process that has it: ``state`` is then
    what the log says, read anew each time.

    >>> import tempfile
    >>> from querist.data import open_source
    >>> home = Path(tempfile.mkdtemp())
    >>> _ = (home / "mail.csv").write_text("text\\nhello you\\nbuy now\\n")
    >>> source = open_source(home / "mail.csv")
    >>> with Workspace.create(home / "mail", source, classes=["ham", "spam"]) as workspace:
    ...     question = workspace.campaign.ask(to="ann")[0]
    ...     workspace.campaign.tell(question, "ham")
    ...     print(question.arm, len(workspace.campaign.labels))
    random 1
    """

    def __init__(self, folder: Path, manifest: Manifest, lock: FolderLock | None) -> None:
        self.folder = folder
        self.manifest = manifest
        self.items: ItemTable = open_items(folder / "items")
        self.log: EventLog = open_log(_place(folder, manifest), manifest.campaign)
        self.ranking: Ranking | None = None
        self.journal = Journal(self.log, grouped=manifest.database is None and lock is not None)
        self.tally = Tally()
        self.journal.listeners.append(self.tally.hear)
        self.on_change: Callable[[], None] = lambda: None
        self.arrivals = Arrivals(folder)
        self._wanted: dict[str, Arrival] = self.arrivals.taken() if lock is not None else {}
        self._lock = lock
        self._campaign: Campaign | None = None
        self._opening = threading.RLock()
        self._adopting = threading.Lock()

    @classmethod
    def create(
        cls,
        folder: str | os.PathLike[str],
        source: Source,
        *,
        classes: Sequence[str] = (),
        settings: Settings | Mapping[str, Any] | None = None,
        labels: Mapping[str, str] | None = None,
        encoder: Any = "auto",
        model: str = "default",
        slow: bool = False,
        database: str | None = None,
        campaign: str = "main",
        seed: int = 0,
    ) -> Workspace:
        """Make a campaign in ``folder`` (which must not hold one) from a source, and open it.

        Parameters
        ----------
        classes : sequence of str
            The classes; more can be added on the way unless the settings say otherwise.
        settings : Settings or mapping, optional
            Left out: a tenth of the questions random, a tenth of the suggestions hidden, leases of 15 min.
        labels : mapping from ids to classes, optional
            Labels that exist already; told as the annotator "import".
        encoder : name, spec or "module:function"
        model : "default" or "module:factory"
        slow : bool
            The model takes longer to train than people wait: it is trained beside a quick one.
        database : str, optional
            A PostgreSQL URL; without it the log is a SQLite file in the folder.
        """
        folder = Path(folder)
        _check_free(folder)
        _make(folder)
        lock = FolderLock(folder)
        workspace = None
        try:
            _check_free(folder)  # again: another process may have made one until the lock was ours
            _put_items(source, folder / "items")
            manifest = Manifest(
                kind=source.kind,
                source=os.path.abspath(source.path) if source.path else "",
                options=_plain(source.options),
                fingerprint=source.fingerprint,
                media=_media(source),
                encoder=encoder,
                model=model,
                slow=slow,
                database=database,
                campaign=campaign,
            )
            workspace = cls(folder, manifest, lock)
            workspace._begin(classes, settings, seed, labels or {})
            manifest.write(folder)  # last: a folder with a manifest is whole
        except BaseException:
            if workspace is not None:
                workspace.close()
            lock.release()
            raise
        return workspace

    @classmethod
    def open(cls, folder: str | os.PathLike[str], *, exclusive: bool = True) -> Workspace:
        """Open the campaign in ``folder``; raises CampaignInUse while another process has it."""
        folder = Path(folder)
        manifest = Manifest.read(folder)
        lock = FolderLock(folder) if exclusive else None
        try:
            return cls(folder, manifest, lock)
        except BaseException:
            if lock is not None:
                lock.release()
            raise

    @staticmethod
    def there(folder: str | os.PathLike[str]) -> bool:
        """Whether ``folder`` holds a campaign."""
        return Manifest.there(Path(folder))

    # ------------------------------------------------------------ what is in it

    @cached_property
    def pool(self) -> Pool:
        """The items, without features: the learner alone needs those."""
        return Pool(ids=self.items.ids, content=self.items)

    @property
    def models(self) -> Path:
        """The folder that rankings are published to."""
        return self.folder / "models"

    @property
    def campaign(self) -> Campaign:
        """The campaign, for whoever has the folder to themselves."""
        if (campaign := self._campaign) is not None:
            return campaign
        with self._opening:
            if self._campaign is None:
                campaign = self._open_campaign(None, None, 0)
                _note(campaign, self.ranking)
                self._campaign = campaign
            return self._campaign

    @property
    def state(self) -> State:
        """The state: the campaign's own, or what the log says to a reader."""
        return self.campaign.state if self._lock is not None else fold(self.log.read())

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.campaign.settings

    def features(self, progress: Callable[[int, int], None] | None = None) -> np.ndarray:
        """The items' features (N, d), memory-mapped; encodes what is not encoded yet."""
        from querist.encoders import encoder_for

        store = FeatureStore(self.folder / "features")
        return store.encode(self.items, encoder_for(self.manifest.kind, self.manifest.encoder), progress)

    def encode(self, contents: Sequence[Mapping[str, Any]]) -> np.ndarray:
        """Features of new content, with the eyes that saw the items: what was made, say."""
        from querist.data import with_bytes
        from querist.encoders import encoder_for

        store = FeatureStore(self.folder / "features")
        encoder = store.encoder(encoder_for(self.manifest.kind, self.manifest.encoder))
        return np.asarray(encoder.encode([with_bytes(one) for one in contents]))

    def content(self, item: str | int) -> Mapping[str, Any]:
        """What is shown of an item, of the pool or made."""
        made = self.campaign.state.made.get(item)
        held: Mapping[str, Any] = self.items[self.pool.row(item)] if made is None else made.content
        return held

    def token(self) -> str:
        """The secret that the page's address carries; the same for as long as the folder lives."""
        path = self.folder / _TOKEN
        with self._opening:  # of two who ask first, both are told the same
            if not path.exists():
                write_bytes(path, secrets.token_urlsafe(32).encode(), mode=0o600)
            return path.read_text(encoding="ascii").strip()

    # ------------------------------------------------------------ what happens to it

    def adopt(self) -> Ranking | None:
        """Take the ranking that was published last; the log is told once of a model that takes over."""
        with self._adopting:  # one at a time, so that of two the last that was read is in force
            return self._adopt()

    def _adopt(self) -> Ranking | None:
        ranking = current_ranking(self.models)
        if ranking is None or (self.ranking is not None and ranking.version == self.ranking.version):
            return self.ranking
        if ranking.cold and self.ranking is not None and not self.ranking.cold:
            return self.ranking
        with self.journal.durable():
            campaign = self.campaign
            with campaign.lock:  # no question between the two: its suggestion is the named model's
                self.ranking = ranking
                _note(campaign, ranking)
        return ranking

    def take_in(self) -> int:
        """Add what a stream brought to the items; how many are new.  The campaign goes on over all."""
        waiting = self.arrivals.waiting() if self._lock is not None else []
        added = 0
        try:
            for path, arrivals in waiting:
                try:
                    source = source_of(arrivals, self.items.kind, self.manifest.options)
                except SourceError:
                    self.arrivals.refuse(path)
                    raise
                added += self.items.append(source)
                self.arrivals.take(path)
                self._wanted.update((one.id, one) for one in arrivals)
        finally:  # what came before a file that was refused is in
            if added:
                with self._opening:
                    self._renewed()
        return added

    def refresh_items(self) -> bool:
        """For a reader: take in items that were added since; whether there are any."""
        if not self.items.refresh():
            return False
        self._renewed()
        return True

    def _renewed(self) -> None:
        """The pool and the campaign are those of the items as they are now, when next asked for."""
        self.__dict__.pop("pool", None)
        self._campaign = None

    def recover(self) -> None:
        """Go back to what the log holds, if it could not be written; else nothing is done.

        The campaign is read from the log again when it is next asked for, and the log is told then of
        the model in force, should that have been lost.
        """
        with self._opening:
            if self.journal.failed:
                self._campaign = None  # first: whoever comes after the reset gets the new one
                self.journal.reset()

    def note_address(self, address: str) -> None:
        """Tell whoever comes next where this campaign is served."""
        if self._lock is not None:
            self._lock.note(address)

    def close(self) -> None:
        """Write what has gathered, and give the folder back."""
        self.journal.close()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------ inside

    def _begin(
        self,
        classes: Sequence[str],
        settings: Settings | Mapping[str, Any] | None,
        seed: int,
        labels: Mapping[str, str],
    ) -> None:
        """Write the first events, unless the log (of a shared database) has them already."""
        if settings is None:
            settings = {}
        if not isinstance(settings, Settings):
            settings = Settings.from_json({**FIRST_SETTINGS, **dict(settings)})
        as_strategy(settings.strategy)  # a name that nobody knows is told now, not by the learner
        named = map(Classification(open=True).class_named, [*classes, *map(str, labels.values())])
        self._campaign = self._open_campaign(Classification(tuple(dict.fromkeys(named))), settings, seed)
        with self.journal.durable():
            if labels:
                told: dict[str | int, Any] = {str(item): value for item, value in labels.items()}
                self._campaign.tell(told, by="import")

    def _open_campaign(self, task: Classification | None, settings: Settings | None, seed: int) -> Campaign:
        if self._lock is None:
            raise CampaignInUse(
                f"The campaign in {self.folder} was opened for reading only.",
                mend="Open it with Workspace.open(folder) to ask and tell.",
            )
        return Campaign(
            self.pool,
            task,
            strategy=Queue(lambda: self.ranking, wanted=lambda: self._wanted),
            log=self.journal,
            seed=seed if task is not None and self.journal.head() == 0 else None,
            settings=settings,
            suggest=self._suggest,
        )

    def _suggest(self, items: Sequence[str | int]) -> list[dict[str, Any] | None]:
        """What the ranking in force believes of some items."""
        ranking = self.ranking
        if ranking is None:
            return [None] * len(items)
        return [_worded(self._likeliest(ranking, item)) for item in items]

    def _likeliest(self, ranking: Ranking, item: str | int) -> list[tuple[str, float]] | None:
        if item in self.pool:
            return ranking.suggestion(self.pool.row(item), _RUNNERS_UP)
        return ranking.likely_of_made.get(str(item))


def _check_free(folder: Path) -> None:
    if Manifest.there(folder):
        raise InvalidInput(
            f"{folder} holds a campaign already.", mend="Open it, or name another folder for the new one."
        )


def _make(folder: Path) -> None:
    """Make the folder; an error that says where else it may lie."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        raise StorageError(
            f"The campaign's folder {folder} cannot be made: {error.strerror}.",
            mend="Name a folder in a place that you may write to: --folder FOLDER.",
        ) from error


def _put_items(source: Source, folder: Path) -> None:
    """Write the items, unless a beginning that was interrupted has; those of other data give way."""
    if any(folder.glob("*.arrow")):
        try:
            if open_items(folder).holds(source):
                return
        except InvalidInput:  # damaged
            pass
        shutil.rmtree(folder)
    write_items(source, folder)


def _worded(likeliest: list[tuple[str, float]] | None) -> dict[str, Any] | None:
    if not likeliest:
        return None
    (value, proba), *others = likeliest
    return {
        "value": value,
        "proba": round(proba, 4),
        "runners_up": [[name, round(one, 4)] for name, one in others],
    }


def _note(campaign: Campaign, ranking: Ranking | None) -> None:
    """Tell the log of the model behind the ranking; once, however often it is told."""
    if ranking is not None and not ranking.cold:
        campaign.adopt(
            Trained(
                version=ranking.version,
                upto=ranking.upto,
                labels=ranking.labels,
                seconds=ranking.seconds,
                metrics=ranking.metrics,
            )
        )


def _place(folder: Path, manifest: Manifest) -> str | Path:
    return manifest.database or folder / _DATABASE


def _media(source: Source) -> str:
    """The folder that pictures may be served from."""
    if not source.path:
        return ""
    path = Path(os.path.abspath(source.path))
    return str(path if path.is_dir() else path.parent)


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that can be written as JSON."""
    return {
        name: one
        for name, one in options.items()
        if one is None or isinstance(one, str | int | float | bool | list)
    }
