"""What the page says around its tables; written with the figures before the eyes."""

__all__ = ["AFTER", "BEFORE", "HEAD", "JUDGED", "TAIL"]

HEAD = """# Membership query synthesis beside pools
"""
BEFORE = {"sides": "## a", "numbers": "## b", "real": "## c"}
AFTER = {"sides": "", "numbers": "", "real": ""}
JUDGED = "## Digits\n\n{accuracy} {bar}"
TAIL = ""
