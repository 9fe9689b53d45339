"""The table of docs/performance.md, between its markers, and its picture; of records, measuring nothing."""

from __future__ import annotations

from html import escape
from math import floor, log10
from pathlib import Path
from typing import Any

from machine import Rates
from works import WORKS, Work

BEGIN = "<!-- table: written by benchmarks/selection, do not edit -->"
END = "<!-- end of table -->"
FIRST_BEGIN = "<!-- first calls: written by benchmarks/selection, do not edit -->"
FIRST_END = "<!-- end of first calls -->"

Cells = dict[tuple[str, int, str], dict[str, Any]]


def write(records: list[dict[str, Any]], out: Path) -> None:
    """Page and picture, as far as there are records."""
    machine = next((one["machine"] for one in records if "machine" in one), None)
    cells: Cells = {(one["work"], one["n"], one["who"]): one for one in records if "work" in one}
    rates = None if machine is None else Rates(**machine)
    page = out / "performance.md"
    text = page.read_text(encoding="utf-8") if page.is_file() else f"{BEGIN}\n{END}\n"
    out.mkdir(parents=True, exist_ok=True)
    text = _between(text, BEGIN, table(cells, rates), END)
    firsts = [one for one in records if "first" in one]
    if firsts and FIRST_BEGIN in text:
        text = _between(text, FIRST_BEGIN, table_of_first_calls(firsts), FIRST_END)
    page.write_text(text, encoding="utf-8")
    picture = out / "pictures" / "selection.svg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_text(drawn(cells, rates), encoding="utf-8")


def _between(text: str, begin: str, written: str, end: str) -> str:
    """What stands between two marks replaced."""
    before, _, rest = text.partition(begin)
    return f"{before}{begin}\n\n{written}\n\n{end}{rest.partition(end)[2]}"


def table_of_first_calls(records: list[dict[str, Any]]) -> str:
    """Markdown: for each work the first call after an install, the first of a later process, a later one."""
    lines = ["| work | n | after an install | in a later process | again |", "|---|---|---|---|---|"]
    for one in sorted(records, key=lambda one: list(WORKS).index(one["first"])):
        told = " | ".join(seconds(one[part]) for part in ("new", "kept", "later"))
        lines.append(f"| {WORKS[one['first']].what} | {size(one['n'])} | {told} |")
    on = sorted({str(one["on"]) for one in records})
    return "\n".join([*lines, "", f"Measured on: {', '.join(on)}."])


def size(n: int) -> str:
    """1M, 10k, 300."""
    for unit, letter in ((1_000_000, "M"), (1_000, "k")):
        if n >= unit:
            return f"{n / unit:g}{letter}"
    return str(n)


def seconds(value: float) -> str:
    """Two digits that matter, never 1e-05."""
    if value <= 0:
        return "0"
    digits = max(0, 1 - floor(log10(value)))
    return f"{value:.{digits}f}".removeprefix("0") if value < 1 else f"{value:,.{digits}f}"


def told(record: dict[str, Any]) -> str:
    """What became of one cell: seconds and added MB, or how it failed."""
    if "seconds" in record:
        return f"{seconds(record['seconds'])} ({record['added_mb']:,.0f})"
    return str(record["failed"])


def table(cells: Cells, rates: Rates | None) -> str:
    """Markdown: the machine, a row for each work and size, and the versions that ran."""
    if not cells:
        return "Nothing is measured yet."
    lines = [] if rates is None else [*_of_machine(rates), ""]
    lines += [
        "| work | n | peers: seconds (added MB) | querist | limit | best peer / querist | querist / limit |",
        "|---|---|---|---|---|---|---|",
    ]
    for work in WORKS.values():
        for n in work.sizes:
            if any(name == work.name and m == n for name, m, _ in cells):
                lines.append(_row(work, n, cells, rates))
    versions = sorted({(who, one["version"]) for (_, _, who), one in cells.items() if one.get("version")})
    lines += ["", "Versions: " + ", ".join(f"{who} {number}" for who, number in versions) + "."]
    return "\n".join(lines)


def _of_machine(rates: Rates) -> list[str]:
    return [
        f"The machine: {rates.what}. It reads {rates.read_1:.0f} GB/s with one thread and"
        f" {rates.read:.0f} with all. It multiplies float32 matrices at {rates.gemm_1:.0f} and"
        f" {rates.gemm:.0f} GFLOP/s, n x 384 by 384 x 100 at {rates.skinny_1:.0f} and"
        f" {rates.skinny:.0f}, by 384 x 10 at {rates.thin:.0f} with all, and takes"
        f" {rates.logs:.1f} billion logarithms a second."
    ]


