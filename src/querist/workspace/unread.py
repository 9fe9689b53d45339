"""Items that the encoder could not read: asked about all the same, but the model knows nothing of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from querist.data import FeatureStore, Problem

if TYPE_CHECKING:
    from querist.workspace.folder import Workspace

__all__ = ["unread_items"]


def unread_items(workspace: Workspace) -> list[Problem]:
    """What the learner could not encode so far, one problem an item, in the order of the items.

    Such an item stays in the campaign, its features all zeros: a picture that was moved after the
    campaign was made, or a text that an encoder of your own refused.
    """
    ids = workspace.items.ids
    reasons = FeatureStore(workspace.folder / "features").unreadable()
    return [
        Problem(str(ids[row]), f"the model cannot read it: {reason}", left_out=False)
        for row, reason in sorted(reasons.items())
        if row < len(ids)
    ]
