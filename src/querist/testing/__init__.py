"""The laws that parts must keep, as functions that take a part: for ours and for yours."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from querist.testing.acquisitions import ACQUISITION_LAWS, check_acquisition
from querist.testing.examples import examples
from querist.testing.laws import run_laws
from querist.testing.logs import LOG_LAWS, check_log
from querist.testing.models import MODEL_LAWS, check_model
from querist.testing.reference import Centroids, Fixed, blobs, snapshot_of
from querist.testing.selectors import SELECTOR_LAWS, check_selector
from querist.testing.stopping import STOPPING_LAWS, check_stopping
from querist.testing.strategies import STRATEGY_LAWS, check_proposal, check_strategy

if TYPE_CHECKING:
    from querist.testing.budgets import BUDGET_LAWS, check_budget_manager
    from querist.testing.campaigns import CampaignMachine
    from querist.testing.streams import STREAM_LAWS, check_stream
    from querist.testing.synthesis import SYNTHESIS_LAWS, check_made, check_synthesis

__all__ = [
    "ACQUISITION_LAWS",
    "BUDGET_LAWS",
    "CampaignMachine",
    "Centroids",
    "Fixed",
    "LOG_LAWS",
    "MODEL_LAWS",
    "SELECTOR_LAWS",
    "STOPPING_LAWS",
    "STRATEGY_LAWS",
    "STREAM_LAWS",
    "SYNTHESIS_LAWS",
    "blobs",
    "check_acquisition",
    "check_budget_manager",
    "check_log",
    "check_made",
    "check_model",
    "check_proposal",
    "check_selector",
    "check_stopping",
    "check_strategy",
    "check_stream",
    "check_synthesis",
    "examples",
    "run_laws",
    "snapshot_of",
]

_ROOMS = {  # of rooms that few need, which take their time to load
    "budgets": ("BUDGET_LAWS", "check_budget_manager"),
    "streams": ("STREAM_LAWS", "check_stream"),
    "synthesis": ("SYNTHESIS_LAWS", "check_made", "check_synthesis"),
}


def __getattr__(name: str) -> Any:
    if name == "CampaignMachine":  # needs hypothesis, which the other laws do without
        from querist.testing.campaigns import CampaignMachine

        return CampaignMachine
    for room, names in _ROOMS.items():
        if name in names:
            return getattr(import_module(f"querist.testing.{room}"), name)
    raise AttributeError(f"module 'querist.testing' has no attribute {name!r}")
