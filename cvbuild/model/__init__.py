"""The typed CV: sections, items and publications, checked and resolved."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _NoPlugins(ModuleType):
    """Stands for the module in which pydantic looks for plugins of its own among all that is installed.

    None is wanted: a CV means the same whatever else is installed. Importing that module alone, and
    with it those for e-mail, sockets and archives, takes longer than Python does to start. Its
    setting PYDANTIC_DISABLE_PLUGINS does not spare that, and goes to every program that is run.
    """

    @staticmethod
    def get_plugins() -> tuple[()]:
        return ()

    def __getattr__(self, name: str) -> Any:
        """What else a pydantic of another day asks of it is the module's own."""
        if name.startswith("__"):
            raise AttributeError(name)
        del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


_LOADER = "pydantic.plugin._loader"
sys.modules.setdefault(_LOADER, _NoPlugins(_LOADER))