def _row(work: Work, n: int, cells: Cells, rates: Rates | None) -> str:
    ours = cells.get((work.name, n, "querist"), {})
    theirs = {who: cells[work.name, n, who] for who in work.peers if (work.name, n, who) in cells}
    there = "; ".join(f"{who} {_short(one)}" for who, one in sorted(theirs.items(), key=_by_seconds))
    best = min((one["seconds"] for one in theirs.values() if "seconds" in one), default=None)
    least = None if rates is None or work.limit is None else work.limit(rates, n, work.shape)
    mine = ours.get("seconds")
    return (
        f"| {work.what} | {size(n)} | {there or '-'} | {_short(ours) if ours else '-'} "
        f"| {'-' if least is None else seconds(least)} "
        f"| {'-' if not (best and mine) else _ratio(best / mine)} "
        f"| {'-' if not (least and mine) else _ratio(mine / least)} |"
    )


def _by_seconds(one: tuple[str, dict[str, Any]]) -> float:
    return float(one[1].get("seconds", float("inf")))


def _short(record: dict[str, Any]) -> str:
    """As :func:`told`, with long complaints cut: the records have them whole."""
    text = told(record).replace("|", "/")
    return text if len(text) <= 60 else f"{text[:57]}..."


def _ratio(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"


# ------------------------------------------------------------ the picture

_LEFT, _WIDTH, _ROW, _TOP = 400, 520, 17, 46
_STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.faint { fill: #6e7781 } .line { stroke: #d0d7de } .span { stroke: #8c959f }
.ours { fill: #0969da } .peer { fill: none; stroke: #8c959f; stroke-width: 1.5 }
.limit { stroke: #bc4c00; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .faint { fill: #9198a1 } .line { stroke: #30363d } .span { stroke: #6e7681 }
.ours { fill: #58a6ff } .peer { stroke: #9198a1 } .limit { stroke: #f0883e }
}"""


def drawn(cells: Cells, rates: Rates | None) -> str:
    """A line for each work at its largest size that a peer managed: peers, querist, limit on a log axis."""
    rows = [row for work in WORKS.values() if (row := _points(work, cells, rates)) is not None]
    every = [value for _, ours, peers, least in rows for value in (ours, *peers, *([least] if least else []))]
    low, high = (floor(log10(min(every))), floor(log10(max(every))) + 1) if every else (-3, 2)
    height = _TOP + _ROW * len(rows) + 12

    def at(value: float) -> float:
        return _LEFT + _WIDTH * (log10(value) - low) / (high - low)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 24} {height}" role="img">',
        "<title>Seconds for one query: the peers, querist, and the machine's limit</title>",
        f"<style>{_STYLE}</style>",
        '<text x="8" y="16">one query, seconds</text>',
        f'<circle class="ours" cx="{_LEFT}" cy="12" r="4"/><text x="{_LEFT + 9}" y="16">querist</text>',
        f'<circle class="peer" cx="{_LEFT + 80}" cy="12" r="4"/><text x="{_LEFT + 89}" y="16">peers</text>',
        f'<path class="limit" d="M{_LEFT + 150} 6v12"/>',
        f'<text x="{_LEFT + 159}" y="16">limit of the plain algorithm</text>',
    ]
    for power in range(low, high + 1):
        x = at(10.0**power)
        out.append(f'<path class="line" d="M{x:.1f} {_TOP - 8}V{height - 8}"/>')
        out.append(
            f'<text class="faint" x="{x:.1f}" y="{_TOP - 12}" text-anchor="middle">{10.0**power:g}</text>'
        )
    for i, (name, ours, peers, least) in enumerate(rows):
        y = _TOP + _ROW * i + 8
        out.append(f'<text x="{_LEFT - 10}" y="{y + 4}" text-anchor="end">{escape(name)}</text>')
        if peers:
            out.append(
                f'<path class="span" d="M{at(min(ours, *peers)):.1f} {y}H{at(max(ours, *peers)):.1f}"/>'
            )
        out += [f'<circle class="peer" cx="{at(value):.1f}" cy="{y}" r="4"/>' for value in peers]
        if least:
            out.append(f'<path class="limit" d="M{at(least):.1f} {y - 6}v12"/>')
        out.append(f'<circle class="ours" cx="{at(ours):.1f}" cy="{y}" r="4"/>')
    return "\n".join([*out, "</svg>"]) + "\n"


def _points(
    work: Work, cells: Cells, rates: Rates | None
) -> tuple[str, float, list[float], float | None] | None:
    """Name, our seconds, the peers' and the limit: at the largest size that most took part in."""
    found = None
    for n in work.sizes:
        ours = cells.get((work.name, n, "querist"), {}).get("seconds")
        peers = [cells.get((work.name, n, who), {}).get("seconds") for who in work.peers]
        there = [value for value in peers if value]
        if ours and (found is None or there or not found[2]):
            least = None if rates is None or work.limit is None else work.limit(rates, n, work.shape)
            found = (f"{work.what}, {size(n)}", ours, there, least)
    return found
