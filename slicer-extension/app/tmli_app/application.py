"""The parts put together: scene, views, engine, page, server."""

from __future__ import annotations

import asyncio
import atexit
import logging
import tempfile
import webbrowser
from dataclasses import dataclass
from pathlib import Path

import slicer
from TMLILib.logic import TMLILogic
from trame.app import get_server
from trame_slicer.core import SlicerApp

import tmli

from .browse import Browse
from .dialogs import Problems
from .door import Door
from .page import Panels, build_page
from .panels.ct import CtPanel
from .panels.export import ExportPanel
from .panels.metrics import MetricsPanel
from .panels.models import ModelsPanel
from .panels.ptv import PtvPanel
from .panels.run import RunPanel
from .panels.structures import StructuresPanel
from .session import Session
from .viewers import Viewers

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    port: int
    open_browser: bool
    ct: Path | None
    models: Path | None
    worker: Path | None
    phantom_seed: int
    phantom_age: float
    phantom_matrix: int


class Application:
    """Keep it in a variable while the server runs: VTK holds no reference to what it calls."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._server = get_server("tmli", client_type="vue3")
        self._slicer = SlicerApp()
        # Slicer's own helpers look for the scene here.
        slicer.mrmlScene = self._slicer.scene
        self._problems = Problems(self._server)
        viewers = Viewers(self._server, self._slicer)
        engine = tmli.Engine(worker=options.worker)
        self._logic = TMLILogic(self._slicer.scene, lambda: engine)
        self._session = Session(self._logic, viewers)
        browse = Browse(self._server, self._problems, Path.home())
        self._panels = self._make_panels(browse, viewers)
        for changed in (self._session.ct_changed, self._session.models_changed, self._session.result_changed):
            # The last to hear of a change sends to the browser what the panels wrote.
            changed.append(self._server.state.flush)
        build_page(self._server, self._panels, viewers, self._problems, browse)
        self._door = Door()
        self._server.controller.on_server_bind.add(lambda web: self._door.install(web.app))
        self._server.controller.on_server_ready.add(self._when_ready)
        self._folder = tempfile.TemporaryDirectory(prefix="tmli-app-")
        # At the very end: until then a thread may still be writing the phantom child.
        atexit.register(self._folder.cleanup)

    def run(self) -> None:
        """Serves until Ctrl-C, then ends the worker."""
        try:
            self._server.start(
                port=self._options.port,
                host="127.0.0.1",
                open_browser=False,
                show_connection_info=False,
                disable_logging=True,
                timeout=0,
            )
        finally:
            self._logic.close()

    def _make_panels(self, browse: Browse, viewers: Viewers) -> Panels:
        server, session, problems = self._server, self._session, self._problems
        return Panels(
            CtPanel(server, session, browse, problems),
            ModelsPanel(server, session, browse, problems),
            RunPanel(server, session, problems),
            StructuresPanel(server, session, viewers),
            MetricsPanel(server, session, browse, problems),
            PtvPanel(server, session, problems),
            ExportPanel(server, session, problems),
        )

    def _when_ready(self, **_state) -> None:
        asyncio.get_running_loop().set_exception_handler(_quiet_where_a_tab_was_closed)
        address = self._door.address(self._server.port)
        print(f"TMLI is at {address}\nCtrl-C ends it.", flush=True)
        if self._options.open_browser and not webbrowser.open(address):
            print("No browser could be opened here; open the address by hand.", flush=True)
        for work in (self._open_models, self._open_ct, self._panels.models.describe_devices):
            self._problems.in_background(work)()

    async def _open_models(self) -> None:
        if self._options.models is not None:
            self._session.take_models(await asyncio.to_thread(self._session.read_models, self._options.models))

    async def _open_ct(self) -> None:
        options = self._options
        if options.ct is not None:
            await self._panels.ct.load(options.ct)
            return
        folder = Path(self._folder.name) / "phantom"
        with self._panels.ct.busy("Making a phantom child"):
            await asyncio.to_thread(
                tmli.write_phantom,
                str(folder),
                options.phantom_seed,
                age_years=options.phantom_age,
                matrix=options.phantom_matrix,
            )
        await self._panels.ct.load(folder, name=f"Phantom child, {options.phantom_age:g} years")


def _quiet_where_a_tab_was_closed(loop: asyncio.AbstractEventLoop, context: dict) -> None:
    # A picture was on its way to the tab: nothing that a user can do something about.
    if not isinstance(context.get("exception"), ConnectionResetError):
        loop.default_exception_handler(context)
