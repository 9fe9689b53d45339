"""Write the wire contract (src/querist/server/wire.py) as one OpenAPI document to standard output."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

PLACE = Path(__file__).resolve().parents[2] / "src" / "querist" / "server" / "wire.py"


def contract() -> list[type[BaseModel]]:
    """The models of the wire, in the order in which the file names them."""
    spec = importlib.util.spec_from_file_location("wire", PLACE)
    if spec is None or spec.loader is None:
        raise SystemExit(f"No wire contract at {PLACE}.")
    module = importlib.util.module_from_spec(spec)
    sys.modules["wire"] = module
    spec.loader.exec_module(module)
    root = module.Wire
    return [part for part in vars(module).values() if isinstance(part, type) and issubclass(part, root) and part is not root]


def document() -> dict[str, object]:
    """What is sent may leave out what has a default; what is shown is always whole."""
    models = contract()
    modes = [(m, "validation" if m.__name__.endswith("Request") else "serialization") for m in models]
    _, schema = models_json_schema(modes, ref_template="#/components/schemas/{model}")
    for name, part in schema["$defs"].items():
        if not name.endswith("Request"):
            part["required"] = list(part["properties"])
    return {
        "openapi": "3.1.0",
        "info": {"title": "querist", "version": "wire"},
        "paths": {},
        "components": {"schemas": schema["$defs"]},
    }


if __name__ == "__main__":
    json.dump(document(), sys.stdout, indent=1)
