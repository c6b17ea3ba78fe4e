"""The base classes of scripted modules, as far as the extension uses them."""

import os
from typing import ClassVar

from PySide6.QtWidgets import QVBoxLayout, QWidget


class Signal:
    """A signal of PythonQt outside of a QObject."""

    def __init__(self) -> None:
        self._connected = []

    def connect(self, action) -> None:
        self._connected.append(action)

    def emit(self, *values) -> None:
        for action in self._connected:
            action(*values)


class ScriptedLoadableModule:
    """Takes what the module tells about itself."""

    def __init__(self, parent) -> None:
        self.parent = parent


class ScriptedLoadableModuleWidget:
    """A place for the panel."""

    def __init__(self, parent=None) -> None:
        self.parent = parent or QWidget()
        self.layout = QVBoxLayout(self.parent)

    def setup(self) -> None:
        """Nothing of its own."""

    def resourcePath(self, name: str) -> str:
        import sys

        return os.path.join(os.path.dirname(sys.modules[type(self).__module__].__file__), "Resources", name)


class ScriptedLoadableModuleLogic:
    """Nothing of its own."""


class ScriptedLoadableModuleTest:
    """Shows what a self test says."""

    def delayDisplay(self, text: str) -> None:
        self.shown = text


class SampleDataLogic:
    """Keeps what is registered, as Slicer's Sample Data module does."""

    sources: ClassVar[list[dict]] = []

    @classmethod
    def registerCustomSampleDataSource(cls, **source) -> None:
        cls.sources.append(source)
