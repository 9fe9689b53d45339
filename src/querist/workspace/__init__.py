"""A campaign on disk: its folder, its lock, its journal, and the ranking that the learner publishes."""

from querist.workspace.folder import Workspace
from querist.workspace.journal import Journal
from querist.workspace.lock import FolderLock
from querist.workspace.manifest import Manifest
from querist.workspace.queue import Queue
from querist.workspace.ranking import Ranking, current_ranking, publish
from querist.workspace.why import AGAIN, COLD, OVERLAP, RANDOM, reason

__all__ = [
    "AGAIN",
    "COLD",
    "FolderLock",
    "Journal",
    "Manifest",
    "OVERLAP",
    "Queue",
    "RANDOM",
    "Ranking",
    "Workspace",
    "current_ranking",
    "publish",
    "reason",
]
