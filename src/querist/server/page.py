"""The built page, as static files."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse, HTMLResponse, Response

__all__ = ["FOLDER", "mount_page", "script_hashes"]

FOLDER = Path(__file__).parent / "page"

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}

_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>querist</title>
<body style="font: 1.1rem/1.5 system-ui, sans-serif; max-width: 38rem; margin: 12vh auto; padding: 0 1rem">
<h1 style="font-size: 1.4rem">The server runs, but its page was not built</h1>
<p>This copy of querist comes from its source. Build the page once, in the folder <code>web</code>:</p>
<pre style="background: #8882; padding: 1rem">npm ci &amp;&amp; npm run build</pre>
<p>and load this page again. A wheel from the package index has the page built in. The interface for programs
works already: see <a href="/api/campaign">/api/campaign</a>.</p></body></html>"""


def mount_page(app: FastAPI, folder: Path = FOLDER) -> None:
    """Serve the files under ``folder``, the page at ``/``; say how to build it if it is not there."""

    @app.get("/", include_in_schema=False)
    def home() -> Response:
        index = folder / "index.html"
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT, status_code=503)
        return FileResponse(index, headers={"cache-control": "no-cache"}, media_type=_TYPES[".html"])

    @app.get("/{path:path}", include_in_schema=False)
    def file(path: str) -> Response:
        if path.startswith("api/"):
            raise HTTPException(404, f"There is no /{path}.")
        wanted = _file_at(folder.resolve(), path)
        kind = None if wanted is None else _TYPES.get(wanted.suffix)
        if wanted is None or kind is None:
            return HTMLResponse(
                "<!doctype html><title>querist</title>There is no such page.", status_code=404
            )
        named_by_hash = wanted.parent.name == "assets"
        cache = "public, max-age=31536000, immutable" if named_by_hash else "no-cache"
        return FileResponse(wanted, media_type=kind, headers={"cache-control": cache})


def _file_at(root: Path, path: str) -> Path | None:
    """The file at ``path`` below ``root``, links followed; None if it is none, or lies elsewhere."""
    try:
        wanted = (root / path).resolve()
        return wanted if wanted.is_relative_to(root) and wanted.is_file() else None
    except (OSError, ValueError):  # a name too long, or with a NUL in it
        return None


def script_hashes(folder: Path = FOLDER) -> list[str]:
    """The content-security sources of the page's inline scripts, so that no other may run."""
    index = folder / "index.html"
    if not index.is_file():
        return []
    inline = re.findall(
        r"<script(?:\s+type=\"\w+\")?>(.*?)</script>", index.read_text(encoding="utf-8"), re.S
    )
    digests = (hashlib.sha256(text.encode()).digest() for text in inline)
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]
