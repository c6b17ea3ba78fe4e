"""Which CT is worked on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from TMLILib.errors import Problem
from trame.widgets import html
from trame.widgets.vuetify3 import VBtn, VProgressCircular
from trame_server import Server
from trame_server.utils.typed_state import TypedState

import tmli

from ..browse import Browse
from ..dialogs import Problems
from ..session import LoadedCt, Session


@dataclass
class CtState:
    """What the page says about the CT."""

    title: str = ""
    lines: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    loading: str = ""  # what is being done, while it is


class CtPanel:
    """Loads a CT series and says what it is."""

    def __init__(self, server: Server, session: Session, browse: Browse, problems: Problems) -> None:
        self._session, self._browse, self._problems = session, browse, problems
        self.state = TypedState(server.state, CtState, namespace="ct")
        session.ct_changed.append(self._show)

    def ask(self) -> None:
        """Opens the dialog for a folder."""
        with self._problems.caught():
            self._session.refuse_while_running()
            self._browse.ask("Open a folder with a CT series", self.load)

    async def load(self, folder: Path, series_uid: str | None = None, *, name: str = "") -> None:
        """Reads a folder off the event loop, asks which series where there are several, and shows the CT."""
        with self.busy("Looking for CT series"):
            scan = await asyncio.to_thread(tmli.scan_folder, str(folder))
        if not scan.series:
            raise Problem("This folder holds no CT series.", "Choose the folder that holds the DICOM files of a CT.")
        if series_uid is None and len(scan.series) > 1:

            async def load_one(uid: str) -> None:
                await self.load(folder, uid)

            self._browse.ask_one_of("Which CT series?", [_choice(entry) for entry in scan.series], load_one)
            return
        with self.busy("Reading the CT"):
            ct = await asyncio.to_thread(tmli.read_ct_series, str(folder), series_uid)
        beside = [Path(item.path) for item in scan.structure_sets if ct.series_uid in item.referenced_series_uids]
        self._session.take_ct(LoadedCt(ct, folder, beside, name))

    def build(self) -> None:
        """The section of the page."""
        name = self.state.name
        with html.Div(classes="tmli-section tmli-ct"):
            with html.H2("CT"):
                VBtn(
                    "Open a folder",
                    size="small",
                    variant="tonal",
                    prepend_icon="mdi-folder-open-outline",
                    click=self.ask,
                )
            with html.Div(v_if=(name.loading,), classes="tmli-row"):
                VProgressCircular(indeterminate=True, size=16, width=2, color="primary")
                html.Span("{{ " + name.loading + " }} …", classes="tmli-quiet")
            with html.Div(v_else=True):
                html.Div("{{ " + name.title + " }}", classes="tmli-strong tmli-ct-title")
                html.Div("{{ line }}", v_for=f"line in {name.lines}", key="line", classes="tmli-quiet")
                html.Div("{{ finding }}", v_for=f"finding in {name.findings}", key="finding", classes="tmli-note")

    def _show(self) -> None:
        loaded, data = self._session.ct, self.state.data
        ct = loaded.series
        slices, rows, columns = ct.volume.geometry.shape
        dk, dj, di = ct.volume.geometry.spacing_mm
        data.title = loaded.name or ct.description or "CT without a description"
        data.lines = [
            f"{columns} × {rows} × {slices} voxels of {di:.3g} × {dj:.3g} × {dk:.3g} mm",
            f"{ct.patient_position or 'position not told'} · {slices * dk / 10:.0f} cm long",
        ]
        data.findings = [str(finding) for finding in ct.findings]

    def busy(self, what: str) -> _Busy:
        return _Busy(self.state, what)


class _Busy:
    """Says what is done while a block runs."""

    def __init__(self, state: TypedState[CtState], what: str) -> None:
        self._state, self._what = state, what

    def __enter__(self) -> None:
        with self._state.state:
            self._state.data.loading = self._what

    def __exit__(self, *_error) -> None:
        with self._state.state:
            self._state.data.loading = ""


def _choice(entry) -> dict:
    title = entry.description or "CT without a description"
    number = "" if entry.series_number is None else f"series {entry.series_number}, "
    subtitle = f"{number}{entry.slices} slices, {entry.patient_position}"
    return {"value": entry.series_uid, "title": title, "subtitle": subtitle}
