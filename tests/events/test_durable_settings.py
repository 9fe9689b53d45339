"""What makes an answer durable is set on every connection to a log in SQLite."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from querist.events import open_log


def test_every_connection_waits_for_the_disk(tmp_path: Path) -> None:
    log = open_log(tmp_path / "campaign.db")
    together = Barrier(3)

    def settings(_: int) -> tuple[object, object]:
        with log._engine.connect() as connection:  # type: ignore[attr-defined]
            together.wait(60)  # so that each has a connection of its own
            told = [
                connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("synchronous", "journal_mode")
            ]
        return told[0], told[1]

    with ThreadPoolExecutor(3) as workers:
        assert set(workers.map(settings, range(3))) == {(2, "wal")}  # 2: FULL
    log.close()
