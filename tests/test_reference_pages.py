"""The generated pages of the manual say what the code says now."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parents[1] / "docs"


def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_reference_pages_are_up_to_date() -> None:
    pages = maker().pages()
    there = {f"strategies/{path.name}" for path in (DOCS / "strategies").glob("*.md")}
    stale = [
        path
        for path, text in pages.items()
        if not (DOCS / path).is_file() or (DOCS / path).read_text(encoding="utf-8") != text
    ]
    stale += sorted(there - set(pages))
    assert not stale, f"run `python docs/make_reference.py`: {', '.join(stale)}"


def test_a_docstring_becomes_markdown() -> None:
    doc = "Ask it.\n\nParameters\n----------\nx : array (n, d)\n    What to ask.\n\nMore.\n\n"
    doc += ">>> 1 + 1\n2\n\nSettles 2009."
    told = maker().markdown(doc)
    assert "## Parameters\n\n- **x**: array (n, d).\n  What to ask.\n\nMore." in told
    assert "```pycon\n>>> 1 + 1\n2\n```\n\nSettles 2009." in told
