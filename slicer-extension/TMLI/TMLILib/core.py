"""The Python module `tmli`, imported at its first use.

Slicer has it only after the user agreed to install it, so no file here may import it when the module loads.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .errors import Problem

if TYPE_CHECKING:
    import tmli
else:

    class _Late:
        """Stands for the module until an attribute is asked for."""

        def __getattr__(self, name: str):
            try:
                module = importlib.import_module("tmli")
            except ImportError as error:
                raise Problem(
                    "The computing core of TMLI is not installed in this Slicer.",
                    "Open the TMLI module and click Install.",
                    str(error),
                ) from error
            return getattr(module, name)

    tmli = _Late()

__all__ = ["tmli"]
