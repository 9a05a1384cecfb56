"""In place of TensorFlow, which Rasa imports at every start and nothing of ours uses.

Its names are there, so that Rasa's own classes can be made; whoever calls one is told plainly. It
takes half of the time of Rasa's imports and most of their memory, and its version is past its end.
"""

from __future__ import annotations

import sys
from abc import ABCMeta
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

LEFT_OUT = ("tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras")


class LeftOutError(RuntimeError):
    """Something that is left out of this process was to be used."""


def leave_out() -> None:
    """From now on these packages are hollow."""
    sys.meta_path.insert(0, _Finder())


class _Hollow(ABCMeta):
    """A class with every attribute, each as hollow: to inherit from, and to annotate with."""

    def __getattr__(cls, name: str) -> Any:
        return _named(cls.__name__, name)

    def __call__(cls, *given: Any, **_named: Any) -> Any:
        # A decorator leaves its function as it is.
        if len(given) == 1 and callable(given[0]):
            return given[0]
        raise LeftOutError(f"{cls.__name__} is left out of this process (cli/guard/hollow.py)")


class _HollowModule(ModuleType):
    def __getattr__(self, name: str) -> Any:
        return _named(self.__name__, name)


def _named(holder: str, name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return _Hollow(f"{holder}.{name}", (), {})


class _Finder(MetaPathFinder, Loader):
    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> ModuleSpec | None:
        hollow = name.partition(".")[0] in LEFT_OUT
        return ModuleSpec(name, self, is_package=True) if hollow else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _HollowModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing in it."""
