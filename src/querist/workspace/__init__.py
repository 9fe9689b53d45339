"""A campaign on disk: its folder, its lock, its journal, and the ranking that the learner publishes."""

from querist.workspace.arrivals import Arrival, Arrivals, source_of
from querist.workspace.folder import Workspace
from querist.workspace.journal import Journal
from querist.workspace.lock import FolderLock
from querist.workspace.manifest import Manifest
from querist.workspace.queue import Queue
from querist.workspace.ranking import QUICK, Ranking, current_ranking, publish, unrank
from querist.workspace.representation import Representation, current_representation, likeness, renew
from querist.workspace.tally import Day, Tally
from querist.workspace.unread import unread_items
from querist.workspace.why import AGAIN, COLD, OVERLAP, RANDOM, reason

__all__ = [
    "AGAIN",
    "Arrival",
    "Arrivals",
    "COLD",
    "Day",
    "FolderLock",
    "Journal",
    "Manifest",
    "OVERLAP",
    "QUICK",
    "Queue",
    "RANDOM",
    "Ranking",
    "Representation",
    "Tally",
    "Workspace",
    "current_ranking",
    "current_representation",
    "likeness",
    "publish",
    "reason",
    "renew",
    "source_of",
    "unrank",
    "unread_items",
]
