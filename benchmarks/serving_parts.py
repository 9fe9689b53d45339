"""What the benchmarks of the server share: a campaign to serve, a server process, and a plain client."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

CLASSES = ["sport", "money", "world", "science"]
_WORDS = {
    "sport": "goal match team coach league striker final season cup score",
    "money": "bank market shares profit trade stocks deal price growth loan",
    "world": "minister vote border treaty troops election talks embassy law protest",
    "science": "study space cells planet genes robot energy climate data laser",
}
_COMMON = 20_000  # other words, the frequent ones very much so, as in any language

SERVE = """
import sys
from querist.server import serve
from querist.workspace import Workspace
serve(Workspace.open(sys.argv[1]), port=0, ready=lambda address: print(address, flush=True))
"""


def write_csv(path: Path, n: int, seed: int = 0) -> Path:
    """``n`` made-up headlines of four kinds, some of them hard to tell."""
    rng = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        for i in range(n):
            kind = CLASSES[rng.randrange(4)]
            words = rng.choices(_WORDS[kind].split(), k=2)
            words += [f"w{int(_COMMON * rng.random() ** 4)}" for _ in range(20)]
            if rng.random() < 0.3:
                words += rng.choices(_WORDS[rng.choice(CLASSES)].split(), k=2)
            rng.shuffle(words)
            writer.writerow([f"{kind}-{i}", " ".join(words)])
    return path


def right(item: str) -> str:
    """The class of an item, from its id: the annotators of a benchmark are always right."""
    return item.split("-")[0]


class Server:
    """A server process of its own for a campaign's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None
        self.port = 0
        self.token = ""
        self.clients: list[Client] = []

    def start(self, patience: float = 60.0) -> float:
        """Start it, wait until it serves, and return how many seconds that took."""
        began = time.perf_counter()
        command = [sys.executable, "-c", SERVE, str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ.copy())
        assert self.process.stdout is not None
        address = urlsplit(self.process.stdout.readline().strip())
        if not address.port:
            raise RuntimeError("The server did not start.")
        self.port, self.token = address.port, parse_qs(address.query)["token"][0]
        return time.perf_counter() - began

    def kill(self) -> None:
        """The end without a warning."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """The end as a person asks for it."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None
        self._hang_up()

    def _hang_up(self) -> None:
        for client in self.clients:
            client.close()
        self.clients.clear()


class Client:
    """One annotator's connection to the loopback: as little Python as HTTP allows, to time the server."""

    def __init__(self, server: Server, name: str = "me") -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        server.clients.append(self)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = (
            f"host: 127.0.0.1:{server.port}\r\nauthorization: Bearer {server.token}\r\n"
            f"content-type: application/json\r\nx-annotator: {name}\r\n"
        )

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request, and the reply's JSON (or bytes); raises RuntimeError on anything but success."""
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\n{self.head}content-length: {len(data)}\r\n\r\n"
        self.socket.sendall(head.encode() + data)
        raw = b""
        while b"\r\n\r\n" not in raw:
            raw += self._more()
        told, _, rest = raw.partition(b"\r\n\r\n")
        lower = told.lower()
        start = lower.index(b"content-length:") + 15
        length = int(lower[start:].split(b"\r\n", 1)[0])
        parts, have = [rest], len(rest)
        while have < length:
            parts.append(self._more())
            have += len(parts[-1])
        reply = b"".join(parts)
        if not told.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{method} {path}: {told[9:12].decode()} {reply[:300]!r}")
        return json.loads(reply) if b"application/json" in lower else reply

    def _more(self) -> bytes:
        chunk = self.socket.recv(1 << 16)
        if not chunk:
            raise ConnectionError("The server hung up.")
        return chunk

    def next(self, n: int = 1) -> list[dict[str, Any]]:
        """The next questions."""
        questions: list[dict[str, Any]] = self.call("POST", "/api/next", {"n": n})["questions"]
        return questions

    def answer(self, question: dict[str, Any], value: str) -> Any:
        """Send an answer; once this returns it was acknowledged."""
        return self.call("POST", "/api/answers", {"query": question["query"], "value": value, "seconds": 1.0})

    def close(self) -> None:
        """Hang up."""
        self.socket.close()
