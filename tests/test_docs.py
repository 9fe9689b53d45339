"""The manual is true: its Python runs, its commands run, its links lead somewhere.

A fenced block is left alone only where the line before it says why:  <!-- not run: needs a cluster -->
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from querist.cli import main
from querist.data import open_source
from querist.workspace import Workspace

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

# Commands that wait for people: their arguments are checked, and they are not started.
SERVING = {"label", "demo", "serve"}
# What else a shell block may say; nothing of it is run.
OTHER = ("./dev ", "pip install ", "uv ", "git clone ", "createdb ", "sqlite3 ", "ssh ", "cd ", "python ")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, where it begins, and why it is not run."""

    language: str
    text: str
    line: int
    left_alone: str = ""


def blocks(page: Path) -> Iterator[Block]:
    lines = page.read_text(encoding="utf-8").splitlines()
    opened, language, marker = None, "", ""
    for number, line in enumerate(lines, start=1):
        if opened is None and (found := re.match(r"\s*```(\w*)", line)):
            opened, language = number, found[1]
            told = next((before for before in reversed(lines[: number - 1]) if before.strip()), "")
            comment = re.fullmatch(r"<!-- not run: (.+) -->", told.strip())
            marker = comment[1] if comment else ""
        elif opened is not None and line.strip() == "```":
            yield Block(language, "\n".join(lines[opened : number - 1]) + "\n", opened, marker)
            opened = None


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the manual speaks of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    write_desk(tmp_path)
    return tmp_path


def write_desk(folder: Path) -> None:
    subjects = {
        "praise": [
            "The crew was kind",
            "A smooth flight",
            "Lovely food on board",
            "Boarding went like a dream",
        ],
        "complaint": [
            "Two hours late again",
            "My bag never came",
            "Nobody answered the phone",
            "The seat was broken",
        ],
    }
    rows = ["text,topic"]
    for i in range(120):
        topic = "praise" if i % 2 else "complaint"
        rows.append(f'"{subjects[topic][i // 2 % 4]}, and that was trip number {i} of the year.",{topic}')
    (folder / "reviews.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    source = open_source(folder / "reviews.csv", text="text", label="topic")
    classes = sorted(subjects)
    Workspace.create(folder / "reviews.querist", source, classes=classes, labels=source.labels).close()
    readings = [{"id": f"r{i}", "heat": i * 37 % 100 / 10, "hum": i * 53 % 100 / 10} for i in range(400)]
    states = ("faulty" if one["heat"] > one["hum"] else "fine" for one in readings)
    lines = (json.dumps({**one, "state": state}) for one, state in zip(readings, states, strict=True))
    (folder / "readings.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "guidelines.md").write_text("One topic a review.\n", encoding="utf-8")


def run_python(page: Path, block: Block, names: dict[str, object]) -> None:
    code = "\n" * block.line + block.text  # so that a traceback points into the page
    exec(compile(code, str(page), "exec"), names)


def run_shell(page: Path, block: Block) -> None:
    text = block.text.replace("\\\n", " ")
    for line in text.splitlines():
        command = line.split(" #")[0].strip().removeprefix("$ ")
        if not command or command.startswith("#"):
            continue
        if command.startswith("querist "):
            run_querist(shlex.split(command)[1:], f"{page.name} line {block.line}: {command}")
        else:
            assert f"{command} ".startswith(OTHER), f"{page.name} line {block.line}: what is {command!r}?"


def run_querist(words: list[str], where: str) -> None:
    if words and words[0] in SERVING and "--help" not in words:
        whole = click.Context(main, **main.context_settings)  # click keeps the first help option it makes
        command = main.get_command(whole, words[0])
        assert command is not None, where
        try:
            command.make_context(words[0], words[1:], parent=whole)
        except click.ClickException as error:
            pytest.fail(f"{where}: {error.format_message()}")
        return
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0, f"{where}\n{done.output}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_blocks_of_a_page_run(page: Path, desk: Path) -> None:
    names: dict[str, object] = {"__name__": "__page__"}
    for block in blocks(page):
        if block.left_alone:
            continue
        if block.language == "python":
            run_python(page, block, names)
        elif block.language in ("sh", "bash", "console"):
            run_shell(page, block)
        else:
            assert block.language in ("", "text", "json", "pycon"), (
                f"{page.name} line {block.line}: {block.language!r}"
            )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} points at {target}, which is not there"


def test_every_command_is_in_the_manual() -> None:
    told = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    for name in main.list_commands(click.Context(main)):
        assert f"querist {name}" in told


def test_the_blocks_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n```python\nx = 1\n```\n<!-- not run: why -->\n```sh\nrm\n```\n")
    assert list(blocks(page)) == [Block("python", "x = 1\n", 2), Block("sh", "rm\n", 6, "why")]
