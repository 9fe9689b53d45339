"""The front door: light, complete, sorted, documented."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys

import pytest

import querist

HEAVY = {
    "numpy",
    "scipy",
    "sklearn",
    "pandas",
    "pyarrow",
    "sqlalchemy",
    "fastapi",
    "pydantic",
    "numba",
    "torch",
}


def fresh(code: str) -> str:
    """What ``code`` prints in an interpreter of its own."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_door_loads_nothing_heavy() -> None:
    loaded = json.loads(fresh("import json, sys, querist; print(json.dumps(sorted(sys.modules)))"))
    assert HEAVY.isdisjoint({name.split(".")[0] for name in loaded})
    assert [name for name in loaded if name.startswith("querist")] == ["querist"]


def test_the_door_opens_in_milliseconds() -> None:
    code = """
import time
start = time.process_time()
import querist
print(time.process_time() - start)
"""
    assert min(float(fresh(code)) for _ in range(3)) < 0.05  # the processor's own clock


def test_the_command_line_loads_nothing_heavy_for_its_help() -> None:
    code = """
import json, sys
from click.testing import CliRunner
from querist.cli import main
assert CliRunner().invoke(main, ["--help"]).exit_code == 0
print(json.dumps(sorted(sys.modules)))
"""
    loaded = {name.split(".")[0] for name in json.loads(fresh(code))}
    assert HEAVY.isdisjoint(loaded)


def test_all_is_sorted_and_short() -> None:
    assert querist.__all__ == sorted(querist.__all__)
    assert len(querist.__all__) == len(set(querist.__all__))
    assert 20 <= len(querist.__all__) <= 30
    assert set(querist.__all__) <= set(dir(querist))


@pytest.mark.parametrize("name", querist.__all__)
def test_a_public_name_is_documented(name: str) -> None:
    thing = getattr(querist, name)
    told = inspect.getdoc(thing) or ""
    first = told.split("\n\n")[0]
    assert len(first) > 20 and first.rstrip().endswith((".", ")", ":")), f"{name}: {first!r}"
    assert not re.match(r"This (class|function)", first)
    assert getattr(querist, name) is thing


def test_every_room_is_there_without_an_import_of_its_own() -> None:
    code = "import querist; print('margin' in querist.strategies.names(), querist.kernels.margin.__name__)"
    assert fresh(code).split() == ["True", "margin"]
    for room in querist._ROOMS:
        assert getattr(querist, room).__name__ == f"querist.{room}"


def test_a_wrong_name_is_told_the_right_ones() -> None:
    with pytest.raises(AttributeError, match="Margin"):
        querist.margin_sampling  # noqa: B018


def test_the_door_and_its_types_agree() -> None:
    source = inspect.getsource(querist)
    typed = set()
    for names in re.findall(r"    from querist\.[\w.]+ import (\([^)]*\)|.+)", source):
        typed |= {name.strip() for name in names.strip("()").split(",") if name.strip()}
    assert typed == set(querist.__all__) == set(querist._ROOM_OF)


def test_the_version_is_a_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", querist.__version__)
