"""The laws that parts must keep, as functions that take a part: for ours and for yours."""

from querist.testing.acquisitions import ACQUISITION_LAWS, check_acquisition
from querist.testing.examples import examples
from querist.testing.laws import run_laws
from querist.testing.models import MODEL_LAWS, check_model
from querist.testing.reference import Centroids, Fixed, blobs, snapshot_of
from querist.testing.selectors import SELECTOR_LAWS, check_selector
from querist.testing.strategies import STRATEGY_LAWS, check_strategy

__all__ = [
    "ACQUISITION_LAWS",
    "MODEL_LAWS",
    "SELECTOR_LAWS",
    "STRATEGY_LAWS",
    "Centroids",
    "Fixed",
    "blobs",
    "check_acquisition",
    "check_model",
    "check_selector",
    "check_strategy",
    "examples",
    "run_laws",
    "snapshot_of",
]
