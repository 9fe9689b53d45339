"""Compiled code can be run by Python."""

import importlib.util
import sys

import numba
import pytest

import querist.kernels


@pytest.fixture
def run_by_python(monkeypatch):
    """Modules of compiled code, loaded so that Python runs them: this also shows what their tests reach."""

    def load(*names):
        monkeypatch.setattr(numba, "njit", lambda **_: lambda function: function)
        made = {}
        for name in ("compiling", "compiled_numbers", *names):
            spec = importlib.util.find_spec(f"querist.kernels.{name}")
            made[name] = importlib.util.module_from_spec(spec)
            monkeypatch.setitem(sys.modules, spec.name, made[name])
            monkeypatch.setattr(querist.kernels, name, made[name], raising=False)
            spec.loader.exec_module(made[name])
        return made[names[-1]]

    return load
