"""Streams: what one decision takes beside the other libraries, and what asking well along a stream is worth.

python benchmarks/streaming.py                 # everything; half an hour of one core
python benchmarks/streaming.py latency memory  # minutes
python benchmarks/streaming.py prequential --seeds 3
python benchmarks/streaming.py page            # write docs/benchmarks/streams.md from what is kept

Results are kept in docs/benchmarks/data/ (streams.json, streams.csv); runs of the prequential part are
resumed from the file that --runs names.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import streaming_latency as latency
from streaming_page import page, summary
from streaming_runs import run_all

DOCS = Path(__file__).parents[1] / "docs" / "benchmarks"
KEPT = DOCS / "data" / "streams.json"
TABLE = DOCS / "data" / "streams.csv"
PARTS = ("latency", "memory", "prequential", "page")


def measure_latency() -> dict[str, Any]:
    found: dict[str, Any] = {"versions": latency.versions()}
    sources = {
        "querist": (latency.ours, latency.ours_with_rivers),
        "river": (latency.rivers,),
        "scikit-activeml": (latency.scikit_activemls,),
    }
    for library, parts in sources.items():
        found[library] = []
        for part in parts:
            for name, model, told in part():
                found[library].append([name, model, told["median"], told["p99"]])
                print(f"{library:16s} {name:34s} {model:34s} {told['median']:8.2f} {told['p99']:8.2f}")
    found["block"] = latency.blocks()
    print(found["block"])
    return found


def main() -> None:
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("parts", nargs="*", choices=[*PARTS, []], default=list(PARTS))
    told.add_argument("--seeds", type=int, default=10)
    told.add_argument("--runs", type=Path, default=Path("streams-runs.jsonl"))
    wish = told.parse_args()
    kept: dict[str, Any] = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}
    if "latency" in wish.parts:
        kept["latency"] = measure_latency()
    if "memory" in wish.parts:
        kept["memory"] = latency.memory()
        print(kept["memory"])
    KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    if "prequential" in wish.parts:
        TABLE.write_text(summary(run_all(wish.runs, wish.seeds)), encoding="utf-8")
    if "page" in wish.parts:
        (DOCS / "streams.md").write_text(page(kept, TABLE.read_text("utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
