"""`python -m tmli_app`: starts the app. `cargo xtask app` does this with everything in place."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[2] / "TMLI"


def parse(words: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="tmli_app", description="TMLI in the browser, on this computer only.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one (default)")
    parser.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    parser.add_argument("--ct", type=Path, help="folder of a CT series to open (default: a phantom child)")
    parser.add_argument("--models", type=Path, help="folder of models")
    parser.add_argument("--worker", type=Path, help="the program tmli-worker (default: where the engine finds it)")
    parser.add_argument("--phantom-seed", type=int, default=7, help="which phantom child (default: 7)")
    parser.add_argument("--phantom-age", type=float, default=6.0, help="its age in years (default: 6)")
    parser.add_argument("--phantom-matrix", type=int, default=256, choices=[128, 256, 512], help="default: 256")
    return parser.parse_args(words)


def main() -> None:
    """Reads the command line first: --help needs no scene."""
    arguments = parse()
    # Without a window, also where there is a display: the pictures go to the browser.
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.WARNING)
    # trame reads the command line too.
    sys.argv = sys.argv[:1]
    if str(LIBRARY) not in sys.path:
        sys.path.insert(0, str(LIBRARY))
    from .application import Application, Options

    application = Application(
        Options(
            port=arguments.port,
            open_browser=not arguments.no_browser,
            ct=arguments.ct,
            models=arguments.models,
            worker=arguments.worker,
            phantom_seed=arguments.phantom_seed,
            phantom_age=arguments.phantom_age,
            phantom_matrix=arguments.phantom_matrix,
        )
    )
    application.run()


if __name__ == "__main__":
    main()
