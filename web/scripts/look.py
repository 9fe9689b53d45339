"""Take pictures of every view of the built page over the mock, and let axe look for barriers.

    npm run build && python scripts/look.py OUT_FOLDER [name-part ...]

Needs Python's playwright and a Chromium (CHROMIUM=/path, /usr/bin/chromium by default).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

WEB = Path(__file__).resolve().parents[1]
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}


@contextmanager
def mock(kind: str, port: int):
    process = subprocess.Popen(
        ["node", str(WEB / "mock" / "serve.js")], env={**os.environ, "MOCK": kind, "PORT": str(port)}
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/api/health")
                break
            except OSError:
                time.sleep(0.05)
        yield address
    finally:
        process.terminate()
        process.wait()


def label(page: Page, n: int) -> None:
    for at in range(n):
        page.keyboard.press(str(1 + at % 3))
        page.wait_for_timeout(70)


def barriers(page: Page, name: str) -> int:
    page.evaluate(AXE.read_text())
    # "region" asks for landmarks even around menus that float over the page; everything else counts.
    found = page.evaluate("() => axe.run(document, {rules: {region: {enabled: false}}})")["violations"]
    for one in found:
        nodes = [node["target"] for node in one["nodes"][:3]]
        print(f"  {name}: {one['id']} ({one['impact']}): {one['help']} {json.dumps(nodes)}")
        for node in one["nodes"][:2]:
            print("     ", node["failureSummary"].replace("\n", " ")[:220])
    return len(found)


def text_scenes(page: Page, shot) -> None:
    shot("01-first")
    page.keyboard.press("1")
    label(page, 11)
    page.wait_for_timeout(2600)
    shot("02-later")
    page.keyboard.press("w")
    page.wait_for_timeout(200)
    shot("03-why")
    page.keyboard.press("w")
    page.keyboard.press("?")
    page.wait_for_timeout(400)
    shot("04-help")
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    page.keyboard.press("h")
    page.wait_for_timeout(400)
    shot("05-guidelines")
    page.keyboard.press("Escape")
    page.wait_for_timeout(300)
    page.keyboard.press("Shift+Space")
    page.wait_for_timeout(300)
    shot("06-skip")
    page.keyboard.press("1")
    page.keyboard.press("f")
    page.wait_for_timeout(300)
    page.keyboard.type("Two sections fit here")
    shot("07-flag")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(300)
    shot("08-looking-back")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.wait_for_timeout(300)
    shot("09-palette")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_timeout(300)
    shot("10-class")
    page.keyboard.press("Escape")
    page.wait_for_timeout(200)
    label(page, 30)
    page.wait_for_timeout(1200)
    for name in ("progress", "answers", "settings"):
        page.goto(page.url.split("#")[0] + f"#/{name}")
        page.wait_for_timeout(900)
        shot(f"11-{name}")
    page.goto(page.url.split("#")[0] + "#/label")
    page.wait_for_timeout(300)
    page.context.set_offline(True)
    label(page, 2)
    page.wait_for_timeout(1500)
    shot("12-away")
    page.context.set_offline(False)
    page.wait_for_timeout(2500)


def other_scenes(page: Page, shot) -> None:
    shot("01-first")
    label(page, 5)
    page.wait_for_timeout(2200)
    shot("02-later")


def finder_scenes(page: Page, shot) -> None:
    shot("01-first")
    page.keyboard.type("ne")
    page.wait_for_timeout(200)
    shot("02-typing")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    shot("03-next")


def main(out: Path, only: list[str]) -> int:
    out.mkdir(parents=True, exist_ok=True)
    wrong = 0
    runs = [
        ("text", "light", WIDE, text_scenes),
        ("text", "dark", WIDE, text_scenes),
        ("text", "light", PHONE, text_scenes),
        ("image", "light", WIDE, other_scenes),
        ("image", "dark", PHONE, other_scenes),
        ("row", "light", WIDE, other_scenes),
        ("row", "light", PHONE, other_scenes),
        ("many", "light", WIDE, finder_scenes),
        ("many", "dark", PHONE, finder_scenes),
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        for at, (kind, scheme, size, scenes) in enumerate(runs):
            name = f"{kind}-{scheme}-{'wide' if size is WIDE else 'phone'}"
            if only and not any(part in name for part in only):
                continue
            with mock(kind, 8790 + at) as address:
                context = browser.new_context(
                    viewport=size, color_scheme=scheme, has_touch=size is PHONE, is_mobile=size is PHONE
                )
                page = context.new_page()
                page.on("console", lambda m: m.type in ("error", "warning") and print("  console:", m.text[:300]))
                page.on("pageerror", lambda e: print("  error:", str(e)[:600]))
                page.goto(address)
                page.wait_for_selector("[data-testid=question]", timeout=20_000)
                page.wait_for_timeout(400)

                def shot(part: str, page: Page = page, name: str = name) -> None:
                    nonlocal wrong
                    page.screenshot(path=str(out / f"{name}-{part}.png"))
                    wrong += barriers(page, f"{name}-{part}")

                scenes(page, shot)
                context.close()
        browser.close()
    print(f"{wrong} kinds of barriers found")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), sys.argv[2:]))
