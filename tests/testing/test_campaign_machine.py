"""The campaign against a dictionary model, on a log in memory and on one in SQLite."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings

from querist.events import open_log
from querist.testing import CampaignMachine


class OnSQLite(CampaignMachine):
    def open_log(self):
        self.folder = tempfile.TemporaryDirectory(prefix="querist-")
        return open_log(Path(self.folder.name) / "campaign.db")

    def reopened(self, log):
        log.close()
        return open_log(Path(self.folder.name) / "campaign.db")

    def teardown(self):
        super().teardown()
        if hasattr(self, "folder"):
            self.folder.cleanup()


slow = [HealthCheck.too_slow, HealthCheck.filter_too_much]

TestInMemory = CampaignMachine.TestCase
TestInMemory.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=slow
)

TestOnSQLite = OnSQLite.TestCase
TestOnSQLite.settings = settings(
    max_examples=6, stateful_step_count=25, deadline=None, suppress_health_check=slow
)
