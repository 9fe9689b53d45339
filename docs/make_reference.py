"""Writes the reference pages: docs/strategies/ from the docstrings, docs/command-line.md from --help.

python docs/make_reference.py
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

import click

from querist.acquisition import Acquisition
from querist.cli import main
from querist.selection import Selector
from querist.specs import parts
from querist.strategies import Strategy
from querist.streams import BudgetManager
from querist.synthesis import Synthesis

DOCS = Path(__file__).parent

KINDS: dict[str, tuple[Any, str]] = {
    "Strategies": (Strategy, "A snapshot in, a proposal out: what to ask next."),
    "Acquisitions": (
        Acquisition,
        "What a label would be worth, one number an item; higher = more worth asking.",
    ),
    "Selectors": (Selector, "Scores and geometry in, n items out."),
    "Budget managers": (BudgetManager, "Along a stream: one score in, ask now or never, within a rate."),
    "Syntheses": (Synthesis, "Strategies that make the items they ask about, instead of choosing them."),
}


def pages() -> dict[str, str]:
    """Every generated page by its path below docs/."""
    made: dict[str, str] = {"command-line.md": command_line()}
    index = ["# Strategies, acquisitions and selectors", "", NOTE, "", INTRODUCTION]
    for kind, (base, what) in KINDS.items():
        index += ["", f"## {kind}", "", what, "", "| name | class | |", "|---|---|---|"]
        for name, part in ours(base).items():
            page = f"{name.replace('/', '-')}.md"
            index.append(f"| [`{name}`]({page}) | `{part.__name__}` | {first_sentence(part)} |")
            made[f"strategies/{page}"] = part_page(name, part)
    made["strategies/README.md"] = "\n".join(index) + "\n"
    return made


NOTE = "<!-- made by docs/make_reference.py; do not edit -->"

INTRODUCTION = """A bare acquisition is a strategy (the n best), a bare selector spreads over the pool, and
names go wherever a strategy is taken: `choose(..., strategy="margin")`, `Campaign(..., strategy="default")`,
`querist label ... --strategy entropy`. Acquisitions compose with `*`, `/`, `+` and `**`;
`Rank(a) + Rank(b)` adds what is not on one scale."""


def ours(base: Any) -> dict[str, type[Any]]:
    """The registered parts that querist itself ships."""
    rooms = ("querist.acquisition.", "querist.selection.", "querist.strategies.", "querist.streams.")
    if base is Synthesis:
        rooms = ("querist.synthesis.",)
    return {
        name: part
        for name, part in parts(base).items()
        if part.__module__.startswith(rooms) and not name.startswith("example/")  # those of docstrings
    }


def first_sentence(part: Any) -> str:
    return " ".join((inspect.getdoc(part) or "").split("\n\n")[0].split())


def part_page(name: str, part: type[Any]) -> str:
    room = part.__module__.split(".")[1]
    head = [
        f"# {part.__name__}",
        "",
        NOTE,
        "",
        f'`"{name}"`, or `from querist.{room} import {part.__name__}`',
        "",
    ]
    return "\n".join(head) + "\n" + markdown(inspect.getdoc(part) or "") + "\n" + curve(name)


def curve(name: str) -> str:
    """What benchmarks/strategy_curves.py measured of a part: the picture, and what it comes to."""
    kept = DOCS / "strategies" / "curves" / "curves.json"
    cases = json.loads(kept.read_text(encoding="utf-8")).get(name) if kept.is_file() else None
    if not cases:
        return ""
    told = " ".join(_against_random(dataset, case) for dataset, case in cases.items())
    how = (
        "Means with 95 % bands; campaigns from no label, ten questions at a time, every seed with the same"
        f" split for both. Made by `python benchmarks/strategy_curves.py --only {name}`."
    )
    picture = f"![{name} and random: curves with bands](curves/{name.replace('/', '-')}.svg)"
    return "\n".join(["", "## Against random", "", picture, "", told, "", how]) + "\n"


def _against_random(dataset: str, case: dict[str, Any]) -> str:
    """One sentence: the mean height of the curve above random's, with its interval."""
    gain, half = case["gain"], case["interval"]
    if case["measure"] == "accuracy":
        what = f"{100 * gain:+.1f} ± {100 * half:.1f} points of accuracy over random"
    else:
        what = f"a root mean squared error {-gain:+.2f} ± {half:.2f} beside random's (less is better)"
    verdict = "" if abs(gain) > half else ", which may be chance"
    data = dataset.replace("_", " ")
    return (
        f"On {data} {what}, on average to {case['labels'][-1]} labels{verdict}"
        f" ({case['seeds']} seeds, {case['model'].replace('_', ' ')})."
    )


def markdown(doc: str) -> str:
    """A numpydoc docstring as Markdown: headings, lists of parameters, examples in fences."""
    doc = re.sub(r":\w+:`~?\.?([\w.]+)(?:\(\))?`", lambda found: f"`{found[1].split('.')[-1]}`", doc)
    doc = doc.replace("``", "`")
    out: list[str] = []
    lines = doc.splitlines()
    fenced = listing = False
    for i, line in enumerate(lines):
        following = lines[i + 1] if i + 1 < len(lines) else ""
        if re.fullmatch(r"-{3,}", line):
            continue
        if re.fullmatch(r"-{3,}", following):
            out += [f"## {line}", ""]
            listing = line in ("Parameters", "Attributes")
            continue
        if line.startswith(">>> ") and not fenced:
            listing, fenced = False, True
            out.append("```pycon")
        elif fenced and not line.strip():
            out.append("```")
            fenced = False
        if listing and line and not line.startswith(" "):
            names, _, kind = line.partition(" : ")
            line = f"- **{names}**{f': {kind}.' if kind else ''}"
        elif listing and line.startswith("    "):
            line = f"  {line.strip()}"
        elif listing and not line.strip() and following and not following.startswith((" ", "-")):
            after = lines[i + 2] if i + 2 < len(lines) else ""
            listing = " : " in following or after.startswith("    ")
        out.append(line)
    if fenced:
        out.append("```")
    return "\n".join(out)


def command_line() -> str:
    context = click.Context(main, info_name="querist", terminal_width=100, **main.context_settings)
    told = ["# The command line", "", NOTE, "", "```text", main.get_help(context).rstrip(), "```"]
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        inside = click.Context(command, info_name=name, parent=context, terminal_width=100)
        told += ["", f"## querist {name}", "", "```text", command.get_help(inside).rstrip(), "```"]
    return "\n".join(told) + "\n"


if __name__ == "__main__":
    for page in (DOCS / "strategies").glob("*.md"):
        page.unlink()
    for path, text in pages().items():
        (DOCS / path).write_text(text, encoding="utf-8")
    sys.stdout.write("The reference pages are up to date.\n")
